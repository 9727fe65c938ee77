//! The embedded chat model: llama.cpp on the processor, no key, no network.
//!
//! ```text
//!  &[Message] ─> template (ChatML pieces) ─> tokens ─> fit (oldest turns out) ─> engine: evaluate what is new
//!                                                                                     │ sample, append, …
//!                                                   Delta::Text <─ whole characters <┘
//! ```

mod engine;
mod sentence_end;

use std::num::NonZeroU8;
use std::path::Path;

use chat::{Completion, Delta, FinishReason, Message, Role};
use encoding_rs::{Decoder, UTF_8};
use engine::{Engine, Evaluation};
use engines::{ChatModel, LlmError};
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;

use crate::fit::{self, Weight};
use crate::template::{self, Piece};

/// How [`LlamaChat`] runs and answers.
#[derive(Debug, Clone, PartialEq)]
pub struct LlamaOptions {
    /// Threads that evaluate. Default: one per two cores that the process may use, at most 4.
    ///
    /// OpenMP's threads wait by spinning: with as many as there are cores, on cores that anything else uses too (ears,
    /// voice, face), they mostly wait for each other. Measured on 2 busy cores: 20 tokens/s with 1 thread, 3 with 2, and 24
    /// with 2 when the process was started with `OMP_WAIT_POLICY=PASSIVE`; on 2 idle cores 31, 45, 23, and 43 with
    /// `GOMP_SPINCOUNT=1000`, which is as good as passive waiting when they are busy.
    pub threads: NonZeroU8,
    /// The size of the context, in tokens: prompt and answer together. Default 4096, which is 48 MB for the default model.
    pub context_tokens: u32,
    /// The longest answer, in tokens. Default 120, about 90 words.
    pub max_tokens: u32,
    /// 0 always takes the likeliest token; higher is more varied. Default 0.4.
    pub temperature: f32,
    /// How strongly words of the same answer are held back from coming again; 1 is not at all. Default 1.1.
    pub repeat_penalty: f32,
    /// Begins the random draws of every answer. Default 42. It does not make answers repeatable: what was in the cache
    /// decides how tokens are batched, batching changes the last bits of the arithmetic, and those may tip a draw.
    pub seed: u32,
}

impl Default for LlamaOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).clamp(1, 4));
        Self {
            threads: u8::try_from(threads).ok().and_then(NonZeroU8::new).unwrap_or(NonZeroU8::MIN),
            context_tokens: 4096,
            max_tokens: 120,
            temperature: 0.4,
            repeat_penalty: 1.1,
            seed: 42,
        }
    }
}

/// A chat model in a GGUF file, run by llama.cpp.
///
/// It keeps what it has evaluated: a conversation that begins as the last one did (the same system prompt, the same
/// turns) costs only what is new. A conversation too long for the context loses its oldest turns, never the system prompt.
pub struct LlamaChat {
    engine: Engine,
    options: LlamaOptions,
}

impl std::fmt::Debug for LlamaChat {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LlamaChat").field("options", &self.options).finish_non_exhaustive()
    }
}

impl LlamaChat {
    /// Loads the model at `path`, a GGUF file whose chat template is ChatML (Qwen, SmolLM and others).
    ///
    /// Blocks for about a second. The weights are memory-mapped.
    ///
    /// # Errors
    /// [`LlmError::Load`] when the file is missing, damaged, of another chat template, or the options do not fit together.
    pub fn load(path: &Path, options: LlamaOptions) -> Result<Self, LlmError> {
        if options.max_tokens >= options.context_tokens {
            let message = format!(
                "answers of {} tokens do not fit a context of {}; lower max_tokens",
                options.max_tokens, options.context_tokens
            );
            return Err(LlmError::Load { path: path.display().to_string(), message });
        }
        Ok(Self { engine: Engine::load(path, &options)?, options })
    }

    /// How many tokens of its prompt the last call had to evaluate; the others were in the cache.
    pub const fn last_evaluated_tokens(&self) -> usize {
        self.engine.last_evaluated()
    }

    /// The tokens of a conversation, as many of its turns as fit; with `answer`, up to where the answer begins.
    fn prompt(&self, messages: &[Message], answer: bool) -> Result<Vec<LlamaToken>, LlmError> {
        let whole: Vec<Vec<LlamaToken>> =
            messages.iter().map(|message| self.tokens(&template::message(message))).collect();
        let weights: Vec<Weight> = messages
            .iter()
            .zip(&whole)
            .map(|(message, tokens)| Weight { role: message.role, tokens: tokens.len() })
            .collect();
        // Prefilled or answered, the same turns must be left out: always count the opening of the answer.
        let opening = self.tokens(&[template::REPLY]);
        let limit = (self.options.context_tokens - self.options.max_tokens) as usize;
        let gone = fit::left_out(&weights, opening.len(), limit)?;
        let kept = whole.into_iter().enumerate().filter(|(index, _)| !gone.contains(index)).map(|(_, tokens)| tokens);
        let mut prompt: Vec<LlamaToken> = kept.flatten().collect();
        if answer {
            prompt.extend(opening);
        }
        Ok(prompt)
    }

