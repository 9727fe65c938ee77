use super::super::file;
use super::*;

fn manifest(name: &str, rest: &str) -> SourceFile {
    file(&format!("crates/{name}/Cargo.toml"), &format!("[package]\nname = \"{name}\"\n{rest}"))
}

fn using(name: &str, table: &str, dependency: &str) -> SourceFile {
    manifest(name, &format!("[{table}]\n{dependency}.workspace = true\n"))
}

/// What is wrong with a workspace of these manifests and, for every other row, a crate that depends on nothing.
fn broken(files: Vec<SourceFile>) -> Vec<String> {
    let named = |row: &&Row| files.iter().any(|file| file.path == format!("crates/{}/Cargo.toml", row.name));
    let bare: Vec<SourceFile> = CRATES.iter().filter(|row| !named(row)).map(|row| manifest(row.name, "")).collect();
    broken_alone(files.into_iter().chain(bare).collect())
}

fn broken_alone(files: Vec<SourceFile>) -> Vec<String> {
    let mut findings = Findings::default();
    check(&files, &mut findings);
    findings.broken
}

#[test]
fn dependencies_of_the_list_pass() {
    let files = vec![
        manifest("proto", "[dependencies]\nserde = \"1\"\n[dev-dependencies]\nschemars = \"1\"\n"),
        manifest("agent-worker", "[dependencies]\nroom.workspace = true\nspeech.workspace = true\n"),
        manifest("engines-onnx", "[dependencies]\nort = \"2\"\n[dev-dependencies]\ntestkit.workspace = true\n"),
        using("face", "dev-dependencies", "assets"),
        using("room", "build-dependencies", "prost-build"),
    ];
    assert_eq!(broken(files), [""; 0]);
}

#[test]
fn each_forbidden_dependency_is_found() {
    for (name, dependency) in [
        ("proto", "telemetry"),
        ("proto", "tokio"),
        ("chat", "proto"),
        ("chat", "tokio"),
        ("dialogue", "tokio"),
        ("dialogue", "room"),
        ("dialogue", "telemetry"),
        ("speech", "livekit-api"),
        ("speech", "llama-cpp-2"),
        ("speech", "engines"),
        ("engines", "engines-onnx"),
        ("engines", "ort"),
        ("engines-onnx", "engines-llama"),
        ("engines-llama", "ort"),
        ("engines-openai", "session"),
        ("persona", "engines"),
        ("remote", "telemetry"),
        ("avatars", "room"),
        ("face", "room"),
        ("face", "assets"),
        ("face", "ort"),
        ("room", "speech"),
        ("room", "livekit"),
        ("session", "room"),
        ("session", "livekit-api"),
        ("session", "assets"),
        ("session", "remote"),
        ("session", "engines-openai"),
        ("session", "avatars"),
        ("session", "transport-livekit"),
        ("transport-livekit", "engines"),
        ("transport-livekit", "ort"),
        ("agent-worker", "token-server"),
        ("agent-worker", "testkit"),
        ("token-server", "ort"),
        ("token-server", "engines"),
        ("xtask", "speech"),
        ("telemetry", "testkit"),
        ("dispatch", "room"),
        ("dispatch", "speech"),
        ("calls", "room"),
        ("calls", "livekit-api"),
        ("worker-process", "agent-worker"),
    ] {
        let found = broken(vec![using(name, "dependencies", dependency)]);
        assert!(!found.is_empty(), "{name} -> {dependency} passed");
        assert!(found.iter().all(|found| found.contains(name) && found.contains(dependency)), "{found:?}");
    }
}

#[test]
fn tests_and_build_scripts_have_their_own_lists() {
    for (name, table, dependency) in [
        ("proto", "dev-dependencies", "testkit"),
        ("session", "dev-dependencies", "room"),
        ("token-server", "dev-dependencies", "agent-worker"),
        ("room", "build-dependencies", "assets"),
        ("agent-worker", "build-dependencies", "proto"),
    ] {
        let found = broken(vec![using(name, table, dependency)]);
        assert_eq!(found.len(), 1, "{name} -> {dependency}: {found:?}");
        assert!(found[0].contains(&format!("[{table}] may not name `{dependency}`")), "{found:?}");
    }
}

#[test]
fn an_unknown_crate_and_a_missing_one_are_found() {
    let found = broken(vec![using("gossip", "dependencies", "proto")]);
    assert_eq!(found, ["crates/gossip/Cargo.toml: `gossip` is not in xtask/src/tidy/dependencies/table.rs"]);

    let all_but_proto = CRATES.iter().filter(|row| row.name != "proto").map(|row| manifest(row.name, "")).collect();
    let found = broken_alone(all_but_proto);
    assert_eq!(found, ["xtask/src/tidy/dependencies/table.rs: `proto` is no crate of the workspace"]);
}

#[test]
fn what_the_workspace_excludes_needs_no_row() {
    let root = file("Cargo.toml", "[workspace]\nexclude = [\"crates/fuzz\"]\n");
    assert_eq!(broken(vec![root, using("fuzz", "dependencies", "token-server")]), [""; 0]);
}

#[test]
fn detours_new_names_and_platform_tables_hide_nothing() {
    let detour = vec![
        using("token-server", "dependencies", "telemetry"),
        manifest("telemetry", "[dependencies]\nort = \"2\"\n"),
    ];
    let found = broken(detour);
    assert!(
        found.contains(&"token-server -> telemetry -> ort: it never links an inference engine".to_owned()),
        "{found:?}"
    );

    let renamed = "[dependencies]\nhall = { package = \"room\", path = \"../room\" }\n";
    let platform = "[target.'cfg(unix)'.dependencies]\nroom.workspace = true\n";
    for rest in [renamed, platform] {
        let found = broken(vec![manifest("dialogue", rest)]);
        assert!(found.iter().any(|found| found.contains("may not name `room`")), "{rest}: {found:?}");
    }
    let root = file("Cargo.toml", "[workspace.dependencies]\nhall = { package = \"room\", path = \"crates/room\" }\n");
    let found = broken(vec![root, using("dialogue", "dependencies", "hall")]);
    assert!(found.iter().any(|found| found.contains("may not name `room`")), "{found:?}");
}

#[test]
fn a_circle_does_not_hang_the_search() {
    let files = vec![using("room", "dependencies", "proto"), using("proto", "dependencies", "room")];
    assert!(!broken(files).is_empty());
}

#[test]
fn the_table_names_each_crate_once_and_no_other() {
    let names: BTreeSet<&str> = CRATES.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), CRATES.len());
    for row in CRATES {
        for name in row.uses.iter().chain(row.tests_use) {
            assert!(names.contains(name), "`{}` names `{name}`, which has no row", row.name);
        }
    }
    let guarded = GUARDED.iter().flat_map(|guarded| guarded.owners);
    let out_of_reach = OUT_OF_REACH.iter().flat_map(|rule| rule.crates);
    for name in guarded.chain(out_of_reach) {
        assert!(names.contains(name), "`{name}` has no row");
    }
}
