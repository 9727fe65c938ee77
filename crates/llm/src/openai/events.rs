//! Reads the stream of server-sent events that chat completions arrive in.
//!
//! Format: <https://html.spec.whatwg.org/multipage/server-sent-events.html>; every `data:` line holds one JSON object, the
//! last one `[DONE]`.

use remote::{FailureKind, Progress, Reader, RemoteFailure};
use serde_json::Value;

use crate::Finish;

/// The longest line.
const LONGEST_LINE: usize = 64 << 10;

/// An answer as it comes in.
pub(super) struct Events<'a> {
    cancelled: &'a dyn Fn() -> bool,
    sink: &'a mut dyn FnMut(&str),
    line: Vec<u8>,
    finish: Option<Finish>,
    done: bool,
    delivered: bool,
}

impl<'a> Events<'a> {
    pub(super) fn new(cancelled: &'a dyn Fn() -> bool, sink: &'a mut dyn FnMut(&str)) -> Self {
        Self { cancelled, sink, line: Vec::new(), finish: None, done: false, delivered: false }
    }

    /// Why the answer ended.
    pub(super) fn finish(&self) -> Finish {
        self.finish.unwrap_or(Finish::Stop)
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
        // Without one it tells the usage.
        let Some(choice) = choices.first() else { return Ok(()) };
        if let Some(text) = choice["delta"]["content"].as_str().filter(|text| !text.is_empty())
            && self.finish.is_none()
            && !(self.cancelled)()
        {
            self.delivered = true;
            (self.sink)(text);
        }
        match choice["finish_reason"].as_str() {
            None => {}
            Some("length") => self.finish = Some(Finish::Length),
            // "stop", and what keeps a model from going on: filters, tools.
            Some(_) => self.finish = Some(Finish::Stop),
        }
        Ok(())
    }
}

impl Reader for Events<'_> {
    fn begin(&mut self, media_type: &str) -> Result<(), RemoteFailure> {
        (self.line, self.finish, self.done, self.delivered) = (Vec::new(), None, false, false);
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

    /// What is delivered when the stream comes in pieces of `piece` bytes, and how it ends.
    fn read(stream: &str, piece: usize) -> (String, Result<Finish, FailureKind>) {
        let mut said = String::new();
        let mut sink = |text: &str| said.push_str(text);
        let mut events = Events::new(&|| false, &mut sink);
        let mut ending = Err(FailureKind::Cut);
        for part in stream.as_bytes().chunks(piece) {
            match events.chunk(part) {
                Ok(Progress::Finished) => {
                    ending = Ok(events.finish());
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
            assert_eq!(read(stream, piece), ("Grüß dich".to_owned(), Ok(Finish::Length)), "{piece}");
        }
    }

    #[test]
    fn what_is_no_answer_is_told_apart() {
        let some = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n";
        let cases = [
            (format!("{some}data: [DONE]\n"), Ok(Finish::Stop)),
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
}
