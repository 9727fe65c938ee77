//! Every contract between Visavis' own processes and with its clients, as plain types.
//!
//! For: the HTTP bodies of the token service, the rules for names and identities, the topics and attributes that
//! LiveKit frontends know, and the contract between the token server and a worker process. Never: input or output,
//! clocks, randomness, an async runtime, or a dependency on another crate of the workspace.
//!
//! ```text
//!  client ── http::JoinRoomRequest ──> token-server ── worker::ENV_*, argv ──> agent-worker
//!         <── http::JoinRoomResponse ──             <── worker::ExitCode ────
//!                                                   <── worker::ENDING_LINE ─
//!  whoever keeps workers standing by ── orders::Orders ──> agent-worker standby
//!  stock LiveKit frontend ── token_source::TokenSourceRequest ──> token-server
//!  agent <── avatar::TOPIC_*, METHOD_* ──> avatar participant, ours or another's
//!  any LiveKit frontend <── room::ATTRIBUTE_*, room::TOPIC_* ──> agent-worker
//!  typescript (a test) writes what clients need of these for mobile-client; openapi describes the endpoints
//!  names::* are the newtypes that both request bodies and tokens are made of: parsed once, at the edge
//! ```

pub mod agent;
pub mod avatar;
pub mod http;
pub mod names;
pub mod openapi;
pub mod orders;
pub mod personas;
pub mod room;
pub mod token_source;
pub mod worker;

#[cfg(test)]
mod typescript;
