//! Shoulders, clothes and neck. The shoulders rise with the breath; the neck follows the head.

use super::easel::{Easel, Ink};
use super::palette::{KNIT, KNIT_LIGHT, KNIT_SHADE, SHIRT, SHIRT_SHADE, SKIN, SKIN_DEEP, SKIN_SHADE};

/// How far a full breath lifts the shoulders, in art units.
pub(super) const LIFT: f32 = 5.0;

/// Draws the neck up to behind the jaw.
pub(super) fn paint_neck(easel: &mut Easel) {
    let tones = [(0.0, SKIN_DEEP.solid()), (0.32, SKIN_SHADE.solid()), (0.75, SKIN.solid()), (1.0, SKIN.solid())];
    easel.fill(&Ink::Linear((500.0, 690.0), (500.0, 900.0), &tones), |pen| {
        pen.from((402.0, 650.0))
            .curve((404.0, 700.0), (408.0, 760.0), (372.0, 812.0))
            .curve((420.0, 930.0), (580.0, 930.0), (628.0, 812.0))
            .curve((592.0, 760.0), (596.0, 700.0), (598.0, 650.0))
            .close();
    });
    // Two soft tendons and the hollow between the collar bones.
    for side in [-1.0, 1.0] {
        let curve = [
            (500.0 + side * 78.0, 775.0),
            (500.0 + side * 62.0, 815.0),
            (500.0 + side * 40.0, 850.0),
            (500.0 + side * 14.0, 880.0),
        ];
        easel.ribbon(curve, 10.0, &Ink::Flat(SKIN_SHADE.alpha(0.45)));
    }
}

/// Draws shirt and sweater, over the neck.
pub(super) fn paint_clothes(easel: &mut Easel) {
    // What shows of the shirt between collar and sweater.
    easel.fill(
        &Ink::Linear((500.0, 880.0), (500.0, 960.0), &[(0.0, SHIRT_SHADE.solid()), (1.0, SHIRT.solid())]),
        |pen| {
            pen.from((440.0, 872.0)).curve((470.0, 900.0), (530.0, 900.0), (560.0, 872.0));
            pen.line((560.0, 970.0)).line((440.0, 970.0)).close();
        },
    );
    paint_sweater(easel);
    paint_collar(easel);
}

fn paint_sweater(easel: &mut Easel) {
    let tones = [(0.0, KNIT_LIGHT.solid()), (0.45, KNIT.solid()), (1.0, KNIT_SHADE.solid())];
    easel.fill(&Ink::Linear((330.0, 800.0), (600.0, 1120.0), &tones), |pen| {
        pen.from((366.0, 806.0))
            .curve((300.0, 842.0), (215.0, 852.0), (150.0, 888.0))
            .curve((92.0, 920.0), (66.0, 985.0), (52.0, 1100.0))
            .line((40.0, 4000.0))
            .line((960.0, 4000.0))
            .line((948.0, 1100.0))
            .curve((934.0, 985.0), (908.0, 920.0), (850.0, 888.0))
            .curve((785.0, 852.0), (700.0, 842.0), (634.0, 806.0))
            .curve((610.0, 870.0), (550.0, 925.0), (500.0, 955.0))
            .curve((450.0, 925.0), (390.0, 870.0), (366.0, 806.0))
            .close();
    });
    // Light on the left shoulder, folds from the arms.
    easel.ribbon(
        [(120.0, 915.0), (190.0, 868.0), (270.0, 866.0), (345.0, 836.0)],
        16.0,
        &Ink::Flat(KNIT_LIGHT.alpha(0.55)),
    );
    for side in [-1.0_f32, 1.0] {
        let x = |offset: f32| 500.0 + side * offset;
        easel.ribbon(
            [(x(300.0), 1010.0), (x(305.0), 970.0), (x(322.0), 940.0), (x(350.0), 915.0)],
            12.0,
            &Ink::Flat(KNIT_SHADE.alpha(0.55)),
        );
    }
    // The ribbed edge of the neckline.
    for (drop, width, opacity) in [(10.0, 17.0, 0.85), (17.0, 5.0, 0.9)] {
        let colour = if drop > 12.0 { KNIT_SHADE } else { KNIT };
        for side in [-1.0_f32, 1.0] {
            let x = |offset: f32| 500.0 + side * offset;
            easel.ribbon(
                [(x(150.0), 803.0 + drop), (x(118.0), 872.0 + drop), (x(56.0), 930.0 + drop), (x(-6.0), 957.0 + drop)],
                width,
                &Ink::Flat(colour.alpha(opacity)),
            );
        }
    }
}

fn paint_collar(easel: &mut Easel) {
    for side in [-1.0_f32, 1.0] {
        let x = |offset: f32| 500.0 + side * offset;
        let tones = [(0.0, SHIRT.solid()), (0.6, SHIRT.solid()), (1.0, SHIRT_SHADE.solid())];
        // The shadow of the collar on the sweater, then the collar.
        easel.fill(&Ink::Flat(KNIT_SHADE.alpha(0.35)), |pen| {
            pen.from((x(140.0), 800.0))
                .curve((x(150.0), 850.0), (x(128.0), 900.0), (x(98.0), 940.0))
                .curve((x(70.0), 920.0), (x(40.0), 900.0), (x(10.0), 905.0))
                .close();
        });
        easel.fill(&Ink::Linear((x(130.0), 780.0), (x(30.0), 930.0), &tones), |pen| {
            pen.from((x(118.0), 772.0))
                .curve((x(136.0), 782.0), (x(146.0), 796.0), (x(146.0), 812.0))
                .curve((x(142.0), 856.0), (x(122.0), 894.0), (x(96.0), 926.0))
                .curve((x(66.0), 900.0), (x(36.0), 888.0), (x(2.0), 896.0))
                .curve((x(60.0), 868.0), (x(104.0), 826.0), (x(118.0), 772.0))
                .close();
        });
        easel.ribbon(
            [(x(116.0), 790.0), (x(100.0), 838.0), (x(62.0), 874.0), (x(10.0), 896.0)],
            7.0,
            &Ink::Flat(SKIN_DEEP.alpha(0.32)),
        );
    }
}
