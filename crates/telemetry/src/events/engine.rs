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

/// An engine failed.
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
        metrics::counter!(MetricName::EngineFailures.as_str(), "engine" => engine).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::{Engine, EngineFailed};
    use crate::MetricName;
    use crate::events::recording::record;

    #[test]
    fn a_failure_names_the_engine_in_the_log_and_in_the_count() {
        let recording = record(|| EngineFailed { engine: Engine::Tts, message: "espeak-ng is missing" }.emit());
        assert_eq!(recording.lines(), ["ERROR engine failed engine=tts error=espeak-ng is missing"]);
        let label = vec![("engine".to_owned(), "tts".to_owned())];
        assert_eq!(recording.counters(), [(MetricName::EngineFailures, label, 1)]);
    }
}
