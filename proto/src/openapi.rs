//! The description of the token server's endpoints for programs: OpenAPI 3.1, made of the types that it is built with.
//!
//! A test writes it, as one writes the contract in TypeScript: `cargo xtask codegen` runs both.

/// The document, as JSON.
pub const DOCUMENT: &str = include_str!("../openapi.json");

#[cfg(test)]
mod operations;
#[cfg(test)]
mod write;
