//! Ties the conversation's moments to this machine's clock.

use std::time::Instant;

use dialogue::Moment;

/// The clock of one call. Copies agree with one another.
#[derive(Debug, Clone, Copy)]
pub struct CallClock {
    began: Instant,
}

impl CallClock {
    /// A call that begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// Now, as the conversation counts.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.moment(Instant::now())
    }

    /// A time of this machine as the conversation counts; the call's start for anything earlier.
    #[must_use]
    pub fn moment(&self, at: Instant) -> Moment {
        Moment::after_start(at.saturating_duration_since(self.began))
    }

    /// A moment of the conversation on this machine's clock.
    #[must_use]
    pub fn instant(&self, at: Moment) -> Instant {
        self.began + at.since_start()
    }
}
