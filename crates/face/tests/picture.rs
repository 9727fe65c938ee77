//! The renderer: what a viewer must be able to see, and sizes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use face::{Activity, Animator, FaceError, FacePose, HeadPose, I420Frame, MouthShape, Renderer, Viseme};
use proptest::prelude::*;

const SIDE: u32 = 256;

/// Parts of the picture as shares of its side: left, top, right, bottom.
const MOUTH: [f32; 4] = [0.36, 0.56, 0.64, 0.74];
const EYES: [f32; 4] = [0.35, 0.40, 0.65, 0.46];
const ROOM: [f32; 4] = [0.0, 0.0, 0.15, 0.4];

fn draw(renderer: &mut Renderer, pose: &FacePose) -> I420Frame {
    let mut frame = I420Frame::new(renderer.width(), renderer.height());
    renderer.draw(pose, &mut frame).unwrap();
    frame
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
    let mut renderer = Renderer::new(SIDE, SIDE).unwrap();
    let pictures = Viseme::ALL
        .map(|viseme| draw(&mut renderer, &FacePose { mouth: MouthShape::of(viseme), ..FacePose::default() }));
    for (i, a) in pictures.iter().enumerate() {
        for (j, b) in pictures.iter().enumerate().skip(i + 1) {
            let seen = difference(a, b, MOUTH);
            assert!(seen > 0.8, "{} and {}: {seen}", Viseme::ALL[i].name(), Viseme::ALL[j].name());
        }
    }
}

#[test]
fn the_mouth_moves_in_speech_and_rests_otherwise() {
    let mean_change = |activity: Activity, speaks: bool| {
        let (mut renderer, mut animator) = (Renderer::new(SIDE, SIDE).unwrap(), Animator::new(2));
        let frames: Vec<I420Frame> = (0..50_u64)
            .map(|index| {
                let viseme = if speaks { Viseme::ALL[index as usize * 4 % 15] } else { Viseme::Sil };
                let now = Duration::from_millis(40 * index);
                draw(&mut renderer, &animator.pose(now, activity, MouthShape::of(viseme)))
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
    let mut renderer = Renderer::new(512, 512).unwrap();
    // The whites are the only thing this bright around the eyes: bare skin stays below 220.
    let mut white = |lids: f32| {
        let frame = draw(&mut renderer, &FacePose { lids, ..FacePose::default() });
        luma(&frame, EYES).into_iter().filter(|luma| *luma > 222).count()
    };
    let (open, lowered, shut) = (white(0.0), white(0.25), white(1.0));
    assert!(open > 200 && lowered > 20 && lowered < open && shut == 0, "{open} {lowered} {shut}");
}

#[test]
fn the_same_pose_gives_the_same_picture_and_no_damage() {
    let pose = FacePose { smile: 0.5, mouth: MouthShape::of(Viseme::E), ..FacePose::default() };
    let mut renderer = Renderer::new(SIDE, SIDE).unwrap();
    let mut frame = I420Frame::new(SIDE, SIDE);
    let first = renderer.draw(&pose, &mut frame).unwrap();
    assert_eq!((first.x, first.y, first.width, first.height), (0, 0, SIDE, SIDE));
    draw(&mut renderer, &FacePose::default());
    let mut again = I420Frame::new(SIDE, SIDE);
    assert!(!renderer.draw(&pose, &mut again).unwrap().is_empty());
    assert_eq!((&frame.y, &frame.u, &frame.v), (&again.y, &again.u, &again.v));
    let mut unchanged = I420Frame::new(SIDE, SIDE);
    assert!(renderer.draw(&pose, &mut unchanged).unwrap().is_empty());
    assert_eq!(frame.y, unchanged.y);
}

#[test]
fn outside_the_damage_nothing_changes() {
    let mut renderer = Renderer::new(SIDE, SIDE).unwrap();
    let still = draw(&mut renderer, &FacePose::default());
    let head = HeadPose { yaw: -1.0, pitch: -1.0, roll: -0.2 };
    let mut moved = I420Frame::new(SIDE, SIDE);
    let damage = renderer.draw(&FacePose { head, breath: 1.0, ..FacePose::default() }, &mut moved).unwrap();
    for row in 0..SIDE {
        for column in 0..SIDE {
            let inside = (damage.x..damage.x + damage.width).contains(&column)
                && (damage.y..damage.y + damage.height).contains(&row);
            let at = (row * SIDE + column) as usize;
            assert!(inside || still.y[at] == moved.y[at], "{column},{row} changed outside {damage:?}");
        }
    }
    assert!(difference(&still, &moved, [0.3, 0.1, 0.7, 0.7]) > 1.0);
    assert_eq!(luma(&still, ROOM), luma(&moved, ROOM));
}

#[test]
fn sizes_the_art_is_not_made_for_are_refused() {
    for (width, height) in [(0, 0), (62, 64), (64, 62), (65, 64), (512, 513), (1026, 512), (u32::MAX, 2)] {
        assert!(matches!(Renderer::new(width, height), Err(FaceError::Size { .. })), "{width}x{height}");
    }
    let mut renderer = Renderer::new(64, 64).unwrap();
    let mut other = I420Frame::new(64, 66);
    assert!(matches!(renderer.draw(&FacePose::default(), &mut other), Err(FaceError::FrameSize { .. })));
    let mut short = I420Frame::new(64, 64);
    short.u.pop();
    assert!(matches!(renderer.draw(&FacePose::default(), &mut short), Err(FaceError::FrameSize { .. })));
}

#[test]
fn a_frame_becomes_a_png_with_its_size() {
    let frame = draw(&mut Renderer::new(64, 96).unwrap(), &FacePose::default());
    let png = face::png::frame_to_png(&frame).unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!((&png[16..20], &png[20..24]), (&64_u32.to_be_bytes()[..], &96_u32.to_be_bytes()[..]));
    assert!(face::png::encode_rgba(2, 2, &[0; 15]).is_err());
}

fn any_pose() -> impl Strategy<Value = FacePose> {
    let one = || -1.0_f32..=1.0;
    let share = || 0.0_f32..=1.0;
    let mouth = (share(), share(), share(), share(), share(), share(), share()).prop_map(
        |(jaw_open, lips_wide, lips_round, lips_press, teeth, lip_tuck, tongue)| MouthShape {
            jaw_open,
            lips_wide,
            lips_round,
            lips_press,
            teeth,
            lip_tuck,
            tongue,
        },
    );
    let head = (one(), one(), -0.2_f32..=0.2).prop_map(|(yaw, pitch, roll)| HeadPose { yaw, pitch, roll });
    let eyes = (one(), one(), share(), share());
    (head, share(), eyes, one(), share(), share(), mouth).prop_map(
        |(head, breath, (gaze_x, gaze_y, lids, squint), brow_raise, brow_knit, smile, mouth)| FacePose {
            head,
            breath,
            gaze_x,
            gaze_y,
            lids,
            squint,
            brow_raise,
            brow_knit,
            smile,
            mouth,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_legal_size_takes_any_pose(width in 32_u32..=512, height in 32_u32..=512, pose in any_pose()) {
        let (width, height) = (2 * width, 2 * height);
        let mut renderer = Renderer::new(width, height).unwrap();
        let frame = draw(&mut renderer, &pose);
        prop_assert_eq!(frame.y.len(), (width * height) as usize);
        // A person is in the picture: skin in the middle of the art square.
        let (x, y) = (width / 2, height / 2);
        let red = frame.v[(y / 2 * (width / 2) + x / 2) as usize];
        prop_assert!(red > 135, "the middle of the face is not skin: {}", red);
    }
}
