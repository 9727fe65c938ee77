//! What a caller shall do.

use std::path::PathBuf;
use std::time::Duration;

use assets::KokoroVoice;

use super::CallerError;
use super::utterance::{BackChannel, Utterance, parts};
use crate::speaker::Speaker;

/// An answer that is spoken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interruption {
    /// The turn (from 1) whose answer it is: `2` means that turn 3 starts while turn 2 is being answered.
    pub turn: usize,
    /// How long after that answer began to sound; the plan's `interrupt_after` when `None`.
    pub after: Option<Duration>,
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
    /// Answers that are spoken over.
    pub interrupt: Vec<Interruption>,
    /// How long after such an answer began to sound the caller speaks over it, unless the interruption has its own time.
    pub interrupt_after: Duration,
    /// Short sounds made while an answer sounds, in any order.
    pub back_channels: Vec<BackChannel>,
    /// The caller's voice.
    pub voice: Speaker,
    /// A recording that is sent as pre-connect audio once the agent is active, as clients do that recorded while they
    /// joined. The agent's answer to it stands in the report's greeting.
    pub preconnect: Option<PathBuf>,
    /// Whether a button is pressed before each spoken turn and released after it (push to talk), by LiveKit RPC to the agent.
    pub push_to_talk: bool,
    /// Turns (from 1) that are taken back by the button when they were said. They count as they should when nothing answers
    /// them for eight seconds.
    pub taken_back: Vec<usize>,
    /// How long each single wait may last: for the greeting, for an answer to begin, for an answer to end.
    pub patience: Duration,
    /// Where `call.wav`, `call.png` and `call.json` go; nowhere when `None`.
    pub out: Option<PathBuf>,
    /// Whether the answers as heard are transcribed (`heard_back`). Needs the speech models.
    pub heard_back: bool,
    /// The folder in which the agent's worker records its calls (`VISAVIS_RECORDINGS`), empty before this one: pictures that
    /// say to which sample they belong are then judged for lip-sync.
    pub recordings: Option<PathBuf>,
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
            back_channels: Vec::new(),
            voice: KokoroVoice::AfHeart.into(),
            preconnect: None,
            push_to_talk: false,
            taken_back: Vec::new(),
            patience: Duration::from_secs(60),
            out: None,
            heard_back: true,
            recordings: None,
            die_without_leaving: false,
        }
    }

    /// Adds a text to say.
    #[must_use]
    pub fn say(mut self, text: impl Into<String>) -> Self {
        self.utterances.push(Utterance::Say(text.into()));
        self
    }

    /// Adds a text to type.
    #[must_use]
    pub fn type_text(mut self, text: impl Into<String>) -> Self {
        self.utterances.push(Utterance::Typed(text.into()));
        self
    }

    /// Sends a recording as what was said before the agent could hear.
    #[must_use]
    pub fn preconnect(mut self, path: impl Into<PathBuf>) -> Self {
        self.preconnect = Some(path.into());
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
        self.interrupt.push(Interruption { turn, after: None });
        self
    }

    /// Speaks the next turn over the answer to the last utterance so far, `after` that began to sound.
    #[must_use]
    pub fn interrupted_after(mut self, after: Duration) -> Self {
        self.interrupt.push(Interruption { turn: self.utterances.len(), after: Some(after) });
        self
    }

    /// Presses a button while speaking.
    #[must_use]
    pub fn push_to_talk(mut self) -> Self {
        self.push_to_talk = true;
        self
    }

    /// Takes the last utterance so far back when it was said.
    #[must_use]
    pub fn taken_back(mut self) -> Self {
        self.taken_back.push(self.utterances.len());
        self
    }

    /// Adds something to utter.
    #[must_use]
    pub fn utter(mut self, utterance: Utterance) -> Self {
        self.utterances.push(utterance);
        self
    }

    /// Makes a short sound `after` the answer to the last utterance so far began to sound.
    #[must_use]
    pub fn back_channel(mut self, sound: Utterance, after: Duration) -> Self {
        self.back_channels.push(BackChannel { turn: self.utterances.len(), after, sound });
        self
    }

    /// Whether the plan can be carried out at all.
    ///
    /// # Errors
    /// [`CallerError::Plan`] naming what contradicts itself.
    pub fn check(&self) -> Result<(), CallerError> {
        let refuse = |message: String| Err(CallerError::Plan(message));
        for Interruption { turn, .. } in &self.interrupt {
            if *turn == 0 || *turn >= self.utterances.len() {
                let turns = self.utterances.len();
                return refuse(format!(
                    "turn {turn} can't be spoken over: turn {} must exist, there are {turns}",
                    turn + 1
                ));
            }
        }
        for back_channel in &self.back_channels {
            let (turn, turns) = (back_channel.turn, self.utterances.len());
            if turn == 0 || turn > turns {
                return refuse(format!("no back-channel in the answer to turn {turn}: there are {turns} turns"));
            }
        }
        for sound in self.utterances.iter().chain(self.back_channels.iter().map(|one| &one.sound)) {
            if let Utterance::Say(text) = sound {
                parts(text)?;
            }
        }
        if self.utterances.iter().any(|one| matches!(one, Utterance::Typed(text) if text.trim().is_empty())) {
            return refuse("a typed text is empty; give it words".to_owned());
        }
        if self.back_channels.iter().any(|one| matches!(one.sound, Utterance::Typed(_))) {
            return refuse("a back-channel is heard, not typed".to_owned());
        }
        for turn in &self.taken_back {
            let utterance = turn.checked_sub(1).and_then(|turn| self.utterances.get(turn));
            if !self.push_to_talk || matches!(utterance, None | Some(Utterance::Typed(_))) {
                return refuse(format!("turn {turn} can't be taken back: it must be spoken, by push to talk"));
            }
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
        assert!(plan.clone().say("  ").check().is_err());
        assert!(plan.clone().type_text("hello").check().is_ok());
        assert!(plan.type_text("  ").check().is_err());
    }

    #[test]
    fn only_a_turn_that_is_spoken_with_the_button_can_be_taken_back() {
        let plan = CallerPlan::new("http://127.0.0.1:1", "r");
        assert!(plan.clone().push_to_talk().taken_back().check().is_err());
        assert!(plan.clone().push_to_talk().type_text("one").taken_back().check().is_err());
        assert!(plan.clone().say("one").taken_back().check().is_err());
        assert!(plan.push_to_talk().say("one").taken_back().check().is_ok());
    }

    #[test]
    fn a_back_channel_needs_an_answer_to_fall_into() {
        let sound = || Utterance::Say("right".into());
        let plan = CallerPlan::new("http://127.0.0.1:1", "r");
        assert!(plan.clone().back_channel(sound(), Duration::ZERO).check().is_err());
        let plan = plan.say("one").back_channel(sound(), Duration::ZERO);
        assert!(plan.check().is_ok());
        assert!(plan.back_channel(Utterance::Say("[5".into()), Duration::ZERO).check().is_err());
    }
}
