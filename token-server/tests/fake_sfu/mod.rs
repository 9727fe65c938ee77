//! A LiveKit server that says who is in a room and takes dispatches, and does nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, unreachable_pub)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use livekit_protocol::{AgentDispatch, CreateAgentDispatchRequest, ListParticipantsResponse, ParticipantInfo};
use prost::Message as _;

/// A LiveKit server that knows one person, and notes whom it is asked to remove.
pub struct FakeSfu {
    pub url: String,
    /// How many participants were taken out.
    pub removed: Arc<Mutex<usize>>,
    /// Whether the person is there.
    pub somebody: Arc<AtomicBool>,
    /// What was dispatched: the agent's name, the room, the metadata.
    pub dispatched: Arc<Mutex<Vec<(String, String, String)>>>,
}

#[derive(Clone)]
struct Shared {
    removed: Arc<Mutex<usize>>,
    somebody: Arc<AtomicBool>,
    dispatched: Arc<Mutex<Vec<(String, String, String)>>>,
}

impl FakeSfu {
    pub async fn start() -> Self {
        let somebody = Arc::new(AtomicBool::new(true));
        let shared = Shared { removed: Arc::default(), somebody, dispatched: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let list = async |State(shared): State<Shared>| {
            let person = ParticipantInfo { identity: "abel-1".into(), ..ParticipantInfo::default() };
            let there = shared.somebody.load(Ordering::Relaxed);
            ListParticipantsResponse { participants: there.then_some(person).into_iter().collect() }.encode_to_vec()
        };
        let remove = async |State(shared): State<Shared>| {
            *shared.removed.lock().unwrap() += 1;
            Vec::new()
        };
        let dispatch = async |State(shared): State<Shared>, body: Bytes| {
            let asked = CreateAgentDispatchRequest::decode(body).unwrap();
            let mut dispatched = shared.dispatched.lock().unwrap();
            dispatched.push((asked.agent_name, asked.room, asked.metadata));
            AgentDispatch { id: format!("AD_{}", dispatched.len()), ..AgentDispatch::default() }.encode_to_vec()
        };
        let router = Router::new()
            .route("/twirp/livekit.AgentDispatchService/CreateDispatch", post(dispatch))
            .route("/twirp/livekit.AgentDispatchService/DeleteDispatch", post(async || Vec::<u8>::new()))
            .route("/twirp/livekit.RoomService/ListParticipants", post(list))
            .route("/twirp/livekit.RoomService/RemoveParticipant", post(remove))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, removed: shared.removed, somebody: shared.somebody, dispatched: shared.dispatched }
    }
}
