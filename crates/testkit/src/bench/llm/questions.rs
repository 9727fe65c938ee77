//! The questions of `bench llm`, and the rules that tell a right answer: `data/chat-questions.toml` says what its keys mean.

use serde::Deserialize;

const FILE: &str = include_str!("../../../data/chat-questions.toml");

/// The kinds of questions, in the order of the report.
pub(super) const KINDS: [&str; 8] =
    ["facts", "arithmetic", "common_sense", "follow_ups", "instructions", "refusals", "small_talk", "spanish"];

/// What the user says, and what the last answer must be like.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    pub(super) kind: String,
    pub(super) say: Vec<String>,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    all: Vec<String>,
    #[serde(default)]
    none: Vec<String>,
    max_words: Option<usize>,
    /// Reported apart: nothing is tuned on it.
    #[serde(skip)]
    pub(super) held_out: bool,
}

#[derive(Deserialize)]
struct File {
    question: Vec<Question>,
}

/// Every question, in the order of the file.
pub(super) fn questions() -> anyhow::Result<Vec<Question>> {
    let mut questions = toml::from_str::<File>(FILE)?.question;
    for kind in KINDS {
        let of_kind = questions.iter_mut().filter(|question| question.kind == kind);
        of_kind.skip(1).step_by(2).for_each(|question| question.held_out = true);
    }
    Ok(questions)
}

impl Question {
    /// Whether this is a right answer.
    pub(super) fn is_right(&self, answer: &str) -> bool {
        let words = plain(answer);
        let holds = |rule: &String| rule.split('|').any(|phrase| words.contains(&plain(phrase)));
        let count = words.split_whitespace().count();
        count > 0
            && (self.any.is_empty() || self.any.iter().any(holds))
            && self.all.iter().all(holds)
            && !self.none.iter().any(holds)
            && self.max_words.is_none_or(|most| count <= most)
    }
}

/// The words in lower case, each between two spaces.
fn plain(text: &str) -> String {
    let letters = text.to_lowercase().replace(|letter: char| !letter.is_alphanumeric(), " ");
    format!(" {} ", letters.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn there_are_two_hundred_questions_of_eight_kinds_and_half_are_held_out() {
        let questions = questions().unwrap();
        assert_eq!(questions.len(), 200);
        for question in &questions {
            assert!(KINDS.contains(&question.kind.as_str()), "{question:?}");
            assert!(!question.say.is_empty(), "{question:?}");
            let rules = question.any.len() + question.all.len() + question.none.len();
            assert!(rules > 0, "nothing tells a right answer: {question:?}");
        }
        let held_out = questions.iter().filter(|question| question.held_out).count();
        assert!((95..=100).contains(&held_out), "{held_out}");
    }

    fn question(rules: &str) -> Question {
        toml::from_str(&format!("kind = \"facts\"\nsay = [\"?\"]\n{rules}")).unwrap()
    }

    #[test]
    fn words_are_compared_whole_and_phrases_in_order() {
        let seven = question("all = [\"7|seven\"]");
        assert!(seven.is_right("There are seven.") && seven.is_right("7!"));
        assert!(!seven.is_right("Seventeen, or 77.") && !seven.is_right(""));
        let both = question("all = [\"red\", \"blue\"]\nnone = [\"green\"]\nmax_words = 4");
        assert!(both.is_right("Red and blue."));
        assert!(!both.is_right("Red.") && !both.is_right("Red, blue, green.") && !both.is_right("It is red and blue."));
        let never = question("any = [\"can t\", \"sorry\"]");
        assert!(never.is_right("I can't do that.") && never.is_right("I can’t.") && !never.is_right("I can."));
    }
}
