//! A face that a service films: between the voice and playout, each clause waits for its pictures. Sound and pictures then share
//! the playout clock as they do with the agent's own face, which is seen whenever nothing is said, and for good when the service
//! fails.
//!
//! ```text
//!  synthesis, call ── PlayoutCommand ──> stage ── clause with its Film ──> playout ──> SharedClock ──> face's thread
//!                                       │   ▲                                                           │
//!                             a clause  ▼   │ MP4 ─ container ─ Film                                    │ pictures, fit
//!                                       service (a thread of its own)      <── FilmReports: broken ─────┘
//!  queue      which clause is asked for, passed on, given up         (pure)
//!  container  MP4 into encoded pictures with their times             (pure)
//! ```

mod container;
mod error;
mod film;
mod fit;
mod photo;
mod pictures;
mod plan;
mod queue;
mod service;
mod stage;

pub use container::VideoError;
pub use error::LipSyncError;
pub use film::{Film, FilmReports};
pub use plan::{LipSyncPlan, LipSyncSession};
pub use queue::{CLAUSE_PATIENCE, FIRST_PATIENCE};
