//! What the LiveKit server reports, and what others send in its name.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use livekit_api::access_token::AccessToken;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::common::{API_KEY, API_SECRET, Behaviour, FakeWorker, TestServer, settings, verified};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn hash(body: &str) -> String {
    STANDARD.encode(Sha256::digest(body))
}

/// A token for a report, as the LiveKit server signs it.
fn token(secret: &str, body: &str) -> String {
    let token = AccessToken::with_api_key(API_KEY, secret).with_ttl(Duration::from_secs(300));
    token.with_sha256(&hash(body)).to_jwt().unwrap()
}

fn joined(id: &str, created: u64, room: &str, identity: &str) -> String {
    let body = json!({
        "event": "participant_joined", "id": id, "createdAt": created.to_string(),
        "room": {"sid": "RM_1", "name": room}, "participant": {"sid": "PA_1", "identity": identity, "state": "ACTIVE"},
    });
    body.to_string()
}

async fn send(server: &TestServer, token: &str, body: &str) -> Response {
    let request = server.client.post(format!("{}/webhook", server.base)).header(header::AUTHORIZATION, token);
    request.header(header::CONTENT_TYPE, "application/webhook+json").body(body.to_owned()).send().await.unwrap()
}

async fn refused(server: &TestServer, token: &str, body: &str, status: StatusCode, part: &str) {
    let answer = send(server, token, body).await;
    assert_eq!(answer.status(), status, "{part}");
    let text = answer.text().await.unwrap();
    assert!(text.contains(part) && !text.contains(API_SECRET), "{part}: {text}");
}

