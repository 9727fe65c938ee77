//! One function per endpoint.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::State;
use axum::http::{Method, Uri};
use axum::{Extension, Json};
use proto::http::{
    AvatarState, ErrorCode, HealthResponse, InviteAvatarRequest, InviteAvatarResponse, JoinRoomRequest,
    JoinRoomResponse, TokenQuery, TokenResponse,
};
use proto::names::{AvatarName, Identity, RoomName};
use tracing::{error, info, warn};

use super::App;
use super::extract::{JsonBody, QueryFields};
use super::problem::Problem;
use crate::callers::Caller;
use crate::persona::Persona;
use crate::tokens::Description;

/// `POST /join-room`: a token with a fresh identity, and the avatar unless it is not wanted.
pub(super) async fn join_room(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    JsonBody(request): JsonBody<JoinRoomRequest>,
) -> Result<Json<JoinRoomResponse>, Problem> {
    let room = request.room_name;
    check_room(&caller, &room)?;
    let identity = Identity::for_person(&request.participant_name, rand::random());
    let persona = wanted_persona(&app, request.avatar_name.as_ref())?;
    let token = person_token(&app, &room, &identity, request.participant_name.as_str())?;
    let present = if request.invite_avatar {
        let state = invite(&app, &caller, &room, persona).await;
        state.is_some_and(AvatarState::is_invited).then(|| who_came(&app, &room, persona))
    } else {
        app.fleet.present(&room)
    };
    let avatar_invited = present.is_some();
    if request.invite_avatar && avatar_invited {
        app.quotas.asked(&caller.client, &room);
        app.arrivals.invited(&room, Some(&identity), request.avatar_name);
    }
    info!(%room, %identity, avatar_invited, "token handed out");
    Ok(Json(JoinRoomResponse {
        token,
        room_name: room,
        identity: identity.into(),
        livekit_url: app.public_url.to_string(),
        avatar_invited,
        avatar_name: present.unwrap_or_else(|| Arc::clone(persona)).name.clone(),
    }))
}

/// `GET /token`: a token alone.
pub(super) async fn token(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    QueryFields(query): QueryFields<TokenQuery>,
) -> Result<Json<TokenResponse>, Problem> {
    let room = query.room_name;
    check_room(&caller, &room)?;
    let identity = match (query.identity, &query.name) {
        (Some(chosen), _) => free_identity(&app, &room, chosen.into()).await?,
        (None, Some(name)) => Identity::for_person(name, rand::random()),
        (None, None) => Identity::for_guest(rand::random()),
    };
    let display_name = query.name.as_ref().map_or(identity.as_str(), |name| name.as_str());
    let token = person_token(&app, &room, &identity, display_name)?;
    info!(%room, %identity, "token handed out");
    Ok(Json(TokenResponse {
        token,
        livekit_url: app.public_url.to_string(),
        room_name: room,
        identity: identity.into(),
    }))
}

/// `POST /invite-avatar`: the avatar, for a room where someone is already.
pub(super) async fn invite_avatar(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    JsonBody(request): JsonBody<InviteAvatarRequest>,
) -> Result<Json<InviteAvatarResponse>, Problem> {
    check_room(&caller, &request.room_name)?;
    let persona = wanted_persona(&app, request.avatar_name.as_ref())?;
    let state = invite(&app, &caller, &request.room_name, persona).await.ok_or_else(|| {
        Problem::new(ErrorCode::QuotaReached, "you have as many rooms with an agent as you may; end one of them")
    })?;
    let came = who_came(&app, &request.room_name, persona);
    if state.is_invited() {
        app.quotas.asked(&caller.client, &request.room_name);
        app.arrivals.invited(&request.room_name, None, request.avatar_name);
    }
    Ok(Json(InviteAvatarResponse {
        room_name: request.room_name,
        avatar_name: came.name.clone(),
        avatar_invited: state.is_invited(),
        state,
    }))
}

/// `GET /healthz`: that this server takes requests, and how many workers it has.
pub(super) async fn health(State(app): State<App>) -> Json<HealthResponse> {
    let load = app.fleet.load();
    Json(HealthResponse { status: "ok".to_owned(), workers: load.workers, max_workers: load.max_workers })
}

/// Any other path.
pub(super) async fn not_found(uri: Uri) -> Problem {
    Problem::new(ErrorCode::NotFound, format!("there is nothing at {}", uri.path()))
}

/// A known path with another method.
pub(super) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::new(ErrorCode::MethodNotAllowed, format!("{} does not take {method}", uri.path()))
}

/// Refuses a room that is not one of the caller's.
pub(super) fn check_room(caller: &Caller, room: &RoomName) -> Result<(), Problem> {
    if caller.may_enter(room) {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::Forbidden, format!("room_name: your JWT is not for `{room}`; ask for a room of yours")))
}

/// Brings the avatar, unless the caller's client has as many as it may: `None`.
async fn invite(app: &App, caller: &Caller, room: &RoomName, persona: &Arc<Persona>) -> Option<AvatarState> {
    let Some(place) = app.quotas.reserve(&caller.client, room, |room| app.fleet.present(room).is_some()) else {
        info!(%room, client = ?caller.client, "no avatar: this client has as many as it may");
        return None;
    };
    let state = app.fleet.invite(room, persona).await;
    if state.is_invited() {
        place.keep();
    }
    Some(state)
}

/// The persona that a caller names, or the default one.
fn wanted_persona<'a>(app: &'a App, name: Option<&AvatarName>) -> Result<&'a Arc<Persona>, Problem> {
    let Some(name) = name else { return Ok(app.personas.default_persona()) };
    app.personas.named(name).ok_or_else(|| {
        let message = format!("avatar_name: no avatar is called `{name}`; there is {}", app.personas.names());
        Problem::new(ErrorCode::UnknownAvatar, message)
    })
}

/// Who is in the room after an invitation: someone else than the one invited, when they were there before.
fn who_came(app: &App, room: &RoomName, invited: &Arc<Persona>) -> Arc<Persona> {
    app.fleet.present(room).unwrap_or_else(|| Arc::clone(invited))
}

/// Makes sure that nobody in the room has the identity that a caller chose: joining with it would throw them out.
pub(super) async fn free_identity(app: &App, room: &RoomName, identity: Identity) -> Result<Identity, Problem> {
    match app.rooms.is_present(room, &identity).await {
        Ok(false) => Ok(identity),
        Ok(true) => {
            Err(Problem::new(ErrorCode::IdentityTaken, format!("identity: `{identity}` is in the room already")))
        }
        Err(error) => {
            warn!(%room, %error, "cannot tell whether an identity is free");
            Err(Problem::new(
                ErrorCode::SfuUnreachable,
                "identity: cannot tell whether it is free, as the LiveKit server does not answer; try again, or leave it out",
            ))
        }
    }
}

fn person_token(app: &App, room: &RoomName, identity: &Identity, display_name: &str) -> Result<String, Problem> {
    described_token(app, room, identity, display_name, Description::default())
}

/// A person's token, or the answer when none can be made.
pub(super) fn described_token(
    app: &App,
    room: &RoomName,
    identity: &Identity,
    display_name: &str,
    description: Description,
) -> Result<String, Problem> {
    let token = app.minter.described_person(SystemTime::now(), room, identity, display_name, description);
    token.map_err(|error| {
        error!(%room, %error, "no token");
        Problem::new(ErrorCode::Internal, "no token can be made; the server's log has more")
    })
}
