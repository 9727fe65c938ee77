//! The HTTP contract over a real socket: answers, grants, bad input, API keys, CORS.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::common::{Behaviour, FakeWorker, TestServer, settings, verified};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::post;
use livekit_api::access_token::VideoGrants;
use serde_json::{Value, json};

async fn server() -> (FakeWorker, TestServer) {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = TestServer::with_worker(&worker).await;
    (worker, server)
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn a_join_is_answered_with_everything_a_client_needs() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let public = [("LIVEKIT_PUBLIC_URL", "wss://sfu.example.org")];
    let server = TestServer::start(settings(&worker.program(), &public, |_| {})).await;
    let body = json!({"room_name": " lobby ", "participant_name": "Ábel Ω", "mic_enabled": false,
                      "camera_enabled": false, "theme": "dark"});
    let answer: Value = server.post("/join-room", &body).await.json().await.unwrap();
    assert_eq!(keys(&answer), ["avatar_invited", "avatar_name", "identity", "livekit_url", "room_name", "token"]);
    assert_eq!(answer["livekit_url"], "wss://sfu.example.org");
    assert_eq!((&answer["room_name"], &answer["avatar_name"]), (&json!("lobby"), &json!("AI Assistant")));
    let identity = answer["identity"].as_str().unwrap();
    assert!(identity.starts_with("bel-") && identity.len() == 12, "{identity}");

    let claims = verified(&answer["token"]);
    assert_eq!((claims.sub.as_str(), claims.name.as_str(), claims.kind.as_str()), (identity, "Ábel Ω", ""));
    // Starting muted narrows nothing.
    let expected = VideoGrants {
        room_join: true,
        room: "lobby".to_owned(),
        can_publish: Some(true),
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        ..VideoGrants::default()
    };
    assert_eq!(claims.video, expected);
    server.shut_down().await;
}

#[tokio::test]
async fn a_token_alone_has_the_name_or_identity_asked_for() {
    let (_worker, server) = server().await;
    let answer: Value = server.get("/token?roomName=lobby&identity=&name=Mary%20O'Hara").await.json().await.unwrap();
    assert_eq!(keys(&answer), ["identity", "livekit_url", "room_name", "token"]);
    let claims = verified(&answer["token"]);
    assert!(claims.sub.starts_with("mary-o-hara-"), "{}", claims.sub);
    assert_eq!(claims.name, "Mary O'Hara");
    let answer: Value = server.get("/token?roomName=lobby").await.json().await.unwrap();
    assert!(answer["identity"].as_str().unwrap().starts_with("guest-"));
    server.shut_down().await;
}

/// A LiveKit server that knows one participant, `abel`, in every room.
async fn stub_sfu() -> String {
    // ListParticipantsResponse { participants (1): [ParticipantInfo { identity (2): "abel" }] }
    let body = b"\x0a\x06\x12\x04abel".to_vec();
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/protobuf")], body) };
    let router = Router::new().route("/twirp/livekit.RoomService/ListParticipants", post(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn an_identity_that_is_in_the_room_is_refused() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let sfu = stub_sfu().await;
    let server = TestServer::start(settings(&worker.program(), &[("LIVEKIT_URL", &sfu)], |_| {})).await;
    let taken = server.get("/token?roomName=lobby&identity=abel").await;
    assert_eq!(taken.status(), 409);
    assert_eq!(taken.json::<Value>().await.unwrap()["error"]["code"], "identity_taken");
    let free: Value = server.get("/token?roomName=lobby&identity=kain").await.json().await.unwrap();
    assert_eq!(verified(&free["token"]).sub, "kain");
    server.shut_down().await;
}

#[tokio::test]
async fn a_chosen_identity_needs_a_livekit_server_that_answers() {
    let (_worker, server) = server().await;
    let answer = server.get("/token?roomName=lobby&identity=abel").await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], "sfu_unreachable");
    server.shut_down().await;
}

