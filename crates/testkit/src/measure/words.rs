//! How much of a text was heard.

/// The share (0 to 1) of `expected`'s words that are in `heard` in the same order: the longest common subsequence over
/// the words of `expected`. Both are normalised first. 1 when nothing was expected.
#[must_use]
pub fn match_share(expected: &str, heard: &str) -> f64 {
    let expected = normalised_words(expected);
    let heard = normalised_words(heard);
    if expected.is_empty() {
        return 1.0;
    }
    let mut row = vec![0_usize; heard.len() + 1];
    for word in &expected {
        let mut diagonal = 0;
        for (column, other) in heard.iter().enumerate() {
            let above = row[column + 1];
            row[column + 1] = if word == other { diagonal + 1 } else { above.max(row[column]) };
            diagonal = above;
        }
    }
    row[heard.len()] as f64 / expected.len() as f64
}

/// The words of a text as they compare: lower case, without punctuation, hyphenated words apart, number words below
/// one hundred as digits ("twenty-one" is "21").
#[must_use]
pub fn normalised_words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace(['-', '–', '—', '/'], " ");
    let mut words: Vec<String> = Vec::new();
    let mut tens: Option<u32> = None;
    for word in lower.split_whitespace() {
        let ends_phrase = word.ends_with([',', '.', '!', '?', ';', ':']);
        let word: String = word.chars().filter(|letter| letter.is_alphanumeric()).collect();
        if word.is_empty() {
            continue;
        }
        let value = number_word(&word);
        match (tens.take(), value) {
            (Some(ten), Some(unit)) if (1..10).contains(&unit) => {
                words.pop();
                words.push((ten + unit).to_string());
            }
            (_, Some(number)) => {
                words.push(number.to_string());
                tens = (number >= 20 && !ends_phrase).then_some(number);
            }
            (_, None) => words.push(word),
        }
    }
    words
}

fn number_word(word: &str) -> Option<u32> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let small = SMALL.iter().position(|name| *name == word);
    let tens = || TENS.iter().position(|name| *name == word).map(|index| (index + 2) * 10);
    small.or_else(tens).and_then(|number| u32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_and_case_do_not_count() {
        assert_eq!(match_share("The capital of France is Paris.", "the capital, of france is PARIS"), 1.0);
        assert_eq!(match_share("It's a well-known fact", "its a well known fact!"), 1.0);
    }

    #[test]
    fn numbers_compare_as_digits() {
        assert_eq!(normalised_words("Twenty-one, seven and sixty two."), ["21", "7", "and", "62"]);
        assert_eq!(match_share("Two plus two is four.", "2 plus 2 is 4"), 1.0);
        assert_eq!(normalised_words("twenty, one"), ["20", "1"]);
    }

    #[test]
    fn missing_and_reordered_words_lower_the_share() {
        assert_eq!(match_share("one two three four", "one three four"), 0.75);
        assert_eq!(match_share("alpha beta", "beta alpha"), 0.5);
        assert_eq!(match_share("alpha beta", ""), 0.0);
    }

    #[test]
    fn more_heard_than_expected_is_no_loss() {
        assert_eq!(match_share("hello", "well hello there"), 1.0);
        assert_eq!(match_share("", "anything"), 1.0);
    }
}
