//! One page: finding, pressing, typing, waiting. Selectors are CSS's; [`id`] makes one of a test id.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::media::Media;
use super::pipe::{Pipe, millis};
pub use super::protocol::Seen;
use super::protocol::{Answer, Appearance, Command, Wanted};

/// How long what takes a page no time may take.
const SOON: Duration = Duration::from_secs(30);

/// How a page is looked at.
#[derive(Debug, Clone)]
pub struct PageOptions {
    /// The window's width, in CSS pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Whether the dark theme is asked for.
    pub dark: bool,
    /// The browser's size of text: 2 is twice as large as usual.
    pub text_scale: f64,
    /// The language.
    pub locale: String,
}

impl PageOptions {
    pub(super) fn appearance(&self) -> Appearance {
        Appearance { width: self.width, height: self.height, dark: self.dark, text_scale: self.text_scale }
    }
}

impl Default for PageOptions {
    fn default() -> Self {
        Self { width: 1280, height: 800, dark: false, text_scale: 1.0, locale: "en-US".into() }
    }
}

/// A page of a [`super::Browser`]. It stays open until it is closed or its browser is dropped.
pub struct Page {
    pipe: Arc<Pipe>,
    number: usize,
}

/// The selector of a test id.
#[must_use]
pub fn id(test_id: &str) -> String {
    format!("[data-testid=\"{test_id}\"]")
}

impl Page {
    pub(super) fn new(pipe: Arc<Pipe>, number: usize) -> Self {
        Self { pipe, number }
    }

    /// Goes elsewhere, or loads the same address anew.
    ///
    /// # Errors
    /// When it can't be loaded.
    pub async fn goto(&self, url: &str) -> anyhow::Result<()> {
        let command = Command::Goto { page: self.number, url, deadline_ms: millis(SOON) };
        self.pipe.ask(&command, SOON).await.map(drop)
    }

