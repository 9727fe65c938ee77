//! The synthesis thread: clauses in, 48 kHz samples with word and mouth times out.

use std::sync::Arc;

use dialogue::{Engine, Input, SpeechId, Usage};
use face::{MouthTrack, Viseme};
use speech::resample::Resampler;
use speech::{CancelFlag, SpeechChunk, SpeechError, TextToSpeech};
use tokio::sync::mpsc;

use super::clause::{PlayableClause, PlayedWord};
use super::clock::PLAYOUT_SAMPLE_RATE;
use super::playout::PlayoutCommand;

/// What the synthesis thread can be told.
#[derive(Debug)]
pub enum SynthesisCommand {
    /// Say this clause.
    Speak {
        /// Which speech it belongs to.
        speech: SpeechId,
        /// The words.
        text: String,
        /// Set when the speech is stopped.
        cancel: CancelFlag,
    },
    /// Nothing more will come for this speech.
    Finish(SpeechId),
}

/// Serves until the command channel closes. Blocking: runs on a thread of its own.
pub fn run_synthesis(
    mut engine: Box<dyn TextToSpeech>,
    mut commands: mpsc::Receiver<SynthesisCommand>,
    playout: mpsc::Sender<PlayoutCommand>,
    inputs: mpsc::Sender<Input>,
) {
    while let Some(command) = commands.blocking_recv() {
        match command {
            SynthesisCommand::Speak { speech, text, cancel } => {
                if cancel.is_cancelled() {
                    continue;
                }
                if let Err(error) = speak(engine.as_mut(), speech, &text, &cancel, &playout, &inputs)
                    && !cancel.is_cancelled()
                {
                    let permanent = error.is_permanent();
                    crate::failures::report(telemetry::events::Engine::Tts, permanent, &error);
                    let failed = if permanent {
                        Input::EngineFailed { engine: Engine::TextToSpeech }
                    } else {
                        Input::VoiceFailed { speech, text }
                    };
                    if inputs.blocking_send(failed).is_err() || permanent {
                        return;
                    }
                }
            }
            SynthesisCommand::Finish(speech) => {
                if playout.blocking_send(PlayoutCommand::Finish(speech)).is_err() {
                    return;
                }
            }
        }
    }
}

fn speak(
    engine: &mut dyn TextToSpeech,
    speech: SpeechId,
    text: &str,
    cancel: &CancelFlag,
    playout: &mpsc::Sender<PlayoutCommand>,
    inputs: &mpsc::Sender<Input>,
) -> Result<(), SpeechError> {
    let from = engine.sample_rate();
    let mut failed = None;
    let mut spoken_ms = 0;
    engine.synthesize(text, cancel, &mut |chunk| {
        if cancel.is_cancelled() || failed.is_some() {
            return;
        }
        match playable(speech, &chunk, from) {
            // A closed channel means that the call is over.
            Ok(clause) => {
                if spoken_ms == 0 {
                    let _ = inputs.blocking_send(Input::VoiceReady { speech });
                }
                spoken_ms += clause.samples.len() as u64 * 1000 / u64::from(PLAYOUT_SAMPLE_RATE);
                let _ = playout.blocking_send(PlayoutCommand::Clause(clause));
            }
            Err(error) => failed = Some(error),
        }
    })?;
    let _ = inputs.blocking_send(Input::Used(Usage::AudioMilliseconds(spoken_ms)));
    failed.map_or(Ok(()), Err)
}

/// Brings a chunk to the playout rate, with its times.
fn playable(speech: SpeechId, chunk: &SpeechChunk, from: u32) -> Result<PlayableClause, SpeechError> {
    let mut resampled = Vec::with_capacity(chunk.samples.len() * 3);
    let mut resampler = Resampler::new(from, PLAYOUT_SAMPLE_RATE)?;
    resampler.push(&chunk.samples, &mut resampled)?;
    resampler.finish(&mut resampled)?;
    let at_playout = |sample: u64| sample * u64::from(PLAYOUT_SAMPLE_RATE) / u64::from(from);
    let words = chunk
        .words
        .iter()
        .map(|word| PlayedWord { text: word.text.clone(), heard_at: at_playout(word.start.midpoint(word.end)) })
        .collect();
    let spans = chunk
        .phonemes
        .iter()
        .map(|phoneme| (Viseme::from_ipa(&phoneme.ipa), at_playout(phoneme.start), at_playout(phoneme.end)));
    Ok(PlayableClause {
        speech,
        mouth: Arc::new(MouthTrack::new(PLAYOUT_SAMPLE_RATE, spans)),
        samples: resampled.iter().map(|sample| to_i16(*sample)).collect(),
        words,
    })
}

/// A sample in -1 to 1 as 16-bit PCM.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of i16 first")]
fn to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16
}
