//! Whether a heard passage follows its text without a hole.

use super::words::normalised_words;

/// How many words of `text` are missing inside the passage `heard`, which may begin and end anywhere in it. A misheard word
/// is not missing. `None` when fewer than half of the heard words are found in the text, so that nothing can be said.
///
/// The heard words are aligned to the text by edit distance with a free start and end (Sellers 1980, "The theory and
/// computation of evolutionary distances"); what is counted are the text's words that the alignment skips.
#[must_use]
pub fn skipped_words(text: &str, heard: &str) -> Option<usize> {
    let text = normalised_words(text);
    let heard = normalised_words(heard);
    if heard.is_empty() {
        return None;
    }
    // best[row][column]: the first `row` heard words, ending at the text's word `column`.
    let mut best = vec![vec![Alignment::default(); text.len() + 1]; heard.len() + 1];
    for row in 1..=heard.len() {
        best[row][0] = best[row - 1][0].extra();
        for column in 1..=text.len() {
            let same = heard[row - 1] == text[column - 1];
            let candidates =
                [best[row - 1][column - 1].paired(same), best[row - 1][column].extra(), best[row][column - 1].skip()];
            best[row][column] = candidates.into_iter().min_by_key(|one| (one.cost, one.skipped)).unwrap_or_default();
        }
    }
    let found = best[heard.len()].iter().min_by_key(|one| (one.cost, one.skipped))?;
    (found.matched * 2 >= heard.len()).then_some(found.skipped)
}

#[derive(Debug, Clone, Copy, Default)]
struct Alignment {
    cost: usize,
    skipped: usize,
    matched: usize,
}

impl Alignment {
    fn paired(self, same: bool) -> Self {
        Self { cost: self.cost + usize::from(!same), matched: self.matched + usize::from(same), ..self }
    }

    fn extra(self) -> Self {
        Self { cost: self.cost + 1, ..self }
    }

    fn skip(self) -> Self {
        Self { cost: self.cost + 1, skipped: self.skipped + 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Once upon a time there was a king who lived in a castle by the sea, and he had two daughters.";

    #[test]
    fn a_passage_without_a_hole_misses_nothing() {
        assert_eq!(skipped_words(TEXT, "there was a king who lived in a castle"), Some(0));
        assert_eq!(skipped_words(TEXT, TEXT), Some(0));
    }

    #[test]
    fn words_that_were_not_heard_are_counted() {
        assert_eq!(skipped_words(TEXT, "there was a king in a castle by the sea"), Some(2));
        assert_eq!(skipped_words(TEXT, "upon a time there was a king by the sea and he had"), Some(5));
    }

    #[test]
    fn a_misheard_or_added_word_is_not_missing() {
        assert_eq!(skipped_words(TEXT, "there was a thing who lived in a castle"), Some(0));
        assert_eq!(skipped_words(TEXT, "there was a king right who lived in a castle"), Some(0));
    }

    #[test]
    fn another_text_says_nothing() {
        assert_eq!(skipped_words(TEXT, "completely unrelated sentence about mathematics"), None);
        assert_eq!(skipped_words(TEXT, ""), None);
    }
}
