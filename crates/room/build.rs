//! Turns the committed descriptors of liblivekit_ffi's protocol into Rust types. No protoc is needed.

use std::error::Error;

use prost::Message;

/// Extracted from the wheel that ships the library: see `protocol/extract_descriptors.py`.
const DESCRIPTORS: &str = "protocol/livekit_ffi-0.13.2.desc";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={DESCRIPTORS}");
    let descriptors = prost_types::FileDescriptorSet::decode(std::fs::read(DESCRIPTORS)?.as_slice())?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
