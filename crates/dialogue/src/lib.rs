//! Turn-taking: who speaks when, as a pure state machine.
//!
//! For: deciding when the user's turn has ended, when to answer, when to fall silent, whom to listen to and when the
//! call is over; and for keeping the history of what was really said. Never: I/O, threads, async, clocks (the time is
//! an argument), audio samples, or anything of a transport.
//!
//! ```text
//!  presence, voice activity, transcripts,            Transcribe, Generate, Speak, StopSpeech,
//!  clauses, playout reports   ──> handle(now, Input)                captions, State, End
//!                                       │                                   ▲
//!                                  Dialogue  ──> poll() -> Option<Output> ──┘
//!                                       └──────> next_wake() -> Option<(Instant, WakeReason)>
//! ```
//!
//! The caller feeds every input with the time it happened, polls until there is no output, and calls
//! `handle(now, Input::Wake)` no later than `next_wake()`. Nothing else moves the machine, so a whole conversation is a
//! unit test. Stale reports (of a speech that was stopped, of an older transcript) are ignored, never an error.

mod agent_turn;
mod history;
mod language;
mod machine;
mod moment;
mod outputs;
mod policies;
mod presence;
mod recording;
mod settings;
mod signals;
mod terms;
mod timers;
mod user_turn;

pub use language::{Language, LanguageError, plain_words};
pub use machine::Dialogue;
pub use moment::Moment;
pub use outputs::{FalseInterruption, Output, Playout, Speculation};
pub use policies::{
    Policies, PolicyError, PolicyKind, PolicyRegistry, Registered,
    back_channel::{BackChannel, BuildBackChannel},
    end_of_turn::{BuildEndOfTurn, EndOfTurn, Evidence, Hint, SentenceEnd, end_of_turn_probability, hint},
    interruption::{BuildInterruption, Interruption, Over, Overlap, Verdict},
};
pub use proto::agent::AgentState;
pub use recording::{RECORDING_VERSION, RecordedLine, ReplayError, Replayed, replay};
pub use settings::{BudgetSettings, EndOfTurnSettings, InterruptionSettings, Settings, SpeculationSettings};
pub use signals::{Input, TurnTimes};
pub use terms::{EndReason, Engine, Level, SpeechId, TurnId, Usage};
pub use timers::WakeReason;
