//! Drawing the face without a room: how long a picture takes.

use std::time::{Duration, Instant};

use face::{Activity, Animator, Character, DrawnFace, FaceRenderer, I420Frame, Situation, SpeechTrack, Viseme};

use super::percentile;

/// Width and height of the picture, as in a call.
const SIZE: u32 = 512;
/// Pictures that are drawn, 25 a second.
const PICTURES: u32 = 1_500;
/// Pictures before them, which nobody counts.
const WARM_UP: u32 = 50;
/// Samples a second of the pretended speech.
const RATE: u32 = 16_000;
/// Samples of each of its sounds: eleven a second.
const SOUND: u64 = 1_440;

/// Milliseconds that drawing one picture and turning it into I420 takes, 95th percentile, of a minute of speech.
pub(super) fn render_p95_ms() -> anyhow::Result<f64> {
    let sounds = Viseme::ALL.into_iter().cycle().skip(1).step_by(4);
    let spans = (0..u64::from(PICTURES)).zip(sounds).map(|(n, viseme)| (viseme, n * SOUND, (n + 1) * SOUND));
    let track = SpeechTrack::new(RATE, spans);
    let mut renderer = DrawnFace::new(&Character::load(Character::names().next().unwrap_or_default())?, SIZE, SIZE)?;
    let mut animator = Animator::new(1);
    let mut frame = I420Frame::new(SIZE, SIZE);
    let mut took = Vec::new();
    for picture in 0..PICTURES {
        let at = Duration::from_millis(u64::from(picture) * 40);
        let speech = track.articulation(at.as_micros() as u64 * u64::from(RATE) / 1_000_000);
        let situation = Situation { activity: Activity::Speaking, speech, ..Situation::default() };
        let began = Instant::now();
        let expression = animator.expression(at, &situation);
        renderer.draw(&expression, &mut frame)?;
        if picture >= WARM_UP {
            took.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    Ok(percentile(&took, 0.95).unwrap_or_default())
}
