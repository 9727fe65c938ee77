//! The mouth over time: smooth, shut where it must be, at rest where nothing is said.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use face::expression::pairs;
use face::{Articulation, BlendShape, Expression, SpeechSpan, SpeechTrack, Viseme};
use proptest::prelude::*;

const RATE: u32 = 22_050;

fn samples(milliseconds: u64) -> u64 {
    milliseconds * u64::from(RATE) / 1000
}

fn any_viseme() -> impl Strategy<Value = Viseme> {
    prop::sample::select(Viseme::ALL.to_vec())
}

/// Speech: sounds of 30 to 250 ms in a row, beginning after half a second.
fn speech() -> impl Strategy<Value = Vec<(Viseme, u64, u64)>> {
    prop::collection::vec((any_viseme(), 30_u64..250), 1..24).prop_map(|sounds| {
        let mut at = samples(500);
        sounds
            .into_iter()
            .map(|(viseme, milliseconds)| {
                let start = at;
                at += samples(milliseconds);
                (viseme, start, at)
            })
            .collect()
    })
}

fn mouth(track: &SpeechTrack, sample: u64) -> Expression {
    track.articulation(sample).mouth
}

/// The frames at 25 fps that fall within 80 ms of a sound; `phase` says when in the 40 ms the frames are.
fn frames_around(start: u64, end: u64, phase: u64) -> impl Iterator<Item = u64> {
    let around = start.saturating_sub(samples(80))..end + samples(80);
    let until = around.end;
    (0..)
        .map(move |frame| samples(frame * 40 + phase))
        .skip_while(move |at| *at < around.start)
        .take_while(move |at| *at < until)
}

proptest! {
    #[test]
    fn everything_is_within_range_whatever_the_spans(
        spans in prop::collection::vec((any_viseme(), 0_u64..50_000, 0_u64..50_000), 0..20),
        at in prop_oneof![0_u64..80_000, Just(u64::MAX)],
        rate in prop::sample::select(vec![0_u32, 1, 8_000, 22_050, 48_000]),
    ) {
        let track = SpeechTrack::new(rate, spans);
        prop_assert_eq!(track.articulation(at), track.articulation(at).bounded());
    }

    #[test]
    fn shapes_change_smoothly_and_only_shut_lips_are_quick(spans in speech()) {
        let track = SpeechTrack::new(RATE, spans.clone());
        let forced = |at: u64| spans.iter().any(|(viseme, start, end)| {
            matches!(viseme, Viseme::PP | Viseme::FF) && at + samples(80) > *start && at < *end + samples(80)
        });
        for step in 0..(track.end_sample() + samples(500)) / samples(10) {
            let at = step * samples(10);
            let quick = mouth(&track, at).distance(&mouth(&track, at + samples(10)));
            let frame = mouth(&track, at).distance(&mouth(&track, at + samples(40)));
            prop_assert!(quick <= 0.36, "{quick} within 10 ms");
            prop_assert!(frame <= 0.65 || forced(at) || forced(at + samples(40)), "{frame} within 40 ms");
        }
    }

    #[test]
    fn lips_shut_in_every_p_b_and_m_also_as_seen_at_25_frames_a_second(spans in speech(), phase in 0_u64..40) {
        let track = SpeechTrack::new(RATE, spans.clone());
        let shut = |articulation: Articulation| {
            articulation.closure >= 0.999
                && articulation.mouth.lip_opening() <= 0.001
                && articulation.mouth.mean(pairs::MOUTH_PRESS) >= 0.5
        };
        for (_, start, end) in spans.iter().filter(|(viseme, ..)| *viseme == Viseme::PP) {
            prop_assert!(shut(track.articulation(u64::midpoint(*start, *end))));
            prop_assert!(frames_around(*start, *end, phase).any(|at| shut(track.articulation(at))));
        }
    }

    #[test]
    fn the_lip_is_tucked_in_every_f_and_v_that_no_p_cuts_off(spans in speech(), phase in 0_u64..40) {
        let track = SpeechTrack::new(RATE, spans.clone());
        let near_closure = |at: u64| spans.iter().any(|(viseme, start, end)| {
            *viseme == Viseme::PP && at + samples(70) > *start && at < *end + samples(70)
        });
        for (_, start, end) in spans.iter().filter(|(viseme, ..)| *viseme == Viseme::FF) {
            if near_closure(*start) || near_closure(*end) {
                continue;
            }
            let tucked = |at: u64| mouth(&track, at)[BlendShape::MouthRollLower] >= 0.79;
            prop_assert!(frames_around(*start, *end, phase).any(tucked));
        }
    }

    #[test]
    fn the_mouth_rests_before_and_after_speech(spans in speech(), beyond in 160_u64..100_000) {
        let track = SpeechTrack::new(RATE, spans);
        prop_assert_eq!(track.articulation(0), Articulation::REST);
        prop_assert_eq!(track.articulation(track.end_sample() + samples(beyond)), Articulation::REST);
    }
}

