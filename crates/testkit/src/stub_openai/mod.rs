//! A stand-in for paid services that speak OpenAI's HTTP protocol: chat, transcription and speech on loopback.
//!
//! It answers at once with what it was given when it was made, checks every request, keeps what it saw, and can misbehave.
//!
//! ```text
//!  engine or peer ── /v1/chat/completions, /v1/audio/…, /v1/models ──> check ──> plan: Fine | Status | Hang | Cut | …
//!        ▲                                                              │                │
//!        └────────────── fixed reply, streamed ─────────────────────────┼────────────────┘
//!  test ── requests(), violations() ────────────────────────────────────┘
//! ```

mod chat;
mod exchange;
mod plan;
mod record;
mod server;
mod sound;
mod speech;
mod transcription;

pub use plan::{Behaviour, Plan, Route};
pub use record::{Detail, Request};
pub use sound::{SPEECH_SAMPLE_RATE, speech_seconds};

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context as _;
use tokio::sync::oneshot;

use plan::Outage;
use record::Record;

/// A running stub server on a free loopback port. It ends when this is dropped.
pub struct StubOpenAi {
    address: SocketAddr,
    record: Arc<Record>,
    outage: Outage,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StubOpenAi {
    /// Starts a server that follows `plan`, on a thread of its own: usable with and without an async runtime.
    ///
    /// # Errors
    /// When no port, thread or runtime is to be had.
    pub fn start(plan: Plan) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free loopback port")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let record = Arc::new(Record::default());
        let outage = Outage::default();
        let app = server::app(plan, record.clone(), outage.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("stub-openai".into()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                tokio::select! {
                    served = axum::serve(listener, app) => drop(served),
                    // Also when the sender is dropped.
                    _ = stopped => {}
                }
            });
            // Handlers that hang on purpose end here.
            runtime.shutdown_background();
        })?;
        Ok(Self { address, record, outage, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL for `OPENAI_BASE_URL`, with `/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// From now on every request to `route` meets this, whatever the plan says; with `None` the plan holds again.
    pub fn set_outage(&self, route: Route, behaviour: Option<Behaviour>) {
        self.outage.set(route, behaviour);
    }

    /// Every request so far, in order of arrival (the last 10,000).
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.record.requests()
    }

    /// How many requests a route got.
    #[must_use]
    pub fn count(&self, route: Route) -> usize {
        self.record.requests().iter().filter(|request| request.route == route).count()
    }

    /// What was wrong with the requests so far, each with its route. Empty when all was well.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.record.violations()
    }

    /// A base URL where nobody listens: connections are refused.
    ///
    /// # Errors
    /// When no port is to be had.
    pub fn refusing_base_url() -> anyhow::Result<String> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(format!("http://{}/v1", listener.local_addr()?))
    }
}

impl Drop for StubOpenAi {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
