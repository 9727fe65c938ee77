//! A hundred people at the same instant, each for a room of their own. The worker is a stand-in that takes no processor time:
//! what is measured is the token server. First they only ask; then they really join the LiveKit server, and leave together.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use calls::all_calls;
use futures_util::future::join_all;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use room::RoomConnector;
use tokio::sync::Barrier;
use tokio::time::Instant;

use super::remains::Remains;
use super::samples::{Held, Series};
use super::site::{Site, Worker};
use super::visitor::Visitor;
use super::{Progress, times};
use crate::bench::Row;
use crate::bench::fleet::{Door, Setup};

/// People at once.
const PEOPLE: usize = 100;
/// How often they only ask, and how often they really join.
const ROUNDS_ASKING: usize = 10;
const ROUNDS_JOINING: usize = 3;
/// How long the stand-ins may take to start.
const START_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// What became of all who came.
#[derive(Debug, Default)]
struct Tally {
    asked: usize,
    /// Those who got a token and the word that an agent comes.
    invited: usize,
    /// Rooms for which no worker was started, and those for which more than one was.
    lost: usize,
    twice: usize,
    /// Calls that the store had not when all workers were started.
    not_written_down: usize,
    /// From the `POST` to its answer, in ms.
    answers: Vec<f64>,
    /// From the `POST` until they were in the room, in ms.
    entered: Vec<f64>,
}

