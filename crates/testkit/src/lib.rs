//! What tests and benchmarks of Visavis stand on: a private LiveKit server, a scripted caller, and measures.
//!
//! For: starting the real thing on free loopback ports ([`stack`], [`sfu`]), calling it as a person would ([`caller`]), and
//! judging what came back ([`measure`]); [`stub_openai`], [`stub_tavus`] and [`stub_lip_sync`] stand in for paid services. Never: standing in for our own programs,
//! or code that ships in them.
//!
//! ```text
//!  integration test, bench, `cargo xtask demo --headless`
//!     │ Stack::start ──> sfu::LivekitServer ──> livekit-server (own ports, own keys)
//!     │              └─> token-server process ──> agent-worker processes
//!     │ caller::run(CallerPlan) ──> POST /join-room ──> room ──> voice out, sound + face + captions in
//!     └──────────────< CallReport + call.wav, call.png, call.json <── measure, wav
//! ```

pub mod bench;
pub mod browser;
pub mod caller;
pub mod measure;
pub mod odd_sounds;
pub mod peer;
pub mod process;
mod random;
pub mod rooms;
pub mod sfu;
pub mod snapshot;
pub mod speaker;
pub mod stack;
pub mod stub_lip_sync;
pub mod stub_openai;
pub mod stub_tavus;
pub mod wav;
