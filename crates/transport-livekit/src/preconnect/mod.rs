//! What a person said before the agent could hear them: clients record it while they join and send it as one byte
//! stream of topic `lk.agent.pre-connect-audio-buffer` (WIRE section 2). Ignoring it loses the first words.
//!
//! ```text
//!  RoomEvent::ByteStream ──> read (10 s, 2 MB) ──> a thread of the blocking pool ──> 16 kHz mono
//!                                                    ├─ s16le samples ──> pcm.rs
//!                                                    └─ WebM, MP4, Ogg ─> container.rs (Opus, AAC)
//! ```
//!
//! Every byte is hostile: sizes and times are limited before anything is decoded, and a decoder that panics loses its
//! recording and nothing else. Whose stream it is must be checked by the caller: only the linked person's counts.

mod container;
mod format;
mod pcm;
mod sound;

use std::time::Duration;

use async_trait::async_trait;
use proto::room::ATTRIBUTE_PRECONNECT_TRACK_ID;
use room::{Attributes, ByteReader, RoomError};
use speech::SpeechError;

pub use format::Format;

use session::ports::{PreconnectAudio, TransportError};

/// The largest stream, in bytes: more than 10 s of 48 kHz stereo samples.
pub const LARGEST: usize = 2 * 1024 * 1024;
/// The longest buffer that is returned, as clients keep no more. Of a longer one the end is returned: what the live
/// track continues.
pub const LONGEST: Duration = Duration::from_secs(10);
/// Recordings longer than this are refused.
const REFUSED: Duration = Duration::from_secs(60);
/// How long the stream may take from its opening to its end.
const READ_DEADLINE: Duration = Duration::from_secs(10);
/// How long decoding may take; ten seconds of Opus take a hundredth of it.
const DECODE_DEADLINE: Duration = Duration::from_secs(5);

/// Why there is nothing to hear. The call goes on without the first words.
#[derive(Debug, thiserror::Error)]
pub enum PreconnectError {
    /// The stream broke, or holds more than [`LARGEST`].
    #[error("the pre-connect audio can't be received: {0}")]
    Stream(#[from] RoomError),
    /// The stream did not end in time.
    #[error("the pre-connect audio did not arrive within {READ_DEADLINE:?}; it is given up")]
    TooSlow,
    /// Its MIME type or attributes describe nothing that we decode.
    #[error("the pre-connect audio is not understood: {0}; WebM, MP4, Ogg (Opus or AAC) and s16le samples are")]
    Unsupported(String),
    /// Its bytes are not what they are said to be.
    #[error("the pre-connect audio can't be decoded: {0}")]
    Damaged(String),
    /// It lasts longer than anybody's buffer.
    #[error("the pre-connect audio lasts longer than {REFUSED:?}; clients keep about {LONGEST:?}")]
    TooLong,
    /// Its rate can't be converted.
    #[error("the pre-connect audio: {0}")]
    Resample(#[from] SpeechError),
    /// Decoding took too long, or its thread died.
    #[error("decoding the pre-connect audio failed: {0}")]
    Decoder(String),
}

/// A byte stream of topic `lk.agent.pre-connect-audio-buffer` that begins to arrive.
pub(super) struct Preconnect {
    pub(super) reader: Box<dyn ByteReader>,
    pub(super) attributes: Attributes,
    pub(super) mime_type: String,
}

#[async_trait]
impl PreconnectAudio for Preconnect {
    fn source(&self) -> Option<&str> {
        track_id(&self.attributes)
    }

    async fn read(self: Box<Self>) -> Result<Vec<i16>, TransportError> {
        let Self { reader, attributes, mime_type } = *self;
        match read_preconnect(reader, &attributes, &mime_type).await {
            Ok(samples) => Ok(samples.into_iter().map(to_i16).collect()),
            Err(error) => Err(TransportError::Failed(error.to_string())),
        }
    }
}

/// A sample in -1 to 1 as 16-bit PCM.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of i16 first")]
fn to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16
}

/// The track whose beginning a stream is, by its attributes: to be compared with the person's microphone track.
#[must_use]
pub fn track_id(attributes: &Attributes) -> Option<&str> {
    attributes.get(ATTRIBUTE_PRECONNECT_TRACK_ID).map(String::as_str).filter(|sid| !sid.is_empty())
}

/// Reads a stream to its end and decodes it: 16 kHz mono, at most the last ten seconds; empty when it holds no sound.
///
/// `attributes` and `mime` are those of the stream ([`room::RoomEvent::ByteStream`]).
///
/// # Errors
/// [`PreconnectError`]; within 15 s in any case. What can't be understood is refused before anything is read.
pub async fn read_preconnect(
    reader: Box<dyn ByteReader>,
    attributes: &Attributes,
    mime: &str,
) -> Result<Vec<f32>, PreconnectError> {
    read_within(reader, Format::of(mime, attributes)?, READ_DEADLINE).await
}

async fn read_within(
    mut reader: Box<dyn ByteReader>,
    format: Format,
    deadline: Duration,
) -> Result<Vec<f32>, PreconnectError> {
    let read = tokio::time::timeout(deadline, reader.read_all(LARGEST)).await;
    let bytes = read.map_err(|_| PreconnectError::TooSlow)??;
    drop(reader);
    let decoding = tokio::task::spawn_blocking(move || decode(bytes, format));
    match tokio::time::timeout(DECODE_DEADLINE, decoding).await {
        Ok(Ok(samples)) => samples,
        Ok(Err(error)) => Err(PreconnectError::Decoder(error.to_string())),
        Err(_) => Err(PreconnectError::Decoder(format!("no end within {DECODE_DEADLINE:?}"))),
    }
}

fn decode(bytes: Vec<u8>, format: Format) -> Result<Vec<f32>, PreconnectError> {
    match format {
        Format::Pcm(layout) => pcm::decode(&bytes, layout),
        Format::Container => container::decode(bytes),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
