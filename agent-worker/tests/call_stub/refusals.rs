//! A worker that can't do its work says so in one line and leaves with the code that tells why.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::{Command, Output, Stdio};

use assets::{Asset, Assets, Group};
use proto::worker::ExitCode;
use testkit::sfu::LivekitServer;

/// Runs `agent-worker connect --room=refused` to its end with nothing but this environment.
async fn connect(environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent-worker"));
    command.args(["connect", "--room=refused"]).args(arguments).env_clear().stdin(Stdio::null());
    for name in ["PATH", "HOME", "VISAVIS_CACHE", "XDG_CACHE_HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.envs(environment.iter().copied());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn assert_refused(output: &Output, exit: ExitCode, words: &[&str]) {
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(i32::from(exit.code())), "{log}");
    let errors: Vec<_> = log.lines().filter(|line| line.contains("ERROR") && line.contains("agent_worker")).collect();
    assert_eq!(errors.len(), 1, "one clear line, not this:\n{log}");
    assert!(words.iter().all(|word| errors[0].contains(word)), "{words:?} are missing in: {}", errors[0]);
}

const NOBODY: (&str, &str) = ("LIVEKIT_URL", "ws://127.0.0.1:9");

/// A wrong setting, and the words that must name it.
struct Case<'a> {
    environment: &'a [(&'a str, &'a str)],
    arguments: &'a [&'a str],
    named: &'a str,
}

#[tokio::test]
async fn settings_that_are_missing_or_wrong() {
    let persona = "--persona=/nonexistent/ava.toml";
    let cases = [
        Case { environment: &[], arguments: &[], named: "LIVEKIT_URL" },
        Case { environment: &[("LIVEKIT_URL", "ftp://here")], arguments: &[], named: "LIVEKIT_URL" },
        Case { environment: &[NOBODY], arguments: &[], named: "LIVEKIT_API_KEY" },
        Case {
            environment: &[NOBODY, ("LIVEKIT_TOKEN", "t")],
            arguments: &[persona],
            named: "/nonexistent/ava.toml:1:1",
        },
    ];
    for case in cases {
        assert_refused(&connect(case.environment, case.arguments).await, ExitCode::Usage, &[case.named]);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let output = connect(&[NOBODY, ("LIVEKIT_API_KEY", "k"), ("LIVEKIT_API_SECRET", "s")], &[]).await;
    assert_refused(&output, ExitCode::ServerUnreachable, &["could not join"]);
}

#[tokio::test]
async fn a_token_that_the_server_does_not_take() {
    let server = LivekitServer::start().await.unwrap();
    let url = server.url();
    let secret = "another secret than the one of this server";
    let environment =
        [("LIVEKIT_URL", url.as_str()), ("LIVEKIT_API_KEY", server.api_key()), ("LIVEKIT_API_SECRET", secret)];
    assert_refused(&connect(&environment, &[]).await, ExitCode::Refused, &["could not join"]);
}

#[tokio::test]
async fn assets_that_are_missing_or_corrupt() {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().to_str().unwrap();
    let environment = [NOBODY, ("LIVEKIT_TOKEN", "t"), ("VISAVIS_CACHE", folder)];
    let output = connect(&environment, &[]).await;
    assert_refused(&output, ExitCode::AssetMissing, &["cargo xtask assets"]);

    // Every file is there, but one is of the right size and holds something else.
    let real = Assets::open().unwrap();
    std::fs::create_dir_all(cache.path().join("assets")).unwrap();
    for asset in Group::Worker.assets() {
        let source = real.path(asset).unwrap();
        let target = cache.path().join("assets").join(source.file_name().unwrap());
        if asset == Asset::SileroVad {
            let size = usize::try_from(std::fs::metadata(&source).unwrap().len()).unwrap();
            std::fs::write(target, vec![0u8; size]).unwrap();
        } else {
            std::os::unix::fs::symlink(source, target).unwrap();
        }
    }
    let output = connect(&environment, &[]).await;
    assert_refused(&output, ExitCode::AssetMissing, &["silero", "cargo xtask assets"]);
}
