//! Emotions between the chat model and the face: tags in a reply become annotations of its clauses, annotations what the face
//! shows with their words. Neither captions nor the history ever hold them.

use chat::{Annotation, AnnotationKind, Clause};
use face::Feeling;
use face::emotion::{tags, words};

/// What the words alone say is shown weaker than what a tag says.
const FROM_WORDS: f32 = 0.8;

/// An emotion and the word, counted from 0, with which it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmotionAtWord {
    /// Words of the clause before it.
    pub word: usize,
    /// Which emotion, and how strong it is.
    pub feeling: Feeling,
}

/// Takes the emotion tags out of the clauses of one reply.
#[derive(Debug, Default)]
pub struct EmotionTags {
    /// Of clauses that held nothing else: they go with the next words.
    carried: Vec<Annotation>,
}

impl EmotionTags {
    /// The clause with its tags as annotations; `None` when it held nothing else: then they go with the next one.
    #[must_use]
    pub fn take_out(&mut self, text: &str) -> Option<Clause> {
        let tagged = tags::split(text);
        let mut annotations = std::mem::take(&mut self.carried);
        annotations.extend(tagged.feelings.iter().map(|placed| annotation(tagged.word_of(placed), placed.feeling)));
        if tagged.text.is_empty() {
            self.carried = annotations;
            return None;
        }
        Some(Clause { text: tagged.text, annotations })
    }
}

/// What the face shows with a clause: what its annotations say, or else its words. Greetings have no annotations.
#[must_use]
pub fn emotions_of(clause: &Clause) -> Vec<EmotionAtWord> {
    let annotated: Vec<EmotionAtWord> = clause.annotations.iter().map(at_word).collect();
    if !annotated.is_empty() {
        return annotated;
    }
    let weaker = |feeling: Feeling| Feeling::new(feeling.emotion, feeling.intensity * FROM_WORDS);
    words::of_words(&clause.text).map(weaker).map(|feeling| EmotionAtWord { word: 0, feeling }).into_iter().collect()
}

/// The intensity of a [`Feeling`] is 0 to 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
fn annotation(word: usize, feeling: Feeling) -> Annotation {
    let intensity = (feeling.intensity * 1000.0).round() as u16;
    Annotation::emotion(u32::try_from(word).unwrap_or(u32::MAX), told(feeling.emotion), intensity)
}

fn at_word(annotation: &Annotation) -> EmotionAtWord {
    let word = usize::try_from(annotation.word).unwrap_or(usize::MAX);
    let feeling = match annotation.kind {
        AnnotationKind::Emotion { emotion, intensity } => Feeling::new(shown(emotion), f32::from(intensity) / 1000.0),
    };
    EmotionAtWord { word, feeling }
}

const fn told(emotion: face::Emotion) -> chat::Emotion {
    match emotion {
        face::Emotion::Joy => chat::Emotion::Joy,
        face::Emotion::Sadness => chat::Emotion::Sadness,
        face::Emotion::Surprise => chat::Emotion::Surprise,
        face::Emotion::Anger => chat::Emotion::Anger,
        face::Emotion::Fear => chat::Emotion::Fear,
        face::Emotion::Calm => chat::Emotion::Calm,
    }
}

const fn shown(emotion: chat::Emotion) -> face::Emotion {
    match emotion {
        chat::Emotion::Joy => face::Emotion::Joy,
        chat::Emotion::Sadness => face::Emotion::Sadness,
        chat::Emotion::Surprise => face::Emotion::Surprise,
        chat::Emotion::Anger => face::Emotion::Anger,
        chat::Emotion::Fear => face::Emotion::Fear,
        chat::Emotion::Calm => face::Emotion::Calm,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use face::Emotion;

    fn emotions(clause: &Clause) -> Vec<(usize, Emotion)> {
        emotions_of(clause).iter().map(|one| (one.word, one.feeling.emotion)).collect()
    }

    #[test]
    fn a_tag_leaves_the_words_and_is_shown_at_its_word() {
        let clause = EmotionTags::default().take_out("[calm] Well, it is done, [joy 0.6] wonderful.").unwrap();
        assert_eq!(clause.text, "Well, it is done, wonderful.");
        assert_eq!(emotions(&clause), [(0, Emotion::Calm), (4, Emotion::Joy)]);
        assert_eq!(clause.annotations[1], Annotation::emotion(4, chat::Emotion::Joy, 600));
        assert_eq!(emotions_of(&clause)[1].feeling, Feeling::new(Emotion::Joy, 0.6));
    }

    #[test]
    fn a_tag_alone_goes_with_the_next_clause_of_the_reply_once() {
        let mut tags = EmotionTags::default();
        assert_eq!(tags.take_out("[sad]"), None);
        assert_eq!(tags.take_out("[calm]"), None);
        let clause = tags.take_out("The shop is [joy] shut.").unwrap();
        assert_eq!(emotions(&clause), [(0, Emotion::Sadness), (0, Emotion::Calm), (3, Emotion::Joy)]);
        assert_eq!(tags.take_out("It opens at nine."), Some("It opens at nine.".into()));
    }

    #[test]
    fn without_tags_the_words_say_it_and_weaker() {
        let text = "I am so happy for you!";
        let words_say = words::of_words(text).unwrap();
        let [shown] = emotions_of(&text.into())[..] else { panic!("one emotion") };
        assert_eq!((shown.word, shown.feeling.emotion), (0, Emotion::Joy));
        assert!((shown.feeling.intensity - 0.8 * words_say.intensity).abs() < 1e-6);
        assert_eq!(emotions(&"The train leaves at nine.".into()), []);
        let tagged = EmotionTags::default().take_out("[anger] I am so happy for you!").unwrap();
        assert_eq!(emotions(&tagged), [(0, Emotion::Anger)], "a tag outweighs the words");
    }

    #[test]
    fn every_emotion_comes_back_from_its_annotation() {
        for emotion in Emotion::ALL {
            for intensity in [0.0, 0.333, 0.7, 1.0] {
                let feeling = Feeling::new(emotion, intensity);
                let back = at_word(&annotation(2, feeling));
                assert_eq!((back.word, back.feeling.emotion), (2, emotion));
                assert!((back.feeling.intensity - intensity).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn tags_come_through_the_cutting_into_clauses_in_any_pieces() {
        let reply = "[joy] That is wonderful news! [sadness 0.6] But it rains today, and [laughs] I have no coat.";
        for size in [1, 3, 7, 100] {
            let (mut tags, mut splitter) = (EmotionTags::default(), crate::clause::ClauseSplitter::default());
            let letters: Vec<char> = reply.chars().collect();
            let pieces = letters.chunks(size).map(|piece| piece.iter().collect::<String>());
            let mut texts: Vec<String> = pieces.flat_map(|piece| splitter.push(&piece)).collect();
            texts.extend(splitter.finish());
            let said: Vec<Clause> = texts.iter().filter_map(|text| tags.take_out(text)).collect();
            let all = said.iter().map(|clause| clause.text.as_str()).collect::<Vec<_>>().join(" ");
            assert!(!all.contains(['[', ']']) && !all.contains("joy") && !all.contains("laughs"), "{size}: {said:?}");
            let felt: Vec<Emotion> = said.iter().flat_map(emotions_of).map(|one| one.feeling.emotion).collect();
            assert_eq!(felt, [Emotion::Joy, Emotion::Sadness, Emotion::Joy], "{size}: {texts:?}");
        }
    }
}
