//! How many rooms one machine carries, and what each takes of it.

use std::time::Duration;

use anyhow::Context as _;
use room::RoomConnector;
use tokio::time::Instant;

use super::Progress;
use super::load::{self, Load, Questions};
use super::setting::{Kind, Setup};
use super::site::Site;
use crate::bench::family::Family;
use crate::bench::overhead::SILENCE_MS;
use crate::bench::{Row, percentile};
use crate::stack::Stack;

/// Rooms at once; the next number only as long as callers are answered in time.
const VOICE: [usize; 5] = [1, 4, 8, 16, 32];
const FACE: [usize; 4] = [1, 4, 8, 16];
const EMBEDDED: [usize; 3] = [1, 2, 4];
/// In time: nine turns in ten are answered, the middle one with no more than this beside the configured silence, in ms.
const ANSWERED: f64 = 0.9;
const SLOWEST_MS: f64 = 1000.0;
/// How many rooms the targets are judged at.
const JUDGED: usize = 4;
/// How long workers of calls that are over may take to end.
const END_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

pub(super) async fn measure(
    connector: &dyn RoomConnector,
    setup: &Setup,
    questions: &Questions,
    floor: f64,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (kind, counts) in [(Kind::Voice, &VOICE[..]), (Kind::Face, &FACE[..]), (Kind::Embedded, &EMBEDDED[..])] {
        rows.extend(series(connector, setup, questions, (kind, counts), floor, progress).await?);
    }
    Ok(rows)
}

