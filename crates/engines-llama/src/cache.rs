//! Which tokens the model has evaluated, and which it still has to: pure bookkeeping for the key-value cache.
//!
//! ```text
//!  evaluated:  S S S u u a a a          S system prompt, u user, a answer
//!  prompt:     S S S u u a a b u u u
//!              └─ kept (7) ─┘ └ evaluated now (4); what lay behind the kept part is dropped first
//! ```

/// The tokens whose keys and values the context holds, in order, from position 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evaluated<T> {
    tokens: Vec<T>,
    /// Whether the context holds the logits that follow the last token.
    logits: bool,
}

/// What to do so that the context holds exactly a prompt and the logits after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Keep this many tokens, drop those behind them, evaluate the prompt from here on. Equal to the prompt's length only
    /// when there is nothing left to do.
    pub(crate) keep: usize,
}

impl<T: Copy + PartialEq> Evaluated<T> {
    pub(crate) const fn new() -> Self {
        Self { tokens: Vec::new(), logits: false }
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// How to get to `prompt`. The last token is evaluated again when its logits are gone.
    pub(crate) fn plan(&self, prompt: &[T]) -> Plan {
        let common = self.tokens.iter().zip(prompt).take_while(|(old, new)| old == new).count();
        let complete = common == prompt.len();
        if complete && common == self.tokens.len() && self.logits {
            return Plan { keep: common };
        }
        Plan { keep: if complete { common.saturating_sub(1) } else { common } }
    }

    /// The context has dropped everything from position `keep` on.
    pub(crate) fn truncate(&mut self, keep: usize) {
        if keep < self.tokens.len() {
            self.tokens.truncate(keep);
            self.logits = false;
        }
    }

    /// The context has evaluated `tokens` more; `logits` says whether it computed those after the last one.
    pub(crate) fn extend(&mut self, tokens: &[T], logits: bool) {
        if !tokens.is_empty() {
            self.tokens.extend_from_slice(tokens);
            self.logits = logits;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Evaluated, Plan};
    use proptest::prelude::*;

    fn evaluated(tokens: &[i32], logits: bool) -> Evaluated<i32> {
        let mut evaluated = Evaluated::new();
        evaluated.extend(tokens, logits);
        evaluated
    }

    #[test]
    fn an_empty_cache_evaluates_everything() {
        assert_eq!(Evaluated::new().plan(&[1, 2, 3]), Plan { keep: 0 });
    }

    #[test]
    fn a_longer_conversation_evaluates_only_what_is_new() {
        assert_eq!(evaluated(&[1, 2, 3], true).plan(&[1, 2, 3, 4, 5]), Plan { keep: 3 });
    }

    #[test]
    fn another_ending_keeps_the_common_beginning() {
        assert_eq!(evaluated(&[1, 2, 3, 4], true).plan(&[1, 2, 9]), Plan { keep: 2 });
    }

    #[test]
    fn the_same_prompt_again_costs_nothing_while_its_logits_are_there() {
        assert_eq!(evaluated(&[1, 2, 3], true).plan(&[1, 2, 3]), Plan { keep: 3 });
    }

    #[test]
    fn without_logits_the_last_token_is_evaluated_again() {
        assert_eq!(evaluated(&[1, 2, 3], false).plan(&[1, 2, 3]), Plan { keep: 2 });
        assert_eq!(evaluated(&[1, 2, 3, 4], true).plan(&[1, 2, 3]), Plan { keep: 2 });
    }

    #[test]
    fn dropping_tokens_loses_the_logits() {
        let mut cache = evaluated(&[1, 2, 3], true);
        cache.truncate(3);
        assert_eq!(cache.plan(&[1, 2, 3]).keep, 3, "nothing was dropped");
        cache.truncate(2);
        assert_eq!(cache, evaluated(&[1, 2], false));
    }

    proptest! {
        #[test]
        fn following_the_plan_ends_with_the_prompt_and_its_logits(
            prompts in prop::collection::vec(prop::collection::vec(0_i32..3, 1..8), 1..8)
        ) {
            let mut cache = Evaluated::new();
            for prompt in prompts {
                let keep = cache.plan(&prompt).keep;
                prop_assert!(keep <= prompt.len().min(cache.len()));
                cache.truncate(keep);
                cache.extend(&prompt[keep..], true);
                prop_assert_eq!(&cache, &evaluated(&prompt, true));
            }
        }
    }
}
