//! Reads the stream of server-sent events that chat completions arrive in.
//!
//! Format: <https://html.spec.whatwg.org/multipage/server-sent-events.html>; every `data:` line holds one JSON object, the
//! last one `[DONE]`.

use chat::{Completion, Delta, FinishReason, ToolCallPiece, Usage};
use remote::{FailureKind, Progress, Reader, RemoteFailure};
use serde_json::Value;

/// The longest line.
const LONGEST_LINE: usize = 64 << 10;

/// An answer as it comes in.
pub(super) struct Events<'a> {
    cancelled: &'a dyn Fn() -> bool,
    sink: &'a mut dyn FnMut(Delta),
    line: Vec<u8>,
    finish: Option<FinishReason>,
    usage: Option<Usage>,
    done: bool,
    delivered: bool,
}

impl<'a> Events<'a> {
    pub(super) fn new(cancelled: &'a dyn Fn() -> bool, sink: &'a mut dyn FnMut(Delta)) -> Self {
        Self { cancelled, sink, line: Vec::new(), finish: None, usage: None, done: false, delivered: false }
    }

    /// How the answer ended.
    pub(super) fn completion(&self) -> Completion {
        Completion { finish: self.finish.unwrap_or(FinishReason::Stop), usage: self.usage }
    }

    fn line(&mut self) -> Result<(), RemoteFailure> {
        let line = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&line).map_err(|_| garbage("a line that is no UTF-8"))?;
        let line = line.trim_end_matches('\r').trim_start_matches('\u{feff}');
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        match field {
            "data" => self.data(value.trim()),
            // The end of an event, a comment (services send them to keep the connection), and fields that carry nothing here.
            "" | "event" | "id" | "retry" => Ok(()),
            _ => Err(garbage("a line that is no server-sent event")),
        }
    }

    fn data(&mut self, data: &str) -> Result<(), RemoteFailure> {
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let event: Value = serde_json::from_str(data).map_err(|_| garbage("an event that is no JSON"))?;
        if let Some(error) = event.get("error").filter(|error| !error.is_null()) {
            // Some services fail after they have begun to answer.
            let message = error.get("message").and_then(Value::as_str).unwrap_or("an error in the stream");
            let message = remote::one_line(message);
            return Err(RemoteFailure::new(FailureKind::Server, message));
        }
        let choices =
            event.get("choices").and_then(Value::as_array).ok_or_else(|| garbage("an event without choices"))?;
        if let Some(usage) = event.get("usage").and_then(usage) {
            self.usage = Some(usage);
        }
        // Without one it tells the usage only.
        let Some(choice) = choices.first() else { return Ok(()) };
        self.delta(&choice["delta"]);
        match choice["finish_reason"].as_str() {
            None => {}
            Some("length") => self.finish = Some(FinishReason::Length),
            Some("tool_calls") => self.finish = Some(FinishReason::ToolCalls),
            Some("content_filter") => self.finish = Some(FinishReason::ContentFilter),
            // "stop", and whatever services make up.
            Some(_) => self.finish = Some(FinishReason::Stop),
        }
        Ok(())
    }

    fn delta(&mut self, delta: &Value) {
        if self.finish.is_some() || (self.cancelled)() {
            return;
        }
        let given = |name: &str| delta[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        if let Some(reasoning) = given("reasoning_content").or_else(|| given("reasoning")) {
            // Not delivered: thinking is no beginning of an answer, which the deadlines ask for.
            (self.sink)(Delta::Reasoning(reasoning));
        }
        let text = given("content").map(Delta::Text);
        let calls = delta["tool_calls"].as_array().into_iter().flatten().enumerate();
        for delta in text.into_iter().chain(calls.map(|(place, call)| Delta::ToolCall(piece(place, call)))) {
            self.delivered = true;
            (self.sink)(delta);
        }
    }
}

/// A piece of a tool call; without an index its place in the list is one.
fn piece(place: usize, call: &Value) -> ToolCallPiece {
    let index = call["index"].as_u64().and_then(|index| u32::try_from(index).ok());
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    ToolCallPiece {
        index: index.or_else(|| u32::try_from(place).ok()).unwrap_or_default(),
        id: text(&call["id"]),
        name: text(&call["function"]["name"]),
        arguments: text(&call["function"]["arguments"]).unwrap_or_default(),
    }
}

fn usage(usage: &Value) -> Option<Usage> {
    Some(Usage {
        prompt_tokens: usage["prompt_tokens"].as_u64()?,
        cached_tokens: usage["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap_or_default(),
        completion_tokens: usage["completion_tokens"].as_u64().unwrap_or_default(),
    })
}

impl Reader for Events<'_> {
    fn begin(&mut self, media_type: &str) -> Result<(), RemoteFailure> {
        (self.line, self.finish, self.usage) = (Vec::new(), None, None);
        (self.done, self.delivered) = (false, false);
        if media_type.starts_with("text/html") || media_type.starts_with("application/json") {
            return Err(garbage(&format!("{} where a stream of events was asked for", remote::one_line(media_type))));
        }
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> Result<Progress, RemoteFailure> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match part.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (part, false),
            };
            if self.line.len() + text.len() > LONGEST_LINE {
                return Err(garbage("a line longer than 64 KiB"));
            }
            self.line.extend_from_slice(text);
            if ended {
                self.line()?;
            }
        }
        Ok(match (self.done || self.finish.is_some(), self.delivered) {
            (true, _) => Progress::Finished,
            (false, true) => Progress::Delivered,
            (false, false) => Progress::Nothing,
        })
    }

    fn end(&mut self) -> Result<(), RemoteFailure> {
        Err(RemoteFailure::new(FailureKind::Cut, "the stream ended before the answer did"))
    }
}

