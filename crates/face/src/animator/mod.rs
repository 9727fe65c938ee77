//! Life: time, situation and what happens become an expression.
//!
//! Deterministic under its seed. Time is an argument and may jump either way: springs are solved exactly, and what
//! would have happened in a gap is skipped.

mod accent;
mod blink;
mod breath;
mod chance;
mod compose;
mod gaze;
mod head;
mod life;
mod nod;

use std::collections::VecDeque;
use std::time::Duration;

use crate::emotion::{FeltEmotions, Levels};
use crate::spring::Spring;
use crate::{Activity, Articulation, BlendShape, Expression, Feeling};
use accent::Accents;
use blink::Blink;
use breath::Breath;
use chance::Chance;
use compose::{Parts, compose};
use gaze::{Attended, Gaze};
pub use gaze::{GazeTarget, MOST_OTHERS};
use head::{Head, Pull};
use life::{Asymmetry, Drift, Life, RestingFace};

/// Stiffness of a change of the resting face, 1/s: about half a second.
const RESTING: f32 = 7.0;
/// Seconds in which the mouth goes back from speech to the rest of the face.
const GIVEN_BACK_S: f32 = 0.35;
/// Seconds in which a wide mouth closes when speech is cut off; an interrupted agent is silent at once.
const CUT_OFF_S: f32 = 0.10;
/// Share of far glances that a blink goes with.
const BLINK_WITH_SHIFT: f32 = 0.55;
/// Events that may wait for their time; the oldest are dropped beyond.
const MOST_EVENTS: usize = 32;
/// An event farther ahead than this belongs to a time that was left by a jump, in seconds.
const FARTHEST_S: f64 = 120.0;

/// What is the case at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Situation {
    /// What the agent is doing.
    pub activity: Activity,
    /// What speech asks of the face, from a [`crate::SpeechTrack`] at the sample that sounds now.
    pub speech: Articulation,
    /// Whoever is attended to; without one the viewer is.
    pub gaze_target: Option<GazeTarget>,
    /// Others who are there: a speaker's glances aside go to them.
    pub others: [Option<GazeTarget>; MOST_OTHERS],
    /// A feeling that stays as long as it is given, under the feelings that come and go.
    pub mood: Option<Feeling>,
}

/// Something that happens at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LifeEvent {
    /// The agent feels something.
    Feels(Feeling),
    /// A clause of the user ended: a listener nods.
    ClauseEnded,
    /// The user paused within a clause: a listener may nod a little.
    UserPaused,
}

/// Gives the agent life. One per face.
#[derive(Debug, Clone)]
pub struct Animator {
    seed: u64,
    living: Option<Living>,
    /// What happens, and when in seconds, in the order of time.
    events: VecDeque<(f64, LifeEvent)>,
}

impl Animator {
    /// An animator whose every blink and glance follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, living: None, events: VecDeque::with_capacity(MOST_EVENTS) }
    }

    /// Something happens at `at`, on the clock of [`Self::expression`]; a time to come is waited for.
    pub fn notice(&mut self, at: Duration, event: LifeEvent) {
        if self.events.len() == MOST_EVENTS {
            self.events.pop_front();
        }
        let at = at.as_secs_f64();
        let place = self.events.partition_point(|(other, _)| *other <= at);
        self.events.insert(place, (at, event));
    }

    /// The agent feels something from `at` on.
    pub fn feel(&mut self, at: Duration, feeling: Feeling) {
        self.notice(at, LifeEvent::Feels(feeling));
    }

    /// The expression at `now`, counted from any fixed moment; call it once per frame. The first call begins in the
    /// posture of its activity. When `now` goes back, nothing moves until the next call. Every value is within its
    /// range whatever comes in.
    pub fn expression(&mut self, now: Duration, situation: &Situation) -> Expression {
        let now = now.as_secs_f64();
        let seed = self.seed;
        let living = self.living.get_or_insert_with(|| Living::begin(seed, now, situation.activity));
        self.events.retain(|(at, _)| at - now < FARTHEST_S);
        while let Some((_, event)) = self.events.pop_front_if(|(at, _)| *at <= now) {
            living.notice(now, event);
        }
        living.expression(now, &Situation { speech: situation.speech.bounded(), ..*situation })
    }
}

/// Springs for every field of [`RestingFace`].
#[derive(Debug, Clone, Default)]
struct RestingSprings([Spring; 6]);

