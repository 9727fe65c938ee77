//! Words that must not stand in the code, or nowhere at all.

use super::code::{is_word, without_prose};
use super::{Findings, SourceFile};

/// Where `unsafe` may stand, and why.
const UNSAFE_ALLOWED: [(&str, &str); 2] = [
    (
        "crates/room/src/ffi/library.rs",
        "calls the C functions of liblivekit_ffi; its invariants are written down there",
    ),
    ("agent-worker/src/quick_exit.rs", "ends the process without running C++ destructors under running engines"),
];

/// Code that is refused, and what to do instead. A `(` or `[` belongs to the pattern.
const REFUSED_CODE: [(&str, &str); 5] = [
    ("unbounded_channel", "use a bounded channel and decide what happens when it is full"),
    ("mpsc::channel()", "use `sync_channel` with a bound and decide what happens when it is full"),
    ("todo!(", "finish it, or leave it out"),
    ("unimplemented!(", "finish it, or leave it out"),
    ("#[ignore]", "give the reason: #[ignore = \"…\"]"),
];

/// Hosts of package registries, as labels: the clients know them, and a mirror may stand in for them.
const REGISTRY_HOSTS: [&[&str]; 8] = [
    &["pypi", "org"],
    &["files", "pythonhosted", "org"],
    &["registry", "npmjs", "org"],
    &["registry", "yarnpkg", "com"],
    &["proxy", "golang", "org"],
    &["sum", "golang", "org"],
    &["static", "crates", "io"],
    &["index", "crates", "io"],
];

/// Top folders that only exist on one machine or another.
const LOCAL_FOLDERS: [&str; 2] = ["root", "work"];

pub(super) fn check(files: &[SourceFile], findings: &mut Findings) {
    for file in files {
        if file.has_extension(&["rs"]) {
            check_code(file, findings);
        }
        check_text(file, findings);
    }
}

fn check_code(file: &SourceFile, findings: &mut Findings) {
    let unsafe_allowed = UNSAFE_ALLOWED.iter().any(|(place, _)| file.path.starts_with(place));
    for (number, line) in without_prose(&file.text).lines().enumerate() {
        let place = format!("{}:{}", file.path, number + 1);
        if !unsafe_allowed && contains_word(line, "unsafe") {
            let places: Vec<&str> = UNSAFE_ALLOWED.iter().map(|(place, _)| *place).collect();
            findings.broken.push(format!("{place}: `unsafe` is only allowed in {}", places.join(", ")));
        }
        for (pattern, advice) in REFUSED_CODE {
            if line.contains(pattern) {
                findings.broken.push(format!("{place}: `{pattern}`: {advice}"));
            }
        }
    }
}

fn check_text(file: &SourceFile, findings: &mut Findings) {
    for (number, line) in file.text.lines().enumerate() {
        let place = || format!("{}:{}", file.path, number + 1);
        for host in REGISTRY_HOSTS.iter().map(|labels| labels.join(".")) {
            if contains_host(line, &host) {
                findings.broken.push(format!("{}: names the registry host {host}", place()));
            }
        }
        for folder in LOCAL_FOLDERS.map(|name| format!("/{name}/")) {
            if contains_absolute(line, &folder) {
                findings.broken.push(format!("{}: names the local folder {folder}", place()));
            }
        }
    }
}

/// Whether `word` stands in the line as a word of its own.
fn contains_word(line: &str, word: &str) -> bool {
    occurrences(line, word).any(|(before, after)| !before.is_some_and(is_word) && !after.is_some_and(is_word))
}

/// Whether `host` stands in the line as a whole host name or its end.
fn contains_host(line: &str, host: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '-';
    occurrences(line, host).any(|(before, after)| !before.is_some_and(part) && !after.is_some_and(part))
}

/// Whether `folder` begins a path in the line, rather than lying somewhere inside one.
fn contains_absolute(line: &str, folder: &str) -> bool {
    let inside = |c: char| is_word(c) || "-.}/*)".contains(c);
    occurrences(line, folder).any(|(before, _)| !before.is_some_and(inside))
}

/// The characters before and after each occurrence of `pattern`.
fn occurrences<'a>(line: &'a str, pattern: &'a str) -> impl Iterator<Item = (Option<char>, Option<char>)> + 'a {
    line.match_indices(pattern)
        .map(move |(at, _)| (line[..at].chars().next_back(), line[at + pattern.len()..].chars().next()))
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
    fn unsafe_code_is_found_with_its_line_outside_the_allowed_module() {
        let text = "fn a() {\n    unsafe { b() }\n}\n";
        assert_eq!(broken("crates/chat/src/a.rs", text).len(), 1);
        assert!(broken("crates/chat/src/a.rs", text)[0].starts_with("crates/chat/src/a.rs:2: "));
        assert!(broken("crates/room/src/ffi/library.rs", text).is_empty());
        assert_eq!(broken("crates/room/src/media.rs", text).len(), 1);
    }

    #[test]
    fn talking_about_unsafe_code_is_fine() {
        let text = "#![forbid(unsafe_code)]\n// unsafe\nlet a = \"unsafe\";\n";
        assert!(broken("a.rs", text).is_empty());
    }

    #[test]
    fn refused_code_is_found_in_code_alone() {
        for line in [
            "let a = unbounded_channel();",
            "let (a, b) = std::sync::mpsc::channel();",
            "todo!(\"later\")",
            "unimplemented!()",
            "#[ignore]",
        ] {
            assert_eq!(broken("a.rs", line).len(), 1, "{line}");
            assert!(broken("a.rs", &format!("// {line}")).is_empty(), "{line}");
            assert!(broken("a.md", line).is_empty(), "{line}");
        }
        assert!(broken("a.rs", "#[ignore = \"needs a camera\"]\nlet a = mpsc::channel(8);").is_empty());
    }

    #[test]
    fn registry_hosts_are_found_in_every_file() {
        for host in REGISTRY_HOSTS.iter().map(|labels| labels.join(".")) {
            assert_eq!(broken("a.md", &format!("see https://{host}/simple")).len(), 1, "{host}");
            assert!(broken("a.md", &format!("my{host}")).is_empty(), "{host}");
        }
    }

    #[test]
    fn local_folders_are_found_at_the_beginning_of_a_path() {
        for name in LOCAL_FOLDERS {
            assert_eq!(broken("a.toml", &format!("path = \"/{name}/x\"")).len(), 1, "{name}");
            assert_eq!(broken("a.toml", &format!("/{name}/x")).len(), 1, "{name}");
            assert!(broken("a.toml", &format!("path = \"home/{name}/x\"")).is_empty(), "{name}");
            assert!(broken("a.toml", &format!("$HOME/{name}/x ../{name}/")).is_empty(), "{name}");
        }
    }
}
