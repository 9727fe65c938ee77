//! The face as it is seen: characters, expressions, movement.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod characters;
mod life;
mod picture;
mod track;
