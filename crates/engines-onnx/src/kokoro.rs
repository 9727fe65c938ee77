//! Kokoro 82M: a better voice than Piper's at about ten times the cost; the scripted caller speaks with it.
//!
//! The model does not tell its phonemes' durations: a chunk's words and phonemes are timed by proportion.

use std::path::PathBuf;

use assets::{Asset, Assets, KokoroVoice};
use engines::{
    Context, Engine, EngineError, NoOptions, Place, Prepared, TextToSpeech, TextToSpeechCapabilities,
    TextToSpeechEngine, Voice, options,
};
use ort::session::Session;
use ort::value::Tensor;
use speech::espeak::Espeak;
use speech::phrases::Utterance;
use speech::word_times::{TimedLetter, word_spans};
use speech::{CancelFlag, SpeechChunk, SpeechError};
use toml::Table;

use crate::kokoro_tokens::{KokoroVocabulary, Letter, ipa_spans};
use crate::onnx;
use crate::onnx::{floats, load_error, open_file, run_error};

/// English voices that sound better than Piper's and take about ten times the processor.
pub const ENGINE: TextToSpeechEngine = Engine {
    name: "kokoro",
    summary: "Kokoro 82M, int8",
    licence: "Apache-2.0",
    assets: &[Asset::OnnxRuntime, Asset::KokoroModel, Asset::KokoroVocabulary],
    variables: &[],
    capabilities: TextToSpeechCapabilities {
        place: Place::Embedded,
        languages: &["en"],
        voices: &[
            Voice { name: "af_heart", summary: "American English, female" },
            Voice { name: "am_adam", summary: "American English, male" },
            Voice { name: "bf_emma", summary: "British English, female" },
            Voice { name: "bm_george", summary: "British English, male" },
            Voice { name: "af_bella", summary: "American English, female" },
            Voice { name: "am_michael", summary: "American English, male" },
            Voice { name: "bf_isabella", summary: "British English, female" },
            Voice { name: "bm_lewis", summary: "British English, male" },
        ],
        sample_rate: SAMPLE_RATE,
        exact_times: false,
    },
    options: || schemars::schema_for!(NoOptions),
    prepare,
};

fn prepare(context: &Context, table: &Table) -> Result<Prepared<dyn TextToSpeech>, EngineError> {
    options::<NoOptions>("kokoro", table)?;
    let wanted = context.voice(ENGINE.name, ENGINE.capabilities.voices)?;
    let voice = KokoroVoice::ALL.into_iter().find(|voice| voice.name() == wanted.name).unwrap_or(KokoroVoice::AfHeart);
    let (assets, threads) = (context.verified(ENGINE.assets)?, context.threads);
    assets.path(Asset::KokoroVoice(voice))?;
    Ok(Prepared::new(move || Ok(open(&assets, voice, threads)?)))
}

/// The language of the voices, as espeak-ng names it.
const LANGUAGE: &str = "en-us";

/// A voice from the pinned files, 24 kHz. Starts an espeak-ng of its own.
///
/// # Errors
/// When a file is missing or damaged, or espeak-ng is not installed.
pub fn open(assets: &Assets, voice: KokoroVoice, threads: usize) -> Result<Box<dyn TextToSpeech>, SpeechError> {
    onnx::init_from(assets)?;
    let files = KokoroFiles {
        model: onnx::asset(ENGINE_NAME, assets, Asset::KokoroModel)?,
        vocabulary: onnx::asset(ENGINE_NAME, assets, Asset::KokoroVocabulary)?,
        voice: onnx::asset(ENGINE_NAME, assets, Asset::KokoroVoice(voice))?,
    };
    Ok(Box::new(Kokoro::load(&files, Espeak::start(LANGUAGE)?, threads)?))
}

const ENGINE_NAME: &str = "Kokoro";
const SAMPLE_RATE: u32 = 24_000;
/// Most letters that the model takes at once.
const MAX_LETTERS: usize = 510;
/// Longer text is spoken in several chunks.
const LETTERS_PER_CHUNK: usize = 400;
/// Numbers in one style vector.
const STYLE: usize = 256;
/// Below this level a sample at the edge of the audio is silence.
const AUDIBLE: f32 = 0.01;

/// The files of a Kokoro voice.
#[derive(Debug, Clone)]
pub struct KokoroFiles {
    /// The model with inputs `tokens`, `style`, `speed` and output `audio`.
    pub model: PathBuf,
    /// The letters' numbers: the published `config.json`, or any JSON object with its `vocab`.
    pub vocabulary: PathBuf,
    /// A voice: little-endian f32, `[510, 256]`, one style for each number of letters.
    pub voice: PathBuf,
}

