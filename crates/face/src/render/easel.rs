//! The drawing tools: outlines in art units, inks, and one mask.
//!
//! Art units are thousandths of the art square, the largest centred square of the picture; x goes right, y down.

use tiny_skia::{
    Color, FillRule, GradientStop, LinearGradient, Mask, Paint, Path, PathBuilder, PixmapMut, Point, RadialGradient,
    Rect, Shader, SpreadMode, Transform,
};

use super::layer::{Bend, Layer};

/// A point in art units.
pub(super) type At = (f32, f32);

/// What an outline is filled with.
pub(super) enum Ink<'a> {
    /// One colour.
    Flat(Color),
    /// Colours along the line between two points.
    Linear(At, At, &'a [(f32, Color)]),
    /// Colours outwards from a centre to a radius in art units.
    Radial(At, f32, &'a [(f32, Color)]),
}

/// Paper, pens and a stencil.
pub(super) struct Easel<'a> {
    /// What is drawn on.
    pub(super) paper: PixmapMut<'a>,
    /// The stencil: of the same size, empty between uses.
    pub(super) stencil: &'a mut Mask,
    /// From art units to pixels.
    pub(super) at: Transform,
    /// A spent outline, whose memory the next one uses.
    spare: Option<PathBuilder>,
    stencilled: bool,
}

impl<'a> Easel<'a> {
    /// An easel with empty `stencil`, both of the same size.
    pub(super) fn new(paper: PixmapMut<'a>, stencil: &'a mut Mask, at: Transform) -> Self {
        Self { paper, stencil, at, spare: None, stencilled: false }
    }

    /// Fills the outline that `draw` makes.
    pub(super) fn fill(&mut self, ink: &Ink, draw: impl FnOnce(&mut Pen)) {
        let Some(path) = self.outline(draw) else { return };
        if let Some(shader) = self.shader(ink) {
            let paint = Paint { shader, ..Paint::default() };
            let mask = self.stencilled.then_some(&*self.stencil);
            self.paper.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), mask);
        }
        self.spare = Some(path.clear());
    }

    /// A soft, round spot that fades to nothing at the radii `rx`, `ry`.
    pub(super) fn spot(&mut self, (x, y): At, rx: f32, ry: f32, centre: Color) {
        let mut rim = centre;
        rim.set_alpha(0.0);
        let mut half = centre;
        half.set_alpha(centre.alpha() * 0.45);
        let upright = self.at;
        self.at = upright.pre_translate(x, y).pre_scale(1.0, ry / rx);
        self.fill(&Ink::Radial((0.0, 0.0), rx, &[(0.0, centre), (0.5, half), (1.0, rim)]), |pen| {
            pen.oval((0.0, 0.0), rx, rx);
        });
        self.at = upright;
    }

    /// A stroke that is `width` wide in the middle and runs out to points, along a cubic curve.
    pub(super) fn ribbon(&mut self, curve: [At; 4], width: f32, ink: &Ink) {
        self.fill(ink, |pen| pen.ribbon(curve, width));
    }

    /// Draws `inside` only where the outline that `stencil` makes lets it through.
    pub(super) fn within(&mut self, stencil: impl FnOnce(&mut Pen), inside: impl FnOnce(&mut Self)) {
        let Some(path) = self.outline(stencil) else { return };
        let bounds = path.bounds();
        self.stencil.fill_path(&path, FillRule::Winding, true, Transform::identity());
        self.spare = Some(path.clear());
        self.stencilled = true;
        inside(self);
        self.stencilled = false;
        wipe(self.stencil, bounds);
    }

    /// Lays a layer down where the easel stands, through the stencil where one is in use.
    pub(super) fn lay(&mut self, layer: &Layer) {
        self.lay_bent(layer, None);
    }

    /// As [`Easel::lay`], bent.
    pub(super) fn lay_bent(&mut self, layer: &Layer, bend: Option<Bend>) {
        let width = self.paper.width() as usize;
        let stencil = self.stencilled.then(|| self.stencil.data());
        layer.lay(self.paper.data_mut(), width, self.at, bend, stencil);
    }

    fn outline(&mut self, draw: impl FnOnce(&mut Pen)) -> Option<Path> {
        let mut pen = Pen { path: self.spare.take().unwrap_or_default(), at: self.at };
        draw(&mut pen);
        pen.path.finish()
    }

    fn shader(&self, ink: &Ink) -> Option<Shader<'static>> {
        match ink {
            Ink::Flat(colour) => Some(Shader::SolidColor(*colour)),
            Ink::Linear(from, to, stops) => LinearGradient::new(
                Point::from_xy(from.0, from.1),
                Point::from_xy(to.0, to.1),
                stops_of(stops),
                SpreadMode::Pad,
                self.at,
            ),
            Ink::Radial(centre, radius, stops) => {
                let centre = Point::from_xy(centre.0, centre.1);
                RadialGradient::new(centre, 0.0, centre, *radius, stops_of(stops), SpreadMode::Pad, self.at)
            }
        }
    }
}

