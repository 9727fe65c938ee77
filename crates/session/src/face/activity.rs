//! What the face shows, apart from its speech.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dialogue::AgentState;
use face::{Activity, Feeling, LifeEvent};

use super::attention::Gaze;

/// What the face shows, set by the call and read by the face's thread.
#[derive(Debug, Clone, Default)]
pub struct ShownActivity {
    activity: Arc<AtomicU8>,
    sparing: Arc<AtomicBool>,
    events: Arc<Mutex<Vec<LifeEvent>>>,
    gaze: Arc<Mutex<Gaze>>,
}

/// What happens to a face between two of its pictures is more than this only when it does not look.
const MAX_EVENTS: usize = 16;

impl ShownActivity {
    /// Shows the agent's state.
    pub fn show(&self, state: AgentState) {
        let code = match state {
            AgentState::Initializing | AgentState::Idle => 0,
            AgentState::Listening => 1,
            AgentState::Thinking => 2,
            AgentState::Speaking => 3,
        };
        self.activity.store(code, Ordering::Relaxed);
    }

    /// Draws fewer pictures, or as many as usual again.
    pub fn spare_frames(&self, spare: bool) {
        self.sparing.store(spare, Ordering::Relaxed);
    }

    /// The user paused: a listener may nod.
    pub fn user_paused(&self) {
        self.notice(LifeEvent::UserPaused);
    }

    /// The user ended a clause: a listener nods.
    pub fn user_ended_clause(&self) {
        self.notice(LifeEvent::ClauseEnded);
    }

    /// The agent feels something while it listens.
    pub fn feel(&self, feeling: Feeling) {
        self.notice(LifeEvent::Feels(feeling));
    }

    /// The agent looks there.
    pub fn look(&self, gaze: Gaze) {
        *self.gaze.lock().unwrap_or_else(PoisonError::into_inner) = gaze;
    }

    fn notice(&self, event: LifeEvent) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() < MAX_EVENTS {
            events.push(event);
        }
    }

    pub(super) fn take_events(&self) -> Vec<LifeEvent> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn gaze(&self) -> Gaze {
        *self.gaze.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_sparing(&self) -> bool {
        self.sparing.load(Ordering::Relaxed)
    }

    pub(super) fn activity(&self) -> Activity {
        match self.activity.load(Ordering::Relaxed) {
            1 => Activity::Listening,
            2 => Activity::Thinking,
            3 => Activity::Speaking,
            _ => Activity::Idle,
        }
    }
}
