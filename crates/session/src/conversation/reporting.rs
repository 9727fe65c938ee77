//! What of a conversation is logged, counted and traced.

use dialogue::{FalseInterruption, Level, Output, Speculation, TurnId, TurnTimes};
use telemetry::events::{
    BudgetDegraded, BudgetLevel, FalselyInterrupted, Interrupted, ResumeReason, Speculated, SpeculationOutcome,
    TurnDropped, TurnMeasured, UserAway,
};
use telemetry::spans::CallSpan;

use crate::call_clock::CallClock;

/// Reports an output, if it is worth it.
pub(super) fn report(output: &Output, clock: &CallClock, span: &CallSpan) {
    match output {
        Output::TurnMeasured { turn, times } => measured(*turn, times, clock, span),
        Output::Speculation(what) => {
            let outcome = match what {
                Speculation::Started => SpeculationOutcome::Started,
                Speculation::Committed => SpeculationOutcome::Committed,
                Speculation::Discarded => SpeculationOutcome::Discarded,
            };
            Speculated { outcome }.emit();
        }
        Output::Interrupted { .. } => Interrupted.emit(),
        Output::FalselyInterrupted { why, .. } => {
            let reason = match why {
                FalseInterruption::BackChannel => ResumeReason::BackChannel,
                FalseInterruption::Noise => ResumeReason::Noise,
            };
            FalselyInterrupted { reason }.emit();
        }
        Output::TurnDropped { turn } => TurnDropped { turn: turn.0 }.emit(),
        Output::UserAway(away) => UserAway { away: *away }.emit(),
        Output::Level(level) => {
            let level = match level {
                Level::Full => BudgetLevel::Full,
                Level::NoSpeculation => BudgetLevel::NoSpeculation,
                Level::FewerFrames => BudgetLevel::FewerFrames,
                Level::TextOnly => BudgetLevel::TextOnly,
                Level::Spent => BudgetLevel::Spent,
            };
            BudgetDegraded { level }.emit();
        }
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
        | Output::End(_) => {}
    }
}

fn measured(turn: TurnId, times: &TurnTimes, clock: &CallClock, span: &CallSpan) {
    let at = |moment| clock.instant(moment);
    TurnMeasured {
        turn: turn.0,
        speech_ended: at(times.user_ended),
        transcribed: times.transcribed.map(at),
        turn_ended: at(times.turn_ended),
        asked: Some(at(times.asked)),
        first_token: times.first_token.map(at),
        first_clause: times.first_clause.map(at),
        first_audio: times.first_audio.map(at),
        first_sound: Some(at(times.first_sound)),
        e2e_latency: Some(times.silence()),
        speculative: times.speculative,
    }
    .emit(span);
}
