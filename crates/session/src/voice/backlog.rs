//! Whether more of the voice waits in the transport's queue than the playout clock knows of.

use std::time::{Duration, Instant};

/// So many frames handed over in a row, none of which had to wait for the clock…
const FRAMES: u32 = 20;
/// … and that took about as long as they sound…
const AS_LONG: Duration = Duration::from_millis(150);
/// … because the transport made at least a third of them wait for so long: then its queue is full. (On a busy machine two frames may
/// find a place at once.)
const WAITED: Duration = Duration::from_millis(2);

/// Notices a queue that is fuller than it should be. When a whole process stands still, what waited in the transport's queue is still
/// there afterwards, while by the clock it has sounded: from then on the voice would come that much later than the lips.
///
/// A voice is handed over no farther ahead than the transport's queue is long, and then waits for the clock. Where it never has to,
/// and yet goes no faster than it sounds, the queue is full. Pure: the time is an argument.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// Since when frames were handed over in a row, how many, and how many of them had to wait for a place.
    row: Option<(Instant, u32, u32)>,
}

impl Backlog {
    /// Nothing is handed over for now: enough of the voice is ahead of the clock, or there is no more.
    pub(super) fn waits(&mut self) {
        self.row = None;
    }

    /// The transport took a frame at `now`, `after` it was offered. True when exactly its queue's length of the voice waits there now, unknown to the clock.
    pub(super) fn taken(&mut self, now: Instant, after: Duration) -> bool {
        let (since, frames, waited) = self.row.get_or_insert((now, 0, 0));
        *frames += 1;
        *waited += u32::from(after >= WAITED);
        let slow = now.saturating_duration_since(*since) >= AS_LONG;
        let found = *frames >= FRAMES && slow && *waited * 3 >= *frames;
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
        let after = |n: u32| ms(if n.is_multiple_of(2) { 20 } else { 0 });
        let taken = (0..40).map(|n| backlog.taken(start + ms(20) * (n / 2), after(n))).collect::<Vec<_>>();
        assert_eq!(taken.iter().position(|found| *found), Some(19));
        assert_eq!(taken.iter().filter(|found| **found).count(), 2);
    }

    #[test]
    fn a_burst_and_a_row_with_a_pause_tell_nothing() {
        let start = Instant::now();
        let mut backlog = Backlog::default();
        // The beginning of a speech: at once what may be ahead.
        assert!(!(0..30).any(|_| backlog.taken(start, ms(0))));
        backlog.waits();
        let paced = (0..200).any(|n| {
            if n % 8 == 0 {
                backlog.waits();
            }
            backlog.taken(start + ms(10) * n, ms(3))
        });
        assert!(!paced);
        backlog.waits();
        // A machine that is slow, and a transport that takes every frame at once.
        assert!(!(0..100).any(|n| backlog.taken(start + ms(10) * n, ms(0))));
    }
}
