//! Emotion tags in the text of a language model: `[joy]`, `[sad 0.6]`.
//!
//! The form, and the only one: a square bracket, an emotion's name or a synonym ([`of_name`]), perhaps an intensity
//! (0..=1, or per cent), a bracket. Capitals and blanks do not matter, and a few more words may follow the name
//! (`[laughs out loud]`). Such a tag is never spoken or shown, also when it is torn: `[joy` without its end is taken
//! out, and at the end of the text so is what may become a tag (`[jo`). Other brackets (`[1]`, `[sic]`) stay.

use super::{Emotion, Feeling};

/// What to tell a language model, so that it tags its answers.
pub const INSTRUCTION: &str = "You may begin a sentence with one tag for how you feel: [joy], [sadness], [surprise], \
                               [anger], [fear] or [calm], with an intensity like [joy 0.6]. Use it rarely.";

/// The intensity of a tag that names none.
const USUAL: f32 = 0.7;
/// A bracket with more words than this is a remark, not a tag.
const MOST_WORDS: usize = 4;

/// A feeling and where in the text it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlacedFeeling {
    /// What is felt.
    pub feeling: Feeling,
    /// Byte offset in the clean text, at a character's beginning, at most its length.
    pub at: usize,
}

/// A text without tags, and what the tags said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaggedText {
    /// What is spoken and shown.
    pub text: String,
    /// In the order of their places.
    pub feelings: Vec<PlacedFeeling>,
}

impl TaggedText {
    /// The word (counted from 0, words are what blanks separate) in or before which a feeling begins: when that word
    /// sounds, the face shows it. As many as there are words when nothing comes after.
    #[must_use]
    pub fn word_of(&self, placed: &PlacedFeeling) -> usize {
        let (before, behind) = self.text.split_at_checked(placed.at).unwrap_or((&self.text, ""));
        let inside = !before.is_empty() && !before.ends_with(char::is_whitespace) && !behind.is_empty();
        let inside = inside && !behind.starts_with(char::is_whitespace);
        before.split_whitespace().count() - usize::from(inside)
    }
}

/// The emotion that a word names, and how strong it is by itself: `happy` is less than `excited`. Lower case.
#[must_use]
pub fn of_name(name: &str) -> Option<Feeling> {
    let (_, emotion, intensity) = NAMES.iter().find(|(known, ..)| *known == name)?;
    Some(Feeling { emotion: *emotion, intensity: *intensity })
}

