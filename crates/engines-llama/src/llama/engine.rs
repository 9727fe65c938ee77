//! llama.cpp behind a small face: one model, one context, and the record of what that context has evaluated.
//!
//! Whatever happens (a cancelled evaluation, an error), the record agrees with the context afterwards, or both are empty.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::OnceLock;

use engines::LlmError;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};

use crate::cache::Evaluated;
use crate::llama::LlamaOptions;
use crate::llama::sentence_end::{ENDINGS, probability};
use crate::template::{MESSAGE_START, Piece};

/// Tokens evaluated at once; a cancellation is noticed between two such batches.
pub(crate) const BATCH: usize = 128;

/// The only sequence of the context.
const SEQUENCE: u32 = 0;

self_cell::self_cell!(
    /// A model and the context that borrows it, dropped in the right order.
    struct Loaded {
        owner: LlamaModel,
        #[covariant]
        dependent: LlamaContext,
    }
);

/// Whether an evaluation ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evaluation {
    /// The logits for the next token are there.
    Done,
    /// It was cancelled; what was evaluated until then is kept.
    Cancelled,
}

pub(crate) struct Engine {
    loaded: Loaded,
    evaluated: Evaluated<LlamaToken>,
    last_evaluated: usize,
    /// The tokens that end a sentence; none if the vocabulary lacks one of them.
    endings: Vec<LlamaToken>,
    /// Positions at which the probability of such a token is known, in rising order.
    ending_at: Vec<(usize, f32)>,
}

impl Engine {
    pub(crate) fn load(path: &Path, options: &LlamaOptions) -> Result<Self, LlmError> {
        let load_error = |message: String| LlmError::Load { path: path.display().to_string(), message };
        if !path.is_file() {
            return Err(load_error("no such file; fetch the assets or give the path of a GGUF file".to_owned()));
        }
        let backend = backend().as_ref().map_err(|message| load_error(message.clone()))?;
        // Memory-mapped: the processes of one machine share the weights' pages.
        let params = LlamaModelParams::default().with_use_mmap(true);
        let model = LlamaModel::load_from_file(backend, path, &params)
            .map_err(|error| load_error(format!("not a model that llama.cpp can read ({error})")))?;
        let start = model.vocab().tokenize(MESSAGE_START.as_bytes(), false, true);
        if start.len() != 1 {
            return Err(load_error(format!("not a ChatML model: its vocabulary has no {MESSAGE_START} token")));
        }
        let loaded = Loaded::try_new(model, |model| model.new_context(backend, context_params(options)))
            .map_err(|error| load_error(format!("no context of {} tokens: {error}", options.context_tokens)))?;
        let vocab = loaded.borrow_owner().vocab();
        let endings = ENDINGS.iter().map(|ending| vocab.tokenize(ending.as_bytes(), false, true));
        // All of them or none: a part of them would be too small a probability.
        let endings: Option<Vec<LlamaToken>> =
            endings.map(|tokens| <[LlamaToken; 1]>::try_from(tokens).ok().map(|[token]| token)).collect();
        let endings = endings.unwrap_or_default();
        Ok(Self { loaded, evaluated: Evaluated::new(), last_evaluated: 0, endings, ending_at: Vec::new() })
    }

    /// Appends the tokens of `piece` to `tokens`.
    pub(crate) fn tokenize(&self, piece: &Piece<'_>, tokens: &mut Vec<LlamaToken>) {
        let vocab = self.loaded.borrow_owner().vocab();
        match piece {
            Piece::Frame(text) => vocab.tokenize_into(text.as_bytes(), tokens, false, true),
            Piece::Content(text) => vocab.tokenize_into(text.as_bytes(), tokens, false, false),
        }
    }

    pub(crate) fn vocabulary_size(&self) -> i32 {
        self.loaded.borrow_owner().n_vocab()
    }

    /// How many tokens the last [`Engine::evaluate`] had to compute.
    pub(crate) const fn last_evaluated(&self) -> usize {
        self.last_evaluated
    }

