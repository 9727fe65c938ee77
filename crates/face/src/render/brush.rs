//! The brush: paints outlines and soft spots onto a sheet of pixels, without asking for memory.
//!
//! Art units are thousandths of the art square, the largest centred square of the picture; x goes right, y down.

use ab_glyph_rasterizer::Rasterizer;

use super::layer::{Layer, Within};
use super::outline::{Area, At, Pen, Scale};
use super::pixel::{CLEAR, Pixel, Shade, Wide};

/// What an outline is filled with.
pub(super) enum Ink<'a> {
    /// One colour.
    Flat(Shade),
    /// Colours along the line between two points.
    Linear(At, At, &'a [(f32, Shade)]),
}

/// Steps of a gradient.
const STEPS: usize = 64;

/// An ink ready to be asked pixel by pixel.
struct Source {
    colours: [Wide; STEPS],
    /// How far a pixel along x and y goes in the colours, and where they begin.
    along_x: f32,
    along_y: f32,
    begin: f32,
}

/// What one brush needs: it is kept from picture to picture, so that no memory is asked for after the first.
pub(super) struct Tools {
    pen: Pen,
    raster: Rasterizer,
    stencil: Vec<u8>,
}

impl Tools {
    /// Tools for sheets of at most `pixels` pixels.
    pub(super) fn new(pixels: usize) -> Self {
        // Outlines may reach beyond the sheet on both sides: three times as many pixels.
        Self { pen: Pen::with_capacity(256), raster: Rasterizer::new(3 * pixels, 1), stencil: vec![0; pixels] }
    }
}

/// A sheet, its size, and the tools to paint on it.
pub(super) struct Brush<'a> {
    sheet: &'a mut [Pixel],
    width: usize,
    height: usize,
    tools: &'a mut Tools,
    scale: Scale,
    stencilled: bool,
}

impl<'a> Brush<'a> {
    /// A brush for a layer that is to be painted anew: the layer is emptied.
    pub(super) fn on(layer: &'a mut Layer, tools: &'a mut Tools) -> Self {
        let scale = layer.scale();
        let (sheet, width, height) = layer.sheet();
        sheet.fill(CLEAR);
        tools.stencil.resize(tools.stencil.len().max(width * height), 0);
        Self { sheet, width, height, tools, scale, stencilled: false }
    }

    /// Fills the outline that `draw` makes.
    pub(super) fn fill(&mut self, ink: &Ink, draw: impl FnOnce(&mut Pen)) {
        let Tools { pen, raster, stencil } = &mut *self.tools;
        pen.restart(self.scale);
        draw(pen);
        let Some(area) = pen.cover(raster, self.width, self.height) else { return };
        let source = Source::of(ink, self.scale);
        let stencil = self.stencilled.then_some(&stencil[..]);
        let (sheet, width) = (&mut *self.sheet, self.width);
        each_covered(raster, area, width, |x, y, coverage| {
            let at = y * width + x;
            let share = stencil.map_or(coverage, |stencil| (coverage * opened(stencil[at])) >> 8);
            if share > 0 {
                sheet[at] = source.at(x, y).weaken(share).over(Wide::of(sheet[at])).narrow();
            }
        });
    }

    /// A soft, round spot that fades to nothing at the radii `rx`, `ry`.
    pub(super) fn spot(&mut self, centre: At, rx: f32, ry: f32, shade: Shade) {
        let middle = self.scale.map(centre);
        let (rx, ry) = ((rx * self.scale.by).max(0.5), (ry * self.scale.by).max(0.5));
        let span = |middle: f32, radius: f32, limit: usize| {
            ((middle - radius).max(0.0) as usize).min(limit)..((middle + radius + 1.0).max(0.0) as usize).min(limit)
        };
        let colour = shade.pixel();
        for y in span(middle.y, ry, self.height) {
            let dy = (y as f32 + 0.5 - middle.y) / ry;
            for x in span(middle.x, rx, self.width) {
                let dx = (x as f32 + 0.5 - middle.x) / rx;
                let rest = 1.0 - dx * dx - dy * dy;
                if rest > 0.0 {
                    let at = y * self.width + x;
                    // A bell without a kink at its rim.
                    let mut share = (rest * rest * 256.0) as u32;
                    if self.stencilled {
                        share = (share * opened(self.tools.stencil[at])) >> 8;
                    }
                    self.sheet[at] = colour.weaken(share).over(Wide::of(self.sheet[at])).narrow();
                }
            }
        }
    }

