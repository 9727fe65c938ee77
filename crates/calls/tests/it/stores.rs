//! The same behaviours of every store.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::support::{Store, TestStore, begun, later, new_call, numbers, turn};
use calls::{
    Beat, Begun, CallState, Lease, MAX_NAME_BYTES, MAX_TURN_BYTES, PAGE, Replacement, Standing, WorkerPlace, all_calls,
};

/// Runs each behaviour over each store.
macro_rules! behaviours {
    ($($behaviour:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $behaviour() { super::$behaviour(super::TestStore::memory().store).await; })*
        }
        mod sqlite {
            $(#[tokio::test] async fn $behaviour() { super::$behaviour(super::TestStore::sqlite().store.clone()).await; })*
        }
        mod redis {
            $(#[tokio::test] async fn $behaviour() { super::$behaviour(super::TestStore::redis().store.clone()).await; })*
        }
    };
}

behaviours!(
    a_room_has_one_call_until_it_ends,
    an_invitation_is_remembered,
    the_first_beat_makes_a_call_served_and_each_changes_the_record,
    of_two_who_replace_a_worker_one_succeeds_and_the_old_worker_hears_of_it,
    a_later_call_in_the_same_room_is_a_strangers,
    a_call_that_was_given_up_is_gone_for_its_worker_and_makes_way_for_the_next,
    only_the_last_worker_ends_a_call_and_its_history_goes_with_it,
    turns_are_kept_once_in_order_and_survive_a_replacement,
    the_last_200_turns_are_kept,
    names_and_texts_of_any_kind_come_back_as_they_were,
    the_longest_name_is_kept_whole_and_a_longer_one_is_refused,
    where_a_worker_runs_is_kept_until_it_is_replaced,
    what_the_store_never_heard_of_is_forgotten_and_can_be_restored,
    all_calls_are_listed_page_by_page,
    a_probe_leaves_no_call_behind,
);

async fn a_room_has_one_call_until_it_ends(store: Store) {
    let first = begun(&store, "hall").await;
    assert_eq!((first.lease.room.as_str(), first.lease.generation.get(), first.state), ("hall", 1, CallState::Wanted));
    let mut other = new_call("hall");
    other.holder = "another agent".to_owned();
    assert_eq!(store.begin(&other).await.unwrap(), Begun::Already(first.clone()));
    assert_eq!(store.find("hall").await.unwrap(), Some(first.clone()));
    assert_eq!(store.find("cellar").await.unwrap(), None);
    assert_eq!(store.end(&first.lease).await.unwrap(), Standing::Yours);
    assert_eq!(store.find("hall").await.unwrap(), None);
    assert_ne!(begun(&store, "hall").await.lease.call, first.lease.call);
}

async fn an_invitation_is_remembered(store: Store) {
    assert!(!begun(&store, "hall").await.invited);
    let mut invitation = new_call("hall");
    invitation.invited = true;
    assert!(store.begin(&invitation).await.unwrap().into_record().invited);
    assert!(store.begin(&new_call("hall")).await.unwrap().into_record().invited);
    assert!(store.find("hall").await.unwrap().unwrap().invited);
}

async fn the_first_beat_makes_a_call_served_and_each_changes_the_record(store: Store) {
    let record = begun(&store, "hall").await;
    assert_eq!(record.beat, Beat(0));
    assert_eq!(store.beat(&record.lease).await.unwrap(), Standing::Yours);
    let served = store.find("hall").await.unwrap().unwrap();
    assert_eq!((served.beat, served.state), (Beat(1), CallState::Served));
    assert_eq!(store.beat(&record.lease).await.unwrap(), Standing::Yours);
    assert_eq!(store.find("hall").await.unwrap().unwrap().beat, Beat(2));
}

async fn of_two_who_replace_a_worker_one_succeeds_and_the_old_worker_hears_of_it(store: Store) {
    let record = begun(&store, "hall").await;
    store.beat(&record.lease).await.unwrap();
    let (one, two) = tokio::join!(store.replace(&record.lease, "agent-2a"), store.replace(&record.lease, "agent-2b"));
    let (replaced, other) = match (one.unwrap(), two.unwrap()) {
        (Replacement::Replaced(record), other) | (other, Replacement::Replaced(record)) => (record, other),
        neither => panic!("{neither:?}"),
    };
    assert_eq!(other, Replacement::Superseded);
    assert_eq!(replaced.lease, later(&record.lease, 1));
    assert_eq!((replaced.state, replaced.worker.clone()), (CallState::Wanted, None));
    assert_eq!(store.find("hall").await.unwrap(), Some(replaced.clone()));
    for standing in [
        store.beat(&record.lease).await,
        store.append(&record.lease, &[turn(1, "too late")]).await,
        store.end(&record.lease).await,
        store.give_up(&record.lease).await,
    ] {
        assert_eq!(standing.unwrap(), Standing::Superseded);
    }
    assert_eq!(store.find("hall").await.unwrap(), Some(replaced.clone()));
    assert_eq!(store.history(&replaced.lease).await.unwrap(), []);
    assert_eq!(store.beat(&replaced.lease).await.unwrap(), Standing::Yours);
}

async fn a_later_call_in_the_same_room_is_a_strangers(store: Store) {
    let first = begun(&store, "hall").await.lease;
    store.append(&first, &[turn(1, "a secret")]).await.unwrap();
    store.end(&first).await.unwrap();
    let second = begun(&store, "hall").await.lease;
    assert_eq!(store.history(&second).await.unwrap(), []);
    assert_eq!(store.beat(&first).await.unwrap(), Standing::Gone);
    assert_eq!(store.append(&first, &[turn(2, "more")]).await.unwrap(), Standing::Gone);
    assert_eq!(store.end(&first).await.unwrap(), Standing::Gone);
    assert_eq!(store.replace(&first, "agent-2").await.unwrap(), Replacement::Gone);
    assert_eq!(store.history(&second).await.unwrap(), []);
    assert_eq!(store.history(&first).await.unwrap(), []);
    assert_eq!(store.beat(&second).await.unwrap(), Standing::Yours);
}

async fn a_call_that_was_given_up_is_gone_for_its_worker_and_makes_way_for_the_next(store: Store) {
    let lease = begun(&store, "hall").await.lease;
    store.append(&lease, &[turn(1, "hello")]).await.unwrap();
    assert_eq!(store.give_up(&lease).await.unwrap(), Standing::Yours);
    assert_eq!(store.find("hall").await.unwrap().unwrap().state, CallState::Ending);
    assert_eq!(store.beat(&lease).await.unwrap(), Standing::Gone);
    assert_eq!(store.replace(&lease, "agent-2").await.unwrap(), Replacement::Gone);
    let next = begun(&store, "hall").await.lease;
    assert_eq!(store.history(&next).await.unwrap(), []);
    assert_eq!(store.end(&lease).await.unwrap(), Standing::Gone);
    store.give_up(&next).await.unwrap();
    assert_eq!(store.end(&next).await.unwrap(), Standing::Yours);
    assert_eq!(store.find("hall").await.unwrap(), None);
    assert_eq!(store.beat(&next).await.unwrap(), Standing::Gone);
}

async fn only_the_last_worker_ends_a_call_and_its_history_goes_with_it(store: Store) {
    let lease = begun(&store, "hall").await.lease;
    store.append(&lease, &[turn(1, "hello")]).await.unwrap();
    store.replace(&lease, "agent-2").await.unwrap();
    assert_eq!(store.end(&lease).await.unwrap(), Standing::Superseded);
    assert_eq!(store.history(&lease).await.unwrap().len(), 1);
    assert_eq!(store.end(&later(&lease, 1)).await.unwrap(), Standing::Yours);
    assert_eq!(store.history(&lease).await.unwrap(), []);
    assert_eq!(store.end(&later(&lease, 1)).await.unwrap(), Standing::Gone);
    assert_eq!(store.beat(&lease).await.unwrap(), Standing::Gone);
}

async fn turns_are_kept_once_in_order_and_survive_a_replacement(store: Store) {
    let lease = begun(&store, "hall").await.lease;
    assert_eq!(store.append(&lease, &[turn(1, "hello"), turn(2, "hi")]).await.unwrap(), Standing::Yours);
    store.append(&lease, &[turn(2, "something else"), turn(10, "ten")]).await.unwrap();
    store.append(&lease, &[turn(3, "who are you?")]).await.unwrap();
    store.append(&lease, &[]).await.unwrap();
    store.replace(&lease, "agent-2").await.unwrap();
    let next = later(&lease, 1);
    store.append(&next, &[turn(11, "after")]).await.unwrap();
    let expected = [turn(1, "hello"), turn(2, "hi"), turn(3, "who are you?"), turn(10, "ten"), turn(11, "after")];
    assert!(store.history(&next).await.unwrap() == expected);
}

async fn the_last_200_turns_are_kept(store: Store) {
    let lease = begun(&store, "hall").await.lease;
    for first in (1..=450).step_by(50) {
        let turns: Vec<_> = (first..first + 50).map(|number| turn(number, "the same words")).collect();
        store.append(&lease, &turns).await.unwrap();
    }
    let kept = store.history(&lease).await.unwrap();
    assert_eq!(numbers(&kept), (251..=450).collect::<Vec<_>>());
    let many: Vec<_> = (1000..1300).map(|number| turn(number, "at once")).collect();
    store.append(&lease, &many).await.unwrap();
    assert_eq!(numbers(&store.history(&lease).await.unwrap()), (1100..1300).collect::<Vec<_>>());
}

async fn names_and_texts_of_any_kind_come_back_as_they_were(store: Store) {
    let odd = [
        "",
        " ",
        "a'b\"c`d",
        "nul\0 nul",
        "{a}b",
        "}{",
        "*?[a]",
        "new\nline\r",
        "'); DROP TABLE calls; --",
        "日本語🙂",
        "-1",
        "NULL",
    ];
    let mut leases = Vec::new();
    for name in odd {
        let mut new = new_call(name);
        new.persona = Some(name.to_owned());
        new.holder = name.to_owned();
        let record = store.begin(&new).await.unwrap().into_record();
        let place = WorkerPlace { host: name.to_owned(), pid: 1, started: u64::MAX };
        assert_eq!(store.set_place(&record.lease, &place).await.unwrap(), Standing::Yours);
        store.append(&record.lease, &[turn(1, name)]).await.unwrap();
        leases.push(record.lease);
    }
    for (name, lease) in odd.iter().zip(&leases) {
        let found = store.find(name).await.unwrap().unwrap();
        assert_eq!(found.lease, *lease);
        assert_eq!((found.persona.as_deref(), found.holder.as_str()), (Some(*name), *name));
        assert_eq!(found.worker.unwrap().host, *name);
        assert!(store.history(lease).await.unwrap() == [turn(1, name)]);
    }
    let mut listed: Vec<_> = all_calls(&*store).await.unwrap().into_iter().map(|record| record.lease.room).collect();
    listed.sort();
    let mut expected = odd.map(str::to_owned);
    expected.sort();
    assert_eq!(listed, expected);
    let long = "🙂".repeat(MAX_TURN_BYTES);
    store.append(&leases[0], &[turn(2, &long)]).await.unwrap();
    assert_eq!(store.history(&leases[0]).await.unwrap()[1].text().len(), MAX_TURN_BYTES);
}

async fn the_longest_name_is_kept_whole_and_a_longer_one_is_refused(store: Store) {
    let mut new = new_call(&"r".repeat(MAX_NAME_BYTES));
    new.holder = "agent".to_owned();
    let record = store.begin(&new).await.unwrap().into_record();
    assert_eq!(store.find(&new.room).await.unwrap(), Some(record));
    new.room.push('r');
    let error = store.begin(&new).await.unwrap_err();
    assert!(error.to_string().contains("1025 bytes"), "{error}");
}

async fn where_a_worker_runs_is_kept_until_it_is_replaced(store: Store) {
    let lease = begun(&store, "hall").await.lease;
    let place = WorkerPlace { host: "host-1".to_owned(), pid: 4711, started: 123_456 };
    assert_eq!(store.set_place(&lease, &place).await.unwrap(), Standing::Yours);
    store.beat(&lease).await.unwrap();
    assert_eq!(store.find("hall").await.unwrap().unwrap().worker, Some(place.clone()));
    store.replace(&lease, "agent-2").await.unwrap();
    assert_eq!(store.set_place(&lease, &place).await.unwrap(), Standing::Superseded);
    assert_eq!(store.find("hall").await.unwrap().unwrap().worker, None);
}

async fn what_the_store_never_heard_of_is_forgotten_and_can_be_restored(store: Store) {
    let mut record = begun(&TestStore::memory().store, "hall").await;
    record.lease = later(&record.lease, 2);
    record.state = CallState::Served;
    record.worker = Some(WorkerPlace { host: "h".to_owned(), pid: 7, started: 8 });
    let lease = record.lease.clone();
    assert_eq!(store.beat(&lease).await.unwrap(), Standing::Forgotten);
    assert_eq!(store.append(&lease, &[turn(1, "hello")]).await.unwrap(), Standing::Forgotten);
    assert_eq!(store.replace(&lease, "agent-4").await.unwrap(), Replacement::Gone);
    assert_eq!(store.restore(&record).await.unwrap(), Standing::Yours);
    assert_eq!(store.restore(&record).await.unwrap(), Standing::Yours);
    assert_eq!(store.find("hall").await.unwrap(), Some(record.clone()));
    assert_eq!(all_calls(&*store).await.unwrap(), [record.clone()]);
    // A store that went back to an earlier state: a worker of a later generation knows better, an earlier one does not.
    let newer = calls::CallRecord { lease: later(&lease, 1), ..record.clone() };
    assert_eq!(store.beat(&newer.lease).await.unwrap(), Standing::Forgotten);
    assert_eq!(store.restore(&newer).await.unwrap(), Standing::Yours);
    assert_eq!(store.restore(&record).await.unwrap(), Standing::Superseded);
    assert_eq!(store.beat(&newer.lease).await.unwrap(), Standing::Yours);
    // What was ended stays so, and nobody takes a room from another call.
    store.end(&newer.lease).await.unwrap();
    assert_eq!(store.restore(&newer).await.unwrap(), Standing::Gone);
    let other = begun(&store, "hall").await;
    assert_eq!(store.restore(&newer).await.unwrap(), Standing::Gone);
    assert_eq!(store.find("hall").await.unwrap(), Some(other));
}

async fn all_calls_are_listed_page_by_page(store: Store) {
    assert_eq!(all_calls(&*store).await.unwrap(), []);
    let mut leases: Vec<Lease> = Vec::new();
    for number in 0..PAGE * 2 + 1 {
        leases.push(begun(&store, &format!("room-{number:04}")).await.lease);
    }
    let first = store.calls(None).await.unwrap();
    assert_eq!((first.records.len(), first.next.is_some()), (PAGE, true));
    let listed: Vec<_> = all_calls(&*store).await.unwrap().into_iter().map(|record| record.lease).collect();
    assert_eq!(listed, leases);
    store.end(&leases[3]).await.unwrap();
    assert_eq!(all_calls(&*store).await.unwrap().len(), PAGE * 2);
    assert_eq!(store.calls(Some("room-9999")).await.unwrap().records, []);
}

async fn a_probe_leaves_no_call_behind(store: Store) {
    store.probe().await.unwrap();
    store.probe().await.unwrap();
    assert_eq!(all_calls(&*store).await.unwrap(), []);
}
