//! Prints the model's curves as CSV, without a picture: `expression_timeline [EMOTION] > curves.csv`.
//!
//! The agent listens for four seconds (a clause of the user ends after two), thinks for two, and says "hello, my name
//! is Bob" with the feeling asked for, one row for every 40 ms.

use std::time::Duration;

use face::expression::pairs;
use face::{Activity, Animator, BlendShape, Expression, LifeEvent, Situation, SpeechSpan, SpeechTrack, emotion};

/// Samples per second of the speech.
const SAMPLE_RATE: u32 = 16_000;
/// When it thinks and when it speaks, in milliseconds.
const THINKS_MS: u64 = 4_000;
const SPEAKS_MS: u64 = 6_000;

/// A column's name, and how it is read from an expression.
type Column = (&'static str, fn(&Expression) -> f32);

const COLUMNS: [Column; 14] = [
    ("jaw", |face| face[BlendShape::JawOpen]),
    ("opening", Expression::lip_opening),
    ("press", |face| face.mean(pairs::MOUTH_PRESS)),
    ("pucker", |face| face[BlendShape::MouthPucker]),
    ("stretch", |face| face.mean(pairs::MOUTH_STRETCH)),
    ("smile", |face| face.mean(pairs::MOUTH_SMILE)),
    ("frown", |face| face.mean(pairs::MOUTH_FROWN)),
    ("blink", |face| face.mean(pairs::EYE_BLINK)),
    ("brow_up", |face| face.mean(pairs::BROW_OUTER_UP)),
    ("brow_down", |face| face.mean(pairs::BROW_DOWN)),
    ("gaze_x", |face| face.mean(pairs::EYE_LOOK_PICTURE_RIGHT) - face.mean(pairs::EYE_LOOK_PICTURE_LEFT)),
    ("yaw", |face| face.head.yaw),
    ("pitch", |face| face.head.pitch),
    ("breath", |face| face.breath),
];

fn main() {
    let track = hello();
    let mut animator = Animator::new(7);
    animator.notice(Duration::from_millis(2_000), LifeEvent::ClauseEnded);
    if let Some(feeling) = std::env::args().nth(1).and_then(|name| emotion::tags::of_name(&name)) {
        animator.feel(Duration::from_millis(SPEAKS_MS - 200), feeling);
    }
    println!("ms,{}", COLUMNS.map(|(name, _)| name).join(","));
    for at in (0..9_000).step_by(40) {
        let activity = match at {
            ..THINKS_MS => Activity::Listening,
            THINKS_MS..SPEAKS_MS => Activity::Thinking,
            _ => Activity::Speaking,
        };
        let speech = match at.checked_sub(SPEAKS_MS) {
            Some(spoken) => track.articulation(spoken * u64::from(SAMPLE_RATE) / 1000),
            None => face::Articulation::REST,
        };
        let face =
            animator.expression(Duration::from_millis(at), &Situation { activity, speech, ..Situation::default() });
        let row = COLUMNS.map(|(_, value)| format!("{:.3}", value(&face)));
        println!("{at},{}", row.join(","));
    }
}

/// "Hello, my name is Bob" in phonemes with their lengths in milliseconds.
fn hello() -> SpeechTrack {
    let spoken = [
        ("h", 60),
        ("ə", 60),
        ("l", 70),
        ("ˈo", 110),
        ("ʊ", 80),
        (",", 180),
        ("m", 70),
        ("a", 80),
        ("ɪ", 60),
        (" ", 20),
        ("n", 60),
        ("ˈe", 80),
        ("ɪ", 60),
        ("m", 70),
        (" ", 20),
        ("ɪ", 60),
        ("z", 80),
        (" ", 20),
        ("b", 70),
        ("ˈɑː", 160),
        ("b", 90),
    ];
    let mut at = u64::from(SAMPLE_RATE) / 5;
    let spans = spoken.map(|(ipa, milliseconds)| {
        let start = at;
        at += milliseconds * u64::from(SAMPLE_RATE) / 1000;
        SpeechSpan::from_ipa(ipa, start, at)
    });
    SpeechTrack::from_spans(SAMPLE_RATE, spans)
}
