//! Moonshine (tiny, English): speech-to-text for short utterances, by an encoder and a decoder with a cache.
//!
//! Each utterance is encoded once; then the decoder names one token after the other, always the likeliest, and gets
//! its own keys and values back as `past_key_values.LAYER.{decoder,encoder}.{key,value}`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use ort::memory::Allocator;
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, Tensor, ValueType};

use crate::moonshine_text::{Vocabulary, loop_start, token_limit, windows};
use crate::onnx::{check_finite, floats, load_error, open_file, run_error};
use crate::{CancelFlag, LISTEN_SAMPLE_RATE, SpeechError, SpeechToText};

const ENGINE: &str = "Moonshine";
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
}

impl Moonshine {
    /// Loads the model on `threads` threads and runs it once, so that the first utterance is not slow.
    pub fn load(files: &MoonshineFiles, threads: usize) -> Result<Self, SpeechError> {
        let bytes = std::fs::read(&files.tokenizer).map_err(|error| load_error(ENGINE, &files.tokenizer, error))?;
        let vocabulary = Vocabulary::parse(&bytes)
            .filter(|vocabulary| vocabulary.len() > END_TOKEN as usize)
            .ok_or_else(|| load_error(ENGINE, &files.tokenizer, "not a Moonshine tokenizer, or cut short"))?;
        let encoder = open_file(ENGINE, &files.encoder, threads)?;
        let decoder = open_file(ENGINE, &files.decoder, threads)?;
        let slots = cache_slots(&decoder, &files.decoder)?;
        let wants = |session: &Session, name: &str| session.inputs().iter().any(|input| input.name() == name);
        let mut engine = Self {
            encoder_wants_mask: wants(&encoder, "attention_mask"),
            decoder_wants_mask: wants(&decoder, "encoder_attention_mask"),
            encoder,
            decoder,
            vocabulary,
            slots,
        };
        engine
            .decode(&vec![0.0; LISTEN_SAMPLE_RATE as usize], &CancelFlag::default())
            .map_err(|error| load_error(ENGINE, &files.encoder, format!("it does not run: {error}")))?;
        Ok(engine)
    }

    /// The tokens of one window, without the start and end marks; None when cancelled.
    fn decode(&mut self, audio: &[f32], cancel: &CancelFlag) -> Result<Option<Vec<i64>>, ort::Error> {
        let hidden = self.encode(audio)?;
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let mut cache = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            let empty = Tensor::<f32>::new(&Allocator::default(), [0usize, slot.heads, 1, slot.width])?;
            cache.push(empty.into_dyn());
        }
        let mut tokens = Vec::new();
        let mut last = START_TOKEN;
        for step in 0..token_limit(audio.len()) {
            if cancel.is_cancelled() {
                return Ok(None);
            }
            last = self.step(step, last, &hidden, audio.len(), &mut cache)?;
            if last == END_TOKEN {
                break;
            }
            tokens.push(last);
            if let Some(keep) = loop_start(&tokens) {
                tokens.truncate(keep);
                break;
            }
        }
        Ok(Some(tokens))
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

    /// One step of the decoder: the next token. Updates `cache` (in the order of the slots).
    fn step(
        &mut self,
        step: usize,
        token: i64,
        hidden: &DynValue,
        samples: usize,
        cache: &mut [DynValue],
    ) -> Result<i64, ort::Error> {
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = vec![
            ("input_ids".into(), Tensor::from_array(([1usize, 1], vec![token]))?.into()),
            ("encoder_hidden_states".into(), hidden.into()),
            ("use_cache_branch".into(), Tensor::from_array(([1usize], vec![step > 0]))?.into()),
        ];
        if self.decoder_wants_mask {
            let mask = Tensor::from_array(([1usize, samples], vec![1i64; samples]))?;
            inputs.push(("encoder_attention_mask".into(), mask.into()));
        }
        for (slot, value) in self.slots.iter().zip(cache.iter()) {
            inputs.push((slot.input.as_str().into(), value.into()));
        }
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
        check_finite(ENGINE, audio)?;
        if audio.len() > TOO_LONG {
            let message =
                format!("{} s of audio in one call; cut it at pauses", audio.len() / LISTEN_SAMPLE_RATE as usize);
            return Err(SpeechError::Input { engine: ENGINE, message });
        }
        let mut text = String::new();
        for window in windows(audio, LONGEST) {
            if window.len() < SHORTEST {
                continue;
            }
            if cancel.is_cancelled() {
                return Ok(String::new());
            }
            let Some(tokens) = self.decode(window, cancel).map_err(|error| run_error(ENGINE, error))? else {
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
}

fn likeliest(logits: &[f32]) -> i64 {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(END_TOKEN, |(index, _)| index as i64)
}

/// Finds the cache's tensors among the decoder's inputs, with their fixed dimensions (tiny: 6 layers, 8 heads of 36).
fn cache_slots(decoder: &Session, path: &Path) -> Result<Vec<CacheSlot>, SpeechError> {
    let mut slots = Vec::new();
    for input in decoder.inputs() {
        let Some(rest) = input.name().strip_prefix("past_key_values.") else { continue };
        let ValueType::Tensor { shape, .. } = input.dtype() else { continue };
        let fixed = |axis: usize| shape.get(axis).and_then(|size| usize::try_from(*size).ok());
        let (Some(heads), Some(width)) = (fixed(1), fixed(3)) else {
            return Err(load_error(ENGINE, path, format!("`{}` has an unknown shape", input.name())));
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
        return Err(load_error(ENGINE, path, "no cache inputs; a merged Moonshine decoder is wanted"));
    }
    Ok(slots)
}
