//! Turns what a service or the network says into one short line without secrets.

use serde_json::Value;

use crate::Secret;

/// Characters of a message at most.
const LONGEST: usize = 200;
/// How the keys of paid services begin; what looks like one is taken out, even when it is not ours.
const KEY_BEGINNING: &str = "sk-";

/// The message in an error body: OpenAI's `{"error": {"message"}}` and its relatives, else the text itself.
pub(crate) fn of_body(body: &[u8], key: Option<&Secret>) -> String {
    let text = String::from_utf8_lossy(body);
    let value: Value = serde_json::from_str(&text).unwrap_or_default();
    let places = [&value["error"]["message"], &value["error"], &value["message"], &value["detail"]];
    let found = places.into_iter().find_map(Value::as_str);
    let line = one_line(found.unwrap_or(&text), key);
    if line.is_empty() { "the service gave no reason".to_owned() } else { line }
}

/// One line of at most [`LONGEST`] characters, with the key and whatever looks like one replaced.
pub(crate) fn one_line(text: &str, key: Option<&Secret>) -> String {
    let hidden = match key {
        Some(key) => text.replace(key.expose(), "(key)"),
        None => text.to_owned(),
    };
    let mut line = String::new();
    for word in hidden.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(if word.contains(KEY_BEGINNING) { "(key)" } else { word });
        if line.chars().count() > LONGEST {
            return line.chars().take(LONGEST).chain(['…']).collect();
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_and_hold_no_key() {
        let key = Secret::new("topsecret");
        let said = |body: &str| of_body(body.as_bytes(), key.as_ref());
        assert_eq!(said(r#"{"error": {"message": "Bad key topsecret."}}"#), "Bad key (key).");
        assert_eq!(said(r#"{"error": "model\nnot found"}"#), "model not found");
        assert_eq!(said(r#"{"detail": "No sk-ab***12: try"}"#), "No (key) try");
        assert_eq!(said("<html>\u{1b}[31m oops"), "<html> [31m oops");
        assert_eq!(said(" "), "the service gave no reason");
        assert_eq!(said(&"x".repeat(5000)).chars().count(), LONGEST + 1);
    }
}
