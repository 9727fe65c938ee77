//! Which messages of a long conversation still fit the model's context: pure arithmetic on token counts.
//!
//! The system prompt and the last message always stay; the oldest turns go first, whole turns at a time. They go in large
//! steps (half of the room at once): the beginning of the prompt then stays the same for many turns, so that the cache
//! serves it, and the choice depends on nothing but the conversation.

use std::ops::Range;

use chat::Role;
use engines::LlmError;

/// A message, as far as this module is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    /// Who said it.
    pub(crate) role: Role,
    /// Its tokens, frame included.
    pub(crate) tokens: usize,
}

/// The messages to leave out so that the others and `opening` more tokens fit into `limit`.
pub(crate) fn left_out(messages: &[Weight], opening: usize, limit: usize) -> Result<Range<usize>, LlmError> {
    let first = messages.iter().take_while(|message| message.role == Role::System).count();
    let (system, turns) = messages.split_at(first);
    let fixed = sum(system) + opening;
    let total = fixed + sum(turns);
    if total <= limit {
        return Ok(first..first);
    }
    let last = turns.last().map_or(0, |message| message.tokens);
    if fixed + last > limit {
        return Err(LlmError::ContextFull { tokens: fixed + last, limit });
    }
    let step = ((limit - fixed) / 2).max(1);
    let target = (total - limit).div_ceil(step) * step;
    Ok(first..first + oldest_turns(turns, target))
}

/// How many of the oldest messages hold at least `target` tokens, up to the beginning of a user's turn; never the last.
fn oldest_turns(turns: &[Weight], target: usize) -> usize {
    let mut tokens = 0;
    for (index, message) in turns.iter().enumerate() {
        if tokens >= target && message.role == Role::User {
            return index;
        }
        tokens += message.tokens;
    }
    turns.len().saturating_sub(1)
}

fn sum(messages: &[Weight]) -> usize {
    messages.iter().map(|message| message.tokens).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Weight, left_out, sum};
    use chat::Role;
    use engines::LlmError;
    use proptest::prelude::*;

    const SYSTEM: Weight = Weight { role: Role::System, tokens: 20 };

    fn conversation(turns: usize) -> Vec<Weight> {
        let turn = [Weight { role: Role::User, tokens: 10 }, Weight { role: Role::Assistant, tokens: 10 }];
        let question = Weight { role: Role::User, tokens: 10 };
        [SYSTEM].into_iter().chain(turn.into_iter().cycle().take(2 * turns)).chain([question]).collect()
    }

    #[test]
    fn nothing_is_left_out_while_everything_fits() {
        let all = conversation(3);
        assert_eq!(left_out(&all, 5, sum(&all) + 5).unwrap(), 1..1);
    }

    #[test]
    fn the_oldest_whole_turns_go_and_the_system_prompt_stays() {
        // 20 + 5 fixed, 75 of room, 90 of turns: 15 too many, one step of 37 is 2 turns.
        assert_eq!(left_out(&conversation(4), 5, 100).unwrap(), 1..5);
    }

    #[test]
    fn the_beginning_stays_the_same_for_many_turns() {
        let beginnings: Vec<usize> =
            (0..400).map(|turns| left_out(&conversation(turns), 5, 1000).unwrap().end).collect();
        let changes = beginnings.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((10..=20).contains(&changes), "{changes} changes in 400 turns");
    }

    #[test]
    fn a_system_prompt_and_question_too_large_are_refused() {
        let error = left_out(&conversation(4), 5, 34).unwrap_err();
        assert!(matches!(error, LlmError::ContextFull { tokens: 35, limit: 34 }), "{error}");
        let error = left_out(&[SYSTEM], 0, 19).unwrap_err();
        assert!(matches!(error, LlmError::ContextFull { tokens: 20, limit: 19 }), "{error}");
    }

    fn weights() -> impl Strategy<Value = Vec<Weight>> {
        let role = prop::sample::select(vec![Role::User, Role::Assistant]);
        let turns =
            prop::collection::vec((role, 1_usize..50).prop_map(|(role, tokens)| Weight { role, tokens }), 0..40);
        turns.prop_map(|turns| [SYSTEM].into_iter().chain(turns).collect())
    }

    proptest! {
        #[test]
        fn what_is_left_fits_and_holds_the_system_prompt_and_the_last_message(messages in weights(), limit in 1_usize..500) {
            match left_out(&messages, 5, limit) {
                Ok(gone) => {
                    prop_assert_eq!(gone.start, 1);
                    prop_assert!(gone.is_empty() || gone.end < messages.len());
                    prop_assert!(sum(&messages) - sum(&messages[gone]) + 5 <= limit);
                }
                Err(LlmError::ContextFull { tokens, limit: reported }) => {
                    prop_assert!(tokens > limit && limit == reported);
                }
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }
}