fn stops_of(stops: &[(f32, Color)]) -> Vec<GradientStop> {
    stops.iter().map(|(at, colour)| GradientStop::new(*at, *colour)).collect()
}

/// Empties the rows of the stencil that an outline may have touched.
fn wipe(stencil: &mut Mask, bounds: Rect) {
    let (width, height) = (stencil.width() as usize, stencil.height() as usize);
    let top = ((bounds.top() - 2.0).max(0.0) as usize).min(height);
    let bottom = ((bounds.bottom() + 3.0).max(0.0) as usize).min(height);
    stencil.data_mut()[top * width..bottom * width].fill(0);
}

/// Makes an outline; takes art units, keeps pixels.
pub(super) struct Pen {
    path: PathBuilder,
    at: Transform,
}

impl Pen {
    fn map(&self, (x, y): At) -> At {
        let at = &self.at;
        (at.sx * x + at.kx * y + at.tx, at.ky * x + at.sy * y + at.ty)
    }

    /// Begins an outline.
    pub(super) fn from(&mut self, at: At) -> &mut Self {
        let (x, y) = self.map(at);
        self.path.move_to(x, y);
        self
    }

    /// A straight line.
    pub(super) fn line(&mut self, at: At) -> &mut Self {
        let (x, y) = self.map(at);
        self.path.line_to(x, y);
        self
    }

    /// A cubic curve with two handles.
    pub(super) fn curve(&mut self, first: At, second: At, to: At) -> &mut Self {
        let ((x1, y1), (x2, y2), (x, y)) = (self.map(first), self.map(second), self.map(to));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
        self
    }

    /// Closes the outline.
    pub(super) fn close(&mut self) {
        self.path.close();
    }

    /// An oval with two radii.
    pub(super) fn oval(&mut self, (x, y): At, rx: f32, ry: f32) {
        // The handle length that makes a cubic curve a quarter of a circle to within 0.03 %.
        let (hx, hy) = (rx * 0.5523, ry * 0.5523);
        self.from((x + rx, y))
            .curve((x + rx, y + hy), (x + hx, y + ry), (x, y + ry))
            .curve((x - hx, y + ry), (x - rx, y + hy), (x - rx, y))
            .curve((x - rx, y - hy), (x - hx, y - ry), (x, y - ry))
            .curve((x + hx, y - ry), (x + rx, y - hy), (x + rx, y))
            .close();
    }

    /// A stroke along a cubic curve, `width` wide in the middle, pointed at both ends.
    pub(super) fn ribbon(&mut self, [a, b, c, d]: [At; 4], width: f32) {
        let (dx, dy) = (d.0 - a.0, d.1 - a.1);
        let length = (dx * dx + dy * dy).sqrt().max(1e-3);
        // A cubic moves by 3/4 of what both handles move by.
        let push = width / 1.5 / length;
        let (nx, ny) = (-dy * push, dx * push);
        self.from(a)
            .curve((b.0 + nx, b.1 + ny), (c.0 + nx, c.1 + ny), d)
            .curve((c.0 - nx, c.1 - ny), (b.0 - nx, b.1 - ny), a)
            .close();
    }
}
