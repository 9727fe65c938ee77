//! The picture of a pose: vector art, drawn with tiny-skia and converted to I420.
//!
//! All art is in thousandths of the art square, the largest centred square of the picture. Layers from back to front:
//! room, ears, neck, clothes, skin, eye sockets, mouth,
//! nose, eyes, brows, hair in front. What keeps its shape is painted once into a [`Layer`]; mouth and lids are
//! drawn anew for every picture.

mod background;
mod body;
mod brows;
pub(crate) mod convert;
mod easel;
mod eyes;
mod hair;
mod head;
mod layer;
mod mouth;
mod palette;
mod planes;

use tiny_skia::{Mask, Pixmap, Transform};

use crate::{Expression, FaceError, FacePose, FaceRenderer, I420Frame};
use easel::Easel;
use layer::{Bend, Layer};
use planes::Planes;

/// Which part of a picture a call changed, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width; 0 when the picture is the same as the one before.
    pub width: u32,
    /// Height; 0 when the picture is the same as the one before.
    pub height: u32,
}

impl Damage {
    /// Whether the picture is the same as the one before.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }
}

/// A stage of drawing one picture, in the order in which they are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Laying down the room.
    Room,
    /// Ears, neck and clothes.
    Body,
    /// Skin and eye sockets.
    Head,
    /// The mouth.
    Mouth,
    /// Nose, eyes and brows.
    Eyes,
    /// Hair.
    Hair,
    /// RGBA to I420.
    Convert,
}

/// The parts of the art that keep their shape.
struct Layers {
    ears: [Layer; 2],
    neck: Layer,
    clothes: Layer,
    skin: Layer,
    sockets: Layer,
    nose: Layer,
    eyeballs: Layer,
    irises: [Layer; 2],
    brows: [Layer; 2],
    front: Layer,
}

impl Layers {
    fn paint(sheet: &mut Pixmap, stencil: &mut Mask, at: Transform) -> Self {
        let mut layer = |draw: &dyn Fn(&mut Easel)| Layer::paint(sheet, stencil, at, draw);
        Self {
            ears: [-1.0, 1.0].map(|side| layer(&|easel| head::paint_ear(easel, side))),
            neck: layer(&body::paint_neck),
            clothes: layer(&body::paint_clothes),
            skin: layer(&head::paint_skin),
            sockets: layer(&head::paint_sockets),
            nose: layer(&head::paint_nose),
            eyeballs: layer(&eyes::paint_balls),
            irises: [-1.0, 1.0].map(|side| layer(&|easel| eyes::paint_iris(easel, side))),
            brows: [-1.0, 1.0].map(|side| layer(&|easel| brows::paint_brow(easel, side))),
            front: layer(&|easel| {
                hair::paint_shadow(easel);
                hair::paint_front(easel);
            }),
        }
    }
}

/// Draws poses into pictures of one size. Keeps its buffers from picture to picture.
pub struct Renderer {
    paper: Pixmap,
    room: Pixmap,
    layers: Layers,
    stencil: Mask,
    /// From art units to pixels.
    at: Transform,
    drawn: Option<FacePose>,
}

impl Renderer {
    /// A renderer for pictures of `width` by `height` pixels. The art fills the largest centred square; the room and the
    /// shoulders go on beyond it.
    ///
    /// # Errors
    /// [`FaceError::Size`] unless both sides are even and within 64..=1024.
    pub fn new(width: u32, height: u32) -> Result<Self, FaceError> {
        let legal = |side: u32| (64..=1024).contains(&side) && side.is_multiple_of(2);
        let refused = FaceError::Size { width, height };
        if !legal(width) || !legal(height) {
            return Err(refused);
        }
        let (Some(mut paper), Some(mut room), Some(mut stencil)) =
            (Pixmap::new(width, height), Pixmap::new(width, height), Mask::new(width, height))
        else {
            return Err(refused);
        };
        let side = width.min(height) as f32;
        let at = Transform::from_row(
            side / 1000.0,
            0.0,
            0.0,
            side / 1000.0,
            (width as f32 - side) / 2.0,
            (height as f32 - side) / 2.0,
        );
        background::paint(&mut Easel::new(room.as_mut(), &mut stencil, at));
        let layers = Layers::paint(&mut paper, &mut stencil, at);
        Ok(Self { paper, room, layers, stencil, at, drawn: None })
    }

