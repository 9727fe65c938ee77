#![allow(clippy::unwrap_used)]
use super::Message;
use crate::{Image, Part, Role, ToolCall, ToolResult};
use proptest::prelude::*;
use serde_json::json;

fn written(message: &Message) -> String {
    serde_json::to_string(message).unwrap()
}

fn read(text: &str) -> Message {
    serde_json::from_str(text).unwrap()
}

fn call() -> ToolCall {
    ToolCall { id: "call_1".into(), name: "weather".into(), arguments: r#"{"city":"Rome"}"#.into() }
}

#[test]
fn text_is_written_as_it_always_was() {
    assert_eq!(written(&Message::user("Hi \"there\"")), r#"{"role":"user","content":"Hi \"there\""}"#);
    assert_eq!(written(&Message::system("Be kind.")), r#"{"role":"system","content":"Be kind."}"#);
    assert_eq!(written(&Message::assistant("")), r#"{"role":"assistant","content":""}"#);
}

#[test]
fn text_a_list_null_and_nothing_are_read() {
    assert_eq!(read(r#"{"role":"user","content":"Hi"}"#), Message::user("Hi"));
    assert_eq!(read(r#"{"content":"","role":"user"}"#), Message::user(""));
    assert_eq!(read(r#"{"role":"assistant","content":null}"#), Message::assistant(""));
    assert_eq!(read(r#"{"role":"assistant","name":"Ava"}"#), Message::assistant(""));
    assert_eq!(read(r#"{"role":"user","content":[{"type":"text","text":"Hi"}]}"#), Message::user("Hi"));
    assert_eq!(read(r#"{"role":"user","content":[]}"#), Message::user(""));
}

#[test]
fn what_is_no_message_is_refused_with_a_reason() {
    for text in [
        r#"{"content":"Hi"}"#,
        r#"{"role":"king","content":"Hi"}"#,
        r#"{"role":"user","content":3}"#,
        r#"{"role":"user","content":[{"type":"smell"}]}"#,
        r#"{"role":"user","content":[{"type":"image","media_type":"image/png","data":"?"}]}"#,
    ] {
        assert!(serde_json::from_str::<Message>(text).is_err(), "{text}");
    }
    let error = serde_json::from_str::<Message>(r#"{"role":"user","content":3}"#).unwrap_err().to_string();
    assert!(error.contains("neither text nor a list"), "{error}");
}

#[test]
fn other_parts_are_a_tagged_list() {
    let seen = Message::user("Look:").with(Part::Image(Image::from_bytes("image/png", *b"png")));
    let part = json!({"type": "image", "media_type": "image/png", "data": "cG5n"});
    let list = json!({"role": "user", "content": [{"type": "text", "text": "Look:"}, part]});
    assert_eq!(serde_json::to_value(&seen).unwrap(), list);

    let called = Message::assistant("").with(Part::ToolCall(call()));
    let part = json!({"type": "tool_call", "id": "call_1", "name": "weather", "arguments": "{\"city\":\"Rome\"}"});
    assert_eq!(serde_json::to_value(&called).unwrap(), json!({"role": "assistant", "content": [part]}));

    let result = ToolResult { call_id: "call_1".into(), content: "Sunny.".into(), is_error: false };
    let part = json!({"type": "tool_result", "call_id": "call_1", "content": "Sunny."});
    let returned = Message::tool(result);
    assert_eq!(serde_json::to_value(&returned).unwrap(), json!({"role": "tool", "content": [part]}));
    for message in [seen, called, returned] {
        assert_eq!(read(&written(&message)), message);
    }
}

#[test]
fn the_text_is_that_of_all_text_parts() {
    assert_eq!(Message::user("").text(), "");
    let image = Part::Image(Image::from_url("image/png", "https://a.test/b.png"));
    let message = Message::user("One.").with(image).with(Part::text("Two.")).with(Part::ToolCall(call()));
    assert_eq!(message.text(), "One.\nTwo.");
    assert!(!message.is_text());
    assert_eq!(message.tool_calls().collect::<Vec<_>>(), [&call()]);
}

#[test]
fn text_is_continued_in_its_part() {
    let mut message = Message::assistant("");
    message.push_text("");
    assert_eq!(message, Message::assistant(""));
    message.push_text("Once");
    message.push_text(" upon");
    assert_eq!(message, Message::assistant("Once upon"));
    message = message.with(Part::ToolCall(call()));
    message.push_text("a time");
    assert_eq!(message.parts.len(), 3);
}

fn any_part() -> impl Strategy<Value = Part> {
    let bytes = prop::collection::vec(any::<u8>(), 0..20);
    prop_oneof![
        "\\PC{0,12}".prop_map(Part::text),
        bytes.prop_map(|bytes| Part::Image(Image::from_bytes("image/jpeg", bytes))),
        "\\PC{0,12}".prop_map(|url| Part::Image(Image::from_url("image/png", url))),
        ("\\PC{0,8}", "\\PC{0,8}", "\\PC{0,12}").prop_map(|(id, name, arguments)| Part::ToolCall(ToolCall {
            id,
            name,
            arguments
        })),
        ("\\PC{0,8}", "\\PC{0,12}", any::<bool>())
            .prop_map(|(call_id, content, is_error)| { Part::ToolResult(ToolResult { call_id, content, is_error }) }),
    ]
}

proptest! {
    #[test]
    fn whatever_is_written_reads_as_it_was(
        role in prop::sample::select(Role::ALL.to_vec()), parts in prop::collection::vec(any_part(), 0..4)
    ) {
        let message = Message { role, parts };
        prop_assert_eq!(read(&written(&message)), message);
    }

    #[test]
    fn a_message_of_text_is_a_role_and_a_string(
        role in prop::sample::select(Role::ALL.to_vec()), text in "\\PC{0,40}"
    ) {
        let expected = format!("{{\"role\":\"{}\",\"content\":{}}}", role.name(), serde_json::to_string(&text).unwrap());
        prop_assert_eq!(written(&Message::new(role, text)), expected);
    }
}
