//! A call that LiveKit's scheduler gave, or is to give, to a worker somewhere: what is known of it stands in the store.

use std::sync::Arc;
use std::time::Duration;

use calls::{CallState, Lease};
use tokio::time::Instant;
use tracing::{info, warn};

use super::Inner;
use super::StartResult;
use super::dispatcher::Dispatcher;
use super::ledger::Found;
use super::service::{End, Service, Since};
use super::watcher::UNHEARD;

/// How often the store is asked.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A worker that took the call is heard sooner than this; else nobody took it: the scheduler asks once, and forgets.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// The same, when the LiveKit server did not even take the dispatch.
const UNDISPATCHED_RETRY_AFTER: Duration = Duration::from_secs(1);
/// For how long a call that could not be written down keeps its room: people ask again within seconds.
const UNKNOWN_FOR: Duration = Duration::from_secs(15);
/// How long a worker is looked for.
const DEADLINE: Duration = Duration::from_secs(60);

/// Who sees to it that a worker takes the call.
enum Awaited {
    /// Nobody: it is heard.
    Heard,
    /// This server, which dispatched it then, the last time, and does so again.
    Ours { began: Instant, asked: Instant },
    /// Another server, or a worker host; since then it was not heard.
    Others(Instant),
}

impl Awaited {
    /// What the store says now.
    fn then(self, state: CallState) -> Self {
        match self {
            _ if state == CallState::Served => Self::Heard,
            Self::Heard => Self::Others(Instant::now()),
            awaited => awaited,
        }
    }
}

impl Service {
    /// Dispatches the call, again and again until somebody takes it, and watches it to its end.
    pub(super) async fn dispatched(
        &mut self,
        inner: &Arc<Inner>,
        dispatcher: &Dispatcher,
        lease: Option<&Lease>,
    ) -> End {
        let id = match dispatcher.dispatch(&self.room, lease).await {
            Ok(id) => {
                info!(room = %self.room, dispatch = id, "the call was dispatched");
                Some(id)
            }
            // A LiveKit server that is just being started again is asked again, as long as there is a call to ask for.
            Err(error) if error.may_pass() && lease.is_some() => {
                warn!(room = %self.room, %error, "the call cannot be dispatched now");
                None
            }
            Err(error) if self.report.is_some() => return End::NotStarted(error.to_string()),
            Err(error) => return End::Died(error.to_string()),
        };
        match lease.cloned() {
            Some(lease) => self.follow(inner, dispatcher, lease, Since::Dispatched(id)).await,
            None => self.leave_to_its_worker(inner).await,
        }
    }

    /// Keeps the room of a call that could not be written down, so that whoever asks again gets no second worker. Nobody can
    /// say how it fares.
    async fn leave_to_its_worker(&mut self, inner: &Arc<Inner>) -> End {
        let stop = self.begin_watch(inner, None);
        self.tell(StartResult::Running);
        tokio::select! {
            () = tokio::time::sleep(UNKNOWN_FOR) => {}
            () = stop.abandon.cancelled() => {}
            () = stop.kill.cancelled() => {}
            () = stop.end.cancelled() => {
                if !inner.stop.end.is_cancelled() {
                    inner.sfu.remove_agents(&self.room).await;
                }
            }
        }
        End::Left
    }

    /// Watches a call that a worker elsewhere serves, or is to serve, to its end.
    pub(super) async fn follow(
        &mut self,
        inner: &Arc<Inner>,
        dispatcher: &Dispatcher,
        mut lease: Lease,
        since: Since,
    ) -> End {
        let stop = self.begin_watch(inner, Some(&lease));
        self.tell(StartResult::Running);
        let now = Instant::now();
        let (mut awaited, mut id) = match since {
            Since::Served => (Awaited::Heard, None),
            Since::Dispatched(id) => (Awaited::Ours { began: now, asked: now }, id),
        };
        // How it ended, and whether an agent may still be in the room that is to go.
        let (end, remains) = loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.abandon.cancelled() => return End::Left,
                // Of all servers that follow the call one replaces its worker, and takes the silent one out of the room.
                () = stop.kill.cancelled() => break (End::Died("its worker is not heard any more".to_owned()), false),
                () = stop.end.cancelled() => {
                    // A server that closes leaves calls to their workers; an operator does not.
                    if inner.stop.end.is_cancelled() {
                        return End::Left;
                    }
                    inner.ledger.give_up(&lease).await;
                    break (End::Over, true);
                }
            }
            match inner.ledger.look(&self.room).await {
                // Its worker has left by itself, and who is in the room now serves another call; or somebody ends it.
                Found::Nothing => break (End::Left, false),
                Found::Record(record) if record.lease.call != lease.call || record.state == CallState::Ending => {
                    break (End::Left, false);
                }
                Found::Record(record) => {
                    // Its host started another process for it, or another server another worker.
                    if record.lease.generation > lease.generation {
                        lease = record.lease.clone();
                        inner.serves_now(self.slot.id, &lease);
                        awaited = Awaited::Heard;
                        self.served_since = Instant::now();
                    }
                    let waited = matches!(awaited, Awaited::Ours { .. });
                    awaited = awaited.then(record.state);
                    if waited && matches!(awaited, Awaited::Heard) {
                        self.served_since = Instant::now();
                    }
                    if matches!(awaited, Awaited::Others(since) if since.elapsed() > UNHEARD) {
                        // Whoever dispatched it is gone as well.
                        break (End::Died("its next worker was never heard".to_owned()), false);
                    }
                }
                Found::Unknown => {}
            }
            let Awaited::Ours { began, asked } = &mut awaited else { continue };
            let patience = if id.is_some() { RETRY_AFTER } else { UNDISPATCHED_RETRY_AFTER };
            if asked.elapsed() < patience {
                continue;
            }
            if began.elapsed() > DEADLINE {
                break (End::Hopeless(format!("no worker took the call within {} s", DEADLINE.as_secs())), true);
            }
            warn!(room = %self.room, "no worker took the call yet; it is dispatched again");
            if let Some(id) = id.take() {
                dispatcher.take_back(&self.room, &id).await;
            }
            match dispatcher.dispatch(&self.room, Some(&lease)).await {
                Ok(again) => id = Some(again),
                Err(error) => warn!(room = %self.room, %error, "the call cannot be dispatched now"),
            }
            *asked = Instant::now();
        };
        if let Some(id) = id {
            dispatcher.take_back(&self.room, &id).await;
        }
        if remains {
            inner.sfu.remove_agents(&self.room).await;
        }
        end
    }
}
