//! A tour through the served app: what people see, in every size and theme.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::app::{self, in_call, join};
use super::{Answer, Browser, BrowserOptions, Page, PageOptions, Script, id, write_script};
use crate::stack::{Stack, StackOptions};

/// How long anything may take that a person would wait for.
const DEADLINE: Duration = Duration::from_secs(60);
/// In the answer to the question of the recording.
const ANSWER: &str = "Paris";

/// A window.
struct Size {
    name: &'static str,
    width: u32,
    height: u32,
}

const SIZES: [Size; 3] = [
    Size { name: "small", width: 320, height: 640 },
    Size { name: "phone", width: 390, height: 844 },
    Size { name: "desktop", width: 1280, height: 800 },
];
/// Where text of twice the size is looked at too: the sizes of phones.
const LARGE_TEXT: [usize; 2] = [0, 1];

/// Every way of looking at a page: its name and the options.
fn views() -> Vec<(String, PageOptions)> {
    let mut views = Vec::new();
    for size in &SIZES {
        for (theme, dark) in [("light", false), ("dark", true)] {
            let options = PageOptions { width: size.width, height: size.height, dark, ..PageOptions::default() };
            views.push((format!("{}-{theme}", size.name), options));
        }
    }
    for size in LARGE_TEXT.map(|index| &SIZES[index]) {
        let (width, height) = (size.width, size.height);
        let options = PageOptions { width, height, text_scale: 2.0, ..PageOptions::default() };
        views.push((format!("{}-large-text", size.name), options));
    }
    views
}

/// Where pictures go, and how it is told.
pub struct Tour<'a> {
    folder: PathBuf,
    narrate: &'a mut dyn FnMut(&str),
}

impl<'a> Tour<'a> {
    /// Into this folder, with a line for each scene.
    pub fn new(folder: &Path, narrate: &'a mut dyn FnMut(&str)) -> Self {
        Self { folder: folder.to_owned(), narrate }
    }

    /// Takes all the pictures: a minute or two.
    ///
    /// # Errors
    /// When a program is missing, or the app does not show what it should; the message says what it shows.
    pub async fn take(mut self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        self.trouble().await.context("the errors")?;
        self.real_call().await.context("the call")
    }

    /// Everything that needs the agent.
    async fn real_call(&mut self) -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let microphone = folder.path().join("microphone.wav");
        // The greeting comes first, on a slow machine too.
        let script = Script::new().silence(25).say("What is the capital of France?").silence(600);
        let written = microphone.clone();
        tokio::task::spawn_blocking(move || write_script(&written, &script)).await??;
        let personas = folder.path().join("personas");
        write_personas(&personas)?;
        let mut options = app::options()?;
        options.arguments.extend(["--personas".to_owned(), personas.display().to_string()]);
        let stack = Stack::start(options).await?;
        let browser =
            Browser::start(BrowserOptions { microphone: Some(microphone), ..BrowserOptions::default() }).await?;
        let page = browser.open(&stack.url(), PageOptions::default()).await?;
        page.visible("[data-testid^=\"persona-\"]", DEADLINE).await?;
        page.fill(&id("join-name"), "Ada").await?;
        page.fill(&id("join-room"), "paris").await?;
        self.pictures(&page, "join").await?;

        join(&page, "paris").await?;
        in_call(&page, &stack).await?;
        page.visible(&format!("{} video", id("avatar-tile")), DEADLINE).await?;
        page.text(&id("caption-agent"), ANSWER, DEADLINE).await.with_context(|| stack.log())?;
        self.pictures(&page, "call").await?;
        page.click(&id("details-button")).await?;
        page.visible(&id("details-sheet"), DEADLINE).await?;
        self.pictures(&page, "details").await
    }

    /// What goes wrong. No agent comes.
    async fn trouble(&mut self) -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let options: StackOptions = app::options_without_agents(folder.path())?;
        let mut stack = Stack::start(options).await?;
        let denied = Browser::start(BrowserOptions { permitted: false, ..BrowserOptions::default() }).await?;
        let page = denied.open(&stack.url(), PageOptions::default()).await?;
        join(&page, "paris").await?;
        page.visible(&id("error-message"), DEADLINE).await?;
        self.pictures(&page, "permission-denied").await?;
        drop((page, denied));

        let browser = Browser::start(BrowserOptions::default()).await?;
        let page = browser.open(&stack.url(), PageOptions::default()).await?;
        page.intercept("/join-room", &Answer::Unreachable).await?;
        join(&page, "paris").await?;
        page.visible(&id("error-message"), DEADLINE).await?;
        self.pictures(&page, "server-unreachable").await?;
        page.let_through().await?;
        page.click(&id("retry-button")).await?;
        in_call(&page, &stack).await?;
        page.attribute(&id("agent-state"), "data-agent-state", "coming", DEADLINE).await?;
        page.visible(&format!("{} video", id("self-tile")), DEADLINE).await?;
        self.pictures(&page, "agent-on-the-way").await?;
        page.visible(&id("error-message"), DEADLINE).await?;
        self.pictures(&page, "agent-absent").await?;
        stack.sfu.kill();
        page.visible(&id("reconnecting-banner"), DEADLINE).await?;
        self.pictures(&page, "reconnecting").await?;
        page.visible(&id("retry-button"), DEADLINE.saturating_mul(2)).await?;
        self.pictures(&page, "connection-lost").await
    }

    async fn pictures(&mut self, page: &Page, scene: &str) -> anyhow::Result<()> {
        (self.narrate)(scene);
        for (view, options) in views() {
            page.appear(&options).await?;
            let path = self.folder.join(format!("{scene}-{view}.png"));
            page.screenshot(&path).await?;
            let squeezed = tokio::task::spawn_blocking(move || squeeze(&path)).await?;
            squeezed.with_context(|| format!("{scene}-{view}"))?;
        }
        page.appear(&PageOptions::default()).await
    }
}

/// Faces to choose from.
fn write_personas(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir(folder)?;
    let personas = [
        ("Amara", "Hello, I am Amara. What are you working on?"),
        ("Mei", "Hi, I am Mei. Shall we practise some English?"),
        ("Walter", "Good day. I am Walter, and I have all the time in the world."),
    ];
    for (name, greeting) in personas {
        let character = name.to_lowercase();
        let text = format!(
            "name = \"{name}\"\ninstructions = \"Be kind.\"\ngreeting = \"{greeting}\"\n[face]\ncharacter = \"{character}\"\n"
        );
        std::fs::write(folder.join(format!("{character}.toml")), text)?;
    }
    Ok(())
}

/// Writes a picture anew with 256 colours, a third of its size and the same to the eye.
fn squeeze(path: &Path) -> anyhow::Result<()> {
    let picture = image::open(path)?.to_rgba8();
    let colours = color_quant::NeuQuant::new(QUALITY, 256, picture.as_raw());
    let indices: Vec<u8> =
        picture.pixels().map(|pixel| u8::try_from(colours.index_of(&pixel.0)).unwrap_or_default()).collect();
    let mut encoder =
        png::Encoder::new(std::io::BufWriter::new(std::fs::File::create(path)?), picture.width(), picture.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(colours.color_map_rgb());
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(&indices)?;
    Ok(())
}

/// Of 30, the best being 1: how many pixels the colours are chosen from.
const QUALITY: i32 = 3;
