//! The bodies of the fuzz targets, with bytes from `proptest`: raw ones, and good input with some bytes changed.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use token_server::fuzzing;

/// How many inputs each target gets.
const CASES: u32 = 4096;

/// What each target is meant for: bytes near it come further than noise.
const SEEDS: [&[u8]; 8] = [
    br#"{"room_name":"lobby","participant_name":"Abel","invite_avatar":false,"avatar_name":""}"#,
    br#"{"room_name":"r","participant_identity":"abel","participant_metadata":"m","participant_attributes":{"a":"b","lk.x":"y"}}"#,
    br#"{"participant_identity":"agent-1","room_config":{"agents":[{"agent_name":"ada","metadata":"m"}]}}"#,
    b"roomName=lobby&identity=agent-1&name=%00%0d%0a",
    b"eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.AAAA\n{\"id\":\"a\",\"createdAt\":\"1\",\"event\":\"participant_joined\"}",
    br#"{"id":"a","createdAt":1,"event":"participant_left","room":{"name":"r"},"participant":{"identity":"i","sid":"s"}}"#,
    b"eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDAsInJvb20iOiJhIn0.",
    b"203.0.113.9, [2001:db8::5]:80, 10.0.0.1:99999",
];

fn input() -> impl Strategy<Value = Vec<u8>> {
    let noise = proptest::collection::vec(any::<u8>(), 0..400);
    let text = ".{0,200}".prop_map(String::into_bytes);
    let near =
        (proptest::sample::select(SEEDS.as_slice()), proptest::collection::vec((any::<u16>(), any::<u8>()), 0..6));
    let near = near.prop_map(|(seed, changes)| {
        let mut bytes = seed.to_vec();
        for (place, byte) in changes {
            let place = usize::from(place) % bytes.len();
            bytes[place] = byte;
        }
        bytes
    });
    prop_oneof![1 => noise, 1 => text, 3 => near]
}

fn run(target: fn(&[u8])) {
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&input(), |bytes| {
        target(&bytes);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn bodies_hold_against_any_bytes() {
    run(fuzzing::bodies);
}

#[test]
fn names_hold_against_any_bytes() {
    run(fuzzing::names);
}

#[test]
fn webhooks_hold_against_any_bytes() {
    run(fuzzing::webhook);
}

#[test]
fn jwts_of_callers_hold_against_any_bytes() {
    run(fuzzing::caller_token);
}

#[test]
fn addresses_of_proxies_hold_against_any_bytes() {
    run(fuzzing::forwarded_for);
}
