//! `POST /join-room`.

use std::time::Duration;

use proto::http::{ErrorBody, JOIN_ROOM_PATH, JoinRoomRequest, JoinRoomResponse};
use proto::names::{ParticipantName, RoomName};

use super::{CallerError, CallerPlan};

/// How long the token service may take.
const DEADLINE: Duration = Duration::from_secs(15);
/// How much of an answer that is no error body is quoted.
const QUOTE: usize = 200;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// Asks the token service for a token, with the avatar invited. Blocking.
pub(crate) fn join_room(plan: &CallerPlan) -> Result<JoinRoomResponse, CallerError> {
    let url = format!("{}{JOIN_ROOM_PATH}", plan.server.trim_end_matches('/'));
    let refused = |message: String| CallerError::Join { url: url.clone(), message };
    let room = RoomName::parse(&plan.room).map_err(|error| CallerError::Plan(format!("room: {error}")))?;
    let name = ParticipantName::parse(&plan.name).map_err(|error| CallerError::Plan(format!("name: {error}")))?;
    let config = ureq::Agent::config_builder().timeout_global(Some(DEADLINE)).http_status_as_error(false).proxy(None);
    let agent: ureq::Agent = config.build().into();
    let answer = agent.post(&url).send_json(JoinRoomRequest::new(room, name));
    let mut answer = answer.map_err(|error| refused(error.to_string()))?;
    let body = answer.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec();
    let body = body.map_err(|error| refused(error.to_string()))?;
    if !answer.status().is_success() {
        let message = serde_json::from_slice::<ErrorBody>(&body).map(|body| body.error.message);
        let message = message.unwrap_or_else(|_| String::from_utf8_lossy(&body).chars().take(QUOTE).collect());
        return Err(refused(format!("{}: {message}", answer.status())));
    }
    serde_json::from_slice(&body).map_err(|error| refused(format!("an answer we do not understand: {error}")))
}
