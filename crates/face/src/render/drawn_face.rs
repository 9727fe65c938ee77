//! The renderer of drawn people.
//!
//! Every part of the person is a layer. For each picture: the parts whose shape changed are painted anew, the box around
//! all that moved or changed is put together anew from the layers, and that box is converted to I420. The rest stays.

use tiny_skia::{Pixmap, Transform};

use super::brows::{self, BrowWeights};
use super::brush::{Brush, Tools};
use super::eyes::{self, EyeWeights};
use super::layer::{Bend, Layer, Within};
use super::mouth::{self, MouthWeights};
use super::outline::Area;
use super::pixel::{Pixel, Wide};
use super::planes::{Motion, Plane};
use super::rig::Rig;
use super::{Character, Stage, art, convert};
use crate::{Damage, Expression, FaceError, FaceRenderer, I420Frame};

/// The damage begins and ends on multiples of this many columns. The conversion works on blocks of pixels and rounds those
/// that are left over at the end of a row differently: on a grid it is always the same ones.
const GRID: i32 = 32;

/// What makes a part differ from art that only moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It keeps its shape.
    Still,
    /// It stretches with the jaw.
    Jaw,
    /// It goes up with the cheek.
    Cheeks,
    /// It goes up with a sneer.
    Nose,
    /// It goes up with the upper lip and the corners of the mouth.
    Moustache,
    /// A brow: the left (0) or the right (1) of the picture.
    Brow(usize),
    /// Painted anew: the mouth, an eye, the lines of the forehead.
    Mouth,
    Eye(usize),
    Lines,
}

/// Where a layer was laid down, and as what.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Placed {
    at: Transform,
    bend: Option<Bend>,
    /// Counts how often the layer was painted.
    painted: u32,
    bounds: Option<Area>,
}

/// A layer in its place in the order of the picture.
struct Part {
    layer: Layer,
    plane: Plane,
    kind: Kind,
    placed: Option<Placed>,
}

/// What parts are painted anew from.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shapes {
    mouth: MouthWeights,
    eyes: [EyeWeights; 2],
    brows: BrowWeights,
    cheeks: f32,
    sneer: f32,
    /// How far the upper lip is up.
    lip: f32,
}

/// Draws one character into pictures of one size.
pub struct DrawnFace {
    rig: Rig,
    width: usize,
    height: usize,
    /// From art units to pixels.
    at: Transform,
    background: Vec<Pixel>,
    paper: Vec<Pixel>,
    /// The columns of each row that skin or clothes hide: the first, and the one after the last.
    hidden: Vec<(i32, i32)>,
    picture: I420Frame,
    parts: Vec<Part>,
    balls: [Layer; 2],
    irises: [Layer; 2],
    tools: Tools,
    shapes: Option<Shapes>,
    painted: u32,
}

impl DrawnFace {
    /// A renderer for pictures of `width` by `height` pixels. The art fills the largest centred square; the background
    /// and the shoulders go on beyond it.
    ///
    /// # Errors
    /// [`FaceError::Size`] unless both sides are even and within 64..=1024.
    pub fn new(character: &Character, width: u32, height: u32) -> Result<Self, FaceError> {
        let legal = |side: u32| (64..=1024).contains(&side) && side.is_multiple_of(2);
        let refused = FaceError::Size { width, height };
        if !legal(width) || !legal(height) {
            return Err(refused);
        }
        let Some(mut sheet) = Pixmap::new(width, height) else { return Err(refused) };
        let side = width.min(height) as f32;
        let (left, top) = ((width as f32 - side) / 2.0, (height as f32 - side) / 2.0);
        let at = Transform::from_row(side / 1000.0, 0.0, 0.0, side / 1000.0, left, top);
        let (tree, rig) = (&character.art, character.rig.clone());

        art::draw(tree, "room", at, &mut sheet);
        // Where the art leaves a hole there is black, so that the picture is opaque.
        let black = Wide::of([0, 0, 0, 255]);
        let opaque = |pixel: &Pixel| Wide::of(*pixel).over(black).narrow();
        let background: Vec<Pixel> = sheet.data().as_chunks::<4>().0.iter().map(opaque).collect();
        let mut pair = |name: &str| {
            ["left", "right"].map(|side| {
                art::layer(tree, &format!("{name}-{side}"), at, &mut sheet)
                    .unwrap_or_else(|| Layer::for_box([0.0; 4], at))
            })
        };
        let (balls, irises) = (pair("eyeball"), pair("iris"));
        let parts = parts(character, at, &mut sheet);
        let largest = parts.iter().filter(|part| part.kind.is_painted()).map(|part| part.layer.area()).max();
        let tools = Tools::new(largest.unwrap_or(0));
        Ok(Self {
            rig,
            width: width as usize,
            height: height as usize,
            at,
            paper: background.clone(),
            hidden: vec![(0, 0); height as usize],
            background,
            picture: I420Frame::new(width, height),
            parts,
            balls,
            irises,
            tools,
            shapes: None,
            painted: 0,
        })
    }

