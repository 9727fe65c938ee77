//! What only the operator may see and do.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use nix::sys::signal::Signal;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use token_server::serve::Server;
use token_server::settings::{Args, Settings};
use tokio_util::sync::CancellationToken;

use crate::common::{Behaviour, FakeWorker, PATIENCE, TestServer, eventually, is_reaped, send_signal, settings};

const ADMIN_KEY: &str = "an-operators-key-of-some-length";
const CLIENT_KEY: &str = "a-callers-key";
const ROUTES: [(Method, &str); 4] = [
    (Method::GET, "/rooms"),
    (Method::GET, "/rooms/lobby"),
    (Method::DELETE, "/rooms/lobby/agent"),
    (Method::GET, "/metrics"),
];

async fn server(worker: &FakeWorker) -> TestServer {
    TestServer::start(settings(&worker.program(), &[("VISAVIS_ADMIN_KEY", ADMIN_KEY)], |_| {})).await
}

async fn call(server: &TestServer, method: Method, path: &str, key: Option<&str>) -> Response {
    let request = server.client.request(method, format!("{}{path}", server.base));
    let request = if let Some(key) = key { request.bearer_auth(key) } else { request };
    request.send().await.unwrap()
}

async fn get(server: &TestServer, path: &str) -> Value {
    let answer = call(server, Method::GET, path, Some(ADMIN_KEY)).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn without_an_admin_key_there_is_nothing() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    for env in [vec![], vec![("VISAVIS_API_KEYS", CLIENT_KEY)]] {
        let server = TestServer::start(settings(&worker.program(), &env, |_| {})).await;
        for (method, path) in ROUTES {
            for key in [None, Some(CLIENT_KEY), Some(ADMIN_KEY), Some("")] {
                let answer = call(&server, method.clone(), path, key).await;
                assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path} {key:?}");
                assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], "not_found");
            }
        }
        server.shut_down().await;
    }
}

#[tokio::test]
async fn only_the_admin_key_opens_and_it_opens_nothing_else() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let env = [("VISAVIS_ADMIN_KEY", ADMIN_KEY), ("VISAVIS_API_KEYS", CLIENT_KEY)];
    let server = TestServer::start(settings(&worker.program(), &env, |_| {})).await;
    for (method, path) in ROUTES {
        for key in [None, Some(CLIENT_KEY), Some("an-operators-key-of-some-lengtH")] {
            let answer = call(&server, method.clone(), path, key).await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path} {key:?}");
        }
    }
    assert_eq!(get(&server, "/rooms").await, json!({"rooms": [], "workers": 0, "max_workers": 8}));
    // This server has counted nothing: it was given no recorder.
    assert_eq!(call(&server, Method::GET, "/metrics", Some(ADMIN_KEY)).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(call(&server, Method::POST, "/token", Some(ADMIN_KEY)).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(call(&server, Method::POST, "/rooms", Some(ADMIN_KEY)).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    // A path that only begins alike is a caller's.
    assert_eq!(call(&server, Method::GET, "/roomsandmore", Some(CLIENT_KEY)).await.status(), StatusCode::NOT_FOUND);
    server.shut_down().await;
}

#[tokio::test]
async fn a_room_shows_its_worker_and_the_worker_can_be_ended() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = server(&worker).await;
    server.join("lobby").await;
    let record = worker.started(1).await.remove(0);
    let shown = get(&server, "/rooms/lobby").await;
    let shown_worker = &shown["workers"][0];
    assert_eq!((&shown["room_name"], &shown_worker["state"]), (&json!("lobby"), &json!("running")));
    assert_eq!((&shown_worker["avatar_name"], &shown_worker["pid"]), (&json!("AI Assistant"), &json!(record.pid)));
    let identity = shown_worker["identity"].as_str().unwrap();
    assert_eq!(record.orders().identity, identity);
    assert!(shown_worker["usage"]["pss_mib"].as_f64().unwrap() > 0.0 && shown.get("last_error").is_none());
    assert_eq!(get(&server, "/rooms").await["rooms"][0]["room_name"], "lobby");

    let ended = call(&server, Method::DELETE, "/rooms/lobby/agent", Some(ADMIN_KEY)).await;
    assert_eq!(ended.status(), StatusCode::ACCEPTED);
    assert_eq!(ended.json::<Value>().await.unwrap(), json!({"room_name": "lobby", "state": "ending"}));
    eventually("the worker is gone", PATIENCE, || is_reaped(record.pid).then_some(())).await;
    server.until_workers(0).await;
    let again = call(&server, Method::DELETE, "/rooms/lobby/agent", Some(ADMIN_KEY)).await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
    assert_eq!(server.invite("lobby").await["state"], "starting", "who is invited now gets another one");
    server.shut_down().await;
}

#[tokio::test]
async fn ending_one_worker_leaves_the_others_alone() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = server(&worker).await;
    server.join("one").await;
    server.join("other").await;
    call(&server, Method::DELETE, "/rooms/one/agent", Some(ADMIN_KEY)).await;
    server.until_workers(1).await;
    assert_eq!(get(&server, "/rooms/other").await["workers"][0]["state"], "running");
    server.shut_down().await;
}

