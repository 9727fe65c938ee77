use proptest::prelude::*;

use super::*;
use crate::model::NewCall;

const TICK: Duration = Duration::from_millis(500);
const QUICK: Duration = Duration::from_millis(5);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn served(room: &str, beat: u64) -> CallRecord {
    let new = NewCall { room: room.to_owned(), persona: None, holder: "agent".to_owned(), invited: false };
    let id = room.bytes().fold(0, |id, byte| id * 256 + u64::from(byte));
    let mut record = CallRecord::first(&new, CallId::from_random(id));
    record.beat = Beat(beat);
    record.state = CallState::Served;
    record
}

fn rooms(silent: &[Lease]) -> Vec<&str> {
    silent.iter().map(|lease| lease.room.as_str()).collect()
}

/// An observer, fed twice a second.
struct Watch {
    observer: Observer,
    now: Duration,
}

impl Watch {
    fn new() -> Self {
        Self { observer: Observer::new(ObserverSettings::default()), now: seconds(100) }
    }

    fn tick(&mut self, records: &[CallRecord]) -> Vec<Lease> {
        self.now += TICK;
        self.observer.probed(self.now - QUICK, self.now);
        self.observer.read(self.now - QUICK, self.now, records);
        self.observer.silent(self.now)
    }
}

#[test]
fn a_worker_that_is_heard_is_never_silent_and_one_that_is_not_is_after_two_seconds() {
    let mut watch = Watch::new();
    for beat in 0..10 {
        assert_eq!(watch.tick(&[served("a", beat), served("b", beat)]), []);
    }
    for beat in 10..14 {
        assert_eq!(watch.tick(&[served("a", beat), served("b", 9)]), []);
    }
    assert_eq!(rooms(&watch.tick(&[served("a", 14), served("b", 9)])), ["b"]);
    assert_eq!(rooms(&watch.tick(&[served("a", 15), served("b", 9)])), ["b"]);
    assert_eq!(watch.tick(&[served("a", 16), served("b", 10)]), [], "it was heard again");
}

#[test]
fn a_worker_that_was_never_heard_is_still_starting() {
    let mut watch = Watch::new();
    let wanted = CallRecord { state: CallState::Wanted, ..served("a", 0) };
    let ending = CallRecord { state: CallState::Ending, ..served("b", 7) };
    for _ in 0..60 {
        assert_eq!(watch.tick(&[wanted.clone(), ending.clone()]), []);
    }
}

#[test]
fn the_next_worker_has_the_whole_patience() {
    let mut watch = Watch::new();
    for _ in 0..10 {
        watch.tick(&[served("a", 1)]);
    }
    let mut next = served("a", 1);
    next.lease.generation = next.lease.generation.next();
    for _ in 0..5 {
        assert_eq!(watch.tick(&[next.clone()]), []);
    }
    assert_eq!(watch.tick(&[next.clone()]), [next.lease.clone()]);
    assert_eq!(watch.tick(&[]), [], "it was ended");
}

#[test]
fn while_the_store_fails_nobody_is_silent_and_after_it_all_have_the_whole_patience() {
    type Fail = fn(&mut Observer);
    for fail in [Observer::read_failed as Fail, Observer::probe_failed as Fail] {
        let mut watch = Watch::new();
        watch.tick(&[served("a", 1)]);
        for _ in 0..20 {
            watch.now += TICK;
            fail(&mut watch.observer);
            assert!(!watch.observer.store_works(watch.now));
            assert_eq!(watch.observer.silent(watch.now), []);
        }
        for _ in 0..5 {
            assert_eq!(watch.tick(&[served("a", 1)]), []);
        }
        assert_eq!(rooms(&watch.tick(&[served("a", 1)])), ["a"]);
    }
}

#[test]
fn a_full_store_that_can_be_read_says_nothing_about_workers() {
    let mut watch = Watch::new();
    for _ in 0..20 {
        watch.now += TICK;
        watch.observer.probe_failed();
        watch.observer.read(watch.now - QUICK, watch.now, &[served("a", 1)]);
        assert_eq!(watch.observer.silent(watch.now), []);
    }
}