    /// Draws `expression` into `frame`, and calls `done` after each stage, so that a caller with a clock can measure.
    ///
    /// # Errors
    /// As [`FaceRenderer::draw`].
    pub fn draw_watched(
        &mut self,
        expression: &Expression,
        frame: &mut I420Frame,
        done: &mut dyn FnMut(Stage),
    ) -> Result<Damage, FaceError> {
        self.check(frame)?;
        let expression = expression.bounded();
        let area = self.update(&expression);
        done(Stage::Paint);
        if let Some(area) = area {
            self.compose(area);
            done(Stage::Compose);
            convert::area_into_frame(self.paper.as_flattened(), area, &mut self.picture)?;
        }
        frame.y.copy_from_slice(&self.picture.y);
        frame.u.copy_from_slice(&self.picture.u);
        frame.v.copy_from_slice(&self.picture.v);
        done(Stage::Convert);
        Ok(area.map_or(Damage { x: 0, y: 0, width: 0, height: 0 }, |area| Damage {
            x: area.left as u32,
            y: area.top as u32,
            width: area.width as u32,
            height: area.height as u32,
        }))
    }

    fn check(&self, frame: &I420Frame) -> Result<(), FaceError> {
        let luma = self.width * self.height;
        let fits = (frame.width as usize, frame.height as usize) == (self.width, self.height)
            && frame.y.len() == luma
            && frame.u.len() == luma / 4
            && frame.v.len() == luma / 4;
        if fits {
            return Ok(());
        }
        let (width, height) = self.size();
        Err(FaceError::FrameSize { width, height, got_width: frame.width, got_height: frame.height })
    }

    /// Paints what changed its shape, places everything, and tells the box around all that differs, on the grid.
    fn update(&mut self, expression: &Expression) -> Option<Area> {
        let motion = Motion::of(expression, &self.rig, self.at.sx);
        let shapes = Shapes::of(expression);
        let first = self.shapes.is_none();
        self.painted = self.painted.wrapping_add(1);
        let mut damage: Option<Area> = None;
        let Self { rig, at, parts, balls, irises, tools, painted, .. } = self;
        for part in parts {
            let anew = part.kind.is_painted() && self.shapes.is_none_or(|before| part.kind.differs(&before, &shapes));
            if anew {
                let brush = &mut Brush::on(&mut part.layer, tools);
                match part.kind {
                    Kind::Mouth => mouth::paint(brush, &shapes.mouth, rig),
                    Kind::Eye(side) => {
                        let toward = if side == 0 { -1.0 } else { 1.0 };
                        eyes::paint(brush, &shapes.eyes[side], rig, toward, &balls[side], &irises[side]);
                    }
                    Kind::Lines => brows::paint_lines(brush, &shapes.brows, rig),
                    _ => {}
                }
                part.layer.measure();
            }
            let place = at.pre_concat(part.plane.at(&motion, rig)).pre_concat(part.kind.movement(&shapes, rig));
            let bend = (part.kind == Kind::Jaw).then(|| Bend {
                from: at.ty + rig.jaw.from * at.sy,
                to: at.ty + rig.jaw.to * at.sy,
                by: rig.jaw.drop * shapes.mouth.chin() * at.sy,
            });
            let old = part.placed;
            let same = old.is_some_and(|old| !anew && old.at == place && old.bend == bend);
            if same {
                continue;
            }
            let bounds = part.layer.bounds(place, bend, self.width, self.height);
            let count = if anew { *painted } else { old.map_or(0, |old| old.painted) };
            part.placed = Some(Placed { at: place, bend, painted: count, bounds });
            for area in [old.and_then(|old| old.bounds), bounds].into_iter().flatten() {
                damage = Some(damage.map_or(area, |damage| damage.union(area)));
            }
        }
        self.shapes = Some(shapes);
        let whole = Area { left: 0, top: 0, width: self.width as i32, height: self.height as i32 };
        if first {
            return Some(whole);
        }
        damage.map(|area| area.on_grid(GRID, self.width, self.height))
    }

