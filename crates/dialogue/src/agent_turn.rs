//! One speech of the agent, from the decision to make it until its last sample was heard.

use std::collections::VecDeque;

use chat::Clause;

use crate::{EndReason, Moment, SpeechId, TurnId, TurnTimes};

/// How far a speech is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Made ahead of time: nobody may hear of it yet.
    Held,
    /// It may sound, and nothing was heard yet.
    Starting,
    /// Its first sample was played.
    Sounding,
}

/// How many of its clauses have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clauses {
    /// The language model is at work, and none came yet.
    Awaited,
    /// Some came, and more will.
    Arriving,
    /// All came.
    Complete,
}

/// What the voice does for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VoiceUse {
    /// Nothing: the speech is written only.
    Written,
    /// It was handed no clause yet.
    Unused,
    /// It was handed at least one clause.
    Used,
}

/// How playout stands while the user makes a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlayoutState {
    /// It goes on.
    Playing,
    /// It is ready to stand still.
    Braced,
    /// It stands still, and the words of the user decide.
    Paused,
}

/// What the agent is saying, or about to say.
#[derive(Debug)]
pub(crate) struct AgentTurn {
    pub(crate) id: SpeechId,
    pub(crate) phase: Phase,
    pub(crate) clauses: Clauses,
    pub(crate) voice: VoiceUse,
    /// Clauses that wait until the speech may sound: the voice makes only the first one ahead of time.
    pub(crate) waiting: VecDeque<Clause>,
    /// Clauses that could not be spoken, found out before the speech may sound.
    pub(crate) unspoken: Vec<String>,
    /// The user may speak over it.
    pub(crate) interruptible: bool,
    pub(crate) playout: PlayoutState,
    /// Everything shown of it so far.
    pub(crate) shown: String,
    /// What it answers; `None` for a greeting or a farewell.
    pub(crate) answers: Option<Answered>,
    /// The call ends with it.
    pub(crate) farewell: Option<EndReason>,
}

impl AgentTurn {
    /// A speech, spoken or written, whose clauses are all there.
    pub(crate) fn new(id: SpeechId, phase: Phase, has_voice: bool) -> Self {
        Self {
            id,
            phase,
            clauses: Clauses::Complete,
            voice: if has_voice { VoiceUse::Unused } else { VoiceUse::Written },
            waiting: VecDeque::new(),
            unspoken: Vec::new(),
            interruptible: true,
            playout: PlayoutState::Playing,
            shown: String::new(),
            answers: None,
            farewell: None,
        }
    }

    /// It may sound, or does.
    pub(crate) fn has_floor(&self) -> bool {
        match self.phase {
            Phase::Held => false,
            Phase::Starting | Phase::Sounding => self.has_voice(),
        }
    }

    /// It is spoken, as opposed to written.
    pub(crate) fn has_voice(&self) -> bool {
        self.voice != VoiceUse::Written
    }

    /// More clauses will come.
    pub(crate) fn is_generating(&self) -> bool {
        self.clauses != Clauses::Complete
    }
}

/// The turn that a reply answers, and when each stage was reached.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) turn: TurnId,
    /// The words that the language model was given.
    pub(crate) words: String,
    pub(crate) user_ended: Moment,
    pub(crate) transcribed: Option<Moment>,
    pub(crate) turn_ended: Moment,
    pub(crate) asked: Moment,
    pub(crate) first_token: Option<Moment>,
    pub(crate) first_clause: Option<Moment>,
    pub(crate) first_audio: Option<Moment>,
    pub(crate) speculative: bool,
}

impl Answered {
    /// A reply that is asked for now, at the end of the turn.
    pub(crate) fn new(
        turn: TurnId,
        words: String,
        user_ended: Moment,
        transcribed: Option<Moment>,
        now: Moment,
    ) -> Self {
        Self {
            turn,
            words,
            user_ended,
            transcribed,
            turn_ended: now,
            asked: now,
            first_token: None,
            first_clause: None,
            first_audio: None,
            speculative: false,
        }
    }

    pub(crate) fn times(&self, first_sound: Moment) -> TurnTimes {
        TurnTimes {
            user_ended: self.user_ended,
            transcribed: self.transcribed,
            turn_ended: self.turn_ended,
            asked: self.asked,
            first_token: self.first_token,
            first_clause: self.first_clause,
            first_audio: self.first_audio,
            first_sound,
            speculative: self.speculative,
        }
    }
}
