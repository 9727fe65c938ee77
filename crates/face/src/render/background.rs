//! The room behind the person: light from the upper left, a plant out of focus. Painted once.

use super::easel::{Easel, Ink};
use super::palette::{LEAF, ROOM, ROOM_LIGHT, ROOM_SHADE};

/// Fills the whole paper, also beyond the art square.
pub(super) fn paint(easel: &mut Easel) {
    let far = 20_000.0;
    let light = [(0.0, ROOM_LIGHT.solid()), (0.55, ROOM.solid()), (1.0, ROOM_SHADE.solid())];
    easel.fill(&Ink::Radial((330.0, 300.0), 1050.0, &light), |pen| {
        pen.from((-far, -far)).line((far, -far)).line((far, far)).line((-far, far)).close();
    });
    // A window's soft glow, and the shapes of leaves.
    easel.spot((150.0, 200.0), 330.0, 420.0, ROOM_LIGHT.alpha(0.75));
    for (x, y, size, opacity) in [
        (880.0, 560.0, 210.0, 0.30),
        (960.0, 400.0, 170.0, 0.26),
        (835.0, 690.0, 150.0, 0.22),
        (985.0, 700.0, 220.0, 0.30),
        (905.0, 285.0, 110.0, 0.16),
    ] {
        easel.spot((x, y), size, size * 1.15, LEAF.alpha(opacity));
    }
    easel.spot((60.0, 960.0), 300.0, 260.0, ROOM_SHADE.alpha(0.30));
}
