//! Whether more of the voice waits in the room's queue than the playout clock knows of.

use std::time::{Duration, Instant};

/// So many frames handed over in a row, none of which had to wait for the clock…
const FRAMES: u32 = 20;
/// … and that took about as long as they sound: it was the room that made them wait.
const AS_LONG: Duration = Duration::from_millis(150);

/// Notices a queue that is fuller than it should be. When a whole process stands still, what waited in the room's queue is still
/// there afterwards, while by the clock it has sounded: from then on the voice would come that much later than the lips.
///
/// A voice is handed over no farther ahead than the room's queue is long, and then waits for the clock. Where it never has to,
/// and yet goes no faster than it sounds, the queue is full. Pure: the time is an argument.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// Since when frames were handed over in a row, and how many.
    row: Option<(Instant, u32)>,
}

impl Backlog {
    /// Nothing is handed over for now: enough of the voice is ahead of the clock, or there is no more.
    pub(super) fn waits(&mut self) {
        self.row = None;
    }

    /// The room took a frame at `now`. True when exactly its queue's length of the voice waits there now, unknown to the clock.
    pub(super) fn taken(&mut self, now: Instant) -> bool {
        let (since, frames) = self.row.get_or_insert((now, 0));
        *frames += 1;
        let found = *frames >= FRAMES && now.saturating_duration_since(*since) >= AS_LONG;
        if found {
            self.row = None;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn frames_that_go_no_faster_than_they_sound_and_never_wait_for_the_clock_tell_of_a_backlog() {
        let start = Instant::now();
        let mut backlog = Backlog::default();
        // Two at a time, when the machine is busy.
        let taken = (0..40).map(|n| backlog.taken(start + ms(20) * (n / 2))).collect::<Vec<_>>();
        assert_eq!(taken.iter().position(|found| *found), Some(19));
        assert_eq!(taken.iter().filter(|found| **found).count(), 2);
    }

    #[test]
    fn a_burst_and_a_row_with_a_pause_tell_nothing() {
        let start = Instant::now();
        let mut backlog = Backlog::default();
        // The beginning of a speech: at once what may be ahead.
        assert!(!(0..30).any(|_| backlog.taken(start)));
        backlog.waits();
        let paced = (0..200).any(|n| {
            if n % 8 == 0 {
                backlog.waits();
            }
            backlog.taken(start + ms(10) * n)
        });
        assert!(!paced);
    }
}
