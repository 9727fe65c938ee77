//! What a process holds of the machine, again and again, and whether that grows. Linux only: it reads `/proc`.

use crate::bench::Row;
use crate::bench::usage::pss_mib;

/// What a process holds at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Held {
    pub(super) pss_mib: f64,
    pub(super) threads: f64,
    pub(super) handles: f64,
}

impl Held {
    /// `None` when there is no such process, or it is somebody else's.
    pub(super) fn by(pid: u32) -> Option<Self> {
        let entries = |folder: &str| Some(std::fs::read_dir(format!("/proc/{pid}/{folder}")).ok()?.count() as f64);
        Some(Self { pss_mib: pss_mib(pid)?, threads: entries("task")?, handles: entries("fd")? })
    }
}

/// What a process held after each `step` people who came and went.
#[derive(Debug)]
pub(super) struct Series {
    who: String,
    step: usize,
    held: Vec<Held>,
}

/// A figure: its name, its unit, where it stands, and how much of it each hundred people may add.
type Figure = (&'static str, &'static str, fn(&Held) -> f64, f64);

const FIGURES: [Figure; 3] = [
    ("pss_mib", "MiB", |held| held.pss_mib, 0.5),
    ("threads", "threads", |held| held.threads, 0.5),
    ("handles", "handles", |held| held.handles, 0.5),
];
/// To how many people growth refers.
const HUNDRED: f64 = 100.0;

impl Series {
    /// Of a process that the rows call `who`.
    pub(super) fn new(who: &str, step: usize) -> Self {
        Self { who: who.to_owned(), step, held: Vec::new() }
    }

    pub(super) fn add(&mut self, held: Held) {
        self.held.push(held);
    }

    /// The last look, for progress.
    pub(super) fn last(&self) -> String {
        let show = |held: &Held| format!("{:.2} MiB, {} threads, {} handles", held.pss_mib, held.threads, held.handles);
        self.held.last().map_or_else(|| "gone".to_owned(), show)
    }

    /// The first, the last and the largest of each figure, and by how much it grows.
    pub(super) fn rows(&self, judged: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        for (name, unit, figure, limit) in FIGURES {
            let values: Vec<f64> = self.held.iter().map(figure).collect();
            let row = |when: &str, measured: Option<f64>, limit: Option<f64>| {
                Row::new(&format!("{}_{name}_{when}", self.who), measured, unit, limit)
            };
            rows.push(row(&format!("after_{}", self.step), values.first().copied(), None));
            rows.push(row("end", values.last().copied(), None));
            rows.push(row("most", values.iter().copied().reduce(f64::max), None));
            rows.push(row("growth_per_100", slope(&values).map(|slope| slope * self.per_hundred()), None));
            // The first half is when caches and pools fill; a leak goes on after it.
            let late = slope(&values[values.len() / 2..]).map(|slope| slope * self.per_hundred());
            rows.push(row("late_growth_per_100", late, judged.then_some(limit)));
        }
        rows
    }

    fn per_hundred(&self) -> f64 {
        HUNDRED / self.step.max(1) as f64
    }
}

/// By how much the values grow from one to the next: least squares.
fn slope(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let count = values.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / count;
    let places = (0..values.len()).map(|place| place as f64 - middle);
    let (above, below) = places
        .zip(values)
        .fold((0.0, 0.0), |(above, below), (place, value)| (above + place * (value - mean), below + place * place));
    Some(above / below)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn this_process_holds_something_and_one_that_is_gone_nothing() {
        let held = Held::by(std::process::id()).unwrap();
        assert!(held.pss_mib > 0.1 && held.threads >= 1.0 && held.handles >= 1.0);
        let file = std::fs::File::open("/proc/self/stat").unwrap();
        assert!(Held::by(std::process::id()).unwrap().handles >= 4.0, "three standard ones and {file:?}");
        assert_eq!(Held::by(u32::MAX), None);
    }

    #[test]
    fn growth_is_that_of_a_hundred_people() {
        let mut series = Series::new("server", 20);
        for handles in [10.0, 30.0, 30.0, 32.0, 34.0, 36.0] {
            series.add(Held { pss_mib: 5.0, threads: 3.0, handles });
        }
        let rows = series.rows(true);
        let row = |what: &str| rows.iter().find(|row| row.what == what).unwrap();
        assert_eq!(row("server_handles_after_20").measured, Some(10.0));
        assert_eq!(row("server_handles_end").measured, Some(36.0));
        assert_eq!(row("server_handles_late_growth_per_100").measured, Some(10.0), "two in twenty");
        assert_eq!(row("server_handles_late_growth_per_100").limit, Some(0.5));
        assert_eq!(row("server_threads_growth_per_100").measured, Some(0.0));
        assert_eq!(slope(&[1.0]), None);
    }
}
