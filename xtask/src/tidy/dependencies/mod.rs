//! The arrows between the crates: who may depend on whom (DESIGN: the house).
//!
//! ```text
//!   proto <- everything          dialogue, speech, llm, face: no room, no LiveKit
//!   room: no speech, llm, face, dialogue          only agent-worker knows them all
//!   token-server: no inference engine
//! ```
//!
//! Dependencies are followed through our own crates, so that a detour does not hide an arrow. What only tests or build
//! scripts use is not looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, SourceFile};

/// What a crate must not reach.
struct Rule {
    crates: &'static [&'static str],
    forbidden: &'static [&'static str],
    reason: &'static str,
}

const LIVEKIT: &[&str] = &["room", "livekit", "livekit-api", "livekit-protocol"];
const OURS: &[&str] = &[
    "chat",
    "room",
    "dialogue",
    "speech",
    "llm",
    "remote",
    "avatar-providers",
    "face",
    "assets",
    "telemetry",
    "dispatch",
    "worker-process",
    "calls",
    "testkit",
    "token-server",
    "agent-worker",
    "xtask",
];
const CHAT_KNOWS_NOT: &[&str] = &[
    "proto",
    "room",
    "dialogue",
    "speech",
    "llm",
    "remote",
    "avatar-providers",
    "face",
    "assets",
    "telemetry",
    "dispatch",
    "worker-process",
    "calls",
];
const INPUT_OUTPUT: &[&str] = &["tokio", "axum", "reqwest", "ureq", "hyper"];
const CALLS_KNOWS_NOT: &[&str] = &[
    "proto",
    "room",
    "dialogue",
    "speech",
    "llm",
    "remote",
    "avatar-providers",
    "face",
    "assets",
    "telemetry",
    "dispatch",
    "livekit",
    "livekit-api",
    "livekit-protocol",
];
const ENGINES: &[&str] = &["speech", "llm", "remote", "avatar-providers", "face", "ort", "llama-cpp-2"];

const RULES: [Rule; 12] = [
    Rule { crates: &["proto"], forbidden: OURS, reason: "proto depends on nothing of ours" },
    Rule { crates: &["chat"], forbidden: CHAT_KNOWS_NOT, reason: "chat depends on nothing of ours" },
    Rule {
        crates: &["remote"],
        forbidden: &["speech", "llm", "face", "dialogue", "room", "assets", "telemetry"],
        reason: "it knows HTTP, and nothing of what is said",
    },
    Rule {
        crates: &["dispatch"],
        forbidden: &["speech", "llm", "remote", "avatar-providers", "face", "dialogue", "room", "assets", "telemetry"],
        reason: "it schedules jobs, and knows nothing of what they do",
    },
    Rule {
        crates: &["calls"],
        forbidden: CALLS_KNOWS_NOT,
        reason: "it keeps what outlives a process, and knows no other part",
    },
    Rule { crates: &["llm"], forbidden: &["speech"], reason: "the mind knows nothing of voices" },
    Rule {
        crates: &["face"],
        forbidden: &["speech", "llm", "remote", "dialogue", "assets", "telemetry", "ort"],
        reason: "a face is given its weights, and runs them itself",
    },
    Rule { crates: &["proto", "chat", "dialogue"], forbidden: INPUT_OUTPUT, reason: "it does no I/O" },
    Rule {
        crates: &["dialogue", "speech", "llm", "remote", "avatar-providers", "face"],
        forbidden: LIVEKIT,
        reason: "it knows nothing of LiveKit",
    },
    Rule {
        crates: &["room"],
        forbidden: &["speech", "llm", "face", "dialogue"],
        reason: "a room knows nothing of what is said in it",
    },
    Rule { crates: &["token-server", "xtask"], forbidden: ENGINES, reason: "it never links an inference engine" },
    Rule {
        crates: &[
            "room",
            "dialogue",
            "speech",
            "llm",
            "remote",
            "avatar-providers",
            "face",
            "assets",
            "telemetry",
            "dispatch",
            "calls",
            "token-server",
        ],
        forbidden: &["testkit", "agent-worker"],
        reason: "nothing is built upon the worker or the test kit",
    },
];

