//! The dialogue as it goes, for people.

use std::fmt;

use super::report::{Outcome, Stages};

/// Something worth telling while the call goes on. Its `Display` is a line (or two) for people.
#[derive(Debug, Clone, PartialEq)]
pub enum Narration {
    /// The caller is in the room.
    Joined {
        /// The room.
        room: String,
        /// Since `POST /join-room`, in milliseconds.
        after_ms: f64,
    },
    /// The greeting is over.
    Greeted {
        /// Its caption.
        text: String,
        /// First sound since `POST /join-room`, in milliseconds.
        after_ms: Option<f64>,
    },
    /// The caller speaks.
    Said {
        /// Which turn, from 1.
        turn: usize,
        /// The words; a recording has none.
        text: Option<String>,
        /// Over the answer to the turn before.
        over_the_answer: bool,
    },
    /// The caller makes a short sound during an answer.
    BackChannel {
        /// The words; a recording has none.
        text: Option<String>,
    },
    /// An answer is over.
    Answered {
        /// Which turn, from 1.
        turn: usize,
        /// The caption of what the caller said.
        heard: String,
        /// The answer's caption.
        text: String,
        /// When its signs came.
        stages: Stages,
    },
    /// No answer came in time.
    Unanswered {
        /// Which turn, from 1.
        turn: usize,
        /// The caption of what the caller said, if any.
        heard: String,
    },
    /// The call is over.
    Ended {
        /// How.
        outcome: Outcome,
    },
}

impl fmt::Display for Narration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined { room, after_ms } => write!(out, "joined {room} after {after_ms:.0} ms"),
            Self::Greeted { text, after_ms } => {
                write!(out, "agent:  {}", or_silence(text))?;
                after_ms.map_or(Ok(()), |after| write!(out, "\n        first heard {after:.0} ms after asking to join"))
            }
            Self::Said { text, over_the_answer, .. } => {
                let how = if *over_the_answer { " (speaking over the answer)" } else { "" };
                write!(out, "caller: {}{how}", text.as_deref().unwrap_or("(a recording)"))
            }
            Self::BackChannel { text } => {
                write!(out, "caller: {} (a back-channel)", text.as_deref().unwrap_or("(a recording)"))
            }
            Self::Answered { heard, text, stages, .. } => {
                write!(out, "        understood as: {}\nagent:  {}", or_silence(heard), or_silence(text))?;
                write_stages(out, stages)
            }
            Self::Unanswered { heard, .. } => {
                write!(out, "        understood as: {}\nagent:  (no answer in time)", or_silence(heard))
            }
            Self::Ended { outcome } => out.write_str(match outcome {
                Outcome::Answered => "the call is over: everything was answered",
                Outcome::Unanswered => "the call is over: not everything was answered",
                Outcome::NoAgent => "the call is over: no agent came; see the token server's log",
                Outcome::AgentSilent => "the call is over: the agent came and stayed silent; see the worker's log",
                Outcome::AgentLeft => "the call broke off: the agent left; see the worker's log",
                Outcome::Disconnected => "the call broke off: the connection to the room was lost",
            }),
        }
    }
}

fn or_silence(text: &str) -> &str {
    if text.is_empty() { "(no caption)" } else { text }
}

fn write_stages(out: &mut fmt::Formatter<'_>, stages: &Stages) -> fmt::Result {
    let named = [
        ("your caption", stages.user_caption_ms),
        ("thinking", stages.thinking_ms),
        ("speaking", stages.speaking_ms),
        ("first sound", stages.first_sound_ms),
        ("first words shown", stages.first_caption_ms),
    ];
    let known = named.iter().filter_map(|(name, at)| at.map(|at| format!("{name} {at:.0}")));
    let line = known.collect::<Vec<_>>().join(", ");
    if line.is_empty() { Ok(()) } else { write!(out, "\n        ms after you stopped: {line}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_shows_both_sides_and_the_known_stages_only() {
        let stages = Stages { thinking_ms: Some(512.4), first_sound_ms: Some(903.0), ..Stages::default() };
        let narration =
            Narration::Answered { turn: 1, heard: "capital of france".into(), text: "Paris.".into(), stages };
        let expected = "        understood as: capital of france\nagent:  Paris.\n        \
                        ms after you stopped: thinking 512, first sound 903";
        assert_eq!(narration.to_string(), expected);
    }

    #[test]
    fn silence_is_named() {
        let narration = Narration::Unanswered { turn: 2, heard: String::new() };
        assert!(narration.to_string().contains("no answer in time"));
        assert!(Narration::Said { turn: 1, text: None, over_the_answer: true }.to_string().contains("over the answer"));
    }
}
