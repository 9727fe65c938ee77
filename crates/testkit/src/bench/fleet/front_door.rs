//! The front door: how fast tokens are handed out, whether rooms that were asked for slow it, and how fast workers are started.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::{StreamExt as _, stream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Progress;
use super::door::Door;
use super::setting::NO_LIMITS;
use crate::bench::usage::pss_mib;
use crate::bench::{Row, percentile};
use crate::stack::{Stack, StackOptions};

/// Rooms that are asked for, each once.
const ROOMS: usize = 10_000;
/// Requests a second, whether or not those before were answered.
const RATE: u32 = 200;
/// The first and the last so many are compared.
const EDGE: usize = 1_000;
/// The first ten seconds: what `join_p50_ms` and `join_p99_ms` are of.
const FIRST: usize = 10 * RATE as usize;
/// A program that starts and ends at once, in place of the worker.
const NOTHING: &str = "/bin/true";
/// Workers that are started, and how many requests are under way at the same time.
const STARTS: usize = 400;
const AT_ONCE: usize = 8;

pub(super) async fn measure(progress: Progress<'_>) -> anyhow::Result<Vec<Row>> {
    let mut rows = tokens(progress).await?;
    rows.push(starts(progress).await?);
    Ok(rows)
}

/// Requests at a fixed rate. Each is timed from the moment in which it was due, so that a stall counts for all that it delays.
async fn tokens(progress: Progress<'_>) -> anyhow::Result<Vec<Row>> {
    let arguments = NO_LIMITS.map(str::to_owned).to_vec();
    let stack = Stack::start(StackOptions { arguments, ..StackOptions::default() }).await?;
    let server = stack.server_pid().context("the token server has ended")?;
    let door = Arc::new(Door::at(&stack.url())?);
    door.join("before", false).await?;
    let before = pss_mib(server);
    let mut requests = JoinSet::new();
    let begun = Instant::now();
    for number in 0..ROOMS {
        let due = begun + Duration::from_secs(1) / RATE * u32::try_from(number)?;
        tokio::time::sleep_until(due).await;
        let door = door.clone();
        requests.spawn(async move {
            let answer = door.join(&format!("room-{number}"), false).await;
            (number, due.elapsed().as_secs_f64() * 1e3, answer.err())
        });
    }
    let (mut took, mut refused) = (vec![None; ROOMS], 0);
    while let Some(done) = requests.join_next().await {
        let (number, ms, error) = done?;
        match error {
            None => took[number] = Some(ms),
            Some(error) => {
                if refused == 0 {
                    progress(format!("front door: {error:#}"));
                }
                refused += 1;
            }
        }
    }
    let after = pss_mib(server);
    let ms = |what: &str, range: std::ops::Range<usize>, share: f64, limit: Option<f64>| {
        let values: Vec<f64> = took[range].iter().flatten().copied().collect();
        Row::new(what, percentile(&values, share), "ms", limit)
    };
    let rows = vec![
        ms("join_p50_ms", 0..FIRST, 0.5, Some(5.0)),
        ms("join_p99_ms", 0..FIRST, 0.99, Some(25.0)),
        ms("join_first_1000_p50_ms", 0..EDGE, 0.5, None),
        ms("join_first_1000_p99_ms", 0..EDGE, 0.99, None),
        ms("join_last_1000_p50_ms", ROOMS - EDGE..ROOMS, 0.5, None),
        ms("join_last_1000_p99_ms", ROOMS - EDGE..ROOMS, 0.99, None),
        Row::new("join_refused", Some(f64::from(refused)), "requests", None),
        Row::new("token_server_pss_before_mib", before, "MiB", None),
        Row::new("token_server_pss_after_mib", after, "MiB", None),
    ];
    progress(format!("front door: {:?} ms, {refused} refused", rows[0].measured));
    Ok(rows)
}

/// Workers started a second, with a program that does nothing: what the token server itself takes for each.
async fn starts(progress: Progress<'_>) -> anyhow::Result<Row> {
    let options = StackOptions {
        worker_bin: Some(NOTHING.into()),
        arguments: ["--max-workers", "1000"].into_iter().chain(NO_LIMITS).map(str::to_owned).collect(),
        ..StackOptions::default()
    };
    let stack = Stack::start(options).await?;
    let door = Door::at(&stack.url())?;
    door.join("before", false).await?;
    let begun = Instant::now();
    let asked = stream::iter(0..STARTS).map(|number| {
        let (door, room) = (&door, format!("start-{number}"));
        async move { door.join(&room, true).await.map(|answer| answer.avatar_invited) }
    });
    let answers: Vec<_> = asked.buffer_unordered(AT_ONCE).collect().await;
    let seconds = begun.elapsed().as_secs_f64();
    let started = answers.iter().filter(|answer| matches!(answer, Ok(true))).count();
    if let Some(Err(error)) = answers.iter().find(|answer| answer.is_err()) {
        progress(format!("starts: {error:#}"));
    }
    progress(format!("starts: {started} of {STARTS} workers in {seconds:.1} s"));
    Ok(Row::new("workers_started_per_s", Some(started as f64 / seconds), "workers/s", None))
}
