//! With the weights of the embedded language model.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conversation;
mod long_conversation;
mod sentence_end;
