//! Workers behind the real router: one per room, never above the cap, reaped, told no secrets.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::sync::Arc;

use livekit_api::access_token::TokenVerifier;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getpgid};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::common::{
    API_SECRET, Behaviour, FakeWorker, PATIENCE, TestServer, eventually, is_reaped, send_signal, settings,
};

async fn join_at_once(server: &Arc<TestServer>, rooms: Vec<String>) -> Vec<Value> {
    let mut joins = JoinSet::new();
    for room in rooms {
        let server = Arc::clone(server);
        joins.spawn(async move { server.join(&room).await });
    }
    joins.join_all().await
}

#[tokio::test]
async fn twenty_concurrent_joins_start_one_worker() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = Arc::new(TestServer::with_worker(&worker).await);
    let answers = join_at_once(&server, vec!["lobby".to_owned(); 20]).await;

    assert_eq!(answers.len(), 20);
    assert!(answers.iter().all(|answer| answer["avatar_invited"] == true), "{answers:?}");
    let identities: HashSet<&str> = answers.iter().map(|answer| answer["identity"].as_str().unwrap()).collect();
    assert_eq!(identities.len(), 20, "an identity was handed out twice");
    assert_eq!(server.workers().await, 1);
    assert_eq!(worker.started(1).await.len(), 1);
    assert_eq!(server.invite("lobby").await["state"], "running");
    Arc::into_inner(server).unwrap().shut_down().await;
    assert_eq!(worker.records().len(), 1);
}

#[tokio::test]
async fn forty_rooms_stay_below_the_cap_and_every_token_is_good() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let admin = [("VISAVIS_ADMIN_KEY", "an-operators-key-of-some-length")];
    let settings = settings(&worker.program(), &admin, |args| args.max_workers = Some("3".to_owned()));
    let server = Arc::new(TestServer::start(settings).await);
    let answers = join_at_once(&server, (0..40).map(|number| format!("room {number}")).collect()).await;

    assert_eq!(answers.iter().filter(|answer| answer["avatar_invited"] == true).count(), 3);
    for answer in &answers {
        let claims = crate::common::verified(&answer["token"]);
        assert_eq!(claims.video.room, answer["room_name"].as_str().unwrap());
        assert_eq!(claims.sub, answer["identity"].as_str().unwrap());
    }
    assert_eq!(server.workers().await, 3);
    let records = worker.started(3).await;
    let refused = answers.iter().find(|answer| answer["avatar_invited"] == false).unwrap();
    let room = refused["room_name"].as_str().unwrap();
    let answer = server.invite(room).await;
    assert_eq!((&answer["avatar_invited"], &answer["state"]), (&json!(false), &json!("none")));

    // One place becomes free, and the room that was refused gets it.
    let served = records[0].orders().room.as_str();
    let end = server.client.delete(format!("{}/rooms/{served}/agent", server.base)).bearer_auth(admin[0].1);
    assert_eq!(end.send().await.unwrap().status(), 202);
    server.until_workers(2).await;
    assert_eq!(server.invite(room).await["state"], "starting");
    assert_eq!(worker.started(4).await.len(), 4);
    Arc::into_inner(server).unwrap().shut_down().await;
}

#[tokio::test]
async fn a_worker_that_ends_is_reaped_and_the_next_invitation_starts_another() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = TestServer::with_worker(&worker).await;
    assert_eq!(server.invite("lobby").await["state"], "starting");
    assert_eq!(server.invite("lobby").await["state"], "running");
    let first = worker.started(1).await.remove(0).pid;
    send_signal(first, Signal::SIGTERM);
    eventually("the worker is reaped", PATIENCE, || is_reaped(first).then_some(())).await;
    server.until_workers(0).await;
    assert_eq!(server.invite("lobby").await["state"], "starting");
    assert_eq!(worker.started(2).await.len(), 2);
    server.shut_down().await;
}

