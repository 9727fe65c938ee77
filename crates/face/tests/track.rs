//! The mouth over time: smooth, shut where it must be, at rest where nothing is said.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use face::{MouthShape, MouthTrack, Viseme};
use proptest::prelude::*;

const RATE: u32 = 22_050;

fn samples(milliseconds: u64) -> u64 {
    milliseconds * u64::from(RATE) / 1000
}

/// Speech: sounds of 30 to 250 ms in a row, beginning after half a second.
fn speech() -> impl Strategy<Value = Vec<(Viseme, u64, u64)>> {
    prop::collection::vec((prop::sample::select(Viseme::ALL.to_vec()), 30_u64..250), 1..24).prop_map(|sounds| {
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

fn in_range(shape: MouthShape) -> bool {
    shape == shape.bounded()
}

proptest! {
    #[test]
    fn every_shape_is_within_range_whatever_the_spans(
        spans in prop::collection::vec((prop::sample::select(Viseme::ALL.to_vec()), 0_u64..50_000, 0_u64..50_000), 0..20),
        at in 0_u64..80_000,
        rate in prop::sample::select(vec![0_u32, 1, 8_000, 22_050, 48_000]),
    ) {
        prop_assert!(in_range(MouthTrack::new(rate, spans).shape_at(at)));
    }

    #[test]
    fn shapes_change_smoothly_and_only_shut_lips_are_quick(spans in speech()) {
        let track = MouthTrack::new(RATE, spans.clone());
        let closing = |at: u64| spans.iter().any(|(viseme, start, end)| {
            *viseme == Viseme::PP && at + samples(80) > *start && at < *end + samples(80)
        });
        for step in 0..(track.end_sample() + samples(500)) / samples(10) {
            let at = step * samples(10);
            let quick = track.shape_at(at).distance(track.shape_at(at + samples(10)));
            let frame = track.shape_at(at).distance(track.shape_at(at + samples(40)));
            prop_assert!(quick <= 0.40, "{quick} within 10 ms");
            prop_assert!(frame <= 0.90 || closing(at) || closing(at + samples(40)), "{frame} within 40 ms");
        }
    }

    #[test]
    fn lips_shut_fully_in_every_p_b_and_m_also_as_seen_at_25_frames_a_second(spans in speech(), phase in 0_u64..40) {
        let track = MouthTrack::new(RATE, spans.clone());
        for (_, start, end) in spans.iter().filter(|(viseme, ..)| *viseme == Viseme::PP) {
            prop_assert!(track.shape_at(u64::midpoint(*start, *end)).lips_press >= 0.999);
            prop_assert!(track.shape_at(u64::midpoint(*start, *end)).jaw_open <= 0.001);
            let around = start.saturating_sub(samples(80))..end + samples(80);
            let seen = (0..).map(|frame| samples(frame * 40 + phase)).skip_while(|at| *at < around.start);
            prop_assert!(seen.take_while(|at| *at < around.end).any(|at| track.shape_at(at).lips_press >= 0.999));
        }
    }

    #[test]
    fn the_mouth_rests_before_and_after_speech(spans in speech(), beyond in 130_u64..100_000) {
        let track = MouthTrack::new(RATE, spans);
        prop_assert_eq!(track.shape_at(0), MouthShape::REST);
        prop_assert_eq!(track.shape_at(track.end_sample() + samples(beyond)), MouthShape::REST);
    }
}

#[test]
fn a_vowel_is_anticipated_reached_and_released() {
    let track = MouthTrack::new(RATE, [(Viseme::Aa, samples(500), samples(700))]);
    let jaw = |milliseconds: u64| track.shape_at(samples(milliseconds)).jaw_open;
    assert_eq!(jaw(430), 0.0);
    assert!(jaw(480) > 0.1 && jaw(480) < 0.9, "{}", jaw(480));
    assert!(jaw(600) > 0.99);
    assert!(jaw(730) > 0.05 && jaw(730) < 0.95);
    assert_eq!(jaw(790), 0.0);
}

#[test]
fn neighbours_colour_each_other() {
    let alone = MouthTrack::new(RATE, [(Viseme::Kk, samples(500), samples(560))]);
    let before_ou =
        MouthTrack::new(RATE, [(Viseme::Kk, samples(500), samples(560)), (Viseme::Ou, samples(560), samples(700))]);
    assert_eq!(alone.shape_at(samples(540)).lips_round, 0.0);
    assert!(before_ou.shape_at(samples(540)).lips_round > 0.2, "the k of 'cool' is rounded");
}

#[test]
fn the_order_of_the_spans_does_not_matter() {
    let spans = [(Viseme::PP, 0, 2000), (Viseme::Aa, 2000, 5000), (Viseme::SS, 5000, 7000)];
    let (sorted, reversed) = (MouthTrack::new(RATE, spans), MouthTrack::new(RATE, spans.into_iter().rev()));
    assert!((0..9000).step_by(50).all(|at| sorted.shape_at(at).distance(reversed.shape_at(at)) < 1e-5));
}
