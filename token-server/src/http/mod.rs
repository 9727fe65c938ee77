//! The HTTP side: routes, and what every request passes through before it meets a handler.

mod admin;
mod content_security;
mod documentation;
pub(crate) mod extract;
mod frontends;
mod guard;
mod handlers;
mod personas;
mod problem;
mod routes;
mod web;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Method, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::MethodRouter;
use proto::http::MAX_BODY_BYTES;
use proto::token_source::SANDBOX_HEADER;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

use crate::arrivals::Arrivals;
use crate::callers::Callers;
use crate::callers::peers::TrustedProxies;
use crate::callers::quotas::Quotas;
use crate::callers::rates::Rates;
use crate::fleet::Fleet;
use crate::personas::Personas;
use crate::room_service::RoomService;
use crate::secret::Secret;
use crate::settings::{Deadlines, Origins, SfuAddress};
use crate::tokens::TokenMinter;
use crate::web_app::WebApp;
use crate::webhook::Webhooks;

pub(crate) use guard::MAX_HEADER_BYTES;
pub use guard::Peer;
pub use problem::Problem;

/// How long browsers may remember what CORS allows.
const CORS_MAX_AGE: Duration = Duration::from_secs(3600);

/// The header that carries a request's id in answers and log lines.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// Makes the tokens of callers.
    pub minter: TokenMinter,
    /// Knows who is in which room.
    pub rooms: RoomService,
    /// Waits for those who were handed a token that starts no worker.
    pub arrivals: Arrivals,
    /// Checks what the LiveKit server reports.
    pub webhooks: Webhooks,
    /// Starts workers.
    pub fleet: Fleet,
    /// Whom the workers can play.
    pub personas: Arc<Personas>,
    /// The LiveKit server's address for clients.
    pub public_url: SfuAddress,
    /// The agents that callers may have the LiveKit server send for.
    pub dispatched_agents: Vec<String>,
    /// Knows who calls.
    pub callers: Callers,
    /// Says whom a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// Counts requests.
    pub rates: Rates,
    /// Counts agents.
    pub quotas: Quotas,
    /// Which pages of other sites may call.
    pub cors_origins: Origins,
    /// How long things may take.
    pub deadlines: Deadlines,
    /// What is served beside the endpoints.
    pub web_app: Option<WebApp>,
    /// The key that the operator must show; none: there is nothing for the operator.
    pub admin_key: Option<Secret>,
    /// The numbers that this process has recorded.
    pub metrics: Option<telemetry::prometheus::Handle>,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Lets pages of other sites call, as far as browsers heed it.
fn cors(origins: &Origins) -> CorsLayer {
    let allowed = match origins {
        Origins::Any => AllowOrigin::any(),
        Origins::These(origins) => AllowOrigin::list(origins.iter().cloned()),
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION, HeaderName::from_static(SANDBOX_HEADER)])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER])
        .max_age(CORS_MAX_AGE)
}

/// The whole HTTP side as one service.
pub fn router(app: App) -> Router {
    let add = |router: Router<App>, (path, methods): (String, MethodRouter<App>)| router.route(&path, methods);
    let operators = routes::of_operators()
        .into_iter()
        .fold(Router::new(), add)
        .method_not_allowed_fallback(handlers::method_not_allowed)
        .route_layer(from_fn_with_state(app.clone(), admin::admin_key));
    let endpoints = routes::of_everyone()
        .into_iter()
        .fold(Router::new(), add)
        .merge(operators)
        .method_not_allowed_fallback(handlers::method_not_allowed);
    let callers = from_fn_with_state(app.clone(), guard::callers);
    // The files of a web app are for everyone, as a browser has no key before it has the page.
    let routes = match &app.web_app {
        Some(_) => endpoints.route_layer(callers).fallback(web::file_or_page),
        None => endpoints.fallback(handlers::not_found).layer(callers),
    };
    // The last layer is the outermost: a request passes them from the bottom of this list to its top.
    routes
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(guard::short_head))
        .layer(from_fn_with_state(app.clone(), guard::deadline))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(cors(&app.cors_origins))
        .layer(TraceLayer::new_for_http().make_span_with(guard::span).on_response(guard::answered))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(from_fn(guard::own_request_id))
        .with_state(app)
}
