//! The mouth: lips around an opening, with teeth and a tongue in it.

use super::easel::{At, Easel, Ink, Pen};
use super::palette::{
    CAVITY, CAVITY_DEEP, LIP, LIP_LIGHT, LIP_LINE, LIP_UPPER, SKIN_DEEP, SKIN_LIGHT, SKIN_SHADE, TONGUE, TONGUE_SHADE,
    TOOTH, TOOTH_SHADE,
};
use crate::MouthShape;

/// Height of the line between the resting lips, in art units.
const LEVEL: f32 = 630.0;
/// Half the width of the resting mouth.
const HALF: f32 = 79.0;
/// Height of the opening with the jaw wide open.
const GAPE: f32 = 92.0;
/// An opening lower than this is drawn as a line.
const SHUT: f32 = 3.0;

/// Where everything lies, in art units around the middle of the mouth.
struct Plan {
    /// Half widths of the lips and of the opening.
    lips: f32,
    inner: f32,
    /// Height of the corners.
    corner: f32,
    /// Middle of the upper and of the lower edge of the opening.
    top: f32,
    bottom: f32,
    /// Thickness of the lips.
    upper: f32,
    lower: f32,
    /// How round the opening is, 0..=1.
    round: f32,
    /// How round the lips themselves are, 0..=1.
    pucker: f32,
}

impl Plan {
    fn of(shape: &MouthShape, smile: f32) -> Self {
        let gap = GAPE * shape.jaw_open * (1.0 - shape.lips_press);
        let round = shape.lips_round;
        let lips = HALF + 19.0 * shape.lips_wide - 34.0 * round + 11.0 * smile * (1.0 - round) - 4.0 * shape.jaw_open
            + 4.0 * shape.lips_press;
        let tuck = shape.lip_tuck;
        let thin = (1.0 - 0.45 * shape.lips_press) * (1.0 - 0.18 * shape.lips_wide) * (1.0 + 0.35 * round);
        let top = -0.14 * gap - 3.0 * tuck;
        Self {
            lips,
            inner: lips - 6.0 - 9.0 * round,
            // An open mouth pulls its corners down towards its middle.
            corner: -25.0 * smile * (1.0 - 0.7 * round) * (1.0 - 0.35 * shape.lips_press) + (0.22 + 0.14 * round) * gap,
            top,
            bottom: top + gap,
            upper: 13.5 * thin,
            lower: 20.0 * thin * (1.0 - 0.45 * tuck),
            pucker: round,
            round: (0.25 + 0.75 * round).max(0.65 * shape.jaw_open),
        }
    }

    /// Height of the handles of a cubic edge whose middle has this height.
    fn handle(&self, middle: f32) -> f32 {
        (middle - 0.25 * self.corner) / 0.75
    }

    fn opening(&self, pen: &mut Pen) {
        let (w, out) = (self.inner, self.inner * (0.48 + 0.45 * self.round));
        let (top, bottom) = (self.handle(self.top), self.handle(self.bottom));
        pen.from(at((-w, self.corner))).curve(at((-out, top)), at((out, top)), at((w, self.corner)));
        pen.curve(at((out, bottom)), at((-out, bottom)), at((-w, self.corner))).close();
    }

    /// The bow of the upper lip, from corner to corner, left to right.
    fn bow(&self, pen: &mut Pen) {
        let (w, c) = (self.lips, self.corner);
        let peak = (0.20 * w, self.top - self.upper - 2.0);
        let dip = self.top - self.upper + 3.0;
        let slope = c + (peak.1 - c) * (0.62 + 0.3 * self.pucker);
        let (near, far) = (0.68 + 0.30 * self.pucker, 0.42 + 0.12 * self.pucker);
        pen.from(at((-w, c)))
            .curve(at((-near * w, slope)), at((-far * w, peak.1 - 1.0)), at((-peak.0, peak.1)))
            .curve(at((-0.12 * w, peak.1)), at((-0.07 * w, dip)), at((0.0, dip)))
            .curve(at((0.07 * w, dip)), at((0.12 * w, peak.1)), at(peak))
            .curve(at((far * w, peak.1 - 1.0)), at((near * w, slope)), at((w, c)));
    }

