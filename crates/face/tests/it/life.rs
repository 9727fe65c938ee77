//! The animator: deterministic, bounded whatever comes in, and telling by activity, event and feeling.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use face::expression::pairs;
use face::{
    Activity, Animator, Articulation, BlendShape, Emotion, Expression, Feeling, GazeTarget, LifeEvent, MOST_OTHERS,
    Situation, SpeechTrack, Viseme,
};
use proptest::prelude::*;

const ACTIVITIES: [Activity; 4] = [Activity::Idle, Activity::Listening, Activity::Thinking, Activity::Speaking];

fn frame(index: u64) -> Duration {
    Duration::from_millis(40 * index)
}

/// A viseme as if it were said alone, at its full extent.
fn said(viseme: Viseme) -> Articulation {
    let closure = if viseme == Viseme::PP { 1.0 } else { 0.0 };
    Articulation { mouth: viseme.expression(), presence: 1.0, closure, emphasis: None }
}

/// One activity, the mouth opening and closing twice a second while it speaks.
fn situation(activity: Activity, index: u64) -> Situation {
    let speech = match activity {
        Activity::Speaking if index % 12 < 6 => said(Viseme::Aa),
        Activity::Idle | Activity::Listening | Activity::Thinking | Activity::Speaking => Articulation::REST,
    };
    Situation { activity, speech, ..Situation::default() }
}

/// The expressions of frames `0..count` in one activity.
fn life(seed: u64, activity: Activity, count: u64) -> Vec<Expression> {
    life_in(seed, count, |index| situation(activity, index))
}

fn life_in(seed: u64, count: u64, situation: impl Fn(u64) -> Situation) -> Vec<Expression> {
    let mut animator = Animator::new(seed);
    (0..count).map(|index| animator.expression(frame(index), &situation(index))).collect()
}

fn spread(values: impl Iterator<Item = f32>) -> f32 {
    let values: Vec<f32> = values.collect();
    values.iter().fold(f32::MIN, |a, b| a.max(*b)) - values.iter().fold(f32::MAX, |a, b| a.min(*b))
}

fn gaze_x(face: &Expression) -> f32 {
    face.mean(pairs::EYE_LOOK_PICTURE_RIGHT) - face.mean(pairs::EYE_LOOK_PICTURE_LEFT)
}

fn gaze_y(face: &Expression) -> f32 {
    face.mean(pairs::EYE_LOOK_DOWN) - face.mean(pairs::EYE_LOOK_UP)
}

fn blinks(faces: &[Expression]) -> usize {
    let lids: Vec<f32> = faces.iter().map(|face| face.mean(pairs::EYE_BLINK)).collect();
    lids.windows(2).filter(|pair| pair[0] < 1.0 && pair[1] == 1.0).count()
}

fn any_value() -> impl Strategy<Value = f32> {
    prop_oneof![-1.0_f32..2.0, Just(f32::NAN), Just(f32::INFINITY), Just(f32::MIN)]
}

fn any_feeling() -> impl Strategy<Value = Feeling> {
    (any_emotion(), any_value()).prop_map(|(emotion, intensity)| Feeling { emotion, intensity })
}

fn any_situation() -> impl Strategy<Value = Situation> {
    let speech = (any_value(), any_value(), any_value(), any_value(), prop::option::of(any_value())).prop_map(
        |(jaw, pucker, presence, closure, emphasis)| Articulation {
            mouth: Expression::REST
                .with(BlendShape::JawOpen, jaw)
                .with(BlendShape::MouthPucker, pucker)
                .with(BlendShape::BrowInnerUp, jaw),
            presence,
            closure,
            emphasis,
        },
    );
    let target = (any_value(), any_value()).prop_map(|(x, y)| GazeTarget { x, y });
    (prop::sample::select(ACTIVITIES.to_vec()), speech, prop::option::of(target), prop::option::of(any_feeling()))
        .prop_map(|(activity, speech, target, mood)| Situation {
            activity,
            speech,
            gaze_target: target,
            others: [target; MOST_OTHERS],
            mood,
        })
}

