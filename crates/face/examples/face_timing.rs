//! Measures what a picture costs, stage by stage, on one core: `face_timing [SIDE] [FRAMES]`.

use std::error::Error;
use std::time::{Duration, Instant};

use face::{Activity, Animator, I420Frame, MouthShape, Renderer, Stage, Viseme};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let side: u32 = arguments.next().map_or(Ok(512), |side| side.parse())?;
    let count: usize = arguments.next().map_or(Ok(500), |count| count.parse())?;

    let mut renderer = Renderer::new(side, side)?;
    let mut frame = I420Frame::new(side, side);
    let mut animator = Animator::new(1);
    let mut rows: Vec<(Stage, Vec<Duration>)> = Vec::new();
    let mut totals = Vec::with_capacity(count);
    for index in 0..count {
        let viseme = Viseme::ALL[index % Viseme::ALL.len()];
        let now = Duration::from_millis(40 * index as u64);
        let began = Instant::now();
        let pose = animator.pose(now, Activity::Speaking, MouthShape::of(viseme));
        let mut last = Instant::now();
        renderer.draw_watched(&pose, &mut frame, &mut |stage| {
            let took = last.elapsed();
            match rows.iter_mut().find(|(known, _)| *known == stage) {
                Some((_, times)) => times.push(took),
                None => rows.push((stage, vec![took])),
            }
            last = Instant::now();
        })?;
        totals.push(began.elapsed());
    }
    println!("{side}x{side}, {count} frames\n{:<10} {:>8} {:>8} {:>8}", "stage", "p5 ms", "p50 ms", "p95 ms");
    for (stage, times) in &mut rows {
        print_row(&format!("{stage:?}"), times);
    }
    print_row("total", &mut totals);
    Ok(())
}

fn print_row(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{name:<10} {:>8.3} {:>8.3} {:>8.3}", at(0.05), at(0.5), at(0.95));
}