    /// Puts the picture together within a box.
    fn compose(&mut self, area: Area) {
        let Self { parts, paper, hidden, width, .. } = self;
        // What skin and clothes hide is not drawn before them.
        hidden.fill((0, 0));
        let hides = |part: &&Part| matches!(part.plane, Plane::Skin | Plane::Shoulders);
        for part in parts.iter().filter(hides) {
            if let Some(placed) = part.placed {
                part.layer.hide(hidden, *width, placed.at, placed.bend, area);
            }
        }
        for row in area.top..area.top + area.height {
            let from = row as usize * *width;
            let (left, right) = (area.left, area.left + area.width);
            let covered = hidden[row as usize];
            let (until, again) = (covered.0.clamp(left, right), covered.1.clamp(left, right));
            for (begin, end) in [(left, until), (again, right)] {
                let span = from + begin as usize..from + end as usize;
                paper[span.clone()].copy_from_slice(&self.background[span]);
            }
        }
        let first = parts.iter().position(|part| hides(&part)).unwrap_or(0);
        for (index, part) in parts.iter().enumerate() {
            if let Some(placed) = part.placed {
                let hidden = if index < first { &hidden[..] } else { &[] };
                let within = Within { area, hidden, stencil: None };
                part.layer.lay(paper, *width, placed.at, placed.bend, &within);
            }
        }
    }
}

impl FaceRenderer for DrawnFace {
    fn size(&self) -> (u32, u32) {
        (self.width as u32, self.height as u32)
    }

    fn draw(&mut self, expression: &Expression, frame: &mut I420Frame) -> Result<Damage, FaceError> {
        self.draw_watched(expression, frame, &mut |_| {})
    }
}

/// The parts of a character, from back to front. What the art does not have is left out.
fn parts(character: &Character, at: Transform, sheet: &mut Pixmap) -> Vec<Part> {
    let (tree, rig) = (&character.art, &character.rig);
    let mut parts = Vec::new();
    let around = |(x, y): (f32, f32), [l, t, r, b]: [f32; 4]| Layer::for_box([x + l, y + t, x + r, y + b], at);
    let eye = |side: f32| around((500.0 + side * rig.eyes.apart, rig.eyes.level), eyes::BOX);
    let mut add = |layer: Option<Layer>, plane: Plane, kind: Kind| {
        parts.extend(layer.map(|layer| Part { layer, plane, kind, placed: None }));
    };
    let mut art = |id: &str| art::layer(tree, id, at, sheet);
    add(art("hair-back"), Plane::HairBack, Kind::Still);
    add(art("ear-left"), Plane::Ears, Kind::Still);
    add(art("ear-right"), Plane::Ears, Kind::Still);
    add(art("neck"), Plane::Neck, Kind::Still);
    add(art("clothes"), Plane::Shoulders, Kind::Still);
    add(art("skin"), Plane::Skin, Kind::Jaw);
    add(art("cheeks"), Plane::Cheeks, Kind::Cheeks);
    add(art("sockets"), Plane::Features, Kind::Still);
    add(art("beard"), Plane::Beard, Kind::Jaw);
    add(Some(around(rig.mouth.at, mouth::BOX)), Plane::Features, Kind::Mouth);
    add(art("moustache"), Plane::Features, Kind::Moustache);
    add(art("nose"), Plane::Nose, Kind::Nose);
    add(Some(eye(-1.0)), Plane::Features, Kind::Eye(0));
    add(Some(eye(1.0)), Plane::Features, Kind::Eye(1));
    add(Some(around((500.0, rig.brows.level), brows::BOX)), Plane::Features, Kind::Lines);
    add(art("brow-left"), Plane::Features, Kind::Brow(0));
    add(art("brow-right"), Plane::Features, Kind::Brow(1));
    add(art("glasses"), Plane::Glasses, Kind::Still);
    add(art("hair-front"), Plane::HairFront, Kind::Still);
    parts
}