fn any_event() -> impl Strategy<Value = LifeEvent> {
    prop_oneof![any_feeling().prop_map(LifeEvent::Feels), Just(LifeEvent::ClauseEnded), Just(LifeEvent::UserPaused)]
}

fn any_time() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..100, 0_u64..10_000, Just(u64::MAX / 2), Just(0)]
}

/// A time, what is the case then, and perhaps something that happens at another time.
fn any_step() -> impl Strategy<Value = (u64, Situation, Option<(u64, LifeEvent)>)> {
    (any_time(), any_situation(), prop::option::of((any_time(), any_event())))
}

fn any_emotion() -> impl Strategy<Value = Emotion> {
    prop::sample::select(Emotion::ALL.to_vec())
}

/// What the agent shows while it says `speech`.
fn saying(speech: Articulation) -> Situation {
    Situation { activity: Activity::Speaking, speech, ..Situation::default() }
}

proptest! {
    #[test]
    fn expressions_stay_within_range_whatever_comes_in(
        seed: u64,
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let mut animator = Animator::new(seed);
        for (milliseconds, situation, event) in steps {
            if let Some((at, event)) = event {
                animator.notice(Duration::from_millis(at), event);
            }
            let face = animator.expression(Duration::from_millis(milliseconds), &situation);
            prop_assert_eq!(face, face.bounded());
        }
    }

    #[test]
    fn a_change_of_activity_or_feeling_never_makes_head_or_face_jump(
        seed: u64,
        changes in prop::collection::vec((0_usize..4, prop::option::of(any_feeling())), 2..12),
    ) {
        let mut animator = Animator::new(seed);
        let mut last: Option<Expression> = None;
        for index in 0..changes.len() as u64 * 20 {
            let (activity, feeling) = changes[index as usize / 20];
            if let Some(feeling) = feeling.filter(|_| index % 20 == 0) {
                animator.feel(frame(index), feeling);
            }
            let situation = Situation { activity: ACTIVITIES[activity], ..Situation::default() };
            let face = animator.expression(frame(index), &situation);
            if let Some(last) = last {
                prop_assert!((face.head.yaw - last.head.yaw).abs() < 0.2);
                prop_assert!((face.head.pitch - last.head.pitch).abs() < 0.2);
                prop_assert!((face.head.roll - last.head.roll).abs() < 0.04);
                for pair in [pairs::MOUTH_SMILE, pairs::MOUTH_FROWN, pairs::BROW_DOWN, pairs::BROW_OUTER_UP] {
                    prop_assert!((face.mean(pair) - last.mean(pair)).abs() < 0.25, "{pair:?}");
                }
            }
            last = Some(face);
        }
    }

    #[test]
    fn p_b_and_m_shut_the_lips_under_every_emotion_and_speech_stays_readable(
        seed: u64,
        feelings in prop::collection::vec(any_emotion(), 1..4),
        mood in prop::option::of(any_feeling()),
        gap in 1_u64..40,
    ) {
        let mut animator = Animator::new(seed);
        let mut at = 0;
        for emotion in feelings {
            animator.feel(frame(at), Feeling::new(emotion, 1.0));
            for _ in 0..gap {
                animator.expression(frame(at), &Situation { mood, ..saying(Articulation::REST) });
                at += 1;
            }
        }
        let mut say = |viseme| {
            at += 1;
            animator.expression(frame(at), &Situation { mood, ..saying(said(viseme)) })
        };
        let shut = say(Viseme::PP);
        prop_assert!(shut.lip_opening() <= 0.001, "{}", shut.lip_opening());
        prop_assert!(shut.mean(pairs::MOUTH_PRESS) >= 0.5);
        let tucked = say(Viseme::FF);
        prop_assert!(tucked[BlendShape::MouthRollLower] >= 0.79);
        use BlendShape::{JawOpen, MouthFunnel, MouthPucker, MouthStretchLeft};
        // Whatever is felt, jaw and lips are those of the sound.
        for viseme in Viseme::ALL.into_iter().filter(|viseme| *viseme != Viseme::Sil) {
            let face = say(viseme);
            for shape in [JawOpen, MouthPucker, MouthFunnel, MouthStretchLeft] {
                let wanted = viseme.expression()[shape];
                let given = face[shape];
                prop_assert!((given - wanted).abs() <= 0.001, "{viseme:?} {shape:?}: {given} for {wanted}");
            }
        }
    }

    #[test]
    fn words_with_p_b_m_close_in_a_frame_while_the_agent_laughs_or_gasps(
        phase in 0_u64..40,
        emotion in any_emotion(),
    ) {
        let rate = 16_000_u64;
        let ms = |milliseconds: u64| milliseconds * rate / 1000;
        // "mama", quickly.
        let spans = [(Viseme::PP, 500, 560), (Viseme::Aa, 560, 640), (Viseme::PP, 640, 690), (Viseme::Aa, 690, 800)];
        let track = SpeechTrack::new(rate as u32, spans.map(|(viseme, start, end)| (viseme, ms(start), ms(end))));
        let mut animator = Animator::new(5);
        animator.feel(Duration::ZERO, Feeling::new(emotion, 1.0));
        let faces: Vec<(u64, Expression)> = (0..25).map(|index| {
            let at = index * 40 + phase;
            (at, animator.expression(Duration::from_millis(at), &saying(track.articulation(ms(at)))))
        }).collect();
        let opening = |from: u64, to: u64| {
            let seen = faces.iter().filter(move |(at, _)| (from..to).contains(at));
            seen.map(|(_, face)| face.lip_opening())
        };
        prop_assert!(opening(480, 580).any(|opening| opening <= 0.001));
        prop_assert!(opening(620, 710).any(|opening| opening <= 0.001));
        prop_assert!(opening(560, 640).any(|opening| opening > 0.2), "the vowel between them is seen");
    }
}

