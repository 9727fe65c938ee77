//! Cuts a stream of PCM into chunks as it arrives: a short one first, so that the voice begins soon, then longer ones.

use remote::{FailureKind, Progress, Reader, RemoteFailure};
use speech::{CancelFlag, SpeechChunk};

use crate::pace::{OPENAI_SPEECH_RATE, Pace};

/// Samples of a millisecond.
const MILLISECOND: usize = OPENAI_SPEECH_RATE as usize / 1000;
/// The first chunks; the last length holds for all that follow.
const LENGTHS: [usize; 3] = [100 * MILLISECOND, 200 * MILLISECOND, 400 * MILLISECOND];
/// Held back, so that the last chunk is never empty: its words need something to sound in.
const HELD: usize = 20 * MILLISECOND;
/// Below this there is no voice.
const SILENCE: f32 = 0.01;

/// The sound of a clause as it comes in.
pub(super) struct Cutter<'a> {
    /// The pace before anything was cut, for a second attempt.
    fresh: Pace,
    pace: Pace,
    cancel: &'a CancelFlag,
    sink: &'a mut dyn FnMut(SpeechChunk),
    /// The half of a sample whose other half is still to come.
    half: Option<u8>,
    head: Vec<u8>,
    pending: Vec<f32>,
    /// Samples that were handed on.
    given: u64,
    chunks: usize,
    /// First and last sample with a voice.
    voiced: Option<(u64, u64)>,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(pace: Pace, cancel: &'a CancelFlag, sink: &'a mut dyn FnMut(SpeechChunk)) -> Self {
        Self {
            fresh: pace.clone(),
            pace,
            cancel,
            sink,
            half: None,
            head: Vec::new(),
            pending: Vec::new(),
            given: 0,
            chunks: 0,
            voiced: None,
        }
    }

    /// How long the voice sounded, in samples.
    pub(super) fn voiced(&self) -> u64 {
        self.voiced.map_or(0, |(first, last)| last - first)
    }

    fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let Some(low) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let sample = f32::from(i16::from_le_bytes([low, byte])) / 32_768.0;
            if sample.abs() > SILENCE {
                let at = self.given + self.pending.len() as u64;
                self.voiced = Some((self.voiced.map_or(at, |(first, _)| first), at));
            }
            self.pending.push(sample);
        }
    }

    fn give(&mut self, length: usize, last: bool) {
        let rest = self.pending.split_off(length);
        let samples = std::mem::replace(&mut self.pending, rest);
        let (from, to) = (self.given, self.given + length as u64);
        if self.chunks == 0 {
            self.pace.lead(self.voiced.map_or(to, |(first, _)| first).min(to));
        }
        let (words, phonemes) = self.pace.cut(from, to, last);
        (self.given, self.chunks) = (to, self.chunks + 1);
        if !self.cancel.is_cancelled() {
            (self.sink)(SpeechChunk { samples, phonemes, words });
        }
    }
}

impl Reader for Cutter<'_> {
    fn begin(&mut self, media_type: &str) -> Result<(), RemoteFailure> {
        if media_type.starts_with("text/") || media_type.starts_with("application/json") {
            return Err(garbage(&format!("{} where sound was asked for", remote::one_line(media_type))));
        }
        self.pace = self.fresh.clone();
        (self.half, self.given, self.chunks, self.voiced) = (None, 0, 0, None);
        self.head.clear();
        self.pending.clear();
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> Result<Progress, RemoteFailure> {
        const RIFF: &[u8] = b"RIFF";
        if self.head.len() < RIFF.len() {
            self.head.extend(bytes.iter().take(RIFF.len() - self.head.len()));
            if self.head == RIFF {
                return Err(garbage(
                    "a WAV file where raw PCM was asked for; the service does not know response_format",
                ));
            }
        }
        self.take(bytes);
        loop {
            let length = LENGTHS[self.chunks.min(LENGTHS.len() - 1)];
            if self.pending.len() < length + HELD {
                break;
            }
            self.give(length, false);
        }
        Ok(if self.chunks == 0 { Progress::Nothing } else { Progress::Delivered })
    }

    fn end(&mut self) -> Result<(), RemoteFailure> {
        if self.half.is_some() {
            return Err(RemoteFailure::new(FailureKind::Cut, "the sound ended in the middle of a sample"));
        }
        if self.pending.is_empty() {
            return Err(garbage("no sound for a text with words in it"));
        }
        self.give(self.pending.len(), true);
        Ok(())
    }
}

fn garbage(message: &str) -> RemoteFailure {
    RemoteFailure::new(FailureKind::Garbage, message)
}