const NAMES: &[(&str, Emotion, f32)] = &[
    ("joy", Emotion::Joy, USUAL),
    ("joyful", Emotion::Joy, USUAL),
    ("joyfully", Emotion::Joy, USUAL),
    ("happy", Emotion::Joy, USUAL),
    ("happily", Emotion::Joy, USUAL),
    ("happiness", Emotion::Joy, USUAL),
    ("glad", Emotion::Joy, 0.5),
    ("cheerful", Emotion::Joy, USUAL),
    ("amused", Emotion::Joy, 0.6),
    ("excited", Emotion::Joy, 0.9),
    ("excitement", Emotion::Joy, 0.9),
    ("delighted", Emotion::Joy, 0.9),
    ("proud", Emotion::Joy, 0.6),
    ("playful", Emotion::Joy, 0.6),
    ("warm", Emotion::Joy, 0.4),
    ("warmly", Emotion::Joy, 0.4),
    ("smile", Emotion::Joy, 0.5),
    ("smiles", Emotion::Joy, 0.5),
    ("smiling", Emotion::Joy, 0.5),
    ("grin", Emotion::Joy, 0.8),
    ("grins", Emotion::Joy, 0.8),
    ("laugh", Emotion::Joy, 0.9),
    ("laughs", Emotion::Joy, 0.9),
    ("laughing", Emotion::Joy, 0.9),
    ("chuckle", Emotion::Joy, 0.7),
    ("chuckles", Emotion::Joy, 0.7),
    ("giggles", Emotion::Joy, 0.8),
    ("sadness", Emotion::Sadness, USUAL),
    ("sad", Emotion::Sadness, USUAL),
    ("sadly", Emotion::Sadness, 0.6),
    ("sorry", Emotion::Sadness, 0.5),
    ("sympathetic", Emotion::Sadness, 0.5),
    ("sympathy", Emotion::Sadness, 0.5),
    ("empathy", Emotion::Sadness, 0.45),
    ("empathetic", Emotion::Sadness, 0.45),
    ("concerned", Emotion::Sadness, 0.5),
    ("disappointed", Emotion::Sadness, 0.6),
    ("sigh", Emotion::Sadness, 0.5),
    ("sighs", Emotion::Sadness, 0.5),
    ("cries", Emotion::Sadness, 0.9),
    ("crying", Emotion::Sadness, 0.9),
    ("surprise", Emotion::Surprise, USUAL),
    ("surprised", Emotion::Surprise, USUAL),
    ("amazed", Emotion::Surprise, 0.8),
    ("astonished", Emotion::Surprise, 0.9),
    ("shocked", Emotion::Surprise, 0.9),
    ("gasp", Emotion::Surprise, 0.9),
    ("gasps", Emotion::Surprise, 0.9),
    ("curious", Emotion::Surprise, 0.35),
    ("anger", Emotion::Anger, USUAL),
    ("angry", Emotion::Anger, USUAL),
    ("angrily", Emotion::Anger, USUAL),
    ("annoyed", Emotion::Anger, 0.45),
    ("frustrated", Emotion::Anger, 0.5),
    ("furious", Emotion::Anger, 1.0),
    ("stern", Emotion::Anger, 0.4),
    ("fear", Emotion::Fear, USUAL),
    ("afraid", Emotion::Fear, USUAL),
    ("scared", Emotion::Fear, 0.8),
    ("fearful", Emotion::Fear, USUAL),
    ("nervous", Emotion::Fear, 0.5),
    ("nervously", Emotion::Fear, 0.5),
    ("anxious", Emotion::Fear, 0.5),
    ("worried", Emotion::Fear, 0.5),
    ("calm", Emotion::Calm, USUAL),
    ("calmly", Emotion::Calm, USUAL),
    ("relaxed", Emotion::Calm, USUAL),
    ("relieved", Emotion::Calm, 0.8),
    ("serene", Emotion::Calm, USUAL),
    ("neutral", Emotion::Calm, 0.5),
];

/// Takes the tags out of a text.
///
/// Blanks around a tag are joined, so that `Oh [joy] yes` becomes `Oh yes`. Taking the tags out of a clean text changes
/// nothing.
#[must_use]
pub fn split(text: &str) -> TaggedText {
    let mut tagged = TaggedText { text: text.to_owned(), feelings: Vec::new() };
    // Taking one tag out may put the halves of another together (`[jo[calm]y]`), so this begins anew each time.
    while let Some((from, to, feeling)) = next_tag(&tagged.text) {
        let (from, to) = with_blanks(&tagged.text, from, to);
        tagged.text.replace_range(from..to, "");
        for placed in &mut tagged.feelings {
            placed.at = if placed.at >= to { placed.at - (to - from) } else { placed.at.min(from) };
        }
        tagged.feelings.extend(feeling.map(|feeling| PlacedFeeling { feeling, at: from }));
    }
    tagged.feelings.sort_by_key(|placed| placed.at);
    tagged
}

/// The first tag, whole or torn: its bytes, and what it says if it is whole enough to say it.
fn next_tag(text: &str) -> Option<(usize, usize, Option<Feeling>)> {
    text.match_indices('[').find_map(|(open, _)| {
        let behind = &text[open + 1..];
        let stop = behind.find(['[', ']', '\n']);
        match stop.map(|stop| (stop, behind.as_bytes()[stop])) {
            Some((stop, b']')) => whole(&behind[..stop]).map(|feeling| (open, open + 1 + stop + 1, Some(feeling))),
            found => {
                let inner = &behind[..found.map_or(behind.len(), |(stop, _)| stop)];
                torn(inner, found.is_none()).map(|(length, feeling)| (open, open + 1 + length, feeling))
            }
        }
    })
}