impl Shapes {
    fn of(expression: &Expression) -> Self {
        use crate::expression::pairs;
        let smile = expression.mean(pairs::MOUTH_SMILE);
        Self {
            mouth: MouthWeights::of(expression),
            eyes: [-1.0, 1.0].map(|side| EyeWeights::of(expression, side)),
            brows: BrowWeights::of(expression),
            cheeks: super::stepped(expression.mean(pairs::CHEEK_SQUINT).max(0.7 * smile)),
            sneer: super::stepped(expression.mean(pairs::NOSE_SNEER)),
            lip: super::stepped((0.8 * smile).max(expression.mean(pairs::MOUTH_UPPER_UP))),
        }
    }
}

impl Kind {
    /// Whether the layer is painted by the renderer.
    fn is_painted(self) -> bool {
        matches!(self, Self::Mouth | Self::Eye(_) | Self::Lines)
    }

    /// Whether a painted layer looks different.
    fn differs(self, before: &Shapes, after: &Shapes) -> bool {
        match self {
            Self::Mouth => before.mouth != after.mouth,
            Self::Eye(side) => before.eyes[side] != after.eyes[side],
            Self::Lines => before.brows != after.brows,
            Self::Still | Self::Jaw | Self::Cheeks | Self::Nose | Self::Moustache | Self::Brow(_) => false,
        }
    }

    /// How it moves within its plane, in art units.
    fn movement(self, shapes: &Shapes, rig: &Rig) -> Transform {
        match self {
            Self::Brow(side) => shapes.brows.movement(side, rig),
            Self::Cheeks => Transform::from_translate(0.0, -11.0 * shapes.cheeks),
            Self::Nose => Transform::from_translate(0.0, -4.0 * shapes.sneer),
            Self::Moustache => {
                let wider = 1.0 + 0.08 * shapes.lip;
                Transform::from_row(wider, 0.0, 0.0, 1.0, 500.0 * (1.0 - wider), -9.0 * shapes.lip)
            }
            Self::Still | Self::Jaw | Self::Mouth | Self::Eye(_) | Self::Lines => Transform::identity(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::{BlendShape, HeadPose};

    #[test]
    fn what_is_left_out_behind_skin_and_clothes_is_covered_by_them() {
        let nowhere_in_the_art: Pixel = [255, 0, 255, 255];
        for name in Character::names() {
            let mut face = DrawnFace::new(&Character::load(name).unwrap(), 256, 192).unwrap();
            for step in -4..=4 {
                let share = step as f32 / 4.0;
                let mut expression = Expression::REST.with(BlendShape::JawOpen, share.abs());
                expression.head = HeadPose { yaw: share, pitch: -share, roll: 0.2 * share };
                expression.breath = share.abs();
                face.update(&expression);
                face.paper.fill(nowhere_in_the_art);
                face.compose(Area { left: 0, top: 0, width: 256, height: 192 });
                assert!(!face.paper.contains(&nowhere_in_the_art), "{name} at {share}");
            }
        }
    }
}
