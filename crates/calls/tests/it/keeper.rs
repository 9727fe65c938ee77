//! A worker's keeper, on a clock that stands still until everybody waits.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::faulty::FaultyStore;
use crate::support::{begun, numbers};
use calls::{CallState, CallStore, Guarded, Holding, Keeper, Lease, MAX_TURNS, Post, Standing, Turn, WorkerPlace};
use chat::Role;
use tokio::time::{Instant, advance, timeout};

/// A call that is kept in a store which can be made to fail.
struct Kept {
    faulty: FaultyStore,
    store: Arc<dyn CallStore>,
    lease: Lease,
}

impl Kept {
    async fn new() -> Self {
        let faulty = FaultyStore::default();
        let store: Arc<dyn CallStore> = Arc::new(Guarded::new(faulty.clone(), calls::DEFAULT_DEADLINE));
        let lease = begun(&store, "hall").await.lease;
        Self { faulty, store, lease }
    }

    fn keeper(&self) -> Keeper {
        let place = WorkerPlace { host: "host".to_owned(), pid: 7, started: 8 };
        let post = Post { lease: self.lease.clone(), place: Some(place), holder: None, history: Vec::new() };
        Keeper::start(Arc::clone(&self.store), post)
    }

    async fn record(&self) -> calls::CallRecord {
        self.faulty.memory.find("hall").await.unwrap().unwrap()
    }

    async fn history(&self) -> Vec<Turn> {
        self.faulty.memory.history(&self.lease).await.unwrap()
    }
}

async fn until(keeper: &Keeper, wanted: Holding) {
    let mut holding = keeper.holding();
    let reached = timeout(Duration::from_secs(30), holding.wait_for(|holding| *holding == wanted)).await;
    reached.unwrap_or_else(|_| panic!("it never became {wanted:?}")).unwrap();
}

