//! The routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use super::exchange::{Stub, reply};
use super::plan::{Outage, Plan, Route};
use super::record::{Detail, Record};
use super::{chat, speech, transcription};

/// The largest request: 25 MB is what the real service takes.
const LARGEST_REQUEST: usize = 25 << 20;

pub(super) fn app(plan: Plan, record: Arc<Record>, outage: Outage) -> Router {
    let mut app = Router::new();
    for route in Route::ALL {
        let path = format!("/v1{}", route.path());
        app = match route {
            Route::Chat => app.route(&path, post(chat::answer)),
            Route::Transcription => app.route(&path, post(transcription::answer)),
            Route::Speech => app.route(&path, post(speech::answer)),
            Route::Models => app.route(&path, get(models)),
        };
    }
    let stub = Stub { plan: Arc::new(plan), record, outage };
    app.layer(DefaultBodyLimit::max(LARGEST_REQUEST)).with_state(stub)
}

async fn models(State(stub): State<Stub>, headers: HeaderMap) -> Response {
    let (behaviour, _) = match stub.enter(Route::Models, &headers, Ok(Detail::Models)) {
        Ok(entered) => entered,
        Err(refusal) => return *refusal,
    };
    let body = json!({"object": "list", "data": [{"id": "stub", "object": "model", "owned_by": "testkit"}]});
    reply(behaviour, &headers, "application/json", vec![Bytes::from(body.to_string())], Duration::ZERO).await
}
