//! The numbers for Prometheus: a recorder, and a small HTTP listener that shows it.
//!
//! `GET /metrics` answers in Prometheus' text format (<https://prometheus.io/docs/instrumenting/exposition_formats/>),
//! `GET /healthz` with `ok`. There is no lock on it: whoever calls [`serve`] decides who can reach the address.

use crate::metric_name::{MetricKind, MetricName};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

/// Connections at a time; more of them wait. A scraper needs one.
const CONNECTIONS: usize = 8;
/// A connection lasts this long at most, from accepting it to the last byte of the answer.
const CONNECTION_LIFE: Duration = Duration::from_secs(10);
/// Samples of histograms are folded into their buckets this often, so that memory stays bounded when nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);
/// After an accept that failed (too many open files), the next try waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// The media type of version 0.0.4 of Prometheus' text format.
pub const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Why the numbers can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum PrometheusError {
    /// The process has a recorder already.
    #[error("metrics: this process records its metrics already; call telemetry::prometheus::install once, in main")]
    AlreadyInstalled,
    /// The recorder can't be built.
    #[error("metrics: the recorder can't be built: {message}")]
    Recorder {
        /// What its builder said.
        message: String,
    },
    /// The address can't be listened on.
    #[error("metrics: can't listen on {address}: {source}; choose another port, or 0 for any free one")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

/// Reads what the process has recorded.
#[derive(Clone)]
pub struct Handle(PrometheusHandle);

impl Handle {
    /// All metrics recorded so far, in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }
}

/// Records the metrics of this process from now on.
///
/// Somebody must read them, or [`serve`] them: histograms keep their samples until then.
///
/// # Errors
/// [`PrometheusError::AlreadyInstalled`] when the process has a recorder.
pub fn install() -> Result<Handle, PrometheusError> {
    let recorder =
        builder().map_err(|error| PrometheusError::Recorder { message: error.to_string() })?.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| PrometheusError::AlreadyInstalled)?;
    describe();
    Ok(Handle(handle))
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for name in MetricName::ALL {
        let buckets = name.kind().buckets();
        if !buckets.is_empty() {
            builder = builder.set_buckets_for_metric(Matcher::Full(name.as_str().to_owned()), buckets)?;
        }
    }
    Ok(builder)
}

fn describe() {
    for name in MetricName::ALL {
        match name.kind() {
            MetricKind::Counter => metrics::describe_counter!(name.as_str(), name.help()),
            MetricKind::Gauge => metrics::describe_gauge!(name.as_str(), name.help()),
            MetricKind::Milliseconds | MetricKind::Seconds => {
                metrics::describe_histogram!(name.as_str(), name.help());
            }
        }
    }
}

/// The listener; it ends when this is dropped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listener {
    /// Where it listens: with the true port where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens on `address` and answers `GET /metrics` and `GET /healthz` until the [`Listener`] is dropped. Needs tokio.
///
/// # Errors
/// [`PrometheusError::Listen`] when the address is taken or not ours.
pub async fn serve(handle: Handle, address: SocketAddr) -> Result<Listener, PrometheusError> {
    let routes = routes(handle.clone());
    serve_routes(handle, address, routes).await
}

/// As [`serve`], with routes of the caller's own: it decides who may see what.
///
/// # Errors
/// [`PrometheusError::Listen`] when the address is taken or not ours.
pub async fn serve_routes(handle: Handle, address: SocketAddr, routes: Router) -> Result<Listener, PrometheusError> {
    let failed = |source| PrometheusError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let task = tokio::spawn(async move {
        tokio::join!(accept(listener, routes), keep_up(handle));
    });
    Ok(Listener { address, task })
}

fn routes(handle: Handle) -> Router {
    Router::new()
        .route("/metrics", get(async move || ([(CONTENT_TYPE, TEXT_FORMAT)], handle.render())))
        .route("/healthz", get(async || "ok\n"))
}

/// Takes connections, a few at a time. Never returns.
async fn accept(listener: TcpListener, routes: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Aborts what is still being answered when the listener goes.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(answer(stream, routes.clone(), place));
            }
            Err(error) => {
                tracing::debug!(%error, "a metrics connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers one request. Its place is free again when this ends.
async fn answer(stream: TcpStream, routes: Router, _place: OwnedSemaphorePermit) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    match tokio::time::timeout(CONNECTION_LIFE, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a metrics request failed"),
        Err(_) => tracing::debug!("a metrics request took too long"),
    }
}

async fn keep_up(handle: Handle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        handle.0.run_upkeep();
    }
}
