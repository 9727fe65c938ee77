//! The mouth: lips around an opening, with teeth and a tongue in it.

mod plan;

use super::brush::{Brush, Ink};
use super::outline::At;
use super::rig::{Colours, Rig};
pub(super) use plan::MouthWeights;
use plan::Plan;

/// The box that a mouth stays in, around its middle at rest: left, top, right, bottom.
pub(super) const BOX: [f32; 4] = [-150.0, -125.0, 150.0, 150.0];

/// An opening lower than this is drawn as a line.
const SHUT: f32 = 3.0;

/// Draws the mouth.
pub(super) fn paint(brush: &mut Brush, weights: &MouthWeights, rig: &Rig) {
    let plan = Plan::of(weights, &rig.mouth);
    let middle = rig.mouth.at;
    let at = move |(x, y): At| (middle.0 + x, middle.1 + y);
    let colours = &rig.colours;
    paint_surroundings(brush, &plan, weights, rig, at);
    let (top, bottom) = plan.gap();
    let tones = [(0.0, colours.lip_upper.solid()), (0.35, colours.lip_lower.solid()), (1.0, colours.lip_lower.solid())];
    brush.fill(&Ink::Linear(at((0.0, bottom - 4.0)), at((0.0, bottom + plan.lower)), &tones), |pen| {
        plan.upper_rim(pen, at);
        plan.lower_rim(pen, at);
    });
    // The upper lip lies in the shade.
    brush.fill(&Ink::Flat(colours.lip_upper.solid()), |pen| {
        plan.upper_rim(pen, at);
        plan.under_upper(pen, at);
    });
    let shine = rig.mouth.shine * (1.0 - 0.5 * weights.press);
    let spot = at((plan.middle - 5.0, bottom + plan.lower * 0.48));
    brush.spot(spot, plan.half() * 0.46, plan.lower * 0.42, colours.lip_light.alpha(shine));

    if bottom - top > SHUT {
        brush.within(|pen| plan.opening(pen, at), |brush| paint_inside(brush, &plan, weights, colours, at));
    } else {
        brush.ribbon(plan.seam(at), 4.4, colours.lip_line.solid());
    }
    for (side, toward) in [-1.0_f32, 1.0].into_iter().enumerate() {
        let (x, y) = plan.corner[side];
        let rest = rig.mouth.corner_lift / 30.0;
        let pull = rest + weights.smile[side].max(weights.dimple[side]) - 0.9 * weights.frown[side];
        let (inner, outer) = (at((x - toward * 9.0, y + 1.0)), at((x + toward * 6.0, y - 5.0 * pull)));
        let curve = [inner, at((x, y + 2.0)), at((x + toward * 4.0, y - pull)), outer];
        brush.ribbon(curve, 3.8, colours.lip_line.alpha(0.30 + 0.45 * pull.abs().min(1.0)));
    }
}

/// The groove under the nose, the shade under the lower lip, the folds of a smile, blown cheeks.
fn paint_surroundings(brush: &mut Brush, plan: &Plan, weights: &MouthWeights, rig: &Rig, at: impl Fn(At) -> At + Copy) {
    let (colours, strength, x) = (&rig.colours, rig.mouth.shade, plan.middle);
    let ((top, bottom), half) = (plan.gap(), plan.half());
    let under = bottom + plan.lower;
    brush.spot(at((x + 2.0, under + 9.0)), half * 0.62, 13.0, colours.skin_deep.alpha(0.42 * strength));
    brush.spot(at((x, top - plan.upper - 18.0)), 10.0, 15.0, colours.skin_shade.alpha(0.55 * strength));
    brush.spot(at((x, top - plan.upper - 5.0)), half * 0.5, 6.0, colours.skin_light.alpha(0.45 * strength));
    for (side, toward) in [-1.0_f32, 1.0].into_iter().enumerate() {
        let (corner, smile) = (plan.corner[side], weights.smile[side]);
        let pull = toward * corner.0 - rig.mouth.half_width;
        let fold = (0.06 + 0.26 * smile.max(0.8 * weights.sneer[side]) + 0.16 * weights.frown[side]) * strength;
        let lift = 6.0 * weights.sneer[side] + 4.0 * smile;
        let curve = [
            at((toward * 54.0, -62.0 - lift)),
            at((toward * (74.0 + 0.4 * pull), -56.0 - lift)),
            at((toward * (94.0 + 0.7 * pull), -40.0)),
            at((toward * (103.0 + 0.8 * pull), 0.8 * corner.1 - 4.0)),
        ];
        brush.ribbon(curve, 6.0, colours.skin_deep.alpha(fold));
        // Soft shade where the corner digs in: below it in a smile, beside it in a frown.
        let dig = 0.30 * smile + 0.35 * weights.frown[side];
        let drop = if weights.frown[side] > smile { 12.0 } else { 4.0 };
        brush.spot(at((corner.0 + toward * 7.0, corner.1 + drop)), 16.0, 14.0, colours.skin_deep.alpha(dig * strength));
        if weights.puff > 0.02 {
            let cheek = at((toward * 112.0, -6.0));
            brush.spot(cheek, 36.0, 44.0, colours.skin_light.alpha(0.65 * weights.puff));
            let rim = [
                at((toward * 132.0, -52.0)),
                at((toward * 150.0, -24.0)),
                at((toward * 148.0, 24.0)),
                at((toward * 118.0, 46.0)),
            ];
            brush.ribbon(rim, 9.0, colours.skin_deep.alpha(0.35 * weights.puff));
        }
    }
}

