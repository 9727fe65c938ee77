//! The feeling that a text says, from its words: a careful guess for text without tags.

use super::lexicon::{DEGREES, ENTRIES, NEGATIONS, SMILEYS};
use super::{Emotion, Feeling};

/// Weaker than this is not worth a face.
const WEAKEST: f32 = 0.20;
/// How many words back a negation or a degree reaches.
const BACK: usize = 4;
/// The longest phrase of the lexicon, in words.
const LONGEST: usize = 4;
/// A question tells less of whoever asks it.
const QUESTION: f32 = 0.5;
/// An exclamation tells more.
const EXCLAMATION: f32 = 1.25;
/// What is left of what was said before a "but".
const BEFORE_BUT: f32 = 0.5;
/// Joy must be so much stronger than sadness: smiling at bad news is worse than not smiling at good ones.
const CAUTION: f32 = 0.15;
/// How strong sympathy is with what others feel or fear.
const SYMPATHY: f32 = 0.6;

/// The strongest feeling that an English text says, if it says one.
///
/// Negated words count for nothing (`not happy`), or for their opposite where the lexicon says so (`not bad`). The
/// anger and fear of others (`you must be angry`) are met with sympathy, which looks like sadness. Questions count
/// half, and so does what comes before a "but". Of two feelings of one strength the later one counts, but joy only when
/// it is clearly stronger than sadness.
#[must_use]
pub fn of_words(text: &str) -> Option<Feeling> {
    let sentences = sentences(text);
    let last_but = sentences.iter().rposition(Sentence::is_but).unwrap_or(0);
    let said = sentences.iter().enumerate().flat_map(|(index, sentence)| {
        let share = if index < last_but { BEFORE_BUT } else { 1.0 };
        sentence.feelings().into_iter().map(move |found| Feeling { intensity: share * found.intensity, ..found })
    });
    let mut sums = [0.0_f32; 6];
    let mut strongest: Option<Feeling> = None;
    for found in said.chain(smileys(text)) {
        // Saying it twice makes it somewhat stronger.
        let sum = &mut sums[found.emotion.index()];
        *sum = sum.max(found.intensity) + 0.25 * sum.min(found.intensity);
        let feeling = Feeling::new(found.emotion, *sum);
        if strongest.is_none_or(|other| feeling.intensity >= other.intensity) {
            strongest = Some(feeling);
        }
    }
    let sadness = Feeling::new(Emotion::Sadness, sums[Emotion::Sadness.index()]);
    let doubtful = |joy: Feeling| joy.emotion == Emotion::Joy && joy.intensity < sadness.intensity + CAUTION;
    strongest
        .map(|felt| if sadness.intensity > 0.0 && doubtful(felt) { sadness } else { felt })
        .filter(|feeling| feeling.intensity >= WEAKEST)
}

/// Words up to a mark that ends a thought, and that mark.
struct Sentence {
    words: Vec<String>,
    mark: String,
}

fn sentences(text: &str) -> Vec<Sentence> {
    let is_mark = |c: char| matches!(c, '.' | '!' | '?' | ';' | ',' | '…' | '—' | '\n');
    let plain = text.to_lowercase().replace('’', "'").replace(" but ", ", but ");
    let mut sentences: Vec<Sentence> = Vec::new();
    for piece in plain.split_inclusive(is_mark) {
        let words: Vec<String> = piece
            .split(|c: char| !(c.is_alphanumeric() || c == '\''))
            .map(|word| word.trim_matches('\'').to_owned())
            .filter(|word| !word.is_empty())
            .collect();
        let mark: String = piece.chars().filter(|c| is_mark(*c)).collect();
        match sentences.last_mut() {
            // "Really?!" and "Wait..." end once, with all their marks.
            Some(last) if words.is_empty() => last.mark.push_str(&mark),
            _ => sentences.push(Sentence { words, mark }),
        }
    }
    sentences
}

impl Sentence {
    fn is_but(&self) -> bool {
        matches!(self.words.first().map(String::as_str), Some("but" | "however"))
    }

    fn feelings(&self) -> Vec<Feeling> {
        let mut feelings = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            let Some((length, emotion, strength)) = self.entry(at) else {
                at += 1;
                continue;
            };
            if let Some(emotion) = emotion
                && !self.is_negated(at)
            {
                feelings.push(self.felt(at, emotion, strength));
            }
            at += length;
        }
        if feelings.is_empty() && self.mark.contains('?') && self.mark.contains('!') {
            feelings.push(Feeling::new(Emotion::Surprise, 0.5));
        }
        feelings
    }

    /// The longest entry of the lexicon that begins at a word: its length in words, emotion and strength.
    fn entry(&self, at: usize) -> Option<(usize, Option<Emotion>, f32)> {
        (1..=LONGEST.min(self.words.len() - at)).rev().find_map(|length| {
            let phrase = self.words[at..at + length].join(" ");
            let (_, emotion, strength) = ENTRIES.iter().find(|(entry, ..)| *entry == phrase)?;
            Some((length, *emotion, *strength))
        })
    }

    fn before(&self, at: usize, count: usize) -> impl Iterator<Item = &str> {
        self.words[at.saturating_sub(count)..at].iter().map(String::as_str)
    }

    fn is_negated(&self, at: usize) -> bool {
        self.before(at, BACK).any(|word| NEGATIONS.contains(&word))
    }

    fn felt(&self, at: usize, emotion: Emotion, strength: f32) -> Feeling {
        let degree = self.before(at, 2).filter_map(|word| DEGREES.iter().find(|(known, _)| *known == word));
        let mut intensity = degree.fold(strength, |sum, (_, factor)| sum * factor);
        if self.mark.contains('?') {
            intensity *= QUESTION;
        } else if self.mark.contains('!') {
            intensity *= EXCLAMATION;
        }
        let of_others = matches!(emotion, Emotion::Anger | Emotion::Fear) && self.is_about_others(at);
        if of_others { Feeling::new(Emotion::Sadness, intensity * SYMPATHY) } else { Feeling::new(emotion, intensity) }
    }

    /// Whether the last person named before a word is somebody else.
    fn is_about_others(&self, at: usize) -> bool {
        let person = self.words[..at].iter().rev().find_map(|word| match word.as_str() {
            "i" | "i'm" | "i've" | "i'd" | "i'll" | "me" | "my" | "we" | "we're" => Some(false),
            "you" | "you're" | "you've" | "your" | "he" | "he's" | "she" | "she's" | "they" | "they're" | "people" => {
                Some(true)
            }
            _ => None,
        });
        person.unwrap_or(false)
    }
}

