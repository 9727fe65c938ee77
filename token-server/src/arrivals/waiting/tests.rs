//! Stories of tokens and their owners, on a clock of their own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use proptest::prelude::*;

const TTL: Duration = Duration::from_secs(6 * 3600);

fn room(name: &str) -> RoomName {
    RoomName::parse(name).unwrap()
}

fn person(name: &str) -> Identity {
    Identity::parse(name).unwrap()
}

fn present(identity: &str, sid: &str) -> Present {
    Present { identity: identity.to_owned(), sid: sid.to_owned() }
}

fn at(seconds: f64) -> Moment {
    Duration::from_secs_f64(seconds)
}

fn issue(waiting: &mut Waiting, seconds: f64, name: &str, identity: &str) -> usize {
    waiting.issued(at(seconds), at(seconds) + TTL, &room(name), &person(identity), None)
}

#[test]
fn only_who_joined_with_such_a_token_is_an_arrival_and_only_once() {
    let mut waiting = Waiting::default();
    issue(&mut waiting, 0.0, "a", "ada");
    assert_eq!(waiting.seen(at(1.0), &room("a"), &[present("bob", "PA_1"), present("agent-1", "PA_2")]), []);
    assert_eq!(waiting.seen(at(1.0), &room("b"), &[present("ada", "PA_3")]), []);
    let arrivals = waiting.seen(at(1.0), &room("a"), &[present("ada", "PA_4")]);
    assert_eq!(arrivals, [Arrival { identity: person("ada"), sid: "PA_4".to_owned(), avatar: None }]);
    waiting.served(at(1.0), &room("a"), &arrivals[0]);
    assert_eq!(waiting.seen(at(3.0), &room("a"), &[present("ada", "PA_4")]), []);
}

#[test]
fn a_join_that_is_reported_is_an_arrival_once_and_changes_nothing_for_the_others() {
    let mut waiting = Waiting::default();
    issue(&mut waiting, 0.0, "a", "ada");
    issue(&mut waiting, 0.0, "a", "bob");
    let ada = waiting.joined(at(1.0), &room("a"), &present("ada", "PA_1")).unwrap();
    waiting.served(at(1.0), &room("a"), &ada);
    let (next_look, bob) = (waiting.next_look(), present("bob", "PA_2"));
    assert!(waiting.joined(at(2.0), &room("a"), &bob).is_some());
    assert_eq!(waiting.next_look(), next_look, "ada has not left");
    assert_eq!(waiting.joined(at(2.0), &room("a"), &present("ada", "PA_1")), None);
    assert_eq!(waiting.seen(at(3.0), &room("a"), &[present("ada", "PA_1")]), [], "polling sees her too");
    for (name, who) in [("a", "eve"), ("b", "ada"), ("a", "")] {
        assert_eq!(waiting.joined(at(2.0), &room(name), &present(who, "PA_3")), None, "{name} {who}");
    }
    assert_eq!(waiting.joined(at(0.0) + TTL, &room("a"), &bob), None, "the token has expired");
}

#[test]
fn who_comes_back_with_the_same_token_is_an_arrival_again() {
    let mut waiting = Waiting::default();
    issue(&mut waiting, 0.0, "a", "ada");
    let first = waiting.seen(at(1.0), &room("a"), &[present("ada", "PA_1")]);
    waiting.served(at(1.0), &room("a"), &first[0]);
    assert_eq!(waiting.seen(at(600.0), &room("a"), &[]), []);
    let second = waiting.seen(at(600.5), &room("a"), &[present("ada", "PA_2")]);
    assert_eq!(second.len(), 1);
    // Even when nobody looked while they were away, and the page fetched another token for the same identity.
    waiting.served(at(601.0), &room("a"), &second[0]);
    issue(&mut waiting, 602.0, "a", "ada");
    assert_eq!(waiting.seen(at(602.5), &room("a"), &[present("ada", "PA_2")]), []);
    assert_eq!(waiting.seen(at(603.0), &room("a"), &[present("ada", "PA_3")]).len(), 1);
}

