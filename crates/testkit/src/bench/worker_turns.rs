//! What workers say of the turns that they answered, read from the log of a stack.

use serde_json::Value;

/// One turn: milliseconds since the user's last sound, or of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct WorkerTurn {
    /// Until the words were final.
    pub(super) words: Option<f64>,
    /// Until the turn was held to be over.
    pub(super) end_of_turn: Option<f64>,
    /// From the request to the language model to its first clause.
    pub(super) first_clause: Option<f64>,
    /// From that clause to its first sound.
    pub(super) voice: Option<f64>,
    /// From that sound to the first sample played.
    pub(super) playout: Option<f64>,
    /// Until the first sample was played.
    pub(super) answered: Option<f64>,
}

/// The turns of a log, in order. Each line is JSON, and so is the message in it that a worker wrote.
pub(super) fn worker_turns(log: &str) -> Vec<WorkerTurn> {
    log.lines().filter_map(worker_turn).collect()
}

fn worker_turn(line: &str) -> Option<WorkerTurn> {
    let outer: Value = serde_json::from_str(line).ok()?;
    let inner: Value = serde_json::from_str(outer.get("message")?.as_str()?).ok()?;
    let field = |name: &str| inner.get(name).and_then(Value::as_f64);
    field("turn_number")?;
    Some(WorkerTurn {
        words: field("transcription_delay_ms"),
        end_of_turn: field("end_of_turn_delay_ms"),
        first_clause: field("first_clause_delay_ms"),
        voice: field("tts_ttfb_ms"),
        playout: field("playout_delay_ms"),
        answered: field("e2e_latency_ms"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_about_turns_count() {
        let log = r#"
{"service":"token-server","message":"up"}
{"message":"{\"message\":\"turn 2: answered in 549 ms\",\"turn_number\":2,\"end_of_turn_delay_ms\":251.1,\"e2e_latency_ms\":549.3}"}
{"message":"{\"message\":\"user away\"}"}"#;
        let turn = WorkerTurn { end_of_turn: Some(251.1), answered: Some(549.3), ..WorkerTurn::default() };
        assert_eq!(worker_turns(log), [turn]);
    }
}
