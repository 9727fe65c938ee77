//! What goes into the machine.

use std::time::Duration;

use chat::{Clause, FinishReason};
use serde::{Deserialize, Serialize};

use crate::{EndReason, Engine, Moment, SpeechId, TurnId, Usage};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Time has passed: the wake-up that `next_wake` asked for.
    Wake,
    /// The engines are loaded and the voice is published.
    Ready,
    /// A person (not an agent, not an avatar) is in the call.
    PersonArrived {
        /// Who, unique in the call.
        identity: String,
    },
    /// A person is gone.
    PersonLeft {
        /// Who.
        identity: String,
        /// They hung up, as opposed to a connection that was lost.
        on_purpose: bool,
    },
    /// Somebody receives our voice now.
    VoiceSubscribed,
    /// The linked user began to speak at `at`, a little before it was noticed.
    SpeechStarted {
        /// When the voice began.
        at: Moment,
    },
    /// The linked user stopped speaking at `at`.
    SpeechStopped {
        /// When the voice ended.
        at: Moment,
    },
    /// The linked user wrote this.
    Typed {
        /// The message.
        text: String,
    },
    /// Push to talk (not heeded in any other mode): the turn begins, and everything before it is forgotten.
    TurnBegun,
    /// Push to talk: the turn is over.
    TurnEnded,
    /// Push to talk: forget the turn.
    TurnCancelled,
    /// The words of a turn so far.
    Transcript {
        /// Which turn.
        turn: TurnId,
        /// Which request of that turn; older ones are ignored.
        revision: u32,
        /// The words; empty when there were none.
        text: String,
    },
    /// The words of a turn could not be had this time.
    TranscriptFailed {
        /// Which turn.
        turn: TurnId,
        /// Which request of that turn.
        revision: u32,
    },
    /// How likely it is that the turn is over, by the sound of it.
    TurnProbability {
        /// Which turn.
        turn: TurnId,
        /// Which request of that turn.
        revision: u32,
        /// In thousandths.
        thousandths: u16,
    },
    /// How likely it is that a sentence ends with the words of a turn.
    SentenceEnd {
        /// Which turn.
        turn: TurnId,
        /// Which transcript of that turn; older ones are ignored.
        revision: u32,
        /// In millionths; `None` when the chat model can't tell.
        millionths: Option<u32>,
    },
    /// The first token of the reply is there.
    ReplyStarted {
        /// Which reply.
        speech: SpeechId,
    },
    /// A speakable piece of the reply.
    ReplyClause {
        /// Which reply.
        speech: SpeechId,
        /// The words, and what goes with them.
        #[serde(flatten)]
        clause: Clause,
    },
    /// The reply is complete.
    ReplyFinished {
        /// Which reply.
        speech: SpeechId,
        /// Why it ended.
        finish: FinishReason,
    },
    /// The reply could not be made, or not to its end.
    ReplyFailed {
        /// Which reply.
        speech: SpeechId,
    },
    /// The first samples of a speech are made.
    VoiceReady {
        /// Which speech.
        speech: SpeechId,
    },
    /// The first sample of a speech is playing.
    VoiceStarted {
        /// Which speech.
        speech: SpeechId,
    },
    /// Words of a speech were played.
    Heard {
        /// Which speech.
        speech: SpeechId,
        /// The words, with the white space that separates them from those before.
        text: String,
    },
    /// The last sample of a finished speech was played.
    VoiceFinished {
        /// Which speech.
        speech: SpeechId,
    },
    /// A clause could not be spoken.
    VoiceFailed {
        /// Which speech.
        speech: SpeechId,
        /// The words.
        text: String,
    },
    /// Something was used up.
    Used(Usage),
    /// An engine failed for good.
    EngineFailed {
        /// Which.
        engine: Engine,
    },
    /// The connection to the call broke and is being mended.
    #[serde(rename = "room_interrupted")]
    ConnectionInterrupted,
    /// The connection is mended.
    #[serde(rename = "room_restored")]
    ConnectionRestored,
    /// The call was joined anew: users may have left meanwhile without notice.
    #[serde(rename = "room_rejoined")]
    ConnectionRejoined,
    /// The call has to end, decided outside (a signal, the transport closed, the owner gone).
    HangUp(EndReason),
}

impl Input {
    /// Whether it happens so often that a log should leave it out.
    #[must_use]
    pub fn is_frequent(&self) -> bool {
        matches!(self, Self::Wake | Self::Heard { .. } | Self::Used(_))
    }
}

/// How long each stage of an answer took. A stage that did not happen (no transcript of typed words) is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnTimes {
    /// The user's last sound, or their written message.
    pub user_ended: Moment,
    /// The transcript that was answered was there.
    pub transcribed: Option<Moment>,
    /// The turn was taken to be over.
    pub turn_ended: Moment,
    /// The language model was asked; before the end of the turn when the answer was made ahead of time.
    pub asked: Moment,
    /// Its first token.
    pub first_token: Option<Moment>,
    /// Its first clause.
    pub first_clause: Option<Moment>,
    /// The first samples.
    pub first_audio: Option<Moment>,
    /// The first sample was played.
    pub first_sound: Moment,
    /// The answer was made ahead of time.
    pub speculative: bool,
}

impl TurnTimes {
    /// From the user's last sound to the agent's first: what the user waits for.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.first_sound.since(self.user_ended)
    }
}
