//! Quotas, limits behind proxies, and the description of the endpoints, over a real socket.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::common::{Behaviour, FakeWorker, TestServer, settings};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use token_server::settings::Args;

const ADMIN_KEY: &str = "an-operators-key-of-some-length";

async fn server(worker: &FakeWorker, env: &[(&str, &str)], change: impl FnOnce(&mut Args)) -> TestServer {
    TestServer::start(settings(&worker.program(), env, change)).await
}

async fn join(server: &TestServer, key: &str, room: &str) -> Value {
    let body = json!({"room_name": room, "participant_name": "Abel"});
    let request = server.client.post(format!("{}/join-room", server.base)).bearer_auth(key).json(&body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "the token is good all the same");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_client_has_as_many_agents_as_it_may_and_its_tokens_all_the_same() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let env = [("VISAVIS_API_KEYS", "one,other"), ("VISAVIS_ADMIN_KEY", ADMIN_KEY)];
    let server = server(&worker, &env, |args| args.max_agents_per_client = Some("2".to_owned())).await;
    for room in ["a", "b", "a"] {
        assert_eq!(join(&server, "one", room).await["avatar_invited"], true, "{room}");
    }
    let third = join(&server, "one", "c").await;
    assert!(third["avatar_invited"] == false && third["token"].is_string(), "{third}");
    let invite = server.client.post(format!("{}/invite-avatar", server.base)).bearer_auth("one");
    let refused = invite.json(&json!({"room_name": "c"})).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"]["code"], "quota_reached");
    assert_eq!(join(&server, "other", "c").await["avatar_invited"], true, "another client has its own quota");
    assert_eq!(join(&server, "one", "c").await["avatar_invited"], true, "the agent is there, whoever asked for it");
    assert_eq!(server.workers().await, 3);

    let end = server.client.delete(format!("{}/rooms/a/agent", server.base)).bearer_auth(ADMIN_KEY);
    assert_eq!(end.send().await.unwrap().status(), StatusCode::ACCEPTED);
    assert_eq!(join(&server, "one", "d").await["avatar_invited"], true, "one of its agents has ended");
    assert_eq!(join(&server, "one", "e").await["avatar_invited"], false);
    server.shut_down().await;
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_are_told_apart() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = server(&worker, &[], |args| {
        args.rate_limit = Some("1:5".to_owned());
        args.trusted_proxies = Some("127.0.0.1".to_owned());
    })
    .await;
    // Five at once; the bucket fills while the requests are made.
    let passed = async |address: &'static str| {
        let mut passed = 0;
        for _ in 0..9 {
            let request = server.client.get(format!("{}/token?roomName=r", server.base));
            let answer = request.header("x-forwarded-for", address).send().await.unwrap();
            passed += u32::from(answer.status() == StatusCode::OK);
        }
        passed
    };
    for client in ["203.0.113.9", "203.0.113.10", "198.51.100.1, 203.0.113.11"] {
        assert!((5..9).contains(&passed(client).await), "{client}");
    }
    // What a client writes in front of the proxy's word makes it nobody else.
    assert!(passed("198.51.100.7, 203.0.113.9").await < 5);
    server.shut_down().await;
}

#[tokio::test]
async fn all_clients_together_have_a_limit() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = server(&worker, &[("VISAVIS_API_KEYS", "one,other")], |args| {
        args.rate_limit = Some("0".to_owned());
        args.global_rate_limit = Some("1:3".to_owned());
    })
    .await;
    let mut passed = 0;
    for key in ["one", "other"].into_iter().cycle().take(12) {
        let request = server.client.get(format!("{}/token?roomName=r", server.base)).bearer_auth(key);
        passed += u32::from(request.send().await.unwrap().status() == StatusCode::OK);
    }
    assert!((3..12).contains(&passed), "{passed} of 12");
    assert_eq!(server.get("/healthz").await.status(), StatusCode::OK, "a monitor is not counted");
    server.shut_down().await;
}

fn document() -> Value {
    serde_json::from_str(proto::openapi::DOCUMENT).unwrap()
}

#[tokio::test]
async fn the_description_names_every_method_and_no_other() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server =
        server(&worker, &[("VISAVIS_ADMIN_KEY", ADMIN_KEY)], |args| args.rate_limit = Some("0".to_owned())).await;
    let document = document();
    for (path, described) in document["paths"].as_object().unwrap() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let address = format!("{}{}", server.base, path.replace("{name}", "r").replace("{file}", "joe.png"));
            let request = server.client.request(method.clone(), address).bearer_auth(ADMIN_KEY);
            let is_taken = request.send().await.unwrap().status() != StatusCode::METHOD_NOT_ALLOWED;
            let is_described = described.get(method.as_str().to_lowercase()).is_some();
            assert_eq!(is_taken, is_described, "{method} {path}");
        }
    }
    server.shut_down().await;
}

/// Fails where `answer` lacks what the schema requires, or has something of another type.
fn check(answer: &Value, schema: &Value, place: &str) {
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(answer.get(required.as_str().unwrap()).is_some(), "{place} has no {required}: {answer}");
    }
    let is = |kind: &str| schema["type"] == kind;
    let fits = (is("object") && answer.is_object())
        || (is("array") && answer.is_array())
        || (is("string") && answer.is_string())
        || (is("integer") && answer.is_u64());
    assert!(fits, "{place} is no {}: {answer}", schema["type"]);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = answer.get(name) {
            check(value, field, &format!("{place}.{name}"));
        }
    }
    if schema["items"].is_object() {
        answer.as_array().unwrap().iter().for_each(|item| check(item, &schema["items"], place));
    }
}

#[tokio::test]
async fn the_operators_answers_are_as_described() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = server(&worker, &[("VISAVIS_ADMIN_KEY", ADMIN_KEY)], |_| {}).await;
    server.join("lobby").await;
    let document = document();
    for (method, path, described) in [
        (Method::GET, "/rooms", "200"),
        (Method::GET, "/rooms/{name}", "200"),
        (Method::DELETE, "/rooms/{name}/agent", "202"),
    ] {
        let address = format!("{}{}", server.base, path.replace("{name}", "lobby"));
        let answer = server.client.request(method.clone(), address).bearer_auth(ADMIN_KEY).send().await.unwrap();
        assert_eq!(answer.status().as_str(), described);
        let operation = &document["paths"][path][method.as_str().to_lowercase()];
        let schema = &operation["responses"][described]["content"]["application/json"]["schema"];
        check(&answer.json().await.unwrap(), schema, path);
    }
    server.shut_down().await;
}

#[tokio::test]
async fn the_description_needs_no_key_and_runs_nothing() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = server(&worker, &[("VISAVIS_API_KEYS", "one")], |_| {}).await;
    assert_eq!(server.get("/openapi.json").await.json::<Value>().await.unwrap(), document());
    let page = server.get("/docs").await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    let text = page.text().await.unwrap();
    assert!(text.contains("<code>POST /join-room</code>") && !text.contains("<script"));
    for address in ["http://", "https://", "//cdn"] {
        assert!(
            !text.contains(&format!("src=\"{address}")) && !text.contains(&format!("href=\"{address}")),
            "{address}"
        );
    }
    server.shut_down().await;
}
