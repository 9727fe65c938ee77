//! From the conversation to the clauses of a reply.

pub mod emotions;
pub mod first_sound;
pub mod mind;
