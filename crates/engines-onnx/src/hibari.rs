//! Hibari: Kokoro's voice "heart" in a net so small that a clause takes a tenth of the time of Piper's.
//!
//! The net decides how many steps of 25 ms each letter lasts. That inner tensor is exposed as one more output, and gives exact
//! times. Its letters are Kokoro's, from espeak-ng.

use std::ops::Range;
use std::path::{Path, PathBuf};

use assets::{Asset, Assets};
use engines::{
    Context, Engine, EngineError, NoOptions, Place, Prepared, TextToSpeech, TextToSpeechCapabilities,
    TextToSpeechEngine, Voice, options,
};
use ort::session::Session;
use ort::value::Tensor;
use speech::espeak::Espeak;
use speech::phrases::{Phrase, Utterance};
use speech::word_times::{TimedLetter, with_pauses, word_spans};
use speech::{CancelFlag, SpeechChunk, SpeechError};
use toml::Table;

use crate::hibari_vocoder::{HOP, Prediction, SAMPLE_RATE, Vocoder};
use crate::kokoro_tokens::{KokoroVocabulary, Letter, ipa_spans};
use crate::onnx;
use crate::onnx::{floats, load_error, open_bytes, run_error};
use crate::onnx_graph::with_output;

/// An American English voice, faster than Piper's.
pub const ENGINE: TextToSpeechEngine = Engine {
    name: "hibari",
    summary: "Hibari 0.2, distilled from Kokoro 82M",
    licence: "Apache-2.0",
    assets: &[Asset::OnnxRuntime, Asset::HibariModel, Asset::HibariVocabulary],
    variables: &[],
    capabilities: TextToSpeechCapabilities {
        place: Place::Embedded,
        languages: &["en"],
        voices: &[Voice { name: "heart", summary: "American English, female" }],
        sample_rate: SAMPLE_RATE,
        exact_times: true,
    },
    options: || schemars::schema_for!(NoOptions),
    prepare,
};

fn prepare(context: &Context, table: &Table) -> Result<Prepared<dyn TextToSpeech>, EngineError> {
    options::<NoOptions>(ENGINE.name, table)?;
    context.voice(ENGINE.name, ENGINE.capabilities.voices)?;
    let (assets, threads) = (context.verified(ENGINE.assets)?, context.threads);
    Ok(Prepared::new(move || Ok(open(&assets, threads)?)))
}

/// The language of the voice, as espeak-ng names it.
const LANGUAGE: &str = "en-us";

/// The voice "heart" from the pinned files, 24 kHz. Starts an espeak-ng of its own.
///
/// # Errors
/// When a file is missing or damaged, or espeak-ng is not installed.
pub fn open(assets: &Assets, threads: usize) -> Result<Box<dyn TextToSpeech>, SpeechError> {
    onnx::init_from(assets)?;
    let files = HibariFiles {
        model: onnx::asset(ENGINE_NAME, assets, Asset::HibariModel)?,
        vocabulary: onnx::asset(ENGINE_NAME, assets, Asset::HibariVocabulary)?,
    };
    Ok(Box::new(Hibari::load(&files, Espeak::start(LANGUAGE)?, threads)?))
}

const ENGINE_NAME: &str = "Hibari";
/// The tensor with the steps of each letter.
const DURATIONS: &str = "/Clip_output_0";
/// Samples of such a step.
const STEP: usize = 2 * HOP;
/// How far the steps run behind the sound, in samples: moved by so much, vowels and stops of nine clauses part as well as
/// Piper's do.
const LATE: usize = 900;
/// Longer text is spoken in several chunks, so that a cancel is heard and memory stays bounded.
const LETTERS_PER_CHUNK: usize = 300;
/// Most letters that the net takes at once.
const MAX_LETTERS: usize = 400;
/// Below this level a sample is silence.
const AUDIBLE: f32 = 0.01;
/// Silence that stays before the sound, and behind it, in samples: the net makes 290 and 440 ms.
const LEAD: usize = SAMPLE_RATE as usize / 100;
const TAIL: usize = SAMPLE_RATE as usize / 10;

/// The two files of the voice.
#[derive(Debug, Clone)]
pub struct HibariFiles {
    /// The net with inputs `ids`, `speed` and outputs `lh`, `theta`, `ln`, `lr`, `phi`, `f0`.
    pub model: PathBuf,
    /// The letters' numbers: a JSON object.
    pub vocabulary: PathBuf,
}

/// The engine.
pub struct Hibari {
    session: Session,
    espeak: Espeak,
    vocabulary: KokoroVocabulary,
    vocoder: Vocoder,
}

/// Samples, and the steps of each number put in.
struct Sound {
    samples: Vec<f32>,
    steps: Vec<usize>,
}

