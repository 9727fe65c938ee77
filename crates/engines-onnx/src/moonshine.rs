//! Moonshine (tiny, English): speech-to-text for short utterances, by an encoder and a decoder with a cache.
//!
//! Each utterance is encoded once; then the decoder names one token after the other, always the likeliest, and gets
//! its own keys and values back as `past_key_values.LAYER.{decoder,encoder}.{key,value}`. Words that it made up rather
//! than heard are left out (`moonshine_evidence`).

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use assets::{Asset, Assets};
use engines::{
    Context, Engine, EngineError, NoOptions, Place, Prepared, SpeechToText, SpeechToTextCapabilities,
    SpeechToTextEngine, options,
};
use ort::memory::Allocator;
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, Tensor, ValueType};
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, SpeechError};
use toml::Table;

use crate::moonshine_evidence::{is_certain, is_evident, log_probability, log_sum, references};
use crate::moonshine_text::{Vocabulary, loop_start, token_limit, windows};
use crate::onnx;
use crate::onnx::{check_finite, floats, load_error, open_file, run_error};

/// English speech-to-text.
pub const ENGINE: SpeechToTextEngine = Engine {
    name: "moonshine",
    summary: "Moonshine tiny, English",
    licence: "MIT",
    assets: &[Asset::OnnxRuntime, Asset::MoonshineEncoder, Asset::MoonshineDecoder, Asset::MoonshineTokenizer],
    variables: &[],
    capabilities: SpeechToTextCapabilities {
        place: Place::Embedded,
        languages: &["en"],
        streams_partials: false,
        word_times: false,
    },
    options: || schemars::schema_for!(NoOptions),
    prepare,
};

fn prepare(context: &Context, table: &Table) -> Result<Prepared<dyn SpeechToText>, EngineError> {
    options::<NoOptions>("moonshine", table)?;
    let assets = context.verified(ENGINE.assets)?;
    Ok(Prepared::new(move || Ok(open(&assets, THREADS)?)))
}

/// Moonshine tiny from the pinned files.
///
/// # Errors
/// When a file is missing or damaged.
pub fn open(assets: &Assets, threads: usize) -> Result<Box<dyn SpeechToText>, SpeechError> {
    onnx::init_from(assets)?;
    let files = MoonshineFiles {
        encoder: onnx::asset(ENGINE_NAME, assets, Asset::MoonshineEncoder)?,
        decoder: onnx::asset(ENGINE_NAME, assets, Asset::MoonshineDecoder)?,
        tokenizer: onnx::asset(ENGINE_NAME, assets, Asset::MoonshineTokenizer)?,
    };
    Ok(Box::new(Moonshine::load(&files, threads)?))
}

const ENGINE_NAME: &str = "Moonshine";
/// The nets are too small for more: 3 s of speech take 45 ms on one thread and 62 on two.
const THREADS: usize = 1;
const START_TOKEN: i64 = 1;
const END_TOKEN: i64 = 2;
/// Below 0.1 s the encoder's convolutions have nothing to work on, and nobody says a word.
const SHORTEST: usize = LISTEN_SAMPLE_RATE as usize / 10;
/// The model was trained on clips of up to about 30 s.
const LONGEST: usize = LISTEN_SAMPLE_RATE as usize * 30;
/// Five minutes: beyond that the caller has lost track of its segments.
const TOO_LONG: usize = LISTEN_SAMPLE_RATE as usize * 300;

/// The three files of a Moonshine model.
#[derive(Debug, Clone)]
pub struct MoonshineFiles {
    /// `encoder_model.ort` (or `.onnx`).
    pub encoder: PathBuf,
    /// `decoder_model_merged.ort` (or `.onnx`).
    pub decoder: PathBuf,
    /// `tokenizer.bin`.
    pub tokenizer: PathBuf,
}

/// One tensor that the decoder hands from step to step.
struct CacheSlot {
    input: String,
    output: String,
    /// Made in the first step from the audio, and the same ever after.
    of_encoder: bool,
    heads: usize,
    width: usize,
}

/// The engine.
pub struct Moonshine {
    encoder: Session,
    decoder: Session,
    vocabulary: Vocabulary,
    slots: Vec<CacheSlot>,
    encoder_wants_mask: bool,
    decoder_wants_mask: bool,
    /// What the encoder makes of sounds without words; empty until it is needed.
    wordless: Vec<DynValue>,
    /// What the decoder makes of silence.
    of_silence: Vec<i64>,
    /// The probability of the first token of what was heard last.
    certainty: Option<f32>,
}

