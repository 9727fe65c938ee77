//! Calls in a row: join, hear the greeting begin, leave, see the worker's process end. After each twenty, when all is quiet,
//! it is looked at what is held and what is left.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, stream};
use room::RoomConnector;
use tokio::time::Instant;

use super::remains::Remains;
use super::samples::{Held, Series};
use super::site::{Site, Worker};
use super::visitor::Visitor;
use super::{Progress, times};
use crate::bench::Row;
use crate::bench::fleet::{Door, Setup};
use crate::process::is_running;

/// Cycles between two looks.
const STEP: usize = 20;
/// Cycles under way at the same time.
const AT_ONCE: usize = 4;
/// Workers that stand by.
const STANDBY: usize = 1;
/// How long the greeting is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a worker may take to write down where it runs.
const PLACE_DEADLINE: Duration = Duration::from_secs(10);
/// How long a worker whose person has left may take to end.
const END_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// One cycle's times, in ms.
#[derive(Debug)]
struct Cycle {
    /// From the `POST` to the first sound; `None` when there was none.
    greeting: Option<f64>,
    /// From leaving to the end of the worker's process.
    ending: f64,
}

/// What became of all of them.
#[derive(Debug, Default)]
struct Tally {
    completed: usize,
    greetings: Vec<f64>,
    endings: Vec<f64>,
    failures: usize,
}

pub(super) async fn measure(
    connector: &dyn RoomConnector,
    setup: &Setup,
    cycles: usize,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Row>> {
    let site = Site::start(setup, Worker::Real { standby: STANDBY }).await?;
    let server = site.stack.server_pid().context("the token server has ended")?;
    let sfu = site.stack.sfu.pid().context("the LiveKit server has ended")?;
    let (mut of_server, mut of_sfu) = (Series::new("token_server", STEP), Series::new("livekit_server", STEP));
    let (mut tally, mut remains) = (Tally::default(), Remains::default());
    let began = Instant::now();
    for first in (0..cycles).step_by(STEP) {
        let door = site.door()?;
        let numbers = first..cycles.min(first + STEP);
        let done = stream::iter(numbers).map(async |number| {
            let room = format!("cycle-{number}");
            let outcome = cycle(connector, &site, &door, &room).await;
            (room, outcome)
        });
        let done = done.buffer_unordered(AT_ONCE);
        for (room, outcome) in done.collect::<Vec<_>>().await {
            if outcome.is_err() {
                site.said_of(&room).into_iter().for_each(&mut *progress);
            }
            tally.add(outcome, progress);
        }
        drop(door);
        site.at_rest().await?;
        of_server.add(Held::by(server).context("the token server has ended")?);
        of_sfu.add(Held::by(sfu).context("the LiveKit server has ended")?);
        remains = remains.or_more(Remains::look(&site).await?);
        progress(format!(
            "cycles: {} after {:.0} s, token server {}, LiveKit server {}, {remains:?}",
            tally.completed,
            began.elapsed().as_secs_f64(),
            of_server.last(),
            of_sfu.last()
        ));
    }
    let mut rows = tally.rows(cycles);
    rows.extend(of_server.rows(true));
    rows.extend(of_sfu.rows(false));
    rows.extend(remains.rows(""));
    Ok(rows)
}

async fn cycle(connector: &dyn RoomConnector, site: &Site, door: &Door, room: &str) -> anyhow::Result<Cycle> {
    let asked = Instant::now();
    let given = door.join(room, true).await?;
    ensure!(given.avatar_invited, "{room}: no worker");
    let mut visitor = Visitor::enter(connector, &given).await?.with_microphone().await?;
    let greeting = visitor.greeted(PATIENCE).await.map(|at| ms(at.duration_since(asked)));
    let worker = worker_of(site, room).await?;
    visitor.leave().await?;
    let left = Instant::now();
    while is_running(worker) {
        ensure!(left.elapsed() < END_DEADLINE, "{room}: its worker never ended");
        tokio::time::sleep(POLL).await;
    }
    Ok(Cycle { greeting, ending: ms(left.elapsed()) })
}

/// The process that serves a room, as it wrote down itself.
async fn worker_of(site: &Site, room: &str) -> anyhow::Result<u32> {
    let deadline = Instant::now() + PLACE_DEADLINE;
    loop {
        let call = site.store.find(room).await?;
        if let Some(place) = call.and_then(|call| call.worker) {
            return Ok(place.pid);
        }
        ensure!(Instant::now() < deadline, "{room}: its worker's process is not written down");
        tokio::time::sleep(POLL).await;
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl Tally {
    fn add(&mut self, outcome: anyhow::Result<Cycle>, progress: Progress<'_>) {
        match outcome {
            Ok(Cycle { greeting, ending }) => {
                self.completed += 1;
                self.greetings.extend(greeting);
                self.endings.push(ending);
            }
            Err(error) => {
                self.failures += 1;
                progress(format!("a cycle failed: {error:#}"));
            }
        }
    }

    fn rows(&self, cycles: usize) -> Vec<Row> {
        let silent = self.completed - self.greetings.len();
        let mut rows = vec![
            Row::new("cycles_completed", Some(self.completed as f64), "cycles", Some(cycles as f64)),
            Row::new("cycles_failed", Some(self.failures as f64), "cycles", Some(0.0)),
            Row::new("cycles_without_greeting", Some(silent as f64), "cycles", Some(0.0)),
        ];
        rows.extend(times("greeting", &self.greetings));
        rows.extend(times("left_until_worker_gone", &self.endings));
        rows
    }
}