#[tokio::test]
async fn bad_input_is_answered_with_an_error_that_names_the_field() {
    let (worker, server) = server().await;
    let long = "x".repeat(129);
    let join = |room: &str, name: &str| json!({"room_name": room, "participant_name": name}).to_string();
    let cases = [
        ("/join-room", String::new(), 400, "malformed_json", "JSON"),
        ("/join-room", "{".to_owned(), 400, "malformed_json", "JSON"),
        ("/join-room", "[]".to_owned(), 400, "invalid_field", "object"),
        ("/join-room", "{}".to_owned(), 400, "invalid_field", "room_name"),
        ("/join-room", r#"{"room_name":"r"}"#.to_owned(), 400, "invalid_field", "participant_name"),
        ("/join-room", r#"{"room_name":1,"participant_name":"A"}"#.to_owned(), 400, "invalid_field", "room_name"),
        ("/join-room", join("", "A"), 400, "invalid_field", "room_name"),
        ("/join-room", join("r", " \t"), 400, "invalid_field", "participant_name"),
        ("/join-room", join(&long, "A"), 400, "invalid_field", "room_name"),
        ("/join-room", join("r", &long), 400, "invalid_field", "participant_name"),
        ("/join-room", join("a\nb", "A"), 400, "invalid_field", "room_name"),
        ("/join-room", join("r", "A\u{0}B"), 400, "invalid_field", "participant_name"),
        (
            "/join-room",
            r#"{"room_name":"r","participant_name":"A","invite_avatar":"no"}"#.to_owned(),
            400,
            "invalid_field",
            "invite_avatar",
        ),
        ("/join-room", join("r", &"x".repeat(17 * 1024)), 413, "body_too_large", "16384"),
        ("/invite-avatar", "{}".to_owned(), 400, "invalid_field", "room_name"),
        ("/invite-avatar", r#"{"room_name":"r","avatar_name":7}"#.to_owned(), 400, "invalid_field", "avatar_name"),
        ("/invite-avatar", r#"{"room_name":"r","avatar_name":"Bob"}"#.to_owned(), 404, "unknown_avatar", "avatar_name"),
        ("/nowhere", "{}".to_owned(), 404, "not_found", "/nowhere"),
        ("/healthz", "{}".to_owned(), 405, "method_not_allowed", "POST"),
    ];
    for (path, body, status, code, part) in cases {
        let request = server.client.post(format!("{}{path}", server.base)).body(body.clone());
        let answer = request.header(header::CONTENT_TYPE, "application/json; charset=utf-8").send().await.unwrap();
        check(answer, status, code, part, &format!("POST {path} {}", &body[..body.len().min(80)])).await;
    }
    for (query, part) in [
        ("", "roomName"),
        ("?roomName=", "roomName"),
        ("?roomName=r&roomName=s", "roomName"),
        ("?roomName=r&name=a%00b", "name"),
        ("?roomName=r&identity=agent-1", "identity"),
        ("?roomName=r&identity=TAVUS-avatar-agent", "identity"),
    ] {
        let answer = server.get(&format!("/token{query}")).await;
        check(answer, 400, "invalid_field", part, query).await;
    }
    check(server.get("/join-room").await, 405, "method_not_allowed", "GET", "GET /join-room").await;
    let plain = server.client.post(format!("{}/join-room", server.base)).body("{}").send().await.unwrap();
    check(plain, 415, "unsupported_media_type", "application/json", "no content type").await;
    assert_eq!(server.workers().await, 0);
    server.shut_down().await;
    assert!(worker.records().is_empty(), "bad input started a worker");
}

async fn check(answer: reqwest::Response, status: u16, code: &str, part: &str, what: &str) {
    assert_eq!(answer.status(), status, "{what}");
    let body: Value = answer.json().await.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(keys(&body), ["error"], "{what}");
    assert_eq!(keys(&body["error"]), ["code", "message"], "{what}");
    assert_eq!(body["error"]["code"], code, "{what}: {body}");
    assert!(body["error"]["message"].as_str().unwrap().contains(part), "{what}: {body}");
}

#[tokio::test]
async fn the_default_avatar_is_known_in_any_case() {
    let (_worker, server) = server().await;
    let body = json!({"room_name": "lobby", "avatar_name": " ai assistant"});
    let answer: Value = server.post("/invite-avatar", &body).await.json().await.unwrap();
    assert_eq!(
        answer,
        json!({"room_name": "lobby", "avatar_name": "AI Assistant", "avatar_invited": true, "state": "starting"})
    );
    server.shut_down().await;
}

#[tokio::test]
async fn with_keys_set_every_endpoint_but_health_wants_one() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let env = [("VISAVIS_API_KEYS", "key-one, key-two")];
    let server = TestServer::start(settings(&worker.program(), &env, |_| {})).await;
    let get = |path: &str, authorization: Option<&str>| {
        let request = server.client.get(format!("{}{path}", server.base));
        let request = match authorization {
            Some(value) => request.header(header::AUTHORIZATION, value),
            None => request,
        };
        async move { request.send().await.unwrap().status() }
    };
    assert_eq!(get("/healthz", None).await, StatusCode::OK);
    for refused in [
        None,
        Some("Bearer "),
        Some("Bearer key"),
        Some("Basic key-one"),
        Some("key-one"),
        Some("Bearer key-one,key-two"),
    ] {
        for path in ["/token?roomName=r", "/nowhere"] {
            assert_eq!(get(path, refused).await, StatusCode::UNAUTHORIZED, "{path} {refused:?}");
        }
    }
    for accepted in ["Bearer key-one", "bearer key-two"] {
        assert_eq!(get("/token?roomName=r", Some(accepted)).await, StatusCode::OK, "{accepted}");
    }
    let body = json!({"room_name": "r", "participant_name": "A"});
    let answer = server.post("/join-room", &body).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], "Bearer");
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], "unauthorized");
    assert_eq!(server.workers().await, 0);
    server.shut_down().await;
}

#[tokio::test]
async fn browsers_of_any_origin_may_call_without_credentials() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let env = [("VISAVIS_API_KEYS", "key-one")];
    let server = TestServer::start(settings(&worker.program(), &env, |_| {})).await;
    let preflight = server
        .client
        .request(reqwest::Method::OPTIONS, format!("{}/join-room", server.base))
        .header(header::ORIGIN, "https://meet.example.org")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type,authorization")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 200);
    assert_eq!(preflight.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert!(!preflight.headers().contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
    let methods = preflight.headers()[header::ACCESS_CONTROL_ALLOW_METHODS].to_str().unwrap().to_owned();
    assert!(methods.contains("POST") && !methods.contains("DELETE"), "{methods}");
    // A browser shows a page the error only when it carries the header too.
    let refused = server.get("/token?roomName=r").await;
    assert_eq!(
        (refused.status().as_u16(), refused.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN].as_bytes()),
        (401, &b"*"[..])
    );
    server.shut_down().await;
}

#[tokio::test]
async fn request_ids_are_ours() {
    let (_worker, server) = server().await;
    let request = server.client.get(format!("{}/healthz", server.base)).header("x-request-id", "forged");
    let answer = request.send().await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap();
    assert!(id != "forged" && id.len() == 36, "{id}");
    server.shut_down().await;
}