    /// Brings the context to hold exactly `prompt`, computing only what it does not hold yet.
    pub(crate) fn evaluate(
        &mut self,
        prompt: &[LlamaToken],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Evaluation, LlmError> {
        let keep = self.evaluated.plan(prompt).keep;
        self.evaluate_from(keep, prompt, None, cancelled)
    }

    /// The same; afterwards [`Engine::ending_at`] knows the token at `marked`.
    pub(crate) fn evaluate_marked(
        &mut self,
        prompt: &[LlamaToken],
        marked: usize,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Evaluation, LlmError> {
        let keep = self.evaluated.plan(prompt).keep;
        // What the context holds without having been asked for it is evaluated once more.
        let keep = if self.ending_at(marked).is_some() { keep } else { keep.min(marked) };
        self.evaluate_from(keep, prompt, Some(marked), cancelled)
    }

    fn evaluate_from(
        &mut self,
        keep: usize,
        prompt: &[LlamaToken],
        marked: Option<usize>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Evaluation, LlmError> {
        self.last_evaluated = 0;
        self.truncate(keep)?;
        let missing = prompt.get(keep..).unwrap_or_default();
        for batch in missing.chunks(BATCH) {
            if cancelled() {
                return Ok(Evaluation::Cancelled);
            }
            self.append_marked(batch, marked)?;
            self.last_evaluated += batch.len();
        }
        Ok(Evaluation::Done)
    }

    /// The probability that a sentence ends with the token at `position`, if the context holds it and was asked for it.
    pub(crate) fn ending_at(&self, position: usize) -> Option<f32> {
        self.ending_at.iter().find(|(known, _)| *known == position).map(|(_, probability)| *probability)
    }

    /// Evaluates `tokens` (at most [`BATCH`]) behind what the context holds, and the logits after the last of them.
    pub(crate) fn append(&mut self, tokens: &[LlamaToken]) -> Result<(), LlmError> {
        self.append_marked(tokens, None)
    }

    fn append_marked(&mut self, tokens: &[LlamaToken], marked: Option<usize>) -> Result<(), LlmError> {
        let start = self.evaluated.len();
        let marked = marked.filter(|_| !self.endings.is_empty()).and_then(|marked| marked.checked_sub(start));
        let marked = marked.filter(|index| *index < tokens.len());
        let decoded = self.decode(tokens, marked);
        match decoded {
            Ok(()) => self.evaluated.extend(tokens, true),
            Err(_) => self.forget(),
        }
        if let (Ok(()), Some(index)) = (&decoded, marked) {
            let row = i32::try_from(index).unwrap_or_default();
            let (context, endings) = (self.loaded.borrow_dependent(), &self.endings);
            self.ending_at.push((start + index, probability(context.get_logits_ith(row), endings)));
        }
        decoded
    }

    fn decode(&mut self, tokens: &[LlamaToken], marked: Option<usize>) -> Result<(), LlmError> {
        let mut batch = LlamaBatch::new(tokens.len(), 1);
        let start = self.evaluated.len();
        for (index, token) in tokens.iter().enumerate() {
            let position = i32::try_from(start + index).map_err(|error| LlmError::Run(error.to_string()))?;
            let wanted = index + 1 == tokens.len() || marked == Some(index);
            batch.add(*token, position, &[0], wanted).map_err(|error| LlmError::Run(error.to_string()))?;
        }
        let decoded = self.loaded.with_dependent_mut(|_, context| context.decode(&mut batch));
        decoded.map_err(|error| LlmError::Run(format!("evaluating {} tokens at {start}: {error}", tokens.len())))
    }

    /// Drops everything from position `keep` on.
    fn truncate(&mut self, keep: usize) -> Result<(), LlmError> {
        if keep == self.evaluated.len() {
            return Ok(());
        }
        let from = u32::try_from(keep).map_err(|error| LlmError::Run(error.to_string()))?;
        let dropped = self
            .loaded
            .with_dependent_mut(|_, context| context.clear_kv_cache_seq(Some(SEQUENCE), Some(from), None))
            .map_err(|error| LlmError::Run(error.to_string()))?;
        if dropped {
            self.evaluated.truncate(keep);
            self.ending_at.retain(|(position, _)| *position < keep);
            Ok(())
        } else {
            self.forget();
            Err(LlmError::Run(format!("the cache cannot be cut at token {keep}; the next call starts afresh")))
        }
    }

    fn forget(&mut self) {
        self.loaded.with_dependent_mut(|_, context| context.clear_kv_cache());
        self.evaluated = Evaluated::new();
        self.ending_at.clear();
    }

    /// Draws the next token; `None` when the model ends its turn. Only after [`Evaluation::Done`] or [`Engine::append`].
    pub(crate) fn sample(&mut self, sampler: &mut LlamaSampler) -> Option<LlamaToken> {
        /// The output that was computed last.
        const LAST: i32 = -1;
        let token = self.loaded.with_dependent_mut(|_, context| sampler.sample(context, LAST));
        (!self.loaded.borrow_owner().vocab().is_eog(token)).then_some(token)
    }

    /// The bytes of a token: perhaps a part of a character only. Control tokens have none.
    pub(crate) fn bytes(&self, token: LlamaToken) -> Vec<u8> {
        self.loaded.borrow_owner().vocab().token_to_piece(token, false, None)
    }
}

fn context_params(options: &LlamaOptions) -> LlamaContextParams {
    let threads = i32::from(options.threads.get());
    // BATCH is a small constant.
    #[allow(clippy::cast_possible_truncation)]
    let batch = BATCH as u32;
    LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(options.context_tokens))
        .with_n_batch(batch)
        .with_n_ubatch(batch)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
}

/// llama.cpp's start-up, once per process; it then logs through `tracing` (target `llama-cpp-2`).
fn backend() -> &'static Result<LlamaBackend, String> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    BACKEND.get_or_init(|| {
        send_logs_to_tracing(LogOptions::default());
        LlamaBackend::init().map_err(|error| format!("llama.cpp does not start: {error}"))
    })
}
