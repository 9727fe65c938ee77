//! What every request passes through: an id of ours, a log line, a deadline, the locks; and what catches a panic.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::middleware::Next;
use axum::response::IntoResponse;
use proto::http::{ErrorCode, HEALTH_PATH};
use proto::personas::PICTURES_PATH;
use tracing::{Span, debug, error, info, info_span};

use super::admin::is_admin;
use super::documentation;
use super::extract::bearer;
use super::problem::Problem;
use super::{App, REQUEST_ID};
use crate::callers::{Caller, ClientId};
use crate::webhook::WEBHOOK_PATH;

/// The longest path and query, in bytes. The metadata of Meet's query may have 2048, each of them escaped as three.
const MAX_URI_BYTES: usize = 8 * 1024;

/// The most bytes of a request's headers. A JWT may have 8 KiB.
pub(crate) const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Who opened the connection, as [`crate::serve`] knows it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

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
pub(super) async fn deadline(State(app): State<App>, request: Request, next: Next) -> axum::response::Response {
    let deadline = app.deadlines.request;
    match tokio::time::timeout(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let message = format!("the request took longer than {} s", deadline.as_secs_f32());
            Problem::new(ErrorCode::Timeout, message).into_response()
        }
    }
}

/// Refuses an address that is too long for anything here, and headers that came in one piece: `hyper` finds those too
/// long that it has to wait for.
pub(super) async fn short_head(request: Request, next: Next) -> axum::response::Response {
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
    if headers.sum::<usize>() > MAX_HEADER_BYTES {
        return StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response();
    }
    let bytes = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if bytes <= MAX_URI_BYTES {
        return next.run(request).await;
    }
    let message = format!("the address is longer than {MAX_URI_BYTES} bytes");
    Problem::new(ErrorCode::UriTooLong, message).into_response()
}

/// What is open to everyone: the pictures of the shipped characters, which a page shows by their address alone, and what
/// describes this server. The operator's paths have a lock of their own.
fn is_open(path: &str) -> bool {
    is_admin(path) || path.starts_with(PICTURES_PATH) || documentation::is_documentation(path)
}

/// Lets those pass who show a key or a JWT of ours, as often as they may; handlers learn who it is. Who shows none is
/// counted by address, so that nobody can try many.
pub(super) async fn callers(State(app): State<App>, mut request: Request, next: Next) -> axum::response::Response {
    let path = request.uri().path();
    if path == HEALTH_PATH {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    let address = app.trusted_proxies.client(peer, request.headers());
    if path == WEBHOOK_PATH {
        return match app.rates.webhook(address) {
            Ok(()) => next.run(request).await,
            Err(wait) => refused_rate(wait),
        };
    }
    let caller = if is_open(path) {
        Ok(Caller::for_any_room(ClientId::at(address)))
    } else {
        app.callers.identify(bearer(request.headers()), address)
    };
    let counted = match &caller {
        Ok(caller) => app.rates.request(&caller.client),
        Err(_) => app.rates.request(&ClientId::at(address)),
    };
    match (counted, caller) {
        (Err(wait), _) => refused_rate(wait),
        (Ok(()), Err(why)) => Problem::new(ErrorCode::Unauthorized, why).into_response(),
        (Ok(()), Ok(caller)) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
    }
}

fn refused_rate(wait: Duration) -> axum::response::Response {
    Problem::rate_limited(wait).into_response()
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
