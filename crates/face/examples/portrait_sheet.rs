//! Writes one PNG of a portrait with every viseme, emotions, looks and turns: `portrait_sheet OUT.png [SIDE] [PHOTO]`.
//!
//! Pictures are of SIDE pixels; the sheet shows the middle of each, with the face.

use std::error::Error;

use assets::{Asset, Assets};
use face::expression::pairs;
use face::{BlendShape, Expression, FaceRenderer, HeadPose, I420Frame, Portrait, PortraitModels, Viseme};

/// Pictures in a row of the sheet.
const COLUMNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("usage: portrait_sheet OUT.png [SIDE] [PHOTO]")?;
    let side: u32 = arguments.next().map_or(Ok(256), |side| side.parse())?;
    let assets = Assets::open()?;
    let photo = match arguments.next() {
        Some(path) => std::fs::read(path)?,
        None => std::fs::read(assets.path(Asset::SamplePortrait)?)?,
    };
    let (detector, landmarks) =
        (std::fs::read(assets.path(Asset::FaceDetector)?)?, std::fs::read(assets.path(Asset::FaceLandmarks)?)?);
    let portrait = Portrait::load(&photo, &PortraitModels { detector: &detector, landmarks: &landmarks })?;
    let mut face = portrait.face(side, side)?;
    let mut frame = I420Frame::new(side, side);
    let moments = moments();
    let rows = moments.len().div_ceil(COLUMNS);
    let cell = side / 4 * 2;
    let mut sheet = I420Frame::new(cell * COLUMNS as u32, cell * rows as u32);
    for (index, expression) in moments.iter().enumerate() {
        face.draw(expression, &mut frame)?;
        place(&frame, &mut sheet, index % COLUMNS, index / COLUMNS);
    }
    std::fs::write(&out, face::png::frame_to_png(&sheet)?)?;
    println!("{out}: {} pictures of {side}x{side}", moments.len());
    Ok(())
}

/// The visemes in the order of [`Viseme::ALL`], then emotions, looks, lids and turns of the head.
fn moments() -> Vec<Expression> {
    use BlendShape::*;
    let rest = Expression::REST;
    let joy =
        rest.with_both(pairs::MOUTH_SMILE, 0.9).with_both(pairs::CHEEK_SQUINT, 0.6).with_both(pairs::EYE_SQUINT, 0.4);
    let sad = rest.with(BrowInnerUp, 0.9).with_both(pairs::MOUTH_FROWN, 0.8).with_both(pairs::EYE_LOOK_DOWN, 0.3);
    let surprise = rest
        .with(BrowInnerUp, 0.9)
        .with_both(pairs::BROW_OUTER_UP, 0.9)
        .with_both(pairs::EYE_WIDE, 0.9)
        .with(JawOpen, 0.45);
    let anger = rest
        .with_both(pairs::BROW_DOWN, 1.0)
        .with_both(pairs::EYE_SQUINT, 0.5)
        .with_both(pairs::MOUTH_PRESS, 0.5)
        .with_both(pairs::NOSE_SNEER, 0.5);
    let fear = rest
        .with(BrowInnerUp, 1.0)
        .with_both(pairs::EYE_WIDE, 0.8)
        .with_both(pairs::MOUTH_STRETCH, 0.7)
        .with(JawOpen, 0.15);
    let head = |yaw, pitch, roll| {
        let mut expression = rest;
        expression.head = HeadPose { yaw, pitch, roll };
        expression
    };
    let looks = [
        rest.with_both(pairs::EYE_BLINK, 1.0),
        rest.with_both(pairs::EYE_BLINK, 0.5),
        rest.with_both(pairs::EYE_LOOK_PICTURE_LEFT, 0.8),
        rest.with_both(pairs::EYE_LOOK_PICTURE_RIGHT, 0.8),
        rest.with_both(pairs::EYE_LOOK_UP, 0.8),
        rest.with_both(pairs::EYE_LOOK_DOWN, 0.8),
        head(-0.9, 0.0, 0.0),
        head(0.9, 0.0, 0.0),
        head(0.0, 0.9, 0.0),
        head(0.0, -0.6, 0.12),
    ];
    Viseme::ALL.map(Viseme::expression).into_iter().chain([joy, sad, surprise, anger, fear]).chain(looks).collect()
}

/// Copies the middle of a picture into a cell of the sheet.
fn place(frame: &I420Frame, sheet: &mut I420Frame, column: usize, row: usize) {
    let side = frame.width as usize;
    for (from, to, shrink) in [(&frame.y, &mut sheet.y, 1), (&frame.u, &mut sheet.u, 2), (&frame.v, &mut sheet.v, 2)] {
        let (cell, from_stride, stride) = (side / 4 * 2 / shrink, side / shrink, sheet.width as usize / shrink);
        let (left, top) = (side / 4 / shrink, side / 16 * 4 / shrink);
        for line in 0..cell {
            let source = (top + line) * from_stride + left;
            let at = (row * cell + line) * stride + column * cell;
            to[at..at + cell].copy_from_slice(&from[source..source + cell]);
        }
    }
}
