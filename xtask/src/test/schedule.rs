//! Several jobs at a time, as many as the machine has room for.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread;

/// The whole machine.
const ROOM: u32 = 100;

/// Something that takes a share of the machine while it runs.
pub(super) trait Job: Send {
    type Done: Send;

    /// In hundredths; what takes all of them runs alone.
    fn share(&self) -> u32;
    fn run(self) -> Self::Done;
}

/// Runs all jobs, in this order where there is room, and hands over each result as soon as it is there. `go_on` is asked
/// before each start.
pub(super) fn run_all<J: Job>(jobs: Vec<J>, go_on: impl Fn() -> bool, mut done: impl FnMut(J::Done)) {
    let mut waiting = jobs;
    thread::scope(|scope| {
        // Room for what each job sends once: none of them waits.
        let (sender, finished) = mpsc::sync_channel(waiting.len());
        let mut taken = 0;
        loop {
            while go_on()
                && let Some(next) = next(&waiting, taken)
            {
                let (job, sender) = (waiting.remove(next), sender.clone());
                let share = job.share().min(ROOM);
                taken += share;
                // A panic is handed over too: nothing would be received otherwise.
                scope.spawn(move || sender.send((share, catch_unwind(AssertUnwindSafe(|| job.run())))));
            }
            if taken == 0 {
                return;
            }
            let Ok((share, result)) = finished.recv() else { return };
            taken -= share;
            done(result.unwrap_or_else(|panic| resume_unwind(panic)));
        }
    });
}

/// The first job that there is room for.
fn next<J: Job>(waiting: &[J], taken: u32) -> Option<usize> {
    waiting.iter().position(|job| taken + job.share().min(ROOM) <= ROOM)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::sync::Mutex;

    use super::*;

    /// Notes who began and who ended.
    struct Noted<'a> {
        name: &'static str,
        share: u32,
        notes: &'a Mutex<Vec<String>>,
    }

    impl Job for Noted<'_> {
        type Done = &'static str;

        fn share(&self) -> u32 {
            self.share
        }

        fn run(self) -> &'static str {
            self.notes.lock().unwrap().push(format!("+{}", self.name));
            thread::sleep(std::time::Duration::from_millis(5));
            self.notes.lock().unwrap().push(format!("-{}", self.name));
            self.name
        }
    }

    fn run(shares: &[(&'static str, u32)], go_on: impl Fn() -> bool) -> (Vec<String>, Vec<&'static str>) {
        let notes = Mutex::new(Vec::new());
        let jobs = shares.iter().map(|&(name, share)| Noted { name, share, notes: &notes }).collect();
        let mut done = Vec::new();
        run_all(jobs, go_on, |name| done.push(name));
        (notes.into_inner().unwrap(), done)
    }

    #[test]
    fn what_takes_the_whole_machine_runs_alone() {
        let (notes, done) = run(&[("a", 25), ("whole", 100), ("b", 25), ("more than that", 700)], || true);
        let at = |note: &str| notes.iter().position(|other| other == note).unwrap();
        assert_eq!(at("-whole"), at("+whole") + 1, "{notes:?}");
        assert_eq!(at("-more than that"), at("+more than that") + 1, "{notes:?}");
        assert_eq!(done.len(), 4);
    }

    #[test]
    fn a_small_job_goes_ahead_of_one_that_there_is_no_room_for() {
        let waiting: Vec<u32> = vec![100, 50, 25];
        let notes = Mutex::new(Vec::new());
        let jobs: Vec<Noted<'_>> = waiting.into_iter().map(|share| Noted { name: "x", share, notes: &notes }).collect();
        assert_eq!(
            [next(&jobs, 0), next(&jobs, 50), next(&jobs, 75), next(&jobs, 100)],
            [Some(0), Some(1), Some(2), None]
        );
    }

    #[test]
    fn nothing_starts_when_the_run_is_to_end() {
        assert_eq!(run(&[("a", 25)], || false), (vec![], vec![]));
    }
}