impl Hibari {
    /// Loads the voice on `threads` threads and speaks one clause into the void, as the first run is slow. `espeak` must
    /// speak `en-us`.
    ///
    /// # Errors
    /// When a file is damaged, or the net does not run.
    pub fn load(files: &HibariFiles, espeak: Espeak, threads: usize) -> Result<Self, SpeechError> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| load_error(ENGINE_NAME, path, error));
        let vocabulary = KokoroVocabulary::parse_table(&read(&files.vocabulary)?)
            .map_err(|error| load_error(ENGINE_NAME, &files.vocabulary, error))?;
        let model = with_output(&read(&files.model)?, DURATIONS)
            .map_err(|error| load_error(ENGINE_NAME, &files.model, error))?;
        let session = open_bytes(ENGINE_NAME, &files.model, &model, threads)?;
        let mut voice = Self { session, espeak, vocabulary, vocoder: Vocoder::new() };
        voice
            .synthesize("Hello there, how are you?", &CancelFlag::default(), &mut drop)
            .map_err(|error| load_error(ENGINE_NAME, &files.model, format!("it does not run: {error}")))?;
        Ok(voice)
    }

    /// One chunk: some phrases, and the written words that they cover.
    fn speak(
        &mut self,
        letters: &[Letter],
        phrases: &[Phrase],
        written: &[String],
        range: Range<usize>,
    ) -> Result<SpeechChunk, SpeechError> {
        let sound = self.run(letters).map_err(|error| run_error(ENGINE_NAME, error))?;
        let (count, length) = (sound.steps.len(), sound.steps.iter().sum::<usize>() * STEP);
        if count != letters.len() + 2 || length != sound.samples.len() {
            let (letters, samples) = (letters.len(), sound.samples.len());
            let message = format!("{count} durations, {length} samples in all, for {letters} letters and {samples}");
            return Err(run_error(ENGINE_NAME, message));
        }
        let heard = audible(&sound.samples);
        let timed = time(letters, &sound.steps, &heard);
        let samples = sound.samples[heard].to_vec();
        let total = samples.len() as u64;
        let words = word_spans(written, range, phrases, &timed, total);
        Ok(SpeechChunk { samples, phonemes: ipa_spans(&with_pauses(&timed, total)), words })
    }

    fn run(&mut self, letters: &[Letter]) -> Result<Sound, ort::Error> {
        let pad = std::iter::once(0);
        let ids: Vec<i64> = pad.clone().chain(letters.iter().map(|letter| letter.id)).chain(pad).collect();
        let outputs = self.session.run(ort::inputs![
            "ids" => Tensor::from_array(([1, ids.len()], ids))?,
            "speed" => Tensor::from_array(([1usize], vec![1.0f32]))?,
        ])?;
        let part = |name| floats(&outputs, name);
        let prediction = Prediction {
            harmonic: part("lh")?,
            phase: part("theta")?,
            noise: part("ln")?,
            free: part("lr")?,
            free_phase: part("phi")?,
            pitch: part("f0")?,
        };
        let samples = self.vocoder.synthesize(&prediction).map_err(|error| ort::Error::new(error.to_string()))?;
        if samples.iter().any(|sample| !sample.is_finite()) {
            return Err(ort::Error::new("the net's spectrum holds values that are not numbers"));
        }
        let durations = part(DURATIONS)?;
        let steps = durations.iter().map(|steps| steps.max(0.0).round() as usize).collect();
        Ok(Sound { samples: samples.iter().map(|sample| sample.clamp(-1.0, 1.0)).collect(), steps })
    }
}

impl TextToSpeech for Hibari {
    fn sample_rate(&self) -> u32 {
        SAMPLE_RATE
    }

    fn synthesize(
        &mut self,
        text: &str,
        cancel: &CancelFlag,
        sink: &mut dyn FnMut(SpeechChunk),
    ) -> Result<(), SpeechError> {
        let mut utterance = Utterance::read(text);
        if utterance.phrases.is_empty() || cancel.is_cancelled() {
            return Ok(());
        }
        utterance.pronounce(&mut self.espeak)?;
        for (range, phrases) in utterance.batches(LETTERS_PER_CHUNK) {
            let letters = self.vocabulary.letters(phrases, MAX_LETTERS);
            // The net makes a sound of nothing, too.
            if letters.is_empty() {
                continue;
            }
            let chunk = self.speak(&letters, phrases, &utterance.written, range)?;
            if cancel.is_cancelled() {
                return Ok(());
            }
            sink(chunk);
        }
        Ok(())
    }
}

/// The stretch that is heard, with a little silence around it.
fn audible(samples: &[f32]) -> Range<usize> {
    let is_audible = |sample: &f32| sample.abs() > AUDIBLE;
    let first = samples.iter().position(is_audible).unwrap_or(0);
    let last = samples.iter().rposition(is_audible).map_or(samples.len(), |last| last + 1);
    first.saturating_sub(LEAD)..(last + TAIL).min(samples.len())
}

/// The letters with their times within the stretch that is heard. The numbers before the first one and behind the last one
/// are pads.
fn time(letters: &[Letter], steps: &[usize], heard: &Range<usize>) -> Vec<TimedLetter> {
    let place = |sample: usize| sample.clamp(heard.start, heard.end).abs_diff(heard.start) as u64;
    let mut at = (steps.first().copied().unwrap_or_default() * STEP).saturating_sub(LATE);
    let timed = letters.iter().zip(steps.iter().skip(1)).map(|(letter, steps)| {
        let start = at;
        at += steps * STEP;
        TimedLetter { letter: letter.letter, phrase: letter.phrase, start: place(start), end: place(at) }
    });
    timed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_around_the_sound_is_cut_but_for_a_little() {
        let mut samples = vec![0.0; 20_000];
        samples[7_000..9_000].fill(0.5);
        assert_eq!(audible(&samples), 7_000 - LEAD..9_000 + TAIL);
        assert_eq!(audible(&samples[..8_000]), 7_000 - LEAD..8_000);
        assert_eq!(audible(&[0.0; 500]), 0..500);
    }

    #[test]
    fn letters_follow_one_another_within_the_stretch_that_is_heard() {
        let letter = |letter| Letter { letter, phrase: 0, id: 1 };
        let letters = [letter('h'), letter('I')];
        let timed = time(&letters, &[2, 3, 4, 1], &(100..6_000));
        let spans: Vec<(u64, u64)> = timed.iter().map(|letter| (letter.start, letter.end)).collect();
        assert_eq!(spans, [(200, 2_000), (2_000, 4_400)]);
        let cut = time(&letters, &[2, 3, 4, 1], &(1_800 - LATE..3_600 - LATE));
        assert_eq!((cut[0].start, cut[1].end), (0, 1_800));
    }
}
