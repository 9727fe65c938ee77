//! `overhead`: what our own code adds to the gap, with engines that answer at once.

use super::engines::InstantEngines;
use super::figures::Figures;
use super::setting::Setting;
use super::side::{Side, VOICES, talk};
use super::{Report, Row, echo, library, percentile};

/// The configured silence: our worker's own default.
pub(super) const SILENCE_MS: u32 = 450;
/// At most this much of ours, in ms (DESIGN: targets).
const TARGET_MS: f64 = 60.0;

/// Makes the calls and reports. `turns` in all, 4 to 20.
///
/// # Errors
/// When something can't be started, or a call can't be made at all. A turn that is not answered is counted.
pub async fn overhead(turns: usize, progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let connector = library::own_copy()?;
    let engines = InstantEngines::start()?;
    let setting = engines.setting(SILENCE_MS);
    let mut floor = Vec::new();
    let mut figures = Figures::default();
    for round in 0..VOICES.len() {
        if round % 2 == 0 {
            floor.extend(echo::round_trips(&connector).await?);
        }
        let side = Side::ours(&setting).await?;
        let call = talk(&connector, &side, round, turns.div_ceil(VOICES.len()), &[]).await?;
        progress(summary("ours", &call.report));
        figures.add(&call);
    }
    engines.check()?;
    Ok(Report::here("overhead", rows(&figures, &setting, &floor)))
}

/// A line about a call.
pub(super) fn summary(who: &str, report: &crate::caller::CallReport) -> String {
    let gaps = report.turns.iter().map(|turn| turn.gap_ms.map_or("-".into(), |gap| format!("{gap:.0}")));
    let silences = report.interruptions.iter().map(|one| one.silence_ms.map_or("-".into(), |ms| format!("{ms:.0}")));
    let (gaps, silences) = (gaps.collect::<Vec<_>>().join(" "), silences.collect::<Vec<_>>().join(" "));
    let greeting = report.greeting_ms.unwrap_or(f64::NAN);
    let silences = if silences.is_empty() { silences } else { format!(", silent after {silences} ms") };
    format!("{who}: greeting {greeting:.0} ms, gaps {gaps} ms{silences}")
}

fn rows(figures: &Figures, setting: &Setting, floor: &[f64]) -> Vec<Row> {
    let ms = |what: &str, measured: Option<f64>, limit: Option<f64>| Row::new(what, measured, "ms", limit);
    vec![
        Row::new("turns_answered", Some(figures.answered()), "turns", Some(figures.turns())),
        ms("overhead_p50_ms", figures.overhead(setting.silence_ms, floor), Some(TARGET_MS)),
        ms("gap_p50_ms", figures.gap(0.5), None),
        ms("gap_p95_ms", figures.gap(0.95), None),
        ms("silence_configured_ms", Some(f64::from(setting.silence_ms)), None),
        ms("echo_floor_p50_ms", percentile(floor, 0.5), None),
        ms("echo_floor_p95_ms", percentile(floor, 0.95), None),
        ms("cold_greeting_instant_p50_ms", figures.greeting(), Some(1000.0)),
    ]
}
