//! What every request passes through: an id of ours, a log line, a deadline, the API key; and what catches a panic.

use std::any::Any;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use proto::http::{ErrorCode, HEALTH_PATH};
use proto::personas::PICTURES_PATH;
use tracing::{Span, debug, error, info, info_span};

use super::problem::Problem;
use super::{App, REQUEST_ID};

/// How long a request may take, with the arrival of its body.
const REQUEST_DEADLINE: Duration = Duration::from_secs(10);

/// Drops an id that the caller sent: ids in our log are ours.
pub(super) async fn own_request_id(mut request: Request, next: Next) -> axum::response::Response {
    request.headers_mut().remove(REQUEST_ID);
    next.run(request).await
}

/// The span of a request. The query stays out: it is the callers' business.
pub(super) fn span(request: &Request) -> Span {
    let request_id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let path: String = request.uri().path().chars().take(100).collect();
    info_span!("request", method = %request.method(), path, request_id)
}

/// The log line of an answer.
pub(super) fn answered<B>(response: &Response<B>, latency: Duration, _span: &Span) {
    let status = response.status().as_u16();
    let milliseconds = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        debug!(status, milliseconds, "answered");
    } else {
        info!(status, milliseconds, "answered");
    }
}

/// Ends a request that takes too long.
pub(super) async fn deadline(request: Request, next: Next) -> axum::response::Response {
    match tokio::time::timeout(REQUEST_DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let message = format!("the request took longer than {} s", REQUEST_DEADLINE.as_secs());
            Problem::new(ErrorCode::Timeout, message).into_response()
        }
    }
}

/// What is open to everyone: a monitor, and the pictures of the shipped characters, which a page shows by their address alone.
fn is_open(path: &str) -> bool {
    path == HEALTH_PATH || path.starts_with(PICTURES_PATH)
}

/// Lets those pass who show one of our keys; everyone, when there are none.
pub(super) async fn api_key(State(app): State<App>, request: Request, next: Next) -> axum::response::Response {
    if app.client_keys.is_empty() || is_open(request.uri().path()) || shows_key(&app, request.headers()) {
        return next.run(request).await;
    }
    Problem::new(ErrorCode::Unauthorized, "send one of this server's API keys as Authorization: Bearer KEY")
        .into_response()
}

fn shows_key(app: &App, headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let Some((scheme, candidate)) = value.split_once(' ') else { return false };
    // Every key is compared, so that the time does not tell which one came close.
    let known = app.client_keys.iter().fold(false, |known, key| known | key.matches(candidate.trim()));
    scheme.eq_ignore_ascii_case("bearer") && known
}

/// Answers for a handler that panicked.
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> axum::response::Response {
    let message = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (None, Some(text)) => text.clone(),
        (None, None) => "no message".to_owned(),
    };
    error!(message, "a handler panicked");
    Problem::new(ErrorCode::Internal, "internal fault; the server's log has more").into_response()
}