#[test]
fn an_arrival_without_a_worker_is_tried_again_later() {
    let mut waiting = Waiting::default();
    issue(&mut waiting, 0.0, "a", "ada");
    assert_eq!(waiting.due(at(0.4)), [room("a")]);
    assert_eq!(waiting.seen(at(0.4), &room("a"), &[present("ada", "PA_1")]).len(), 1);
    waiting.declined(at(0.4), &room("a"));
    assert_eq!(waiting.next_look(), Some(at(15.4)));
    assert_eq!(waiting.seen(at(15.4), &room("a"), &[present("ada", "PA_1")]).len(), 1);
}

#[test]
fn looks_become_rarer_and_hurry_again_when_people_leave() {
    let mut waiting = Waiting::default();
    assert_eq!(waiting.next_look(), None);
    issue(&mut waiting, 0.0, "a", "ada");
    assert_eq!(waiting.next_look(), Some(at(0.4)));
    assert_eq!(waiting.due(at(0.3)), []);
    assert_eq!((waiting.due(at(0.4)), waiting.next_look()), (vec![room("a")], Some(at(0.8))));
    assert_eq!((waiting.due(at(130.0)), waiting.next_look()), (vec![room("a")], Some(at(135.0))));
    let arrivals = waiting.seen(at(130.1), &room("a"), &[present("ada", "PA_1")]);
    waiting.served(at(130.1), &room("a"), &arrivals[0]);
    assert_eq!(waiting.next_look(), Some(at(132.1)));
    waiting.due(at(132.1));
    waiting.seen(at(132.2), &room("a"), &[]);
    assert_eq!(waiting.next_look(), Some(at(132.6)));
    // A fresh token for a room that was looked at patiently makes it hurried.
    waiting.due(at(300.0));
    issue(&mut waiting, 300.0, "a", "bob");
    assert_eq!(waiting.next_look(), Some(at(300.4)));
}

#[test]
fn expired_tokens_are_forgotten_and_a_younger_one_of_the_same_identity_is_kept() {
    let mut waiting = Waiting::default();
    issue(&mut waiting, 0.0, "a", "ada");
    issue(&mut waiting, 10.0, "a", "ada");
    let after_first = TTL + at(5.0);
    assert_eq!(waiting.due(after_first), [room("a")]);
    assert_eq!(waiting.seen(after_first, &room("a"), &[present("ada", "PA_1")]).len(), 1);
    let after_both = TTL + at(10.0);
    assert_eq!((waiting.due(after_both), waiting.next_look()), (vec![], None));
    assert_eq!(waiting.seen(after_both, &room("a"), &[present("ada", "PA_2")]), []);
}

#[test]
fn a_flood_of_tokens_is_bounded_and_forgets_the_oldest() {
    let mut waiting = Waiting::default();
    let forgotten: usize = (0..MAX_TOKENS + 3).map(|n| issue(&mut waiting, 0.0, &format!("r{n}"), "ada")).sum();
    assert_eq!((forgotten, waiting.order.len(), waiting.rooms.len()), (3, MAX_TOKENS, MAX_TOKENS));
    assert_eq!(waiting.seen(at(1.0), &room("r2"), &[present("ada", "PA_1")]), []);
    assert_eq!(waiting.seen(at(1.0), &room("r3"), &[present("ada", "PA_1")]).len(), 1);
    assert_eq!(waiting.due(at(1.0)).len(), MAX_ROOMS_PER_LOOK);
    // The next look is about others.
    assert!(waiting.due(at(1.0)).iter().all(|name| waiting.rooms[name].next_look == at(1.4)));
}

fn invite(waiting: &mut Waiting, seconds: f64, name: &str, identity: Option<&str>) {
    let inviter = identity.map(person);
    waiting.invited(at(seconds), at(seconds) + TTL, &room(name), inviter.as_ref(), None);
}