#[test]
fn a_vowel_is_anticipated_reached_and_released() {
    let track = SpeechTrack::new(RATE, [(Viseme::Aa, samples(500), samples(700))]);
    let full = Viseme::Aa.expression()[BlendShape::JawOpen];
    let jaw = |milliseconds: u64| mouth(&track, samples(milliseconds))[BlendShape::JawOpen] / full;
    assert_eq!(jaw(430), 0.0);
    assert!(jaw(480) > 0.1 && jaw(480) < 0.9, "{}", jaw(480));
    assert!(jaw(600) > 0.99);
    assert!(jaw(730) > 0.05 && jaw(730) < 0.95);
    assert_eq!(jaw(790), 0.0);
}

#[test]
fn rounding_is_anticipated_through_the_consonant_before_and_earlier_than_the_jaw() {
    let spans = |vowel| [(Viseme::Kk, samples(500), samples(620)), (vowel, samples(620), samples(800))];
    let (cool, key) = (SpeechTrack::new(RATE, spans(Viseme::Ou)), SpeechTrack::new(RATE, spans(Viseme::Ih)));
    let pucker = |track: &SpeechTrack, milliseconds| mouth(track, samples(milliseconds))[BlendShape::MouthPucker];
    assert!(pucker(&cool, 580) > 0.2, "the k of 'cool' is rounded: {}", pucker(&cool, 580));
    assert_eq!(pucker(&key, 580), 0.0);
    let jaw = |track: &SpeechTrack, milliseconds| mouth(track, samples(milliseconds))[BlendShape::JawOpen];
    assert!(pucker(&cool, 530) > 0.05, "{}", pucker(&cool, 530));
    assert_eq!(jaw(&cool, 530), jaw(&key, 530));
}

#[test]
fn an_s_brings_the_teeth_together_between_two_wide_vowels() {
    let track = SpeechTrack::new(
        RATE,
        [
            (Viseme::Aa, samples(500), samples(600)),
            (Viseme::SS, samples(600), samples(700)),
            (Viseme::Aa, samples(700), samples(800)),
        ],
    );
    let jaw = |milliseconds: u64| mouth(&track, samples(milliseconds))[BlendShape::JawOpen];
    assert!(jaw(650) < 0.4 * jaw(550), "{} {}", jaw(650), jaw(550));
}

#[test]
fn a_short_gap_between_words_is_no_rest_and_a_long_pause_is() {
    let opening_in_gap = |milliseconds: u64| {
        let (gap, after) = (samples(700), samples(700 + milliseconds));
        let track = SpeechTrack::new(
            RATE,
            [(Viseme::Aa, samples(500), gap), (Viseme::Sil, gap, after), (Viseme::Aa, after, after + samples(200))],
        );
        mouth(&track, u64::midpoint(gap, after)).lip_opening()
    };
    assert!(opening_in_gap(40) > 0.6, "{}", opening_in_gap(40));
    assert!(opening_in_gap(400) < 0.05, "{}", opening_in_gap(400));
}

#[test]
fn stress_is_told_around_the_stressed_vowel_only() {
    let spans = [("h", 500, 560), ("ə", 560, 620), ("l", 620, 690), ("ˈoʊ", 690, 880), (",", 880, 1400)];
    let spans = spans.map(|(ipa, start, end)| SpeechSpan::from_ipa(ipa, samples(start), samples(end)));
    let track = SpeechTrack::from_spans(RATE, spans);
    let emphasis = |milliseconds| track.articulation(samples(milliseconds)).emphasis.unwrap();
    assert!(emphasis(780) > 0.99 && emphasis(560) == 0.0 && emphasis(1200) == 0.0);
    let unknown = SpeechTrack::new(RATE, [(Viseme::Oh, samples(500), samples(700))]);
    assert_eq!(unknown.articulation(samples(600)).emphasis, None);
}

#[test]
fn louder_syllables_open_wider_and_lips_shut_all_the_same() {
    let spans = [
        (Viseme::Aa, samples(100), samples(300)),
        (Viseme::PP, samples(300), samples(380)),
        (Viseme::Aa, samples(380), samples(600)),
    ];
    let sound: Vec<i16> = (0..samples(700))
        .map(|at| {
            let height = if at < samples(340) { 2_000.0 } else { 12_000.0 };
            (height * (at as f32 * 0.05).sin()) as i16
        })
        .collect();
    let track = SpeechTrack::new(RATE, spans).with_loudness_of(&sound);
    let opening = |milliseconds| mouth(&track, samples(milliseconds)).lip_opening();
    assert!(opening(500) > 1.2 * opening(200), "{} {}", opening(500), opening(200));
    assert!(opening(200) > 0.4, "{}", opening(200));
    assert!(opening(340) <= 0.001, "{}", opening(340));
    let silent = SpeechTrack::new(RATE, spans).with_loudness_of(&[0; 1000]);
    assert_eq!(silent.articulation(samples(200)), SpeechTrack::new(RATE, spans).articulation(samples(200)));
}

#[test]
fn the_order_of_the_spans_does_not_matter() {
    let spans = [(Viseme::PP, 0, 2000), (Viseme::Aa, 2000, 5000), (Viseme::SS, 5000, 7000)];
    let (sorted, reversed) = (SpeechTrack::new(RATE, spans), SpeechTrack::new(RATE, spans.into_iter().rev()));
    assert!((0..9000).step_by(50).all(|at| mouth(&sorted, at).distance(&mouth(&reversed, at)) < 1e-5));
}