    /// Width of the pictures in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.paper.width()
    }

    /// Height of the pictures in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.paper.height()
    }

    /// Draws `pose` into `frame`, all of it, and says which part differs from the picture drawn before. The same pose
    /// gives the same picture. Buffers are kept from call to call.
    ///
    /// # Errors
    /// [`FaceError::FrameSize`] when the frame has another size; [`FaceError::Convert`] when the conversion fails.
    pub fn draw(&mut self, pose: &FacePose, frame: &mut I420Frame) -> Result<Damage, FaceError> {
        self.draw_watched(pose, frame, &mut |_| {})
    }

    /// As [`Renderer::draw`], and calls `done` after each stage, so that a caller with a clock can measure.
    ///
    /// # Errors
    /// As [`Renderer::draw`].
    pub fn draw_watched(
        &mut self,
        pose: &FacePose,
        frame: &mut I420Frame,
        done: &mut dyn FnMut(Stage),
    ) -> Result<Damage, FaceError> {
        self.check(frame)?;
        let damage = self.damage(pose);
        if !damage.is_empty() {
            self.paint(pose, done);
            self.drawn = Some(*pose);
        }
        convert::into_frame(self.paper.data(), frame)?;
        done(Stage::Convert);
        Ok(damage)
    }

    fn check(&self, frame: &I420Frame) -> Result<(), FaceError> {
        let (width, height) = (self.width(), self.height());
        let luma = width as usize * height as usize;
        let fits = frame.width == width
            && frame.height == height
            && frame.y.len() == luma
            && frame.u.len() == luma / 4
            && frame.v.len() == luma / 4;
        if fits {
            return Ok(());
        }
        Err(FaceError::FrameSize { width, height, got_width: frame.width, got_height: frame.height })
    }

    /// The person moves as a whole, all the time; what never changes is the room above and beside.
    fn damage(&self, pose: &FacePose) -> Damage {
        let (width, height) = (self.width(), self.height());
        match &self.drawn {
            None => Damage { x: 0, y: 0, width, height },
            Some(drawn) if drawn == pose => Damage { x: 0, y: 0, width: 0, height: 0 },
            Some(_) => {
                let x = (self.at.tx.max(0.0)) as u32;
                let y = (self.at.ty + PERSON_TOP * self.at.sy).max(0.0) as u32;
                Damage { x, y, width: width - 2 * x, height: height - y }
            }
        }
    }

    fn paint(&mut self, pose: &FacePose, done: &mut dyn FnMut(Stage)) {
        let Self { paper, room, layers, stencil, at, .. } = self;
        paper.data_mut().copy_from_slice(room.data());
        done(Stage::Room);
        let planes = Planes::of(pose);
        let easel = &mut Easel::new(paper.as_mut(), stencil, *at);
        easel.at = at.pre_concat(planes.behind);
        for ear in &layers.ears {
            easel.lay(ear);
        }
        easel.at = at.pre_concat(planes.neck);
        easel.lay(&layers.neck);
        easel.at = at.pre_concat(planes.shoulders);
        easel.lay(&layers.clothes);
        done(Stage::Body);

        easel.at = at.pre_concat(planes.head);
        let drop = head::CHIN_DROP * pose.mouth.jaw_open * (1.0 - pose.mouth.lips_press);
        let height = |level: f32| at.ty + level * at.sy;
        easel.lay_bent(
            &layers.skin,
            Some(Bend { from: height(head::JAW.0), to: height(head::JAW.1), by: drop * at.sy }),
        );
        easel.at = at.pre_concat(planes.features);
        easel.lay(&layers.sockets);
        done(Stage::Head);
        mouth::paint(easel, &pose.mouth, pose.smile);
        done(Stage::Mouth);

        easel.at = at.pre_concat(planes.nose);
        easel.lay(&layers.nose);
        easel.at = at.pre_concat(planes.features);
        eyes::paint(easel, pose, &layers.eyeballs, &layers.irises);
        brows::paint(easel, pose, &layers.brows);
        done(Stage::Eyes);
        easel.at = at.pre_concat(planes.front);
        easel.lay(&layers.front);
        done(Stage::Hair);
    }
}

impl FaceRenderer for Renderer {
    fn size(&self) -> (u32, u32) {
        (self.width(), self.height())
    }

    fn draw(&mut self, expression: &Expression, frame: &mut I420Frame) -> Result<Damage, FaceError> {
        Self::draw(self, &FacePose::from(expression), frame)
    }
}

/// Highest point that hair reaches in any pose, in art units.
const PERSON_TOP: f32 = 20.0;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::{MouthShape, Viseme};

    #[test]
    fn pictures_are_drawn_in_the_same_memory() {
        let mut renderer = Renderer::new(128, 128).unwrap();
        let mut frame = I420Frame::new(128, 128);
        let places = |renderer: &Renderer, frame: &I420Frame| {
            (renderer.paper.data().as_ptr(), renderer.stencil.data().as_ptr(), frame.y.as_ptr(), frame.u.as_ptr())
        };
        let before = places(&renderer, &frame);
        for viseme in Viseme::ALL {
            renderer.draw(&FacePose { mouth: MouthShape::of(viseme), ..FacePose::default() }, &mut frame).unwrap();
        }
        assert_eq!(places(&renderer, &frame), before);
    }

    #[test]
    fn the_stencil_is_empty_after_a_picture() {
        let mut renderer = Renderer::new(256, 256).unwrap();
        let mouth = MouthShape::of(Viseme::Aa);
        renderer.draw(&FacePose { mouth, ..FacePose::default() }, &mut I420Frame::new(256, 256)).unwrap();
        assert!(renderer.stencil.data().iter().all(|byte| *byte == 0));
    }
}
