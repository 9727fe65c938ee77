//! `peer`: our worker beside livekit-agents (Python), in one run: the same stub engines, the same caller, the same words, and
//! the same silence that ends a turn.

use room::RoomConnector;

use super::engines::InstantEngines;
use super::figures::Figures;
use super::overhead::{SILENCE_MS, summary};
use super::setting::Setting;
use super::side::{OURS, Side, VOICES, rooms, talk};
use super::{Report, Row, echo, library, percentile};

/// Ours over theirs, at most (DESIGN: targets).
const OVERHEAD_RATIO: f64 = 0.33;
const MEMORY_RATIO: f64 = 0.4;
const CPU_RATIO: f64 = 0.5;
/// Answers (turns from 1) that are spoken over in each call.
const INTERRUPTED: [usize; 2] = [2, 4];

/// Makes the calls, prints both sides beside each other, and reports. `turns` for each side, 4 to 20.
///
/// # Errors
/// When something can't be started, or a call can't be made at all. A turn that is not answered is counted.
pub async fn peer(turns: usize, progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let connector = library::own_copy()?;
    let engines = InstantEngines::start()?;
    let setting = engines.setting(SILENCE_MS);
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    let mut floor = Vec::new();
    let per_call = turns.div_ceil(VOICES.len());
    // One call with each in turns, so that whatever slows the machine for a while slows both.
    for round in 0..VOICES.len() {
        if round % 2 == 0 {
            floor.extend(echo::round_trips(&connector).await?);
        }
        let side = Side::ours(&setting).await?;
        measure("ours", &connector, &side, (round, per_call), &mut ours, progress).await?;
        drop(side);
        let side = Side::theirs(&setting).await?;
        measure("livekit-agents", &connector, &side, (round, per_call), &mut theirs, progress).await?;
    }
    engines.check()?;
    for line in table(&ours, &theirs, &setting, &floor) {
        progress(line);
    }
    Ok(Report::here("peer", rows(&ours, &theirs, &setting, &floor)))
}

/// One call; in the first round also the calls in two rooms at once.
async fn measure(
    who: &str,
    connector: &dyn RoomConnector,
    side: &Side,
    (round, turns): (usize, usize),
    figures: &mut Figures,
    progress: &mut (dyn FnMut(String) + Send),
) -> anyhow::Result<()> {
    if round == 0 {
        let memory = rooms(connector, side).await?;
        progress(format!("{who}: {memory:.0?} MiB"));
        figures.memory = Some(memory);
    }
    let call = talk(connector, side, round, turns, &INTERRUPTED).await?;
    progress(summary(who, &call.report));
    figures.add(&call);
    Ok(())
}

/// A figure that both sides have.
struct Pair {
    what: &'static str,
    unit: &'static str,
    of: fn(&Figures, &Setting, &[f64]) -> Option<f64>,
}

const PAIRS: [Pair; 11] = [
    Pair { what: "turns_answered", unit: "turns", of: |side, _, _| Some(side.answered()) },
    Pair { what: "gap_p50_ms", unit: "ms", of: |side, _, _| side.gap(0.5) },
    Pair { what: "gap_p95_ms", unit: "ms", of: |side, _, _| side.gap(0.95) },
    Pair { what: "overhead_p50_ms", unit: "ms", of: |side, setting, floor| side.overhead(setting.silence_ms, floor) },
    Pair { what: "interruption_to_silence_p50_ms", unit: "ms", of: |side, _, _| side.silence(0.5) },
    Pair { what: "interruption_to_silence_p95_ms", unit: "ms", of: |side, _, _| side.silence(0.95) },
    Pair { what: "join_to_greeting_p50_ms", unit: "ms", of: |side, _, _| side.greeting() },
    Pair { what: "pss_without_room_mib", unit: "MiB", of: |side, _, _| side.memory.map(|memory| memory.none) },
    Pair { what: "pss_one_room_mib", unit: "MiB", of: |side, _, _| side.memory?.one },
    Pair { what: "pss_further_room_mib", unit: "MiB", of: |side, _, _| side.memory?.further() },
    Pair { what: "cpu_talking_percent", unit: "% of a core", of: |side, _, _| Some(side.cores()? * 100.0) },
];

