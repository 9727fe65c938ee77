//! Servers that are slow, broken or gone, and jobs that do not start.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

use dispatch::core::{Assignment, Settings};
use dispatch::{Config, Control, JobEnd, JobLauncher, LaunchError, Profile, Snapshot};
use livekit_protocol::{JobStatus, JobTermination, server_message, worker_message};
use support::fake_server::FakeServer;
use support::{TestHandle, TestWorker, soon};
use tokio::sync::watch;

/// Jobs that never run, each for a reason that its id names.
struct Stubborn;

impl JobLauncher for Stubborn {
    type Handle = TestHandle;

    async fn start(&self, assignment: Assignment) -> Result<TestHandle, LaunchError> {
        match assignment.job.id.as_str() {
            "fails" => Err(LaunchError("no such program".to_owned())),
            "panics" => panic!("a fault in the launcher"),
            _ => std::future::pending().await,
        }
    }
}

fn quick(server: dispatch::Server, start_deadline: Duration) -> Config {
    let settings = Settings {
        // One test waits for it; for the others it must be long enough on a busy machine.
        link_deadline: Duration::from_secs(2),
        reconnect_least: Duration::from_millis(10),
        ..Settings::new(4).unwrap()
    };
    Config { server, profile: Profile::default(), settings, start_deadline }
}

#[tokio::test]
async fn jobs_that_do_not_start_are_reported_with_the_reason() {
    let server = FakeServer::start().await;
    let config = quick(server.server(), Duration::from_millis(50));
    let (snapshots, _) = watch::channel(Snapshot::default());
    let worker = tokio::spawn(dispatch::run(config, Stubborn, |_| None, Control::default(), snapshots));
    let mut connection = server.registered("AW_1").await;
    for (id, part) in [("fails", "no such program"), ("hangs", "within 50ms"), ("panics", "see the log")] {
        connection.assign(id).await;
        let (job, status, why) = connection.job_status().await;
        assert_eq!((job.as_str(), status), (id, JobStatus::JsFailed));
        assert!(why.contains(part), "{id}: {why}");
    }
    worker.abort();
}

#[tokio::test]
async fn a_job_that_is_ended_while_it_starts_is_not_started() {
    let server = FakeServer::start().await;
    let config = quick(server.server(), Duration::from_secs(60));
    let (snapshots, _) = watch::channel(Snapshot::default());
    let worker = tokio::spawn(dispatch::run(config, Stubborn, |_| None, Control::default(), snapshots));
    let mut connection = server.registered("AW_1").await;
    connection.assign("hangs").await;
    let termination = JobTermination { job_id: "hangs".to_owned() };
    connection.send(server_message::Message::Termination(termination)).await;
    let (_, status, why) = connection.job_status().await;
    assert_eq!(status, JobStatus::JsFailed);
    assert!(why.contains("before it had started"), "{why}");
    worker.abort();
}

#[tokio::test]
async fn a_server_that_never_answers_is_tried_again() {
    let server = FakeServer::start().await;
    let config = quick(server.server(), Duration::from_secs(1));
    let (snapshots, _) = watch::channel(Snapshot::default());
    let worker = tokio::spawn(dispatch::run(config, Stubborn, |_| None, Control::default(), snapshots));
    // It takes the connection, and says nothing.
    let silent = soon("a connection", server.0.accept()).await.unwrap();
    let mut connection = server.registered("AW_1").await;
    drop(silent);
    connection.assign("fails").await;
    worker.abort();
}

#[tokio::test]
async fn a_server_without_tls_behind_a_tls_address_is_tried_again() {
    let server = FakeServer::start().await;
    let address = format!("wss://{}", server.0.local_addr().unwrap());
    let config = quick(dispatch::Server::new(&address, "key", "a secret").unwrap(), Duration::from_secs(1));
    let (snapshots, _) = watch::channel(Snapshot::default());
    let worker = tokio::spawn(dispatch::run(config, Stubborn, |_| None, Control::default(), snapshots));
    for _ in 0..3 {
        let (mut stream, _) = soon("a connection", server.0.accept()).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    }
    assert!(!worker.is_finished());
    worker.abort();
}

#[tokio::test]
async fn what_cannot_be_read_is_left_aside() {
    let server = FakeServer::start().await;
    let mut worker = TestWorker::begin(server.server(), "", 1);
    let mut connection = server.registered("AW_1").await;
    for bytes in [vec![], vec![0xff; 64], b"hello".to_vec(), vec![0x0a, 0x7f]] {
        connection.send_bytes(bytes).await;
    }
    connection.assign("a").await;
    assert_eq!(worker.next_job().await.assignment.job.room, "room-a");
    assert_eq!(worker.snapshots.borrow().worker_id.as_deref(), Some("AW_1"));
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection_and_not_the_worker() {
    let server = FakeServer::start().await;
    let mut worker = TestWorker::begin(server.server(), "", 1);
    let mut connection = server.registered("AW_1").await;
    connection.send_bytes(vec![0; 2 << 20]).await;
    let mut connection = server.registered("AW_2").await;
    connection.assign("a").await;
    worker.next_job().await;
}

#[tokio::test]
async fn a_job_that_ended_while_the_server_was_away_is_told_later() {
    let server = FakeServer::start().await;
    let mut worker = TestWorker::begin(server.server(), "", 2);
    let mut connection = server.registered("AW_1").await;
    connection.assign("ends").await;
    let ends = worker.next_job().await;
    assert_eq!(connection.job_status().await.1, JobStatus::JsRunning);
    connection.assign("stays").await;
    let stays = worker.next_job().await;
    assert_eq!(connection.job_status().await.1, JobStatus::JsRunning);
    drop(connection);
    worker.until("disconnected", |snapshot| snapshot.worker_id.is_none()).await;
    ends.end.send(JobEnd::Failed("a fault".to_owned())).unwrap();
    worker.until("one job", |snapshot| snapshot.jobs.len() == 1).await;
    let mut connection = server.registered("AW_2").await;
    let worker_message::Message::MigrateJob(resumed) = connection.next().await else { panic!("another message") };
    assert_eq!(resumed.job_ids, ["stays"]);
    assert_eq!(connection.job_status().await, ("stays".to_owned(), JobStatus::JsRunning, String::new()));
    assert_eq!(connection.job_status().await, ("ends".to_owned(), JobStatus::JsFailed, "a fault".to_owned()));
    drop(stays);
}

#[tokio::test]
async fn the_second_signal_kills_and_the_server_hears_of_it_before_the_good_bye() {
    let server = FakeServer::start().await;
    let mut worker = TestWorker::begin(server.server(), "", 2);
    let mut connection = server.registered("AW_1").await;
    connection.assign("a").await;
    let job = worker.next_job().await;
    worker.control.drain.cancel();
    worker.until("draining", |snapshot| snapshot.draining).await;
    worker.control.stop.cancel();
    let mut last = None;
    while let Some(message) = connection.next_or_end().await {
        if let worker_message::Message::UpdateJob(update) = message {
            last = Some((update.status(), update.error));
        }
    }
    let (status, why) = last.expect("the job's end was not told");
    assert_eq!(status, JobStatus::JsFailed);
    assert!(why.contains("killed"), "{why}");
    soon("stopped", worker.task).await.unwrap().unwrap();
    assert!(job.end.is_closed(), "the job was not killed");
}
