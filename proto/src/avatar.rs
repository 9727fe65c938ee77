//! The protocol between an agent and a separate avatar participant, which plays the agent's voice and shows its face.
//!
//! It is livekit/agents' own (its `voice/avatar`), so that its agents can drive our avatar and its avatars our agent:
//!
//! ```text
//!  agent ── byte stream TOPIC_AUDIO_STREAM, one for each segment of speech: s16le PCM ──> avatar
//!  agent ── METHOD_CLEAR_BUFFER "" ──────────────────────────────────────────────────────> avatar ("ok" / "reject")
//!  agent <── METHOD_PLAYBACK_STARTED "" ────────────────────────────────────────────────── avatar
//!  agent <── METHOD_PLAYBACK_FINISHED PlaybackFinished, once for each segment ──────────── avatar
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Byte stream topic of the voice: one stream for each segment of speech, its end is the segment's.
pub const TOPIC_AUDIO_STREAM: &str = "lk.audio_stream";
/// Attribute of such a stream: samples a second and channel.
pub const ATTRIBUTE_SAMPLE_RATE: &str = "sample_rate";
/// Attribute of such a stream: how many channels, interleaved.
pub const ATTRIBUTE_NUM_CHANNELS: &str = "num_channels";

/// Method of the avatar: be silent now, and forget what has not sounded.
pub const METHOD_CLEAR_BUFFER: &str = "lk.clear_buffer";
/// Method of the agent: a segment begins to sound. The payload is empty.
pub const METHOD_PLAYBACK_STARTED: &str = "lk.playback_started";
/// Method of the agent: a segment is over. The payload is a [`PlaybackFinished`].
pub const METHOD_PLAYBACK_FINISHED: &str = "lk.playback_finished";

/// The answer to a call that was taken.
pub const ANSWER_OK: &str = "ok";
/// The answer to a call of somebody who is not the other end.
pub const ANSWER_REJECT: &str = "reject";

/// Attribute of our agent: who shows its face, [`FACE_AVATAR`], [`FACE_LIP_SYNC`] or [`FACE_LOCAL`].
pub const ATTRIBUTE_FACE: &str = "visavis.face";
/// Attribute of our agent: why it shows its own face although it was to have another.
pub const ATTRIBUTE_FACE_REASON: &str = "visavis.face_reason";
/// The face and the voice are another participant's.
pub const FACE_AVATAR: &str = "avatar";
/// The voice is the agent's own, and a service films its face.
pub const FACE_LIP_SYNC: &str = "lip_sync";
/// The face and the voice are the agent's own.
pub const FACE_LOCAL: &str = "local";

/// The identity under which Tavus' avatar joins.
pub const TAVUS_IDENTITY: &str = "tavus-avatar-agent";

/// The slowest sound that is taken, in samples a second.
pub const LOWEST_SAMPLE_RATE: u32 = 8_000;
/// The fastest.
pub const HIGHEST_SAMPLE_RATE: u32 = 48_000;

/// How a segment ended. All three keys are always there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaybackFinished {
    /// How much of it sounded, in seconds.
    pub playback_position: f64,
    /// Whether it was cut off by [`METHOD_CLEAR_BUFFER`].
    pub interrupted: bool,
    /// What of the words was heard, when the avatar knows.
    #[serde(default)]
    pub synchronized_transcript: Option<String>,
}

/// The PCM in a stream: 16-bit little-endian, channels interleaved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioFormat {
    /// Samples a second and channel, [`LOWEST_SAMPLE_RATE`] to [`HIGHEST_SAMPLE_RATE`].
    pub sample_rate: u32,
    /// 1 or 2.
    pub channels: u16,
}

/// Attributes that describe no sound we take.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{attribute}: `{value}` is not {expected}")]
pub struct AudioFormatError {
    /// Which one.
    pub attribute: &'static str,
    /// Its value, at most 32 characters of it; `missing` when there is none.
    pub value: String,
    /// What would be right.
    pub expected: &'static str,
}

