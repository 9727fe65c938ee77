//! A worker of LiveKit's agent dispatch protocol: what `agent-worker start` is made of, without the jobs.
//!
//! For: registering with the LiveKit server as a worker of its scheduler, saying whether there is room for a job,
//! taking assignments, reporting how jobs go and how loaded this machine is, staying connected, and draining. It
//! covers what that scheduler leaves open: a hard cap on jobs, and a place for each job from its acceptance on.
//!
//! Never: what a job does (a [`JobLauncher`] starts it), engines, media, rooms; more jobs than the cap; a job that was
//! taken and of which the server never hears again while the two are connected; a wait without a deadline.
//!
//! ```text
//!  LiveKit server  wss://HOST/agent, protobuf
//!      ^   |
//!      |   v
//!  edge::link ── events ──> edge::run ── Input, now ──> core::Worker ── Output ──┐     (core: no I/O, no clock)
//!      ^                      ^   ^ ^                                            │
//!      └── messages ──────────┼───┼─┼──────────────── Send, Connect, Close <─────┤
//!                             │   │ └─ machine: CPU and memory, smoothed         │
//!               drain, stop ──┘   └── started, ended ── JobLauncher <── Launch, Terminate, Kill
//!                                                            └── a process per job, or whatever a test wants
//! ```

pub mod core;
mod edge;
#[doc(hidden)]
pub mod fuzzing;
pub mod machine;

pub use edge::launcher::{JobEnd, JobEvent, JobHandle, JobLauncher, LaunchError};
pub use edge::run::{Config, Control, RunError, run};
pub use edge::server::{Server, ServerError};
pub use edge::snapshot::{JobSnapshot, Snapshot};
pub use edge::wire::Profile;
