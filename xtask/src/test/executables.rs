//! The test executables that a build made, read from cargo's messages.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

/// One test executable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Executable {
    /// The package it belongs to.
    pub(super) package: String,
    /// Cargo's name for the target: for integration tests that of the file or folder in `tests`.
    pub(super) target: String,
    pub(super) kind: Kind,
    /// Where cargo runs it.
    pub(super) folder: PathBuf,
    pub(super) file: PathBuf,
}

impl Executable {
    /// How it is called on the screen.
    pub(super) fn name(&self) -> String {
        match self.kind {
            Kind::Library => self.package.clone(),
            Kind::Integration => format!("{}::{}", self.package, self.target),
            Kind::Program => format!("{} (program {})", self.package, self.target),
        }
    }
}

/// What an executable tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Library,
    Program,
    Integration,
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    package_id: Option<String>,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<Profile>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// The test executables among cargo's messages (`--message-format json-render-diagnostics`), in order.
pub(super) fn parse(messages: &str) -> Result<Vec<Executable>> {
    let mut found = Vec::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Message = serde_json::from_str(line).context("a message of cargo cannot be read")?;
        if message.reason == "compiler-artifact" {
            found.extend(executable(message));
        }
    }
    found.sort_by(|one, other| (&one.package, one.kind, &one.target).cmp(&(&other.package, other.kind, &other.target)));
    Ok(found)
}

fn executable(message: Message) -> Option<Executable> {
    let (target, file) = (message.target?, message.executable?);
    if !message.profile?.test {
        return None;
    }
    Some(Executable {
        package: package_name(&message.package_id?),
        kind: match target.kind.first()?.as_str() {
            "test" => Kind::Integration,
            "bin" | "example" => Kind::Program,
            _ => Kind::Library,
        },
        target: target.name,
        folder: message.manifest_path?.parent()?.to_owned(),
        file,
    })
}

/// The name in a package id: `path+file:///a/room#0.1.0`, or `path+file:///a/folder#room@0.1.0` where the folder is called
/// otherwise.
fn package_name(id: &str) -> String {
    let (path, fragment) = id.rsplit_once('#').unwrap_or((id, ""));
    match fragment.split_once('@') {
        Some((name, _)) => name.to_owned(),
        None => path.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use serde_json::{Value, json};

    use super::*;

    fn artifact(package: &str, target: &str, kind: &str, test: bool) -> Value {
        json!({
            "reason": "compiler-artifact", "package_id": format!("path+file:///w/crates/{package}#0.1.0"),
            "manifest_path": format!("/w/crates/{package}/Cargo.toml"),
            "target": {"name": target, "kind": [kind], "src_path": "x"},
            "profile": {"test": test, "opt_level": "2"},
            "executable": if kind == "lib" && !test { Value::Null } else { json!(format!("/t/{target}")) }, "fresh": true,
        })
    }

    #[test]
    fn tests_are_found_and_programs_and_libraries_are_not() {
        let messages = [
            json!({"reason": "compiler-message", "package_id": "x", "message": {"rendered": "{"}}),
            artifact("room", "room", "lib", false),
            artifact("room", "sfu", "test", true),
            artifact("room", "room", "lib", true),
            artifact("testkit", "bench", "bin", false),
            artifact("testkit", "bench", "bin", true),
            json!({"reason": "build-finished", "success": true}),
        ];
        let text = messages.map(|message| format!("{message}\n")).concat();
        let found = parse(&format!("a line of another program\n{text}")).unwrap();
        let names: Vec<String> = found.iter().map(Executable::name).collect();
        assert_eq!(names, ["room", "room::sfu", "testkit (program bench)"]);
        assert_eq!(
            (found[1].folder.as_path(), found[1].file.as_path()),
            ("/w/crates/room".as_ref(), "/t/sfu".as_ref())
        );
    }

    #[test]
    fn a_package_is_named_whatever_its_folder_is_called() {
        assert_eq!(package_name("path+file:///w/crates/room#0.1.0"), "room");
        assert_eq!(package_name("path+file:///w/crates/folder#room@0.1.0"), "room");
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        assert!(parse("{\"reason\": 3}").is_err());
        assert!(parse("").unwrap().is_empty());
    }
}
