//! One decision a file, each a pure function or a small record of its own.

pub(crate) mod back_channel;
pub(crate) mod budget;
pub(crate) mod end_of_turn;
pub(crate) mod hint;
pub(crate) mod interruption;
pub(crate) mod pauses;
pub(crate) mod waste;
