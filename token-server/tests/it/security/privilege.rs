//! Whatever a caller asks for, the token it gets lets it join that one room as a person, and nothing else.

use livekit_api::access_token::VideoGrants;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::common::{Behaviour, FakeWorker, TestServer, settings, verified};

/// How many requests are made, each of them to every endpoint.
const CASES: u32 = 96;

/// What somebody writes who wants to be an agent.
const KNOWN: [&str; 15] = [
    "agent-1",
    "AGENT-",
    "agent",
    "Agent Smith",
    "tavus-avatar-agent",
    "lk.agent.state",
    "lk.publish_on_behalf",
    "kind",
    "roomAdmin",
    "\",\"kind\":\"agent",
    "a\u{202e}tnega",
    "agent\u{200b}-1",
    "ａｇｅｎｔ-1",
    " agent-1 ",
    "-",
];

/// Such texts, and any others.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![2 => proptest::sample::select(KNOWN.as_slice()).prop_map(str::to_owned), 1 => "\\PC{1,40}", 1 => any::<String>()]
}

fn attributes() -> impl Strategy<Value = Value> {
    proptest::collection::btree_map(hostile(), hostile(), 0..4).prop_map(|map| json!(map))
}

/// A request with everything that might be believed.
fn request() -> impl Strategy<Value = Value> {
    (hostile(), hostile(), proptest::option::of(hostile()), hostile(), attributes()).prop_map(
        |(room, name, identity, metadata, attributes)| {
            json!({
                "room_name": room, "participant_name": name, "participant_identity": identity,
                "participant_metadata": metadata, "participant_attributes": attributes, "invite_avatar": false,
                "kind": "agent", "identity": "agent-1", "attributes": {"lk.agent.state": "listening"},
                "video": {"roomAdmin": true, "agent": true, "canUpdateOwnMetadata": true, "hidden": true},
                "participant_kind": "AGENT", "grants": {"roomAdmin": true, "roomCreate": true},
                "room_config": {"agents": [{"agent_name": name}], "name": "other", "egress": {"room": {}}},
            })
        },
    )
}

/// Fails when a token of an answer allows anything that a person has no use for.
fn check(answer: &Value, room: Option<&str>) -> bool {
    let fields = ["token", "participant_token", "participantToken"];
    let Some(token) = fields.iter().find_map(|field| answer.get(field)) else {
        assert!(answer.get("error").is_some() || answer.is_string(), "neither a token nor an error: {answer}");
        return false;
    };
    let claims = verified(token);
    let person = VideoGrants {
        room_join: true,
        room: claims.video.room.clone(),
        can_publish: Some(true),
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        ..VideoGrants::default()
    };
    assert_eq!(claims.video, person);
    assert_eq!(claims.kind, "");
    let identity = claims.sub.to_lowercase();
    assert!(!identity.starts_with("agent-") && !identity.starts_with("tavus-"), "{identity}");
    assert!(claims.attributes.keys().all(|key| !key.to_lowercase().starts_with("lk.")), "{:?}", claims.attributes);
    assert!(claims.room_config.is_none() && !claims.video.room.is_empty());
    if let Some(room) = room {
        // An empty name asks for a fresh room; one of spaces alone is refused.
        assert!(room.is_empty() || claims.video.room == room.trim(), "{room:?} became {:?}", claims.video.room);
    }
    true
}

#[test]
fn no_request_makes_anybody_more_than_a_person() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = runtime.block_on(TestServer::start(settings(&worker.program(), &[], |args| {
        args.rate_limit = Some("0".to_owned());
        args.global_rate_limit = Some("0".to_owned());
    })));
    let tokens = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&request(), |body| {
        let (room, name) = (body["room_name"].as_str().unwrap(), body["participant_name"].as_str().unwrap());
        runtime.block_on(async {
            let count = |answer: Value, room| tokens.set(tokens.get() + u32::from(check(&answer, room)));
            for path in ["/join-room", "/token", "/api/v2/sandbox/connection-details"] {
                count(server.post(path, &body).await.json().await.unwrap(), Some(room));
            }
            // A room that nobody named is a fresh one: a chosen identity is free there.
            let mut fresh = body.clone();
            fresh["room_name"] = json!("");
            count(server.post("/token", &fresh).await.json().await.unwrap(), None);
            let get = |path: &str| server.client.get(format!("{}{path}", server.base));
            let query = [("roomName", room), ("name", name), ("kind", "agent"), ("canUpdateOwnMetadata", "true")];
            count(get("/token").query(&query).send().await.unwrap().json().await.unwrap(), Some(room));
            let query = [("roomName", room), ("participantName", name), ("metadata", name), ("kind", "agent")];
            let text = get("/api/connection-details").query(&query).send().await.unwrap().text().await.unwrap();
            count(serde_json::from_str(&text).unwrap_or(Value::String(text)), Some(room));
        });
        Ok(())
    });
    runtime.block_on(server.shut_down());
    outcome.unwrap();
    // A test that was refused everywhere would show nothing.
    assert!(tokens.get() > CASES, "only {} tokens were handed out", tokens.get());
    assert!(worker.records().is_empty());
}
