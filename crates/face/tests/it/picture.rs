//! The drawn person: what a viewer must be able to see of every character, and sizes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use face::expression::pairs;
use face::{
    Activity, Animator, Articulation, BlendShape, Character, Damage, DrawnFace, Expression, FaceError, FaceRenderer,
    HeadPose, I420Frame, Situation, Viseme,
};
use proptest::prelude::*;

const SIDE: u32 = 256;

/// Parts of the picture as shares of its side: left, top, right, bottom.
const MOUTH: [f32; 4] = [0.36, 0.59, 0.64, 0.74];
/// Narrow enough for no hair to hang into it.
const LIPS: [f32; 4] = [0.41, 0.59, 0.59, 0.70];
const EYES: [f32; 4] = [0.35, 0.40, 0.65, 0.46];
const FACE: [f32; 4] = [0.3, 0.3, 0.7, 0.74];
const ROOM: [f32; 4] = [0.0, 0.0, 0.05, 0.4];

fn renderers(side: u32) -> Vec<(&'static str, DrawnFace)> {
    Character::names()
        .map(|name| (name, DrawnFace::new(&Character::load(name).unwrap(), side, side).unwrap()))
        .collect()
}

fn draw(face: &mut DrawnFace, expression: &Expression) -> I420Frame {
    draw_and_tell(face, expression).0
}

fn draw_and_tell(face: &mut DrawnFace, expression: &Expression) -> (I420Frame, Damage) {
    let (width, height) = face.size();
    let mut frame = I420Frame::new(width, height);
    let damage = face.draw(expression, &mut frame).unwrap();
    (frame, damage)
}

/// A viseme at its full extent.
fn spoken(viseme: Viseme) -> Expression {
    viseme.expression()
}

/// The larger weight of both for every shape.
fn both(a: Expression, b: Expression) -> Expression {
    BlendShape::ALL.into_iter().fold(a, |all, shape| all.with(shape, a[shape].max(b[shape])))
}

/// A face at rest on a turned head.
fn held(head: HeadPose, breath: f32) -> Expression {
    let mut expression = Expression::REST;
    (expression.head, expression.breath) = (head, breath);
    expression
}

