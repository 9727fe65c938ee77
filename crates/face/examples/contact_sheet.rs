//! Writes a sheet of pictures: `contact_sheet visemes|emotions|characters OUT.png [SIDE] [CHARACTER...]`.
//!
//! `visemes`: all 15, a row of five each. `emotions`: rows of emotions, columns of visemes. `characters`: a row for each.
//! A character is a name or a folder; without one: all that are shipped, or for the other sheets the first.

use std::error::Error;

use face::expression::pairs;
use face::{BlendShape, Character, DrawnFace, Expression, FaceRenderer, HeadPose, I420Frame, Viseme};

/// Visemes that stand for the others beside emotions: closed, wide open, spread, round, lip at teeth.
const SOME: [Viseme; 6] = [Viseme::Sil, Viseme::PP, Viseme::Aa, Viseme::E, Viseme::Ou, Viseme::FF];

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: contact_sheet visemes|emotions|characters OUT.png [SIDE] [CHARACTER...]";
    let mut arguments = std::env::args().skip(1);
    let sheet = arguments.next().ok_or(usage)?;
    let out = arguments.next().ok_or(usage)?;
    let side: u32 = arguments.next().map_or(Ok(256), |side| side.parse())?;
    let mut characters: Vec<String> = arguments.collect();
    if characters.is_empty() {
        let all = Character::names().map(str::to_owned);
        characters = if sheet == "characters" { all.collect() } else { all.take(1).collect() };
    }
    let (columns, expressions): (usize, Vec<Expression>) = match sheet.as_str() {
        "visemes" => (5, Viseme::ALL.map(|viseme| spoken(viseme, Expression::REST)).into()),
        "emotions" => (SOME.len(), emotions().into_iter().flat_map(|mood| SOME.map(|it| spoken(it, mood))).collect()),
        "characters" => (looks().len(), looks()),
        _ => return Err(usage.into()),
    };
    let rows = expressions.len().div_ceil(columns);
    let mut picture = I420Frame::new(side * columns as u32, side * (rows * characters.len()) as u32);
    let mut frame = I420Frame::new(side, side);
    for (block, name) in characters.iter().enumerate() {
        let mut face = DrawnFace::new(&Character::load(name)?, side, side)?;
        for (index, expression) in expressions.iter().enumerate() {
            face.draw(expression, &mut frame)?;
            place(&frame, &mut picture, index % columns, block * rows + index / columns);
        }
    }
    std::fs::write(&out, face::png::frame_to_png(&picture)?)?;
    println!("{out}: {} pictures of {side}x{side}", expressions.len() * characters.len());
    Ok(())
}

/// A viseme at its full extent, in a mood.
fn spoken(viseme: Viseme, mood: Expression) -> Expression {
    let mouth = viseme.expression();
    let mut both = mood;
    for shape in BlendShape::ALL {
        both[shape] = mood[shape].max(mouth[shape]);
    }
    if viseme == Viseme::PP {
        both[BlendShape::MouthClose] = both[BlendShape::JawOpen];
    }
    both
}

/// Calm, joy, sadness, surprise, anger, fear.
fn emotions() -> [Expression; 6] {
    let calm = Expression::REST.with_both(pairs::MOUTH_SMILE, 0.15).with_both(pairs::EYE_SQUINT, 0.1);
    let joy = Expression::REST
        .with_both(pairs::MOUTH_SMILE, 0.85)
        .with_both(pairs::CHEEK_SQUINT, 0.8)
        .with_both(pairs::BROW_OUTER_UP, 0.2);
    let sadness = Expression::REST
        .with(BlendShape::BrowInnerUp, 0.9)
        .with_both(pairs::MOUTH_FROWN, 0.8)
        .with_both(pairs::EYE_LOOK_DOWN, 0.25)
        .with(BlendShape::MouthShrugLower, 0.3);
    let surprise = Expression::REST
        .with(BlendShape::BrowInnerUp, 0.9)
        .with_both(pairs::BROW_OUTER_UP, 0.9)
        .with_both(pairs::EYE_WIDE, 0.8)
        .with(BlendShape::JawOpen, 0.35);
    let anger = Expression::REST
        .with_both(pairs::BROW_DOWN, 0.95)
        .with_both(pairs::EYE_SQUINT, 0.5)
        .with_both(pairs::NOSE_SNEER, 0.4)
        .with_both(pairs::MOUTH_FROWN, 0.45)
        .with_both(pairs::MOUTH_PRESS, 0.15);
    let fear = Expression::REST
        .with(BlendShape::BrowInnerUp, 0.95)
        .with_both(pairs::BROW_OUTER_UP, 0.35)
        .with_both(pairs::BROW_DOWN, 0.2)
        .with_both(pairs::EYE_WIDE, 0.9)
        .with_both(pairs::MOUTH_STRETCH, 0.6)
        .with(BlendShape::JawOpen, 0.12);
    [calm, joy, sadness, surprise, anger, fear]
}

/// At rest, talking, joyful, sad, thinking aside, eyes shut.
fn looks() -> Vec<Expression> {
    let [calm, joy, sadness, ..] = emotions();
    let mut talking = spoken(Viseme::E, calm);
    talking.head = HeadPose { yaw: 0.5, pitch: 0.1, roll: 0.06 };
    let mut thinking = Expression::REST
        .with_both(pairs::EYE_LOOK_UP, 0.5)
        .with_both(pairs::EYE_LOOK_PICTURE_LEFT, 0.6)
        .with(BlendShape::BrowOuterUpLeft, 0.6)
        .with_both(pairs::MOUTH_PRESS, 0.2);
    thinking.head = HeadPose { yaw: -0.6, pitch: -0.3, roll: -0.08 };
    let shut = calm.with_both(pairs::EYE_BLINK, 1.0);
    vec![calm, talking, joy, sadness, thinking, shut]
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
