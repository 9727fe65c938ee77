//! What the tests share.

#![allow(dead_code, reason = "not every test file uses all of it")]

pub mod faulty;
pub mod redis_server;

use std::sync::Arc;
use std::time::Duration;

use redis_server::RedisServer;

use calls::{Begun, CallRecord, CallStore, Lease, NewCall, Turn};
use chat::Role;

/// How long anything in a test may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub type Store = Arc<dyn CallStore>;

/// A store, and what keeps it alive.
pub struct TestStore {
    pub store: Store,
    _keeps: Box<dyn std::any::Any + Send>,
}

impl TestStore {
    pub fn memory() -> Self {
        Self { store: Arc::new(calls::Guarded::new(calls::MemoryStore::default(), PATIENCE)), _keeps: Box::new(()) }
    }

    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("calls.db").display()).parse().unwrap();
        Self { store: calls::open_with_deadline(&address, PATIENCE).unwrap(), _keeps: Box::new(folder) }
    }

    pub fn redis() -> Self {
        let server = RedisServer::start(&[]);
        let address = server.address().parse().unwrap();
        Self { store: calls::open_with_deadline(&address, PATIENCE).unwrap(), _keeps: Box::new(server) }
    }
}

pub fn new_call(room: &str) -> NewCall {
    NewCall { room: room.to_owned(), persona: None, holder: format!("agent-{room}"), invited: false }
}

/// Begins a call in a room that has none.
pub async fn begun(store: &Store, room: &str) -> CallRecord {
    match store.begin(&new_call(room)).await.unwrap() {
        Begun::New(record) => record,
        Begun::Already(record) => panic!("there was one: {record:?}"),
    }
}

pub fn later(lease: &Lease, generations: u32) -> Lease {
    let number = lease.generation.get() + generations;
    Lease { generation: calls::Generation::new(number).unwrap(), ..lease.clone() }
}

pub fn turn(number: u64, text: &str) -> Turn {
    Turn::new(number, if number % 2 == 1 { Role::User } else { Role::Assistant }, text)
}

pub fn numbers(turns: &[Turn]) -> Vec<u64> {
    turns.iter().map(Turn::number).collect()
}
