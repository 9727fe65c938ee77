//! What a call leaves behind, for its report.

use std::sync::Arc;
use std::time::Duration;

use super::CallerPlan;
use super::conductor::Conductor;
use super::notes::Note;
use super::pacer::Spoken;
use super::pump::Received;
use super::report::Outcome;
use super::voice::Repertoire;

/// Everything that is known of a call when it is over.
pub(super) struct Record {
    pub(super) plan: Arc<CallerPlan>,
    pub(super) repertoire: Repertoire,
    pub(super) room: String,
    pub(super) identity: String,
    pub(super) join_ms: f64,
    pub(super) outcome: Outcome,
    pub(super) conductor: Conductor,
    pub(super) notes: Vec<Note>,
    pub(super) received: Received,
    pub(super) spoken: Spoken,
    pub(super) end: Duration,
}
