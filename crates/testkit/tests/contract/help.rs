//! The long help of every program and of each of its commands.

use std::path::Path;
use std::process::Command;

use testkit::process::find_workspace_binary;
use testkit::snapshot::assert_unchanged;

const PROGRAMS: [&str; 7] =
    ["agent-worker", "token-server", "scripted-caller", "stub-openai", "bench", "screenshots", "xtask"];

#[test]
fn the_help_of_every_program_is_unchanged() {
    let snapshots = PROGRAMS.map(|program| {
        let path = find_workspace_binary(program).unwrap();
        (format!("help-{program}.txt"), help(&path, program, &[]))
    });
    for (name, text) in &snapshots {
        assert!(text.contains("Usage: "), "{name} holds no help:\n{text}");
    }
    assert_unchanged(&snapshots);
}

/// The help of a command and, after it, of its own commands.
fn help(path: &Path, program: &str, command: &[&str]) -> String {
    // Help shows the values of variables that are set.
    let output = Command::new(path).args(command).arg("--help").env_clear().output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{program} {command:?}: {error}");
    let called: Vec<&str> = [program].into_iter().chain(command.iter().copied()).chain(["--help"]).collect();
    let mut all = format!("$ {}\n{}\n\n", called.join(" "), text.trim_end());
    for name in commands(&text) {
        all += &help(path, program, &[command, &[name]].concat());
    }
    all
}

/// The names in the list of commands. Each entry is indented by two spaces, what continues it by more.
fn commands(help: &str) -> Vec<&str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.trim().is_empty());
    let entries = list.filter_map(|line| line.strip_prefix("  ").filter(|entry| !entry.starts_with(' ')));
    entries.filter_map(|entry| entry.split_whitespace().next()).filter(|name| *name != "help").collect()
}
