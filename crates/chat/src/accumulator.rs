//! Joins the pieces of a streamed reply to a whole one.

use std::collections::BTreeMap;

use crate::{Delta, Message, Part, ToolCall, ToolCallPiece};

/// Arguments of a call for which the model wrote none.
const NO_ARGUMENTS: &str = "{}";

/// A streamed reply so far. It grows with the stream, whose length the engine bounds.
#[derive(Debug, Clone, Default)]
pub struct Accumulator {
    text: String,
    reasoning: String,
    calls: BTreeMap<u32, Call>,
}

/// A tool call so far.
#[derive(Debug, Clone, Default)]
struct Call {
    id: String,
    name: String,
    arguments: String,
}

impl Accumulator {
    /// The beginning of a reply.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece. Pieces of several calls may come in any order.
    pub fn push(&mut self, delta: Delta) {
        match delta {
            Delta::Text(text) => self.text.push_str(&text),
            Delta::Reasoning(text) => self.reasoning.push_str(&text),
            Delta::ToolCall(piece) => self.calls.entry(piece.index).or_default().push(piece),
        }
    }

    /// The words so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the model thought so far.
    #[must_use]
    pub fn reasoning(&self) -> &str {
        &self.reasoning
    }

    /// The reply as a message of the agent: its words, then its calls by their index. Reasoning is no part of it, nor is a
    /// call without a name, which nobody could answer; a call without an id gets one.
    #[must_use]
    pub fn into_message(self) -> Message {
        let calls = self.calls.into_iter().filter(|(_, call)| !call.name.is_empty());
        let calls = calls.map(|(index, call)| Part::ToolCall(call.whole(index)));
        calls.fold(Message::assistant(self.text), Message::with)
    }
}

impl Call {
    /// Id and name count as they come first: services that repeat them repeat them whole.
    fn push(&mut self, piece: ToolCallPiece) {
        for (known, new) in [(&mut self.id, piece.id), (&mut self.name, piece.name)] {
            if known.is_empty() {
                *known = new.unwrap_or_default();
            }
        }
        self.arguments.push_str(&piece.arguments);
    }

    fn whole(self, index: u32) -> ToolCall {
        let id = if self.id.is_empty() { format!("call_{index}") } else { self.id };
        let empty = self.arguments.trim().is_empty();
        let arguments = if empty { NO_ARGUMENTS.to_owned() } else { self.arguments };
        ToolCall { id, name: self.name, arguments }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn piece(index: u32, id: &str, name: &str, arguments: &str) -> Delta {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Delta::ToolCall(ToolCallPiece { index, id: given(id), name: given(name), arguments: arguments.to_owned() })
    }

    fn joined(deltas: impl IntoIterator<Item = Delta>) -> Accumulator {
        let mut reply = Accumulator::new();
        deltas.into_iter().for_each(|delta| reply.push(delta));
        reply
    }

    #[test]
    fn words_reasoning_and_calls_are_kept_apart() {
        let reply = joined([
            Delta::Reasoning("The user ".into()),
            Delta::text("One "),
            piece(0, "a", "weather", ""),
            Delta::Reasoning("wants it.".into()),
            piece(0, "", "", "{\"city\":"),
            Delta::text("moment."),
            piece(0, "", "", "\"Rome\"}"),
        ]);
        assert_eq!((reply.text(), reply.reasoning()), ("One moment.", "The user wants it."));
        let call = ToolCall { id: "a".into(), name: "weather".into(), arguments: "{\"city\":\"Rome\"}".into() };
        assert_eq!(reply.into_message(), Message::assistant("One moment.").with(Part::ToolCall(call)));
    }

    #[test]
    fn incomplete_calls_are_mended_or_left_out() {
        let reply = joined([piece(7, "b", "", "{}"), piece(3, "", "clock", " "), piece(3, "", "clock", "")]);
        let call = ToolCall { id: "call_3".into(), name: "clock".into(), arguments: "{}".into() };
        assert_eq!(reply.into_message(), Message::assistant("").with(Part::ToolCall(call)));
        assert_eq!(Accumulator::new().into_message(), Message::assistant(""));
    }

    /// Whole calls, and the same in pieces of a few characters each, in the order of their call.
    fn calls_and_pieces() -> impl Strategy<Value = (Vec<ToolCall>, Vec<Vec<Delta>>)> {
        let call = ("[a-z]{1,6}", "[a-z_]{1,6}", "\\{\\PC{0,20}\\}", 1_usize..5);
        prop::collection::vec(call, 0..4).prop_map(|calls| {
            let pieces = calls.iter().enumerate().map(|(index, (id, name, arguments, length))| {
                let index = u32::try_from(index).unwrap_or(u32::MAX);
                let letters: Vec<char> = arguments.chars().collect();
                let rest = letters.chunks(*length).map(|part| piece(index, "", "", &part.iter().collect::<String>()));
                [piece(index, id, name, "")].into_iter().chain(rest).collect()
            });
            let pieces = pieces.collect();
            let whole = |(id, name, arguments, _)| ToolCall { id, name, arguments };
            (calls.into_iter().map(whole).collect(), pieces)
        })
    }

    proptest! {
        #[test]
        fn calls_cut_into_pieces_and_mixed_come_back_whole(
            (calls, mut pieces) in calls_and_pieces(), text in "\\PC{0,20}", turns in prop::collection::vec(0_usize..4, 0..80)
        ) {
            let mut reply = joined(text.chars().map(Delta::text));
            // In turns by chance, then what is left.
            for turn in turns {
                if let Some(queue) = pieces.get_mut(turn).filter(|queue| !queue.is_empty()) {
                    reply.push(queue.remove(0));
                }
            }
            pieces.into_iter().flatten().for_each(|delta| reply.push(delta));
            let message = reply.into_message();
            prop_assert_eq!(message.text(), text);
            prop_assert_eq!(message.tool_calls().cloned().collect::<Vec<_>>(), calls);
        }
    }
}
