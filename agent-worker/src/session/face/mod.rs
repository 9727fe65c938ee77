//! The face's thread, and where the face looks.

pub mod attention;
pub mod face_loop;
pub mod seats;
