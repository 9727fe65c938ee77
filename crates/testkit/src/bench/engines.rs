//! The engines of both sides: the stub of testkit, which answers at once.

use super::setting::Setting;
use crate::stub_openai::{Plan, StubOpenAi};

/// What chat answers: about five seconds of speech, so that there is something to speak over.
const REPLY: &str = "That is a good question. I will gladly tell you more about it whenever you like.";
/// It is asked for by the stub and no secret.
const KEY: &str = "benchmark-key";

/// Speech-to-text, language model and text-to-speech that take no time to think.
pub(super) struct InstantEngines {
    stub: StubOpenAi,
}

impl InstantEngines {
    /// Starts them on a free loopback port.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn start() -> anyhow::Result<Self> {
        let plan = Plan::default().key(Some(KEY)).chat([REPLY]);
        Ok(Self { stub: StubOpenAi::start(plan)? })
    }

    /// What a side is given to use them.
    pub(super) fn setting(&self, silence_ms: u32) -> Setting {
        Setting { engines_url: self.stub.base_url(), engines_key: KEY.to_owned(), silence_ms }
    }

    /// Requests that a real service would have refused: a figure from a run with these is worth nothing.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let violations = self.stub.violations();
        anyhow::ensure!(violations.is_empty(), "the engines were asked wrongly:\n{}", violations.join("\n"));
        Ok(())
    }
}
