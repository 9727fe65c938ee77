//! A clause: what a voice speaks in one go, and what goes with its words.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

/// A speakable piece of a reply. Its text alone reaches captions and history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Clause {
    /// The words.
    pub text: String,
    /// What goes with them. Kinds that are not known are skipped when read, so that later ones break no reader.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "known_ones")]
    pub annotations: Vec<Annotation>,
}

/// Something that begins with a word of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// Words of the clause before it; words are what blanks separate.
    pub word: u32,
    /// What it is.
    #[serde(flatten)]
    pub kind: AnnotationKind,
}

/// What an annotation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnnotationKind {
    /// How the agent feels from here on.
    Emotion {
        /// The emotion.
        emotion: Emotion,
        /// How strong it is, in thousandths: 0 to 1000.
        intensity: u16,
    },
}

/// The emotions that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Emotion {
    /// Happy, amused, excited.
    Joy,
    /// Sad, sorry, feeling with the user.
    Sadness,
    /// Surprised, amazed.
    Surprise,
    /// Angry, annoyed.
    Anger,
    /// Afraid, worried.
    Fear,
    /// At ease.
    Calm,
}

impl Clause {
    /// A clause without annotations.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), annotations: Vec::new() }
    }
}

impl From<String> for Clause {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Clause {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl Annotation {
    /// An emotion that begins with a word; `intensity` in thousandths, at most 1000.
    #[must_use]
    pub fn emotion(word: u32, emotion: Emotion, intensity: u16) -> Self {
        Self { word, kind: AnnotationKind::Emotion { emotion, intensity: intensity.min(1000) } }
    }
}

fn known_ones<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Annotation>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Entry {
        Known(Annotation),
        Unknown(IgnoredAny),
    }
    let entries = Vec::<Entry>::deserialize(deserializer)?;
    Ok(entries
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Known(annotation) => Some(annotation),
            Entry::Unknown(IgnoredAny) => None,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const EMOTIONS: [Emotion; 6] =
        [Emotion::Joy, Emotion::Sadness, Emotion::Surprise, Emotion::Anger, Emotion::Fear, Emotion::Calm];

    #[test]
    fn a_clause_without_annotations_is_its_text() {
        assert_eq!(serde_json::to_string(&Clause::new("Hello.")).unwrap(), r#"{"text":"Hello."}"#);
        assert_eq!(serde_json::from_str::<Clause>(r#"{"text":"Hello."}"#).unwrap(), "Hello.".into());
    }

    #[test]
    fn an_emotion_is_written_with_its_word_and_strength() {
        let clause =
            Clause { text: "Well, wonderful.".into(), annotations: vec![Annotation::emotion(1, Emotion::Joy, 700)] };
        assert_eq!(
            serde_json::to_string(&clause).unwrap(),
            r#"{"text":"Well, wonderful.","annotations":[{"word":1,"kind":"emotion","emotion":"joy","intensity":700}]}"#
        );
        assert_eq!(Annotation::emotion(0, Emotion::Joy, 9_000), Annotation::emotion(0, Emotion::Joy, 1000));
    }

    #[test]
    fn annotations_that_are_not_known_are_skipped() {
        let text = r#"{"text":"Hi.","annotations":[
            {"word":0,"kind":"gesture","name":"wave"},
            {"word":0,"kind":"emotion","emotion":"envy","intensity":1},
            "none", null,
            {"word":0,"kind":"emotion","emotion":"calm","intensity":500,"since":"later"}]}"#;
        let clause: Clause = serde_json::from_str(text).unwrap();
        assert_eq!(clause.annotations, [Annotation::emotion(0, Emotion::Calm, 500)]);
    }

    proptest! {
        #[test]
        fn whatever_is_written_reads_as_it_was(
            text in "\\PC{0,40}",
            placed in prop::collection::vec((any::<u32>(), prop::sample::select(EMOTIONS.to_vec()), 0_u16..=1000), 0..4)
        ) {
            let annotations = placed.into_iter().map(|(word, emotion, intensity)| Annotation::emotion(word, emotion, intensity));
            let clause = Clause { text, annotations: annotations.collect() };
            prop_assert_eq!(serde_json::from_str::<Clause>(&serde_json::to_string(&clause).unwrap()).unwrap(), clause);
        }
    }
}