#[test]
fn who_invited_the_agent_finds_it_again_within_two_minutes_of_being_cut_off() {
    let mut waiting = Waiting::default();
    invite(&mut waiting, 0.0, "a", Some("ada"));
    let first = waiting.seen(at(1.0), &room("a"), &[present("ada", "PA_1"), present("bob", "PA_2")]);
    assert_eq!(first.len(), 1, "bob invited nobody");
    waiting.served(at(1.0), &room("a"), &first[0]);
    assert_eq!(waiting.next_look(), Some(at(6.0)), "nothing is to be done while they are there");
    assert_eq!(waiting.due(at(3000.0)), [room("a")]);
    assert_eq!(waiting.seen(at(3000.0), &room("a"), &[]), []);
    assert_eq!(waiting.next_look(), Some(at(3000.4)), "they may come back at once");
    assert_eq!(waiting.due(at(3110.0)), [room("a")]);
    let again = waiting.seen(at(3110.0), &room("a"), &[present("ada", "PA_3")]);
    assert_eq!(again.len(), 1);
    waiting.served(at(3110.0), &room("a"), &again[0]);
    assert_eq!(waiting.seen(at(3111.0), &room("a"), &[present("ada", "PA_3")]), [], "she stays");
}

#[test]
fn a_room_that_its_inviters_have_left_is_forgotten() {
    let mut waiting = Waiting::default();
    invite(&mut waiting, 0.0, "a", Some("ada"));
    invite(&mut waiting, 0.0, "b", None);
    issue(&mut waiting, 0.0, "c", "cid");
    let ada = waiting.seen(at(1.0), &room("a"), &[present("ada", "PA_1")]);
    waiting.served(at(1.0), &room("a"), &ada[0]);
    waiting.seen(at(500.0), &room("a"), &[]);
    assert_eq!(waiting.due(at(619.0)).len(), 2, "nobody ever came to b; c has a token that is still good");
    assert_eq!(waiting.due(at(620.0)), []);
    assert_eq!((waiting.rooms.len(), waiting.order.len()), (1, 1));
    assert_eq!(waiting.seen(at(621.0), &room("a"), &[present("ada", "PA_2")]), []);
    assert_eq!(waiting.due(at(700.0)), [room("c")]);
}

#[test]
fn who_was_in_the_room_when_somebody_there_invited_the_agent_finds_it_again() {
    let mut waiting = Waiting::default();
    invite(&mut waiting, 0.0, "a", None);
    assert_eq!(waiting.seen(at(0.4), &room("a"), &[]), [], "whoever it was is not there yet");
    assert_eq!(waiting.seen(at(0.8), &room("a"), &[present("ada", "PA_1")]), [], "the agent is invited already");
    assert_eq!(waiting.seen(at(5.0), &room("a"), &[present("ada", "PA_1"), present("bob", "PA_2")]), []);
    waiting.seen(at(60.0), &room("a"), &[]);
    let again = waiting.seen(at(90.0), &room("a"), &[present("bob", "PA_3"), present("ada", "PA_4")]);
    assert_eq!(again, [Arrival { identity: person("ada"), sid: "PA_4".to_owned(), avatar: None }], "bob came later");
    assert_eq!(waiting.joined(at(TTL.as_secs_f64()), &room("a"), &present("ada", "PA_5")), None, "her token expired");
}

proptest! {
    #[test]
    fn every_room_with_a_good_token_is_looked_at_within_the_patient_interval(
        issues in proptest::collection::vec((0..5u8, 0..4u8, 0..300u32), 1..40)
    ) {
        let mut waiting = Waiting::default();
        let mut issues = issues;
        issues.sort_by_key(|(.., second)| *second);
        let mut now = at(0.0);
        for (number, who, second) in issues {
            now = at(f64::from(second));
            issue(&mut waiting, f64::from(second), &format!("r{number}"), &format!("p{who}"));
            waiting.due(now);
        }
        let rooms = waiting.rooms.len();
        let mut looked = std::collections::HashSet::new();
        let until = now + PATIENT;
        while let Some(next) = waiting.next_look().filter(|next| *next <= until) {
            looked.extend(waiting.due(next));
        }
        prop_assert_eq!(looked.len(), rooms);
    }
}
