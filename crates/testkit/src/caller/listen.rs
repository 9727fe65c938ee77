//! Reading what was heard: speech-to-text over stretches of the call, after it.

use assets::Assets;
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, SpeechToText};

use super::CallerError;
use crate::measure::{Span, pieces_for_transcription, voiced_spans};
use crate::wav::{ROOM_SAMPLE_RATE, resample, to_float};

/// Threads of the speech engine; it runs after the call.
const THREADS: usize = 2;
/// Longest piece given to the transcriber, in seconds.
const LONGEST_SECONDS: usize = 12;
/// Pauses shorter than this stay inside a piece.
const JOIN_MS: u32 = 400;
/// Silence kept around a piece, in milliseconds.
const MARGIN_MS: usize = 120;

/// A transcriber for recordings of a call.
pub(super) struct Listener {
    engine: Box<dyn SpeechToText>,
}

impl Listener {
    /// Loads the embedded engine: blocking.
    pub(super) fn load() -> Result<Self, CallerError> {
        Ok(Self { engine: speech::embedded::stt(&Assets::open()?, THREADS)? })
    }

    /// The words in 48 kHz mono sound of any length; empty when there are none.
    pub(super) fn read(&mut self, sound: &[i16]) -> Result<String, CallerError> {
        let rate = ROOM_SAMPLE_RATE as usize;
        let voiced = voiced_spans(sound, ROOM_SAMPLE_RATE, JOIN_MS);
        let pieces = pieces_for_transcription(&voiced, LONGEST_SECONDS * rate, MARGIN_MS * rate / 1000, sound.len());
        let mut words = Vec::new();
        for Span { start, end } in pieces {
            let piece = resample(&to_float(&sound[start..end]), ROOM_SAMPLE_RATE, LISTEN_SAMPLE_RATE)?;
            words.push(self.engine.transcribe(&piece, &CancelFlag::default())?.trim().to_owned());
        }
        words.retain(|text| !text.is_empty());
        Ok(words.join(" "))
    }
}
