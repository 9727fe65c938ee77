//! Emotions: which there are, how a text says them, how they come and go, and what they do to a face.
//!
//! ```text
//!  text of a language model ─> tags::split ─> clean text (spoken, shown)
//!                                  └────────> feelings, each with its place ─┐
//!  clean text without tags ──> of_words ─────> perhaps a feeling ────────────┼─> felt emotions ─> blend shapes
//!  the persona's mood ───────────────────────────────────────────────────────┘   (attack, half-life)
//! ```

mod conversation;
mod felt;
mod lexicon;
pub mod shapes;
pub mod tags;
pub mod words;

pub use conversation::in_answer_to;
pub(crate) use felt::{FeltEmotions, Levels};
pub use words::of_words;

/// The emotions that the face shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Emotion {
    /// Happy, amused, excited.
    Joy,
    /// Sad, sorry, feeling with somebody.
    Sadness,
    /// Surprised, amazed.
    Surprise,
    /// Angry, annoyed.
    Anger,
    /// Afraid, worried.
    Fear,
    /// At ease; takes the other emotions away.
    Calm,
}

impl Emotion {
    /// All of them: `ALL[emotion.index()] == emotion`.
    pub const ALL: [Self; 6] = [Self::Joy, Self::Sadness, Self::Surprise, Self::Anger, Self::Fear, Self::Calm];

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name in tags and documents: `joy sadness surprise anger fear calm`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Joy => "joy",
            Self::Sadness => "sadness",
            Self::Surprise => "surprise",
            Self::Anger => "anger",
            Self::Fear => "fear",
            Self::Calm => "calm",
        }
    }

    /// Seconds in which the emotion, once felt, falls to one half. Surprise is over in a moment, sadness stays (the
    /// order of Verduyn and Lavrijsen, "Which emotions last longest and why", 2015; the values are ours, for a
    /// conversation).
    #[must_use]
    pub const fn half_life_s(self) -> f32 {
        match self {
            Self::Surprise => 1.6,
            Self::Fear => 4.0,
            Self::Joy => 5.0,
            Self::Anger => 6.0,
            Self::Calm => 8.0,
            Self::Sadness => 9.0,
        }
    }

    /// How quickly the emotion reaches the face, as a stiffness in 1/s: nine tenths after about `4 / stiffness`
    /// seconds.
    #[must_use]
    pub(crate) const fn attack(self) -> f32 {
        match self {
            Self::Surprise => 16.0,
            Self::Fear => 11.0,
            Self::Joy | Self::Anger => 8.0,
            Self::Sadness => 4.5,
            Self::Calm => 3.5,
        }
    }
}

/// An emotion and how strong it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feeling {
    /// Which.
    pub emotion: Emotion,
    /// How strong, 0..=1.
    pub intensity: f32,
}

impl Feeling {
    /// A feeling; an intensity outside 0..=1 is bounded, one that is not a number becomes 0.
    #[must_use]
    pub fn new(emotion: Emotion, intensity: f32) -> Self {
        let intensity = if intensity.is_nan() { 0.0 } else { intensity.clamp(0.0, 1.0) };
        Self { emotion, intensity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_emotion_is_at_its_place_and_understood_as_a_tag_by_its_name() {
        for (index, emotion) in Emotion::ALL.into_iter().enumerate() {
            assert_eq!(emotion.index(), index);
            let tagged = tags::split(&format!("[{} 0.5]", emotion.name()));
            assert_eq!(tagged.feelings.len(), 1);
            assert_eq!(tagged.feelings[0].feeling, Feeling { emotion, intensity: 0.5 });
        }
    }

    #[test]
    fn an_intensity_is_bounded() {
        assert_eq!(Feeling::new(Emotion::Joy, 7.0).intensity, 1.0);
        assert_eq!(Feeling::new(Emotion::Joy, f32::NAN).intensity, 0.0);
    }
}
