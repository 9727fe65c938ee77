//! Everything that touches the world: the connection, the jobs, the clock.

mod job;
pub(crate) mod launcher;
mod link;
mod notices;
pub(crate) mod run;
pub(crate) mod server;
pub(crate) mod snapshot;
pub(crate) mod wire;
