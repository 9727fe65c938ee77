//! The worker's own port: for probes, for Prometheus, for the operator.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use dispatch::Snapshot;
use dispatch::core::Phase;
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use telemetry::events::DispatchState;
use telemetry::prometheus::{self, Handle, Listener, PrometheusError, TEXT_FORMAT};
use tokio::sync::watch;
use worker_process::StandbyPool;

/// Why the port can't be served.
#[derive(Debug, thiserror::Error)]
#[error("--listen: {0}")]
pub struct HttpError(#[from] PrometheusError);

/// What is behind the port.
#[derive(Clone)]
pub(super) struct Door {
    /// How the worker stands.
    pub(super) shown: watch::Receiver<Snapshot>,
    /// Who stands by.
    pub(super) standby: StandbyPool,
    /// What the operator must show; without it `/jobs` and `/metrics` are not there.
    pub(super) admin_key: Option<String>,
    /// The numbers.
    pub(super) metrics: Handle,
}

/// The answer to `GET /jobs`.
#[derive(Debug, PartialEq, Serialize)]
struct Jobs {
    worker_id: Option<String>,
    available: bool,
    draining: bool,
    load: f32,
    standing_by: usize,
    jobs: Vec<Job>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Job {
    id: String,
    room_name: String,
    state: &'static str,
}

/// Serves the port until the listener is dropped.
pub(super) async fn open(address: SocketAddr, door: Door) -> Result<Listener, HttpError> {
    let metrics = door.metrics.clone();
    let listener = prometheus::serve_routes(metrics, address, routes(door)).await?;
    tracing::info!(address = %listener.address(), "health, readiness, metrics and jobs");
    Ok(listener)
}

fn routes(door: Door) -> Router {
    let door = Arc::new(door);
    Router::new()
        .route("/jobs", get(jobs))
        .route("/metrics", get(metrics))
        .route_layer(from_fn_with_state(Arc::clone(&door), admin_key))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(door)
}

/// Lets the operator pass.
async fn admin_key(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let Some(key) = &door.admin_key else { return StatusCode::NOT_FOUND.into_response() };
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if bool::from(key.as_bytes().ct_eq(shown.as_bytes())) {
        return next.run(request).await;
    }
    (StatusCode::UNAUTHORIZED, "send this worker's admin key as Authorization: Bearer KEY\n").into_response()
}

/// Whether this worker is known to the server and takes part; one that is merely full is ready.
async fn ready(State(door): State<Arc<Door>>) -> (StatusCode, &'static str) {
    let snapshot = door.shown.borrow();
    match (&snapshot.worker_id, snapshot.draining) {
        (_, true) => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        (None, false) => (StatusCode::SERVICE_UNAVAILABLE, "not registered with the LiveKit server\n"),
        (Some(_), false) => (StatusCode::OK, "ready\n"),
    }
}

async fn jobs(State(door): State<Arc<Door>>) -> Json<Jobs> {
    let snapshot = door.shown.borrow().clone();
    let jobs = snapshot.jobs.into_iter().map(|job| Job { id: job.id, room_name: job.room, state: state(job.phase) });
    Json(Jobs {
        worker_id: snapshot.worker_id,
        available: snapshot.available,
        draining: snapshot.draining,
        load: snapshot.load,
        standing_by: door.standby.len(),
        jobs: jobs.collect(),
    })
}

async fn metrics(State(door): State<Arc<Door>>) -> impl IntoResponse {
    {
        let snapshot = door.shown.borrow();
        let standing_by = door.standby.len();
        DispatchState { jobs: snapshot.jobs.len(), load: snapshot.load, standing_by }.emit();
    }
    ([(header::CONTENT_TYPE, TEXT_FORMAT)], door.metrics.render())
}

fn state(phase: Phase) -> &'static str {
    match phase {
        Phase::Reserved { .. } => "reserved",
        Phase::Starting { .. } => "starting",
        Phase::Running { .. } => "running",
        Phase::Ending { .. } => "ending",
        Phase::Killed { .. } | Phase::GivenUp => "killed",
    }
}