async fn series(
    connector: &dyn RoomConnector,
    setup: &Setup,
    questions: &Questions,
    (kind, counts): (Kind, &[usize]),
    floor: f64,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Row>> {
    let (mut rows, mut loads) = (Vec::new(), Vec::<Load>::new());
    let stack = setup.stack(kind).await?;
    let site = Site {
        url: stack.url(),
        family: Family { head: stack.server_pid().context("the token server has ended")? },
        sfu: stack.sfu.pid(),
    };
    let mut carried = 0;
    for count in counts {
        let load = load::run(connector, &site, questions, *count).await;
        progress(line(kind, &load, floor));
        rows.extend(rows_of(kind, &load, loads.first(), floor));
        let in_time = is_in_time(&load);
        loads.push(load);
        if !in_time {
            break;
        }
        carried = *count;
        ended(&stack).await?;
    }
    rows.push(Row::new(&format!("{}_rooms_answered_in_time", kind.name()), Some(carried as f64), "rooms", None));
    if kind == Kind::Voice {
        rows.extend(judged(&loads));
    }
    Ok(rows)
}

/// The rows that have a target.
fn judged(loads: &[Load]) -> Vec<Row> {
    let load = loads.iter().find(|load| load.rooms == JUDGED);
    let per_room = |cores: Option<f64>| cores.map(|cores| cores / JUDGED as f64);
    let silent = load.and_then(|load| load.silent).map(|cores| cores.agents);
    let talking = load.and_then(|load| load.talking).map(|cores| cores.agents);
    let memory = load.zip(loads.first()).and_then(|(load, one)| further(load.pss_mib, one.pss_mib, load.rooms));
    vec![
        Row::new("cpu_per_silent_room", per_room(silent), "share", Some(0.08)),
        Row::new("cpu_per_talking_room", per_room(talking), "share", Some(0.10)),
        Row::new("pss_per_room_mib", memory, "MiB", Some(25.0)),
    ]
}

/// What each room after the first took.
pub(super) fn further(many: Option<f64>, one: Option<f64>, rooms: usize) -> Option<f64> {
    (rooms > 1).then(|| Some((many? - one?) / (rooms - 1) as f64))?
}

fn is_in_time(load: &Load) -> bool {
    let slow = percentile(&load.gaps, 0.5).is_none_or(|gap| gap - f64::from(SILENCE_MS) > SLOWEST_MS);
    !slow && load.answered as f64 >= ANSWERED * load.turns as f64
}

fn rows_of(kind: Kind, load: &Load, one: Option<&Load>, floor: f64) -> Vec<Row> {
    let count = load.rooms as f64;
    let row = |what: &str, figure: Option<f64>, unit: &str| {
        Row::new(&format!("{}_{}_rooms_{what}", kind.name(), load.rooms), figure, unit, None)
    };
    let overhead = |share: f64| percentile(&load.gaps, share).map(|gap| gap - f64::from(SILENCE_MS) - floor);
    let mut rows = vec![
        row("answered", Some(load.answered as f64 / load.turns.max(1) as f64), "share"),
        row("greeting_p50_ms", percentile(&load.greetings, 0.5), "ms"),
        row("overhead_p50_ms", overhead(0.5), "ms"),
        row("overhead_p95_ms", overhead(0.95), "ms"),
        row("pss_mib", load.pss_mib, "MiB"),
    ];
    if let Some(one) = one {
        rows.push(row("pss_per_further_room_mib", further(load.pss_mib, one.pss_mib, load.rooms), "MiB"));
    }
    for (when, cores) in [("silent", load.silent), ("talking", load.talking)] {
        rows.push(row(&format!("cpu_per_{when}_room"), cores.map(|cores| cores.agents / count), "share"));
        rows.push(row(&format!("{when}_callers_cores"), cores.map(|cores| cores.callers), "share"));
        rows.push(row(&format!("{when}_sfu_cores"), cores.map(|cores| cores.sfu), "share"));
        rows.push(row(&format!("{when}_machine_cores"), cores.map(|cores| cores.machine), "share"));
    }
    rows
}

fn line(kind: Kind, load: &Load, floor: f64) -> String {
    let show = |figure: Option<f64>| figure.map_or("-".to_owned(), |figure| format!("{figure:.3}"));
    let overhead = percentile(&load.gaps, 0.5).map(|gap| gap - f64::from(SILENCE_MS) - floor);
    let per_room = |cores: Option<super::machine::Cores>| show(cores.map(|cores| cores.agents / load.rooms as f64));
    let failure = load.failure.as_ref().map_or(String::new(), |failure| format!(" ({failure})"));
    format!(
        "{} {} rooms: {} of {} answered, overhead {} ms, {} silent and {} talking of a core each, {} MiB{failure}",
        kind.name(),
        load.rooms,
        load.answered,
        load.turns,
        show(overhead),
        per_room(load.silent),
        per_room(load.talking),
        show(load.pss_mib),
    )
}

/// Waits until the workers of the calls before are gone.
async fn ended(stack: &Stack) -> anyhow::Result<()> {
    let deadline = Instant::now() + END_DEADLINE;
    while !stack.workers()?.is_empty() {
        anyhow::ensure!(Instant::now() < deadline, "workers never ended; the log ends:\n{}", stack.log());
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(rooms: usize, pss_mib: f64, gap: f64) -> Load {
        Load { rooms, turns: 10, answered: 9, gaps: vec![gap], pss_mib: Some(pss_mib), ..Load::default() }
    }

    #[test]
    fn memory_is_that_of_each_room_after_the_first() {
        let rows = judged(&[load(1, 80.0, 550.0), load(4, 155.0, 550.0)]);
        let memory = rows.iter().find(|row| row.what == "pss_per_room_mib").and_then(|row| row.measured);
        assert_eq!(memory, Some(25.0));
        assert_eq!(further(Some(80.0), Some(80.0), 1), None);
    }

    #[test]
    fn a_load_is_in_time_when_most_are_answered_and_soon() {
        assert!(is_in_time(&load(4, 1.0, 600.0)));
        assert!(!is_in_time(&load(4, 1.0, 2_000.0)), "slow");
        assert!(!is_in_time(&Load { answered: 8, ..load(4, 1.0, 600.0) }), "unanswered");
        assert!(!is_in_time(&Load { gaps: Vec::new(), ..load(4, 1.0, 600.0) }), "nobody");
    }
}
