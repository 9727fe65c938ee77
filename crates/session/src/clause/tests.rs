//! Where answers are cut, by example.
#![allow(clippy::unwrap_used)]

use super::ClauseSplitter;

/// The clauses of `text`, pushed character by character.
fn clauses(text: &str) -> Vec<String> {
    let mut splitter = ClauseSplitter::new();
    let mut clauses: Vec<String> = text.chars().flat_map(|character| splitter.push(&character.to_string())).collect();
    clauses.extend(splitter.finish());
    clauses
}

#[test]
fn the_first_clause_ends_at_an_early_comma_and_the_rest_at_sentence_ends() {
    assert_eq!(
        clauses("Well my friend, that is easy, I think. Paris, of course, is the capital. Bye."),
        ["Well my friend,", "that is easy, I think.", "Paris, of course, is the capital.", "Bye."]
    );
}

#[test]
fn the_first_clause_is_handed_out_at_its_comma_without_waiting_for_more() {
    let mut splitter = ClauseSplitter::new();
    assert_eq!(splitter.push("Well my friend,"), ["Well my friend,"]);
}

#[test]
fn a_first_clause_too_short_to_speak_waits_for_more() {
    assert_eq!(clauses("Yes, sure. It is Paris."), ["Yes, sure. It is Paris."]);
    assert_eq!(clauses("Oh, it is very nice, really. Yes."), ["Oh, it is very nice,", "really.", "Yes."]);
}

#[test]
fn each_pause_mark_ends_a_first_clause() {
    for mark in [",", ";", ":", " —", " -", ".", "!", "?", "…", "..."] {
        let first = format!("One two three{mark}");
        assert_eq!(clauses(&format!("{first} and more")), [first.as_str(), "and more"], "{mark}");
    }
}

#[test]
fn a_long_later_sentence_is_cut_at_a_comma() {
    let long = "Then we walked along the river for a whole afternoon and talked,";
    assert_eq!(
        clauses(&format!("It was a lovely day. {long} until it was dark.")),
        ["It was a lovely day.", long, "until it was dark."]
    );
}

#[test]
fn a_text_without_any_punctuation_is_cut_at_a_space_in_the_end() {
    let text = "word ".repeat(200);
    let clauses = clauses(&text);
    assert!(clauses.len() > 3, "{}", clauses.len());
    assert!(clauses.iter().all(|clause| clause.len() < 250 && !clause.ends_with(' ')));
}

/// The clauses behind a first one.
fn later_clauses(text: &str) -> Vec<String> {
    clauses(&format!("That is easy. {text}")).split_off(1)
}

#[test]
fn a_long_first_clause_is_cut_before_a_phrase() {
    assert_eq!(
        clauses("Pasta with tomato sauce is a classic dish that many people enjoy. It comes from Italy."),
        ["Pasta with tomato sauce is a classic dish", "that many people enjoy.", "It comes from Italy."]
    );
    for short in ["The trains from Paris are late.", "You have two cats and a dog."] {
        assert_eq!(clauses(short), [short]);
    }
    let mut splitter = ClauseSplitter::new();
    assert_eq!(splitter.push("The moon is some 384,000 kilometres from"), [""; 0]);
    assert_eq!(splitter.push(" E"), ["The moon is some 384,000 kilometres"], "as soon as the opening word is whole");
    assert_eq!(later_clauses("The moon is some 384,000 kilometres from Earth.").len(), 1);
}

#[test]
fn numbers_are_never_cut() {
    for text in ["The answer is 3.5 or 1,000 or 10:30 or 1.234,56 euros", "My house is No. 5 in that street"] {
        assert_eq!(later_clauses(text), [text]);
    }
}

#[test]
fn abbreviations_initials_and_addresses_are_never_cut() {
    for text in [
        "Please ask Dr. Smith and Mrs. Jones",
        "Some kinds of fruit (e.g. apples) are red",
        "Nobody wrote more than J. R. R. Tolkien did",
        "She lives in the U.S. Virgin Islands",
        "We meet at 5 p.m. in the garden",
        "Please look at https://example.com/a,b?c=1.2;d and www.example.org/x.html for that",
        "Cats vs. dogs is an old question",
    ] {
        assert_eq!(later_clauses(text), [text]);
    }
}

