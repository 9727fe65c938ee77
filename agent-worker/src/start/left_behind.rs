//! A process that hangs does not hear that its call went on elsewhere, or ended: its host sees that in the store of calls.
//!
//! Whoever is well leaves within a second or two by itself; whoever does not is killed, so that its place is free again. And a
//! host that pauses before it starts a call's next process looks whether somebody else did.

use std::sync::Arc;
use std::time::Duration;

use calls::CallStore;
use proto::names::RoomName;
use proto::orders::CallOrders;
use tokio::time::{Instant, sleep, timeout};

/// How often the store is asked, for each call.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// For how long a process may stay that has no call any more: longer than leaving takes, and than a store that forgot
/// everything needs to be told.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long the store may take to say where a call goes on; then it is started here, and leaves by itself if need be.
const FIND_DEADLINE: Duration = Duration::from_secs(1);

/// Resolves when the process that was started with these orders has long had no call any more. A call that was never
/// written down says nothing: the store was away when it began, or somebody else dispatched it.
pub(super) async fn left_behind(store: Option<Arc<dyn CallStore>>, room: &RoomName, orders: Option<&CallOrders>) {
    let (Some(store), Some(orders)) = (store, orders) else { return std::future::pending().await };
    let (mut since, mut known) = (None, false);
    loop {
        sleep(LOOK_EVERY).await;
        // A store that is away says nothing about calls.
        let Ok(record) = store.find(room.as_str()).await else {
            since = None;
            continue;
        };
        let same_call = record.filter(|record| record.lease.call.to_string() == orders.id);
        known |= same_call.is_some();
        let is_ours = same_call.is_some_and(|record| record.lease.generation.get() <= orders.generation);
        if is_ours || !known {
            since = None;
        } else if since.get_or_insert_with(Instant::now).elapsed() >= PATIENCE {
            return;
        }
    }
}

/// Lets the pause before a call's next process pass. Whether the call went on elsewhere meanwhile: a token server that
/// hears nobody dispatches it anew.
pub(super) async fn moved_on(
    pause: Duration,
    store: Option<&Arc<dyn CallStore>>,
    room: &RoomName,
    orders: Option<&CallOrders>,
) -> bool {
    let (Some(store), Some(orders), false) = (store, orders, pause.is_zero()) else {
        sleep(pause).await;
        return false;
    };
    // Not the generation of the orders: only processes that lived long enough to say so were written down.
    let written_down = async || {
        let found = timeout(FIND_DEADLINE, store.find(room.as_str())).await;
        let record = found.ok().and_then(Result::ok).flatten();
        record.filter(|record| record.lease.call.to_string() == orders.id).map(|record| record.lease.generation)
    };
    let (before, ()) = tokio::join!(written_down(), sleep(pause));
    let (Some(before), Some(after)) = (before, written_down().await) else { return false };
    after > before
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use calls::{Begun, Lease, MemoryStore, NewCall};

    use super::*;

    const LONG: Duration = Duration::from_mins(10);

    async fn begin(store: &MemoryStore) -> Lease {
        let new = NewCall { room: "lobby".to_owned(), persona: None, holder: "agent-1".to_owned(), invited: true };
        match store.begin(&new).await.unwrap() {
            Begun::New(record) => record.lease,
            Begun::Already(record) => panic!("{record:?}"),
        }
    }

    /// After how long the process that holds this lease counts as left behind, if it does.
    async fn after(store: &Arc<MemoryStore>, lease: &Lease) -> Option<Duration> {
        let orders = CallOrders { id: lease.call.to_string(), generation: lease.generation.get() };
        let (store, room, began) =
            (Arc::clone(store) as Arc<dyn CallStore>, RoomName::parse("lobby").unwrap(), Instant::now());
        tokio::time::timeout(LONG, left_behind(Some(store), &room, Some(&orders))).await.ok()?;
        Some(began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn who_holds_the_call_is_left_alone_and_who_lost_it_is_not() {
        let store = Arc::new(MemoryStore::default());
        let first = begin(&store).await;
        assert_eq!(after(&store, &first).await, None);
        store.replace(&first, "agent-2").await.unwrap();
        assert_eq!(after(&store, &first).await, Some(LOOK_EVERY + PATIENCE));
        let second = Lease { generation: first.generation.next(), ..first };
        assert_eq!(after(&store, &second).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_moved_on_when_a_later_process_was_written_down_in_the_pause() {
        let store = Arc::new(MemoryStore::default());
        let lease = begin(&store).await;
        let shared = Arc::clone(&store) as Arc<dyn CallStore>;
        let room = RoomName::parse("lobby").unwrap();
        // Three more processes died before they were written down.
        let orders = CallOrders { id: lease.call.to_string(), generation: 4 };
        let another = CallOrders { id: "00".to_owned(), generation: 0 };
        let pause = Duration::from_secs(4);
        let paused = |pause, orders| moved_on(pause, Some(&shared), &room, Some(orders));
        assert!(!paused(pause, &orders).await);
        let replace = async |before: &Lease| {
            sleep(pause / 2).await;
            store.replace(before, "agent-2").await.unwrap();
            Lease { generation: before.generation.next(), ..before.clone() }
        };
        let (moved, second) = tokio::join!(paused(pause, &orders), replace(&lease));
        assert!(moved);
        let (moved, third) = tokio::join!(paused(pause, &another), replace(&second));
        assert!(!moved, "the room has another call");
        let (moved, _) = tokio::join!(moved_on(pause, None, &room, Some(&orders)), replace(&third));
        assert!(!moved, "nobody can say");
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_stays_when_its_call_is_over_is_left_behind() {
        let store = Arc::new(MemoryStore::default());
        let lease = begin(&store).await;
        let over = async {
            sleep(2 * LOOK_EVERY).await;
            store.end(&lease).await.unwrap();
            begin(&store).await;
        };
        let (left, ()) = tokio::join!(after(&store, &lease), over);
        assert_eq!(left, Some(3 * LOOK_EVERY + PATIENCE), "the room has another call");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_was_never_written_down_goes_on() {
        let store = Arc::new(MemoryStore::default());
        let elsewhere = begin(&MemoryStore::default()).await;
        assert_eq!(after(&store, &elsewhere).await, None);
        begin(&store).await;
        assert_eq!(after(&store, &elsewhere).await, None, "the room has another call");
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_forgets_for_a_moment_costs_nobody_the_call() {
        let store = Arc::new(MemoryStore::default());
        let lease = begin(&store).await;
        let record = store.find("lobby").await.unwrap().unwrap();
        store.lose_everything();
        let watched = after(&store, &lease);
        let told_again = async {
            sleep(PATIENCE).await;
            store.restore(&record).await.unwrap();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            left = watched => assert_eq!(left, None, "it was told again"),
            () = told_again => {}
        }
    }
}
