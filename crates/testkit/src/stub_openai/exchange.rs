//! One request and its answer: the check of the key, and the ways to misbehave.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::json;

use super::plan::{Behaviour, Outage, Plan, Route};
use super::record::{Detail, Record};

/// What the routes share.
#[derive(Clone)]
pub(super) struct Stub {
    pub(super) plan: Arc<Plan>,
    pub(super) record: Arc<Record>,
    pub(super) outage: Outage,
}

impl Stub {
    /// Takes a request down. Returns what it meets and its number on its route, or the answer when it broke the protocol.
    pub(super) fn enter(
        &self,
        route: Route,
        headers: &HeaderMap,
        detail: Result<Detail, String>,
    ) -> Result<(Behaviour, usize), Box<Response>> {
        let authorized = match &self.plan.key {
            Some(key) => bearer(headers) == Some(key.as_str()),
            None => true,
        };
        let (detail, wrong) = match detail {
            Ok(detail) => (detail, None),
            Err(wrong) => (Detail::Unreadable, Some(wrong)),
        };
        let number = self.record.request(route, detail);
        if !authorized {
            self.record.violation(route, "no authorization header with the right key");
            return Err(Box::new(failure(StatusCode::UNAUTHORIZED, "Incorrect API key provided")));
        }
        if let Some(wrong) = wrong {
            self.record.violation(route, &wrong);
            return Err(Box::new(failure(StatusCode::BAD_REQUEST, &wrong)));
        }
        let behaviour = self.outage.of(route).unwrap_or_else(|| self.plan.behaviour(route, number));
        Ok((behaviour, number))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// An error as the real service words it.
fn failure(status: StatusCode, message: &str) -> Response {
    let body = json!({"error": {"message": message, "type": "stub_error", "param": null, "code": null}});
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Sends `pieces` one by one, each after `delay`, or does what the behaviour says instead.
pub(super) async fn reply(
    behaviour: Behaviour,
    headers: &HeaderMap,
    content_type: &'static str,
    mut pieces: Vec<Bytes>,
    delay: Duration,
) -> Response {
    /// What comes behind the pieces.
    #[derive(Clone, Copy)]
    enum End {
        Complete,
        Cut,
        Stall,
    }
    let end = match behaviour {
        Behaviour::Fine => End::Complete,
        Behaviour::Cut => End::Cut,
        Behaviour::Stall => End::Stall,
        Behaviour::Hang => return std::future::pending().await,
        Behaviour::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            // A careless service quotes the key: the client must not pass it on.
            let key = bearer(headers).unwrap_or_default();
            return failure(status, &format!("the stub was told to fail (key {key})"));
        }
        Behaviour::RateLimited { retry_after } => {
            let mut response = failure(StatusCode::TOO_MANY_REQUESTS, "Rate limit reached");
            response.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
            return response;
        }
        Behaviour::Garbage => {
            let (kind, body) = match content_type {
                "application/json" | "text/event-stream" => ("text/html", "<html><body>Welcome!</body></html>"),
                _ => ("application/json", "{\"object\": \"list\"}"),
            };
            return ([(header::CONTENT_TYPE, kind)], body).into_response();
        }
    };
    match end {
        End::Complete => {}
        End::Cut | End::Stall => {
            if pieces.len() == 1 {
                pieces = pieces.iter().map(|piece| piece.slice(..piece.len() / 2)).collect();
            } else {
                pieces.truncate(pieces.len().div_ceil(2));
            }
        }
    }
    let body = stream::unfold(pieces.into_iter(), move |mut pieces| async move {
        match (pieces.next(), end) {
            (Some(piece), _) => {
                if !delay.is_zero() {
                    tokio::time::sleep(delay).await;
                }
                Some((Ok(piece), pieces))
            }
            (None, End::Complete) => None,
            (None, End::Cut) => {
                // What was sent must leave this process before the connection is closed.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Err(std::io::Error::other("cut on purpose")), pieces))
            }
            (None, End::Stall) => std::future::pending::<Option<_>>().await,
        }
    });
    ([(header::CONTENT_TYPE, content_type)], Body::from_stream(body)).into_response()
}

/// The one way that reading a body into JSON can end for the routes.
pub(super) fn json(body: &Bytes) -> Result<serde_json::Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))
}

/// A text field that must be there and not be empty.
pub(super) fn text<'a>(body: &'a serde_json::Value, field: &str) -> Result<&'a str, String> {
    let text = body.get(field).and_then(serde_json::Value::as_str).unwrap_or_default();
    if text.trim().is_empty() { Err(format!("`{field}` is missing, empty or no text")) } else { Ok(text) }
}
