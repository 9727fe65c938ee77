//! Calls that LiveKit's scheduler gives to workers elsewhere: asked for again until somebody takes them, followed to their
//! end, and given to another one when theirs is silent.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Behaviour, FakeWorker, PATIENCE, TestServer, eventually, settings};
use crate::fake_sfu::FakeSfu;
use calls::{CallStore, Lease, Replacement, all_calls};
use proto::orders::JobMetadata;
use tempfile::TempDir;

struct World {
    sfu: FakeSfu,
    worker: FakeWorker,
    folder: TempDir,
    server: TestServer,
}

impl World {
    async fn new() -> Self {
        let (sfu, worker) = (FakeSfu::start().await, FakeWorker::new(&Behaviour::Obedient));
        Self::with(sfu, worker, tempfile::tempdir().unwrap()).await
    }

    async fn with(sfu: FakeSfu, worker: FakeWorker, folder: TempDir) -> Self {
        let store = address(&folder);
        let environment = [("LIVEKIT_URL", sfu.url.as_str()), ("VISAVIS_STORE", store.as_str())];
        let settings = settings(&worker.program(), &environment, |args| args.launcher = Some("dispatch".to_owned()));
        let server = TestServer::start(settings).await;
        Self { sfu, worker, folder, server }
    }

    /// The token server ends, and is started anew.
    async fn restarted(self) -> Self {
        let Self { sfu, worker, folder, server } = self;
        server.shut_down().await;
        Self::with(sfu, worker, folder).await
    }

    fn store(&self) -> Arc<dyn CallStore> {
        calls::open(&address(&self.folder)).unwrap()
    }

    async fn lease(&self) -> Lease {
        all_calls(&*self.store()).await.unwrap().remove(0).lease
    }

    /// The metadata of the `number`th dispatch, once there is one.
    async fn dispatched(&self, number: usize) -> JobMetadata {
        let (agent, room, metadata) = eventually(&format!("dispatch {number}"), PATIENCE, || {
            self.sfu.dispatched.lock().unwrap().get(number - 1).cloned()
        })
        .await;
        assert_eq!((agent.as_str(), room.as_str()), ("visavis", "lobby"));
        JobMetadata::read(&metadata)
    }
}

fn address(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("calls.db").display())
}

#[tokio::test]
async fn a_call_is_dispatched_with_its_id_and_followed_to_its_end() {
    let world = World::new().await;
    assert_eq!(world.server.join("lobby").await["avatar_invited"], true);
    let call = world.dispatched(1).await.call.unwrap();
    let lease = world.lease().await;
    assert_eq!((call.id, call.generation), (lease.call.to_string(), 1));
    world.store().beat(&lease).await.unwrap();
    assert_eq!(world.server.invite("lobby").await["state"], "running");
    world.store().end(&lease).await.unwrap();
    world.server.until_workers(0).await;
    assert_eq!(world.sfu.dispatched.lock().unwrap().len(), 1);
    assert!(world.worker.records().is_empty(), "this server starts nobody itself");
    world.server.shut_down().await;
}

#[tokio::test]
async fn a_call_that_nobody_takes_is_dispatched_again() {
    let world = World::new().await;
    world.server.join("lobby").await;
    let first = world.dispatched(1).await;
    assert_eq!(world.dispatched(2).await, first, "it is the same call for the same worker");
    world.store().beat(&world.lease().await).await.unwrap();
    world.server.shut_down().await;
}

#[tokio::test]
async fn a_call_whose_worker_is_silent_goes_to_another_one() {
    let world = World::new().await;
    world.server.join("lobby").await;
    let first = world.dispatched(1).await.call.unwrap();
    // One sign of life, then its host is lost.
    world.store().beat(&world.lease().await).await.unwrap();
    let second = world.dispatched(2).await.call.unwrap();
    assert_eq!((second.id, second.generation), (first.id, 2));
    world.server.shut_down().await;
}

#[tokio::test]
async fn a_server_that_starts_again_follows_the_calls_of_worker_hosts() {
    let world = World::new().await;
    world.server.join("lobby").await;
    let first = world.dispatched(1).await.call.unwrap();
    let (store, lease) = (world.store(), world.lease().await);
    store.beat(&lease).await.unwrap();
    let world = world.restarted().await;
    world.server.until_workers(1).await;
    // The host starts another process for it, without a word to anybody; then the host is lost.
    let Replacement::Replaced(second) = store.replace(&lease, "agent-second").await.unwrap() else {
        panic!("the call has another lease: {:?}", world.lease().await);
    };
    store.beat(&second.lease).await.unwrap();
    let third = world.dispatched(2).await.call.unwrap();
    assert_eq!((third.id, third.generation), (first.id, 3));
    assert!(world.worker.records().is_empty(), "this server starts nobody itself");
    world.server.shut_down().await;
}

#[tokio::test]
async fn when_the_server_ends_its_calls_go_on() {
    let world = World::new().await;
    world.server.join("lobby").await;
    world.dispatched(1).await;
    let lease = world.lease().await;
    world.store().beat(&lease).await.unwrap();
    let store = world.store();
    tokio::time::timeout(Duration::from_secs(5), world.server.shut_down()).await.expect("it waits for nobody");
    assert_eq!(all_calls(&*store).await.unwrap().remove(0).lease, lease);
}
