//! What a session gave to the transport, with the time of each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dialogue::AgentState;
use telemetry::events::AvatarLoss;

use crate::clock;
use crate::ports::{Caption, FaceSource};

/// Something that a session gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A caption.
    Caption(Caption),
    /// The agent's state.
    State(AgentState),
    /// Whose face is seen.
    Face(FaceSource, Option<AvatarLoss>),
    /// The agent's voice begins to sound, after silence.
    Sound,
    /// The agent's voice falls silent.
    Silence,
    /// What was handed over and had not sounded was thrown away.
    Cleared,
    /// The first picture of the face.
    Picture,
}

struct State {
    begun: Instant,
    told: Vec<(Duration, Told)>,
    pictures: u64,
}

/// What a session gave so far. Clones share it.
#[derive(Clone)]
pub struct Log(Arc<Mutex<State>>);

impl Log {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { begun: clock::now(), told: Vec::new(), pictures: 0 })))
    }

    pub(super) fn add(&self, told: Told) {
        let mut state = self.lock();
        let at = clock::now().saturating_duration_since(state.begun);
        state.told.push((at, told));
    }

    pub(super) fn picture(&self) {
        let first = {
            let mut state = self.lock();
            state.pictures += 1;
            state.pictures == 1
        };
        if first {
            self.add(Told::Picture);
        }
    }

    /// Everything, in order, with the time since the call began.
    #[must_use]
    pub fn all(&self) -> Vec<(Duration, Told)> {
        self.lock().told.clone()
    }

    /// How many pictures of the face were shown.
    #[must_use]
    pub fn pictures(&self) -> u64 {
        self.lock().pictures
    }

    /// What the agent was heard to say, speech by speech.
    #[must_use]
    pub fn agent_said(&self) -> Vec<String> {
        let mut speeches: Vec<(_, String)> = Vec::new();
        for (_, told) in self.all() {
            if let Told::Caption(Caption::Agent { speech, delta }) = told {
                match speeches.last_mut().filter(|(last, _)| *last == speech) {
                    Some((_, said)) => said.push_str(&delta),
                    None => speeches.push((speech, delta)),
                }
            }
        }
        speeches.into_iter().map(|(_, said)| said).collect()
    }

    /// The users' turns, as their final captions show them.
    #[must_use]
    pub fn users_said(&self) -> Vec<String> {
        let finals = self.all().into_iter().filter_map(|(_, told)| match told {
            Told::Caption(Caption::User { text, is_final: true, .. }) => Some(text),
            _ => None,
        });
        finals.collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