/// Ours over theirs, with the target.
const RATIOS: [(&str, &str, f64); 3] = [
    ("overhead_ratio", "overhead_p50_ms", OVERHEAD_RATIO),
    ("pss_ratio", "pss_further_room_mib", MEMORY_RATIO),
    ("cpu_ratio", "cpu_talking_percent", CPU_RATIO),
];

fn both(pair: &Pair, ours: &Figures, theirs: &Figures, setting: &Setting, floor: &[f64]) -> (Option<f64>, Option<f64>) {
    ((pair.of)(ours, setting, floor), (pair.of)(theirs, setting, floor))
}

fn ratio(of: &str, ours: &Figures, theirs: &Figures, setting: &Setting, floor: &[f64]) -> Option<f64> {
    let pair = PAIRS.iter().find(|pair| pair.what == of)?;
    let (ours, theirs) = both(pair, ours, theirs, setting, floor);
    theirs.filter(|theirs| *theirs > 0.0).and_then(|theirs| Some(ours? / theirs))
}

fn rows(ours: &Figures, theirs: &Figures, setting: &Setting, floor: &[f64]) -> Vec<Row> {
    let ratios = RATIOS
        .iter()
        .map(|(what, of, limit)| Row::new(what, ratio(of, ours, theirs, setting, floor), "share", Some(*limit)));
    let given = [
        Row::new("silence_configured_ms", Some(f64::from(setting.silence_ms)), "ms", None),
        Row::new("echo_floor_p50_ms", percentile(floor, 0.5), "ms", None),
    ];
    let sides = PAIRS.iter().flat_map(|pair| {
        let (ours, theirs) = both(pair, ours, theirs, setting, floor);
        let row = |who: &str, figure| Row::new(&format!("{who}_{}", pair.what), figure, pair.unit, None);
        [row(OURS, ours), row("livekit_agents", theirs)]
    });
    ratios.chain(given).chain(sides).collect()
}

fn table(ours: &Figures, theirs: &Figures, setting: &Setting, floor: &[f64]) -> Vec<String> {
    let show = |figure: Option<f64>| figure.map_or("-".to_owned(), |figure| format!("{figure:.1}"));
    let mut lines = vec![format!("{:32} {OURS:>15} {:>15} {:>7}", "", "livekit-agents", "ratio")];
    for pair in &PAIRS {
        let (our, their) = both(pair, ours, theirs, setting, floor);
        let ratio = RATIOS
            .iter()
            .find(|(_, of, _)| *of == pair.what)
            .and_then(|(_, of, _)| ratio(of, ours, theirs, setting, floor))
            .map_or(String::new(), |ratio| format!("{ratio:.2}"));
        lines.push(format!("{:32} {:>15} {:>15} {ratio:>7}", pair.what, show(our), show(their)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_ours_over_theirs_and_missing_when_one_of_them_is() {
        let setting = Setting { engines_url: String::new(), engines_key: String::new(), silence_ms: 450 };
        let (ours, theirs) = (Figures::of(600.0, 0.05, 20.0), Figures::of(750.0, 0.2, 62.5));
        let figure = |rows: &[Row], what: &str| rows.iter().find(|row| row.what == what).and_then(|row| row.measured);
        let all = rows(&ours, &theirs, &setting, &[100.0]);
        assert_eq!(figure(&all, "overhead_ratio"), Some(0.25));
        assert_eq!(figure(&all, "pss_ratio"), Some(0.32));
        assert_eq!(figure(&all, "cpu_ratio"), Some(0.25));
        assert_eq!(figure(&all, "livekit_agents_overhead_p50_ms"), Some(200.0));
        let none = rows(&ours, &Figures::default(), &setting, &[100.0]);
        assert_eq!(figure(&none, "overhead_ratio"), None);
        assert!(table(&ours, &theirs, &setting, &[100.0]).iter().any(|line| line.ends_with("0.25")));
    }
}
