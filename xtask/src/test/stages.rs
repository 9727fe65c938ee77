//! How long each stage took, and how it went.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::screen;

/// The stages that have run, in order.
#[derive(Default)]
pub(super) struct Stages {
    rows: Vec<(&'static str, Duration, bool)>,
}

impl Stages {
    /// Runs a stage; its failure names it.
    pub(super) fn run<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        if !self.rows.is_empty() {
            screen::heading(name);
        }
        let started = Instant::now();
        let result = work();
        self.rows.push((name, started.elapsed(), result.is_ok()));
        result.with_context(|| format!("stage `{name}` failed"))
    }

    /// The table at the end.
    pub(super) fn table(&self) -> String {
        let mut table = String::new();
        let total: Duration = self.rows.iter().map(|(_, took, _)| *took).sum();
        for (name, took, passed) in &self.rows {
            let mark = if *passed { "ok" } else { "FAILED" };
            // Writing into a string cannot fail.
            let _ = writeln!(table, "  {name:10} {:>8.1} s  {mark}", took.as_secs_f64());
        }
        let _ = write!(table, "  {:10} {:>8.1} s", "total", total.as_secs_f64());
        table
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_failed_stage_ends_the_run_and_stands_in_the_table() {
        let mut stages = Stages::default();
        stages.run("first", || Ok(())).unwrap();
        let error = stages.run("second", || -> Result<()> { anyhow::bail!("no") }).unwrap_err();
        assert!(format!("{error:#}").contains("second"), "{error:#}");
        let table = stages.table();
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 3, "{table}");
        assert!(lines[0].contains("ok") && lines[1].contains("FAILED") && lines[2].contains("total"), "{table}");
    }
}
