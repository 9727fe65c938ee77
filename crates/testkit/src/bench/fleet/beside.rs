//! Beside livekit-agents (Python), in one run: what each further room takes, with the same engines, callers and words.

use room::RoomConnector;

use super::Progress;
use super::load::{self, Load, Questions};
use super::rooms::further;
use super::site::Site;
use crate::bench::Row;
use crate::bench::setting::Setting;
use crate::bench::side::Side;

/// Ours over theirs, at most.
const MEMORY_RATIO: f64 = 0.4;
const CPU_RATIO: f64 = 0.5;
/// Rooms at once; what each of them after the first takes is compared.
const ROOMS: usize = 4;

/// What each room after the first takes.
#[derive(Debug, Clone, Copy, Default)]
struct Further {
    before_mib: f64,
    pss_mib: Option<f64>,
    silent: Option<f64>,
    talking: Option<f64>,
}

pub(super) async fn measure(
    connector: &dyn RoomConnector,
    setting: &Setting,
    questions: &Questions,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Row>> {
    let side = Side::ours(setting).await?;
    let ours = further_rooms("ours", connector, &side, questions, progress).await?;
    drop(side);
    let side = Side::theirs(setting).await?;
    let theirs = further_rooms("livekit-agents", connector, &side, questions, progress).await?;
    Ok(rows(&ours, &theirs))
}

async fn further_rooms(
    who: &str,
    connector: &dyn RoomConnector,
    side: &Side,
    questions: &Questions,
    progress: Progress<'_>,
) -> anyhow::Result<Further> {
    let site = Site { url: side.url(), family: side.family()?, sfu: None };
    let before_mib = site.family.memory_mib();
    let one = load::run(connector, &site, questions, 1).await;
    // The processes of a call that is over end by themselves: the next ones' names are other ones.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let many = load::run(connector, &site, questions, ROOMS).await;
    let cores = |load: &Load, of: fn(&Load) -> Option<super::machine::Cores>| of(load).map(|cores| cores.agents);
    let each = |of: fn(&Load) -> Option<super::machine::Cores>| further(cores(&many, of), cores(&one, of), ROOMS);
    let found = Further {
        before_mib,
        pss_mib: further(many.pss_mib, one.pss_mib, ROOMS),
        silent: each(|load| load.silent),
        talking: each(|load| load.talking),
    };
    let answered = (one.answered + many.answered, one.turns + many.turns);
    progress(format!("{who}: {} of {} answered, each further room {found:.3?}", answered.0, answered.1));
    Ok(found)
}

fn rows(ours: &Further, theirs: &Further) -> Vec<Row> {
    let ratio = |of: fn(&Further) -> Option<f64>| of(theirs).filter(|t| *t > 0.0).and_then(|t| Some(of(ours)? / t));
    let mut rows = vec![
        Row::new("pss_ratio", ratio(|side| side.pss_mib), "share", Some(MEMORY_RATIO)),
        Row::new("cpu_ratio", ratio(|side| side.talking), "share", Some(CPU_RATIO)),
        Row::new("cpu_ratio_silent", ratio(|side| side.silent), "share", None),
    ];
    for (who, side) in [("ours", ours), ("livekit_agents", theirs)] {
        rows.push(Row::new(&format!("{who}_pss_before_the_first_room_mib"), Some(side.before_mib), "MiB", None));
        rows.push(Row::new(&format!("{who}_pss_per_further_room_mib"), side.pss_mib, "MiB", None));
        rows.push(Row::new(&format!("{who}_cpu_per_further_silent_room"), side.silent, "share", None));
        rows.push(Row::new(&format!("{who}_cpu_per_further_talking_room"), side.talking, "share", None));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_ours_over_theirs() {
        let side = |pss, talking| Further { pss_mib: Some(pss), talking: Some(talking), ..Further::default() };
        let rows = rows(&side(20.0, 0.05), &side(80.0, 0.2));
        let figure = |what: &str| rows.iter().find(|row| row.what == what).and_then(|row| row.measured);
        assert_eq!(figure("pss_ratio"), Some(0.25));
        assert_eq!(figure("cpu_ratio"), Some(0.25));
        assert_eq!(figure("cpu_ratio_silent"), None);
    }
}
