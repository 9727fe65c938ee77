//! One probability from all that is known of a silence: a logistic regression whose weights `cargo xtask bench turns` fits.

use std::time::Duration;

use super::detector::Detector;
use super::{BuildEndOfTurn, EndOfTurn, Evidence, Hint, Registered, SentenceEnd, learned};

pub(super) const POLICY: Registered<BuildEndOfTurn> = Registered {
    name: "combined",
    summary: "how it sounds, what it says, and whether a sentence ends there, weighed together",
    build: |settings| Box::new(Combined(Detector(settings.clone()))),
};

/// A turn that is over with this probability needs little silence.
const FINISHED: f32 = 0.6;
/// One that is over with less than this needs much.
const UNFINISHED: f32 = 0.2;

/// Without the chat model it goes by what the other policy goes by.
#[derive(Debug)]
struct Combined(Detector);

impl EndOfTurn for Combined {
    fn silence_needed(&self, evidence: &Evidence<'_>) -> Option<Duration> {
        let Self(Detector(settings)) = self;
        let judged = end_of_turn_probability(evidence);
        let learned = learned(evidence).unwrap_or_default();
        let needed = match (judged, evidence.sentence_end) {
            (Some(probability), _) if probability >= FINISHED => settings.silence_if_finished,
            (Some(probability), _) if probability >= UNFINISHED => settings.silence.max(learned),
            (Some(_), _) => settings.silence_if_unfinished.max(learned),
            // The chat model reads the words before it can answer them: waiting for its judgement hardly delays the answer.
            (None, SentenceEnd::Awaited) => self.0.silence_needed(evidence)?.max(settings.silence),
            (None, _) => self.0.silence_needed(evidence)?,
        };
        Some(needed.min(settings.longest_silence))
    }

    fn uses_turn_detector(&self) -> bool {
        true
    }

    fn uses_sentence_end(&self) -> bool {
        true
    }
}

/// A constant and the weights of the inputs.
struct Weights {
    constant: f32,
    /// Of the logit of the turn detector's probability.
    sound: f32,
    /// Of the logarithm of the probability that a sentence ends here.
    sentence_end: f32,
    /// When the words ask.
    finished: f32,
    /// When no sentence ends like them.
    unfinished: f32,
    /// When they are an opening.
    opening: f32,
}

const ALL: Weights =
    Weights { constant: 1.5, sound: 0.1, sentence_end: 0.48, finished: 0.49, unfinished: -0.92, opening: -0.55 };
const NO_SOUND: Weights =
    Weights { constant: 1.65, sound: 0.0, sentence_end: 0.5, finished: 0.52, unfinished: -0.97, opening: -0.56 };

/// The probability that the turn is over, from 0 to 1; `None` when the chat model has not judged its words.
#[must_use]
pub fn end_of_turn_probability(evidence: &Evidence<'_>) -> Option<f32> {
    let SentenceEnd::Millionths(millionths) = evidence.sentence_end else { return None };
    let weights = if evidence.probability.is_some() { ALL } else { NO_SOUND };
    let sound = evidence.probability.map_or(0.0, |thousandths| {
        let sound = (f32::from(thousandths) / 1e3).clamp(0.002, 0.998);
        (sound / (1.0 - sound)).ln()
    });
    let sentence_end = (millionths as f32 / 1e6).max(1e-4).ln();
    let hint = match evidence.hint {
        Hint::Finished => weights.finished,
        Hint::Unfinished => weights.unfinished,
        Hint::Opening => weights.opening,
        Hint::Unknown => 0.0,
    };
    let sum = weights.constant + weights.sound * sound + weights.sentence_end * sentence_end + hint;
    Some(1.0 / (1.0 + (-sum).exp()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::settings::EndOfTurnSettings;

    fn probability(sound: Option<u16>, sentence_end: Option<u32>, hint: Hint) -> Option<f32> {
        end_of_turn_probability(&evidence(sound, sentence_end, hint))
    }

    fn evidence(sound: Option<u16>, sentence_end: Option<u32>, hint: Hint) -> Evidence<'static> {
        let sentence_end = sentence_end.map_or(SentenceEnd::Unknown, SentenceEnd::Millionths);
        Evidence { words: "", probability: sound, sentence_end, hint, long_pause: None }
    }

    fn silence(evidence: &Evidence<'_>) -> u128 {
        Combined(Detector(EndOfTurnSettings::default())).silence_needed(evidence).unwrap().as_millis()
    }

    #[test]
    fn the_more_it_looks_like_the_end_the_less_silence_is_needed() {
        assert_eq!(silence(&evidence(Some(980), Some(500_000), Hint::Finished)), 250);
        assert_eq!(silence(&evidence(Some(500), Some(10_000), Hint::Unknown)), 500);
        let goes_on = evidence(Some(20), Some(10), Hint::Unfinished);
        assert_eq!(silence(&goes_on), 1_100);
        assert!(silence(&Evidence { long_pause: Some(Duration::from_secs(1)), ..goes_on }) > 1_100);
        assert_eq!(silence(&Evidence { long_pause: Some(Duration::from_secs(60)), ..goes_on }), 2_500);
    }

    #[test]
    fn without_the_model_the_detector_decides() {
        for (sound, hint) in [(950, Hint::Unknown), (600, Hint::Unknown), (100, Hint::Unknown), (950, Hint::Unfinished)]
        {
            let unknown = evidence(Some(sound), None, hint);
            let detector = Detector(EndOfTurnSettings::default()).silence_needed(&unknown).unwrap().as_millis();
            assert_eq!(silence(&unknown), detector);
            let awaited = Evidence { sentence_end: SentenceEnd::Awaited, ..unknown };
            assert_eq!(silence(&awaited), detector.max(500), "the model may still have something to say");
        }
    }

    #[test]
    fn every_piece_of_evidence_counts_and_none_says_nothing() {
        let all = |sound, sentence_end, hint| probability(Some(sound), Some(sentence_end), hint).unwrap();
        let middle = all(500, 10_000, Hint::Unknown);
        assert!(all(900, 10_000, Hint::Unknown) > middle && all(500, 500_000, Hint::Unknown) > middle);
        assert!(all(500, 10_000, Hint::Unfinished) < middle && all(500, 10_000, Hint::Finished) > middle);
        assert!(all(500, 10_000, Hint::Opening) < middle);
        assert_eq!(probability(None, None, Hint::Finished), None);
    }

    #[test]
    fn certainty_has_its_bounds() {
        for hint in [Hint::Finished, Hint::Unknown, Hint::Unfinished] {
            let (least, most) = (probability(Some(0), Some(0), hint), probability(Some(1000), Some(1_000_000), hint));
            assert!(least.unwrap() > 0.0 && most.unwrap() < 1.0);
        }
    }
}
