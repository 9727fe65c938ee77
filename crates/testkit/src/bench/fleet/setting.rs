//! What is measured: a voice alone or with a face, engines that answer at once or the embedded ones.

use std::io::Write as _;

use anyhow::Context as _;
use tempfile::NamedTempFile;

use crate::bench::overhead::SILENCE_MS;
use crate::bench::setting::{GREETING, INSTRUCTIONS, Setting};
use crate::stack::{Stack, StackOptions};

/// An agent of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bench) enum Kind {
    /// A voice only, engines that answer at once.
    Voice,
    /// The same with a face.
    Face,
    /// A voice only, embedded engines.
    Embedded,
}

impl Kind {
    /// How its rows begin.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Face => "face",
            Self::Embedded => "embedded",
        }
    }

    fn persona(self) -> String {
        let face = if self == Self::Face { "" } else { "[face]\nenabled = false\n\n" };
        let engines = if self == Self::Embedded { "" } else { "[engines]\npreset = \"openai\"\n\n" };
        format!(
            "name = \"AI Assistant\"\ngreeting = \"{GREETING}\"\ninstructions = \"{INSTRUCTIONS}\"\n\n{face}{engines}\
             [turns]\nend_of_turn = \"fixed\"\nsilence_ms = {SILENCE_MS}\n"
        )
    }
}

/// Everybody calls from this machine, which would be one client among many.
pub(super) const NO_LIMITS: [&str; 4] = ["--rate-limit", "0", "--global-rate-limit", "0"];

/// A persona file for each kind, and the engines.
pub(in crate::bench) struct Setup {
    pub(super) setting: Setting,
    personas: [(Kind, NamedTempFile); 3],
}

impl Setup {
    pub(in crate::bench) fn new(setting: Setting) -> anyhow::Result<Self> {
        let file = |kind: Kind| {
            let mut file = tempfile::Builder::new().prefix("visavis-persona-").suffix(".toml").tempfile()?;
            file.write_all(kind.persona().as_bytes())?;
            anyhow::Ok((kind, file))
        };
        Ok(Self { setting, personas: [file(Kind::Voice)?, file(Kind::Face)?, file(Kind::Embedded)?] })
    }

    /// A service whose agents are of this kind.
    pub(super) async fn stack(&self, kind: Kind) -> anyhow::Result<Stack> {
        Stack::start(self.options(kind)?).await
    }

    /// What such a service is started with.
    pub(in crate::bench) fn options(&self, kind: Kind) -> anyhow::Result<StackOptions> {
        let (_, persona) = self.personas.iter().find(|(found, _)| *found == kind).context("no such persona")?;
        let persona = persona.path().to_str().context("an odd temporary folder")?;
        let given = ["--persona", persona, "--max-workers", "100"].into_iter().chain(NO_LIMITS);
        Ok(StackOptions {
            arguments: given.map(str::to_owned).collect(),
            environment: vec![
                ("OPENAI_BASE_URL".into(), self.setting.engines_url.clone()),
                ("OPENAI_API_KEY".into(), self.setting.engines_key.clone()),
            ],
            ..StackOptions::default()
        })
    }
}
