//! Piper voices: VITS by clause, with the exact time of every phoneme.
//!
//! VITS decides how many frames each phoneme lasts (the graph's only `Ceil` node) before it makes the sound. That inner
//! tensor is exposed as one more output, and gives the lip-sync track for nothing.
//!
//! Input: `^ _ p _ p _ … $`, that is a pad after each phoneme, as Piper itself does. A pad's frames count for the
//! phoneme before it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use assets::{Asset, Assets};
use engines::{
    Context, Engine, EngineError, NoOptions, Place, Prepared, TextToSpeech, TextToSpeechCapabilities,
    TextToSpeechEngine, Voice, options,
};
use ort::session::{Session, SessionInputValue};
use ort::value::Tensor;
use speech::espeak::Espeak;
use speech::phrases::{Phrase, Utterance};
use speech::word_times::{TimedLetter, phoneme_spans, with_pauses, word_spans};
use speech::{CancelFlag, SpeechChunk, SpeechError};
use toml::Table;

use crate::onnx;
use crate::onnx::{floats, load_error, open_bytes, run_error};
use crate::onnx_graph::{outputs_of, with_output};
use crate::piper_config::PiperConfig;

/// An American English voice, fast on small machines.
pub const ENGINE: TextToSpeechEngine = Engine {
    name: "piper",
    summary: "Piper, the voice \"joe\"",
    licence: "CC0-1.0",
    assets: &[Asset::OnnxRuntime, Asset::PiperJoeModel, Asset::PiperJoeConfig],
    variables: &[],
    capabilities: TextToSpeechCapabilities {
        place: Place::Embedded,
        languages: &["en"],
        voices: &[Voice { name: "joe", summary: "American English, male" }],
        sample_rate: 22_050,
        exact_times: true,
    },
    options: || schemars::schema_for!(NoOptions),
    prepare,
};

fn prepare(context: &Context, table: &Table) -> Result<Prepared<dyn TextToSpeech>, EngineError> {
    options::<NoOptions>("piper", table)?;
    context.voice(ENGINE.name, ENGINE.capabilities.voices)?;
    let (assets, threads) = (context.verified(ENGINE.assets)?, context.threads);
    Ok(Prepared::new(move || Ok(open(&assets, threads)?)))
}

/// The language of the voice, as espeak-ng names it.
const LANGUAGE: &str = "en-us";

/// The voice "joe" from the pinned files, 22.05 kHz. Starts an espeak-ng of its own.
///
/// # Errors
/// When a file is missing or damaged, or espeak-ng is not installed.
pub fn open(assets: &Assets, threads: usize) -> Result<Box<dyn TextToSpeech>, SpeechError> {
    onnx::init_from(assets)?;
    let files = PiperFiles {
        model: onnx::asset(ENGINE_NAME, assets, Asset::PiperJoeModel)?,
        config: onnx::asset(ENGINE_NAME, assets, Asset::PiperJoeConfig)?,
    };
    Ok(Box::new(Piper::load(&files, Espeak::start(LANGUAGE)?, threads)?))
}

const ENGINE_NAME: &str = "Piper";
/// Longer text is spoken in several chunks, so that a cancel is heard and memory stays bounded.
const LETTERS_PER_CHUNK: usize = 400;

/// The two files of a Piper voice.
#[derive(Debug, Clone)]
pub struct PiperFiles {
    /// `NAME.onnx`.
    pub model: PathBuf,
    /// `NAME.onnx.json`.
    pub config: PathBuf,
}

/// The engine.
pub struct Piper {
    session: Session,
    espeak: Espeak,
    config: PiperConfig,
    durations: String,
    has_speakers: bool,
}

/// What one run of the model gives: the samples and the frames of each number put in.
struct Run {
    samples: Vec<f32>,
    frames: Vec<f32>,
}

impl Piper {
    /// Loads a voice on `threads` threads and speaks one clause into the void, as the first run is slow. `espeak` must
    /// speak the voice's language.
    pub fn load(files: &PiperFiles, espeak: Espeak, threads: usize) -> Result<Self, SpeechError> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| load_error(ENGINE_NAME, path, error));
        let wrong = |error: &dyn ToString| load_error(ENGINE_NAME, &files.model, error.to_string());
        let config =
            PiperConfig::parse(&read(&files.config)?).map_err(|error| load_error(ENGINE_NAME, &files.config, error))?;
        let model = read(&files.model)?;
        let mut found = outputs_of(&model, "Ceil").map_err(|error| wrong(&error))?;
        let durations = match (found.pop(), found.len()) {
            (Some(name), 0) => name,
            (_, others) => {
                let count = if others == 0 { "no".to_owned() } else { (others + 1).to_string() };
                return Err(wrong(&format!("{count} Ceil nodes in the graph where a Piper voice has one")));
            }
        };
        let model = with_output(&model, &durations).map_err(|error| wrong(&error))?;
        let session = open_bytes(ENGINE_NAME, &files.model, &model, threads)?;
        let has_speakers = session.inputs().iter().any(|input| input.name() == "sid");
        let mut voice = Self { session, espeak, config, durations, has_speakers };
        let warm_up = voice.synthesize("Hello there, how are you?", &CancelFlag::default(), &mut drop);
        warm_up.map_err(|error| wrong(&format!("it does not run: {error}")))?;
        Ok(voice)
    }

    /// One chunk: some phrases, and the written words that they cover.
    fn speak(
        &mut self,
        phrases: &[Phrase],
        written: &[String],
        range: Range<usize>,
    ) -> Result<SpeechChunk, SpeechError> {
        let script = Script::write(phrases, &self.config);
        let run = self.run(&script.ids).map_err(|error| run_error(ENGINE_NAME, error))?;
        let letters = script.time(&run)?;
        let total = run.samples.len() as u64;
        let phonemes = phoneme_spans(&with_pauses(&letters, total));
        let words = word_spans(written, range, phrases, &letters, total);
        Ok(SpeechChunk { samples: run.samples, phonemes, words })
    }

    fn run(&mut self, ids: &[i64]) -> Result<Run, ort::Error> {
        let manner = self.config.inference;
        let scales = vec![manner.noise_scale, manner.length_scale, manner.noise_w];
        let mut inputs: Vec<(&str, SessionInputValue<'_>)> = vec![
            ("input", Tensor::from_array(([1usize, ids.len()], ids.to_vec()))?.into()),
            ("input_lengths", Tensor::from_array(([1usize], vec![ids.len() as i64]))?.into()),
            ("scales", Tensor::from_array(([3usize], scales))?.into()),
        ];
        if self.has_speakers {
            inputs.push(("sid", Tensor::from_array(([1usize], vec![0i64]))?.into()));
        }
        let outputs = self.session.run(inputs)?;
        let samples = floats(&outputs, "output")?.iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
        Ok(Run { samples, frames: floats(&outputs, &self.durations)?.to_vec() })
    }
}

