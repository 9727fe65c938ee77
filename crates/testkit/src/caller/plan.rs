//! What a caller shall do.

use std::path::PathBuf;
use std::time::Duration;

use assets::KokoroVoice;

use super::CallerError;

/// One thing to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Utterance {
    /// A text, spoken in the caller's voice.
    Say(String),
    /// A recording, played as it is.
    Wav(PathBuf),
}

/// What a caller shall do: join, wait for the greeting, say one utterance after the other, each after the answer to the
/// one before, and leave.
#[derive(Debug, Clone)]
pub struct CallerPlan {
    /// The token server, such as `http://127.0.0.1:3001`.
    pub server: String,
    /// The room.
    pub room: String,
    /// The caller's display name.
    pub name: String,
    /// What to say, in order. None: the call ends after the greeting.
    pub utterances: Vec<Utterance>,
    /// Turns (from 1) whose answer is spoken over: `2` means that turn 3 starts while turn 2 is being answered.
    pub interrupt: Vec<usize>,
    /// How long after such an answer began to sound the caller speaks over it.
    pub interrupt_after: Duration,
    /// The caller's voice; never the agent's.
    pub voice: KokoroVoice,
    /// How long each single wait may last: for the greeting, for an answer to begin, for an answer to end.
    pub patience: Duration,
    /// Where `call.wav`, `call.png` and `call.json` go; nowhere when `None`.
    pub out: Option<PathBuf>,
    /// Whether the answers as heard are transcribed (`heard_back`). Needs the speech models.
    pub heard_back: bool,
    /// Whether the whole process kills itself (SIGKILL) instead of leaving: after the last turn, or after the
    /// greeting when there is none. Then there is no report. Only for a process of its own.
    pub die_without_leaving: bool,
}

impl CallerPlan {
    /// A caller named "Scripted Caller" that says nothing yet and writes no files.
    #[must_use]
    pub fn new(server: impl Into<String>, room: impl Into<String>) -> Self {
        Self {
            server: server.into(),
            room: room.into(),
            name: "Scripted Caller".to_owned(),
            utterances: Vec::new(),
            interrupt: Vec::new(),
            interrupt_after: Duration::from_millis(1500),
            voice: KokoroVoice::AfHeart,
            patience: Duration::from_secs(60),
            out: None,
            heard_back: true,
            die_without_leaving: false,
        }
    }

    /// Adds a text to say.
    #[must_use]
    pub fn say(mut self, text: impl Into<String>) -> Self {
        self.utterances.push(Utterance::Say(text.into()));
        self
    }

    /// Adds a recording to play.
    #[must_use]
    pub fn play(mut self, path: impl Into<PathBuf>) -> Self {
        self.utterances.push(Utterance::Wav(path.into()));
        self
    }

    /// Speaks turn `turn + 1` over the answer to `turn` (from 1).
    #[must_use]
    pub fn interrupting(mut self, turn: usize) -> Self {
        self.interrupt.push(turn);
        self
    }

    /// Whether the plan can be carried out at all.
    ///
    /// # Errors
    /// [`CallerError::Plan`] naming what contradicts itself.
    pub fn check(&self) -> Result<(), CallerError> {
        let refuse = |message: String| Err(CallerError::Plan(message));
        for turn in &self.interrupt {
            if *turn == 0 || *turn >= self.utterances.len() {
                let turns = self.utterances.len();
                return refuse(format!(
                    "turn {turn} can't be spoken over: turn {} must exist, there are {turns}",
                    turn + 1
                ));
            }
        }
        if self.utterances.iter().any(|utterance| matches!(utterance, Utterance::Say(text) if text.trim().is_empty())) {
            return refuse("an utterance is empty; give it words".to_owned());
        }
        if self.patience.is_zero() {
            return refuse("the timeout must be above zero".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_is_followed_by_a_turn_can_be_spoken_over() {
        let plan = CallerPlan::new("http://127.0.0.1:1", "r").say("one").say("two");
        assert!(plan.clone().interrupting(1).check().is_ok());
        assert!(
            matches!(plan.clone().interrupting(2).check(), Err(CallerError::Plan(message)) if message.contains("turn 3"))
        );
        assert!(plan.clone().interrupting(0).check().is_err());
        assert!(plan.say("  ").check().is_err());
    }
}
