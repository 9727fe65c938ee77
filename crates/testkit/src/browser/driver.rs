//! The browser: started once, then told which pages to open.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::install;
use super::page::{Page, PageOptions};
use super::pipe::{Pipe, millis};
use super::protocol::{Command, OpenPage, Permission};

/// How long Chromium may take to start, and how long bundling the pages may take, on a busy machine.
const START_DEADLINE: Duration = Duration::from_secs(90);

/// What is special about a browser.
#[derive(Debug, Clone)]
pub struct BrowserOptions {
    /// A WAV file that each capture of the microphone plays from its start, once; a beeping tone when `None`.
    pub microphone: Option<PathBuf>,
    /// Whether media may go through 127.0.0.1, as it must where there is no other interface.
    pub loopback: bool,
    /// Whether pages get the microphone and the camera.
    pub permitted: bool,
}

impl Default for BrowserOptions {
    fn default() -> Self {
        Self { microphone: None, loopback: true, permitted: true }
    }
}

/// A running headless Chromium. Dropping it, and the last of its pages, kills all of its processes.
pub struct Browser {
    pipe: Arc<Pipe>,
}

impl Browser {
    /// Starts one; its packages are installed first where they are missing.
    ///
    /// # Errors
    /// When Chromium, Node or the packages are not to be had, or it does not start.
    pub async fn start(options: BrowserOptions) -> anyhow::Result<Self> {
        let (chromium, node) = (install::chromium()?, install::node()?);
        install::packages().await?;
        let pipe = Arc::new(Pipe::start(&node)?);
        let microphone = options.microphone.as_deref();
        let media = if options.permitted { Permission::Granted } else { Permission::Denied };
        let launch = Command::Launch { executable: &chromium, microphone, loopback: options.loopback, media };
        pipe.ask(&launch, START_DEADLINE).await?;
        Ok(Self { pipe })
    }

    /// Bundles and serves the pages that LiveKit's frontends are made of: `/session` and `/video-conference` of this origin.
    ///
    /// # Errors
    /// When they do not compile.
    pub async fn serve_pages(&self) -> anyhow::Result<String> {
        let origin = self.pipe.ask(&Command::ServePages, START_DEADLINE).await?;
        Ok(origin.as_str().context("an origin is a string")?.to_owned())
    }

    /// Opens a page that shares nothing with others: no storage, no cookies.
    ///
    /// # Errors
    /// When it can't be loaded.
    pub async fn open(&self, url: &str, options: PageOptions) -> anyhow::Result<Page> {
        let open = Command::Open(OpenPage {
            url,
            appearance: options.appearance(),
            locale: &options.locale,
            deadline_ms: millis(START_DEADLINE),
        });
        let number = self.pipe.ask(&open, START_DEADLINE).await?;
        let number = number.as_u64().and_then(|number| usize::try_from(number).ok());
        Ok(Page::new(self.pipe.clone(), number.context("a page is a number")?))
    }
}
