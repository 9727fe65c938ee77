//! What only the operator may see and do. Without an admin key in the settings there is nothing here: 404.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use proto::http::ErrorCode;
use proto::names::RoomName;
use serde::Serialize;
use tracing::info;

use super::App;
use super::extract::{PathPart, bearer};
use super::handlers::not_found;
use super::problem::Problem;
use crate::fleet::rooms::RoomReport;

/// The rooms that have workers.
pub(super) const ROOMS_PATH: &str = "/rooms";
/// The numbers for Prometheus.
pub(super) const METRICS_PATH: &str = "/metrics";

/// The media type of version 0.0.4 of Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The answer to `GET /rooms`.
#[derive(Debug, Serialize)]
pub(super) struct RoomsResponse {
    rooms: Vec<RoomReport>,
    workers: usize,
    max_workers: usize,
}

/// The answer to `DELETE /rooms/{name}/agent`.
#[derive(Debug, Serialize)]
pub(super) struct EndedResponse {
    room_name: RoomName,
    state: &'static str,
}

/// Whether a path is guarded by the admin key, and so not by the keys of callers.
pub(super) fn is_admin(path: &str) -> bool {
    let below = |parent: &str| path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    below(ROOMS_PATH) || path == METRICS_PATH
}

/// Lets the operator pass.
pub(super) async fn admin_key(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(key) = &app.admin_key else { return not_found(request.uri().clone()).await.into_response() };
    let shown = bearer(request.headers()).is_some_and(|candidate| key.matches(candidate));
    if shown {
        return next.run(request).await;
    }
    Problem::new(ErrorCode::Unauthorized, "send this server's admin key as Authorization: Bearer KEY").into_response()
}

/// `GET /rooms`
pub(super) async fn rooms(State(app): State<App>) -> Json<RoomsResponse> {
    let load = app.fleet.load();
    Json(RoomsResponse { rooms: app.fleet.reports(), workers: load.workers, max_workers: load.max_workers })
}

/// `GET /rooms/{name}`
pub(super) async fn room(State(app): State<App>, PathPart(name): PathPart) -> Result<Json<RoomReport>, Problem> {
    let room = parse(&name)?;
    app.fleet.report(&room).map(Json).ok_or_else(|| nothing_there(&room))
}

/// `DELETE /rooms/{name}/agent`: the worker ends as it does when this server ends; it is killed if it does not.
pub(super) async fn end_agent(
    State(app): State<App>,
    PathPart(name): PathPart,
) -> Result<(StatusCode, Json<EndedResponse>), Problem> {
    let room = parse(&name)?;
    if !app.fleet.end(&room) {
        return Err(nothing_there(&room));
    }
    info!(%room, "the operator ends the worker");
    Ok((StatusCode::ACCEPTED, Json(EndedResponse { room_name: room, state: "ending" })))
}

/// `GET /metrics`
pub(super) async fn metrics(State(app): State<App>, uri: Uri) -> Response {
    match &app.metrics {
        Some(metrics) => {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(TEXT_FORMAT));
            (headers, metrics.render()).into_response()
        }
        None => not_found(uri).await.into_response(),
    }
}

fn parse(name: &str) -> Result<RoomName, Problem> {
    RoomName::parse(name).map_err(|error| Problem::new(ErrorCode::InvalidField, format!("room_name: {error}")))
}

fn nothing_there(room: &RoomName) -> Problem {
    Problem::new(ErrorCode::NotFound, format!("`{room}` has no worker of this server"))
}