    fn lower_edge(&self, pen: &mut Pen) {
        let w = self.lips;
        let y = self.handle(self.bottom + self.lower);
        let out = w * (0.50 + 0.22 * self.round).max(0.95 * self.pucker);
        pen.curve(at((out, y)), at((-out, y)), at((-w, self.corner))).close();
    }
}

fn at((x, y): At) -> At {
    (500.0 + x, LEVEL + y)
}

/// Draws the mouth. `smile` lifts its corners, 0..=1.
pub(super) fn paint(easel: &mut Easel, shape: &MouthShape, smile: f32) {
    let plan = Plan::of(shape, smile);
    paint_surroundings(easel, &plan, smile);
    let under = plan.bottom + plan.lower;
    let tones = [(0.0, LIP_UPPER.solid()), (0.35, LIP.solid()), (1.0, LIP.solid())];
    easel.fill(&Ink::Linear(at((0.0, plan.bottom - 4.0)), at((0.0, under)), &tones), |pen| {
        plan.bow(pen);
        plan.lower_edge(pen);
    });
    // The upper lip lies in the shade.
    easel.fill(&Ink::Flat(LIP_UPPER.solid()), |pen| {
        plan.bow(pen);
        let (out, y) = (plan.lips * 0.5, plan.handle(plan.top + 1.5));
        pen.curve(at((out, y)), at((-out, y)), at((-plan.lips, plan.corner))).close();
    });
    let shine = 0.75 * (1.0 - 0.6 * shape.lips_press);
    easel.spot(at((-6.0, plan.bottom + plan.lower * 0.5)), plan.lips * 0.42, plan.lower * 0.34, LIP_LIGHT.alpha(shine));

    if plan.bottom - plan.top > SHUT {
        easel.within(|pen| plan.opening(pen), |easel| paint_inside(easel, &plan, shape));
    } else {
        let sag = plan.handle((plan.top + plan.bottom) / 2.0 + 1.0);
        let w = plan.lips - 1.0;
        let line = [at((-w, plan.corner)), at((-w * 0.4, sag)), at((w * 0.4, sag)), at((w, plan.corner))];
        easel.ribbon(line, 4.6, &Ink::Flat(LIP_LINE.solid()));
    }
    easel.fill(&Ink::Flat(LIP_LINE.alpha(0.35 + 0.45 * smile)), |pen| {
        for side in [-1.0_f32, 1.0] {
            let (x, y) = (side * plan.lips, plan.corner);
            let (inner, outer) = (at((x - side * 9.0, y + 1.0)), at((x + side * 7.0, y - 6.0)));
            pen.ribbon([inner, at((x, y + 2.0)), at((x + side * 4.0, y - 1.0)), outer], 4.0);
        }
    });
}

/// The groove under the nose, the shade under the lower lip, the folds of a smile.
fn paint_surroundings(easel: &mut Easel, plan: &Plan, smile: f32) {
    let under = plan.bottom + plan.lower;
    easel.spot(at((2.0, under + 9.0)), plan.lips * 0.62, 13.0, SKIN_DEEP.alpha(0.42));
    easel.spot(at((0.0, plan.top - plan.upper - 18.0)), 10.0, 15.0, SKIN_SHADE.alpha(0.55));
    easel.spot(at((0.0, plan.top - plan.upper - 5.0)), plan.lips * 0.5, 6.0, SKIN_LIGHT.alpha(0.5));
    let pull = plan.lips - HALF;
    easel.fill(&Ink::Flat(SKIN_DEEP.alpha(0.05 + 0.18 * smile)), |pen| {
        for side in [-1.0_f32, 1.0] {
            let x = |offset: f32| side * offset;
            let fold = [
                at((x(58.0), -66.0)),
                at((x(82.0 + 0.4 * pull), -50.0)),
                at((x(100.0 + 0.8 * pull), -28.0)),
                at((x(106.0 + 0.8 * pull), plan.corner - 2.0)),
            ];
            pen.ribbon(fold, 6.0);
        }
    });
}