impl Moonshine {
    /// Loads the model on `threads` threads and runs it once, so that the first utterance is not slow.
    pub fn load(files: &MoonshineFiles, threads: usize) -> Result<Self, SpeechError> {
        let bytes =
            std::fs::read(&files.tokenizer).map_err(|error| load_error(ENGINE_NAME, &files.tokenizer, error))?;
        let vocabulary = Vocabulary::parse(&bytes)
            .filter(|vocabulary| vocabulary.len() > END_TOKEN as usize)
            .ok_or_else(|| load_error(ENGINE_NAME, &files.tokenizer, "not a Moonshine tokenizer, or cut short"))?;
        let encoder = open_file(ENGINE_NAME, &files.encoder, threads)?;
        let decoder = open_file(ENGINE_NAME, &files.decoder, threads)?;
        let slots = cache_slots(&decoder, &files.decoder)?;
        let wants = |session: &Session, name: &str| session.inputs().iter().any(|input| input.name() == name);
        let mut engine = Self {
            encoder_wants_mask: wants(&encoder, "attention_mask"),
            decoder_wants_mask: wants(&decoder, "encoder_attention_mask"),
            encoder,
            decoder,
            vocabulary,
            slots,
            wordless: Vec::new(),
            of_silence: Vec::new(),
            certainty: None,
        };
        engine.of_silence = engine
            .read_silence()
            .map_err(|error| load_error(ENGINE_NAME, &files.encoder, format!("it does not run: {error}")))?;
        Ok(engine)
    }

    fn read_silence(&mut self) -> Result<Vec<i64>, ort::Error> {
        let hidden = self.encode(&vec![0.0; LISTEN_SAMPLE_RATE as usize])?;
        let read = self.likeliest_tokens(&hidden, LISTEN_SAMPLE_RATE as usize, &CancelFlag::default())?;
        Ok(read.map_or_else(Vec::new, |(tokens, _)| tokens))
    }

    /// The tokens of one window, without the start and end marks; none when they were made up. None when cancelled.
    fn decode(&mut self, audio: &[f32], cancel: &CancelFlag) -> Result<Option<Vec<i64>>, ort::Error> {
        let hidden = self.encode(audio)?;
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let Some((tokens, first)) = self.likeliest_tokens(&hidden, audio.len(), cancel)? else { return Ok(None) };
        let heard = is_certain(first) || tokens.is_empty() || self.is_heard(&tokens, first, &hidden, audio.len())?;
        if heard && tokens != self.of_silence {
            // Of several windows the most certain counts: one that was heard is enough.
            self.certainty = Some(self.certainty.unwrap_or_default().max(first.exp()));
            return Ok(Some(tokens));
        }
        tracing::debug!(tokens = tokens.len(), "the sound holds no words");
        Ok(Some(Vec::new()))
    }

    /// The tokens that fit encoded audio best, and the log-probability of the first of them; None when cancelled.
    fn likeliest_tokens(
        &mut self,
        hidden: &DynValue,
        samples: usize,
        cancel: &CancelFlag,
    ) -> Result<Option<(Vec<i64>, f32)>, ort::Error> {
        let mut cache = self.empty_cache()?;
        let mut tokens = Vec::new();
        let mut first = f32::MIN;
        let mut last = START_TOKEN;
        for step in 0..token_limit(samples) {
            if cancel.is_cancelled() {
                return Ok(None);
            }
            let (token, probability) = self.step(step, last, hidden, samples, &mut cache)?;
            if step == 0 {
                first = probability;
            }
            last = token;
            if last == END_TOKEN {
                break;
            }
            tokens.push(last);
            if let Some(keep) = loop_start(&tokens) {
                tokens.truncate(keep);
                break;
            }
        }
        Ok(Some((tokens, first)))
    }

    /// Whether the sound explains these tokens better than sounds without words do.
    fn is_heard(&mut self, tokens: &[i64], first: f32, hidden: &DynValue, samples: usize) -> Result<bool, ort::Error> {
        if self.wordless.is_empty() {
            self.wordless = references().iter().map(|sound| self.encode(sound)).collect::<Result<_, _>>()?;
        }
        let sound = self.likelihood(tokens, hidden, samples)?;
        let wordless = std::mem::take(&mut self.wordless);
        let second = LISTEN_SAMPLE_RATE as usize;
        let others: Result<Vec<f32>, _> =
            wordless.iter().map(|hidden| self.likelihood(tokens, hidden, second)).collect();
        self.wordless = wordless;
        Ok(is_evident(tokens.len() + 1, first, sound, &others?))
    }

    /// The log-probability of these tokens and the end after them, given encoded audio.
    fn likelihood(&mut self, tokens: &[i64], hidden: &DynValue, samples: usize) -> Result<f32, ort::Error> {
        let given: Vec<i64> = [START_TOKEN].into_iter().chain(tokens.iter().copied()).collect();
        let wanted: Vec<i64> = tokens.iter().copied().chain([END_TOKEN]).collect();
        let cache = self.empty_cache()?;
        let inputs = decoder_inputs(&self.slots, self.decoder_wants_mask, given, false, (hidden, samples), &cache)?;
        let outputs = self.decoder.run(inputs)?;
        Ok(log_probability(floats(&outputs, "logits")?, &wanted))
    }

    fn empty_cache(&self) -> Result<Vec<DynValue>, ort::Error> {
        let empty = |slot: &CacheSlot| {
            Ok(Tensor::<f32>::new(&Allocator::default(), [0usize, slot.heads, 1, slot.width])?.into_dyn())
        };
        self.slots.iter().map(empty).collect()
    }