pub(super) fn check(files: &[SourceFile], findings: &mut Findings) {
    let mut graph = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        match read(&file.text) {
            Ok((name, dependencies)) => {
                graph.insert(name, dependencies);
            }
            Err(problem) => findings.broken.push(format!("{}: {problem}", file.path)),
        }
    }
    for rule in &RULES {
        for name in rule.crates {
            for forbidden in rule.forbidden {
                if let Some(way) = way(&graph, name, forbidden) {
                    findings.broken.push(format!("{}: {}", way.join(" -> "), rule.reason));
                }
            }
        }
    }
}

/// Name and dependencies of a package.
fn read(manifest: &str) -> Result<(String, BTreeSet<String>), String> {
    let manifest: toml::Table = manifest.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    let name = name.ok_or("no package name")?.to_owned();
    let mut dependencies = BTreeSet::new();
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let tables = platforms.into_iter().flat_map(|targets| targets.values().filter_map(toml::Value::as_table));
    for table in tables.chain([&manifest]) {
        let Some(listed) = table.get("dependencies").and_then(toml::Value::as_table) else { continue };
        for (key, value) in listed {
            let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(key);
            dependencies.insert(package.to_owned());
        }
    }
    Ok((name, dependencies))
}

/// The way from one crate to another, if there is one.
fn way(graph: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![from.to_owned()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        let Some(dependencies) = way.last().and_then(|last| graph.get(last)) else { continue };
        for next in dependencies {
            let mut longer = way.clone();
            longer.push(next.clone());
            if next == to {
                return Some(longer);
            }
            if seen.insert(next.clone()) {
                ways.push(longer);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn manifest(name: &str, rest: &str) -> SourceFile {
        file(&format!("crates/{name}/Cargo.toml"), &format!("[package]\nname = \"{name}\"\n{rest}"))
    }

    fn broken(files: &[SourceFile]) -> Vec<String> {
        let mut findings = Findings::default();
        check(files, &mut findings);
        findings.broken
    }

    #[test]
    fn arrows_that_follow_the_design_pass() {
        let files = [
            manifest("proto", "[dependencies]\nserde = \"1\"\n"),
            manifest("room", "[dependencies]\nproto.workspace = true\ntokio = \"1\"\n"),
            manifest("agent-worker", "[dependencies]\nroom.workspace = true\nspeech.workspace = true\n"),
            manifest("speech", "[dependencies]\nort = \"2\"\n[dev-dependencies]\nroom.workspace = true\n"),
        ];
        assert!(broken(&files).is_empty(), "{:?}", broken(&files));
    }

    #[test]
    fn each_forbidden_arrow_is_found() {
        for (name, dependency) in [
            ("proto", "telemetry"),
            ("proto", "tokio"),
            ("chat", "proto"),
            ("chat", "dialogue"),
            ("dialogue", "tokio"),
            ("dialogue", "room"),
            ("speech", "livekit-api"),
            ("face", "room"),
            ("face", "assets"),
            ("face", "ort"),
            ("room", "speech"),
            ("token-server", "ort"),
            ("token-server", "llm"),
            ("xtask", "speech"),
            ("telemetry", "testkit"),
            ("dispatch", "room"),
            ("dispatch", "speech"),
            ("calls", "room"),
            ("calls", "livekit-api"),
        ] {
            let found = broken(&[manifest(name, &format!("[dependencies]\n{dependency} = \"1\"\n"))]);
            assert!(!found.is_empty(), "{name} -> {dependency} passed");
            assert!(found[0].starts_with(&format!("{name} -> {dependency}: ")), "{found:?}");
        }
    }

    #[test]
    fn detours_new_names_and_platform_tables_do_not_hide_an_arrow() {
        let detour = [
            manifest("token-server", "[dependencies]\ntelemetry.workspace = true\n"),
            manifest("telemetry", "[dependencies]\nort = \"2\"\n"),
        ];
        assert_eq!(broken(&detour), ["token-server -> telemetry -> ort: it never links an inference engine"]);
        let renamed = manifest("dialogue", "[dependencies]\nhall = { package = \"room\", path = \"../room\" }\n");
        assert_eq!(broken(&[renamed]).len(), 1);
        let platform = manifest("dialogue", "[target.'cfg(unix)'.dependencies]\nroom.workspace = true\n");
        assert_eq!(broken(&[platform]).len(), 1);
    }

    #[test]
    fn a_circle_does_not_hang_the_search() {
        let files = [
            manifest("room", "[dependencies]\nproto = \"1\"\n"),
            manifest("proto", "[dependencies]\nserde = \"1\"\n[target.x.dependencies]\nproto = \"1\"\n"),
        ];
        assert!(broken(&files).is_empty());
    }
}