impl TextToSpeech for Piper {
    fn sample_rate(&self) -> u32 {
        self.config.audio.sample_rate
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
            if cancel.is_cancelled() {
                return Ok(());
            }
            let chunk = self.speak(phrases, &utterance.written, range)?;
            if cancel.is_cancelled() {
                return Ok(());
            }
            sink(chunk);
        }
        Ok(())
    }
}

/// The numbers for the model, and which letter each stands for.
struct Script {
    ids: Vec<i64>,
    /// Letter, phrase and the place of its first number; each ends where the next begins.
    letters: Vec<(char, usize, usize)>,
    /// The place of the number behind the last letter.
    end: usize,
}

impl Script {
    fn write(phrases: &[Phrase], config: &PiperConfig) -> Self {
        let mut script = Self { ids: [config.ids('^'), config.ids('_')].concat(), letters: Vec::new(), end: 0 };
        for (index, phrase) in phrases.iter().enumerate() {
            let gap = (index + 1 < phrases.len()).then_some(' ');
            for letter in phrase.phonemes.chars().chain(phrase.mark).chain(gap) {
                let ids = config.ids(letter);
                if !ids.is_empty() {
                    script.letters.push((letter, index, script.ids.len()));
                    script.ids.extend(ids);
                    script.ids.extend(config.ids('_'));
                }
            }
        }
        script.end = script.ids.len();
        script.ids.extend(config.ids('$'));
        script
    }

    /// The samples of each letter: frames are all of one length, the audio's length over their sum.
    fn time(&self, run: &Run) -> Result<Vec<TimedLetter>, SpeechError> {
        let total: f64 = run.frames.iter().copied().map(f64::from).sum();
        if run.frames.len() != self.ids.len() || !total.is_finite() || total <= 0.0 {
            let message = format!("{} durations for {} phonemes", run.frames.len(), self.ids.len());
            return Err(run_error(ENGINE_NAME, message));
        }
        if run.samples.iter().any(|sample| !sample.is_finite()) {
            return Err(run_error(ENGINE_NAME, "the model's audio holds values that are not numbers"));
        }
        let frame = run.samples.len() as f64 / total;
        let mut passed = 0.0;
        let mut starts: Vec<u64> = Vec::with_capacity(self.ids.len() + 1);
        for frames in &run.frames {
            starts.push((passed * frame).round() as u64);
            passed += f64::from(*frames);
        }
        let ends = self.letters.iter().skip(1).map(|letter| letter.2).chain([self.end]);
        let timed = |(&(letter, phrase, first), end): (&(char, usize, usize), usize)| TimedLetter {
            letter,
            phrase,
            start: starts[first],
            end: starts[end],
        };
        Ok(self.letters.iter().zip(ends).map(timed).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn config() -> PiperConfig {
        let json = r#"{"audio": {"sample_rate": 22050}, "phoneme_id_map":
            {"_": [0], "^": [1], "$": [2], " ": [3], ".": [10], "a": [14], "b": [15]}}"#;
        PiperConfig::parse(json.as_bytes()).unwrap()
    }

    fn phrase(phonemes: &str, mark: char) -> Phrase {
        Phrase { phonemes: phonemes.to_owned(), mark: Some(mark), ..Phrase::default() }
    }

    #[test]
    fn letters_are_padded_and_unknown_ones_left_out() {
        let script = Script::write(&[phrase("axb", '.'), phrase("a", '!')], &config());
        assert_eq!(script.ids, [1, 0, 14, 0, 15, 0, 10, 0, 3, 0, 14, 0, 2]);
        let letters: String = script.letters.iter().map(|letter| letter.0).collect();
        assert_eq!(letters, "ab. a");
    }

    #[test]
    fn letters_get_their_frames_and_those_of_the_pad_behind() {
        let script = Script::write(&[phrase("ab", '.')], &config());
        // ^ _ a _ b _ . _ $
        let frames = vec![1.0, 1.0, 2.0, 1.0, 3.0, 0.0, 4.0, 1.0, 1.0];
        let run = Run { samples: vec![0.0; 14 * 256], frames };
        let times: Vec<(u64, u64)> = script.time(&run).unwrap().iter().map(|t| (t.start / 256, t.end / 256)).collect();
        assert_eq!(times, [(2, 5), (5, 8), (8, 13)]);
    }

    #[test]
    fn durations_that_do_not_fit_are_an_error() {
        let script = Script::write(&[phrase("ab", '.')], &config());
        let run = Run { samples: vec![0.0; 256], frames: vec![1.0; 3] };
        assert!(matches!(script.time(&run), Err(SpeechError::Run { .. })));
    }
}
