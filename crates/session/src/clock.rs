//! The machine's clock, as the session reads it.

use std::time::Instant;

/// Now. In a test whose runtime's time is paused, this is the runtime's time.
#[must_use]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