    fn encode(&mut self, audio: &[f32]) -> Result<DynValue, ort::Error> {
        let shape = [1usize, audio.len()];
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> =
            vec![("input_values".into(), Tensor::from_array((shape, audio.to_vec()))?.into())];
        if self.encoder_wants_mask {
            let mask = Tensor::from_array((shape, vec![1i64; audio.len()]))?;
            inputs.push(("attention_mask".into(), mask.into()));
        }
        let mut outputs = self.encoder.run(inputs)?;
        outputs.remove("last_hidden_state").ok_or_else(|| ort::Error::new("the encoder gives no `last_hidden_state`"))
    }

    /// One step of the decoder: the next token and its log-probability. Updates `cache` (in the order of the slots).
    fn step(
        &mut self,
        step: usize,
        token: i64,
        hidden: &DynValue,
        samples: usize,
        cache: &mut [DynValue],
    ) -> Result<(i64, f32), ort::Error> {
        let inputs =
            decoder_inputs(&self.slots, self.decoder_wants_mask, vec![token], step > 0, (hidden, samples), cache)?;
        let mut outputs = self.decoder.run(inputs)?;
        let next = likeliest(floats(&outputs, "logits")?);
        for (slot, value) in self.slots.iter().zip(cache.iter_mut()) {
            // The branch that uses the cache gives empty tensors for the encoder's part.
            if step > 0 && slot.of_encoder {
                continue;
            }
            *value = outputs
                .remove(&slot.output)
                .ok_or_else(|| ort::Error::new(format!("the decoder gives no `{}`", slot.output)))?;
        }
        Ok(next)
    }
}

impl SpeechToText for Moonshine {
    fn transcribe(&mut self, audio: &[f32], cancel: &CancelFlag) -> Result<String, SpeechError> {
        check_finite(ENGINE_NAME, audio)?;
        if audio.len() > TOO_LONG {
            let message =
                format!("{} s of audio in one call; cut it at pauses", audio.len() / LISTEN_SAMPLE_RATE as usize);
            return Err(SpeechError::Input { engine: ENGINE_NAME, message });
        }
        self.certainty = None;
        let mut text = String::new();
        for window in windows(audio, LONGEST) {
            if window.len() < SHORTEST {
                continue;
            }
            if cancel.is_cancelled() {
                return Ok(String::new());
            }
            let Some(tokens) = self.decode(window, cancel).map_err(|error| run_error(ENGINE_NAME, error))? else {
                return Ok(String::new());
            };
            let words = self.vocabulary.text(&tokens);
            if !text.is_empty() && !words.is_empty() {
                text.push(' ');
            }
            text.push_str(&words);
        }
        Ok(text)
    }

    fn certainty(&self) -> Option<f32> {
        self.certainty
    }
}

fn likeliest(logits: &[f32]) -> (i64, f32) {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or((END_TOKEN, 0.0), |(index, logit)| (index as i64, logit - log_sum(logits)))
}

/// What one run of the decoder is given: the next token after `cached` ones, or several tokens and an empty cache.
fn decoder_inputs<'a>(
    slots: &'a [CacheSlot],
    mask: bool,
    tokens: Vec<i64>,
    cached: bool,
    (hidden, samples): (&'a DynValue, usize),
    cache: &'a [DynValue],
) -> Result<Vec<(Cow<'a, str>, SessionInputValue<'a>)>, ort::Error> {
    let mut inputs: Vec<(Cow<'a, str>, SessionInputValue<'a>)> = vec![
        ("input_ids".into(), Tensor::from_array(([1usize, tokens.len()], tokens))?.into()),
        ("encoder_hidden_states".into(), hidden.into()),
        ("use_cache_branch".into(), Tensor::from_array(([1usize], vec![cached]))?.into()),
    ];
    if mask {
        let mask = Tensor::from_array(([1usize, samples], vec![1i64; samples]))?;
        inputs.push(("encoder_attention_mask".into(), mask.into()));
    }
    for (slot, value) in slots.iter().zip(cache) {
        inputs.push((slot.input.as_str().into(), value.into()));
    }
    Ok(inputs)
}

/// Finds the cache's tensors among the decoder's inputs, with their fixed dimensions (tiny: 6 layers, 8 heads of 36).
fn cache_slots(decoder: &Session, path: &Path) -> Result<Vec<CacheSlot>, SpeechError> {
    let mut slots = Vec::new();
    for input in decoder.inputs() {
        let Some(rest) = input.name().strip_prefix("past_key_values.") else { continue };
        let ValueType::Tensor { shape, .. } = input.dtype() else { continue };
        let fixed = |axis: usize| shape.get(axis).and_then(|size| usize::try_from(*size).ok());
        let (Some(heads), Some(width)) = (fixed(1), fixed(3)) else {
            return Err(load_error(ENGINE_NAME, path, format!("`{}` has an unknown shape", input.name())));
        };
        slots.push(CacheSlot {
            input: input.name().to_owned(),
            output: format!("present.{rest}"),
            of_encoder: rest.contains(".encoder."),
            heads,
            width,
        });
    }
    if slots.is_empty() {
        return Err(load_error(ENGINE_NAME, path, "no cache inputs; a merged Moonshine decoder is wanted"));
    }
    Ok(slots)
}