/// What the inside of a pair of brackets says, if it is a tag.
fn whole(inner: &str) -> Option<Feeling> {
    let mut words = parts(inner);
    let named = of_name(&words.next()?.to_lowercase())?;
    if parts(inner).count() > MOST_WORDS {
        return None;
    }
    Some(words.find_map(intensity).map_or(named, |intensity| Feeling { intensity, ..named }))
}

/// How much of the text behind a bracket that never closes is a tag, and what it says.
fn torn(inner: &str, at_end: bool) -> Option<(usize, Option<Feeling>)> {
    let word = parts(inner).next().unwrap_or("");
    let begins = inner.find(word).unwrap_or(0);
    let lower = word.to_lowercase();
    if let Some(named) = of_name(&lower) {
        let behind = &inner[begins + word.len()..];
        let (length, given) = match parts(behind).next() {
            Some(number) if intensity(number).is_some() => {
                (behind.find(number).unwrap_or(0) + number.len(), intensity(number))
            }
            _ => (0, None),
        };
        let feeling = given.map_or(named, |intensity| Feeling { intensity, ..named });
        return Some((begins + word.len() + length, Some(feeling)));
    }
    let is_last = inner.trim_start().len() == word.len();
    let may_become_one = at_end && is_last && NAMES.iter().any(|(name, ..)| name.starts_with(lower.as_str()));
    may_become_one.then_some((inner.len(), None))
}

/// The words and numbers inside brackets; `joy0.5` is a word and a number.
fn parts(inner: &str) -> impl Iterator<Item = &str> {
    let kind = |c: char| match c {
        '0'..='9' | '.' | '%' => Some(true),
        c if c.is_alphanumeric() => Some(false),
        _ => None,
    };
    let mut rest = inner;
    std::iter::from_fn(move || {
        loop {
            let first = kind(rest.chars().next()?);
            let end = rest.find(|c| kind(c) != first).unwrap_or(rest.len());
            let (part, behind) = rest.split_at(end);
            rest = behind;
            // A lone dot is nothing.
            if first.is_some() && part.chars().any(char::is_alphanumeric) {
                return Some(part);
            }
        }
    })
}

fn intensity(part: &str) -> Option<f32> {
    let (number, unit) = part.strip_suffix('%').map_or((part, 1.0), |number| (number, 100.0));
    if !number.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    number.trim_end_matches('.').parse::<f32>().ok().map(|value| (value / unit).clamp(0.0, 1.0))
}

