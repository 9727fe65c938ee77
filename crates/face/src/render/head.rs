//! The head without its features: ears, skin, cheeks, nose.

use super::easel::{Easel, Ink, Pen};
use super::palette::{BLUSH, SKIN, SKIN_DEEP, SKIN_LIGHT, SKIN_SHADE};

/// How far the chin goes down with the jaw wide open, in art units.
pub(super) const CHIN_DROP: f32 = 38.0;

/// The part of the face that stretches as the jaw opens: from the upper lip to the chin, heights in art units.
pub(super) const JAW: (f32, f32) = (600.0, 728.0);

/// The outline of the face.
fn face(pen: &mut Pen) {
    let right = |x: f32| 500.0 + x;
    let left = |x: f32| 500.0 - x;
    pen.from((500.0, 190.0))
        .curve((right(120.0), 190.0), (right(184.0), 262.0), (right(191.0), 392.0))
        .curve((right(196.0), 480.0), (right(189.0), 548.0), (right(164.0), 612.0))
        .curve((right(136.0), 682.0), (right(76.0), 730.0), (500.0, 730.0))
        .curve((left(76.0), 730.0), (left(136.0), 682.0), (left(164.0), 612.0))
        .curve((left(189.0), 548.0), (left(196.0), 480.0), (left(191.0), 392.0))
        .curve((left(184.0), 262.0), (left(120.0), 190.0), (500.0, 190.0))
        .close();
}

/// Draws one ear, behind the face; `side` is -1 for the left of the picture, 1 for the right.
pub(super) fn paint_ear(easel: &mut Easel, side: f32) {
    let x = |offset: f32| 500.0 + side * offset;
    let tones = [(0.0, SKIN_SHADE.solid()), (1.0, SKIN.solid())];
    easel.fill(&Ink::Linear((x(176.0), 470.0), (x(222.0), 450.0), &tones), |pen| {
        pen.from((x(184.0), 430.0))
            .curve((x(196.0), 392.0), (x(230.0), 396.0), (x(230.0), 440.0))
            .curve((x(230.0), 484.0), (x(214.0), 526.0), (x(196.0), 532.0))
            .curve((x(180.0), 536.0), (x(170.0), 520.0), (x(168.0), 500.0))
            .close();
    });
    let rim = [(x(196.0), 428.0), (x(222.0), 414.0), (x(224.0), 456.0), (x(206.0), 494.0)];
    easel.ribbon(rim, 8.0, &Ink::Flat(SKIN_DEEP.alpha(0.42)));
    let fold = [(x(194.0), 462.0), (x(208.0), 458.0), (x(208.0), 486.0), (x(196.0), 502.0)];
    easel.ribbon(fold, 8.0, &Ink::Flat(SKIN_DEEP.alpha(0.38)));
}

/// Draws the skin of the face with cheeks, forehead and chin.
pub(super) fn paint_skin(easel: &mut Easel) {
    let tones = [(0.0, SKIN_LIGHT.solid()), (0.45, SKIN.solid()), (0.8, SKIN.solid()), (1.0, SKIN_SHADE.solid())];
    easel.fill(&Ink::Radial((462.0, 400.0), 370.0, &tones), face);
    // The side away from the window.
    let side = [(0.0, SKIN_SHADE.alpha(0.0)), (0.62, SKIN_SHADE.alpha(0.0)), (1.0, SKIN_DEEP.alpha(0.32))];
    easel.fill(&Ink::Linear((400.0, 430.0), (702.0, 480.0), &side), face);
    for side in [-1.0_f32, 1.0] {
        let x = 500.0 + side * 112.0;
        easel.spot((x, 552.0), 60.0, 46.0, BLUSH.alpha(0.34));
        easel.spot((x - 8.0, 524.0), 40.0, 22.0, SKIN_LIGHT.alpha(0.45));
    }
    // Forehead and chin are light balls.
    easel.spot((486.0, 306.0), 116.0, 56.0, SKIN_LIGHT.alpha(0.55));
    easel.spot((496.0, 700.0), 42.0, 18.0, SKIN_LIGHT.alpha(0.6));
}

/// Draws the shade that goes with the eyes: the sockets, a little deeper at the nose.
pub(super) fn paint_sockets(easel: &mut Easel) {
    for side in [-1.0_f32, 1.0] {
        easel.spot((500.0 + side * 84.0, 414.0), 64.0, 40.0, SKIN_SHADE.alpha(0.42));
    }
}

/// Draws the nose, centred on `x` = 500.
pub(super) fn paint_nose(easel: &mut Easel) {
    // The side in the shade, from the brow down to the wing.
    easel.spot((521.0, 478.0), 13.0, 60.0, SKIN_SHADE.alpha(0.50));
    easel.spot((530.0, 534.0), 20.0, 30.0, SKIN_SHADE.alpha(0.45));
    easel.spot((492.0, 470.0), 13.0, 66.0, SKIN_LIGHT.alpha(0.75));
    // The shadow below, the ball, its light.
    easel.spot((504.0, 566.0), 46.0, 15.0, SKIN_DEEP.alpha(0.34));
    easel.spot((500.0, 541.0), 34.0, 29.0, SKIN.alpha(0.9));
    easel.spot((491.0, 531.0), 17.0, 14.0, SKIN_LIGHT.alpha(0.95));
    for side in [-1.0_f32, 1.0] {
        let x = |offset: f32| 500.0 + side * offset;
        let wing = [(x(32.0), 527.0), (x(45.0), 536.0), (x(43.0), 557.0), (x(27.0), 559.0)];
        easel.ribbon(wing, 5.0, &Ink::Flat(SKIN_DEEP.alpha(0.62)));
        let nostril = [(x(27.0), 559.0), (x(22.0), 551.0), (x(13.0), 552.0), (x(7.0), 563.0)];
        easel.ribbon(nostril, 6.0, &Ink::Flat(SKIN_DEEP.alpha(0.95)));
    }
}
