//! Hair: short and swept to one side. Strands lie between guide curves.

use super::easel::{At, Easel, Ink};
use super::palette::{HAIR, HAIR_DARK, HAIR_LIGHT, HAIR_SHINE, SKIN_DEEP, Tint};

/// Draws the shadow of the hair on the forehead, before the hair.
pub(super) fn paint_shadow(easel: &mut Easel) {
    let soft = [(0.0, SKIN_DEEP.alpha(0.60)), (1.0, SKIN_DEEP.alpha(0.0))];
    easel.fill(&Ink::Linear((490.0, 236.0), (505.0, 306.0), &soft), |pen| {
        pen.from((326.0, 340.0))
            .curve((340.0, 190.0), (660.0, 190.0), (674.0, 340.0))
            .curve((650.0, 300.0), (620.0, 270.0), (590.0, 252.0))
            .curve((500.0, 316.0), (380.0, 300.0), (326.0, 340.0))
            .close();
    });
}

/// Draws the hair around the forehead.
pub(super) fn paint_front(easel: &mut Easel) {
    paint_sides(easel);
    let tones = [(0.0, HAIR_LIGHT.solid()), (0.42, HAIR.solid()), (1.0, HAIR_DARK.solid())];
    easel.fill(&Ink::Radial((430.0, 120.0), 340.0, &tones), |pen| {
        pen.from((297.0, 338.0))
            // Up the left side and over the crown, in loose waves.
            .curve((276.0, 280.0), (280.0, 176.0), (338.0, 132.0))
            .curve((356.0, 92.0), (412.0, 66.0), (462.0, 72.0))
            .curve((500.0, 44.0), (572.0, 46.0), (606.0, 78.0))
            .curve((660.0, 84.0), (706.0, 136.0), (704.0, 192.0))
            .curve((722.0, 228.0), (720.0, 290.0), (704.0, 338.0))
            // The parting, and the sweep across the forehead in three locks.
            .curve((690.0, 302.0), (650.0, 268.0), (602.0, 232.0))
            .curve((576.0, 262.0), (538.0, 284.0), (490.0, 290.0))
            .curve((504.0, 282.0), (512.0, 276.0), (520.0, 268.0))
            .curve((478.0, 292.0), (432.0, 298.0), (392.0, 288.0))
            .curve((406.0, 284.0), (416.0, 280.0), (424.0, 274.0))
            .curve((386.0, 280.0), (350.0, 284.0), (326.0, 300.0))
            .curve((314.0, 308.0), (304.0, 322.0), (297.0, 338.0))
            .close();
    });
    paint_strands(easel);
}

/// The short hair at the temples, down to the side-burns.
fn paint_sides(easel: &mut Easel) {
    for side in [-1.0_f32, 1.0] {
        let x = |offset: f32| 500.0 + side * offset;
        let tones = [(0.0, HAIR_DARK.solid()), (0.6, HAIR_DARK.solid()), (1.0, HAIR.alpha(0.55))];
        easel.fill(&Ink::Linear((x(200.0), 260.0), (x(196.0), 446.0), &tones), |pen| {
            pen.from((x(150.0), 262.0))
                .curve((x(206.0), 240.0), (x(220.0), 300.0), (x(206.0), 380.0))
                .curve((x(202.0), 404.0), (x(200.0), 428.0), (x(192.0), 450.0))
                .curve((x(186.0), 440.0), (x(184.0), 424.0), (x(183.0), 404.0))
                .curve((x(184.0), 384.0), (x(176.0), 366.0), (x(168.0), 346.0))
                .curve((x(160.0), 322.0), (x(154.0), 296.0), (x(150.0), 262.0))
                .close();
        });
        for strand in 0..6 {
            let step = strand as f32;
            let root = (x(158.0 + 7.0 * step), 286.0 + 4.0 * step);
            let tip = (x(178.0 + 3.6 * step), 372.0 + 8.0 * step);
            let curve = [root, (x(166.0 + 7.0 * step), 310.0), (x(178.0 + 5.0 * step), 340.0), tip];
            easel.ribbon(curve, 3.2, &Ink::Flat(HAIR_LIGHT.alpha(0.35)));
        }
    }
}

/// A lock of hair: strands from the curve `from` to the curve `to`.
struct Lock {
    from: [At; 4],
    to: [At; 4],
    strands: u32,
    width: f32,
    tint: Tint,
    opacity: f32,
}

/// From the parting (right) across the forehead to the left temple.
const FRINGE: [At; 4] = [(594.0, 226.0), (540.0, 280.0), (440.0, 296.0), (330.0, 296.0)];
/// From the parting over the crown to the left.
const CROWN: [At; 4] = [(606.0, 168.0), (540.0, 70.0), (390.0, 80.0), (302.0, 230.0)];
/// From the parting down the right side, and over the top of it.
const NEAR: [At; 4] = [(606.0, 220.0), (640.0, 244.0), (668.0, 268.0), (690.0, 300.0)];
const OVER: [At; 4] = [(590.0, 100.0), (650.0, 96.0), (704.0, 170.0), (706.0, 256.0)];

fn paint_strands(easel: &mut Easel) {
    let locks = [
        Lock { from: FRINGE, to: CROWN, strands: 9, width: 15.0, tint: HAIR_DARK, opacity: 0.28 },
        Lock { from: FRINGE, to: CROWN, strands: 13, width: 6.0, tint: HAIR_DARK, opacity: 0.45 },
        Lock { from: FRINGE, to: CROWN, strands: 10, width: 7.0, tint: HAIR_LIGHT, opacity: 0.50 },
        Lock { from: NEAR, to: OVER, strands: 8, width: 8.0, tint: HAIR_DARK, opacity: 0.40 },
        Lock { from: NEAR, to: OVER, strands: 7, width: 5.0, tint: HAIR_LIGHT, opacity: 0.45 },
        // The light of the window, where the hair turns over.
        Lock {
            from: [(560.0, 214.0), (510.0, 196.0), (430.0, 212.0), (362.0, 258.0)],
            to: [(566.0, 158.0), (500.0, 112.0), (410.0, 134.0), (336.0, 208.0)],
            strands: 9,
            width: 6.5,
            tint: HAIR_SHINE,
            opacity: 0.42,
        },
        Lock {
            from: [(620.0, 196.0), (640.0, 204.0), (664.0, 226.0), (678.0, 250.0)],
            to: [(616.0, 142.0), (646.0, 146.0), (676.0, 176.0), (688.0, 214.0)],
            strands: 4,
            width: 5.0,
            tint: HAIR_SHINE,
            opacity: 0.30,
        },
    ];
    for lock in &locks {
        lock.paint(easel);
    }
}

impl Lock {
    fn paint(&self, easel: &mut Easel) {
        for strand in 0..self.strands {
            let share = (strand as f32 + 0.5) / self.strands as f32;
            // A little disorder, the same every time, within -0.4..=0.4.
            let stray = ((strand * 7 + 3) % 5) as f32 / 5.0 - 0.4;
            let mut curve = self.from;
            for (index, (point, to)) in curve.iter_mut().zip(self.to).enumerate() {
                let share = (share + 0.06 * stray * (index as f32 - 1.0)).clamp(0.0, 1.0);
                *point = (point.0 + (to.0 - point.0) * share, point.1 + (to.1 - point.1) * share);
            }
            let width = self.width * (1.0 + 0.6 * stray);
            easel.ribbon(curve, width, &Ink::Flat(self.tint.alpha(self.opacity)));
        }
    }
}