/// The range of a tag and of a blank beside it that would be one too many.
fn with_blanks(text: &str, from: usize, to: usize) -> (usize, usize) {
    let before = text[..from].chars().next_back();
    let after = text[to..].chars().next();
    let blank = |c: Option<char>| c.filter(|c| c.is_whitespace() && *c != '\n');
    match (blank(before), blank(after)) {
        (_, Some(space)) if before.is_none_or(char::is_whitespace) => (from, to + space.len_utf8()),
        (Some(space), _) if after.is_none_or(|c| matches!(c, '.' | ',' | '!' | '?' | ';' | ':' | '…')) => {
            (from - space.len_utf8(), to)
        }
        _ => (from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The clean text, and the emotions with their intensities and places.
    fn read(text: &str) -> (String, Vec<(Emotion, f32, usize)>) {
        let tagged = split(text);
        let felt = tagged.feelings.iter().map(|placed| (placed.feeling.emotion, placed.feeling.intensity, placed.at));
        (tagged.text, felt.collect())
    }

    #[test]
    fn tags_are_taken_out_and_told_with_their_places() {
        assert_eq!(read("[joy] Hello!"), ("Hello!".into(), vec![(Emotion::Joy, USUAL, 0)]));
        assert_eq!(read("Well [sad 0.6] no."), ("Well no.".into(), vec![(Emotion::Sadness, 0.6, 5)]));
        assert_eq!(read("Oh no [fear]."), ("Oh no.".into(), vec![(Emotion::Fear, USUAL, 5)]));
        let both = vec![(Emotion::Joy, USUAL, 0), (Emotion::Calm, USUAL, 0)];
        assert_eq!(read("[joy][calm]Hi"), ("Hi".into(), both));
        assert_eq!(read("Grüße [laughs out loud] an alle").0, "Grüße an alle");
    }

    #[test]
    fn a_feeling_belongs_to_the_word_behind_its_tag() {
        let words = |text| {
            let tagged = split(text);
            tagged.feelings.iter().map(|placed| tagged.word_of(placed)).collect::<Vec<_>>()
        };
        assert_eq!(words("[joy] Hello [calm] my [sad]friend"), [0, 1, 2]);
        assert_eq!(words("Hello fr[joy]iend"), [1]);
        assert_eq!(words("Hello friend [joy]"), [2]);
        assert_eq!(words("[joy]"), [0]);
    }

    #[test]
    fn odd_tags_never_stay() {
        for (odd, clean) in [
            ("[ JOY ] Hi", "Hi"),
            ("[Joy: 80%] Hi", "Hi"),
            ("hap[joy]py", "happy"),
            ("Hi [joy", "Hi"),
            ("Hi [joy 0.", "Hi"),
            ("Hi [jo", "Hi"),
            ("Hi [", "Hi"),
            ("[joy Hello there", "Hello there"),
            ("[jo[calm]y] Hi", "Hi"),
            ("[joy] [sad] Hi", "Hi"),
            ("Hi\n[joy]\nyou", "Hi\n\nyou"),
            ("[joy 7] Hi", "Hi"),
            ("[joy-0.5] Hi", "Hi"),
            ("[joy0.5] Hi", "Hi"),
            ("[joy% Hi", "% Hi"),
        ] {
            assert_eq!(read(odd).0, clean, "{odd}");
        }
        assert_eq!(read("[Joy: 80%] Hi").1, [(Emotion::Joy, 0.8, 0)]);
        assert_eq!(read("[joy 7] Hi").1, [(Emotion::Joy, 1.0, 0)]);
    }

    #[test]
    fn ordinary_brackets_stay() {
        for text in ["See [1] and [2].", "He goed [sic] home", "a[0] = b", "[the joy of cooking]", "[note", "x [1"] {
            assert_eq!(read(text), (text.to_owned(), Vec::new()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_tag_ever_reaches_the_clean_text(pieces in prop::collection::vec(prop_oneof![
            Just("[".to_owned()), Just("]".to_owned()), Just(" ".to_owned()), Just("0.5".to_owned()),
            prop::sample::select(NAMES.iter().map(|(name, ..)| (*name).to_owned()).collect::<Vec<_>>()),
            Just("[JOY]".to_owned()), Just("[sad 0.3]".to_owned()), Just("é.".to_owned()), "\\PC{0,4}",
        ], 0..16)) {
            let tagged = split(&pieces.concat());
            prop_assert_eq!(split(&tagged.text), TaggedText { text: tagged.text.clone(), feelings: Vec::new() });
            for (open, _) in tagged.text.match_indices('[') {
                let behind = tagged.text[open + 1..].trim_start();
                let word: String = behind.chars().take_while(|c| c.is_alphanumeric()).collect();
                let closed = tagged.text[open..].find(']').map(|close| &tagged.text[open..open + close]);
                prop_assert!(
                    of_name(&word.to_lowercase()).is_none() || closed.is_some_and(|tag| parts(tag).count() > MOST_WORDS
                        || parts(tag).next().is_none_or(|first| first != word)),
                    "{:?}", tagged.text
                );
            }
            for placed in &tagged.feelings {
                prop_assert!(tagged.text.is_char_boundary(placed.at));
                prop_assert!((0.0..=1.0).contains(&placed.feeling.intensity));
            }
        }
    }
}