    /// Looks at it in another way from now on; the language stays.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn appear(&self, options: &PageOptions) -> anyhow::Result<()> {
        let command = Command::Appear { page: self.number, appearance: options.appearance() };
        self.pipe.ask(&command, SOON).await.map(drop)
    }

    /// Presses an element once it is there and can be pressed.
    ///
    /// # Errors
    /// When it can't be within half a minute.
    pub async fn click(&self, selector: &str) -> anyhow::Result<()> {
        let command = Command::Click { page: self.number, selector, deadline_ms: millis(SOON) };
        self.pipe.ask(&command, SOON).await.map(drop)
    }

    /// Replaces what is typed into a field.
    ///
    /// # Errors
    /// When there is no such field within half a minute.
    pub async fn fill(&self, selector: &str, text: &str) -> anyhow::Result<()> {
        let command = Command::Fill { page: self.number, selector, text, deadline_ms: millis(SOON) };
        self.pipe.ask(&command, SOON).await.map(drop)
    }

    /// Presses a key, such as `Tab` or `Enter`, wherever the focus is.
    ///
    /// # Errors
    /// When there is no such key.
    pub async fn press(&self, key: &str) -> anyhow::Result<()> {
        self.pipe.ask(&Command::Press { page: self.number, key }, SOON).await.map(drop)
    }

    /// Waits until an element can be seen; its text.
    ///
    /// # Errors
    /// When it can't in time; the message says what the page shows instead.
    pub async fn visible(&self, selector: &str, deadline: Duration) -> anyhow::Result<String> {
        self.wait(selector, Wanted::Visible, deadline).await
    }

    /// Waits until nothing of the kind can be seen.
    ///
    /// # Errors
    /// When something still can.
    pub async fn gone(&self, selector: &str, deadline: Duration) -> anyhow::Result<()> {
        self.wait(selector, Wanted::Gone, deadline).await.map(drop)
    }

    /// Waits until the text of a visible element matches a regular expression, whatever the case; the text.
    ///
    /// # Errors
    /// When none does in time.
    pub async fn text(&self, selector: &str, pattern: &str, deadline: Duration) -> anyhow::Result<String> {
        self.wait(selector, Wanted::Text { pattern }, deadline).await
    }

    /// Waits until an element's attribute matches a regular expression; its value.
    ///
    /// # Errors
    /// When none does in time.
    pub async fn attribute(
        &self,
        selector: &str,
        name: &str,
        pattern: &str,
        deadline: Duration,
    ) -> anyhow::Result<String> {
        self.wait(selector, Wanted::Attribute { name, pattern }, deadline).await
    }

    async fn wait(&self, selector: &str, wanted: Wanted<'_>, deadline: Duration) -> anyhow::Result<String> {
        let command = Command::Wait { page: self.number, selector, wanted, deadline_ms: millis(deadline) };
        Ok(self.pipe.ask(&command, deadline).await?.as_str().unwrap_or_default().to_owned())
    }

    /// The elements that a selector finds now.
    ///
    /// # Errors
    /// When the selector is none.
    pub async fn look(&self, selector: &str) -> anyhow::Result<Vec<Seen>> {
        self.ask(&Command::Look { page: self.number, selector }).await
    }

    /// What an expression of the page's own language comes to.
    ///
    /// # Errors
    /// When it throws.
    pub async fn evaluate(&self, expression: &str) -> anyhow::Result<Value> {
        self.pipe.ask(&Command::Evaluate { page: self.number, expression }, SOON).await
    }

    /// What its calls sent and received until now.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn media(&self) -> anyhow::Result<Media> {
        Ok(Media::new(self.ask(&Command::Media { page: self.number }).await?))
    }

    /// Takes the camera away, as pulling its plug would; how many tracks lost it.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn lose_camera(&self) -> anyhow::Result<u64> {
        let lost = self.evaluate("window.callProbe.loseCamera()").await?;
        lost.as_u64().context("tracks are counted")
    }

    /// Plugs it in again.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn give_camera_back(&self) -> anyhow::Result<()> {
        self.evaluate("window.callProbe.giveCameraBack()").await.map(drop)
    }

    /// Lets whoever opens the microphone wait for it until [`Page::let_microphone_go`].
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn hold_microphone(&self) -> anyhow::Result<()> {
        self.evaluate("window.callProbe.holdMicrophone()").await.map(drop)
    }

    /// Opens it for whoever waits.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn let_microphone_go(&self) -> anyhow::Result<()> {
        self.evaluate("window.callProbe.letMicrophoneGo()").await.map(drop)
    }

    /// Answers the page's requests to this path instead of the server.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn intercept(&self, path: &str, answer: &Answer) -> anyhow::Result<()> {
        self.pipe.ask(&Command::Intercept { page: self.number, path, answer }, SOON).await.map(drop)
    }

    /// Answers nothing any more.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn let_through(&self) -> anyhow::Result<()> {
        self.pipe.ask(&Command::LetThrough { page: self.number }, SOON).await.map(drop)
    }

    /// Cuts the page off from the network, or connects it again. What WebRTC sends over UDP is not cut.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn offline(&self, offline: bool) -> anyhow::Result<()> {
        self.pipe.ask(&Command::Offline { page: self.number, offline }, SOON).await.map(drop)
    }

    /// Writes what the window shows as a PNG.
    ///
    /// # Errors
    /// When it can't be written.
    pub async fn screenshot(&self, path: &Path) -> anyhow::Result<()> {
        self.pipe.ask(&Command::Screenshot { page: self.number, path }, SOON).await.map(drop)
    }

    /// What the page wrote to its console, a line each: the kind, then the text. Errors that nobody caught are among it.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn console(&self) -> anyhow::Result<Vec<String>> {
        self.ask(&Command::Console { page: self.number }).await
    }

    /// Closes it, as a person would close its tab.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn close(self) -> anyhow::Result<()> {
        self.pipe.ask(&Command::Close { page: self.number }, SOON).await.map(drop)
    }

    async fn ask<T: DeserializeOwned>(&self, command: &Command<'_>) -> anyhow::Result<T> {
        Ok(serde_json::from_value(self.pipe.ask(command, SOON).await?)?)
    }
}