#[test]
fn the_same_seed_lives_the_same_life_and_another_one_does_not() {
    assert_eq!(life(7, Activity::Speaking, 500), life(7, Activity::Speaking, 500));
    assert_ne!(life(7, Activity::Idle, 500), life(8, Activity::Idle, 500));
}

#[test]
fn eyes_shut_fully_at_a_persons_rate_in_every_activity_and_more_often_in_speech() {
    let rates = ACTIVITIES.map(|activity| blinks(&life(3, activity, 15_000)));
    assert!(rates.iter().all(|rate| (130..=300).contains(rate)), "{rates:?} blinks in ten minutes");
    assert!(rates[3] > rates[0], "{rates:?}");
}

#[test]
fn a_listener_looks_at_the_viewer_and_lifts_the_brows() {
    let listening = life(11, Activity::Listening, 750);
    let idle = life(11, Activity::Idle, 750);
    assert!(listening.iter().skip(25).all(|face| gaze_x(face).abs() < 0.15 && gaze_y(face).abs() < 0.15));
    assert!(listening[200].mean(pairs::BROW_OUTER_UP) > idle[200].mean(pairs::BROW_OUTER_UP) + 0.2);
}

#[test]
fn a_listener_nods_where_the_users_clause_ends() {
    let lowest = |event: Option<LifeEvent>, activity: Activity| {
        let mut animator = Animator::new(21);
        if let Some(event) = event {
            animator.notice(frame(100), event);
        }
        let faces: Vec<f32> =
            (0..130).map(|index| animator.expression(frame(index), &situation(activity, index)).head.pitch).collect();
        spread(faces[98..].iter().copied())
    };
    let without = lowest(None, Activity::Listening);
    assert!(lowest(Some(LifeEvent::ClauseEnded), Activity::Listening) > without + 0.15);
    assert!(lowest(Some(LifeEvent::UserPaused), Activity::Listening) > without + 0.05);
    assert_eq!(lowest(Some(LifeEvent::ClauseEnded), Activity::Thinking), lowest(None, Activity::Thinking));
}

#[test]
fn whoever_speaks_is_looked_at_with_eyes_and_head() {
    for x in [-0.8, 0.8_f32] {
        let target = |index: u64| (index >= 100).then_some(GazeTarget { x, y: 0.0 });
        let faces = life_in(17, 200, |index| Situation {
            activity: Activity::Listening,
            gaze_target: target(index),
            ..Situation::default()
        });
        assert!(faces[..100].iter().all(|face| gaze_x(face).abs() < 0.15));
        assert!(gaze_x(&faces[104]) * x.signum() > 0.4, "the eyes are there first: {}", gaze_x(&faces[104]));
        assert!(faces[125..].iter().all(|face| gaze_x(face) * x.signum() > 0.3));
        let yaw = |range: std::ops::Range<usize>| faces[range].iter().map(|face| face.head.yaw).sum::<f32>();
        assert!((yaw(130..180) - yaw(50..100)) / 50.0 * x.signum() > 0.15, "the head follows");
    }
}