impl RestingSprings {
    fn settle(&mut self, face: RestingFace) {
        for (spring, value) in self.0.iter_mut().zip(values(face)) {
            spring.settle(value);
        }
    }

    fn follow(&mut self, face: RestingFace, dt: f32) -> RestingFace {
        let wanted = values(face);
        let mut shown = [0.0; 6];
        for ((shown, spring), wanted) in shown.iter_mut().zip(&mut self.0).zip(wanted) {
            *shown = spring.follow(wanted, RESTING, dt).clamp(0.0, 1.0);
        }
        let [smile, squint, brow_raise, brow_knit, press, aside] = shown;
        RestingFace { smile, squint, brow_raise, brow_knit, press, aside }
    }
}

const fn values(face: RestingFace) -> [f32; 6] {
    [face.smile, face.squint, face.brow_raise, face.brow_knit, face.press, face.aside]
}

/// The parts that need to know when they began.
#[derive(Debug, Clone)]
struct Living {
    last: f64,
    chance: Chance,
    asymmetry: Asymmetry,
    blink: Blink,
    gaze: Gaze,
    head: Head,
    breath: Breath,
    accents: Accents,
    felt: FeltEmotions,
    levels: Levels,
    drift: Drift,
    resting: RestingSprings,
    presence: f32,
    /// What speech last asked of the mouth.
    mouth: Expression,
}

impl Living {
    fn begin(seed: u64, now: f64, activity: Activity) -> Self {
        let mut chance = Chance::new(seed, 6);
        let asymmetry = Asymmetry { smile: chance.between(-0.14, 0.14), brow: chance.between(-0.12, 0.12) };
        let mut resting = RestingSprings::default();
        resting.settle(Life::of(activity).face);
        Self {
            last: now,
            chance,
            asymmetry,
            blink: Blink::new(seed, now),
            gaze: Gaze::new(seed, now),
            head: Head::new(seed, now),
            breath: Breath::default(),
            accents: Accents::new(seed),
            felt: FeltEmotions::default(),
            levels: Levels::default(),
            drift: Drift::new(seed, now),
            resting,
            presence: 0.0,
            mouth: Expression::REST,
        }
    }

    fn notice(&mut self, now: f64, event: LifeEvent) {
        match event {
            LifeEvent::Feels(feeling) => self.felt.feel(feeling),
            LifeEvent::ClauseEnded => self.head.nods.hear(now, 1.0),
            LifeEvent::UserPaused => self.head.nods.hear(now, 0.6),
        }
    }

    fn expression(&mut self, now: f64, situation: &Situation) -> Expression {
        let dt = (now - self.last).clamp(0.0, 60.0) as f32;
        self.last = now;
        let Situation { activity, speech, gaze_target, others, mood } = *situation;
        let speech = &self.cut_off_softly(speech, dt);
        self.levels = self.felt.follow(mood, dt);
        let life = Life::of(activity).in_mood(&self.levels);
        self.presence = speech.presence.max(self.presence - dt / GIVEN_BACK_S);
        let rest = self.resting.follow(self.drift.of(life.face, now), dt);
        let accent = self.accents.follow(now, dt, speech, life.accents);
        let look = self.gaze.follow(now, dt, activity, &Attended { target: gaze_target, others }, &life);
        if look.shifts && self.chance.unit() < BLINK_WITH_SHIFT {
            self.blink.provoke(now);
        }
        let pull = Pull { side: self.gaze.side, accent, gaze: look.head };
        compose(&Parts {
            speech,
            presence: self.presence,
            levels: &self.levels,
            rest,
            side: self.gaze.side,
            accent,
            eyes: look.eyes,
            blink: self.blink.lids(now, life.blink_pause),
            head: self.head.follow(now, dt, activity, &life, &pull),
            breath: self.breath.follow(life.breath_s, life.breath_depth, dt),
            asymmetry: self.asymmetry,
        })
    }

    /// The same while something is said; when the speech stopped within a sound, its mouth closing.
    fn cut_off_softly(&mut self, mut speech: Articulation, dt: f32) -> Articulation {
        if speech.presence <= 0.0 {
            for shape in BlendShape::ALL.into_iter().filter(|shape| shape.is_of_mouth()) {
                speech.mouth[shape] = speech.mouth[shape].max(self.mouth[shape] - dt / CUT_OFF_S);
            }
        }
        self.mouth = speech.mouth;
        speech
    }
}
