//! Stands in for Tavus: answers the two requests of a session, and remembers them. No avatar joins: that is up to the test.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

/// The key that it takes.
pub const STUB_TAVUS_KEY: &str = "tavus-key-that-nobody-may-see";
const CONVERSATION: &str = "c0ffee";

#[derive(Default)]
struct Record {
    /// Statuses of the answers to come; 200 when there are none left.
    statuses: Vec<u16>,
    created: Vec<Value>,
    ended: usize,
    violations: Vec<String>,
}

/// A running stub. It ends with its owner.
pub struct StubTavus {
    address: String,
    record: Arc<Mutex<Record>>,
    server: tokio::task::JoinHandle<()>,
}

impl StubTavus {
    /// Starts it on a free loopback port. Its first answers to `POST /v2/conversations` have these statuses.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(statuses: &[u16]) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}/v2", listener.local_addr()?);
        let record =
            Arc::new(Mutex::new(Record { statuses: statuses.iter().rev().copied().collect(), ..Record::default() }));
        let router = Router::new()
            .route("/v2/conversations", post(create))
            .route("/v2/conversations/{id}/end", post(end))
            .with_state(record.clone());
        let server = tokio::spawn(async move {
            // Ends only with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, record, server })
    }

    /// What `TAVUS_API_URL` is to be.
    #[must_use]
    pub fn url(&self) -> String {
        self.address.clone()
    }

    /// The bodies of all requests for a conversation.
    #[must_use]
    pub fn created(&self) -> Vec<Value> {
        lock(&self.record).created.clone()
    }

    /// How many conversations were ended.
    #[must_use]
    pub fn ended(&self) -> usize {
        lock(&self.record).ended
    }

    /// Requests that the real service would have refused.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        lock(&self.record).violations.clone()
    }
}

impl Drop for StubTavus {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(record: &Mutex<Record>) -> std::sync::MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check_key(record: &mut Record, headers: &HeaderMap) {
    if headers.get("x-api-key").and_then(|key| key.to_str().ok()) != Some(STUB_TAVUS_KEY) {
        record.violations.push("no key, or another one".to_owned());
    }
    if headers.contains_key("authorization") {
        record.violations.push("a key where none belongs".to_owned());
    }
}

async fn create(State(record): State<Arc<Mutex<Record>>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut record = lock(&record);
    check_key(&mut record, &headers);
    let properties = &body["properties"];
    for (key, value) in [
        ("pal_id", &body["pal_id"]),
        ("conversation_name", &body["conversation_name"]),
        ("livekit_ws_url", &properties["livekit_ws_url"]),
        ("livekit_room_token", &properties["livekit_room_token"]),
    ] {
        if value.as_str().is_none_or(str::is_empty) {
            record.violations.push(format!("{key} is missing"));
        }
    }
    record.created.push(body.clone());
    let status = record.statuses.pop().unwrap_or(200);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let answer = if status.is_success() {
        json!({ "conversation_id": CONVERSATION, "status": "active" })
    } else {
        // As rude as a service can be: it quotes what it was sent.
        json!({ "error": format!("refused: {body} {STUB_TAVUS_KEY}") })
    };
    (status, Json(answer)).into_response()
}

async fn end(State(record): State<Arc<Mutex<Record>>>, headers: HeaderMap, Path(id): Path<String>) -> Json<Value> {
    let mut record = lock(&record);
    check_key(&mut record, &headers);
    if id != CONVERSATION {
        record.violations.push(format!("no such conversation: {id}"));
    }
    record.ended += 1;
    Json(json!({}))
}
