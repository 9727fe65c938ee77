//! Judging sound, words and pictures: pure functions over what was sent and received. No clock, no I/O.

mod continuity;
mod font;
mod frames;
mod gate;
mod lips;
mod passage;
mod sheet;
mod skew;
mod speech;
mod timeline;
mod words;

pub use continuity::lost_samples;
pub use frames::{MouthRegion, frames_per_second_p5, mouth_motion, outside, percentile};
pub use gate::{EnergyGate, GateChange, gated_spans};
pub use lips::{Opening, closures, closures_seen, envelope, shut_after_ms, sound_leads_lips_ms};
pub use passage::skipped_words;
pub use sheet::{Picture, Tile, contact_sheet, picture_from_i420};
pub use skew::{Skew, StampedFrame, skews};
pub use speech::{Span, join_spans, pieces_for_transcription, speech_bounds, voiced_spans};
pub use timeline::{Arrival, place_frames, render};
pub use words::{match_share, normalised_words};
