//! Commands to the VAD.

use std::time::Instant;

use dialogue::TurnId;

/// A command to the VAD.
#[derive(Debug)]
pub enum EarCommand {
    /// This was just heard from the linked user, 16 kHz mono.
    Audio {
        /// The samples.
        samples: Vec<i16>,
        /// When the last of them arrived.
        arrived: Instant,
    },
    /// This was said before anything could be heard live, 16 kHz mono. It ends where live audio goes on: what was heard
    /// until now is in it too.
    Recall {
        /// The samples.
        samples: Vec<i16>,
        /// When it arrived.
        arrived: Instant,
    },
    /// The agent listens to another user, or to none: discard everything.
    Reset,
    /// Hand the current turn's audio to speech-to-text.
    Transcribe {
        /// Which turn.
        turn: TurnId,
        /// Which request.
        revision: u32,
    },
    /// Hand the end of the current turn to the turn detector.
    DetectEndOfTurn {
        /// Which turn.
        turn: TurnId,
        /// Which request.
        revision: u32,
    },
    /// What this request covered is no longer needed; the turn goes on.
    CutTurn {
        /// Which request.
        revision: u32,
    },
    /// The current turn is over.
    CloseTurn,
}
