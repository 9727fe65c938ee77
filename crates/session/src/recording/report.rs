//! What a recorded call was like, in one small file.

use std::collections::BTreeMap;

use dialogue::{Input, Moment, Output, TurnId};
use serde::Serialize;

/// One answered turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TurnReport {
    /// Its number in the call.
    pub turn: u64,
    /// From the user's last sound to the agent's first, in milliseconds.
    pub silence_ms: u128,
    /// The answer was begun before the turn was over.
    pub begun_ahead: bool,
    /// What was understood.
    pub user: String,
}

/// Gathered from the inputs and outputs of one call.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CallReport {
    /// How long the call was, in milliseconds.
    pub duration_ms: u128,
    /// Inputs in all.
    pub inputs: u64,
    /// Outputs in all.
    pub outputs: u64,
    /// Answered turns in order.
    pub turns: Vec<TurnReport>,
    /// How often each of the rarer things happened.
    pub counts: BTreeMap<&'static str, u64>,
    #[serde(skip)]
    captions: BTreeMap<TurnId, String>,
}

/// Captions of turns that were not answered are forgotten beyond this many.
const CAPTIONS: usize = 64;

impl CallReport {
    /// An input went in.
    pub fn input(&mut self, at: Moment, input: &Input) {
        self.inputs += 1;
        self.duration_ms = at.since_start().as_millis();
        if let Input::SpeechStarted { .. } = input {
            self.count("speech_started");
        }
    }

    /// An output came out.
    pub fn output(&mut self, output: &Output) {
        self.outputs += 1;
        match output {
            Output::UserCaption { turn, text, is_final: true } => {
                self.captions.insert(*turn, text.clone());
                while self.captions.len() > CAPTIONS {
                    self.captions.pop_first();
                }
            }
            Output::TurnMeasured { turn, times } => self.turns.push(TurnReport {
                turn: turn.0,
                silence_ms: times.silence().as_millis(),
                begun_ahead: times.speculative,
                user: self.captions.remove(turn).unwrap_or_default(),
            }),
            Output::Speculation(what) => self.count(match what {
                dialogue::Speculation::Started => "speculations_started",
                dialogue::Speculation::Committed => "speculations_committed",
                dialogue::Speculation::Discarded => "speculations_discarded",
            }),
            Output::Interrupted { .. } => self.count("interruptions"),
            Output::FalselyInterrupted { .. } => self.count("false_interruptions"),
            Output::TurnDropped { .. } => self.count("turns_dropped"),
            Output::State(_)
            | Output::Link { .. }
            | Output::Unlink
            | Output::Transcribe { .. }
            | Output::DetectEndOfTurn { .. }
            | Output::CutTurn { .. }
            | Output::CloseTurn { .. }
            | Output::UserCaption { .. }
            | Output::Generate { .. }
            | Output::Prepare { .. }
            | Output::JudgeSentence { .. }
            | Output::CancelGeneration { .. }
            | Output::Speak { .. }
            | Output::FinishSpeech { .. }
            | Output::StopSpeech { .. }
            | Output::Playout { .. }
            | Output::AgentCaption { .. }
            | Output::EndAgentCaption { .. }
            | Output::Notice { .. }
            | Output::UserAway(_)
            | Output::Level(_)
            | Output::End(_) => {}
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}