#[tokio::test]
async fn a_worker_that_says_it_is_leaving_does_not_count_as_present() {
    let worker = FakeWorker::new(&Behaviour::LeavesSlowly);
    let server = TestServer::with_worker(&worker).await;
    assert_eq!(server.invite("lobby").await["state"], "starting");
    worker.started(1).await;
    worker.let_go().await;
    // The word travels through a pipe; the first invitation after its arrival starts another worker.
    let start = std::time::Instant::now();
    while server.invite("lobby").await["state"] != "starting" {
        assert!(start.elapsed() < PATIENCE, "the leaving worker still counts as present");
        // On a busy machine it takes a while, and too many invitations are refused.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(worker.started(2).await.len(), 2);
    assert_eq!(server.workers().await, 2, "the leaving one is still a process");
    server.shut_down().await;
}

#[tokio::test]
async fn when_no_worker_can_be_started_the_token_is_still_good() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = TestServer::with_worker(&worker).await;
    // It was there when the server looked at its start, and is gone now.
    std::fs::remove_file(worker.program()).unwrap();
    let answer = server.join("lobby").await;
    assert_eq!(answer["avatar_invited"], false);
    assert_eq!(crate::common::verified(&answer["token"]).video.room, "lobby");
    assert_eq!(server.invite("lobby").await["state"], "none");
    assert_eq!(server.workers().await, 0);
    server.shut_down().await;
}

#[tokio::test]
async fn a_worker_gets_its_room_and_a_token_but_no_secret() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let persona = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(persona.path(), "name = \"Ada Lovelace\"\ninstructions = \"Be kind.\"\n").unwrap();
    let settings = settings(&worker.program(), &[], |args| args.persona = Some(persona.path().to_owned()));
    let server = TestServer::start(settings).await;
    let answer = server.join("--room with $(id) 'quotes'").await;
    assert_eq!(answer["avatar_name"], "Ada Lovelace");

    let record = worker.started(1).await.remove(0);
    let orders = record.orders();
    let identity = orders.identity.as_str();
    assert!(identity.starts_with("agent-") && identity.len() == "agent-".len() + 8, "{identity}");
    let persona = format!("--persona={}", persona.path().display());
    assert_eq!(record.arguments, ["connect", "--orders", persona.as_str()]);
    assert_eq!((orders.room.as_str(), orders.name.as_deref()), ("--room with $(id) 'quotes'", Some("Ada Lovelace")));

    let claims = TokenVerifier::with_api_key(crate::common::API_KEY, API_SECRET).verify(&orders.token).unwrap();
    assert_eq!((claims.sub.as_str(), claims.kind.as_str()), (identity, "agent"));
    assert_eq!(claims.video.room, "--room with $(id) 'quotes'");
    assert_eq!(claims.video.can_update_own_metadata, Some(true));
    assert!(!claims.video.room_admin && !claims.video.hidden);
    assert!(orders.url == "ws://127.0.0.1:9" && orders.lifeline, "{orders:?}");
    let known = ["PWD", "OLDPWD", "SHLVL", "_"];
    for (name, value) in &record.environment {
        let inherited = proto::worker::INHERITED_ENV.contains(&name.as_str());
        assert!(known.contains(&name.as_str()) || inherited, "{name}");
        assert!(!value.contains(API_SECRET), "the secret is in {name}");
    }
    // Ctrl-C in a terminal reaches the server's process group alone.
    assert_eq!(getpgid(Some(Pid::from_raw(record.pid))).unwrap(), Pid::from_raw(record.pid));
    server.shut_down().await;
    assert!(is_reaped(record.pid));
}

#[tokio::test]
async fn join_without_invitation_and_tokens_start_no_worker() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = TestServer::with_worker(&worker).await;
    let body = json!({"room_name": "lobby", "participant_name": "Abel", "invite_avatar": false});
    let answer: Value = server.post("/join-room", &body).await.json().await.unwrap();
    assert_eq!(answer["avatar_invited"], false);
    assert_eq!(server.get("/token?roomName=lobby&name=Abel").await.status(), 200);
    assert_eq!(server.workers().await, 0);
    // Once it is there, everyone is told so.
    server.invite("lobby").await;
    let answer: Value = server.post("/join-room", &body).await.json().await.unwrap();
    assert_eq!(answer["avatar_invited"], true);
    server.shut_down().await;
    assert_eq!(worker.records().len(), 1);
}