/// Lets `seconds` pass, and everybody act meanwhile.
async fn pass(seconds: u64) {
    for _ in 0..seconds * 10 {
        advance(Duration::from_millis(100)).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn it_beats_twice_a_second_and_says_where_the_worker_runs() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();
    until(&keeper, Holding::Yours).await;
    pass(10).await;
    let record = kept.record().await;
    assert!((20..=22).contains(&record.beat.0), "{record:?}");
    assert_eq!((record.state, record.worker.unwrap().pid), (CallState::Served, 7));
    drop(keeper);
    let beat = kept.record().await.beat;
    pass(5).await;
    assert_eq!(kept.record().await.beat, beat, "a keeper that was dropped writes nothing");
}

#[tokio::test(start_paused = true)]
async fn turns_are_written_in_order_with_the_numbers_of_their_generation() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();
    for (role, text) in [(Role::Assistant, "hello"), (Role::User, "hi"), (Role::Assistant, "bye")] {
        keeper.note_turn(role, text);
    }
    pass(1).await;
    let history = kept.history().await;
    assert_eq!(numbers(&history), [1, 2, 3]);
    assert_eq!((history[1].role(), history[1].text()), (Role::User, "hi"));
    keeper.leave().await.unwrap();
    let next = match kept.store.replace(&kept.lease, "agent-2").await.unwrap() {
        calls::Replacement::Replaced(record) => record.lease,
        other => panic!("{other:?}"),
    };
    let post = Post { lease: next.clone(), place: None, holder: None, history };
    let keeper = Keeper::start(Arc::clone(&kept.store), post);
    keeper.note_turn(Role::User, "are you there?");
    assert_eq!(keeper.leave().await, Ok(Standing::Yours));
    assert_eq!(numbers(&kept.history().await), [1, 2, 3, 1_000_001]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_costs_the_caller_no_time_and_gets_everything_when_it_is_back() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();
    until(&keeper, Holding::Yours).await;
    kept.faulty.is_away();
    until(&keeper, Holding::Unknown).await;
    let before = Instant::now();
    for number in 0..50 {
        keeper.note_turn(Role::User, format!("turn {number}"));
    }
    assert_eq!(Instant::now(), before);
    pass(60).await;
    assert_eq!(kept.history().await, []);
    kept.faulty.is_back();
    until(&keeper, Holding::Yours).await;
    pass(3).await;
    let history = kept.history().await;
    assert_eq!(numbers(&history), (1..=50).collect::<Vec<_>>());
    assert_eq!(history[49].text(), "turn 49");
}

#[tokio::test(start_paused = true)]
async fn of_what_a_store_does_not_take_for_long_the_last_turns_stay() {
    let kept = Kept::new().await;
    kept.faulty.is_away();
    let keeper = kept.keeper();
    for number in 0..MAX_TURNS * 5 {
        keeper.note_turn(Role::User, number.to_string());
    }
    pass(5).await;
    kept.faulty.is_back();
    pass(5).await;
    let history = kept.history().await;
    assert_eq!((history.len(), history[0].text(), history[199].text()), (200, "800", "999"));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_delays_gets_beats_and_turns_as_fast_as_it_takes_them() {
    let kept = Kept::new().await;
    kept.faulty.takes(Duration::from_millis(1500));
    let keeper = kept.keeper();
    for number in 0..30 {
        keeper.note_turn(Role::User, number.to_string());
    }
    pass(30).await;
    let record = kept.record().await;
    assert!((8..=25).contains(&record.beat.0), "{record:?}");
    assert_eq!(kept.history().await.len(), 30);
    assert_eq!(*keeper.holding().borrow(), Holding::Yours);
    kept.faulty.takes(Duration::from_secs(60));
    until(&keeper, Holding::Unknown).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_was_replaced_hears_of_it_within_a_second_and_writes_nothing_more() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();
    until(&keeper, Holding::Yours).await;
    kept.store.replace(&kept.lease, "agent-2").await.unwrap();
    let before = Instant::now();
    until(&keeper, Holding::Superseded).await;
    assert!(before.elapsed() <= Duration::from_secs(1), "{:?}", before.elapsed());
    keeper.note_turn(Role::User, "to whom?");
    pass(5).await;
    assert_eq!(kept.history().await, []);
    assert_eq!(*keeper.holding().borrow(), Holding::Superseded);
    assert_eq!(keeper.end().await, Ok(Standing::Superseded));
    assert_eq!(kept.record().await.lease.generation.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_worker_of_a_call_that_was_given_up_or_ended_is_told_to_go() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();
    until(&keeper, Holding::Yours).await;
    kept.store.give_up(&kept.lease).await.unwrap();
    until(&keeper, Holding::Gone).await;
    kept.store.end(&kept.lease).await.unwrap();
    until(&kept.keeper(), Holding::Gone).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_turn_is_written_when_the_worker_leaves_and_gone_when_it_ends_the_call() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();
    keeper.note_turn(Role::Assistant, "good bye");
    assert_eq!(keeper.leave().await, Ok(Standing::Yours));
    assert_eq!(kept.history().await.len(), 1);
    let keeper = kept.keeper();
    keeper.note_turn(Role::Assistant, "really");
    assert_eq!(keeper.end().await, Ok(Standing::Yours));
    assert_eq!(kept.faulty.memory.find("hall").await.unwrap(), None);
    assert_eq!(kept.history().await, []);
}

#[tokio::test(start_paused = true)]
async fn parting_from_a_store_that_does_not_answer_takes_two_seconds_at_most() {
    for away in [true, false] {
        let kept = Kept::new().await;
        let keeper = kept.keeper();
        until(&keeper, Holding::Yours).await;
        if away {
            kept.faulty.is_away();
        } else {
            kept.faulty.takes(Duration::from_secs(3600));
        }
        keeper.note_turn(Role::User, "hello?");
        let before = Instant::now();
        assert!(keeper.end().await.is_err());
        assert!(before.elapsed() <= Duration::from_secs(2), "{:?}", before.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lost_its_memory_learns_the_call_and_its_history_again() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();
    for number in 0..45 {
        keeper.note_turn(Role::User, number.to_string());
    }
    until(&keeper, Holding::Yours).await;
    pass(2).await;
    let (record, history) = (kept.record().await, kept.history().await);
    kept.faulty.memory.lose_everything();
    pass(3).await;
    let restored = kept.record().await;
    assert_eq!((&restored.lease, &restored.holder, &restored.worker), (&record.lease, &record.holder, &record.worker));
    assert!(kept.history().await == history && history.len() == 45);
    assert_eq!(*keeper.holding().borrow(), Holding::Yours);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_the_store_could_not_take_down_is_written_when_it_can() {
    let kept = Kept::new().await;
    let first = kept.keeper();
    until(&first, Holding::Yours).await;
    drop(first);
    // The store was full when the next worker was chosen: it knows the first one alone.
    let next = Lease { generation: kept.lease.generation.next(), ..kept.lease.clone() };
    let place = WorkerPlace { host: "host".to_owned(), pid: 70, started: 80 };
    let post =
        Post { lease: next.clone(), place: Some(place), holder: Some("agent-2".to_owned()), history: Vec::new() };
    let keeper = Keeper::start(Arc::clone(&kept.store), post);
    until(&keeper, Holding::Yours).await;
    let record = kept.record().await;
    assert_eq!((&record.lease, record.holder.as_str(), record.state), (&next, "agent-2", CallState::Served));
    assert_eq!(record.worker.unwrap().pid, 70);
    // The one before it may only have been deaf.
    assert_eq!(kept.store.beat(&kept.lease).await.unwrap(), Standing::Superseded);
}

#[tokio::test(start_paused = true)]
async fn of_two_workers_with_the_same_lease_one_leaves() {
    let kept = Kept::new().await;
    let first = kept.keeper();
    until(&first, Holding::Yours).await;
    // While the store was away two have counted one further.
    let other = WorkerPlace { host: "host".to_owned(), pid: 70, started: 80 };
    let post = Post { lease: kept.lease.clone(), place: Some(other), holder: None, history: Vec::new() };
    let second = Keeper::start(Arc::clone(&kept.store), post);
    until(&second, Holding::Superseded).await;
    pass(3).await;
    assert_eq!(*first.holding().borrow(), Holding::Yours);
    assert_eq!(kept.record().await.worker.unwrap().pid, 7);
}