#[tokio::test]
async fn a_worker_that_outlives_its_server_can_be_ended_too() {
    let worker = FakeWorker::new(&Behaviour::Stubborn);
    let leave = |args: &mut Args| args.on_server_exit = Some("leave".to_owned());
    let server = TestServer::start(settings(&worker.program(), &[("VISAVIS_ADMIN_KEY", ADMIN_KEY)], leave)).await;
    server.join("lobby").await;
    let record = worker.started(1).await.remove(0);
    call(&server, Method::DELETE, "/rooms/lobby/agent", Some(ADMIN_KEY)).await;
    eventually("the worker is gone", PATIENCE, || is_reaped(record.pid).then_some(())).await;
    server.shut_down().await;
}

#[tokio::test]
async fn what_went_wrong_last_is_shown_when_the_worker_is_gone() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = server(&worker).await;
    server.join("lobby").await;
    send_signal(worker.started(1).await[0].pid, Signal::SIGKILL);
    server.until_workers(0).await;
    let shown = get(&server, "/rooms/lobby").await;
    assert_eq!(shown["last_error"]["message"], "ended by SIGKILL");
    // There is no LiveKit server to say whether somebody waits for another one.
    assert_eq!(shown["workers"][0]["state"], "replacing");
    assert!(shown["last_error"]["at"].as_u64().unwrap() > 1_700_000_000);
    server.shut_down().await;
}

#[tokio::test]
async fn odd_room_names_in_the_path_are_answered_clearly() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = server(&worker).await;
    server.join("a/b c").await;
    assert_eq!(get(&server, "/rooms/a%2Fb%20c").await["room_name"], "a/b c");
    for (path, status) in [
        ("/rooms/unknown", 404),
        ("/rooms/%2e%2e%2f%2e%2e%2fetc", 404),
        ("/rooms/a%00b", 400),
        ("/rooms/a%0d%0aX-Header:%201", 400),
        ("/rooms/%ff", 400),
        ("/rooms/", 404),
        ("/rooms/lobby/agent/more", 404),
    ] {
        let answer = call(&server, Method::GET, path, Some(ADMIN_KEY)).await;
        assert_eq!(answer.status(), status, "{path}");
        assert!(!answer.headers().contains_key("x-header"));
    }
    let long = format!("/rooms/{}", "x".repeat(129));
    assert_eq!(call(&server, Method::GET, &long, Some(ADMIN_KEY)).await.status(), StatusCode::BAD_REQUEST);
    server.shut_down().await;
}

#[tokio::test]
async fn metrics_count_workers() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let metrics = telemetry::prometheus::install().unwrap();
    let settings = settings(&worker.program(), &[("VISAVIS_ADMIN_KEY", ADMIN_KEY)], |_| {});
    let server = Server::bind_with_metrics(settings, Some(metrics)).await.unwrap();
    let (base, stop) = (format!("http://{}", server.address()), CancellationToken::new());
    let task = tokio::spawn(server.run(stop.clone(), CancellationToken::new()));
    let client = crate::common::http_client();
    let body = json!({"room_name": "counted", "participant_name": "Abel"});
    client.post(format!("{base}/join-room")).json(&body).send().await.unwrap();
    worker.started(1).await;
    let answer = client.get(format!("{base}/metrics")).bearer_auth(ADMIN_KEY).send().await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    let text = answer.text().await.unwrap();
    assert!(text.contains("# TYPE visavis_workers_spawned_total counter"), "{text}");
    assert!(!text.contains("counted") && !text.contains("Abel"), "no names in the numbers: {text}");
    stop.cancel();
    task.await.unwrap();
}

#[test]
fn an_admin_key_that_is_none_is_refused() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let resolve = |admin_key: &str, client_keys: &str| {
        let args = Args { worker_bin: Some(worker.program()), ..Args::default() };
        let value = |name: &str| match name {
            "LIVEKIT_URL" => Some("ws://127.0.0.1:9"),
            "LIVEKIT_API_KEY" | "LIVEKIT_API_SECRET" => Some("x"),
            "VISAVIS_ADMIN_KEY" => Some(admin_key),
            "VISAVIS_API_KEYS" => Some(client_keys),
            _ => None,
        };
        Settings::resolve(args, &|name| value(name).map(Into::into)).map(|settings| settings.admin_key.is_some())
    };
    assert_eq!(resolve(ADMIN_KEY, CLIENT_KEY), Ok(true));
    assert_eq!(resolve("", ""), Ok(false));
    for (key, part) in
        [("short", "at least 16"), ("sixteen characters with spaces", "spaces"), (CLIENT_KEY, "at least")]
    {
        let error = resolve(key, CLIENT_KEY).unwrap_err().to_string();
        assert!(error.starts_with("VISAVIS_ADMIN_KEY ") && error.contains(part), "{key}: {error}");
    }
    let error = resolve(ADMIN_KEY, &format!("{CLIENT_KEY},{ADMIN_KEY}")).unwrap_err().to_string();
    assert!(error.contains("VISAVIS_API_KEYS") && !error.contains(ADMIN_KEY), "{error}");
}
