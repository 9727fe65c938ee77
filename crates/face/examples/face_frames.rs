//! Writes a few seconds of life as numbered PNG files: `face_frames FOLDER [SECONDS] [SIDE]`.
//!
//! The agent idles, listens, thinks and says "hello, my name is Joe", a quarter of the time each.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use face::{Activity, Animator, I420Frame, MouthShape, MouthTrack, Renderer, Viseme};

/// Frames per second.
const RATE: u64 = 25;
/// Samples per second of the speech.
const SAMPLE_RATE: u32 = 22_050;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: face_frames FOLDER [SECONDS] [SIDE]")?;
    let seconds: u64 = arguments.next().map_or(Ok(8), |seconds| seconds.parse())?;
    let side: u32 = arguments.next().map_or(Ok(512), |side| side.parse())?;
    std::fs::create_dir_all(&folder)?;

    let track = hello();
    let mut animator = Animator::new(7);
    let mut renderer = Renderer::new(side, side)?;
    let mut frame = I420Frame::new(side, side);
    let count = seconds * RATE;
    for index in 0..count {
        let now = Duration::from_millis(index * 1000 / RATE);
        let activity = match index * 4 / count {
            0 => Activity::Idle,
            1 => Activity::Listening,
            2 => Activity::Thinking,
            _ => Activity::Speaking,
        };
        let mouth = if activity == Activity::Speaking {
            track.shape_at((index - count * 3 / 4) * u64::from(SAMPLE_RATE) / RATE)
        } else {
            MouthShape::REST
        };
        renderer.draw(&animator.pose(now, activity, mouth), &mut frame)?;
        std::fs::write(Path::new(&folder).join(format!("{index:04}.png")), face::png::frame_to_png(&frame)?)?;
    }
    println!("{count} frames in {folder}");
    Ok(())
}

/// "Hello, my name is Joe" in phonemes with their lengths in milliseconds.
fn hello() -> MouthTrack {
    let spoken = [
        ("h", 60),
        ("ə", 60),
        ("l", 70),
        ("oʊ", 190),
        (",", 120),
        ("m", 80),
        ("aɪ", 150),
        ("n", 70),
        ("eɪ", 140),
        ("m", 80),
        ("ɪ", 70),
        ("z", 80),
        ("dʒ", 100),
        ("oʊ", 260),
    ];
    let mut at = u64::from(SAMPLE_RATE) / 5;
    let spans: Vec<_> = spoken
        .into_iter()
        .map(|(ipa, milliseconds)| {
            let start = at;
            at += milliseconds * u64::from(SAMPLE_RATE) / 1000;
            (Viseme::from_ipa(ipa), start, at)
        })
        .collect();
    MouthTrack::new(SAMPLE_RATE, spans)
}
