//! The worker against a real LiveKit server.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::time::Duration;

use crate::support::sfu::{API_KEY, API_SECRET, Sfu};
use crate::support::{TestWorker, soon};
use dispatch::core::Settings;
use dispatch::{JobEnd, RunError};
use livekit_api::access_token::TokenVerifier;
use livekit_protocol::JobStatus;

fn status(job: &livekit_protocol::Job) -> (JobStatus, String) {
    let state = job.state.clone().unwrap_or_default();
    (state.status(), state.error)
}

#[tokio::test]
async fn a_dispatch_becomes_an_assignment_with_a_token_for_its_room_and_its_end_is_told() {
    let sfu = Sfu::start().await;
    let mut worker = TestWorker::registered(&sfu, "helper", 2).await;
    let dispatch = sfu.dispatch("kitchen", "helper", "{\"persona\":\"chef\"}").await;
    let job = worker.next_job().await;
    assert_eq!((job.assignment.job.room.as_str(), job.assignment.job.agent_name.as_str()), ("kitchen", "helper"));
    assert_eq!(job.assignment.job.metadata, "{\"persona\":\"chef\"}");
    assert_eq!(job.assignment.job.dispatch_id, dispatch.id);
    let claims = TokenVerifier::with_api_key(API_KEY, API_SECRET).verify(&job.assignment.token).unwrap();
    assert_eq!((claims.video.room.as_str(), claims.video.room_join, claims.kind.as_str()), ("kitchen", true, "agent"));
    assert_eq!(claims.sub, format!("agent-{}", job.assignment.job.id));
    assert_eq!((claims.name.as_str(), claims.attributes["lk.agent.state"].as_str()), ("Test Agent", "initializing"));
    assert!(claims.exp > 0 && !claims.video.room_admin);
    let known = sfu.until_jobs("the job runs", "kitchen", |jobs| jobs.len() == 1).await;
    assert_eq!(status(&known[0]).0, JobStatus::JsRunning);
    let id = job.assignment.job.id.to_string();
    job.end.send(JobEnd::Failed("no model".to_owned())).unwrap();
    worker.until("no job", |snapshot| snapshot.jobs.is_empty()).await;
    sfu.until_ended(&id, "JS_FAILED").await;
    // It has heard, and lists the job as before: this list is no way to learn of an end.
    assert_eq!(status(&sfu.jobs("kitchen").await[0]).0, JobStatus::JsRunning);
    // The same connection serves the next one.
    sfu.dispatch("cellar", "helper", "").await;
    assert_eq!(worker.next_job().await.assignment.job.room, "cellar");
}

#[tokio::test]
async fn a_room_that_is_created_with_agents_sends_for_them() {
    let sfu = Sfu::start().await;
    let mut worker = TestWorker::registered(&sfu, "helper", 2).await;
    sfu.create_room("hall", "helper", "a note").await;
    let job = worker.next_job().await;
    assert_eq!((job.assignment.job.room.as_str(), job.assignment.job.metadata.as_str()), ("hall", "a note"));
}

#[tokio::test]
async fn a_user_whose_token_names_an_agent_gets_one_by_joining() {
    let sfu = Sfu::start().await;
    let mut worker = TestWorker::registered(&sfu, "helper", 2).await;
    let _user = sfu.join("attic", "ada", "helper").await;
    let job = worker.next_job().await;
    assert_eq!((job.assignment.job.room.as_str(), job.assignment.job.agent_name.as_str()), ("attic", "helper"));
}

#[tokio::test]
async fn a_worker_without_a_name_is_sent_to_every_new_room() {
    let sfu = Sfu::start().await;
    let mut worker = TestWorker::registered(&sfu, "", 2).await;
    sfu.rooms().create_room("hall", Default::default()).await.unwrap();
    let job = worker.next_job().await;
    assert_eq!((job.assignment.job.room.as_str(), job.assignment.job.agent_name.as_str()), ("hall", ""));
}

#[tokio::test]
async fn a_deleted_dispatch_ends_its_job() {
    let sfu = Sfu::start().await;
    let mut worker = TestWorker::registered(&sfu, "helper", 2).await;
    let dispatch = sfu.dispatch("kitchen", "helper", "").await;
    let deleted = worker.next_job().await;
    // A dispatch that is deleted before the server has noted down who took it (up to 5 s) leaves its job running.
    sfu.until_jobs("the job is noted", "kitchen", |jobs| jobs.len() == 1).await;
    sfu.dispatches().delete_dispatch(dispatch.id, "kitchen").await.unwrap();
    soon("terminated", deleted.terminated).await.unwrap();
    deleted.end.send(JobEnd::Success).unwrap();
    worker.until("no job", |snapshot| snapshot.jobs.is_empty() && snapshot.worker_id.is_some()).await;
}

