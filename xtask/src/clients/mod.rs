//! The clients' code in `mobile-client`: installed, built and checked with its own npm scripts.
//!
//! ```text
//!   cargo xtask web, demo ──► web: fingerprint as last time? ── yes ──► dist/web
//!                                   └── no ──► node ─► install (npm ci) ─► export:web ─► packed copies ─┘
//!   cargo xtask test ───────► checks: node ─► install ─► scripts, each under a deadline
//! ```

mod checks;
mod fingerprint;
mod install;
mod node;
mod project;
mod web;

pub(crate) use checks::{build, run as check, test};
pub(crate) use install::browser as install_browser;
pub(crate) use node::check as check_node;
pub(crate) use web::{last_built, run as build_web};