#[test]
fn a_speaker_looks_mostly_at_whom_it_answers_and_now_and_then_at_each_of_the_others() {
    let at = |x: f32| Some(GazeTarget { x, y: 0.0 });
    let mut others = [None; MOST_OTHERS];
    others[..2].copy_from_slice(&[at(0.4), at(0.8)]);
    let company =
        |activity, others| move |index| Situation { gaze_target: at(-0.4), others, ..situation(activity, index) };
    // Where the eyes point in the room: in the head, and with it.
    let seen = |faces: &[Expression], x: f32| {
        let points = faces.iter().map(|face| gaze_x(face) + 0.6 * face.head.yaw);
        points.filter(|point| (point - x).abs() < 0.16).count() as f32 / faces.len() as f32
    };
    let faces = life_in(23, 5_000, company(Activity::Speaking, others));
    assert!(seen(&faces, -0.4) > 0.5, "{}", seen(&faces, -0.4));
    for other in [0.4, 0.8] {
        assert!((0.02..0.3).contains(&seen(&faces, other)), "{other}: {}", seen(&faces, other));
    }
    let alone = life_in(23, 5_000, company(Activity::Speaking, [None; MOST_OTHERS]));
    assert!(seen(&alone, 0.8) == 0.0, "{}", seen(&alone, 0.8));
    let listening = life_in(23, 1_000, company(Activity::Listening, others));
    assert!(listening.iter().skip(25).all(|face| gaze_x(face) < -0.1), "a listener attends to one");
}

#[test]
fn a_thinker_looks_up_and_aside_with_knit_brows_and_pressed_lips() {
    let thinking = life(12, Activity::Thinking, 500);
    let settled = &thinking[50..];
    assert!(settled.iter().all(|face| gaze_y(face) < -0.35 && gaze_x(face).abs() > 0.3));
    assert!(settled.iter().all(|face| face.mean(pairs::BROW_DOWN) > 0.35 && face.mean(pairs::MOUTH_PRESS) > 0.3));
}

#[test]
fn a_speaker_moves_more_than_an_idler_and_stresses_with_the_brows() {
    let sway = |activity| spread(life(13, activity, 1500).iter().map(|face| face.head.yaw));
    assert!(sway(Activity::Speaking) > 1.3 * sway(Activity::Idle));
    let brows = life(13, Activity::Speaking, 1500);
    assert!(spread(brows.iter().skip(50).map(|face| face.mean(pairs::BROW_OUTER_UP))) > 0.25);
}

#[test]
fn accents_fall_on_stressed_syllables_where_the_speech_tells_them() {
    // An open mouth all the time; stress once every two seconds.
    let stressed = |index: u64| index % 50 >= 25 && index % 50 < 30;
    let faces = life_in(19, 2000, |index| {
        let emphasis = Some(if stressed(index) { 1.0 } else { 0.0 });
        let speech = Articulation { emphasis, ..said(if index % 8 < 4 { Viseme::Aa } else { Viseme::SS }) };
        Situation { activity: Activity::Speaking, speech, ..Situation::default() }
    });
    let brows: Vec<f32> = faces.iter().map(|face| face.mean(pairs::BROW_OUTER_UP)).collect();
    let raised: Vec<usize> = (50..2000).filter(|index| brows[*index] > 0.3).map(|index| index % 50).collect();
    assert!(raised.len() > 40, "{}", raised.len());
    assert!(raised.iter().all(|place| (25..38).contains(place)), "{raised:?}");
}

