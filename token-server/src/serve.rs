//! From checked settings to a served port, and back down in order.
//!
//! The accept loop is our own, as `axum::serve` sets no deadline for request headers: a caller who sends them byte by
//! byte would hold a connection for ever.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use crate::arrivals::Arrivals;
use crate::fleet::Fleet;
use crate::fleet::process::Launcher;
use crate::http::{App, Parts, router};
use crate::personas::Personas;
use crate::presence::Presence;
use crate::settings::Settings;
use crate::tokens::{TokenError, TokenMinter};

/// The most connections at once; further ones wait in the listener's backlog.
const MAX_CONNECTIONS: usize = 512;
/// How long a request's headers may take to arrive, and how long an idle connection is kept.
const HEADER_DEADLINE: Duration = Duration::from_secs(15);
/// How long a client may read nothing of an answer that is more than the system's buffers hold.
const READ_DEADLINE: Duration = Duration::from_secs(20);
/// How long requests that are under way may take when the server ends.
const DRAIN_DEADLINE: Duration = Duration::from_secs(2);
/// How long to wait after a failed accept: it fails when file descriptors run out, and would fail again at once.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// Why the server could not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The port can't be had.
    #[error("cannot take requests on {address}: {source}; choose another port with --port or PORT")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Tokens can't be signed.
    #[error(transparent)]
    Tokens(#[from] TokenError),
}

/// A server with its port bound.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    fleet: Fleet,
    presence: Arc<Presence>,
    arrivals: Arrivals,
    personas: Arc<Personas>,
}

impl Server {
    /// Binds the port.
    ///
    /// # Errors
    /// [`StartError`]: the port is taken, or the key pair can't sign.
    pub async fn bind(settings: Settings) -> Result<Self, StartError> {
        let minter = TokenMinter::new(&settings.api_key, &settings.api_secret)?;
        let bind_error = |source| StartError::Bind { address: settings.listen, source };
        let listener = TcpListener::bind(settings.listen).await.map_err(bind_error)?;
        let address = listener.local_addr().map_err(bind_error)?;
        let launcher = Launcher {
            worker_bin: settings.worker_bin,
            livekit_url: settings.livekit_url.to_string(),
            minter: minter.clone(),
            on_server_exit: settings.on_server_exit,
        };
        let fleet = Fleet::new(launcher, settings.max_workers);
        let presence = Arc::new(Presence::new(settings.livekit_url.as_str(), &settings.api_key, &settings.api_secret));
        let arrivals = Arrivals::default();
        let personas = Arc::new(settings.personas);
        let app = App::new(Parts {
            minter,
            presence: Arc::clone(&presence),
            arrivals: arrivals.clone(),
            fleet: fleet.clone(),
            personas: Arc::clone(&personas),
            public_url: settings.livekit_public_url,
            dispatched_agents: settings.dispatched_agents,
            client_keys: settings.client_keys,
            web_app: settings.web_app,
        });
        Ok(Self { listener, address, router: router(app), fleet, presence, arrivals, personas })
    }

    /// Where requests are taken; the real port, where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then stops taking requests, lets those under way finish and closes the fleet. `hurry`
    /// cuts the latter short.
    pub async fn run(self, stop: CancellationToken, hurry: CancellationToken) {
        let Self { listener, router, fleet, presence, arrivals, personas, .. } = self;
        let watched = {
            let (fleet, stop) = (fleet.clone(), stop.clone());
            tokio::spawn(async move { arrivals.watch(presence, personas, fleet, stop).await })
        };
        let graceful = GracefulShutdown::new();
        let connections = TaskTracker::new();
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let (stream, permit) = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accept(&listener, &permits) => accepted,
            };
            // Else clients that ask for the web app and never read it would take every connection there may be.
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(READ_DEADLINE));
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_DEADLINE)
                .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router.clone()));
            let connection = graceful.watch(connection);
            connections.spawn(async move {
                if let Err(error) = connection.await {
                    debug!(%error, "connection ended");
                }
                drop(permit);
            });
        }
        drop(listener);
        info!("stopping");
        connections.close();
        let drain = async {
            if tokio::time::timeout(DRAIN_DEADLINE, graceful.shutdown()).await.is_err() {
                warn!(connections = connections.len(), "some requests were cut off");
            }
        };
        tokio::join!(drain, fleet.close(hurry));
        // It ended with `stop`; a panic of its own has been printed.
        let _ = watched.await;
    }
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let Ok(permit) = Arc::clone(permits).acquire_owned().await else {
            // The semaphore is never closed.
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
}
