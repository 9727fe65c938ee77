//! Feelings in a conversation: of what the agent is about to say, and in answer to what it hears.

use super::tags::{self, PlacedFeeling, TaggedText};
use super::{Emotion, Feeling, of_words};

/// What the agent is about to say: the text without tags, and its feelings; those of its tags, or without any that of
/// its words, from the beginning on.
#[must_use]
pub fn about_to_say(text: &str) -> TaggedText {
    let mut tagged = tags::split(text);
    if tagged.feelings.is_empty() {
        let feeling = of_words(&tagged.text);
        tagged.feelings.extend(feeling.map(|feeling| PlacedFeeling { feeling, at: 0 }));
    }
    tagged
}

/// What a kind listener shows on hearing these words: shared joy and grief, and concern for anger and fear.
#[must_use]
pub fn in_answer_to(heard: &str) -> Option<Feeling> {
    let Feeling { emotion, intensity } = of_words(heard)?;
    let (emotion, share) = match emotion {
        Emotion::Joy => (Emotion::Joy, 0.6),
        Emotion::Sadness => (Emotion::Sadness, 0.7),
        Emotion::Fear => (Emotion::Sadness, 0.5),
        Emotion::Anger => (Emotion::Sadness, 0.4),
        Emotion::Surprise => (Emotion::Surprise, 0.5),
        Emotion::Calm => (Emotion::Calm, 0.5),
    };
    Some(Feeling::new(emotion, share * intensity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_and_without_one_the_words_do() {
        let tagged = about_to_say("[calm] That is wonderful!");
        assert_eq!(tagged.text, "That is wonderful!");
        assert_eq!(tagged.feelings[0].feeling.emotion, Emotion::Calm);
        let plain = about_to_say("That is wonderful!");
        assert_eq!(plain.feelings[0].feeling.emotion, Emotion::Joy);
        assert!(about_to_say("The train leaves at nine.").feelings.is_empty());
    }

    #[test]
    fn an_angry_or_frightened_user_sees_concern_and_never_anger() {
        for heard in ["I am furious!", "I am scared.", "My dog died."] {
            assert_eq!(in_answer_to(heard).map(|feeling| feeling.emotion), Some(Emotion::Sadness), "{heard}");
        }
        assert_eq!(
            in_answer_to("I got the job, that is fantastic!").map(|feeling| feeling.emotion),
            Some(Emotion::Joy)
        );
        assert_eq!(in_answer_to("What time is it?"), None);
    }
}
