//! What holds for every text, however it is chopped.

use proptest::prelude::*;

use super::ClauseSplitter;

fn split(pieces: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut splitter = ClauseSplitter::new();
    let mut clauses: Vec<String> = pieces.into_iter().flat_map(|piece| splitter.push(&piece)).collect();
    clauses.extend(splitter.finish());
    clauses
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// Text that looks like an answer: words, numbers, abbreviations, punctuation, marks.
fn answer() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z]{1,9}",
        1 => "[0-9]{1,4}([.,][0-9]{1,3})?",
        2 => Just(" ".to_owned()),
        2 => "[.,;:!?…—\"')(\\]-]",
        1 => Just("\n".to_owned()),
        1 => prop::sample::select(vec!["Dr.", "e.g.", "J. ", "I.", "https://a.b/c,d", "*", "#", "`", "- ", "😀", "¿", "é", "。", "_", "~", "|", "!"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// The same without anything that is dropped: no marks, no emoji, no dash at a line's start.
fn plain_answer() -> impl Strategy<Value = String> {
    prop::collection::vec("[a-zA-Z0-9.,;:!?…\"()']{1,8}", 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn links_of_any_shape_are_survived_however_chopped(text in "[\\[\\]()!_~|` \n.:/ab]{0,60}") {
        let by_character = split(text.chars().map(String::from));
        for clause in &by_character {
            prop_assert!(clause.chars().any(char::is_alphanumeric), "{clause:?}");
        }
        prop_assert_eq!(split([text]), by_character);
    }

    #[test]
    fn chopping_the_text_otherwise_changes_nothing(text in answer(), sizes in prop::collection::vec(1_usize..9, 1..20)) {
        let characters: Vec<char> = text.chars().collect();
        let mut pieces = Vec::new();
        let mut rest = characters.as_slice();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece.iter().collect::<String>());
            rest = after;
        }
        prop_assert_eq!(split(pieces), split([text]));
    }

    #[test]
    fn every_clause_says_something_and_is_neatly_spaced(text in answer()) {
        for clause in split([text]) {
            prop_assert!(clause.chars().any(char::is_alphanumeric), "{clause:?}");
            prop_assert_eq!(clause.split_whitespace().collect::<Vec<_>>().join(" "), clause);
        }
    }

    #[test]
    fn every_letter_and_digit_arrives_in_order(text in answer()) {
        // The language of a code fence is a mark.
        prop_assume!(!text.contains("```"));
        let said: String = split([text.clone()]).concat().chars().filter(|character| character.is_alphanumeric()).collect();
        let meant: String = text.chars().filter(|character| character.is_alphanumeric()).collect();
        prop_assert_eq!(said, meant);
    }

    #[test]
    fn joined_clauses_are_the_text(text in plain_answer()) {
        let joined = without_spaces(&split([text.clone()]).join(" "));
        let whole = without_spaces(&text);
        let tail = whole.strip_prefix(&joined);
        prop_assert!(tail.is_some_and(|tail| !tail.chars().any(char::is_alphanumeric)), "{joined:?} is not {whole:?}");
    }

    #[test]
    fn words_stay_whole(words in prop::collection::vec("[(\"]?[a-zA-Z0-9.:,]{0,5}[a-zA-Z0-9][.;:!?…]?[\")]?", 0..40)) {
        // A comma inside a word may be cut at, as a space was forgotten there.
        let words: Vec<String> = words.into_iter().map(|word| word.replace(',', "")).collect();
        let said = split([words.join(" ")]).join(" ");
        prop_assert_eq!(said.split_whitespace().collect::<Vec<_>>(), words);
    }

    #[test]
    fn hostile_text_is_survived(text in any::<String>()) {
        for clause in split([text]) {
            prop_assert!(!clause.trim().is_empty());
        }
    }
}
