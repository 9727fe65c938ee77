//! A policy that can be named.

/// A policy and its name. `B` makes one for a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Registered<B> {
    /// Its name in the persona file.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Makes one.
    pub build: B,
}