    /// A stroke that is `width` wide in the middle and runs out to points, along a cubic curve.
    pub(super) fn ribbon(&mut self, curve: [At; 4], width: f32, shade: Shade) {
        self.fill(&Ink::Flat(shade), |pen| pen.ribbon(curve, width));
    }

    /// Paints `inside` only where the outline that `stencil` makes lets it through.
    pub(super) fn within(&mut self, stencil: impl FnOnce(&mut Pen), inside: impl FnOnce(&mut Self)) {
        let tools = &mut *self.tools;
        tools.pen.restart(self.scale);
        stencil(&mut tools.pen);
        let Some(area) = tools.pen.cover(&mut tools.raster, self.width, self.height) else { return };
        let width = self.width;
        each_covered(&tools.raster, area, width, |x, y, coverage| {
            tools.stencil[y * width + x] = coverage.min(255) as u8;
        });
        self.stencilled = true;
        inside(self);
        self.stencilled = false;
        let rows = area.top as usize * width..(area.top + area.height) as usize * width;
        self.tools.stencil[rows].fill(0);
    }

    /// Lays a layer of art down, moved by art units, through the stencil where one is in use.
    pub(super) fn lay(&mut self, layer: &Layer, (dx, dy): At) {
        let Scale { by, x, y } = self.scale;
        let at = tiny_skia::Transform::from_row(by, 0.0, 0.0, by, x + dx * by, y + dy * by);
        let stencil = self.stencilled.then_some(&self.tools.stencil[..]);
        let area = Area { left: 0, top: 0, width: self.width as i32, height: self.height as i32 };
        layer.lay(self.sheet, self.width, at, None, &Within { area, hidden: &[], stencil });
    }
}

/// Calls `paint` for every covered pixel of the sheet with its coverage as a share of 256.
fn each_covered(raster: &Rasterizer, area: Area, width: usize, mut paint: impl FnMut(usize, usize, u32)) {
    let (mut column, mut row) = (0, 0);
    raster.for_each_pixel(|_, coverage| {
        let x = area.left + column;
        if coverage > 0.002 && x >= 0 && x < width as i32 {
            paint(x as usize, (area.top + row) as usize, (coverage.min(1.0) * 256.0) as u32);
        }
        column += 1;
        if column == area.width {
            (column, row) = (0, row + 1);
        }
    });
}

/// A stencil's byte as a share of 256.
fn opened(stencil: u8) -> u32 {
    u32::from(stencil) + u32::from(stencil >> 7)
}

impl Source {
    fn of(ink: &Ink, scale: Scale) -> Self {
        match ink {
            Ink::Flat(shade) => Self { colours: [shade.pixel(); STEPS], along_x: 0.0, along_y: 0.0, begin: 0.0 },
            Ink::Linear(from, to, stops) => {
                let mut colours = [Wide::default(); STEPS];
                for (index, colour) in colours.iter_mut().enumerate() {
                    *colour = colour_at(stops, index as f32 / (STEPS - 1) as f32);
                }
                let (from, to) = (scale.map(*from), scale.map(*to));
                let (dx, dy) = (to.x - from.x, to.y - from.y);
                let square = (dx * dx + dy * dy).max(1e-6);
                let span = (STEPS - 1) as f32;
                let (along_x, along_y) = (span * dx / square, span * dy / square);
                let begin = along_x * (0.5 - from.x) + along_y * (0.5 - from.y) + 0.5;
                Self { colours, along_x, along_y, begin }
            }
        }
    }

    #[inline]
    fn at(&self, x: usize, y: usize) -> Wide {
        let step = self.along_x * x as f32 + self.along_y * y as f32 + self.begin;
        self.colours[(step.max(0.0) as usize).min(STEPS - 1)]
    }
}

/// The colour of a gradient at a share of its length.
fn colour_at(stops: &[(f32, Shade)], share: f32) -> Wide {
    let after = stops.iter().position(|(at, _)| *at >= share);
    match after {
        Some(0) => stops[0].1.pixel(),
        Some(after) => {
            let ((from, first), (to, second)) = (stops[after - 1], stops[after]);
            let part = (share - from) / (to - from).max(1e-6);
            first.pixel().blend(second.pixel(), (part * 256.0) as u32)
        }
        None => stops.last().map_or(Wide::default(), |(_, shade)| shade.pixel()),
    }
}