/// Cavity, tongue and teeth; the stencil holds the opening.
fn paint_inside(
    brush: &mut Brush,
    plan: &Plan,
    weights: &MouthWeights,
    colours: &Colours,
    at: impl Fn(At) -> At + Copy,
) {
    let (top, bottom) = plan.gap();
    let (middle, gap) = (plan.middle, bottom - top);
    let inner = plan.half() - plan.inset;
    let far = inner + 16.0;
    let ceiling = plan.corner[0].1.min(plan.corner[1].1).min(top) - 12.0;
    let floor = plan.corner[0].1.max(plan.corner[1].1).max(bottom) + 8.0;
    let block = |pen: &mut super::outline::Pen, half: f32, from: f32, to: f32| {
        pen.from(at((middle - half, from))).line(at((middle + half, from)));
        pen.line(at((middle + half, to))).line(at((middle - half, to))).close();
    };
    let dark = [(0.0, colours.cavity_deep.solid()), (1.0, colours.cavity.solid())];
    brush.fill(&Ink::Linear(at((0.0, top)), at((0.0, bottom)), &dark), |pen| block(pen, far, ceiling, floor));

    // The tongue rests on the floor of the jaw, or comes up behind the upper teeth, or between them and out.
    let rest = plan.lower_teeth + 4.0 + 0.16 * gap;
    let crown = rest + (plan.upper_teeth - 1.0 - rest) * (weights.tongue / 0.45).min(1.0);
    let half = (inner * (0.74 - 0.16 * weights.tongue)).max(4.0);
    let paint_tongue = |brush: &mut Brush| {
        let tones = [(0.0, colours.tongue.solid()), (1.0, colours.tongue_shade.solid())];
        let height = (floor - crown) * 0.5;
        if height > 1.0 {
            brush.fill(&Ink::Linear(at((0.0, crown)), at((0.0, bottom + 10.0)), &tones), |pen| {
                pen.oval(at((middle, crown + height)), half, height);
            });
            brush.spot(at((middle - 6.0, crown + 7.0)), half * 0.55, 6.0, colours.lip_light.alpha(0.5));
        }
    };
    let out = weights.tongue > 0.42;
    if !out {
        paint_tongue(brush);
    }
    paint_teeth(brush, plan, colours, inner, (ceiling, floor), at);
    if out {
        paint_tongue(brush);
    }
    // The shade of the upper lip, and of the cheeks at both ends.
    let depth = (0.3 * gap).min(7.0);
    let shade = [(0.0, colours.cavity_deep.alpha(0.5)), (1.0, colours.cavity_deep.alpha(0.0))];
    brush.fill(&Ink::Linear(at((0.0, top - 1.0)), at((0.0, top + depth)), &shade), |pen| {
        block(pen, far, ceiling, top + depth + 1.0);
    });
    let wide = 6.0 + (0.26 * inner).min(0.5 * gap);
    for (x, y) in plan.corner {
        brush.spot(at((x, y)), wide + 6.0, 0.5 * gap + 14.0, colours.cavity_deep.alpha(0.75));
    }
}

fn paint_teeth(
    brush: &mut Brush,
    plan: &Plan,
    colours: &Colours,
    inner: f32,
    (ceiling, floor): (f32, f32),
    at: impl Fn(At) -> At + Copy,
) {
    let (top, bottom) = plan.gap();
    let (middle, edge) = (plan.middle, plan.upper_teeth);
    // Rounded lips stand before the teeth and shade them.
    let seen = 1.0 - 0.65 * plan.pucker;
    let across = inner * (0.95 - 0.1 * plan.round);
    if bottom > plan.lower_teeth {
        let rim = plan.lower_teeth;
        brush.fill(&Ink::Flat(colours.tooth_shade.alpha(0.95 * seen)), |pen| {
            pen.from(at((middle - across * 0.86, rim + 4.0)))
                .curve(
                    at((middle - across * 0.4, rim - 1.0)),
                    at((middle + across * 0.4, rim - 1.0)),
                    at((middle + across * 0.86, rim + 4.0)),
                )
                .line(at((middle + across * 0.86, floor)))
                .line(at((middle - across * 0.86, floor)))
                .close();
        });
    }
    if edge > top {
        let enamel = [
            (0.0, colours.tooth_shade.alpha(seen)),
            (0.5, colours.tooth.alpha(seen)),
            (1.0, colours.tooth.alpha(seen)),
        ];
        brush.fill(&Ink::Linear(at((0.0, top - 2.0)), at((0.0, edge)), &enamel), |pen| {
            pen.from(at((middle - across, ceiling)))
                .line(at((middle + across, ceiling)))
                .curve(
                    at((middle + across * 0.92, edge - 3.0)),
                    at((middle + across * 0.5, edge + 1.0)),
                    at((middle, edge)),
                )
                .curve(
                    at((middle - across * 0.5, edge + 1.0)),
                    at((middle - across * 0.92, edge - 3.0)),
                    at((middle - across, ceiling)),
                )
                .close();
        });
        brush.fill(&Ink::Flat(colours.tooth_shade.alpha(0.5 * seen)), |pen| {
            for tooth in [-2.0_f32, -1.0, 0.0, 1.0, 2.0] {
                let x = middle + tooth * 14.5;
                let (upper, lower) = (top - 4.0, edge - 1.0);
                pen.ribbon([at((x, upper)), at((x, upper + 4.0)), at((x, lower - 3.0)), at((x, lower))], 1.4);
            }
        });
    }
}