impl AudioFormat {
    /// Reads a stream's attributes.
    ///
    /// # Errors
    /// Names the first attribute that is missing, no number, or out of range.
    pub fn from_attributes(attributes: &BTreeMap<String, String>) -> Result<Self, AudioFormatError> {
        let wrong = |attribute, expected| {
            let value = attributes.get(attribute).map_or("missing", String::as_str);
            AudioFormatError { attribute, value: value.chars().take(32).collect(), expected }
        };
        let number = |attribute: &str| attributes.get(attribute).and_then(|text| text.parse::<u32>().ok());
        let sample_rate = number(ATTRIBUTE_SAMPLE_RATE)
            .filter(|rate| (LOWEST_SAMPLE_RATE..=HIGHEST_SAMPLE_RATE).contains(rate))
            .ok_or_else(|| wrong(ATTRIBUTE_SAMPLE_RATE, "8000 to 48000"))?;
        let channels = match number(ATTRIBUTE_NUM_CHANNELS) {
            Some(1) => 1,
            Some(2) => 2,
            Some(_) | None => return Err(wrong(ATTRIBUTE_NUM_CHANNELS, "1 or 2")),
        };
        Ok(Self { sample_rate, channels })
    }

    /// The attributes of a stream of this sound.
    #[must_use]
    pub fn attributes(self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (ATTRIBUTE_SAMPLE_RATE.to_owned(), self.sample_rate.to_string()),
            (ATTRIBUTE_NUM_CHANNELS.to_owned(), self.channels.to_string()),
        ])
    }
}

impl PlaybackFinished {
    /// Reads a payload. A position that is no number of seconds is refused: it would stop a clock for ever.
    #[must_use]
    pub fn parse(payload: &str) -> Option<Self> {
        let finished: Self = serde_json::from_str(payload).ok()?;
        (finished.playback_position.is_finite() && finished.playback_position >= 0.0).then_some(finished)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn attributes(rate: &str, channels: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("sample_rate".into(), rate.into()), ("num_channels".into(), channels.into())])
    }

    #[test]
    fn the_end_of_a_segment_has_exactly_the_peers_keys() {
        let finished = PlaybackFinished { playback_position: 2.0, interrupted: true, synchronized_transcript: None };
        let text = serde_json::to_string(&finished).unwrap();
        assert_eq!(text, r#"{"playback_position":2.0,"interrupted":true,"synchronized_transcript":null}"#);
        assert_eq!(PlaybackFinished::parse(&text), Some(finished));
        // The peer writes whole seconds as integers too.
        assert!(PlaybackFinished::parse(r#"{"playback_position":0,"interrupted":false}"#).is_some());
    }

    #[test]
    fn a_position_that_is_no_time_is_refused() {
        for odd in ["-1.0", "1e400", "null", "\"2\""] {
            let payload = format!(r#"{{"playback_position":{odd},"interrupted":false}}"#);
            assert_eq!(PlaybackFinished::parse(&payload), None, "{odd}");
        }
        assert_eq!(PlaybackFinished::parse(""), None);
    }

    #[test]
    fn a_format_reads_what_it_writes() {
        for (sample_rate, channels) in [(8_000, 1), (24_000, 1), (44_100, 2), (48_000, 2)] {
            let format = AudioFormat { sample_rate, channels };
            assert_eq!(AudioFormat::from_attributes(&format.attributes()), Ok(format));
        }
    }

    #[test]
    fn hostile_formats_are_refused_by_name() {
        for rate in ["0", "7999", "48001", "-1", "99999999999999999999", "24000.0", "", "NaN"] {
            let error = AudioFormat::from_attributes(&attributes(rate, "1")).unwrap_err();
            assert_eq!(error.attribute, ATTRIBUTE_SAMPLE_RATE, "{rate}");
        }
        for channels in ["0", "3", "65537", "", "mono"] {
            let error = AudioFormat::from_attributes(&attributes("24000", channels)).unwrap_err();
            assert_eq!(error.attribute, ATTRIBUTE_NUM_CHANNELS, "{channels}");
        }
        let missing = AudioFormat::from_attributes(&BTreeMap::new()).unwrap_err();
        assert_eq!(missing.to_string(), "sample_rate: `missing` is not 8000 to 48000");
        let long = AudioFormat::from_attributes(&attributes(&"9".repeat(10_000), "1")).unwrap_err();
        assert!(long.to_string().len() < 100);
    }
}