/// Six moods as an animator would make them.
fn moods() -> [(&'static str, Expression); 6] {
    let rest = Expression::REST;
    let joy = rest.with_both(pairs::MOUTH_SMILE, 0.9).with_both(pairs::CHEEK_SQUINT, 0.8);
    let sadness = rest.with(BlendShape::BrowInnerUp, 0.9).with_both(pairs::MOUTH_FROWN, 0.8);
    let surprise = rest
        .with(BlendShape::BrowInnerUp, 0.9)
        .with_both(pairs::BROW_OUTER_UP, 0.9)
        .with_both(pairs::EYE_WIDE, 0.8)
        .with(BlendShape::JawOpen, 0.35);
    let anger =
        rest.with_both(pairs::BROW_DOWN, 0.9).with_both(pairs::EYE_SQUINT, 0.5).with_both(pairs::MOUTH_PRESS, 0.4);
    let fear = rest
        .with(BlendShape::BrowInnerUp, 0.9)
        .with_both(pairs::BROW_OUTER_UP, 0.4)
        .with_both(pairs::EYE_WIDE, 0.9)
        .with_both(pairs::MOUTH_STRETCH, 0.6)
        .with(BlendShape::JawOpen, 0.15);
    [("calm", rest), ("joy", joy), ("sadness", sadness), ("surprise", surprise), ("anger", anger), ("fear", fear)]
}

/// The luma within a part of a square picture.
fn luma(frame: &I420Frame, [left, top, right, bottom]: [f32; 4]) -> Vec<u8> {
    let side = frame.width as f32;
    let at = |share: f32| (share * side) as usize;
    (at(top)..at(bottom)).flat_map(|row| &frame.y[row * frame.width as usize..][at(left)..at(right)]).copied().collect()
}

/// Mean absolute difference of luma within a part.
fn difference(a: &I420Frame, b: &I420Frame, part: [f32; 4]) -> f32 {
    let (a, b) = (luma(a, part), luma(b, part));
    a.iter().zip(&b).map(|(a, b)| f32::from(a.abs_diff(*b))).sum::<f32>() / a.len() as f32
}

#[test]
fn every_viseme_can_be_told_from_every_other() {
    for (name, mut face) in renderers(SIDE) {
        let pictures = Viseme::ALL.map(|viseme| draw(&mut face, &spoken(viseme)));
        for (i, a) in pictures.iter().enumerate() {
            for (j, b) in pictures.iter().enumerate().skip(i + 1) {
                let seen = difference(a, b, MOUTH);
                assert!(seen > 0.8, "{name}: {} and {}: {seen}", Viseme::ALL[i].name(), Viseme::ALL[j].name());
            }
        }
    }
}

#[test]
fn every_mood_can_be_told_from_every_other() {
    for (name, mut face) in renderers(SIDE) {
        let pictures = moods().map(|(_, mood)| draw(&mut face, &mood));
        for (i, a) in pictures.iter().enumerate() {
            for (j, b) in pictures.iter().enumerate().skip(i + 1) {
                let seen = difference(a, b, FACE);
                assert!(seen > 0.5, "{name}: {} and {}: {seen}", moods()[i].0, moods()[j].0);
            }
        }
    }
}

#[test]
fn lips_are_shut_in_p_b_and_m_whatever_the_mood() {
    for (name, mut face) in renderers(512) {
        // Only the inside of a mouth is as dark as this.
        let mut inside = |expression: Expression| {
            luma(&draw(&mut face, &expression), LIPS).into_iter().filter(|luma| *luma < 42).count()
        };
        let open = inside(spoken(Viseme::Aa));
        assert!(open > 200, "{name}: an open mouth shows {open} dark pixels");
        for (mood, expression) in moods() {
            let mut closed = both(expression, spoken(Viseme::PP));
            closed[BlendShape::MouthClose] = closed[BlendShape::JawOpen];
            let dark = inside(closed);
            assert!(dark * 50 < open, "{name}, {mood}: {dark} dark pixels, open {open}");
        }
    }
}

#[test]
fn the_mouth_moves_in_speech_and_rests_otherwise() {
    let mean_change = |activity: Activity, speaks: bool| {
        let mut face = DrawnFace::new(&Character::load("joe").unwrap(), SIDE, SIDE).unwrap();
        let mut animator = Animator::new(2);
        let frames: Vec<I420Frame> = (0..50_u64)
            .map(|index| {
                let viseme = if speaks { Viseme::ALL[index as usize * 4 % 15] } else { Viseme::Sil };
                let now = Duration::from_millis(40 * index);
                let presence = if speaks { 1.0 } else { 0.0 };
                let speech = Articulation { mouth: viseme.expression(), presence, ..Articulation::REST };
                draw(&mut face, &animator.expression(now, &Situation { activity, speech, ..Situation::default() }))
            })
            .collect();
        frames.windows(2).map(|pair| difference(&pair[0], &pair[1], MOUTH)).sum::<f32>() / 49.0
    };
    let speaking = mean_change(Activity::Speaking, true);
    for activity in [Activity::Idle, Activity::Listening, Activity::Thinking] {
        let resting = mean_change(activity, false);
        assert!(resting < 1.0 && speaking > 4.0 * resting, "{activity:?}: {resting}, speaking: {speaking}");
    }
}

#[test]
fn a_blink_hides_the_eyeballs_and_a_lowered_lid_shows_less_of_them() {
    for (name, mut face) in renderers(512) {
        // The whites are the only thing this bright around the eyes.
        let mut white = |blink: f32| {
            let frame = draw(&mut face, &Expression::REST.with_both(pairs::EYE_BLINK, blink));
            luma(&frame, EYES).into_iter().filter(|luma| *luma > 222).count()
        };
        let (open, lowered, shut) = (white(0.0), white(0.25), white(1.0));
        assert!(open > 100 && lowered > 10 && lowered < open && shut == 0, "{name}: {open} {lowered} {shut}");
    }
}

#[test]
fn one_eye_winks_alone() {
    for (name, mut face) in renderers(SIDE) {
        let rest = draw(&mut face, &Expression::REST);
        let wink = draw(&mut face, &Expression::REST.with(BlendShape::EyeBlinkLeft, 1.0));
        // The person's left eye is on the right of the picture.
        let [left, top, right, bottom] = EYES;
        assert_eq!(difference(&rest, &wink, [left, top, 0.5, bottom]), 0.0, "{name}");
        assert!(difference(&rest, &wink, [0.5, top, right, bottom]) > 3.0, "{name}");
    }
}

#[test]
fn the_same_expression_gives_the_same_picture_and_no_damage() {
    let expression = both(spoken(Viseme::E), Expression::REST.with_both(pairs::MOUTH_SMILE, 0.5));
    for (name, mut face) in renderers(SIDE) {
        let (frame, first) = draw_and_tell(&mut face, &expression);
        assert_eq!((first.x, first.y, first.width, first.height), (0, 0, SIDE, SIDE), "{name}");
        draw(&mut face, &Expression::REST);
        let (again, damage) = draw_and_tell(&mut face, &expression);
        assert!(!damage.is_empty(), "{name}");
        assert!((&frame.y, &frame.u, &frame.v) == (&again.y, &again.u, &again.v), "{name}");
        let (unchanged, damage) = draw_and_tell(&mut face, &expression);
        assert!(damage.is_empty(), "{name}");
        assert!(frame.y == unchanged.y, "{name}");
    }
}

#[test]
fn a_motion_too_small_to_see_changes_nothing() {
    for (name, mut face) in renderers(SIDE) {
        draw(&mut face, &Expression::REST);
        let mut almost = Expression::REST.with(BlendShape::JawOpen, 0.001);
        almost.head = HeadPose { yaw: 0.001, pitch: 0.001, roll: 0.0001 };
        almost.breath = 0.01;
        assert!(draw_and_tell(&mut face, &almost).1.is_empty(), "{name}");
    }
}

#[test]
fn a_mouth_alone_damages_little_and_outside_the_damage_nothing_changes() {
    let turned = held(HeadPose { yaw: -1.0, pitch: -1.0, roll: -0.2 }, 1.0);
    for (name, mut face) in renderers(SIDE) {
        let still = draw(&mut face, &Expression::REST);
        for (expression, most) in [(Expression::REST.with(BlendShape::MouthPucker, 1.0), 0.15), (turned, 1.0)] {
            draw(&mut face, &Expression::REST);
            let (moved, damage) = draw_and_tell(&mut face, &expression);
            let share = (damage.width * damage.height) as f32 / (SIDE * SIDE) as f32;
            assert!(share <= most, "{name}: {damage:?}");
            for row in 0..SIDE {
                for column in 0..SIDE {
                    let inside = (damage.x..damage.x + damage.width).contains(&column)
                        && (damage.y..damage.y + damage.height).contains(&row);
                    let at = (row * SIDE + column) as usize;
                    assert!(inside || still.y[at] == moved.y[at], "{name}: {column},{row} changed outside {damage:?}");
                }
            }
            assert!(luma(&still, ROOM) == luma(&moved, ROOM), "{name}");
        }
        assert!(difference(&still, &draw(&mut face, &turned), [0.3, 0.1, 0.7, 0.7]) > 1.0, "{name}");
    }
}

#[test]
fn sizes_the_art_is_not_made_for_are_refused() {
    let joe = Character::load("joe").unwrap();
    for (width, height) in [(0, 0), (62, 64), (64, 62), (65, 64), (512, 513), (1026, 512), (u32::MAX, 2)] {
        assert!(matches!(DrawnFace::new(&joe, width, height), Err(FaceError::Size { .. })), "{width}x{height}");
    }
    let mut face = DrawnFace::new(&joe, 64, 64).unwrap();
    let mut other = I420Frame::new(64, 66);
    assert!(matches!(face.draw(&Expression::REST, &mut other), Err(FaceError::FrameSize { .. })));
    let mut short = I420Frame::new(64, 64);
    short.u.pop();
    assert!(matches!(face.draw(&Expression::REST, &mut short), Err(FaceError::FrameSize { .. })));
}

#[test]
fn a_frame_becomes_a_png_with_its_size() {
    let mut face = DrawnFace::new(&Character::load("joe").unwrap(), 64, 96).unwrap();
    let png = face::png::frame_to_png(&draw(&mut face, &Expression::REST)).unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!((&png[16..20], &png[20..24]), (&64_u32.to_be_bytes()[..], &96_u32.to_be_bytes()[..]));
    assert!(face::png::encode_rgba(2, 2, &[0; 15]).is_err());
}

/// Any weights at all, also such as no face makes.
fn any_expression() -> impl Strategy<Value = Expression> {
    let one = || -1.0_f32..=1.0;
    let weights = proptest::collection::vec(prop_oneof![3 => Just(0.0), 2 => 0.0_f32..=1.0, 1 => Just(1.0)], 52);
    (weights, one(), one(), -0.2_f32..=0.2, 0.0_f32..=1.0).prop_map(|(weights, yaw, pitch, roll, breath)| {
        let bare = held(HeadPose { yaw, pitch, roll }, breath);
        BlendShape::ALL.into_iter().zip(weights).fold(bare, |all, (shape, weight)| all.with(shape, weight))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_legal_size_takes_any_expression(
        width in 32_u32..=360, height in 32_u32..=360, expression in any_expression(), who in 0_usize..4,
    ) {
        let (width, height) = (2 * width, 2 * height);
        let name = Character::names().nth(who).unwrap();
        let mut face = DrawnFace::new(&Character::load(name).unwrap(), width, height).unwrap();
        let frame = draw(&mut face, &expression);
        prop_assert_eq!(frame.y.len(), (width * height) as usize);
        // A person is in the picture: skin in the middle of the art square.
        let (x, y) = (width / 2, height / 2);
        let red = frame.v[(y / 2 * (width / 2) + x / 2) as usize];
        prop_assert!(red > 133, "the middle of the face is not skin: {}", red);
    }

    #[test]
    fn what_was_drawn_before_leaves_no_trace(expressions in proptest::collection::vec(any_expression(), 2..5), who in 0_usize..4) {
        let character = Character::load(Character::names().nth(who).unwrap()).unwrap();
        let new = || DrawnFace::new(&character, 128, 96).unwrap();
        let (mut busy, mut fresh) = (new(), new());
        let last = expressions.iter().map(|expression| draw(&mut busy, expression)).last().unwrap();
        let alone = draw(&mut fresh, expressions.last().unwrap());
        prop_assert!((last.y, last.u, last.v) == (alone.y, alone.u, alone.v));
    }
}
