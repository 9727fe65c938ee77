//! The record of a call: which room, who is to serve it, who does.

use super::{Beat, CallId, Generation};

/// A call that a room is to have. One per room at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// The call: its id, room and generation.
    pub lease: Lease,
    /// The name of the persona that serves it, if one was asked for.
    pub persona: Option<String>,
    /// The identity of the one agent that is meant to be in the room.
    pub holder: String,
    /// The process that serves it, once that is known.
    pub worker: Option<WorkerPlace>,
    /// Changes with every sign of life.
    pub beat: Beat,
    /// How far it is.
    pub state: CallState,
    /// Whether somebody asked for the agent, rather than finding one there.
    pub invited: bool,
}

/// The right to serve a call: what a worker is started with, and what every change is checked against, so that of two
/// who change the same call one loses and is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The room, by its name.
    pub room: String,
    /// The call. A later call in the same room has another id.
    pub call: CallId,
    /// Which of the call's workers.
    pub generation: Generation,
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallState {
    /// Its worker has not been heard yet.
    Wanted,
    /// Its worker has been heard.
    Served,
    /// It was given up: nobody is to serve it any more.
    Ending,
}

/// A call that is to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCall {
    /// The room, by its name.
    pub room: String,
    /// The persona, if one is asked for.
    pub persona: Option<String>,
    /// The identity of the agent that is to serve it.
    pub holder: String,
    /// Whether somebody asked for the agent. Once true it stays so.
    pub invited: bool,
}

/// A process, so that it can be found again and is never mistaken for another one that was given its number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerPlace {
    /// Where `pid` means something: a host since it started, or a container in it.
    pub host: String,
    /// Its number there.
    pub pid: u32,
    /// When it started, as that host counts.
    pub started: u64,
}

impl CallRecord {
    /// The record that a new call begins with.
    #[must_use]
    pub fn first(new: &NewCall, call: CallId) -> Self {
        Self {
            lease: Lease { room: new.room.clone(), call, generation: Generation::FIRST },
            persona: new.persona.clone(),
            holder: new.holder.clone(),
            worker: None,
            beat: Beat::default(),
            state: CallState::Wanted,
            invited: new.invited,
        }
    }

    /// The same call, for its next worker.
    pub(crate) fn replace(&mut self, holder: &str) {
        self.lease.generation = self.lease.generation.next();
        holder.clone_into(&mut self.holder);
        self.worker = None;
        self.state = CallState::Wanted;
    }

    /// Whether it is at its end, and the lease was the last that held it.
    pub(crate) fn was_given_up(&self, lease: &Lease) -> bool {
        self.state == CallState::Ending && self.lease == *lease
    }
}

impl CallState {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Served => "served",
            Self::Ending => "ending",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Wanted, Self::Served, Self::Ending].into_iter().find(|state| state.name() == name)
    }
}
