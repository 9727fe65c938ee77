//! Workers that die, hang or outlive their server: what becomes of their calls. The LiveKit server is a small one of our own that
//! says who is in a room.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use calls::{CallStore, Generation, Lease, Turn, WorkerPlace, all_calls};
use chat::Role;
use nix::sys::signal::Signal;
use tempfile::TempDir;
use token_server::settings::Args;

use crate::common::{
    Behaviour, FakeWorker, PATIENCE, Record, TestServer, eventually, is_dead, is_reaped, send_signal, settings,
};
use crate::fake_sfu::FakeSfu;

/// A server whose calls are kept in a file, and what it needs.
struct World {
    worker: FakeWorker,
    sfu: FakeSfu,
    folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let worker = FakeWorker::new(&Behaviour::Stubborn);
        Self { worker, sfu: FakeSfu::start().await, folder: tempfile::tempdir().unwrap() }
    }

    fn store_address(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("calls.db").display())
    }

    fn store(&self) -> Arc<dyn CallStore> {
        calls::open(&self.store_address()).unwrap()
    }

    async fn server(&self, change: impl FnOnce(&mut Args)) -> TestServer {
        let (program, store) = (self.worker.program(), self.store_address());
        let environment = [("LIVEKIT_URL", self.sfu.url.as_str()), ("VISAVIS_STORE", store.as_str())];
        TestServer::start(settings(Path::new(&program), &environment, change)).await
    }

    async fn lease(&self) -> Lease {
        all_calls(&*self.store()).await.unwrap().remove(0).lease
    }

    /// The worker of this generation, once it has started.
    async fn worker_of(&self, generation: u32) -> Record {
        eventually(&format!("worker {generation}"), PATIENCE, || {
            let records = self.worker.records();
            records.into_iter().find(|record| record.call().generation == generation)
        })
        .await
    }
}

/// What a real worker would write into the store.
async fn live(store: &dyn CallStore, lease: &Lease, record: &Record) {
    store.beat(lease).await.unwrap();
    let place = WorkerPlace::of(u32::try_from(record.pid).unwrap()).unwrap();
    store.set_place(lease, &place).await.unwrap();
}

#[tokio::test]
async fn a_worker_that_is_killed_is_replaced_by_one_that_has_the_call() {
    let world = World::new().await;
    let server = world.server(|_| {}).await;
    server.join("lobby").await;
    let first = world.worker_of(1).await;
    let lease = world.lease().await;
    assert_eq!(first.call().id, lease.call.to_string());
    assert_eq!(first.environment["VISAVIS_STORE"], world.store_address());
    world.store().append(&lease, &[Turn::new(1, Role::User, "I am Ada.")]).await.unwrap();
    send_signal(first.pid, Signal::SIGKILL);
    let second = world.worker_of(2).await;
    assert_eq!(second.call().id, first.call().id);
    assert_ne!(second.orders().token, first.orders().token);
    assert_eq!(world.store().history(&world.lease().await).await.unwrap().len(), 1);
    eventually("the dead one was taken out of the room", PATIENCE, || {
        (*world.sfu.removed.lock().unwrap() == 1).then_some(())
    })
    .await;
    server.shut_down().await;
}

#[tokio::test]
async fn a_worker_that_hangs_is_killed_and_replaced() {
    let world = World::new().await;
    let server = world.server(|_| {}).await;
    server.join("lobby").await;
    let first = world.worker_of(1).await;
    // One sign of life, and then none.
    live(&*world.store(), &world.lease().await, &first).await;
    send_signal(first.pid, Signal::SIGSTOP);
    world.worker_of(2).await;
    eventually("the one that hung is gone", PATIENCE, || is_reaped(first.pid).then_some(())).await;
    server.shut_down().await;
}

#[tokio::test]
async fn a_worker_that_dies_where_nobody_waits_is_not_replaced() {
    let world = World::new().await;
    let server = world.server(|_| {}).await;
    server.join("lobby").await;
    let first = world.worker_of(1).await;
    world.sfu.holds(&[]);
    send_signal(first.pid, Signal::SIGKILL);
    let store = world.store();
    let over = async {
        while !all_calls(&*store).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, over).await.expect("the call is over");
    assert_eq!(world.worker.records().len(), 1);
    server.shut_down().await;
}

#[tokio::test]
async fn a_worker_that_dies_again_and_again_is_given_up() {
    let world = World::new().await;
    let server = world.server(|_| {}).await;
    server.join("lobby").await;
    for generation in 1..=6 {
        let worker = world.worker_of(generation).await;
        send_signal(worker.pid, Signal::SIGKILL);
    }
    server.until_workers(0).await;
    let store = world.store();
    let over = async {
        while !all_calls(&*store).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, over).await.expect("the call was given up");
    assert_eq!(world.worker.records().len(), 6);
    server.shut_down().await;
}

#[tokio::test]
async fn a_server_that_comes_back_adopts_the_workers_that_outlived_it() {
    let world = World::new().await;
    let leave = |args: &mut Args| args.on_server_exit = Some("leave".to_owned());
    let server = world.server(leave).await;
    server.join("lobby").await;
    let first = world.worker_of(1).await;
    live(&*world.store(), &world.lease().await, &first).await;
    server.shut_down().await;
    assert!(!is_dead(first.pid), "it goes on");

    let server = world.server(leave).await;
    server.until_workers(1).await;
    // It is known: nobody else is started for its room.
    assert_eq!(server.invite("lobby").await["state"], "running");
    assert_eq!(world.worker.records().len(), 1);
    // And when it dies it is replaced.
    send_signal(first.pid, Signal::SIGKILL);
    let second = world.worker_of(2).await;
    server.shut_down().await;
    send_signal(second.pid, Signal::SIGKILL);
}

#[tokio::test]
async fn a_server_that_comes_back_sees_to_calls_whose_workers_died_meanwhile() {
    let world = World::new().await;
    let server = world.server(|_| {}).await;
    server.join("lobby").await;
    let first = world.worker_of(1).await;
    let lease = world.lease().await;
    live(&*world.store(), &lease, &first).await;
    // It ends its workers, the call stays.
    server.shut_down().await;
    eventually("the worker is gone", PATIENCE, || is_dead(first.pid).then_some(())).await;
    let server = world.server(|_| {}).await;
    world.worker_of(2).await;
    assert_eq!(world.lease().await, Lease { generation: Generation::FIRST.next(), ..lease });
    server.shut_down().await;
}

#[tokio::test]
async fn without_a_store_a_worker_is_replaced_too() {
    let world = World::new().await;
    let program = world.worker.program();
    let server = TestServer::start(settings(&program, &[("LIVEKIT_URL", world.sfu.url.as_str())], |_| {})).await;
    server.join("lobby").await;
    let first = world.worker.started(1).await.remove(0);
    assert_eq!(first.orders().call, None);
    send_signal(first.pid, Signal::SIGKILL);
    world.worker.started(2).await;
    server.shut_down().await;
}
