//! Embedded chat models on llama.cpp: no key, no network.
//!
//! For: one file a model family, with its name, options, assets, capabilities and constructor. Never: choosing among them.
//!
//! ```text
//!  &[Message] ──> LlamaChat ──> Delta "Par", Delta "is", …
//!       └ keeps the evaluated prefix (system prompt, earlier turns) in its cache
//! ```

mod cache;
mod fit;
mod llama;
mod qwen;
mod template;

use engines::EngineRegistry;

pub use llama::{LlamaChat, LlamaOptions};

/// Adds every engine of this crate.
#[must_use]
pub fn register(registry: EngineRegistry) -> EngineRegistry {
    registry.with_chat([qwen::HALF_BILLION, qwen::HALF_BILLION_ENGLISH, qwen::ONE_AND_A_HALF_BILLION_ENGLISH])
}
