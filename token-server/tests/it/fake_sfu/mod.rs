//! A LiveKit server that says who is in its rooms and takes dispatches, and does nothing else. It answers to a request whose
//! token permits that request and nothing more; to any other with 401.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, unreachable_pub)]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use livekit_api::access_token::{TokenVerifier, VideoGrants};
use livekit_protocol::participant_info::State as Joined;
use livekit_protocol::{
    AgentDispatch, CreateAgentDispatchRequest, DeleteAgentDispatchRequest, ListParticipantsRequest,
    ListParticipantsResponse, ListRoomsRequest, ListRoomsResponse, ParticipantInfo, Room, RoomParticipantIdentity,
};
use prost::Message;

use crate::common::{API_KEY, API_SECRET};

/// A LiveKit server that notes whom it is asked to remove, and what to dispatch.
pub struct FakeSfu {
    pub url: String,
    /// How many participants were taken out.
    pub removed: Arc<Mutex<usize>>,
    /// Who is in each room: identity and SID.
    pub people: Arc<Mutex<Vec<(String, String)>>>,
    /// How often it was asked who is in a room.
    pub looks: Arc<Mutex<usize>>,
    /// What was dispatched: the agent's name, the room, the metadata.
    pub dispatched: Arc<Mutex<Vec<(String, String, String)>>>,
}

#[derive(Clone)]
struct Shared {
    removed: Arc<Mutex<usize>>,
    people: Arc<Mutex<Vec<(String, String)>>>,
    looks: Arc<Mutex<usize>>,
    dispatched: Arc<Mutex<Vec<(String, String, String)>>>,
}

type Answer = Result<Vec<u8>, StatusCode>;

impl FakeSfu {
    /// One with somebody in every room.
    pub async fn start() -> Self {
        let people = Arc::new(Mutex::new(vec![("abel-1".to_owned(), "PA_0".to_owned())]));
        let shared = Shared { removed: Arc::default(), people, looks: Arc::default(), dispatched: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/twirp/livekit.AgentDispatchService/CreateDispatch", post(dispatch))
            .route("/twirp/livekit.AgentDispatchService/DeleteDispatch", post(take_back))
            .route("/twirp/livekit.RoomService/ListRooms", post(rooms))
            .route("/twirp/livekit.RoomService/ListParticipants", post(list))
            .route("/twirp/livekit.RoomService/RemoveParticipant", post(remove))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let Shared { removed, people, looks, dispatched } = shared;
        Self { url, removed, people, looks, dispatched }
    }

    /// From now on these are there, and nobody else.
    pub fn holds(&self, people: &[(&str, &str)]) {
        let people = people.iter().map(|(identity, sid)| ((*identity).to_owned(), (*sid).to_owned()));
        *self.people.lock().unwrap() = people.collect();
    }
}

async fn rooms(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    check(&headers, &VideoGrants { room_list: true, ..VideoGrants::default() })?;
    let nobody = shared.people.lock().unwrap().is_empty();
    let names = ListRoomsRequest::decode(body).unwrap().names.into_iter().filter(|_| !nobody);
    let rooms = names.map(|name| Room { name, ..Room::default() }).collect();
    Ok(ListRoomsResponse { rooms }.encode_to_vec())
}

async fn list(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    check(&headers, &administers(&ListParticipantsRequest::decode(body).unwrap().room))?;
    *shared.looks.lock().unwrap() += 1;
    let people = shared.people.lock().unwrap();
    let present = |(identity, sid): &(String, String)| ParticipantInfo {
        identity: identity.clone(),
        sid: sid.clone(),
        state: Joined::Active.into(),
        ..ParticipantInfo::default()
    };
    Ok(ListParticipantsResponse { participants: people.iter().map(present).collect() }.encode_to_vec())
}

async fn remove(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    check(&headers, &administers(&RoomParticipantIdentity::decode(body).unwrap().room))?;
    *shared.removed.lock().unwrap() += 1;
    Ok(Vec::new())
}

async fn dispatch(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    let asked = CreateAgentDispatchRequest::decode(body).unwrap();
    check(&headers, &administers(&asked.room))?;
    let mut dispatched = shared.dispatched.lock().unwrap();
    dispatched.push((asked.agent_name, asked.room, asked.metadata));
    Ok(AgentDispatch { id: format!("AD_{}", dispatched.len()), ..AgentDispatch::default() }.encode_to_vec())
}

async fn take_back(headers: HeaderMap, body: Bytes) -> Answer {
    check(&headers, &administers(&DeleteAgentDispatchRequest::decode(body).unwrap().room))?;
    Ok(Vec::new())
}

fn administers(room: &str) -> VideoGrants {
    VideoGrants { room_admin: true, room: room.to_owned(), ..VideoGrants::default() }
}

fn check(headers: &HeaderMap, needed: &VideoGrants) -> Result<(), StatusCode> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let claims = shown.and_then(|token| TokenVerifier::with_api_key(API_KEY, API_SECRET).verify(token).ok());
    claims.filter(|claims| claims.video == *needed).map(drop).ok_or(StatusCode::UNAUTHORIZED)
}
