//! People who were cut off and come back with the token that they have, after the agent has left: whoever had invited it finds
//! another one.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use calls::{CallStore, Generation, all_calls};
use tempfile::TempDir;

use crate::common::{Behaviour, FakeWorker, PATIENCE, Record, TestServer, eventually, settings};
use crate::fake_sfu::FakeSfu;

/// A server whose first worker ends its call when it is told to, and who is in the rooms.
struct World {
    sfu: FakeSfu,
    worker: FakeWorker,
    server: TestServer,
    folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let (sfu, worker) = (FakeSfu::start().await, FakeWorker::new(&Behaviour::EndsItsCall));
        let folder = tempfile::tempdir().unwrap();
        let store = address(&folder);
        let environment = [("LIVEKIT_URL", sfu.url.as_str()), ("VISAVIS_STORE", store.as_str())];
        let server = TestServer::start(settings(&worker.program(), &environment, |_| {})).await;
        Self { sfu, worker, server, folder }
    }

    fn store(&self) -> Arc<dyn CallStore> {
        calls::open(&address(&self.folder)).unwrap()
    }

    /// Waits until the server has seen who is there now.
    async fn looked(&self) {
        let looks = || *self.sfu.looks.lock().unwrap();
        let before = looks();
        eventually("a look", PATIENCE, || (looks() > before).then_some(())).await;
    }

    /// The LiveKit server restarts: nobody is in the room, its agent is told so and ends the call.
    async fn everybody_is_cut_off(&self) {
        self.sfu.holds(&[]);
        self.worker.let_go().await;
        self.server.until_workers(0).await;
        assert!(all_calls(&*self.store()).await.unwrap().is_empty(), "the call is over");
    }

    /// The second worker, which has a call of its own.
    async fn second(&self, first: &Record) -> Record {
        let records = self.worker.started(2).await;
        let second = records.into_iter().find(|record| record.pid != first.pid).unwrap();
        assert_ne!(second.call().id, first.call().id);
        assert_eq!(second.call().generation, 1);
        let calls = all_calls(&*self.store()).await.unwrap();
        assert_eq!((calls.len(), calls[0].lease.generation), (1, Generation::FIRST));
        second
    }
}

fn address(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("calls.db").display())
}

#[tokio::test]
async fn who_joined_with_the_agent_finds_it_again() {
    let world = World::new().await;
    let identity = world.server.join("lobby").await["identity"].as_str().unwrap().to_owned();
    let first = world.worker.started(1).await.remove(0);
    world.sfu.holds(&[(&identity, "PA_1")]);
    world.looked().await;
    world.everybody_is_cut_off().await;
    world.sfu.holds(&[(&identity, "PA_2")]);
    world.second(&first).await;
    world.server.shut_down().await;
}

#[tokio::test]
async fn who_was_there_when_the_agent_was_invited_finds_it_again() {
    let world = World::new().await;
    world.sfu.holds(&[("abel", "PA_1")]);
    world.server.invite("lobby").await;
    let first = world.worker.started(1).await.remove(0);
    world.looked().await;
    world.everybody_is_cut_off().await;
    world.sfu.holds(&[("abel", "PA_2")]);
    world.second(&first).await;
    world.server.shut_down().await;
}