/// The engine.
pub struct Kokoro {
    session: Session,
    espeak: Espeak,
    vocabulary: KokoroVocabulary,
    styles: Vec<f32>,
}

impl Kokoro {
    /// Loads a voice on `threads` threads and speaks one word into the void, as the first run is slow. `espeak` must
    /// speak `en-us`.
    pub fn load(files: &KokoroFiles, espeak: Espeak, threads: usize) -> Result<Self, SpeechError> {
        let bytes = std::fs::read(&files.voice).map_err(|error| load_error(ENGINE_NAME, &files.voice, error))?;
        if bytes.is_empty() || !bytes.len().is_multiple_of(STYLE * size_of::<f32>()) {
            let message = format!("{} bytes are no whole number of style vectors", bytes.len());
            return Err(load_error(ENGINE_NAME, &files.voice, message));
        }
        let (numbers, _) = bytes.as_chunks::<4>();
        let styles: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
        let json =
            std::fs::read(&files.vocabulary).map_err(|error| load_error(ENGINE_NAME, &files.vocabulary, error))?;
        let vocabulary =
            KokoroVocabulary::parse(&json).map_err(|error| load_error(ENGINE_NAME, &files.vocabulary, error))?;
        let session = open_file(ENGINE_NAME, &files.model, threads)?;
        let mut voice = Self { session, espeak, vocabulary, styles };
        voice
            .synthesize("Hello.", &CancelFlag::default(), &mut drop)
            .map_err(|error| load_error(ENGINE_NAME, &files.model, format!("it does not run: {error}")))?;
        Ok(voice)
    }

    fn run(&mut self, letters: &[Letter]) -> Result<Vec<f32>, ort::Error> {
        let pad = std::iter::once(0);
        let tokens: Vec<i64> = pad.clone().chain(letters.iter().map(|letter| letter.id)).chain(pad).collect();
        let row = letters.len().min(self.styles.len() / STYLE - 1);
        let style = self.styles[row * STYLE..(row + 1) * STYLE].to_vec();
        let outputs = self.session.run(ort::inputs![
            "tokens" => Tensor::from_array(([1, tokens.len()], tokens))?,
            "style" => Tensor::from_array(([1usize, STYLE], style))?,
            "speed" => Tensor::from_array(([1usize], vec![1.0f32]))?,
        ])?;
        Ok(floats(&outputs, "audio")?.iter().map(|sample| sample.clamp(-1.0, 1.0)).collect())
    }
}

impl TextToSpeech for Kokoro {
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
            if cancel.is_cancelled() {
                return Ok(());
            }
            let letters = self.vocabulary.letters(phrases, MAX_LETTERS);
            let samples = self.run(&letters).map_err(|error| run_error(ENGINE_NAME, error))?;
            if samples.iter().any(|sample| !sample.is_finite()) {
                return Err(run_error(ENGINE_NAME, "the model's audio holds values that are not numbers"));
            }
            if cancel.is_cancelled() {
                return Ok(());
            }
            let timed = spread(&letters, &samples);
            let words = word_spans(&utterance.written, range, phrases, &timed, samples.len() as u64);
            sink(SpeechChunk { samples, phonemes: ipa_spans(&timed), words });
        }
        Ok(())
    }
}

/// Shares the audible stretch out over the letters. A mark is a pause, as long as three letters.
fn spread(letters: &[Letter], samples: &[f32]) -> Vec<TimedLetter> {
    let weigh = |letter: char| match letter {
        'ˈ' | 'ˌ' => 0.0,
        ' ' => 0.5,
        _ if letter.is_alphabetic() => 1.0,
        _ => 3.0,
    };
    let is_audible = |sample: &f32| sample.abs() > AUDIBLE;
    let first = samples.iter().position(is_audible).unwrap_or(0);
    let last = samples.iter().rposition(is_audible).map_or(samples.len(), |last| last + 1);
    let spoken = letters.iter().rposition(|letter| letter.letter.is_alphabetic()).map_or(0, |last| last + 1);
    let whole: f64 = letters[..spoken].iter().map(|letter| weigh(letter.letter)).sum::<f64>().max(1.0);
    let place = |passed: f64| first as u64 + ((last - first) as f64 * passed / whole).round() as u64;
    let mut passed = 0.0;
    let timed = |&Letter { letter, phrase, .. }: &Letter| {
        let start = place(passed);
        passed += weigh(letter);
        TimedLetter { letter, phrase, start, end: place(passed) }
    };
    letters[..spoken].iter().map(timed).collect()
}