    fn tokens(&self, pieces: &[Piece<'_>]) -> Vec<LlamaToken> {
        let mut tokens = Vec::new();
        for piece in pieces {
            self.engine.tokenize(piece, &mut tokens);
        }
        tokens
    }

    fn sampler(&self) -> LlamaSampler {
        /// As far back as the repeat penalty looks.
        const PENALTY_WINDOW: i32 = 128;
        let options = &self.options;
        LlamaSampler::chain_simple([
            LlamaSampler::penalties(self.engine.vocabulary_size(), PENALTY_WINDOW, options.repeat_penalty, 0.0, 0.0),
            LlamaSampler::top_k(40),
            LlamaSampler::top_p(0.9, 1),
            LlamaSampler::temp(options.temperature),
            LlamaSampler::dist(options.seed),
        ])
    }
}

impl ChatModel for LlamaChat {
    /// When the last message is the user's or a tool's, the beginning of an answer is evaluated too: if it then turns out
    /// to be the whole question, the first token is ready to be drawn.
    fn prefill(&mut self, messages: &[Message], cancelled: &dyn Fn() -> bool) -> Result<(), LlmError> {
        let answer = messages.last().is_some_and(|message| matches!(message.role, Role::User | Role::Tool));
        let prompt = self.prompt(messages, answer)?;
        self.engine.evaluate(&prompt, cancelled).map(|_| ())
    }

    fn sentence_end(&mut self, messages: &[Message], cancelled: &dyn Fn() -> bool) -> Result<Option<f32>, LlmError> {
        let Some(last) = messages.last().filter(|last| last.role == Role::User) else { return Ok(None) };
        let words = sentence_end::without_punctuation(&last.text()).to_owned();
        if words.is_empty() {
            return Ok(None);
        }
        let prompt = self.prompt(messages, true)?;
        let open = self.tokens(&template::open_message(&words));
        let closed = self.tokens(&template::message(last));
        // Where the last word is cut into other tokens when punctuation follows, there is no place to look at.
        let common = open.iter().zip(&closed).take_while(|(one, other)| one == other).count();
        let opening = self.tokens(&[template::REPLY]).len();
        let start = prompt.len() - opening - closed.len();
        let Some(last_word) = (start + common).checked_sub(1).filter(|_| common == open.len()) else {
            self.engine.evaluate(&prompt, cancelled)?;
            return Ok(None);
        };
        match self.engine.evaluate_marked(&prompt, last_word, cancelled)? {
            Evaluation::Done => Ok(self.engine.ending_at(last_word)),
            Evaluation::Cancelled => Ok(None),
        }
    }

    fn generate(
        &mut self,
        messages: &[Message],
        cancelled: &dyn Fn() -> bool,
        sink: &mut dyn FnMut(Delta),
    ) -> Result<Completion, LlmError> {
        let ended = |finish| Ok(Completion::new(finish));
        let prompt = self.prompt(messages, true)?;
        if self.engine.evaluate(&prompt, cancelled)? == Evaluation::Cancelled {
            return ended(FinishReason::Cancelled);
        }
        let mut sampler = self.sampler();
        let mut characters = Characters::new();
        for _ in 0..self.options.max_tokens {
            if cancelled() {
                return ended(FinishReason::Cancelled);
            }
            let Some(token) = self.engine.sample(&mut sampler) else {
                return ended(FinishReason::Stop);
            };
            let text = characters.push(&self.engine.bytes(token));
            if !text.is_empty() {
                sink(Delta::Text(text));
            }
            self.engine.append(&[token])?;
        }
        ended(FinishReason::Length)
    }
}

/// Joins the bytes of tokens to whole characters: one character may take several tokens.
struct Characters(Decoder);

impl Characters {
    fn new() -> Self {
        Self(UTF_8.new_decoder_without_bom_handling())
    }

    /// The characters that are complete now. Bytes that are none become U+FFFD.
    fn push(&mut self, bytes: &[u8]) -> String {
        let room = self.0.max_utf8_buffer_length(bytes.len()).unwrap_or(0);
        let mut text = String::with_capacity(room);
        // The room suffices by the decoder's own word, so that all bytes are read.
        let _ = self.0.decode_to_string(bytes, &mut text, false);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Characters;

    #[test]
    fn half_a_character_waits_for_its_other_half() {
        let mut characters = Characters::new();
        let bytes = "a€😀".as_bytes();
        let pieces: Vec<String> = bytes.iter().map(|byte| characters.push(&[*byte])).collect();
        assert_eq!(pieces, ["a", "", "", "€", "", "", "", "😀"]);
    }

    #[test]
    fn bytes_that_are_no_text_do_not_stop_the_rest() {
        let mut characters = Characters::new();
        assert_eq!(characters.push(b"a\xffb"), "a\u{FFFD}b");
    }
}