#[test]
fn the_chest_rises_and_falls_some_twelve_to_sixteen_times_a_minute() {
    let breath: Vec<f32> = life(14, Activity::Idle, 1500).iter().map(|face| face.breath).collect();
    let breaths = breath.windows(2).filter(|pair| pair[0] < 0.4 && pair[1] >= 0.4).count();
    assert!((12..=16).contains(&breaths), "{breaths} breaths");
}

#[test]
fn every_feeling_shows_fades_and_waits_for_its_time() {
    for (emotion, shape) in [
        (Emotion::Joy, BlendShape::MouthSmileLeft),
        (Emotion::Sadness, BlendShape::MouthFrownLeft),
        (Emotion::Surprise, BlendShape::EyeWideLeft),
        (Emotion::Anger, BlendShape::BrowDownLeft),
        (Emotion::Fear, BlendShape::MouthStretchLeft),
    ] {
        let mut animator = Animator::new(30);
        animator.feel(frame(100), Feeling::new(emotion, 1.0));
        let faces: Vec<f32> =
            (0..3000).map(|index| animator.expression(frame(index), &Situation::default())[shape]).collect();
        let highest = |from: usize, to: usize| faces[from..to].iter().copied().fold(0.0, f32::max);
        assert!(highest(110, 140) > highest(50, 100) + 0.25, "{emotion:?}");
        assert!(highest(2900, 3000) < highest(50, 100) + 0.05, "{emotion:?} never fades");
    }
}

#[test]
fn a_sad_mood_slows_life_down_and_a_fearful_one_quickens_it() {
    let in_mood = |mood: Option<Emotion>| {
        let mood = mood.map(|emotion| Feeling::new(emotion, 1.0));
        let faces = life_in(40, 15_000, |_| Situation { mood, ..Situation::default() });
        let breaths = faces.windows(2).filter(|pair| pair[0].breath < 0.3 && pair[1].breath >= 0.3).count();
        let moved = faces.windows(2).map(|pair| (pair[1].head.yaw - pair[0].head.yaw).abs()).sum::<f32>();
        (breaths, moved, blinks(&faces), faces[1000].mean(pairs::MOUTH_SMILE))
    };
    let (usual, sad, afraid) = (in_mood(None), in_mood(Some(Emotion::Sadness)), in_mood(Some(Emotion::Fear)));
    assert!(sad.0 < usual.0 && usual.0 < afraid.0, "breaths: {} {} {}", sad.0, usual.0, afraid.0);
    assert!(sad.1 < 0.8 * usual.1, "head: {} {}", sad.1, usual.1);
    assert!(sad.2 < usual.2 && usual.2 < afraid.2, "blinks: {} {} {}", sad.2, usual.2, afraid.2);
    assert!(sad.3 < 0.05 && usual.3 > 0.2, "nobody smiles of habit while sad");
}

#[test]
fn an_interrupted_mouth_closes_softly_within_120_milliseconds() {
    for viseme in Viseme::ALL {
        let cut = 50;
        let faces = life_in(50, 60, |index| {
            let speech = if index < cut { said(viseme) } else { Articulation::REST };
            Situation { activity: Activity::Listening, speech, ..Situation::default() }
        });
        let opening: Vec<f32> = faces[cut as usize - 1..].iter().map(Expression::lip_opening).collect();
        assert!(opening.windows(2).all(|pair| pair[0] - pair[1] < 0.45), "{}: {opening:?}", viseme.name());
        assert!(opening[3] < 0.02, "{}: {opening:?}", viseme.name());
    }
}

#[test]
fn life_goes_on_when_time_jumps_an_hour_either_way() {
    for start in [Duration::ZERO, Duration::from_secs(7_200)] {
        let mut animator = Animator::new(60);
        let listening = Situation { activity: Activity::Listening, ..Situation::default() };
        let mut live = |from: Duration| -> Vec<Expression> {
            (0..500).map(|index| animator.expression(from + frame(index), &listening)).collect()
        };
        live(start);
        let after = live(Duration::from_secs(3_600));
        assert!((2..=15).contains(&blinks(&after)), "{} blinks in 20 s", blinks(&after));
        assert!(spread(after.iter().map(gaze_x)) > 0.01, "the eyes stand still");
        assert!(spread(after.iter().map(|face| face.head.pitch)) > 0.05, "the head stands still");
    }
}
