//! Commands that need neither a room nor a model.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn agent_worker(arguments: &[&str]) -> Output {
    let cache = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent-worker"));
    command.args(arguments).env_clear().env("VISAVIS_CACHE", cache.path()).output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn persona_check_shows_every_mistake_of_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, rest: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("name = \"Ava\"\ninstructions = \"Be kind.\"\n{rest}\n")).unwrap();
        path.display().to_string()
    };
    let right = file("right.toml", "[engines]\ntts = \"kokoro\"\n[voice]\nname = \"bf_emma\"");
    let wrong = file("wrong.toml", "greting = \"Hi.\"\n[engines]\ntts = \"kokorro\"");
    let output = agent_worker(&["persona", "check", &right, &wrong]);
    let said = printed(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], format!("{right}: ok, Ava"));
    assert!(lines[1].starts_with(&format!("{wrong}:3:1: greting: unknown field")), "{said}");
    assert!(lines[2].starts_with(&format!("{wrong}:5:7: engines.tts: ")) && lines[2].contains("`kokoro`"), "{said}");
    assert_eq!(lines.len(), 3, "{said}");
    assert_eq!(agent_worker(&["persona", "check", &right]).status.code(), Some(0));
}

/// `chat --json` with a language model that cannot be reached, and these lines.
fn chat(lines: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let persona = folder.path().join("ava.toml");
    let text = "name = \"Ava\"\ninstructions = \"Be kind.\"\ngreeting = \"Hi.\"\n[engines]\nllm = \"openai\"\n";
    std::fs::write(&persona, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent-worker"));
    command.args(["chat", "--json", "--persona"]).arg(&persona).env_clear();
    command.env("VISAVIS_CACHE", folder.path()).env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn conversations_in_writing_are_answered_line_by_line() {
    let output = chat("[\"Hello?\"]\n[]\n");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Vec<Value> = printed(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&told[0]["greeting"], told.len()), (&"Hi.".into(), 2));
    // The service is not there: the agent says so, as in a call.
    let answer = &told[0]["answers"][0];
    assert!(answer["text"].as_str().unwrap().starts_with("Sorry, I could not think"), "{answer}");
    assert!(answer["whole_ms"].as_f64().unwrap() >= answer["first_clause_ms"].as_f64().unwrap());
    assert_eq!(told[1]["answers"], Value::Array(Vec::new()));
}

#[test]
fn a_line_that_is_no_conversation_is_named() {
    let output = chat("[]\nHello?\n");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("line 2: ") && said.contains("JSON array of strings"), "{said}");
}

#[test]
fn the_schema_names_the_engines_and_policies() {
    let schema: Value = serde_json::from_str(&printed(&agent_worker(&["persona", "schema"]))).unwrap();
    let text = schema.to_string();
    for name in ["kokoro", "piper", "moonshine", "qwen2.5-coder-0.5b", "openai", "detector", "manual"] {
        assert!(text.contains(&format!("\"{name}\"")), "{name}: {text}");
    }
}

#[test]
fn engines_that_are_not_installed_are_listed_with_what_they_can_do() {
    let output = agent_worker(&["engines", "--json"]);
    let listed: Value = serde_json::from_str(&printed(&output)).unwrap();
    let engines = listed["engines"].as_array().unwrap();
    let named = |name: &str| engines.iter().find(|engine| engine["name"] == name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!((&named("kokoro")["installed"], &named("kokoro")["licence"]), (&false.into(), &"Apache-2.0".into()));
    assert!(named("kokoro")["voices"].to_string().contains("bf_emma"));
    assert!(named("openai")["variables"].to_string().contains("OPENAI_API_KEY"));
    assert_eq!(named("openai")["installed"], true);
    let people = printed(&agent_worker(&["engines"]));
    assert!(people.contains("missing") && people.contains("cargo xtask assets"), "{people}");
}

#[test]
fn variables_are_those_of_engines_and_avatar_services() {
    let said = printed(&agent_worker(&["variables"]));
    let names: Vec<&str> = said.lines().collect();
    assert!(names.contains(&"OPENAI_API_KEY") && names.contains(&"TAVUS_API_KEY"), "{names:?}");
    assert!(names.iter().all(|name| proto::worker::may_be_handed_on(name)), "{names:?}");
}
