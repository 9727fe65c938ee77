//! An engine that failed while it was needed.

use crate::MetricName;

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Voice activity detection.
    Vad,
    /// Turn detection.
    Turn,
    /// Speech to text.
    Stt,
    /// The language model.
    Llm,
    /// Text to speech.
    Tts,
    /// The face.
    Face,
}

impl Engine {
    /// The engine as a log field and metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vad => "vad",
            Self::Turn => "turn",
            Self::Stt => "stt",
            Self::Llm => "llm",
            Self::Tts => "tts",
            Self::Face => "face",
        }
    }
}

/// An engine failed for good: the call goes on without it, or ends.
#[derive(Debug, Clone, Copy)]
pub struct EngineFailed<'a> {
    /// Which one.
    pub engine: Engine,
    /// What it said: an error's text, never what a person said.
    pub message: &'a str,
}

impl EngineFailed<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        let engine = self.engine.as_str();
        tracing::error!(engine, error = self.message, "engine failed");
        count(engine, "permanent");
    }
}

/// An engine failed once (a time-out, a busy server): it is asked again.
#[derive(Debug, Clone, Copy)]
pub struct EngineFaltered<'a> {
    /// Which one.
    pub engine: Engine,
    /// What it said: an error's text, never what a person said.
    pub message: &'a str,
}

impl EngineFaltered<'_> {
    /// Logs it as a warning, and counts it.
    pub fn emit(self) {
        let engine = self.engine.as_str();
        tracing::warn!(engine, error = self.message, "engine faltered");
        count(engine, "transient");
    }
}

fn count(engine: &'static str, severity: &'static str) {
    metrics::counter!(MetricName::EngineFailures.as_str(), "engine" => engine, "severity" => severity).increment(1);
}

#[cfg(test)]
mod tests {
    use super::{Engine, EngineFailed, EngineFaltered};
    use crate::MetricName;
    use crate::events::recording::assert_recorded;

    #[test]
    fn a_failure_names_the_engine_in_the_log_and_in_the_count() {
        let emit = || EngineFailed { engine: Engine::Tts, message: "espeak-ng is missing" }.emit();
        let line = "ERROR engine failed engine=tts error=espeak-ng is missing";
        let labels = [("engine", "tts"), ("severity", "permanent")];
        assert_recorded(emit, line, MetricName::EngineFailures, &labels);
    }

    #[test]
    fn a_failure_that_may_pass_is_a_warning_under_the_same_name() {
        let emit = || EngineFaltered { engine: Engine::Llm, message: "timed out" }.emit();
        let labels = [("engine", "llm"), ("severity", "transient")];
        assert_recorded(emit, "WARN engine faltered engine=llm error=timed out", MetricName::EngineFailures, &labels);
    }
}
