//! Feelings on their way from the mind to the face: taken out of the words as they come, and met again when these are spoken. They
//! never pass through captions or history.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use dialogue::SpeechId;
use face::Feeling;
use face::emotion::{tags, words};

/// Clauses whose feelings may wait for their sound; the oldest are forgotten beyond.
const MOST_CLAUSES: usize = 256;
/// What the words alone say is shown weaker than what a tag says.
const FROM_WORDS: f32 = 0.8;

/// A feeling and the word, counted from 0, with which it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeelingAtWord {
    /// Words of the clause before it.
    pub word: usize,
    /// What is felt.
    pub feeling: Feeling,
}

#[derive(Debug)]
struct Waiting {
    speech: SpeechId,
    clause: String,
    feelings: Vec<FeelingAtWord>,
}

/// Feelings that wait for their clauses to be spoken. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Feelings(Arc<Mutex<VecDeque<Waiting>>>);

impl Feelings {
    /// Takes the tags out of a clause of a reply; empty when it held nothing else: then its feelings go with the next one.
    #[must_use]
    pub fn take_out(&self, speech: SpeechId, clause: &str) -> String {
        let tagged = tags::split(clause);
        let at_word = |placed| FeelingAtWord { word: tagged.word_of(placed), feeling: placed.feeling };
        let mut feelings: Vec<FeelingAtWord> = tagged.feelings.iter().map(at_word).collect();
        let text = tagged.text;
        let mut waiting = self.lock();
        if let Some(bare) = waiting.pop_back_if(|last| last.speech == speech && last.clause.is_empty()) {
            feelings.splice(0..0, bare.feelings);
        }
        if !feelings.is_empty() {
            if waiting.len() == MOST_CLAUSES {
                waiting.pop_front();
            }
            waiting.push_back(Waiting { speech, clause: text.clone(), feelings });
        }
        text
    }

    /// What is felt in a clause that is about to be spoken: what its tags said, or else its words.
    #[must_use]
    pub fn of(&self, speech: SpeechId, clause: &str) -> Vec<FeelingAtWord> {
        let mut waiting = self.lock();
        // Speeches follow one another: what is older than this one is over.
        waiting.retain(|one| one.speech >= speech);
        let place = waiting.iter().position(|one| one.speech == speech && one.clause == clause);
        if let Some(tagged) = place.and_then(|place| waiting.remove(place)) {
            return tagged.feelings;
        }
        let weaker = |feeling: Feeling| Feeling::new(feeling.emotion, feeling.intensity * FROM_WORDS);
        words::of_words(clause).map(weaker).map(|feeling| FeelingAtWord { word: 0, feeling }).into_iter().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use face::Emotion;

    const SPEECH: SpeechId = SpeechId(3);

    fn emotions(felt: &[FeelingAtWord]) -> Vec<(usize, Emotion)> {
        felt.iter().map(|one| (one.word, one.feeling.emotion)).collect()
    }

    #[test]
    fn a_tag_leaves_the_words_and_is_met_again_at_its_word() {
        let feelings = Feelings::default();
        let clause = feelings.take_out(SPEECH, "[calm] Well, it is done, [joy] wonderful.");
        assert_eq!(clause, "Well, it is done, wonderful.");
        assert_eq!(emotions(&feelings.of(SPEECH, &clause)), [(0, Emotion::Calm), (4, Emotion::Joy)]);
    }

    #[test]
    fn a_tag_alone_goes_with_the_next_clause() {
        let feelings = Feelings::default();
        assert_eq!(feelings.take_out(SPEECH, "[sad]"), "");
        let clause = feelings.take_out(SPEECH, "The shop is shut.");
        assert_eq!(emotions(&feelings.of(SPEECH, &clause)), [(0, Emotion::Sadness)]);
        assert_eq!(feelings.of(SPEECH, &clause), [], "once is enough");
    }

    #[test]
    fn without_tags_the_words_say_it_and_what_is_over_is_forgotten() {
        let feelings = Feelings::default();
        assert_eq!(emotions(&feelings.of(SPEECH, "I am so happy for you!")), [(0, Emotion::Joy)]);
        assert_eq!(feelings.of(SPEECH, "The train leaves at nine."), []);
        let plain = feelings.take_out(SPEECH, "[anger] The train leaves at nine.");
        assert_eq!(feelings.of(SpeechId(4), "The train leaves at ten."), []);
        assert_eq!(feelings.of(SPEECH, &plain), []);
    }

    #[test]
    fn tags_come_through_the_cutting_into_clauses_in_any_pieces() {
        let reply = "[joy] That is wonderful news! [sadness 0.6] But it rains today, and [laughs] I have no coat.";
        for size in [1, 3, 7, 100] {
            let (feelings, mut splitter) = (Feelings::default(), llm::clause::ClauseSplitter::default());
            let letters: Vec<char> = reply.chars().collect();
            let pieces = letters.chunks(size).map(|piece| piece.iter().collect::<String>());
            let mut clauses: Vec<String> = pieces.flat_map(|piece| splitter.push(&piece)).collect();
            clauses.extend(splitter.finish());
            let said: Vec<String> = clauses.iter().map(|clause| feelings.take_out(SPEECH, clause)).collect();
            let all = said.join(" ");
            assert!(!all.contains(['[', ']']) && !all.contains("joy") && !all.contains("laughs"), "{size}: {said:?}");
            let felt: Vec<Emotion> =
                said.iter().flat_map(|clause| feelings.of(SPEECH, clause)).map(|one| one.feeling.emotion).collect();
            assert_eq!(felt, [Emotion::Joy, Emotion::Sadness, Emotion::Joy], "{size}: {clauses:?}");
        }
    }
}
