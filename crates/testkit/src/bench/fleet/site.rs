//! Who is called.

use crate::bench::family::Family;

/// A side that takes calls.
pub(super) struct Site {
    pub(super) url: String,
    /// Token server and workers, or what the other side has of the kind.
    pub(super) family: Family,
    /// The LiveKit server's process, where it is known.
    pub(super) sfu: Option<u32>,
}
