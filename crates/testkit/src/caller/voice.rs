//! The caller's voice: all utterances, made before the call.

use std::path::Path;
use std::sync::Arc;

use assets::Assets;
use speech::{CancelFlag, TextToSpeech};

use super::pacer::Prepared;
use super::{CallerError, CallerPlan, Utterance};
use crate::measure::speech_bounds;
use crate::wav::{ROOM_SAMPLE_RATE, read_mono, resample, to_pcm};

/// Threads of the speech engine; it runs before the call.
const THREADS: usize = 2;
/// The loudest sample of a synthesised utterance, so that all voices are equally loud.
const PEAK: f32 = 0.5;

/// Makes every utterance of a plan: blocking, some hundred milliseconds per sentence. Engines are loaded only when there
/// is something to say, and gone afterwards.
pub(super) fn prepare(plan: &CallerPlan) -> Result<Vec<Prepared>, CallerError> {
    let mut engine: Option<Box<dyn TextToSpeech>> = None;
    let mut prepared = Vec::with_capacity(plan.utterances.len());
    for (index, utterance) in plan.utterances.iter().enumerate() {
        let (text, samples) = match utterance {
            Utterance::Say(text) => {
                if engine.is_none() {
                    engine = Some(speech::embedded::kokoro(&Assets::open()?, plan.voice, THREADS)?);
                }
                let Some(engine) = engine.as_mut() else { continue };
                (Some(text.clone()), synthesise(engine.as_mut(), text)?)
            }
            Utterance::Wav(path) => (None, read_mono(path)?),
        };
        let silent = || CallerError::Silent { turn: index + 1, what: describe(utterance) };
        let voiced = speech_bounds(&samples, ROOM_SAMPLE_RATE).ok_or_else(silent)?;
        prepared.push(Prepared { text, samples: Arc::new(samples), voiced });
    }
    Ok(prepared)
}

fn synthesise(engine: &mut dyn TextToSpeech, text: &str) -> Result<Vec<i16>, CallerError> {
    let mut samples: Vec<f32> = Vec::new();
    engine.synthesize(text, &CancelFlag::default(), &mut |chunk| samples.extend(chunk.samples))?;
    let mut samples = resample(&samples, engine.sample_rate(), ROOM_SAMPLE_RATE)?;
    let loudest = samples.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
    if loudest > 0.0 {
        samples.iter_mut().for_each(|sample| *sample *= PEAK / loudest);
    }
    Ok(to_pcm(&samples))
}

fn describe(utterance: &Utterance) -> String {
    match utterance {
        Utterance::Say(text) => format!("\"{text}\""),
        Utterance::Wav(path) => Path::display(path).to_string(),
    }
}
