//! `POST /v1/chat/completions`: a fixed sentence, token by token or whole.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::exchange::{Stub, json as parse, reply, text};
use super::plan::{Route, in_turn};
use super::record::Detail;

const ROLES: [&str; 5] = ["system", "developer", "user", "assistant", "tool"];

pub(super) async fn answer(State(stub): State<Stub>, headers: HeaderMap, body: Bytes) -> Response {
    let detail = parse(&body).and_then(check);
    let (stream, usage) = match &detail {
        Ok(Detail::Chat { stream, body, .. }) => (*stream, body["stream_options"]["include_usage"] == true),
        _ => (false, false),
    };
    let (behaviour, number) = match stub.enter(Route::Chat, &headers, detail) {
        Ok(entered) => entered,
        Err(refusal) => return *refusal,
    };
    let said = in_turn(&stub.plan.chat, number);
    if stream {
        let pieces = events(said, usage);
        return reply(behaviour, &headers, "text/event-stream", pieces, stub.plan.token_delay).await;
    }
    let message = json!({"role": "assistant", "content": said});
    let whole = json!({
        "id": "chatcmpl-stub", "object": "chat.completion", "created": 0, "model": "stub",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage_of(said),
    });
    reply(behaviour, &headers, "application/json", vec![Bytes::from(whole.to_string())], stub.plan.token_delay).await
}

fn check(body: Value) -> Result<Detail, String> {
    let model = text(&body, "model")?.to_owned();
    let list = body.get("messages").and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or("`messages` is missing, empty or no list")?;
    let mut messages = Vec::with_capacity(list.len());
    for (index, message) in list.iter().enumerate() {
        let role = text(message, "role").map_err(|error| format!("messages[{index}]: {error}"))?;
        if !ROLES.contains(&role) {
            return Err(format!("messages[{index}]: there is no role `{role}`"));
        }
        let content = content(&message["content"]).filter(|content| !content.is_empty());
        let content = content.ok_or_else(|| format!("messages[{index}]: `content` is missing or empty"))?;
        messages.push((role.to_owned(), content));
    }
    let stream = match &body["stream"] {
        Value::Null => false,
        Value::Bool(stream) => *stream,
        other => return Err(format!("`stream` is {other}")),
    };
    if !stream && !body["stream_options"].is_null() {
        return Err("`stream_options` without `stream`".into());
    }
    Ok(Detail::Chat { model, messages, stream, body })
}

/// A text, or the texts of a list of parts.
fn content(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => Some(parts.iter().filter_map(|part| part["text"].as_str()).collect()),
        _ => None,
    }
}

/// Server-sent events: the role, each token (a word and the space before it), the reason of the end, perhaps usage, done.
fn events(said: &str, usage: bool) -> Vec<Bytes> {
    let chunk = |choices: Value, usage: Value| {
        let value = json!({
            "id": "chatcmpl-stub", "object": "chat.completion.chunk", "created": 0, "model": "stub",
            "choices": choices, "usage": usage,
        });
        Bytes::from(format!("data: {value}\n\n"))
    };
    let choice = |delta: Value, finish: Value| {
        chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), Value::Null)
    };
    let mut events = vec![choice(json!({"role": "assistant", "content": ""}), Value::Null)];
    events.extend(tokens(said).map(|token| choice(json!({"content": token}), Value::Null)));
    let mut last = choice(json!({}), json!("stop")).to_vec();
    if usage {
        last.extend(chunk(json!([]), usage_of(said)));
    }
    last.extend_from_slice(b"data: [DONE]\n\n");
    events.push(Bytes::from(last));
    events
}

/// Cuts a text before each space; together the pieces are the text.
fn tokens(said: &str) -> impl Iterator<Item = &str> {
    let mut from = 0;
    let ends: Vec<usize> = said.match_indices(' ').map(|(at, _)| at).filter(|at| *at > 0).chain([said.len()]).collect();
    ends.into_iter().filter_map(move |end| {
        let token = &said[from..end];
        from = end;
        (!token.is_empty()).then_some(token)
    })
}

fn usage_of(said: &str) -> Value {
    let tokens = tokens(said).count();
    json!({"prompt_tokens": 1, "completion_tokens": tokens, "total_tokens": tokens + 1})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_text() {
        for said in ["", "one", "The capital of France.", " a  b "] {
            assert_eq!(tokens(said).collect::<String>(), said);
        }
        assert_eq!(tokens("a b c").collect::<Vec<_>>(), ["a", " b", " c"]);
    }
}
