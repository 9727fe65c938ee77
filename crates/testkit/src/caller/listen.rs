//! Reading what was heard: speech-to-text over stretches of the call, after it.

use assets::Assets;
use engines::SpeechToText;
use speech::{CancelFlag, LISTEN_SAMPLE_RATE};

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
        Ok(Self { engine: engines_onnx::moonshine::open(&Assets::open()?, THREADS)? })
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::super::{CallerPlan, voice};
    use super::*;
    use crate::measure::match_share;

    #[test]
    fn the_caller_speaks_so_that_it_is_understood() {
        let question = "What is the capital of France?";
        let plan = CallerPlan::new("http://127.0.0.1:1", "r").say(question).say("Thank you, that was all.");
        let prepared = voice::prepare(&plan).expect("the speech models are there").turns;
        assert_eq!(prepared.len(), 2);
        let first = &prepared[0];
        let seconds = first.voiced.len() as f64 / f64::from(ROOM_SAMPLE_RATE);
        assert!((0.8..4.0).contains(&seconds), "spoken in {seconds} s");
        let read = Listener::load().unwrap().read(&first.samples).unwrap();
        assert!(match_share(question, &read) > 0.8, "{read}");
    }
}