pub(super) async fn measure(
    connector: &dyn RoomConnector,
    setup: &Setup,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Row>> {
    let site = Site::start(setup, Worker::StandIn).await?;
    let mut remains = Remains::default();
    let mut rows = vec![Row::new("joins_at_once", Some(PEOPLE as f64), "people", None)];
    rows.extend(rounds(&site, None, ("joins", ROUNDS_ASKING), &mut remains, progress).await?);
    rows.extend(rounds(&site, Some(connector), ("people", ROUNDS_JOINING), &mut remains, progress).await?);
    rows.extend(remains.rows("joins_"));
    Ok(rows)
}

async fn rounds(
    site: &Site,
    connector: Option<&dyn RoomConnector>,
    (what, count): (&str, usize),
    remains: &mut Remains,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Row>> {
    let server = site.stack.server_pid().context("the token server has ended")?;
    let (mut tally, mut series) = (Tally::default(), Series::new(&format!("{what}_token_server"), PEOPLE));
    for number in 0..count {
        let rooms: Vec<String> = (0..PEOPLE).map(|person| format!("{what}-{number}-{person}")).collect();
        round(site, connector, &rooms, &mut tally, progress).await?;
        series.add(Held::by(server).context("the token server has ended")?);
        *remains = remains.or_more(Remains::look(site).await?);
        progress(format!(
            "{what}, round {}: {}, token server {}, {remains:?}",
            number + 1,
            tally.line(),
            series.last()
        ));
    }
    if tally.lost + tally.twice + tally.not_written_down > 0 {
        site.warnings().into_iter().for_each(&mut *progress);
    }
    let mut rows = tally.rows(what, connector.is_some());
    rows.extend(series.rows(true));
    Ok(rows)
}

/// All come, all leave, all is quiet again.
async fn round(
    site: &Site,
    connector: Option<&dyn RoomConnector>,
    rooms: &[String],
    tally: &mut Tally,
    progress: Progress<'_>,
) -> anyhow::Result<()> {
    let (door, together) = (site.door()?, Barrier::new(rooms.len()));
    let arrivals = rooms.iter().map(|room| arrive(connector, &door, &together, room));
    let mut visitors = Vec::new();
    let mut failures = Vec::new();
    tally.asked += rooms.len();
    for arrival in join_all(arrivals).await {
        match arrival {
            Ok(arrival) => tally.add(arrival, &mut visitors),
            Err(error) => failures.push(error),
        }
    }
    if let Some(error) = failures.first() {
        progress(format!("{} could not join: {error:#}", failures.len()));
    }
    drop(door);
    let deadline = Instant::now() + START_DEADLINE;
    while Starts::of(rooms, &site.starts()).lost > 0 && Instant::now() < deadline {
        tokio::time::sleep(POLL).await;
    }
    let written = all_calls(&*site.store).await?.iter().filter(|call| rooms.contains(&call.lease.room)).count();
    tally.not_written_down += rooms.len() - written;
    let left = join_all(visitors.into_iter().map(Visitor::leave)).await;
    if let Some(error) = left.iter().find_map(|left| left.as_ref().err()) {
        progress(format!("{} left without an answer: {error:#}", left.iter().filter(|left| left.is_err()).count()));
    }
    for worker in site.stack.workers()? {
        // Fails only for one that has ended already.
        let _ = kill(Pid::from_raw(i32::try_from(worker)?), Signal::SIGTERM);
    }
    site.at_rest().await?;
    // Not before: a second worker may come late.
    let starts = Starts::of(rooms, &site.starts());
    tally.lost += starts.lost;
    tally.twice += starts.twice;
    Ok(())
}

/// Somebody who was let in.
struct Arrival {
    invited: bool,
    answered_ms: f64,
    entered: Option<(Visitor, f64)>,
}

async fn arrive(
    connector: Option<&dyn RoomConnector>,
    door: &Door,
    together: &Barrier,
    room: &str,
) -> anyhow::Result<Arrival> {
    together.wait().await;
    let asked = Instant::now();
    let since = || asked.elapsed().as_secs_f64() * 1e3;
    let given = door.join(room, true).await?;
    let answered_ms = since();
    let entered = match connector {
        Some(connector) => Some((Visitor::enter(connector, &given).await?, since())),
        None => None,
    };
    Ok(Arrival { invited: given.avatar_invited, answered_ms, entered })
}

/// How many of some rooms have no start, and how many more than one.
#[derive(Debug, PartialEq, Eq)]
struct Starts {
    lost: usize,
    twice: usize,
}

impl Starts {
    fn of(rooms: &[String], starts: &[String]) -> Self {
        let mut counts: BTreeMap<&str, usize> = rooms.iter().map(|room| (room.as_str(), 0)).collect();
        for room in starts {
            if let Some(count) = counts.get_mut(room.as_str()) {
                *count += 1;
            }
        }
        let with = |wanted: fn(usize) -> bool| counts.values().filter(|count| wanted(**count)).count();
        Self { lost: with(|count| count == 0), twice: with(|count| count > 1) }
    }
}

impl Tally {
    fn add(&mut self, arrival: Arrival, visitors: &mut Vec<Visitor>) {
        self.invited += usize::from(arrival.invited);
        self.answers.push(arrival.answered_ms);
        if let Some((visitor, ms)) = arrival.entered {
            self.entered.push(ms);
            visitors.push(visitor);
        }
    }

    fn line(&self) -> String {
        let Self { asked, invited, lost, twice, not_written_down, .. } = self;
        format!("{invited} of {asked} invited, {lost} lost, {twice} twice, {not_written_down} not written down")
    }

    fn rows(&self, what: &str, joining: bool) -> Vec<Row> {
        let asked = self.asked as f64;
        let row = |name: &str, count: usize, limit: f64| {
            Row::new(&format!("{what}_{name}"), Some(count as f64), "people", Some(limit))
        };
        let mut rows = vec![
            row("answered", self.answers.len(), asked),
            row("invited", self.invited, asked),
            row("without_a_worker", self.lost, 0.0),
            row("with_two_workers", self.twice, 0.0),
            row("not_written_down", self.not_written_down, 0.0),
        ];
        rows.extend(times(&format!("{what}_answered"), &self.answers));
        if joining {
            rows.push(row("in_the_room", self.entered.len(), asked));
            rows.extend(times(&format!("{what}_in_the_room"), &self.entered));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_lost_without_a_start_and_has_two_workers_with_two() {
        let rooms = ["a", "b", "c"].map(str::to_owned);
        let starts = ["a", "b", "a", "of an earlier round"].map(str::to_owned);
        assert_eq!(Starts::of(&rooms, &starts), Starts { lost: 1, twice: 1 });
        assert_eq!(Starts::of(&rooms, &[]), Starts { lost: 3, twice: 0 });
    }
}
