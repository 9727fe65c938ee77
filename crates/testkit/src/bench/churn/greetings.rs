//! As many real joins at the same instant as a small machine carries: every worker starts cold, everybody stays until all
//! have been greeted.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::future::join_all;
use room::RoomConnector;
use tokio::time::Instant;

use super::remains::Remains;
use super::samples::{Held, Series};
use super::site::{Site, Worker};
use super::visitor::Visitor;
use super::{Progress, times};
use crate::bench::Row;
use crate::bench::fleet::{Door, Setup};

/// People at once.
const PEOPLE: usize = 16;
/// How often.
const ROUNDS: usize = 5;
/// How long the greeting is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn measure(
    connector: &dyn RoomConnector,
    setup: &Setup,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Row>> {
    let site = Site::start(setup, Worker::Real { standby: 0 }).await?;
    let server = site.stack.server_pid().context("the token server has ended")?;
    let mut series = Series::new("greetings_token_server", PEOPLE);
    let (mut greetings, mut remains) = (Vec::new(), Remains::default());
    for round in 0..ROUNDS {
        let door = site.door()?;
        let visits = (0..PEOPLE).map(|number| visit(connector, &door, format!("greeting-{round}-{number}")));
        let mut visitors = Vec::new();
        for visit in join_all(visits).await {
            match visit {
                Ok((visitor, greeting)) => {
                    visitors.push(visitor);
                    greetings.extend(greeting);
                }
                Err(error) => progress(format!("somebody could not join: {error:#}")),
            }
        }
        for left in join_all(visitors.into_iter().map(Visitor::leave)).await {
            left.unwrap_or_else(|error| progress(format!("somebody could not leave: {error:#}")));
        }
        drop(door);
        site.at_rest().await?;
        series.add(Held::by(server).context("the token server has ended")?);
        remains = remains.or_more(Remains::look(&site).await?);
        progress(format!(
            "{PEOPLE} at once: {} greeted so far, token server {}, {remains:?}",
            greetings.len(),
            series.last()
        ));
    }
    let asked = PEOPLE * ROUNDS;
    let mut rows = vec![
        Row::new("greetings_people_at_once", Some(PEOPLE as f64), "people", None),
        Row::new("greetings_heard", Some(greetings.len() as f64), "greetings", Some(asked as f64)),
    ];
    rows.extend(times("greetings", &greetings));
    rows.extend(series.rows(false));
    rows.extend(remains.rows("greetings_"));
    Ok(rows)
}

/// Joins and waits for the greeting; how long that took from the `POST` on, in ms, if there was one.
async fn visit(connector: &dyn RoomConnector, door: &Door, room: String) -> anyhow::Result<(Visitor, Option<f64>)> {
    let asked = Instant::now();
    let given = door.join(&room, true).await?;
    ensure!(given.avatar_invited, "{room}: no worker");
    let mut visitor = Visitor::enter(connector, &given).await?.with_microphone().await?;
    let greeting = visitor.greeted(PATIENCE).await.map(|at| at.duration_since(asked).as_secs_f64() * 1e3);
    Ok((visitor, greeting))
}
