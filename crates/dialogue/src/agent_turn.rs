//! One speech of the agent, from the decision to speak until its last sample was heard.

use std::time::Instant;

use crate::{SpeechId, TurnId};

/// What the agent is saying, or about to say.
#[derive(Debug)]
pub(crate) struct AgentTurn {
    pub(crate) id: SpeechId,
    /// More clauses will come.
    pub(crate) generating: bool,
    /// At least one clause was queued.
    pub(crate) has_clauses: bool,
    /// Its first sample was played.
    pub(crate) started: bool,
    /// What it answers; `None` for a greeting.
    pub(crate) answers: Option<Answered>,
}

/// The turn that a reply answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered {
    pub(crate) turn: TurnId,
    pub(crate) speech_ended: Instant,
    pub(crate) transcribed: Instant,
    pub(crate) turn_ended: Instant,
    pub(crate) first_clause: Option<Instant>,
}