#[test]
fn a_sentence_may_end_in_what_could_be_an_abbreviation() {
    assert_eq!(clauses("We meet at 5 p.m. Then we eat."), ["We meet at 5 p.m.", "Then we eat."]);
    assert_eq!(clauses("So do you and I. Then we eat."), ["So do you and I.", "Then we eat."]);
    assert_eq!(clauses("The answer is no. Then we eat."), ["The answer is no.", "Then we eat."]);
    assert_eq!(clauses("I was born in 1990. Then we eat."), ["I was born in 1990.", "Then we eat."]);
}

#[test]
fn closing_quotes_and_brackets_stay_with_their_clause() {
    assert_eq!(clauses("He said \"never again!\" Then he left."), ["He said \"never again!\"", "Then he left."]);
    assert_eq!(clauses("That is fun my friend;) Bye."), ["That is fun my friend;)", "Bye."]);
    assert_eq!(clauses("\"Well my friend,\" she said."), ["\"Well my friend,\"", "she said."]);
}

#[test]
fn markdown_is_dropped() {
    assert_eq!(
        clauses("## My **three** `favourites`\n\n- red apples\n* green pears\n• plums\n1. First one\n2. Second one"),
        ["My three favourites", "red apples", "green pears", "plums", "1. First one", "2. Second one"]
    );
}

#[test]
fn links_and_images_leave_their_text() {
    assert_eq!(clauses("See [the guide](https://a.b/c_(d)), please."), ["See the guide,", "please."]);
    assert_eq!(clauses("![A red cat](cat.png) sleeps here."), ["A red cat sleeps here."]);
    for text in ["He wrote [sic] that word", "Take a[1](or b) there", "An open [bracket", "An open [link](https://a.b"]
    {
        assert_eq!(clauses(text), [text]);
    }
}

#[test]
fn a_bracket_that_never_closes_is_let_go() {
    let text = format!("[{}", "word ".repeat(100));
    assert_eq!(clauses(&text).join(" "), text.trim_end());
}

#[test]
fn fences_rules_tables_and_underscores_are_dropped() {
    assert_eq!(
        clauses("Look at this:\n```rust\nlet a = 5\n```\nThat is it."),
        ["Look at this:", "let a = 5", "That is it."]
    );
    assert_eq!(clauses("```all on one line``` it is"), ["all on one line it is"]);
    assert_eq!(clauses("First part\n---\nSecond part\n***\nThird"), ["First part", "Second part", "Third"]);
    assert_eq!(clauses("| Name | Age |\n|---|:--|\n| Ann | 5 |"), ["Name Age", "Ann 5"]);
    assert_eq!(clauses("It is _so_ __very__ ~~bad~~ good"), ["It is so very bad good"]);
    for text in ["Call my_own_function for ~5 minutes", "See https://a.b/_c_d|e~~f there"] {
        assert_eq!(clauses(text), [text]);
    }
}

#[test]
fn an_endless_sentence_is_cut_before_a_conjunction() {
    let first =
        "We went down the long road behind the house of my old uncle who lives near the river with his four dogs";
    let second = "and then we found a small boat that somebody had left there without any oars in it";
    assert_eq!(later_clauses(&format!("{first} {second}.")), [first.to_owned(), format!("{second}.")]);
}

#[test]
fn a_dash_that_is_no_list_mark_stays() {
    assert_eq!(clauses("-5 degrees is well-known"), ["-5 degrees is well-known"]);
    assert_eq!(clauses("I like C# and 5 - 3"), ["I like C# and 5 -", "3"]);
}

#[test]
fn emoji_are_dropped_with_the_space_they_stood_in() {
    assert_eq!(clauses("That is great 😀! I am glad 👩‍👩‍👧 ☀️ 🇫🇷."), ["That is great!", "I am glad."]);
    assert_eq!(clauses("😀 🎉"), Vec::<String>::new());
}

#[test]
fn whitespace_is_folded() {
    assert_eq!(clauses("  Hello\t\tmy \u{a0} friend  "), ["Hello my friend"]);
}

#[test]
fn punctuation_alone_is_no_clause() {
    assert_eq!(clauses("... !!! — ?"), Vec::<String>::new());
    assert_eq!(clauses(""), Vec::<String>::new());
}

#[test]
fn a_finished_splitter_starts_over() {
    let mut splitter = ClauseSplitter::new();
    splitter.push("One two three, four five");
    assert_eq!(splitter.finish().unwrap(), "four five");
    assert_eq!(splitter.finish(), None);
    assert_eq!(splitter.push("Again a first clause,"), ["Again a first clause,"]);
}
