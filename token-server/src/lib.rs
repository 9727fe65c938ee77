//! The front door of Visavis: hands out tokens for LiveKit rooms and brings one agent worker into each.
//!
//! For: the HTTP endpoints of WIRE section 1, the tokens behind them, and the worker processes that they start. Never:
//! media, models or engines; a worker's own business (it leaves when it sees fit); a secret in a log line, an answer
//! or an argument list; more worker processes than the cap.
//!
//! ```text
//!  settings (flags, environment, files: checked before a port is bound)
//!     |
//!  serve ── accept loop, deadlines, shutdown
//!     |
//!  http ── guard (request id, CORS, panic, deadline) ── callers (API key or JWT, rates) ── extract ── handlers
//!     └── web: any other path ──> web_app (a folder)                |          |
//!                                      tokens (JWT) <───────────────+          +──> room_service: who is in the room?
//!                                                                   |
//!  webhook ── signature, age, seen before? ── someone joined ──> arrivals
//!  arrivals ── waiting (pure: whom to look for, and when) ──> room_service; someone joined ──> fleet
//!  fleet ── registry (pure: who may start what) <───────────────────+
//!     ├── service: one call, from the first worker to the last ── launcher ── agent-worker (worker-process)
//!     │        └── dispatcher: LiveKit's scheduler finds the worker instead
//!     ├── ledger ──> the store of calls     sfu ──> room_service: who is there, take out the dead
//!     └── watcher: who is silent, whose server is gone ──> kill, adopt, replace
//!
//!  room_service, dispatcher ──> server_api (deadline, a token for each request) ──> LiveKit server
//! ```

pub mod arrivals;
pub mod callers;
pub mod fleet;
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
pub mod persona;
pub mod personas;
pub mod room_service;
pub mod secret;
pub mod serve;
pub mod server_api;
pub mod settings;
pub mod tokens;
pub mod web_app;
pub mod webhook;