/// A token of a stock frontend: room and identity.
async fn guest(server: &TestServer) -> (String, String, String) {
    let answer: Value = server.post("/token", &json!({})).await.json().await.unwrap();
    let claims = verified(&answer["participant_token"]);
    (claims.video.room, claims.sub, answer["participant_token"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_reported_join_brings_the_worker_without_polling() {
    // Nothing answers at this server's LiveKit address: polling cannot have seen anybody.
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = TestServer::with_worker(&worker).await;
    let (room, identity, _) = guest(&server).await;
    let body = joined("EV_1", now(), &room, &identity);
    let answer = send(&server, &token(API_SECRET, &body), &body).await;
    assert_eq!((answer.status(), answer.text().await.unwrap().as_str()), (StatusCode::OK, "ok\n"));
    let records = worker.started(1).await;
    assert_eq!(records[0].orders().room.as_str(), room);
    // The same join once more, in a report of its own: one worker a room.
    let body = joined("EV_2", now(), &room, &identity);
    assert_eq!(send(&server, &token(API_SECRET, &body), &body).await.status(), StatusCode::OK);
    assert_eq!(server.workers().await, 1);
    server.shut_down().await;
}

#[tokio::test]
async fn who_invited_the_agent_and_is_reported_to_come_back_finds_it_again() {
    let worker = FakeWorker::new(&Behaviour::EndsItsCall);
    let server = TestServer::with_worker(&worker).await;
    let ada = server.join("lobby").await["identity"].as_str().unwrap().to_owned();
    worker.started(1).await;
    let report = async |id: &str, identity: &str, sid: &str| {
        let body = joined(id, now(), "lobby", identity).replace("PA_1", sid);
        assert_eq!(send(&server, &token(API_SECRET, &body), &body).await.status(), StatusCode::OK);
    };
    report("EV_1", &ada, "PA_1").await;
    worker.let_go().await;
    server.until_workers(0).await;
    // She stays without it, or others join: nobody wants it again.
    report("EV_2", &ada, "PA_1").await;
    report("EV_3", "eve", "PA_2").await;
    assert_eq!(server.workers().await, 0);
    report("EV_4", &ada, "PA_3").await;
    worker.started(2).await;
    server.shut_down().await;
}

#[tokio::test]
async fn reports_of_strangers_and_of_other_things_start_nothing() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = TestServer::with_worker(&worker).await;
    let (room, _, _) = guest(&server).await;
    let others = [
        joined("EV_1", now(), &room, "stranger"),
        joined("EV_2", now(), "another room", "stranger"),
        json!({"event": "room_started", "id": "EV_3", "createdAt": now(), "room": {"name": room}}).to_string(),
        json!({"event": "something_new", "id": "EV_4", "createdAt": now()}).to_string(),
    ];
    for body in others {
        assert_eq!(send(&server, &token(API_SECRET, &body), &body).await.status(), StatusCode::OK, "{body}");
    }
    assert_eq!(server.workers().await, 0);
    server.shut_down().await;
    assert!(worker.records().is_empty());
}

#[tokio::test]
async fn forged_reports_are_refused() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = TestServer::with_worker(&worker).await;
    let (room, identity, room_token) = guest(&server).await;
    let body = joined("EV_1", now(), &room, &identity);
    let good = token(API_SECRET, &body);
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", good.split('.').nth(1).unwrap());
    let unauthorized = StatusCode::UNAUTHORIZED;
    refused(&server, &token("another secret", &body), &body, unauthorized, "not signed").await;
    refused(&server, "", &body, unauthorized, "not signed").await;
    refused(&server, "Bearer nonsense", &body, unauthorized, "not signed").await;
    refused(&server, &unsigned, &body, unauthorized, "not signed").await;
    refused(&server, &room_token, &body, unauthorized, "not one for a report").await;
    refused(&server, &good, &joined("EV_1", now(), "elsewhere", &identity), unauthorized, "not the one").await;
    let expired = AccessToken::with_api_key(API_KEY, API_SECRET).with_sha256(&hash(&body));
    let expired = livekit_token_at(expired.to_jwt().unwrap(), now() - 120);
    refused(&server, &expired, &body, unauthorized, "ExpiredSignature").await;
    let without = server.client.post(format!("{}/webhook", server.base)).body(body.clone());
    let without = without.header(header::CONTENT_TYPE, "application/webhook+json").send().await.unwrap();
    assert_eq!(without.status(), unauthorized);
    server.shut_down().await;
    assert!(worker.records().is_empty());
}

/// The same claims, expired at another time, and signed again.
fn livekit_token_at(token: String, expires: u64) -> String {
    use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
    let key = DecodingKey::from_secret(API_SECRET.as_bytes());
    let mut claims = jsonwebtoken::decode::<Value>(&token, &key, &Validation::new(Algorithm::HS256)).unwrap().claims;
    claims["exp"] = json!(expires);
    claims["nbf"] = json!(expires - 300);
    let key = EncodingKey::from_secret(API_SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

#[tokio::test]
async fn a_report_counts_once_and_old_ones_do_not_count() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = TestServer::with_worker(&worker).await;
    let (room, identity, _) = guest(&server).await;
    for created in [now() - 400, now() + 400] {
        let body = joined("EV_old", created, &room, &identity);
        refused(&server, &token(API_SECRET, &body), &body, StatusCode::BAD_REQUEST, "300 s").await;
    }
    assert_eq!(server.workers().await, 0);
    let body = joined("EV_1", now(), &room, &identity);
    assert_eq!(send(&server, &token(API_SECRET, &body), &body).await.status(), StatusCode::OK);
    refused(&server, &token(API_SECRET, &body), &body, StatusCode::CONFLICT, "before").await;
    server.shut_down().await;
}

#[tokio::test]
async fn reports_that_cannot_be_read_are_refused_with_the_reason() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = TestServer::with_worker(&worker).await;
    for (body, part) in [("not json", "expected"), ("{}", "missing field"), ("", "EOF")] {
        refused(&server, &token(API_SECRET, body), body, StatusCode::BAD_REQUEST, part).await;
    }
    let long = format!("{{\"id\": \"{}\"}}", "x".repeat(256 * 1024));
    refused(&server, &token(API_SECRET, &long), &long, StatusCode::PAYLOAD_TOO_LARGE, "262144").await;
    // Larger than what other requests may be, and fine.
    let metadata = "x".repeat(60_000);
    let room = json!({"name": "r", "metadata": metadata});
    let body = json!({"event": "room_started", "id": "EV_1", "createdAt": now(), "room": room}).to_string();
    assert_eq!(send(&server, &token(API_SECRET, &body), &body).await.status(), StatusCode::OK);
    let body = joined("EV_2", now(), "r", "ada");
    let request = server.client.post(format!("{}/webhook", server.base)).header(header::CONTENT_TYPE, "text/plain");
    let answer = request.header(header::AUTHORIZATION, token(API_SECRET, &body)).body(body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(server.get("/webhook").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    server.shut_down().await;
}

#[tokio::test]
async fn the_livekit_server_needs_no_key_of_ours() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server =
        TestServer::start(settings(&worker.program(), &[("VISAVIS_API_KEYS", "a-client-key-of-ours")], |_| {})).await;
    let body = json!({"event": "room_started", "id": "EV_1", "createdAt": now(), "room": {"name": "r"}}).to_string();
    assert_eq!(send(&server, &token(API_SECRET, &body), &body).await.status(), StatusCode::OK);
    assert_eq!(server.post("/token", &json!({})).await.status(), StatusCode::UNAUTHORIZED);
    server.shut_down().await;
}