#[test]
fn an_observer_that_was_stopped_itself_does_not_blame_the_workers() {
    let mut watch = Watch::new();
    watch.tick(&[served("a", 1)]);
    watch.tick(&[served("a", 1)]);
    watch.now += seconds(60);
    assert_eq!(watch.observer.silent(watch.now), [], "it has not looked for a minute");
    for _ in 0..5 {
        assert_eq!(watch.tick(&[served("a", 1)]), []);
    }
    assert_eq!(rooms(&watch.tick(&[served("a", 1)])), ["a"]);
}

#[test]
fn the_patience_grows_by_what_the_store_takes() {
    let slow = Duration::from_millis(900);
    let mut watch = Watch::new();
    let mut silent_after = 0;
    for tick in 0..20 {
        watch.now += TICK;
        watch.observer.probed(watch.now - slow, watch.now);
        watch.observer.read(watch.now - slow, watch.now, &[served("a", 1)]);
        if !watch.observer.silent(watch.now).is_empty() {
            silent_after = tick;
            break;
        }
    }
    assert_eq!(silent_after, 8);
}

#[derive(Debug, Clone, Copy)]
enum Store {
    Works(u64),
    Slow,
    ReadFails,
    ProbeFails,
    Stopped(u64),
}

fn store() -> impl Strategy<Value = Store> {
    prop_oneof![
        8 => (0u64..900).prop_map(Store::Works),
        1 => Just(Store::Slow),
        1 => Just(Store::ReadFails),
        1 => Just(Store::ProbeFails),
        1 => (4u64..20).prop_map(Store::Stopped),
    ]
}

fn step(observer: &mut Observer, now: &mut Duration, store: Store, records: &[CallRecord]) {
    *now += TICK;
    let at = *now;
    let took = match store {
        Store::Works(millis) => Duration::from_millis(millis),
        Store::Slow => Duration::from_millis(1500),
        Store::ReadFails => {
            observer.probed(at, at);
            return observer.read_failed();
        }
        Store::ProbeFails => {
            observer.read(at, at, records);
            return observer.probe_failed();
        }
        Store::Stopped(pause) => {
            *now += seconds(pause);
            return;
        }
    };
    observer.probed(at - took, at);
    observer.read(at - took, at, records);
}

proptest! {
    /// Whatever the store does: it is never held against a worker that is heard at least every second reading, nor
    /// against anybody while the store is away.
    #[test]
    fn who_is_heard_is_never_silent(steps in prop::collection::vec((store(), any::<bool>()), 1..200)) {
        let mut observer = Observer::new(ObserverSettings::default());
        let (mut now, mut beat, mut kept_back) = (seconds(1), 0, false);
        for (store, beats) in steps {
            kept_back = !beats && !kept_back;
            beat += u64::from(!kept_back);
            step(&mut observer, &mut now, store, &[served("a", beat), served("dead", 1)]);
            let silent = observer.silent(now);
            prop_assert!(!rooms(&silent).contains(&"a"));
            if !matches!(store, Store::Works(_)) {
                prop_assert_eq!(silent, []);
            }
        }
    }

    /// Whatever happened before: once the store works, a silent worker is named within the patience, the delays that
    /// were seen (twice: of the last beat, and of the reading that misses it) and a reading, and stays named.
    #[test]
    fn who_is_silent_is_named_in_time(
        before in prop::collection::vec(store(), 0..50),
        after in prop::collection::vec(0u64..900, 20),
    ) {
        let mut observer = Observer::new(ObserverSettings::default());
        let mut now = seconds(1);
        for store in before {
            step(&mut observer, &mut now, store, &[served("dead", 1)]);
        }
        let returned = now;
        for millis in after {
            step(&mut observer, &mut now, Store::Works(millis), &[served("dead", 1)]);
            if now - returned >= seconds(2) + 2 * seconds(1) + TICK {
                let silent = observer.silent(now);
                prop_assert_eq!(rooms(&silent), ["dead"]);
            }
        }
    }
}
