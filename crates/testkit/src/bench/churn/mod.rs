//! `churn`: people who come and go, hundreds in a row and a hundred at once. Is anybody lost, does anything stay behind?
//!
//! ```text
//!  cycles    ── join, greeting, leave, worker gone: 300 times, 4 at a time ──> Stack (webhook, 1 standing by)
//!  joins     ── 100 at the same instant, with a stand-in for the worker ─────> Stack (webhook)
//!  greetings ── 16 at the same instant, with real workers ───────────────────> Stack (webhook)
//!                              │ at rest again
//!                              └──> Series (memory, threads, handles) + Remains (processes, calls, files) ──> rows
//! ```

mod crowd;
mod cycles;
mod greetings;
mod remains;
mod samples;
mod site;
mod visitor;

use super::engines::InstantEngines;
use super::fleet::Setup;
use super::overhead::SILENCE_MS;
use super::{Report, Row, library, percentile};

/// Hears how far the benchmark is.
type Progress<'a> = &'a mut (dyn FnMut(String) + Send);

/// A part of this benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChurnPart {
    /// Calls in a row.
    Cycles,
    /// A hundred people at once, without real workers.
    Joins,
    /// As many real workers at once as a small machine carries.
    Greetings,
}

impl ChurnPart {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Cycles, Self::Joins, Self::Greetings];
}

/// Measures these parts; `cycles` calls in a row.
///
/// # Errors
/// When something can't be started. A call that fails is counted.
pub async fn churn(
    parts: &[ChurnPart],
    cycles: usize,
    progress: &mut (dyn FnMut(String) + Send),
) -> anyhow::Result<Report> {
    let connector = library::own_copy()?;
    let engines = InstantEngines::start()?;
    let setup = Setup::new(engines.setting(SILENCE_MS))?;
    let mut rows = Vec::new();
    for part in parts {
        rows.extend(match part {
            ChurnPart::Cycles => cycles::measure(&connector, &setup, cycles, progress).await?,
            ChurnPart::Joins => crowd::measure(&connector, &setup, progress).await?,
            ChurnPart::Greetings => greetings::measure(&connector, &setup, progress).await?,
        });
    }
    engines.check()?;
    Ok(Report::here("churn", rows))
}

/// Rows for the middle, the slow end and the worst of some times.
fn times(what: &str, ms: &[f64]) -> Vec<Row> {
    let row = |name: &str, share: f64| Row::new(&format!("{what}_{name}_ms"), percentile(ms, share), "ms", None);
    vec![row("p50", 0.5), row("p95", 0.95), row("worst", 1.0)]
}
