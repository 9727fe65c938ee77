//! The animator: deterministic, bounded whatever comes in, and telling by activity.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use face::{Activity, Animator, FacePose, MouthShape, Viseme};
use proptest::prelude::*;

const ACTIVITIES: [Activity; 4] = [Activity::Idle, Activity::Listening, Activity::Thinking, Activity::Speaking];

fn frame(index: u64) -> Duration {
    Duration::from_millis(40 * index)
}

/// The poses of frames `0..count` in one activity, the mouth opening and closing twice a second while it speaks.
fn poses(seed: u64, activity: Activity, count: u64) -> Vec<FacePose> {
    let mut animator = Animator::new(seed);
    let mouth = |index: u64| match activity {
        Activity::Speaking if index % 12 < 6 => MouthShape::of(Viseme::Aa),
        Activity::Idle | Activity::Listening | Activity::Thinking | Activity::Speaking => MouthShape::REST,
    };
    (0..count).map(|index| animator.pose(frame(index), activity, mouth(index))).collect()
}

fn spread(values: impl Iterator<Item = f32> + Clone) -> f32 {
    values.clone().fold(f32::MIN, f32::max) - values.fold(f32::MAX, f32::min)
}

fn within(pose: &FacePose) -> bool {
    let one = |value: f32| (-1.0..=1.0).contains(&value);
    let share = |value: f32| (0.0..=1.0).contains(&value);
    one(pose.head.yaw)
        && one(pose.head.pitch)
        && (-0.2..=0.2).contains(&pose.head.roll)
        && one(pose.gaze_x)
        && one(pose.gaze_y)
        && one(pose.brow_raise)
        && [pose.breath, pose.lids, pose.squint, pose.brow_knit, pose.smile].into_iter().all(share)
        && pose.mouth == pose.mouth.bounded()
}

fn any_mouth() -> impl Strategy<Value = MouthShape> {
    let value = || prop_oneof![-1.0_f32..2.0, Just(f32::NAN), Just(f32::INFINITY)];
    (value(), value(), value(), value()).prop_map(|(jaw_open, lips_wide, lips_press, tongue)| MouthShape {
        jaw_open,
        lips_wide,
        lips_press,
        tongue,
        ..MouthShape::REST
    })
}

proptest! {
    #[test]
    fn poses_stay_within_range_whatever_time_and_mouth_do(
        seed: u64,
        steps in prop::collection::vec((
            prop_oneof![0_u64..100, 0_u64..10_000, Just(u64::MAX / 2), Just(0)],
            prop::sample::select(ACTIVITIES.to_vec()),
            any_mouth(),
        ), 1..60),
    ) {
        let mut animator = Animator::new(seed);
        for (milliseconds, activity, mouth) in steps {
            let pose = animator.pose(Duration::from_millis(milliseconds), activity, mouth);
            prop_assert!(within(&pose), "{pose:?}");
        }
    }

    #[test]
    fn a_change_of_activity_never_makes_the_head_jump(seed: u64, changes in prop::collection::vec(0_usize..4, 2..12)) {
        let mut animator = Animator::new(seed);
        let mut last: Option<FacePose> = None;
        for index in 0..changes.len() as u64 * 20 {
            let activity = ACTIVITIES[changes[index as usize / 20]];
            let pose = animator.pose(frame(index), activity, MouthShape::REST);
            if let Some(last) = last {
                prop_assert!((pose.head.yaw - last.head.yaw).abs() < 0.2);
                prop_assert!((pose.head.pitch - last.head.pitch).abs() < 0.2);
                prop_assert!((pose.head.roll - last.head.roll).abs() < 0.04);
                prop_assert!((pose.smile - last.smile).abs() < 0.2);
            }
            last = Some(pose);
        }
    }
}

#[test]
fn the_same_seed_lives_the_same_life_and_another_one_does_not() {
    assert_eq!(poses(7, Activity::Speaking, 500), poses(7, Activity::Speaking, 500));
    assert_ne!(poses(7, Activity::Idle, 500), poses(8, Activity::Idle, 500));
}

#[test]
fn eyes_shut_fully_at_a_persons_rate_in_every_activity() {
    for activity in ACTIVITIES {
        let lids: Vec<f32> = poses(3, activity, 15_000).iter().map(|pose| pose.lids).collect();
        let blinks = lids.windows(2).filter(|pair| pair[0] < 1.0 && pair[1] == 1.0).count();
        assert!((130..=250).contains(&blinks), "{activity:?}: {blinks} blinks in ten minutes");
    }
}

#[test]
fn a_listener_looks_at_the_viewer_nods_and_lifts_the_brows() {
    let listening = poses(11, Activity::Listening, 750);
    let idle = poses(11, Activity::Idle, 750);
    assert!(listening.iter().skip(25).all(|pose| pose.gaze_x.abs() < 0.15 && pose.gaze_y.abs() < 0.15));
    assert!(listening[200].brow_raise > idle[200].brow_raise + 0.2);
    let pitch = |poses: &[FacePose]| spread(poses.iter().map(|pose| pose.head.pitch).collect::<Vec<_>>().into_iter());
    assert!(pitch(&listening) > pitch(&idle) + 0.1, "{} {}", pitch(&listening), pitch(&idle));
}

#[test]
fn a_thinker_looks_up_and_aside_with_knit_brows_and_pressed_lips() {
    let thinking = poses(12, Activity::Thinking, 500);
    let settled = &thinking[50..];
    assert!(settled.iter().all(|pose| pose.gaze_y < -0.4 && pose.gaze_x.abs() > 0.3));
    assert!(settled.iter().all(|pose| pose.brow_knit > 0.4 && pose.mouth.lips_press > 0.3));
}

#[test]
fn a_speaker_moves_more_than_an_idler_and_stresses_with_the_brows() {
    let sway = |activity| {
        let poses = poses(13, activity, 1500);
        spread(poses.iter().map(|pose| pose.head.yaw).collect::<Vec<_>>().into_iter())
    };
    assert!(sway(Activity::Speaking) > 1.5 * sway(Activity::Idle));
    let brows = poses(13, Activity::Speaking, 1500);
    assert!(spread(brows.iter().skip(50).map(|pose| pose.brow_raise).collect::<Vec<_>>().into_iter()) > 0.3);
}

#[test]
fn the_chest_rises_and_falls_some_twelve_to_sixteen_times_a_minute() {
    let breath: Vec<f32> = poses(14, Activity::Idle, 1500).iter().map(|pose| pose.breath).collect();
    let breaths = breath.windows(2).filter(|pair| pair[0] < 0.5 && pair[1] >= 0.5).count();
    assert!((12..=16).contains(&breaths), "{breaths} breaths");
}
