//! The endpoints that stock LiveKit frontends know: `TokenSource.endpoint`, its sandbox form, and Meet's.
//!
//! A token from here starts no worker: frontends fetch tokens when a page is opened, and again when a call ends. The
//! worker starts when its owner has joined ([`crate::arrivals`]).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use proto::http::ErrorCode;
use proto::names::{AvatarName, Identity, NameError, ParticipantName, RoomName};
use proto::token_source::{
    AgentDispatch, ConnectionDetails, ConnectionDetailsQuery, LimitError, Metadata, TokenSourceRequest,
    TokenSourceResponse,
};
use tracing::info;

use super::App;
use super::extract::{JsonBody, QueryFields};
use super::handlers::{check_room, described_token, free_identity};
use super::problem::Problem;
use crate::callers::Caller;
use crate::tokens::Description;

/// `POST /token` and the sandbox form of it.
pub(super) async fn token_source(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    JsonBody(request): JsonBody<TokenSourceRequest>,
) -> Result<(StatusCode, Json<TokenSourceResponse>), Problem> {
    // Nobody can be in a room that is only now thought of.
    let is_fresh = request.room_name.is_none() && caller.only_room().is_none();
    let room = match request.room_name.clone().or_else(|| caller.only_room().cloned()) {
        Some(room) => room,
        None if caller.may_enter_any() => RoomName::fresh(rand::random()),
        None => {
            let message = "room_name: name one of the rooms that your JWT is for";
            return Err(Problem::new(ErrorCode::Forbidden, message));
        }
    };
    check_room(&caller, &room)?;
    let agents = dispatched(&app, request.agents());
    let avatar = avatar_among(&app, request.agents());
    let identity = match (request.participant_identity, &request.participant_name) {
        (Some(chosen), _) if is_fresh => chosen.into(),
        (Some(chosen), _) => free_identity(&app, &room, chosen.into()).await?,
        (None, Some(name)) => Identity::for_person(name, rand::random()),
        (None, None) => Identity::for_guest(rand::random()),
    };
    let name = request.participant_name.map_or_else(|| identity.to_string(), String::from);
    let is_dispatched = !agents.is_empty();
    let description =
        Description { metadata: request.participant_metadata, attributes: request.participant_attributes, agents };
    let participant_token = described_token(&app, &room, &identity, &name, description)?;
    // The LiveKit server sends for those agents; two agents in one room would talk at once.
    if !is_dispatched {
        app.quotas.asked(&caller.client, &room);
        app.arrivals.issued(&room, &identity, avatar);
    }
    info!(%room, %identity, "token handed out");
    let server_url = app.public_url.to_string();
    let answer = TokenSourceResponse { server_url, participant_token, participant_name: name, room_name: room };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// The agents that the operator allows, of those that are asked for. The others are left out, as the room then simply
/// has our avatar: a starter that names an agent of its own works unchanged.
fn dispatched(app: &App, agents: &[AgentDispatch]) -> Vec<AgentDispatch> {
    let allowed = |agent: &&AgentDispatch| {
        agent.agent_name.as_ref().is_some_and(|name| app.dispatched_agents.iter().any(|known| known == name))
    };
    agents.iter().filter(allowed).cloned().collect()
}

/// The first of the agents that is one of our own personas: the one who comes then.
fn avatar_among(app: &App, agents: &[AgentDispatch]) -> Option<AvatarName> {
    let names = agents.iter().filter_map(|agent| AvatarName::parse(agent.agent_name.as_deref()?).ok());
    names.into_iter().find(|name| app.personas.named(name).is_some())
}

/// A failure as Meet expects it: the message alone, in plain text.
pub(super) struct PlainProblem(Problem);

impl From<Problem> for PlainProblem {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for PlainProblem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, self.0.message).into_response()
    }
}

/// `GET /api/connection-details`, as LiveKit Meet asks.
pub(super) async fn connection_details(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: Result<QueryFields<ConnectionDetailsQuery>, Problem>,
) -> Result<Json<ConnectionDetails>, PlainProblem> {
    let QueryFields(query) = query?;
    let room = required("roomName", query.room_name, RoomName::parse)?;
    let name = required("participantName", query.participant_name, ParticipantName::parse)?;
    check_room(&caller, &room)?;
    let metadata = query.metadata.map(Metadata::try_from).transpose();
    let metadata = metadata.map_err(|error: LimitError| invalid("metadata", &error))?;
    let identity = Identity::for_person(&name, rand::random());
    let description = Description { metadata, ..Description::default() };
    let participant_token = described_token(&app, &room, &identity, name.as_str(), description)?;
    app.quotas.asked(&caller.client, &room);
    app.arrivals.issued(&room, &identity, None);
    info!(%room, %identity, "token handed out");
    let server_url = app.public_url.to_string();
    Ok(Json(ConnectionDetails { server_url, room_name: room, participant_token, participant_name: name }))
}

/// A name that must be there. An empty one counts as absent.
fn required<T>(
    field: &'static str,
    text: Option<String>,
    parse: impl Fn(&str) -> Result<T, NameError>,
) -> Result<T, Problem> {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => parse(&text).map_err(|error| invalid(field, &error)),
        None => Err(Problem::new(ErrorCode::InvalidField, format!("Missing required query parameter: {field}"))),
    }
}

fn invalid(field: &str, error: &dyn std::error::Error) -> Problem {
    Problem::new(ErrorCode::InvalidField, format!("{field}: {error}"))
}
