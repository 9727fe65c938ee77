//! From checked settings to a served port, and back down in order.
//!
//! The accept loop is our own, as `axum::serve` sets no deadline for request headers: a caller who sends them byte by
//! byte would hold a connection for ever.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use proto::worker::ENV_STORE;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};
use worker_process::{LaunchError, PoolSettings, Program, StandbyPool};

use crate::arrivals::Arrivals;
use crate::callers::quotas::Quotas;
use crate::callers::rates::Rates;
use crate::callers::tokens::CallerTokens;
use crate::callers::{Callers, install_signatures};
use crate::fleet::Fleet;
use crate::fleet::dispatcher::Dispatcher;
use crate::fleet::launcher::Launcher;
use crate::fleet::ledger::Ledger;
use crate::fleet::sfu::Sfu;
use crate::http::{App, MAX_HEADER_BYTES, Parts, Peer, router};
use crate::personas::Personas;
use crate::room_service::RoomService;
use crate::server_api::ServerApi;
use crate::settings::{Deadlines, Settings};
use crate::tokens::{TokenError, TokenMinter};
use crate::webhook::Webhooks;

/// The most connections at once; further ones wait in the listener's backlog.
const MAX_CONNECTIONS: usize = 512;
/// The most headers of a request; browsers and proxies send two dozen.
const MAX_HEADERS: usize = 64;
/// How long requests that are under way may take when the server ends.
const DRAIN_DEADLINE: Duration = Duration::from_secs(2);
/// How long the store of calls may take: a call that begins waits for it.
const STORE_DEADLINE: Duration = Duration::from_secs(1);
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
    /// Calls can't be kept where they should be.
    #[error("VISAVIS_STORE: {0}")]
    Store(#[from] calls::StoreError),
    /// Something else in this process decides how JWTs are checked, and knows only shared secrets.
    #[error("JWTs with a public key cannot be checked: another provider of signatures came first")]
    Signatures,
    /// The LiveKit server can't be asked for anything.
    #[error("requests to the LiveKit server cannot be made: {0}")]
    Http(#[from] reqwest::Error),
    /// Tokens can't be signed.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// The worker's program can't be asked what it needs.
    #[error("VISAVIS_WORKER_BIN: {0}")]
    Worker(#[from] LaunchError),
}

/// A server with its port bound.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    fleet: Fleet,
    rooms: RoomService,
    arrivals: Arrivals,
    personas: Arc<Personas>,
    deadlines: Deadlines,
}

impl Server {
    /// Binds the port.
    ///
    /// # Errors
    /// [`StartError`]: the port is taken, or the key pair can't sign.
    pub async fn bind(settings: Settings) -> Result<Self, StartError> {
        Self::bind_with_metrics(settings, None).await
    }

    /// The same; the operator is shown `metrics`.
    ///
    /// # Errors
    /// [`StartError`]: the port is taken, or the key pair can't sign.
    pub async fn bind_with_metrics(
        settings: Settings,
        metrics: Option<telemetry::prometheus::Handle>,
    ) -> Result<Self, StartError> {
        // Before the first token is signed, else LiveKit's own provider is there.
        let checks_public_keys = install_signatures();
        if settings.caller_tokens.as_ref().is_some_and(CallerTokens::has_public_key) && !checks_public_keys {
            return Err(StartError::Signatures);
        }
        let minter = TokenMinter::new(&settings.api_key, &settings.api_secret)?;
        let bind_error = |source| StartError::Bind { address: settings.listen, source };
        let listener = TcpListener::bind(settings.listen).await.map_err(bind_error)?;
        let address = listener.local_addr().map_err(bind_error)?;
        let ledger =
            Ledger::new(settings.store.as_ref().map(|at| calls::open_with_deadline(at, STORE_DEADLINE)).transpose()?);
        let environment = settings.store.iter().map(|store| (ENV_STORE, store.expose())).collect();
        // LiveKit's dispatch finds workers that other hosts start.
        let inherited = match &settings.dispatch {
            Some(_) => Vec::new(),
            None => Program::variables(&settings.worker_bin).await?,
        };
        let program =
            Program { file: settings.worker_bin, on_owner_exit: settings.on_server_exit, inherited, environment };
        let standby = PoolSettings {
            size: settings.standby,
            persona: settings.personas.default_persona().file.clone(),
            largest_mib: settings.standby_largest_mib,
        };
        let api = ServerApi::new(&settings.livekit_url, minter.clone())?;
        let dispatcher = settings.dispatch.map(|agent_name| Dispatcher::new(api.clone(), agent_name));
        let launcher = Launcher {
            dispatcher,
            standby: StandbyPool::new(program.clone(), standby),
            program,
            livekit_url: settings.livekit_url.to_string(),
            livekit_public_url: settings.livekit_public_url.to_string(),
            minter: minter.clone(),
        };
        let rooms = RoomService::new(api);
        let fleet = Fleet::new(launcher, settings.max_workers, ledger, Sfu::new(rooms.clone()));
        let quotas = Quotas::new(settings.max_agents_per_client);
        let arrivals = Arrivals::with_quotas(quotas.clone());
        let deadlines = settings.deadlines;
        let personas = Arc::new(settings.personas);
        let app = App::new(Parts {
            minter,
            rooms: rooms.clone(),
            arrivals: arrivals.clone(),
            webhooks: Webhooks::new(&settings.api_key, &settings.api_secret),
            fleet: fleet.clone(),
            personas: Arc::clone(&personas),
            public_url: settings.livekit_public_url,
            dispatched_agents: settings.dispatched_agents,
            callers: Callers { keys: settings.client_keys, tokens: settings.caller_tokens },
            trusted_proxies: settings.trusted_proxies,
            rates: Rates::new(settings.rate_limits),
            quotas,
            cors_origins: settings.cors_origins,
            deadlines,
            web_app: settings.web_app,
            admin_key: settings.admin_key,
            metrics,
        });
        Ok(Self { listener, address, router: router(app), fleet, rooms, arrivals, personas, deadlines })
    }

    /// Where requests are taken; the real port, where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then stops taking requests, lets those under way finish and closes the fleet. `hurry`
    /// cuts the latter short.
    pub async fn run(self, stop: CancellationToken, hurry: CancellationToken) {
        let Self { listener, router, fleet, rooms, arrivals, personas, deadlines, .. } = self;
        let watched = {
            let (fleet, stop) = (fleet.clone(), stop.clone());
            let personas = Arc::clone(&personas);
            tokio::spawn(async move { arrivals.watch(rooms, personas, fleet, stop).await })
        };
        let calls_watched = {
            let (fleet, personas, stop) = (fleet.clone(), Arc::clone(&personas), stop.clone());
            tokio::spawn(async move { fleet.watch_calls(&personas, stop).await })
        };
        let standing_by = {
            let (fleet, stop) = (fleet.clone(), stop.clone());
            tokio::spawn(async move { fleet.keep_standby(stop).await })
        };
        let graceful = GracefulShutdown::new();
        let connections = TaskTracker::new();
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let (stream, peer, permit) = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accept(&listener, &permits) => accepted,
            };
            // Else clients that ask for the web app and never read it would take every connection there may be.
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(deadlines.read));
            let routes = TowerToHyperService::new(router.clone());
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(Peer(peer));
                routes.call(request)
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(deadlines.headers)
                .max_buf_size(MAX_HEADER_BYTES)
                .max_headers(MAX_HEADERS)
                .serve_connection(TokioIo::new(Box::pin(stream)), service);
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
        let _ = (watched.await, standing_by.await, calls_watched.await);
    }
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> (TcpStream, IpAddr, OwnedSemaphorePermit) {
    loop {
        let Ok(permit) = Arc::clone(permits).acquire_owned().await else {
            // The semaphore is never closed.
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer.ip(), permit),
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
}
