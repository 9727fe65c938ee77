//! The probability that a sentence ends after some words: what the model gives to a full stop, a question mark, an
//! exclamation mark, a new line or the end of the message as the next token.

use llama_cpp_2::token::LlamaToken;

/// What ends a sentence, as single tokens.
pub(super) const ENDINGS: [&str; 5] = [".", "?", "!", "\n", "<|im_end|>"];

/// The words without the punctuation that a transcriber put behind them.
pub(super) fn without_punctuation(text: &str) -> &str {
    let is_no_word = |c: char| c.is_ascii_punctuation() || c.is_whitespace() || "…–—".contains(c);
    text.trim_start().trim_end_matches(is_no_word)
}

/// The share of `endings` in the softmax of `logits`, which are as many as the vocabulary has tokens.
pub(super) fn probability(logits: &[f32], endings: &[LlamaToken]) -> f32 {
    let largest = logits.iter().copied().fold(f32::MIN, f32::max);
    let all: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
    let of = |token: &LlamaToken| usize::try_from(token.0).ok().and_then(|index| logits.get(index));
    let ending: f32 = endings.iter().filter_map(of).map(|logit| (logit - largest).exp()).sum();
    ending / all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_punctuation_behind_the_words_is_taken_off() {
        for (text, words) in [("Don't go.", "Don't go"), (" What? ", "What"), ("well, ...", "well"), ("?!", "")] {
            assert_eq!(without_punctuation(text), words);
        }
    }

    #[test]
    fn the_endings_share_what_is_left() {
        let even = probability(&[0.0; 4], &[LlamaToken(1), LlamaToken(3)]);
        assert!((even - 0.5).abs() < 1e-6, "{even}");
        assert_eq!(probability(&[0.0; 4], &[LlamaToken(-1), LlamaToken(9)]), 0.0);
    }
}
