//! From the `POST /join-room` of a caller, who then joins with its token, to the first sound of the greeting there.

use std::time::Duration;

use anyhow::{Context as _, bail};
use room::RoomConnector;
use tokio::time::Instant;

use super::Progress;
use super::setting::{Kind, Setup};
use crate::bench::{Row, percentile};
use crate::caller::{self, CallerPlan};
use crate::process::children_named;
use crate::stack::{Stack, StackOptions};

/// Workers that stand by.
const STANDBY: usize = 2;
/// What the token server logs when one more does.
const STANDS_BY: &str = "a worker stands by";
/// How long loading engines may take.
const LOAD_DEADLINE: Duration = Duration::from_secs(60);
/// How long the worker of a call that is over may take to end.
const END_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
/// How long the greeting is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Calls: from standby, the same with embedded engines, and cold.
const WARM: usize = 20;
const WARM_EMBEDDED: usize = 8;
const COLD: usize = 5;

pub(super) async fn measure(
    connector: &dyn RoomConnector,
    setup: &Setup,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let warm = standing_by(connector, setup, (Kind::Voice, WARM), progress).await?;
    rows.push(ms("standby_greeting_p50_ms", &warm, 0.5, Some(400.0)));
    rows.push(ms("standby_greeting_p95_ms", &warm, 0.95, Some(600.0)));
    let cold = cold(connector, setup, Kind::Voice, progress).await?;
    rows.push(ms("cold_greeting_ms", &cold, 0.5, Some(1000.0)));
    rows.push(ms("cold_greeting_max_ms", &cold, 1.0, None));
    let cold = self::cold(connector, setup, Kind::Embedded, progress).await?;
    rows.push(ms("cold_greeting_embedded_ms", &cold, 0.5, Some(4000.0)));
    rows.push(ms("cold_greeting_embedded_max_ms", &cold, 1.0, None));
    let warm = standing_by(connector, setup, (Kind::Embedded, WARM_EMBEDDED), progress).await?;
    rows.push(ms("standby_greeting_embedded_p50_ms", &warm, 0.5, None));
    rows.push(ms("standby_greeting_embedded_p95_ms", &warm, 0.95, None));
    Ok(rows)
}

fn ms(what: &str, values: &[f64], share: f64, limit: Option<f64>) -> Row {
    Row::new(what, percentile(values, share), "ms", limit)
}

/// One call after the other, each when all stand by again.
async fn standing_by(
    connector: &dyn RoomConnector,
    setup: &Setup,
    (kind, calls): (Kind, usize),
    progress: Progress<'_>,
) -> anyhow::Result<Vec<f64>> {
    let stack = Stack::start(StackOptions { standby: STANDBY, ..setup.options(kind)? }).await?;
    let mut heard = Vec::new();
    for number in 0..calls {
        let wanted = STANDBY + number;
        until("nobody stands by", LOAD_DEADLINE, &stack, || stack.whole_log().matches(STANDS_BY).count() >= wanted)
            .await?;
        until("a worker never ended", END_DEADLINE, &stack, || workers(&stack) <= STANDBY).await?;
        heard.extend(greeting(connector, &stack, number).await?);
    }
    progress(format!("{kind:?}, standing by: {heard:.0?} ms"));
    Ok(heard)
}

/// One call after the other, each with a worker that is started for it.
async fn cold(
    connector: &dyn RoomConnector,
    setup: &Setup,
    kind: Kind,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<f64>> {
    let stack = setup.stack(kind).await?;
    let mut heard = Vec::new();
    for number in 0..COLD {
        heard.extend(greeting(connector, &stack, number).await?);
        until("a worker never ended", END_DEADLINE, &stack, || workers(&stack) == 0).await?;
    }
    progress(format!("{kind:?}, cold: {heard:.0?} ms"));
    Ok(heard)
}

/// `None` when the agent never greeted.
async fn greeting(connector: &dyn RoomConnector, stack: &Stack, number: usize) -> anyhow::Result<Option<f64>> {
    let plan =
        CallerPlan { heard_back: false, patience: PATIENCE, ..CallerPlan::new(stack.url(), format!("call-{number}")) };
    let report = caller::run_in(connector, plan, &mut |_| {}).await;
    let report = report.with_context(|| format!("the call failed; the log ends:\n{}", stack.log()))?;
    Ok(report.greeting_ms)
}

/// Worker processes, those that stand by included.
fn workers(stack: &Stack) -> usize {
    stack.server_pid().and_then(|server| children_named(server, "agent-worker").ok()).map_or(0, |all| all.len())
}

async fn until(what: &str, patience: Duration, stack: &Stack, mut done: impl FnMut() -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + patience;
    while !done() {
        if Instant::now() > deadline {
            bail!("{what} within {patience:?}; the log ends:\n{}", stack.log());
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
