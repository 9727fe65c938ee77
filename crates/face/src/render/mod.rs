//! The drawn person: vector art and a rig, put together anew for every picture where something moved.
//!
//! All art is in thousandths of the art square, the largest centred square of the picture. A [`Character`] is a folder with
//! `art.svg` and `rig.toml`; what keeps its shape is rasterised once into layers, the mouth and the eyes are painted by
//! [`DrawnFace`] from the rig's numbers. `docs/face-drawn.md` describes both files.

mod art;
mod brows;
mod brush;
mod character;
pub(crate) mod convert;
mod drawn_face;
mod eyes;
mod layer;
mod mouth;
mod outline;
mod pixel;
mod planes;
mod rig;

pub use character::Character;
pub use drawn_face::DrawnFace;

/// A stage of drawing one picture, in the order in which they are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Painting mouth and eyes where they changed their shape.
    Paint,
    /// Putting the layers together within the damage.
    Compose,
    /// The damage to I420, and the picture into the caller's frame.
    Convert,
}

/// A weight in steps that can just be seen.
fn stepped(weight: f32) -> f32 {
    (weight * 256.0).round() / 256.0
}