/// Cavity, tongue and teeth; the stencil holds the opening.
fn paint_inside(easel: &mut Easel, plan: &Plan, shape: &MouthShape) {
    let gap = plan.bottom - plan.top;
    let (w, far) = (plan.inner, plan.inner + 12.0);
    let sides = plan.corner.min(plan.top) - 8.0;
    let dark = [(0.0, CAVITY_DEEP.solid()), (1.0, CAVITY.solid())];
    easel.fill(&Ink::Linear(at((0.0, plan.top)), at((0.0, plan.bottom)), &dark), |pen| {
        pen.from(at((-far, sides))).line(at((far, sides)));
        pen.line(at((far, plan.bottom + 6.0))).line(at((-far, plan.bottom + 6.0))).close();
    });

    // The tongue rests on the floor, or comes up behind the upper teeth.
    let rest = plan.bottom + 6.0 - 0.38 * gap;
    let crown = rest + (plan.top + 0.34 * gap - rest) * shape.tongue;
    let half = w * (0.74 - 0.16 * shape.tongue);
    let tongue = [(0.0, TONGUE.solid()), (1.0, TONGUE_SHADE.solid())];
    let paint_tongue = |easel: &mut Easel| {
        easel.fill(&Ink::Linear(at((0.0, crown)), at((0.0, plan.bottom + 10.0)), &tongue), |pen| {
            pen.oval(at((0.0, crown + 0.5 * gap + 8.0)), half, 0.5 * gap + 8.0);
        });
        easel.spot(at((-6.0, crown + 7.0)), half * 0.55, 6.0, LIP_LIGHT.alpha(0.55));
    };
    paint_tongue(easel);

    // Upper teeth hang from under the lip; with teeth nearly together they fill the opening.
    let together = shape.teeth * (1.0 - shape.jaw_open).powi(2);
    let length = (9.0 + 11.0 * shape.teeth).min(gap * (0.36 + 0.50 * together));
    if shape.teeth > 0.02 {
        let edge = plan.top + length;
        let enamel = [(0.0, TOOTH_SHADE.solid()), (0.5, TOOTH.solid()), (1.0, TOOTH.solid())];
        let across = w * (0.84 - 0.1 * plan.round);
        easel.fill(&Ink::Linear(at((0.0, plan.top - 2.0)), at((0.0, edge)), &enamel), |pen| {
            pen.from(at((-across, sides)))
                .line(at((across, sides)))
                .curve(at((across * 0.92, edge - 3.0)), at((across * 0.5, edge + 1.0)), at((0.0, edge)))
                .curve(at((-across * 0.5, edge + 1.0)), at((-across * 0.92, edge - 3.0)), at((-across, sides)))
                .close();
        });
        easel.fill(&Ink::Flat(TOOTH_SHADE.alpha(0.6)), |pen| {
            for tooth in [-2.0_f32, -1.0, 0.0, 1.0, 2.0] {
                let x = tooth * 14.5;
                let (upper, lower) = (plan.top - 4.0, edge - 1.0);
                pen.ribbon([at((x, upper)), at((x, upper + 4.0)), at((x, lower - 3.0)), at((x, lower))], 1.6);
            }
        });
        // Lower teeth show when the lips part over nearly shut teeth, or the mouth is pulled wide.
        let below = (0.28 * gap * together).max(9.0 * shape.lips_wide * shape.teeth).min(0.34 * gap);
        if below > 1.5 && shape.lip_tuck < 0.5 && shape.tongue < 0.9 {
            let rim = plan.bottom - below;
            easel.fill(&Ink::Flat(TOOTH_SHADE.solid()), |pen| {
                pen.from(at((-w * 0.72, rim + 4.0)))
                    .curve(at((-w * 0.4, rim - 1.0)), at((w * 0.4, rim - 1.0)), at((w * 0.72, rim + 4.0)))
                    .line(at((w * 0.72, plan.bottom + 8.0)))
                    .line(at((-w * 0.72, plan.bottom + 8.0)))
                    .close();
            });
        }
    }
    if shape.tongue > 0.9 {
        // Between the teeth: in front of them.
        paint_tongue(easel);
    }
    // The lip's shadow.
    let shade = [(0.0, CAVITY_DEEP.alpha(0.6)), (1.0, CAVITY_DEEP.alpha(0.0))];
    easel.fill(&Ink::Linear(at((0.0, plan.top - 1.0)), at((0.0, plan.top + 7.0)), &shade), |pen| {
        pen.from(at((-far, sides))).line(at((far, sides)));
        pen.line(at((far, plan.top + 8.0))).line(at((-far, plan.top + 8.0))).close();
    });
}
