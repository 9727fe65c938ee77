//! Asks the LiveKit server who is in a room; takes somebody out of it; sends what is for everybody there.

use std::collections::HashSet;
use std::time::Duration;

use livekit_protocol::participant_info::{Kind, State};
use livekit_protocol::{
    ListParticipantsRequest, ListParticipantsResponse, ListRoomsRequest, ListRoomsResponse, ParticipantInfo,
    RemoveParticipantResponse, RoomParticipantIdentity, SendDataRequest, SendDataResponse,
};
use prost::Message;
use proto::names::{Identity, RoomName};

use crate::server_api::{ApiError, ServerApi};
use crate::tokens::Permission;

/// How long the LiveKit server may take to answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// Someone in a room, as the LiveKit server tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Their identity.
    pub identity: String,
    /// The SID of this one presence of theirs.
    pub sid: String,
}

/// Whether a participant is neither an agent nor one that only records or streams.
#[must_use]
pub fn is_person(participant: &ParticipantInfo) -> bool {
    matches!(Kind::try_from(participant.kind), Ok(Kind::Standard | Kind::Sip | Kind::Connector))
}

/// The LiveKit server's `RoomService`. A room that does not exist has nobody in it: that is no error.
#[derive(Clone)]
pub struct RoomService(ServerApi);

impl RoomService {
    /// Asks with this.
    #[must_use]
    pub fn new(api: ServerApi) -> Self {
        Self(api)
    }

    /// Whether someone in `room` has `identity`.
    ///
    /// # Errors
    /// [`ApiError`] when the server can't be asked.
    pub async fn is_present(&self, room: &RoomName, identity: &Identity) -> Result<bool, ApiError> {
        let participants = self.participants(room).await?;
        Ok(participants.iter().any(|participant| participant.identity == identity.as_str()))
    }

    /// Which of `rooms` exist: someone is there, was there a moment ago, or is about to join.
    ///
    /// # Errors
    /// [`ApiError`] when the server can't be asked.
    pub async fn existing(&self, rooms: &[RoomName]) -> Result<HashSet<String>, ApiError> {
        // Without a name it would list every room there is.
        if rooms.is_empty() {
            return Ok(HashSet::new());
        }
        let question = ListRoomsRequest { names: rooms.iter().map(RoomName::to_string).collect() };
        let answer: ListRoomsResponse =
            self.0.ask("RoomService/ListRooms", Permission::ListRooms, &question, DEADLINE).await?;
        Ok(answer.rooms.into_iter().map(|room| room.name).collect())
    }

    /// The people who have really joined `room`: not those who are still shaking hands, nor those who are gone.
    ///
    /// # Errors
    /// [`ApiError`] when the server can't be asked.
    pub async fn present(&self, room: &RoomName) -> Result<Vec<Present>, ApiError> {
        let joined = |participant: &ParticipantInfo| matches!(participant.state(), State::Joined | State::Active);
        let participants = self.participants(room).await?.into_iter().filter(joined).filter(is_person);
        Ok(participants.map(|participant| Present { identity: participant.identity, sid: participant.sid }).collect())
    }

    /// Everyone in `room`, in whatever state.
    ///
    /// # Errors
    /// [`ApiError`] when the server can't be asked.
    pub async fn participants(&self, room: &RoomName) -> Result<Vec<ParticipantInfo>, ApiError> {
        let question = ListParticipantsRequest { room: room.to_string() };
        let answer: Option<ListParticipantsResponse> = self.of(room, "RoomService/ListParticipants", &question).await?;
        Ok(answer.map(|answer| answer.participants).unwrap_or_default())
    }

    /// Takes a participant out of `room`. False when it was not there.
    ///
    /// # Errors
    /// [`ApiError`] when the server can't be asked.
    pub async fn remove(&self, room: &RoomName, identity: &str) -> Result<bool, ApiError> {
        let who = RoomParticipantIdentity {
            room: room.to_string(),
            identity: identity.to_owned(),
            ..RoomParticipantIdentity::default()
        };
        let answer: Option<RemoveParticipantResponse> = self.of(room, "RoomService/RemoveParticipant", &who).await?;
        Ok(answer.is_some())
    }

    /// Sends data to everybody in `room`. False when there is no such room.
    ///
    /// # Errors
    /// [`ApiError`] when the server can't be asked.
    pub async fn send(&self, room: &RoomName, topic: &str, data: Vec<u8>) -> Result<bool, ApiError> {
        let message = SendDataRequest {
            room: room.to_string(),
            data,
            topic: Some(topic.to_owned()),
            // By it the nodes of a server know that they have this message already.
            nonce: rand::random::<[u8; 16]>().to_vec(),
            ..SendDataRequest::default()
        };
        let answer: Option<SendDataResponse> = self.of(room, "RoomService/SendData", &message).await?;
        Ok(answer.is_some())
    }

    /// Asks about one room. `None` when the server knows of no such room or participant.
    async fn of<A: Message + Default>(
        &self,
        room: &RoomName,
        method: &str,
        question: &impl Message,
    ) -> Result<Option<A>, ApiError> {
        match self.0.ask(method, Permission::Administer(room), question, DEADLINE).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
