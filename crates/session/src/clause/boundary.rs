//! Where a clause may end: pure questions about the text so far.

/// How well a clause can end at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// Not here.
    None,
    /// A pause inside a sentence.
    Comma,
    /// The end of a sentence.
    Sentence,
}

/// Words whose full stop never ends a sentence, as something always follows them.
const ABBREVIATIONS: [&str; 24] = [
    "dr", "mr", "mrs", "ms", "prof", "st", "mt", "rev", "gen", "col", "capt", "lt", "sgt", "sen", "rep", "gov", "vs",
    "approx", "fig", "vol", "dept", "est", "ave", "blvd",
];

/// Words whose full stop ends a sentence only when a capital letter follows.
const MAYBE_ABBREVIATIONS: [&str; 8] = ["etc", "inc", "ltd", "co", "jr", "sr", "a.m", "p.m"];

/// Whether there is anything in `text` to say.
pub(super) fn is_speakable(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Whether the text may end at a line's end: it says something, and is not just the number of a list item.
pub(super) fn ends_line(clause: &str) -> bool {
    is_speakable(clause) && !is_list_number(clause)
}

/// Whether `character` belongs to the text before it, with no space between.
pub(super) fn closes(character: char) -> bool {
    matches!(character, '.' | ',' | ';' | ':' | '!' | '?' | '…' | ')' | ']' | '”' | '’' | '»')
}

/// How well `clause` can end at the whitespace after it, now that the character after that is known.
pub(super) fn at_space(clause: &str, next: char) -> Break {
    if !is_speakable(clause) {
        return Break::None;
    }
    let bare = clause.trim_end_matches(['"', '\'', ')', ']', '”', '’', '»']);
    match bare.chars().next_back() {
        Some('!' | '?') => Break::Sentence,
        Some('.') if bare.ends_with("..") => Break::Comma,
        Some('.') => full_stop(bare, next),
        Some('…' | ',' | ';' | ':' | '—' | '–') => Break::Comma,
        Some('-') if bare.ends_with(" -") || bare.ends_with("--") => Break::Comma,
        Some(_) | None => Break::None,
    }
}

/// Words that a long clause may be cut before.
const CONJUNCTIONS: [&str; 10] =
    ["and", "but", "because", "or", "which", "while", "when", "where", "although", "until"];

/// Words that begin a phrase: a speaker may draw breath before them. "And" and "or" mostly join two words only.
const PHRASE_OPENERS: [&str; 20] = [
    "after", "although", "at", "because", "before", "but", "by", "during", "for", "from", "if", "in", "so", "that",
    "until", "when", "where", "which", "while", "with",
];

/// The byte at which the last word of `clause` begins, if that word begins a phrase and `least` bytes are before it.
pub(super) fn phrase(clause: &str, least: usize) -> Option<usize> {
    let start = clause.rfind(' ')? + 1;
    let word = &clause[start..];
    (PHRASE_OPENERS.contains(&word) && start > least && is_speakable(&clause[..start])).then_some(start)
}

/// The byte at which the last conjunction of `clause` begins, with at least `least` bytes before it.
pub(super) fn conjunction(clause: &str, least: usize) -> Option<usize> {
    let starts = clause.match_indices(' ').map(|(space, _)| space + 1).rev();
    starts.take_while(|start| *start > least).find(|start| {
        let word = clause[*start..].split(' ').next().unwrap_or_default();
        // Something must follow: a clause is not cut for its last word.
        CONJUNCTIONS.contains(&word) && start + word.len() < clause.len() && is_speakable(&clause[..*start])
    })
}

/// How well `clause` can end at its last character, whatever follows. A comma after a plain word needs no look at the next
/// character, which saves the first clause the time of one token.
pub(super) fn at_once(clause: &str) -> Break {
    match clause.chars().next_back() {
        Some('。' | '！' | '？') if is_speakable(clause) => Break::Sentence,
        Some('，' | '、') if is_speakable(clause) => Break::Comma,
        Some(',') if ends_in_plain_word(clause) && !clause.contains(['"', '“', '«', '(', '[']) => Break::Comma,
        Some(_) | None => Break::None,
    }
}

fn ends_in_plain_word(clause: &str) -> bool {
    let word = last_word(clause).trim_end_matches(',');
    !word.is_empty() && word.chars().all(|character| character.is_alphabetic() || matches!(character, '\'' | '’'))
}

fn full_stop(bare: &str, next: char) -> Break {
    let word = last_word(bare).trim_end_matches('.').trim_start_matches(|start: char| !start.is_alphanumeric());
    let lower = word.to_lowercase();
    let no_sentence = ABBREVIATIONS.contains(&lower.as_str())
        || (lower == "no" && next.is_numeric())
        || (MAYBE_ABBREVIATIONS.contains(&lower.as_str()) && !next.is_uppercase())
        || is_initials(word)
        || is_list_number(bare);
    if no_sentence { Break::None } else { Break::Sentence }
}

/// `J`, `J.R.R`, `e.g`, `U.S`: single letters between full stops. `I` is a word, `a.m` and `p.m` may end a sentence.
fn is_initials(word: &str) -> bool {
    let is_letter = |part: &str| {
        let mut letters = part.chars();
        letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
    };
    word != "I" && !MAYBE_ABBREVIATIONS.contains(&word.to_lowercase().as_str()) && word.split('.').all(is_letter)
}

/// `1.` or `2)`: the number of a list item, which belongs to the words after it.
fn is_list_number(clause: &str) -> bool {
    let number = clause.trim_end_matches(['.', ')']);
    number.len() < clause.len()
        && !number.is_empty()
        && number.len() <= 3
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or(text)
}