fn smileys(text: &str) -> impl Iterator<Item = Feeling> {
    SMILEYS
        .iter()
        .filter(move |(smiley, ..)| text.contains(smiley))
        .map(|(_, emotion, intensity)| Feeling::new(*emotion, *intensity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn emotion(text: &str) -> Option<Emotion> {
        of_words(text).map(|feeling| feeling.emotion)
    }

    fn intensity(text: &str) -> f32 {
        of_words(text).map_or(0.0, |feeling| feeling.intensity)
    }

    #[test]
    fn sentences_of_an_assistant_have_the_feeling_that_a_person_would_show() {
        for (text, felt) in [
            ("That is wonderful news, congratulations!", Some(Emotion::Joy)),
            ("Happy to help.", Some(Emotion::Joy)),
            ("I’m so sorry to hear that.", Some(Emotion::Sadness)),
            ("My condolences.", Some(Emotion::Sadness)),
            ("I'm afraid I can't do that.", Some(Emotion::Sadness)),
            ("Wow, I did not expect that!", Some(Emotion::Surprise)),
            ("You did what?!", Some(Emotion::Surprise)),
            ("I am furious about this.", Some(Emotion::Anger)),
            ("I was terrified.", Some(Emotion::Fear)),
            ("Don't worry, take your time.", Some(Emotion::Calm)),
            ("See you tomorrow :)", Some(Emotion::Joy)),
            ("He moved away 😢", Some(Emotion::Sadness)),
            ("Unfortunately the great hall is closed.", Some(Emotion::Sadness)),
            ("That was a great loss for all of us.", Some(Emotion::Sadness)),
            ("I would be happy to but I can't.", None),
            ("Thanks for nothing.", None),
            ("The train leaves at nine.", None),
            ("What time is it?", None),
            ("Stop!", None),
            ("", None),
        ] {
            assert_eq!(emotion(text), felt, "{text}");
        }
    }

    #[test]
    fn negation_takes_a_feeling_away() {
        for text in ["I am not happy.", "It isn't great.", "That was never fun.", "I'm not very excited.", "No danger."]
        {
            assert_eq!(emotion(text), None, "{text}");
        }
        assert_eq!(emotion("That's not bad."), Some(Emotion::Joy));
        assert_eq!(emotion("I couldn't be happier!"), Some(Emotion::Joy));
        assert_eq!(emotion("No, that is great!"), Some(Emotion::Joy), "a comma ends what is negated");
    }

    #[test]
    fn the_anger_and_fear_of_others_is_met_with_sympathy() {
        assert_eq!(emotion("You must be angry."), Some(Emotion::Sadness));
        assert_eq!(emotion("I understand that you are scared."), Some(Emotion::Sadness));
        assert_eq!(emotion("I am angry."), Some(Emotion::Anger));
    }

    #[test]
    fn marks_and_degrees_make_it_stronger_or_weaker() {
        assert!(intensity("I am happy!") > intensity("I am happy."));
        assert!(intensity("I am very happy.") > intensity("I am happy."));
        assert!(intensity("I am a little happy.") < intensity("I am happy."));
        assert!(intensity("Are you happy?") < intensity("I am happy."));
        assert!(intensity("Great, that is wonderful.") > intensity("That is wonderful."));
    }

    #[test]
    fn the_stronger_feeling_counts() {
        assert_eq!(emotion("Sorry for the wait, but I have fantastic news!"), Some(Emotion::Joy));
        assert_eq!(emotion("Thank you for telling me, that is heartbreaking."), Some(Emotion::Sadness));
    }

    proptest! {
        #[test]
        fn any_text_gives_a_feeling_within_range(text in "\\PC{0,60}", word in prop::sample::select(
            ENTRIES.iter().map(|(entry, ..)| *entry).collect::<Vec<_>>()
        )) {
            for text in [text.clone(), format!("{text} very {word}!"), word.repeat(40)] {
                if let Some(feeling) = of_words(&text) {
                    prop_assert!((WEAKEST..=1.0).contains(&feeling.intensity));
                }
            }
        }
    }

    #[test]
    fn the_lexicon_is_written_as_it_is_looked_up() {
        for (index, (entry, _, strength)) in ENTRIES.iter().enumerate() {
            assert_eq!(*entry, entry.to_lowercase());
            assert!(entry.split(' ').count() <= LONGEST, "{entry}");
            assert!((0.0..=1.0).contains(strength));
            assert!(ENTRIES[..index].iter().all(|(other, ..)| other != entry), "{entry} is listed twice");
        }
    }
}