#[tokio::test]
async fn two_workers_share_jobs_and_a_full_one_gets_none() {
    let sfu = Sfu::start().await;
    let mut small = TestWorker::registered(&sfu, "helper", 1).await;
    let mut large = TestWorker::registered(&sfu, "helper", 4).await;
    let mut jobs = Vec::new();
    for number in 0..5 {
        sfu.dispatch(&format!("room-{number}"), "helper", "").await;
        let job = soon("a job on either", async {
            tokio::select! {
                job = small.jobs.recv() => job.unwrap(),
                job = large.jobs.recv() => job.unwrap(),
            }
        });
        jobs.push(job.await);
    }
    let rooms: HashSet<String> = jobs.iter().map(|job| job.assignment.job.room.clone()).collect();
    assert_eq!(rooms.len(), 5, "each room has one agent");
    let counts = [small.snapshots.borrow().jobs.len(), large.snapshots.borrow().jobs.len()];
    assert_eq!(counts, [1, 4], "five places, five jobs, none above the cap");
}

#[tokio::test]
async fn a_busy_worker_is_given_jobs_up_to_its_own_threshold() {
    let sfu = Sfu::start().await;
    // From a load of 0.7 on the server gives nothing; where the threshold is 1, the load does not count.
    for (name, load_threshold, load) in [("busy", 0.75, 0.73), ("busier", 0.95, 0.9), ("tireless", 1.0, 1.0)] {
        let settings = Settings { load_threshold, ..Settings::new(2).unwrap() };
        let mut worker = TestWorker::begin_loaded(sfu.server(), name, settings, load);
        worker.until("its load is known", |snapshot| snapshot.worker_id.is_some() && snapshot.load >= load).await;
        sfu.dispatch(&format!("room-{name}"), name, "").await;
        worker.next_job().await;
    }
}

#[tokio::test]
async fn many_dispatches_at_once_never_exceed_the_cap() {
    let sfu = Sfu::start().await;
    let mut worker = TestWorker::registered(&sfu, "helper", 2).await;
    let names: Vec<String> = (0..6).map(|number| format!("room-{number}")).collect();
    let (mut dispatches, mut jobs) = (tokio::task::JoinSet::new(), Vec::new());
    for room in names {
        let client = sfu.dispatches();
        let agent_name = "helper".to_owned();
        let request = livekit_protocol::CreateAgentDispatchRequest { room, agent_name, ..Default::default() };
        dispatches.spawn(async move { client.create_dispatch(request).await.unwrap() });
    }
    soon("all are dispatched", dispatches.join_all()).await;
    for _ in 0..2 {
        jobs.push(worker.next_job().await);
    }
    assert_eq!(worker.until("full", |snapshot| !snapshot.available).await.jobs.len(), 2);
    // The worker drains in peace: whatever else was offered, it was not taken.
    for job in jobs {
        job.end.send(JobEnd::Success).unwrap();
    }
    worker.control.drain.cancel();
    soon("drained", &mut worker.task).await.unwrap().unwrap();
    assert!(worker.jobs.try_recv().is_err(), "a third job was started");
}

#[tokio::test]
async fn the_server_starts_nothing_anew_when_a_worker_is_gone() {
    let sfu = Sfu::start().await;
    let mut lost = TestWorker::registered(&sfu, "helper", 1).await;
    let mut other = TestWorker::registered(&sfu, "helper", 1).await;
    sfu.dispatch("kitchen", "helper", "").await;
    let job = soon("a job on either", async {
        tokio::select! {
            job = lost.jobs.recv() => job.unwrap(),
            job = other.jobs.recv() => {
                std::mem::swap(&mut lost, &mut other);
                job.unwrap()
            }
        }
    });
    let job = job.await;
    sfu.until_jobs("the job is noted", "kitchen", |jobs| jobs.len() == 1).await;
    lost.task.abort();
    assert!(lost.task.await.unwrap_err().is_cancelled());
    // The room is asked for an agent again: it is this dispatch that the other worker gets, and no job before it.
    let again = sfu.dispatch("kitchen", "helper", "again").await;
    let next = other.next_job().await;
    assert_eq!(next.assignment.job.dispatch_id, again.id);
    assert_ne!(next.assignment.job.id, job.assignment.job.id);
    // The server goes on to list the lost job as running: whoever watches over rooms must not believe it.
    let known = sfu.jobs("kitchen").await;
    let old = known.iter().find(|known| known.id == job.assignment.job.id.as_str());
    assert_eq!(old.map(status), Some((JobStatus::JsRunning, String::new())));
}

