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

/// A face that speaks all the time, without a room.
pub(super) struct Puppet {
    track: SpeechTrack,
    renderer: DrawnFace,
    animator: Animator,
}

impl Puppet {
    /// The first of the characters, as a picture of `size` by `size` pixels.
    pub(super) fn new(size: u32) -> anyhow::Result<Self> {
        let sounds = Viseme::ALL.into_iter().cycle().skip(1).step_by(4);
        let spans = (0..u64::from(PICTURES)).zip(sounds).map(|(n, viseme)| (viseme, n * SOUND, (n + 1) * SOUND));
        let character = Character::load(Character::names().next().unwrap_or_default())?;
        Ok(Self {
            track: SpeechTrack::new(RATE, spans),
            renderer: DrawnFace::new(&character, size, size)?,
            animator: Animator::new(1),
        })
    }

    /// Draws its picture of a time; times go forward.
    pub(super) fn draw(&mut self, at: Duration, frame: &mut I420Frame) -> anyhow::Result<()> {
        let speech = self.track.articulation(at.as_micros() as u64 * u64::from(RATE) / 1_000_000);
        let situation = Situation { activity: Activity::Speaking, speech, ..Situation::default() };
        let expression = self.animator.expression(at, &situation);
        self.renderer.draw(&expression, frame)?;
        Ok(())
    }
}

/// Milliseconds that drawing one picture and turning it into I420 takes, 95th percentile, of a minute of speech.
pub(super) fn render_p95_ms() -> anyhow::Result<f64> {
    let mut puppet = Puppet::new(SIZE)?;
    let mut frame = I420Frame::new(SIZE, SIZE);
    let mut took = Vec::new();
    for picture in 0..PICTURES {
        let began = Instant::now();
        puppet.draw(Duration::from_millis(u64::from(picture) * 40), &mut frame)?;
        if picture >= WARM_UP {
            took.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    Ok(percentile(&took, 0.95).unwrap_or_default())
}
