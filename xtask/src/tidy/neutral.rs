//! The core of a conversation does not name the transport that carries it (DESIGN, rule 3).

use std::ops::RangeInclusive;

use syn::Item;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::test_code::{attributes, is_test_file, is_test_only};
use super::{Findings, SourceFile};

/// The crates that know no transport.
const CORE: [&str; 8] = ["session", "dialogue", "chat", "engines", "persona", "face", "tools", "memory"];
const EXTENSIONS: [&str; 3] = ["rs", "md", "toml"];

/// Texts that files written before and files of users hold. They may stand in string literals.
const WRITTEN: [(&str, &[&str]); 2] = [
    // Recordings of calls, whose lines are read and replayed.
    ("dialogue", &["room_interrupted", "room_restored", "room_rejoined", "room_lost"]),
    // The layer of a character's art that is painted behind everything: docs/face-drawn.md.
    ("face", &["room"]),
];

pub(super) fn check(files: &[SourceFile], findings: &mut Findings) {
    for file in files.iter().filter(|file| file.has_extension(&EXTENSIONS) && !is_test_file(&file.path)) {
        let Some((name, _)) = file.path.strip_prefix("crates/").and_then(|path| path.split_once('/')) else { continue };
        if CORE.contains(&name) {
            check_file(name, file, findings);
        }
    }
}

fn check_file(crate_name: &str, file: &SourceFile, findings: &mut Findings) {
    let tests = if file.has_extension(&["rs"]) { test_lines(&file.text) } else { Vec::new() };
    let written = WRITTEN.iter().find(|(name, _)| *name == crate_name).map_or(&[] as &[&str], |(_, texts)| texts);
    for (number, line) in (1..).zip(file.text.lines()) {
        if tests.iter().any(|lines| lines.contains(&number)) {
            continue;
        }
        let line = written.iter().fold(line.to_owned(), |line, text| line.replace(&format!("\"{text}\""), "\"\""));
        if let Some(word) = transport_word(&line) {
            let problem = format!("`{word}` names the transport, which the crate `{crate_name}` does not know");
            findings.broken.push(format!("{}:{number}: {problem}", file.path));
        }
    }
}

/// The first word of the line that names the transport.
fn transport_word(line: &str) -> Option<&str> {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.find(|word| word.to_lowercase().contains("livekit") || parts(word).any(|part| is_room(&part)))
}

fn is_room(part: &str) -> bool {
    part.eq_ignore_ascii_case("room") || part.eq_ignore_ascii_case("rooms")
}

/// The parts of an identifier: `room`, `lost` of `room_lost`, `Room`, `Lost` of `RoomLost`.
fn parts(word: &str) -> impl Iterator<Item = String> {
    let mut parts = vec![String::new()];
    let mut after_small = false;
    for c in word.chars() {
        if c == '_' || (after_small && c.is_uppercase()) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut()
            && c != '_'
        {
            part.push(c);
        }
        after_small = !c.is_uppercase() && c != '_';
    }
    parts.into_iter()
}

/// The lines of code that only tests compile; none where the text is no Rust.
fn test_lines(text: &str) -> Vec<RangeInclusive<usize>> {
    let mut tests = Tests::default();
    if let Ok(file) = syn::parse_file(text) {
        tests.visit_file(&file);
    }
    tests.lines
}

#[derive(Default)]
struct Tests {
    lines: Vec<RangeInclusive<usize>>,
}

impl<'ast> Visit<'ast> for Tests {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test_only(attributes(item)) {
            self.lines.push(item.span().start().line..=item.span().end().line);
        } else {
            visit::visit_item(self, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn broken(path: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        check(&[file(path, text)], &mut findings);
        findings.broken
    }

    #[test]
    fn a_forbidden_name_is_found_in_code_prose_and_manifests() {
        for text in [
            "/// The room is closed.",
            "// See livekit's docs.",
            "use livekit_protocol as p;",
            "enum A { RoomLost, B }",
            "fn room_lost() {}",
            "const ROOM: u8 = 1;",
            "const EMPTY_ROOMS: u8 = 1;",
            "let lostRoom = 1;",
            "fn a(x: proto::room::B) {}",
            "let a = \"LiveKit\";",
        ] {
            for path in ["crates/dialogue/src/a.rs", "crates/session/README.md", "crates/chat/Cargo.toml"] {
                let found = broken(path, &format!("\n{text}\n"));
                assert_eq!(found.len(), 1, "{text}: {found:?}");
                assert!(found[0].starts_with(&format!("{path}:2: ")), "{found:?}");
            }
        }
    }

    #[test]
    fn other_words_other_crates_and_tests_pass() {
        for text in ["bedroom headroom broom roommate Roomy", "fn chatroom_x() {}", "live kit"] {
            assert_eq!(broken("crates/session/src/a.rs", text), [""; 0], "{text}");
        }
        for path in ["crates/room/src/a.rs", "crates/dialogue/tests/a.rs", "agent-worker/src/a.rs", "docs/a.md"] {
            assert_eq!(broken(path, "room"), [""; 0], "{path}");
        }
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    const ROOM: u8 = 1;\n}\n";
        assert_eq!(broken("crates/session/src/a.rs", text), [""; 0]);
        assert_eq!(broken("crates/session/src/a.rs", &text.replace("#[cfg(test)]", "")).len(), 1);
    }

    #[test]
    fn what_files_of_before_hold_may_stand_in_literals_of_its_crate() {
        let text = "#[serde(rename = \"room_lost\")]";
        assert_eq!(broken("crates/dialogue/src/a.rs", text), [""; 0]);
        assert_eq!(broken("crates/session/src/a.rs", text).len(), 1);
        assert_eq!(broken("crates/dialogue/src/a.rs", "room_lost").len(), 1);
        assert_eq!(broken("crates/dialogue/src/a.rs", "\"room\"").len(), 1);
    }
}
