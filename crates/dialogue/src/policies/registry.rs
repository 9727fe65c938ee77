//! The policies that a persona can name.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::back_channel::{self, BackChannel, BuildBackChannel};
use super::end_of_turn::{self, BuildEndOfTurn, EndOfTurn, Evidence};
use super::interruption::{self, BuildInterruption, Interruption};
use super::registered::Registered;
use crate::language::{Language, LanguageError};
use crate::settings::Settings;

/// The policies that are known, by their names. Of two with the same name the later one counts.
#[derive(Debug, Clone)]
pub struct PolicyRegistry {
    end_of_turn: Vec<Registered<BuildEndOfTurn>>,
    interruption: Vec<Registered<BuildInterruption>>,
    back_channel: Vec<Registered<BuildBackChannel>>,
}

impl Default for PolicyRegistry {
    fn default() -> Self {
        Self::builtin()
    }
}

/// The policies of one conversation.
#[derive(Debug)]
pub struct Policies {
    pub(crate) end_of_turn: Box<dyn EndOfTurn>,
    pub(crate) interruption: Box<dyn Interruption>,
    pub(crate) back_channel: Box<dyn BackChannel>,
    pub(crate) language: Arc<Language>,
}

/// The decisions that a policy can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// When a turn is over.
    EndOfTurn,
    /// Who has the floor when the user speaks over the agent.
    Interruption,
    /// Which words are a listener's.
    BackChannel,
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EndOfTurn => "end-of-turn",
            Self::Interruption => "interruption",
            Self::BackChannel => "back-channel",
        })
    }
}

/// Why there are no policies for some settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// No policy has this name.
    #[error("unknown {kind} policy `{name}`, expected one of {known}")]
    Unknown {
        /// Which decision it is for.
        kind: PolicyKind,
        /// As it was named.
        name: String,
        /// The names that exist, each between back quotes.
        known: String,
    },
    /// The language's words are missing.
    #[error(transparent)]
    Language(#[from] LanguageError),
}

impl PolicyRegistry {
    /// The policies that come with this crate.
    #[must_use]
    pub fn builtin() -> Self {
        Self {
            end_of_turn: end_of_turn::builtin(),
            interruption: interruption::builtin(),
            back_channel: back_channel::builtin(),
        }
    }

    /// Adds a policy for the end of a turn.
    #[must_use]
    pub fn with_end_of_turn(mut self, policy: Registered<BuildEndOfTurn>) -> Self {
        self.end_of_turn.push(policy);
        self
    }

    /// Adds a policy for interruptions.
    #[must_use]
    pub fn with_interruption(mut self, policy: Registered<BuildInterruption>) -> Self {
        self.interruption.push(policy);
        self
    }

    /// Adds a policy for back-channels.
    #[must_use]
    pub fn with_back_channel(mut self, policy: Registered<BuildBackChannel>) -> Self {
        self.back_channel.push(policy);
        self
    }

    /// The names of the policies for the end of a turn, with what each does.
    pub fn end_of_turn(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.end_of_turn.iter().map(|policy| (policy.name, policy.summary))
    }

    /// The names of the policies for interruptions, with what each does.
    pub fn interruption(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.interruption.iter().map(|policy| (policy.name, policy.summary))
    }

    /// The names of the policies for back-channels, with what each does.
    pub fn back_channel(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.back_channel.iter().map(|policy| (policy.name, policy.summary))
    }

    /// Makes the policies that these settings name.
    ///
    /// # Errors
    /// When a name or the language is unknown; the error lists the known ones.
    pub fn select(&self, settings: &Settings) -> Result<Policies, PolicyError> {
        let language = Arc::new(Language::named(&settings.language)?);
        let end_of_turn = find(PolicyKind::EndOfTurn, &self.end_of_turn, &settings.end_of_turn.policy)?;
        let interruption = find(PolicyKind::Interruption, &self.interruption, &settings.interruption.policy)?;
        let back_channel = find(PolicyKind::BackChannel, &self.back_channel, &settings.interruption.back_channel)?;
        Ok(Policies {
            end_of_turn: end_of_turn(&settings.end_of_turn),
            interruption: interruption(&settings.interruption, &language),
            back_channel: back_channel(&language),
            language,
        })
    }
}

impl Policies {
    /// The silence after which a turn is over of which so much is known; `None` when no silence ends it.
    #[must_use]
    pub fn silence_needed(&self, evidence: &Evidence<'_>) -> Option<Duration> {
        self.end_of_turn.silence_needed(evidence)
    }

    /// Whether the turn detector is asked at all.
    #[must_use]
    pub fn uses_turn_detector(&self) -> bool {
        self.end_of_turn.uses_turn_detector()
    }

    /// Whether the chat model is to be asked if a sentence ends with the user's words.
    #[must_use]
    pub fn uses_sentence_end(&self) -> bool {
        self.end_of_turn.uses_sentence_end()
    }
}

fn find<B: Copy>(kind: PolicyKind, known: &[Registered<B>], name: &str) -> Result<B, PolicyError> {
    let found = known.iter().rev().find(|policy| policy.name == name);
    found.map(|policy| policy.build).ok_or_else(|| {
        let known = known.iter().map(|policy| format!("`{}`", policy.name)).collect::<Vec<_>>().join(", ");
        PolicyError::Unknown { kind, name: name.to_owned(), known }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[derive(Debug)]
    struct Patient;

    impl EndOfTurn for Patient {
        fn silence_needed(&self, _: &Evidence<'_>) -> Option<Duration> {
            Some(Duration::from_secs(3))
        }
    }

    #[test]
    fn settings_name_policies() {
        let mut settings = Settings::default();
        let registry = PolicyRegistry::builtin();
        assert!(registry.select(&settings).unwrap().uses_turn_detector());
        settings.end_of_turn.policy = "unheard-of".into();
        let error = registry.select(&settings).unwrap_err().to_string();
        assert!(error.starts_with("unknown end-of-turn policy `unheard-of`, expected one of `combined`, `"), "{error}");

        let patient =
            Registered { name: "unheard-of", summary: "waits", build: (|_| Box::new(Patient)) as BuildEndOfTurn };
        let registry = registry.with_end_of_turn(patient);
        assert!(!registry.select(&settings).unwrap().uses_turn_detector());
        assert!(registry.end_of_turn().any(|(name, summary)| (name, summary) == ("unheard-of", "waits")));
        settings.language = "tlh".into();
        assert!(matches!(registry.select(&settings), Err(PolicyError::Language(_))));
    }
}
