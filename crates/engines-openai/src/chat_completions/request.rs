//! The messages of a request, in OpenAI's form.

use chat::{Message, Part, Role, ToolCall};
use serde_json::{Value, json};

/// All messages that say something: services refuse others. The newest of a conversation always does.
pub(super) fn messages(messages: &[Message]) -> Vec<Value> {
    messages.iter().flat_map(written).collect()
}

/// One message; several when it holds the results of several tools, each of which is a message of its own there.
fn written(message: &Message) -> Vec<Value> {
    let mut list: Vec<Value> = message.parts.iter().filter_map(result).collect();
    let calls: Vec<Value> = message.tool_calls().map(call).collect();
    let content = content(message);
    if !content.is_null() || !calls.is_empty() {
        let mut rest = json!({"role": message.role.name(), "content": content});
        if !calls.is_empty() {
            rest["tool_calls"] = json!(calls);
        }
        list.push(rest);
    }
    list
}

/// Text as a string, with pictures as a list; null when there is neither.
fn content(message: &Message) -> Value {
    if !message.parts.iter().any(|part| matches!(part, Part::Image(_))) {
        let text = message.text();
        return if text.trim().is_empty() { Value::Null } else { json!(text) };
    }
    let parts = message.parts.iter().filter_map(|part| match part {
        Part::Text { text } if !text.trim().is_empty() => Some(json!({"type": "text", "text": text})),
        Part::Image(image) => Some(json!({"type": "image_url", "image_url": {"url": image.url()}})),
        Part::Text { .. } | Part::ToolCall(_) | Part::ToolResult(_) => None,
    });
    parts.collect()
}

fn call(call: &ToolCall) -> Value {
    json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}})
}

/// The protocol knows no flag for a tool that failed: the model reads it in the content.
fn result(part: &Part) -> Option<Value> {
    match part {
        Part::ToolResult(result) => {
            let role = Role::Tool.name();
            Some(json!({"role": role, "tool_call_id": result.call_id, "content": result.content}))
        }
        Part::Text { .. } | Part::Image(_) | Part::ToolCall(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::messages;
    use chat::{Image, Message, Part, ToolCall, ToolResult};
    use serde_json::json;

    #[test]
    fn text_is_a_string_and_empty_messages_are_left_out() {
        let said = [Message::system("Be kind."), Message::assistant(" "), Message::user(""), Message::user(" Hi ")];
        let sent = [json!({"role": "system", "content": "Be kind."}), json!({"role": "user", "content": " Hi "})];
        assert_eq!(messages(&said), sent);
    }

    #[test]
    fn pictures_make_the_content_a_list() {
        let seen = Message::user("What is this?")
            .with(Part::Image(Image::from_bytes("image/png", *b"png")))
            .with(Part::Image(Image::from_url("image/png", "https://a.test/b.png")));
        let content = json!([
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}},
            {"type": "image_url", "image_url": {"url": "https://a.test/b.png"}},
        ]);
        assert_eq!(messages(&[seen]), [json!({"role": "user", "content": content})]);
    }

    #[test]
    fn tool_calls_are_a_field_and_each_result_is_a_message() {
        let call = |id: &str| ToolCall { id: id.into(), name: "clock".into(), arguments: "{}".into() };
        let calls = Message::assistant("").with(Part::ToolCall(call("a"))).with(Part::ToolCall(call("b")));
        let result = |id: &str| ToolResult { call_id: id.into(), content: "noon".into(), is_error: false };
        let results = Message::tool(result("a")).with(Part::ToolResult(result("b")));
        let function = json!({"name": "clock", "arguments": "{}"});
        let sent = [
            json!({"role": "assistant", "content": null, "tool_calls": [
                {"id": "a", "type": "function", "function": function},
                {"id": "b", "type": "function", "function": function},
            ]}),
            json!({"role": "tool", "tool_call_id": "a", "content": "noon"}),
            json!({"role": "tool", "tool_call_id": "b", "content": "noon"}),
        ];
        assert_eq!(messages(&[calls, results]), sent);
    }
}
