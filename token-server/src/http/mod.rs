//! The HTTP side: routes, and what every request passes through before it meets a handler.

mod content_security;
mod extract;
mod frontends;
mod guard;
mod handlers;
mod personas;
mod problem;
mod web;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Method, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use proto::http::{HEALTH_PATH, INVITE_AVATAR_PATH, JOIN_ROOM_PATH, MAX_BODY_BYTES, TOKEN_PATH};
use proto::personas::{PERSONAS_PATH, PICTURES_PATH};
use proto::token_source::{CONNECTION_DETAILS_PATH, SANDBOX_HEADER, SANDBOX_PATH};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

use crate::arrivals::Arrivals;
use crate::fleet::Fleet;
use crate::personas::Personas;
use crate::presence::Presence;
use crate::secret::Secret;
use crate::settings::SfuAddress;
use crate::tokens::TokenMinter;
use crate::web_app::WebApp;

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
    pub presence: Arc<Presence>,
    /// Waits for those who were handed a token that starts no worker.
    pub arrivals: Arrivals,
    /// Starts workers.
    pub fleet: Fleet,
    /// Whom the workers can play.
    pub personas: Arc<Personas>,
    /// The LiveKit server's address for clients.
    pub public_url: SfuAddress,
    /// The agents that callers may have the LiveKit server send for.
    pub dispatched_agents: Vec<String>,
    /// The keys of which callers must show one; none: everyone may call.
    pub client_keys: Vec<Secret>,
    /// What is served beside the endpoints.
    pub web_app: Option<WebApp>,
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

/// The whole HTTP side as one service.
pub fn router(app: App) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION, HeaderName::from_static(SANDBOX_HEADER)])
        .expose_headers([REQUEST_ID])
        .max_age(CORS_MAX_AGE);
    let endpoints = Router::new()
        .route(JOIN_ROOM_PATH, post(handlers::join_room))
        .route(TOKEN_PATH, get(handlers::token).post(frontends::token_source))
        .route(SANDBOX_PATH, post(frontends::token_source))
        .route(CONNECTION_DETAILS_PATH, get(frontends::connection_details))
        .route(INVITE_AVATAR_PATH, post(handlers::invite_avatar))
        .route(PERSONAS_PATH, get(personas::personas))
        .route(&format!("{PICTURES_PATH}{{file}}"), get(personas::picture))
        .route(HEALTH_PATH, get(handlers::health))
        .method_not_allowed_fallback(handlers::method_not_allowed);
    let api_key = from_fn_with_state(app.clone(), guard::api_key);
    // The files of a web app are for everyone, as a browser has no key before it has the page.
    let routes = match &app.web_app {
        Some(_) => endpoints.route_layer(api_key).fallback(web::file_or_page),
        None => endpoints.fallback(handlers::not_found).layer(api_key),
    };
    // The last layer is the outermost: a request passes them from the bottom of this list to its top.
    routes
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(guard::deadline))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(cors)
        .layer(TraceLayer::new_for_http().make_span_with(guard::span).on_response(guard::answered))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(from_fn(guard::own_request_id))
        .with_state(app)
}