#[tokio::test]
async fn a_worker_comes_back_after_the_server_restarts_and_keeps_its_jobs() {
    let mut sfu = Sfu::start().await;
    let mut worker = TestWorker::registered(&sfu, "helper", 2).await;
    sfu.dispatch("kitchen", "helper", "").await;
    let job = worker.next_job().await;
    let first = worker.until("registered", |snapshot| snapshot.worker_id.is_some()).await.worker_id;
    sfu.kill();
    worker.until("disconnected", |snapshot| snapshot.worker_id.is_none()).await;
    sfu.run().await;
    let after = worker.until("registered again", |snapshot| snapshot.worker_id.is_some()).await;
    assert_ne!(after.worker_id, first);
    assert_eq!(after.jobs.len(), 1, "a call goes on without its scheduler");
    // What the server never heard of ends without harm to the connection.
    job.end.send(JobEnd::Success).unwrap();
    worker.until("no job", |snapshot| snapshot.jobs.is_empty()).await;
    sfu.dispatch("cellar", "helper", "").await;
    assert_eq!(worker.next_job().await.assignment.job.room, "cellar");
    assert_eq!(worker.snapshots.borrow().worker_id, after.worker_id, "still the same connection");
}

#[tokio::test]
async fn the_server_answers_the_pings_of_an_idle_worker() {
    let sfu = Sfu::start().await;
    let (ping_interval, pong_deadline) = (Duration::from_millis(50), Duration::from_millis(400));
    let settings = Settings { ping_interval, pong_deadline, ..Settings::new(1).unwrap() };
    let mut worker = TestWorker::begin_with(sfu.server(), "helper", settings);
    worker.until("registered", |snapshot| snapshot.worker_id.is_some()).await;
    // Without an answer it would leave the server before this is over.
    let lost = worker.snapshots.wait_for(|snapshot| snapshot.worker_id.is_none());
    assert!(tokio::time::timeout(3 * pong_deadline, lost).await.is_err(), "the connection was given up");
}

#[tokio::test]
async fn a_worker_that_starts_before_its_server_waits_for_it() {
    let mut sfu = Sfu::start().await;
    sfu.kill();
    let mut worker = TestWorker::begin(sfu.server(), "helper", 1);
    sfu.run().await;
    worker.until("registered", |snapshot| snapshot.worker_id.is_some()).await;
    worker.drained().await;
}

#[tokio::test]
async fn draining_lets_a_job_end_and_new_ones_go_elsewhere() {
    let sfu = Sfu::start().await;
    let mut leaving = TestWorker::registered(&sfu, "helper", 4).await;
    sfu.dispatch("kitchen", "helper", "").await;
    let job = leaving.next_job().await;
    let id = job.assignment.job.id.to_string();
    let mut staying = TestWorker::registered(&sfu, "helper", 4).await;
    leaving.control.drain.cancel();
    leaving.until("draining", |snapshot| snapshot.draining).await;
    for number in 0..3 {
        sfu.dispatch(&format!("room-{number}"), "helper", "").await;
        staying.next_job().await;
    }
    assert!(!leaving.task.is_finished(), "the call was cut");
    job.end.send(JobEnd::Success).unwrap();
    soon("drained", leaving.task).await.unwrap().unwrap();
    sfu.until_ended(&id, "JS_SUCCESS").await;
}

#[tokio::test]
async fn a_wrong_secret_is_a_clear_error() {
    let sfu = Sfu::start().await;
    let server = sfu.server_with_secret("another secret, and it is a wrong one");
    let worker = TestWorker::begin(server, "helper", 1);
    let Err(RunError::Refused(why)) = soon("an answer", worker.task).await.unwrap() else { panic!("it was let in") };
    assert!(why.contains("401") && why.contains("LIVEKIT_API_SECRET"), "{why}");
}
