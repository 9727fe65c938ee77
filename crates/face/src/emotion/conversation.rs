//! Feelings in answer to what the agent hears.

use super::{Emotion, Feeling, of_words};

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
