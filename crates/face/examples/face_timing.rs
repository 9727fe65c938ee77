//! Measures what a picture costs, stage by stage, on one core: `face_timing [SIDE] [FRAMES] [CHARACTER] [speak|idle]`.

use std::error::Error;
use std::time::{Duration, Instant};

use face::{Activity, Animator, Articulation, Character, DrawnFace, I420Frame, Situation, Stage, Viseme};
use nix::time::{ClockId, clock_gettime};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let side: u32 = arguments.next().map_or(Ok(512), |side| side.parse())?;
    let count: usize = arguments.next().map_or(Ok(500), |count| count.parse())?;
    let character = arguments.next().unwrap_or_else(|| "joe".to_owned());
    let idle = arguments.next().is_some_and(|activity| activity == "idle");

    let began = Instant::now();
    let character = Character::load(&character)?;
    let parsed = began.elapsed();
    let mut face = DrawnFace::new(&character, side, side)?;
    println!("parsed in {parsed:.1?}, rasterised in {:.1?}", began.elapsed() - parsed);
    let mut frame = I420Frame::new(side, side);
    let mut animator = Animator::new(1);
    let mut rows: Vec<(Stage, Vec<Duration>)> = Vec::new();
    let (mut totals, mut processor) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut equal, mut share) = (0, 0.0);
    for index in 0..count {
        let viseme = if idle { Viseme::Sil } else { Viseme::ALL[index % Viseme::ALL.len()] };
        let activity = if idle { Activity::Idle } else { Activity::Speaking };
        let now = Duration::from_millis(40 * index as u64);
        let speech =
            Articulation { mouth: viseme.expression(), presence: if idle { 0.0 } else { 1.0 }, ..Articulation::REST };
        let expression = animator.expression(now, &Situation { activity, speech, ..Situation::default() });
        let (began, used) = (Instant::now(), processor_time()?);
        let mut last = began;
        let damage = face.draw_watched(&expression, &mut frame, &mut |stage| {
            let took = last.elapsed();
            match rows.iter_mut().find(|(known, _)| *known == stage) {
                Some((_, times)) => times.push(took),
                None => rows.push((stage, vec![took])),
            }
            last = Instant::now();
        })?;
        totals.push(began.elapsed());
        processor.push(processor_time()? - used);
        equal += usize::from(damage.is_empty());
        share += f64::from(damage.width * damage.height) / f64::from(side * side);
    }
    println!("{side}x{side}, {count} frames\n{:<10} {:>8} {:>8} {:>8}", "stage", "p5 ms", "p50 ms", "p95 ms");
    for (stage, times) in &mut rows {
        print_row(&format!("{stage:?}"), times);
    }
    print_row("total", &mut totals);
    print_row("processor", &mut processor);
    println!("{equal} frames equal the one before; mean damage {:.0} % of the picture", 100.0 * share / count as f64);
    Ok(())
}

/// What this thread has used of a processor: it does not depend on what else runs.
fn processor_time() -> nix::Result<Duration> {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from)
}

fn print_row(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{name:<10} {:>8.3} {:>8.3} {:>8.3}", at(0.05), at(0.5), at(0.95));
}
