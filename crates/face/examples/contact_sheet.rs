//! Writes one PNG with every viseme, every activity and a blink: `contact_sheet OUT.png [SIDE]`.

use std::error::Error;
use std::time::Duration;

use face::{Activity, Animator, FacePose, I420Frame, MouthShape, Renderer, Viseme};

/// Pictures in a row of the sheet.
const COLUMNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("usage: contact_sheet OUT.png [SIDE]")?;
    let side: u32 = arguments.next().map_or(Ok(256), |side| side.parse())?;

    let mut renderer = Renderer::new(side, side)?;
    let mut frame = I420Frame::new(side, side);
    let poses = poses();
    let rows = poses.len().div_ceil(COLUMNS);
    let mut sheet = I420Frame::new(side * COLUMNS as u32, side * rows as u32);
    for (index, pose) in poses.iter().enumerate() {
        renderer.draw(pose, &mut frame)?;
        place(&frame, &mut sheet, index % COLUMNS, index / COLUMNS);
    }
    std::fs::write(&out, face::png::frame_to_png(&sheet)?)?;
    println!("{out}: {} pictures of {side}x{side}", poses.len());
    Ok(())
}

/// The visemes in the order of [`Viseme::ALL`], then idle, listening, thinking, speaking, and shut eyes.
fn poses() -> Vec<FacePose> {
    let rest = FacePose { smile: 0.35, ..FacePose::default() };
    let visemes = Viseme::ALL.map(|viseme| FacePose { mouth: MouthShape::of(viseme), ..rest });
    let aa = MouthShape::of(Viseme::E);
    let activities = [
        (Activity::Idle, MouthShape::REST),
        (Activity::Listening, MouthShape::REST),
        (Activity::Thinking, MouthShape::REST),
        (Activity::Speaking, aa),
    ]
    .map(|(activity, mouth)| settled(activity, mouth));
    let shut = FacePose { lids: 1.0, smile: 0.6, ..FacePose::default() };
    visemes.into_iter().chain(activities).chain([shut]).collect()
}

/// The pose two seconds into an activity.
fn settled(activity: Activity, mouth: MouthShape) -> FacePose {
    let mut animator = Animator::new(5);
    let mut pose = FacePose::default();
    for frame in 0..50 {
        pose = animator.pose(Duration::from_millis(40 * frame), activity, mouth);
    }
    pose
}

fn place(frame: &I420Frame, sheet: &mut I420Frame, column: usize, row: usize) {
    let side = frame.width as usize;
    for (from, to, shrink) in [(&frame.y, &mut sheet.y, 1), (&frame.u, &mut sheet.u, 2), (&frame.v, &mut sheet.v, 2)] {
        let (cell, stride) = (side / shrink, sheet.width as usize / shrink);
        for line in 0..cell {
            let at = (row * cell + line) * stride + column * cell;
            to[at..at + cell].copy_from_slice(&from[line * cell..(line + 1) * cell]);
        }
    }
}