fn garbage(message: &str) -> RemoteFailure {
    RemoteFailure::new(FailureKind::Garbage, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use chat::{Accumulator, Message, Part, ToolCall};

    /// The words that are delivered when the stream comes in pieces of `piece` bytes, and how it ends.
    fn read(stream: &str, piece: usize) -> (String, Result<FinishReason, FailureKind>) {
        let (reply, ending) = read_all(stream, piece);
        (reply.text().to_owned(), ending.map(|completion| completion.finish))
    }

    fn read_all(stream: &str, piece: usize) -> (Accumulator, Result<Completion, FailureKind>) {
        let mut said = Accumulator::new();
        let mut sink = |delta| said.push(delta);
        let mut events = Events::new(&|| false, &mut sink);
        let mut ending = Err(FailureKind::Cut);
        for part in stream.as_bytes().chunks(piece) {
            match events.chunk(part) {
                Ok(Progress::Finished) => {
                    ending = Ok(events.completion());
                    break;
                }
                Ok(Progress::Nothing | Progress::Delivered) => {}
                Err(failure) => {
                    ending = Err(failure.kind);
                    break;
                }
            }
        }
        (said, ending)
    }

    #[test]
    fn pieces_of_any_size_give_the_same_text() {
        let stream = ": hello\r\n\r\nevent: x\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n\
            data: {\"choices\":[{\"delta\":{\"content\":\"Grüß \"}}]}\n\ndata:{\"choices\":[{\"delta\":{\"content\":\"dich\"},\
            \"finish_reason\":null}]}\n\ndata: {\"choices\":[]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";
        for piece in [1, 2, 3, 7, 64, 4096] {
            assert_eq!(read(stream, piece), ("Grüß dich".to_owned(), Ok(FinishReason::Length)), "{piece}");
        }
    }

    #[test]
    fn what_is_no_answer_is_told_apart() {
        let some = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n";
        let cases = [
            (format!("{some}data: [DONE]\n"), Ok(FinishReason::Stop)),
            (format!("{some}data: {{\"error\": {{\"message\": \"overloaded\"}}}}\n"), Err(FailureKind::Server)),
            (format!("{some}data: {{\"choices\": 3}}\n"), Err(FailureKind::Garbage)),
            (format!("{some}data: {{\n"), Err(FailureKind::Garbage)),
            (format!("{some}<html>\n"), Err(FailureKind::Garbage)),
            (format!("{some}data: {}\n", "x".repeat(70_000)), Err(FailureKind::Garbage)),
            (some.to_owned(), Err(FailureKind::Cut)),
        ];
        for (stream, ending) in cases {
            assert_eq!(read(&stream, 1024), ("Hi".to_owned(), ending), "{}", &stream[..stream.len().min(120)]);
        }
    }

    #[test]
    fn reasoning_tool_calls_and_usage_are_read() {
        let delta = |delta: &str| format!("data: {{\"choices\":[{{\"delta\":{delta}}}]}}\n");
        let usage = "{\"prompt_tokens\":9,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":4}}";
        let stream = [
            delta(r#"{"reasoning_content":"Rome "}"#),
            delta(r#"{"reasoning":"it is.","content":null}"#),
            delta(r#"{"content":"Let me see."}"#),
            delta(
                r#"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"clock","arguments":""}}]}"#,
            ),
            delta(r#"{"tool_calls":[{"index":1,"id":"b","function":{"name":"map"}}]}"#),
            delta(r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"zone\":"}}]}"#),
            delta(r#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#),
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n".to_owned(),
            format!("data: {{\"choices\":[],\"usage\":{usage}}}\n"),
            "data: [DONE]\n".to_owned(),
        ];
        let (reply, ending) = read_all(&stream.concat(), 4096);
        assert_eq!(reply.reasoning(), "Rome it is.");
        let call = |id: &str, name: &str, arguments: &str| {
            Part::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() })
        };
        let whole =
            Message::assistant("Let me see.").with(call("a", "clock", "{\"zone\":1}")).with(call("b", "map", "{}"));
        assert_eq!(reply.into_message(), whole);
        let usage = Usage { prompt_tokens: 9, cached_tokens: 4, completion_tokens: 5 };
        assert_eq!(ending, Ok(Completion { finish: FinishReason::ToolCalls, usage: Some(usage) }));
    }

    #[test]
    fn every_reason_to_end_has_its_name_and_others_are_a_stop() {
        for (name, finish) in [
            ("stop", FinishReason::Stop),
            ("length", FinishReason::Length),
            ("tool_calls", FinishReason::ToolCalls),
            ("content_filter", FinishReason::ContentFilter),
            ("eos_token", FinishReason::Stop),
        ] {
            let stream = format!("data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"{name}\"}}]}}\n");
            assert_eq!(read(&stream, 4096), (String::new(), Ok(finish)), "{name}");
        }
    }

    #[test]
    fn reasoning_alone_is_no_beginning_of_an_answer() {
        let mut thought = 0;
        let mut sink = |_| thought += 1;
        let mut events = Events::new(&|| false, &mut sink);
        let progress = events.chunk(b"data: {\"choices\":[{\"delta\":{\"reasoning\":\"Hm.\"}}]}\n").unwrap();
        assert!(matches!(progress, Progress::Nothing));
        assert_eq!(thought, 1);
    }
}
