//! Measures what a picture of a portrait costs on one core: `portrait_timing [SIDE] [FRAMES]`.
//!
//! In processor time of the thread, which others on the machine do not lengthen, and in time on the wall.

use std::error::Error;
use std::time::{Duration, Instant};

use assets::{Asset, Assets};
use nix::time::{ClockId, clock_gettime};

use face::expression::pairs;
use face::{Expression, FaceRenderer, HeadPose, I420Frame, Portrait, PortraitModels, Viseme};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let side: u32 = arguments.next().map_or(Ok(512), |side| side.parse())?;
    let count: usize = arguments.next().map_or(Ok(500), |count| count.parse())?;
    let assets = Assets::open()?;
    let read = |asset| -> Result<Vec<u8>, Box<dyn Error>> { Ok(std::fs::read(assets.path(asset)?)?) };
    let (photo, detector, landmarks) =
        (read(Asset::SamplePortrait)?, read(Asset::FaceDetector)?, read(Asset::FaceLandmarks)?);

    let began = Instant::now();
    let portrait = Portrait::load(&photo, &PortraitModels { detector: &detector, landmarks: &landmarks })?;
    let loaded = began.elapsed();
    let mut face = portrait.face(side, side)?;
    println!("{side}x{side}: photo read in {loaded:.0?}, face made in {:.0?}", began.elapsed() - loaded);

    let mut frame = I420Frame::new(side, side);
    for (name, speaks) in [("speaking", true), ("listening", false)] {
        let mut times = Vec::with_capacity(count);
        let mut walls = Vec::with_capacity(count);
        let mut drawn = 0_u64;
        for index in 0..count {
            let expression = moment(index, speaks);
            let (began, processor) = (Instant::now(), processor_time()?);
            let damage = face.draw(&expression, &mut frame)?;
            times.push(processor_time()? - processor);
            walls.push(began.elapsed());
            drawn += u64::from(damage.width * damage.height);
        }
        let share = drawn as f64 / (f64::from(side * side) * count as f64);
        println!("{name}: damage {:.0} % of the picture", 100.0 * share);
        print_row("processor", &mut times);
        print_row("wall", &mut walls);
    }
    Ok(())
}

/// A head that sways, breathes and blinks at 25 pictures a second, and speaks a new viseme every fourth.
fn moment(index: usize, speaks: bool) -> Expression {
    let viseme = if speaks { Viseme::ALL[index / 4 % Viseme::ALL.len()] } else { Viseme::Sil };
    let seconds = index as f32 / 25.0;
    let right = (0.5 * seconds).sin() >= 0.0;
    let looks = if right { pairs::EYE_LOOK_PICTURE_RIGHT } else { pairs::EYE_LOOK_PICTURE_LEFT };
    let mut expression =
        viseme.expression().with_both(pairs::EYE_BLINK, (1.0 - (seconds % 3.0) * 5.0).max(0.0)).with_both(looks, 0.4);
    expression.head =
        HeadPose { yaw: 0.3 * (0.9 * seconds).sin(), pitch: 0.2 * (0.7 * seconds).cos(), roll: 0.04 * seconds.sin() };
    expression.breath = 0.5 + 0.5 * (1.6 * seconds).sin();
    expression
}

/// What this thread has used of a processor.
fn processor_time() -> nix::Result<Duration> {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from)
}

fn print_row(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("  {name:<10} p5 {:.3} ms  p50 {:.3} ms  p95 {:.3} ms", at(0.05), at(0.5), at(0.95));
}
