//! How emotions come, go, and give way to each other.

use super::{Emotion, Feeling};
use crate::spring::Spring;

/// What is left of the other emotions when a new one of full intensity comes.
const KEPT: f32 = 0.2;

/// How much of each emotion the face shows, in the order of [`Emotion::ALL`]; the sum is at most 1.
pub(crate) type Levels = [f32; 6];

/// What is felt: every emotion rises with its attack and fades with its half-life.
#[derive(Debug, Clone, Default)]
pub(crate) struct FeltEmotions {
    held: Levels,
    shown: [Spring; 6],
}

impl FeltEmotions {
    /// A new feeling: the others give way as far as this one is strong. A weaker one of the same kind changes nothing.
    pub(crate) fn feel(&mut self, feeling: Feeling) {
        let intensity = Feeling::new(feeling.emotion, feeling.intensity).intensity;
        for emotion in Emotion::ALL {
            let held = &mut self.held[emotion.index()];
            if emotion == feeling.emotion {
                *held = held.max(intensity);
            } else {
                *held *= 1.0 - (1.0 - KEPT) * intensity;
            }
        }
    }

    /// What shows after `dt` seconds; `mood` is a feeling that stays as long as it is given.
    pub(crate) fn follow(&mut self, mood: Option<Feeling>, dt: f32) -> Levels {
        let mut levels = Levels::default();
        for emotion in Emotion::ALL {
            let index = emotion.index();
            self.held[index] *= (-dt / emotion.half_life_s()).exp2();
            let lasting = mood.filter(|mood| mood.emotion == emotion);
            let lasting = lasting.map_or(0.0, |mood| Feeling::new(emotion, mood.intensity).intensity);
            let wanted = self.held[index].max(lasting);
            levels[index] = self.shown[index].follow(wanted, emotion.attack(), dt).clamp(0.0, 1.0);
        }
        let sum: f32 = levels.iter().sum();
        levels.map(|level| level / sum.max(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(felt: &mut FeltEmotions, seconds: f32) -> Levels {
        let steps = (seconds / 0.04).round() as usize;
        (0..steps).fold(Levels::default(), |_, _| felt.follow(None, 0.04))
    }

    #[test]
    fn a_feeling_comes_softly_and_falls_to_half_in_its_half_life() {
        for emotion in Emotion::ALL {
            let mut felt = FeltEmotions::default();
            felt.feel(Feeling::new(emotion, 1.0));
            assert!(felt.follow(None, 0.04)[emotion.index()] < 0.3, "{emotion:?} jumps");
            let early = after(&mut felt, 2.0)[emotion.index()];
            let late = after(&mut felt, emotion.half_life_s())[emotion.index()];
            assert!(early > 0.4, "{emotion:?} never comes: {early}");
            assert!((late / early - 0.5).abs() < 0.06, "{emotion:?}: {early} then {late}");
            assert!(after(&mut felt, 120.0)[emotion.index()] < 0.01);
        }
    }

    #[test]
    fn one_emotion_gives_way_to_the_next() {
        let (joy, sadness) = (Emotion::Joy.index(), Emotion::Sadness.index());
        let mut felt = FeltEmotions::default();
        felt.feel(Feeling::new(Emotion::Joy, 1.0));
        assert!(after(&mut felt, 1.0)[joy] > 0.7);
        felt.feel(Feeling::new(Emotion::Sadness, 0.9));
        let blended = after(&mut felt, 0.3);
        assert!(blended[joy] > 0.05 && blended[sadness] > 0.05, "{blended:?}");
        let settled = after(&mut felt, 1.5);
        assert!(settled[joy] < 0.3 && settled[sadness] > 0.5, "{settled:?}");
    }

    #[test]
    fn a_mood_stays_as_long_as_it_is_given() {
        let mut felt = FeltEmotions::default();
        let mood = Some(Feeling::new(Emotion::Calm, 0.4));
        let shown = (0..5000).map(|_| felt.follow(mood, 0.04)[Emotion::Calm.index()]).last();
        assert!((shown.unwrap_or(0.0) - 0.4).abs() < 0.01);
        assert!(after(&mut felt, 5.0)[Emotion::Calm.index()] < 0.01);
    }

    proptest! {
        #[test]
        fn levels_are_shares_of_one_whatever_is_felt(
            feelings in prop::collection::vec(
                (prop::sample::select(Emotion::ALL.to_vec()), any::<f32>(), 0.0_f32..60.0),
                1..40,
            ),
        ) {
            let mut felt = FeltEmotions::default();
            for (emotion, intensity, dt) in feelings {
                felt.feel(Feeling { emotion, intensity });
                let levels = felt.follow(Some(Feeling { emotion, intensity }), dt);
                prop_assert!(levels.iter().all(|level| (0.0..=1.0).contains(level)), "{levels:?}");
                prop_assert!(levels.iter().sum::<f32>() <= 1.0001, "{levels:?}");
            }
        }
    }
}
