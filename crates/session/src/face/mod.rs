//! The agent's face: its thread, what it shows, and where it looks.

mod activity;
mod attention;
mod face_loop;
mod overlay;
mod seats;

pub use activity::ShownActivity;
pub use attention::{Attention, Gaze};
pub use face_loop::{FACE_RATE, FACE_RATE_LIMIT, FaceLoop, Portrayal};
