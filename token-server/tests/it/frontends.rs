//! What stock LiveKit frontends ask for and get: `TokenSource.endpoint`, its sandbox form, Meet.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;

use crate::common::{Behaviour, FakeWorker, TestServer, settings, verified};
use axum::http::header;
use livekit_api::access_token::VideoGrants;
use serde_json::{Value, json};

const PUBLIC: [(&str, &str); 1] = [("LIVEKIT_PUBLIC_URL", "wss://sfu.example.org")];

async fn server() -> (FakeWorker, TestServer) {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let allow = |args: &mut token_server::settings::Args| args.dispatched_agents = Some("helper, other".to_owned());
    let server = TestServer::start(settings(&worker.program(), &PUBLIC, allow)).await;
    (worker, server)
}

fn keys(value: &Value) -> HashSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn grants(room: &str) -> VideoGrants {
    VideoGrants {
        room_join: true,
        room: room.to_owned(),
        can_publish: Some(true),
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        ..VideoGrants::default()
    }
}

#[tokio::test]
async fn an_empty_request_gets_a_guest_and_a_fresh_room() {
    let (_worker, server) = server().await;
    let mut rooms = HashSet::new();
    for path in ["/token", "/api/v2/sandbox/connection-details"] {
        for body in [json!({}), json!({"room_name": "", "participant_identity": null})] {
            let request = server.client.post(format!("{}{path}", server.base)).header("X-Sandbox-ID", "box-1");
            let answer = request.json(&body).send().await.unwrap();
            assert_eq!(answer.status(), 201, "{path} {body}");
            let answer: Value = answer.json().await.unwrap();
            assert_eq!(
                keys(&answer),
                HashSet::from(["server_url", "participant_token", "participant_name", "room_name"])
            );
            assert_eq!(answer["server_url"], "wss://sfu.example.org");
            let claims = verified(&answer["participant_token"]);
            let room = answer["room_name"].as_str().unwrap();
            assert_eq!(claims.video, grants(room));
            assert!(claims.sub.starts_with("guest-"), "{}", claims.sub);
            assert_eq!(answer["participant_name"], claims.name);
            assert!(claims.attributes.is_empty() && claims.metadata.is_empty() && claims.room_config.is_none());
            assert!(rooms.insert(room.to_owned()), "{room} was handed out twice");
        }
    }
    server.shut_down().await;
}

#[tokio::test]
async fn what_a_frontend_says_about_its_participant_stands_in_the_token() {
    let (_worker, server) = server().await;
    let body = json!({
        "room_name": " lobby ", "participant_name": "Mary", "participant_metadata": "{\"a\":1}",
        "participant_attributes": {"colour": "red"},
        "room_config": {"name": "x", "max_participants": 1, "metadata": "m", "egress": {},
                        "agents": [{"agent_name": "helper", "metadata": "job"}, {"agent_name": "stranger"}, {}]},
    });
    let answer: Value = server.post("/token", &body).await.json().await.unwrap();
    assert_eq!((&answer["room_name"], &answer["participant_name"]), (&json!("lobby"), &json!("Mary")));
    let claims = verified(&answer["participant_token"]);
    assert!(claims.sub.starts_with("mary-"), "{}", claims.sub);
    assert_eq!((claims.name.as_str(), claims.kind.as_str(), claims.metadata.as_str()), ("Mary", "", "{\"a\":1}"));
    assert_eq!(claims.attributes.into_iter().collect::<Vec<_>>(), [("colour".to_owned(), "red".to_owned())]);
    assert_eq!(claims.video, grants("lobby"));
    let config = claims.room_config.unwrap();
    let agents: Vec<(&str, &str)> =
        config.agents.iter().map(|agent| (agent.agent_name.as_str(), agent.metadata.as_str())).collect();
    assert_eq!(agents, [("helper", "job")], "only a name that the operator allows is sent for");
    assert_eq!((config.name.as_str(), config.max_participants, config.metadata.as_str()), ("", 0, ""));
    assert!(config.egress.is_none());
    server.shut_down().await;
}

#[tokio::test]
async fn an_identity_may_be_chosen_for_a_fresh_room_without_asking_the_livekit_server() {
    // Nothing listens at this server's LiveKit address.
    let (_worker, server) = server().await;
    let body = json!({"participant_identity": "abel"});
    let answer: Value = server.post("/token", &body).await.json().await.unwrap();
    assert_eq!(verified(&answer["participant_token"]).sub, "abel");
    let refused = server.post("/token", &json!({"participant_identity": "abel", "room_name": "lobby"})).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"]["code"], "sfu_unreachable");
    server.shut_down().await;
}

