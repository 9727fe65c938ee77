//! A real browser in a call: headless Chromium, driven from a test, with a recording as its microphone.
//!
//! The test tells the story and judges; Node (`crates/testkit/browser`) only carries out what it is told, with
//! `playwright-core`. The pages that LiveKit's own frontends are made of are bundled there too.
//!
//! ```text
//!  test ──> Browser, Page ── a JSON line ──> node run.mjs ── DevTools pipe ──> chromium ──> page
//!    │                   <── a JSON line ──                                                  │ probe: statistics of
//!    └──> media: loud? how many frames a second? <─────────────── samples ───────────────────┘ its peer connections
//! ```

pub mod app;
mod driver;
mod install;
mod media;
mod microphone;
mod page;
mod pipe;
mod protocol;
mod tour;

pub use driver::{Browser, BrowserOptions};
pub use media::{Media, Sample};
pub use microphone::{Script, write_script};
pub use page::{Page, PageOptions, Seen, id};
pub use protocol::{Answer, Area};
pub use tour::Tour;
