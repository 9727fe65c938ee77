//! `[captions]`: where what is said can be read.

use schemars::JsonSchema;
use serde::Deserialize;

/// `[captions]`. They are always on the topic `lk.transcription`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Captions {
    /// Whether they are sent as chat messages too, once they are final: for frontends that show no transcripts.
    pub in_chat: bool,
}