#[tokio::test]
async fn meet_gets_connection_details() {
    let (_worker, server) = server().await;
    let query = "?roomName=lobby&participantName=Mary%20O'Hara&region=eu&metadata=hello";
    let answer = server.get(&format!("/api/connection-details{query}")).await;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(keys(&answer), HashSet::from(["serverUrl", "roomName", "participantToken", "participantName"]));
    assert_eq!(answer["serverUrl"], "wss://sfu.example.org");
    assert_eq!((&answer["roomName"], &answer["participantName"]), (&json!("lobby"), &json!("Mary O'Hara")));
    let claims = verified(&answer["participantToken"]);
    assert!(claims.sub.starts_with("mary-o-hara-"), "{}", claims.sub);
    assert_eq!((claims.video, claims.metadata.as_str()), (grants("lobby"), "hello"));
    server.shut_down().await;
}

#[tokio::test]
async fn meet_is_told_in_plain_text_what_is_wrong() {
    let (_worker, server) = server().await;
    let long = "x".repeat(2049);
    for (query, text) in [
        (String::new(), "Missing required query parameter: roomName"),
        ("?participantName=A".to_owned(), "Missing required query parameter: roomName"),
        ("?roomName=&participantName=A".to_owned(), "Missing required query parameter: roomName"),
        ("?roomName=r".to_owned(), "Missing required query parameter: participantName"),
        ("?roomName=%20&participantName=A".to_owned(), "roomName: must not be empty"),
        ("?roomName=r&participantName=a%00b".to_owned(), "participantName: must not contain control characters"),
        ("?roomName=r&roomName=s&participantName=A".to_owned(), "duplicate field `roomName`"),
        (format!("?roomName=r&participantName=A&metadata={long}"), "metadata: must have at most 2048 bytes, has 2049"),
    ] {
        let answer = server.get(&format!("/api/connection-details{query}")).await;
        assert_eq!(answer.status(), 400, "{query}");
        let content_type = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        assert!(content_type.starts_with("text/plain"), "{query}: {content_type}");
        assert_eq!(answer.text().await.unwrap(), text, "{query}");
    }
    server.shut_down().await;
}

#[tokio::test]
async fn bad_token_requests_are_answered_with_the_field_at_fault() {
    let (worker, server) = server().await;
    let attributes: serde_json::Map<String, Value> = (0..33).map(|number| (number.to_string(), json!("v"))).collect();
    for (body, status, code, part) in [
        ("".to_owned(), 400, "malformed_json", "JSON"),
        ("{\"room_name\": ".to_owned(), 400, "malformed_json", "JSON"),
        ("[]".to_owned(), 400, "invalid_field", "object"),
        (json!({"room_name": 1}).to_string(), 400, "invalid_field", "room_name"),
        (json!({"room_name": "x".repeat(129)}).to_string(), 400, "invalid_field", "room_name"),
        (json!({"participant_name": "a\nb"}).to_string(), 400, "invalid_field", "participant_name"),
        (json!({"participant_identity": "Agent-1"}).to_string(), 400, "invalid_field", "participant_identity"),
        (json!({"participant_identity": "tavus-x"}).to_string(), 400, "invalid_field", "reserved"),
        (json!({"participant_metadata": "x".repeat(2049)}).to_string(), 400, "invalid_field", "participant_metadata"),
        (json!({"participant_attributes": attributes}).to_string(), 400, "invalid_field", "participant_attributes"),
        (json!({"participant_attributes": {"lk.agent.state": "x"}}).to_string(), 400, "invalid_field", "`lk.`"),
        (json!({"participant_attributes": ["a"]}).to_string(), 400, "invalid_field", "participant_attributes"),
        (
            json!({"room_config": {"agents": vec![json!({}); 9]}}).to_string(),
            400,
            "invalid_field",
            "room_config.agents",
        ),
        (json!({"room_config": {"agents": {}}}).to_string(), 400, "invalid_field", "room_config.agents"),
        (json!({"participant_metadata": "x".repeat(17 * 1024)}).to_string(), 413, "body_too_large", "16384"),
    ] {
        for path in ["/token", "/api/v2/sandbox/connection-details"] {
            let request = server.client.post(format!("{}{path}", server.base)).body(body.clone());
            let answer = request.header(header::CONTENT_TYPE, "application/json").send().await.unwrap();
            let what = format!("{path} {}", &body[..body.len().min(80)]);
            assert_eq!(answer.status(), status, "{what}");
            let answer: Value = answer.json().await.unwrap();
            assert_eq!(answer["error"]["code"], code, "{what}: {answer}");
            assert!(answer["error"]["message"].as_str().unwrap().contains(part), "{what}: {answer}");
        }
    }
    server.shut_down().await;
    assert!(worker.records().is_empty(), "bad input started a worker");
}

#[tokio::test]
async fn a_page_of_another_origin_may_send_the_sandbox_header() {
    let (_worker, server) = server().await;
    let preflight = server
        .client
        .request(reqwest::Method::OPTIONS, format!("{}/api/v2/sandbox/connection-details", server.base))
        .header(header::ORIGIN, "https://starter.example.org")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type,x-sandbox-id")
        .send()
        .await
        .unwrap();
    let allowed = preflight.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().to_lowercase();
    assert!(allowed.contains("x-sandbox-id") && allowed.contains("content-type"), "{allowed}");
    server.shut_down().await;
}
