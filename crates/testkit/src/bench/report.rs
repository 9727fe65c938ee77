//! The form in which every benchmark tells its result.

use std::process::Command;

use serde::{Deserialize, Serialize};

/// One benchmark's result: its last line of output and `docs/benchmarks/NAME.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The benchmark.
    pub name: String,
    /// The commit that was measured; with `-dirty` when files were changed since.
    pub commit: String,
    /// Processor, cores and memory.
    pub machine: String,
    /// What was measured.
    pub rows: Vec<Row>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was measured, such as `gap_p50_ms`.
    pub what: String,
    /// The figure; `None` when there was nothing to measure.
    pub measured: Option<f64>,
    /// Its unit.
    pub unit: String,
    /// The target, if there is one: an upper bound, or a lower one for rates and shares.
    pub limit: Option<f64>,
}

impl Row {
    /// A figure, rounded to a tenth (shares to a thousandth).
    #[must_use]
    pub fn new(what: &str, measured: Option<f64>, unit: &str, limit: Option<f64>) -> Self {
        let digits = if unit == "share" { 1000.0 } else { 10.0 };
        let measured = measured.map(|figure| (figure * digits).round() / digits);
        Self { what: what.to_owned(), measured, unit: unit.to_owned(), limit }
    }
}

impl Report {
    /// A report of what was measured here and now.
    #[must_use]
    pub fn here(name: &str, rows: Vec<Row>) -> Self {
        Self { name: name.to_owned(), commit: commit(), machine: machine(), rows }
    }
}

/// The value below which `share` (0 to 1) of the values lie (nearest rank). `None` without values.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank within the list")]
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".to_owned() };
    // Only what is measured counts: a result that was just written does not make the code another one.
    let changed = git(&["status", "--porcelain", "--", "*.rs", "*.toml", "Cargo.lock"]);
    if changed.is_none_or(|changed| changed.is_empty()) { commit } else { format!("{commit}-dirty") }
}

fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        line.split(':').nth(1).unwrap_or_default().trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kib: u64 = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0);
    format!("{}, {cores} cores, {} GiB", field("/proc/cpuinfo", "model name"), kib.div_ceil(1024 * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!(percentile(&values, 0.5), Some(3.0));
        assert_eq!(percentile(&values, 0.95), Some(5.0));
        assert_eq!(percentile(&values, 0.0), Some(1.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn figures_are_rounded_to_what_they_mean() {
        assert_eq!(Row::new("gap", Some(12.345), "ms", None).measured, Some(12.3));
        assert_eq!(Row::new("match", Some(0.98765), "share", None).measured, Some(0.988));
    }
}
