//! Ties the conversation's moments to this machine's clock.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use dialogue::Moment;

use super::clock;

/// The clock of one call. Clones agree with one another.
///
/// It stands still until the call begins: engines are given it while they load, which may be long before.
#[derive(Debug, Clone, Default)]
pub struct CallClock {
    began: Arc<OnceLock<Instant>>,
}

impl CallClock {
    /// The call begins now, if it has not begun.
    pub fn begin(&self) {
        self.began.get_or_init(clock::now);
    }

    /// Now, as the conversation counts.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.moment(clock::now())
    }

    /// A time of this machine as the conversation counts; the call's start for anything earlier.
    #[must_use]
    pub fn moment(&self, at: Instant) -> Moment {
        self.began.get().map_or(Moment::START, |began| Moment::after_start(at.saturating_duration_since(*began)))
    }

    /// A moment of the conversation on this machine's clock.
    #[must_use]
    pub fn instant(&self, at: Moment) -> Instant {
        self.began.get().copied().unwrap_or_else(clock::now) + at.since_start()
    }
}
