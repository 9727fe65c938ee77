//! The real program: what it refuses to start with, and what becomes of its workers when it ends.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::common::{
    API_KEY, API_SECRET, Behaviour, ENGINE_VARIABLE, FakeWorker, PATIENCE, eventually, is_dead, send_signal,
};

/// Workers must be gone this long after the server's end.
const WORKERS_GONE: Duration = Duration::from_secs(5);

fn program(worker: &FakeWorker) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_token-server"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("LIVEKIT_URL", "ws://127.0.0.1:9")
        .env("LIVEKIT_API_KEY", API_KEY)
        .env("LIVEKIT_API_SECRET", API_SECRET)
        .env("VISAVIS_WORKER_BIN", worker.program())
        .env("PORT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

struct Running {
    child: Child,
    pid: i32,
    log: Lines<BufReader<ChildStderr>>,
    token: String,
    worker: i32,
}

impl Running {
    /// Starts the program and lets someone join, so that it has one worker.
    async fn start(mut command: Command, worker: &FakeWorker) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, stdout.next_line()).await.unwrap().unwrap().unwrap();
        let base = line.strip_prefix("token-server listening on ").unwrap().to_owned();
        let client = crate::common::http_client();
        let body = json!({"room_name": "lobby", "participant_name": "Abel"});
        let answer: Value =
            client.post(format!("{base}/join-room")).json(&body).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["avatar_invited"], true);
        let record = worker.started(1).await.remove(0);
        Self {
            pid: i32::try_from(child.id().unwrap()).unwrap(),
            log: BufReader::new(child.stderr.take().unwrap()).lines(),
            child,
            token: answer["token"].as_str().unwrap().to_owned(),
            worker: record.pid,
        }
    }

    async fn until_logged(&mut self, part: &str) {
        let search = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                if line.contains(part) {
                    return;
                }
            }
            panic!("never logged: {part}");
        };
        tokio::time::timeout(PATIENCE, search).await.unwrap();
    }

    async fn until_worker_dead(&self, since: Instant) {
        eventually("the worker is gone", WORKERS_GONE.saturating_sub(since.elapsed()), || {
            is_dead(self.worker).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn after_sigterm_the_worker_is_gone_and_the_log_has_no_secret() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let mut server = Running::start(program(&worker), &worker).await;
    let start = Instant::now();
    send_signal(server.pid, Signal::SIGTERM);
    let status = tokio::time::timeout(PATIENCE, server.child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    server.until_worker_dead(start).await;

    let mut log = String::new();
    while let Some(line) = server.log.next_line().await.unwrap() {
        serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"));
        log.push_str(&line);
    }
    for part in ["worker started", "the fake worker is here", "worker ended", "the call ended", "lobby"] {
        assert!(log.contains(part), "not logged: {part}\n{log}");
    }
    assert!(!log.contains(API_SECRET) && !log.contains(&server.token) && !log.contains("eyJ"), "{log}");
}

#[tokio::test]
async fn after_sigint_the_worker_is_gone() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let mut server = Running::start(program(&worker), &worker).await;
    let start = Instant::now();
    send_signal(server.pid, Signal::SIGINT);
    server.until_worker_dead(start).await;
    assert!(tokio::time::timeout(PATIENCE, server.child.wait()).await.unwrap().unwrap().success());
}

#[tokio::test]
async fn after_sigkill_the_worker_is_gone() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let server = Running::start(program(&worker), &worker).await;
    let start = Instant::now();
    send_signal(server.pid, Signal::SIGKILL);
    server.until_worker_dead(start).await;
}

#[tokio::test]
async fn a_worker_that_does_not_end_is_killed_in_time() {
    let worker = FakeWorker::new(&Behaviour::Stubborn);
    let mut server = Running::start(program(&worker), &worker).await;
    let start = Instant::now();
    send_signal(server.pid, Signal::SIGTERM);
    server.until_worker_dead(start).await;
    assert!(tokio::time::timeout(PATIENCE, server.child.wait()).await.unwrap().unwrap().success());
}

#[tokio::test]
async fn a_second_signal_kills_at_once() {
    let worker = FakeWorker::new(&Behaviour::Stubborn);
    let mut server = Running::start(program(&worker), &worker).await;
    send_signal(server.pid, Signal::SIGINT);
    server.until_logged("ending the workers").await;
    let start = Instant::now();
    send_signal(server.pid, Signal::SIGINT);
    server.until_worker_dead(start).await;
    // Well before the grace that a single signal gives.
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(tokio::time::timeout(PATIENCE, server.child.wait()).await.unwrap().unwrap().success());
}

#[tokio::test]
async fn with_leave_the_worker_outlives_the_server() {
    let worker = FakeWorker::new(&Behaviour::Stubborn);
    let mut command = program(&worker);
    command.args(["--on-server-exit", "leave"]);
    let mut server = Running::start(command, &worker).await;
    send_signal(server.pid, Signal::SIGTERM);
    let status = tokio::time::timeout(PATIENCE, server.child.wait()).await.unwrap().unwrap();
    let survived = !is_dead(server.worker);
    send_signal(server.worker, Signal::SIGKILL);
    assert!(status.success() && survived);
    let record = worker.records().remove(0);
    assert!(!record.orders().lifeline);
}

/// Runs the program with these changes, and expects it to refuse with one line that holds `parts`.
async fn refuses(changes: &[(&str, Option<&str>)], arguments: &[&str], parts: &[&str]) {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let mut command = program(&worker);
    for (name, value) in changes {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = tokio::time::timeout(PATIENCE, command.args(arguments).output()).await;
    let output = output.unwrap_or_else(|_| panic!("it started: {changes:?} {arguments:?}")).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{changes:?} {arguments:?}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(output.stdout.is_empty());
    for part in parts {
        assert!(stderr.contains(part), "{part} is not in: {stderr}");
    }
    assert!(!stderr.contains(API_SECRET), "{stderr}");
}

#[tokio::test]
async fn a_missing_or_malformed_setting_is_named() {
    refuses(&[("LIVEKIT_URL", None)], &[], &["LIVEKIT_URL is not set"]).await;
    refuses(&[("LIVEKIT_URL", Some(""))], &[], &["LIVEKIT_URL is not set"]).await;
    refuses(&[("LIVEKIT_URL", Some("localhost"))], &[], &["LIVEKIT_URL", "ws://"]).await;
    refuses(&[("LIVEKIT_URL", Some("ftp://host"))], &[], &["LIVEKIT_URL", "ws://"]).await;
    refuses(&[("LIVEKIT_PUBLIC_URL", Some("::"))], &[], &["LIVEKIT_PUBLIC_URL"]).await;
    refuses(&[("LIVEKIT_API_KEY", None)], &[], &["LIVEKIT_API_KEY is not set"]).await;
    refuses(&[("LIVEKIT_API_KEY", Some("a b"))], &[], &["LIVEKIT_API_KEY"]).await;
    refuses(&[("LIVEKIT_API_SECRET", None)], &[], &["LIVEKIT_API_SECRET is not set", "LIVEKIT_API_SECRET_FILE"]).await;
    refuses(&[("LIVEKIT_API_SECRET_FILE", Some("/x"))], &[], &["LIVEKIT_API_SECRET_FILE", "only one"]).await;
    let file = &[("LIVEKIT_API_SECRET", None), ("LIVEKIT_API_SECRET_FILE", Some("/nonexistent"))];
    refuses(file, &[], &["LIVEKIT_API_SECRET_FILE", "/nonexistent"]).await;
    refuses(&[("PORT", Some("http"))], &[], &["PORT"]).await;
    refuses(&[("PORT", Some("65536"))], &[], &["PORT"]).await;
    refuses(&[], &["--bind", "example.org"], &["--bind"]).await;
    refuses(&[], &["--max-workers", "0"], &["--max-workers"]).await;
    refuses(&[], &["--on-server-exit", "stay"], &["--on-server-exit", "leave"]).await;
    refuses(&[], &["--log-format", "xml"], &["--log-format"]).await;
    refuses(&[], &["--persona", "/nonexistent.toml"], &["--persona", "/nonexistent.toml"]).await;
    refuses(&[("VISAVIS_WEB", Some("/nonexistent"))], &[], &["VISAVIS_WEB", "/nonexistent", "index.html"]).await;
    refuses(&[], &["--web", "/etc"], &["VISAVIS_WEB", "/etc", "cargo xtask web"]).await;
    refuses(&[("VISAVIS_WORKER_BIN", Some("/nonexistent"))], &[], &["VISAVIS_WORKER_BIN", "/nonexistent"]).await;
    refuses(&[("VISAVIS_WORKER_BIN", Some("/tmp"))], &[], &["VISAVIS_WORKER_BIN", "not a file"]).await;
    refuses(&[("VISAVIS_WORKER_BIN", Some("/etc/passwd"))], &[], &["VISAVIS_WORKER_BIN", "not executable"]).await;
    refuses(&[("VISAVIS_API_KEYS", Some(" , "))], &[], &["VISAVIS_API_KEYS"]).await;
    refuses(&[("VISAVIS_API_KEYS", Some("ключ"))], &[], &["VISAVIS_API_KEYS"]).await;
}

#[tokio::test]
async fn a_wrong_lock_or_limit_is_named() {
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys");
    let secret = ("VISAVIS_JWT_SECRET", Some("a-secret-of-the-operators-own-service"));
    let public = |name: &str| format!("{keys}/{name}");
    let public_key = "VISAVIS_JWT_PUBLIC_KEY_FILE";
    refuses(&[("VISAVIS_JWT_SECRET", Some("short"))], &[], &["VISAVIS_JWT_SECRET", "32"]).await;
    refuses(&[("VISAVIS_JWT_SECRET", Some(API_SECRET))], &[], &["VISAVIS_JWT_SECRET", "LIVEKIT_API_SECRET"]).await;
    refuses(&[secret, ("VISAVIS_JWT_SECRET_FILE", Some("/x"))], &[], &["only one"]).await;
    refuses(&[secret, (public_key, Some(&public("rsa.pem")))], &[], &["VISAVIS_JWT_SECRET", "only one"]).await;
    for wrong in ["p384.pem", "rsa.jwt", "none.pem"] {
        refuses(&[(public_key, Some(&public(wrong)))], &[], &[public_key, wrong]).await;
    }
    refuses(&[], &["--jwt-audience", "me"], &["--jwt-audience", "VISAVIS_JWT_SECRET"]).await;
    refuses(&[], &["--cors-origins", "https://a/b"], &["--cors-origins", "https://app.example.org"]).await;
    refuses(&[], &["--rate-limit", "often"], &["--rate-limit", "20:60"]).await;
    refuses(&[], &["--global-rate-limit", "1:0"], &["--global-rate-limit"]).await;
    refuses(&[], &["--trusted-proxies", "proxy"], &["--trusted-proxies", "10.0.0.0/8"]).await;
    refuses(&[], &["--max-agents-per-client", "few"], &["--max-agents-per-client"]).await;
}

#[tokio::test]
async fn it_is_closed_by_default() {
    let development = [("LIVEKIT_API_KEY", Some("devkey")), ("LIVEKIT_API_SECRET", Some("secret"))];
    for address in ["0.0.0.0", "::", "192.0.2.1"] {
        refuses(&[], &["--bind", address], &["--bind", address, "VISAVIS_API_KEYS", "--insecure-open"]).await;
        refuses(&development, &["--bind", address, "--insecure-open"], &["development"]).await;
    }
    let with_keys = [development[0], development[1], ("VISAVIS_API_KEYS", Some("key-one"))];
    refuses(&with_keys, &["--bind", "0.0.0.0"], &["development"]).await;
}

#[tokio::test]
async fn a_lock_or_an_explicit_open_door_lets_it_bind_any_address() {
    for (keys, arguments) in [(Some("key-one"), vec![]), (None, vec!["--insecure-open"])] {
        let worker = FakeWorker::new(&Behaviour::Obedient);
        let mut command = program(&worker);
        command.args(["--bind", "0.0.0.0"]).args(arguments);
        if let Some(keys) = keys {
            command.env("VISAVIS_API_KEYS", keys);
        }
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, stdout.next_line()).await.unwrap().unwrap().unwrap();
        assert!(line.starts_with("token-server listening on http://0.0.0.0:"), "{line}");
        child.kill().await.unwrap();
    }
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let output = program(&worker).env("PORT", &port).output().await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains(&port) && stderr.contains("--port"), "{stderr}");
}

#[tokio::test]
async fn the_secret_may_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{API_SECRET}\n")).unwrap();
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let mut command = program(&worker);
    command.env_remove("LIVEKIT_API_SECRET").env("LIVEKIT_API_SECRET_FILE", &file);
    let server = Running::start(command, &worker).await;
    assert_eq!(crate::common::verified(&json!(server.token)).video.room, "lobby");
}

#[tokio::test]
async fn workers_get_the_variables_that_their_engines_read_and_no_others() {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let mut command = program(&worker);
    command.env(ENGINE_VARIABLE, "for-the-engine").env("A_STRANGERS_KEY", "for-another");
    let _server = Running::start(command, &worker).await;
    let environment = worker.records().remove(0).environment;
    assert_eq!(environment.get(ENGINE_VARIABLE).map(String::as_str), Some("for-the-engine"));
    assert!(!environment.contains_key("A_STRANGERS_KEY"), "{environment:?}");
}

/// The command line of a process, while it runs.
fn command_line(pid: i32) -> String {
    String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/cmdline")).unwrap()).replace('\0', " ")
}

#[tokio::test]
async fn no_secret_stands_in_a_log_line_a_command_line_or_a_workers_environment() {
    const SECRETS: [(&str, &str); 3] = [
        ("VISAVIS_API_KEYS", "a-callers-key-of-some-length"),
        ("VISAVIS_ADMIN_KEY", "an-operators-key-of-some-length"),
        ("VISAVIS_JWT_SECRET", "a-secret-of-the-operators-own-service"),
    ];
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let mut command = program(&worker);
    command.envs(SECRETS).env("RUST_LOG", "debug,token_server=trace");
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(PATIENCE, stdout.next_line()).await.unwrap().unwrap().unwrap();
    let base = line.strip_prefix("token-server listening on ").unwrap().to_owned();
    let client = crate::common::http_client();
    let mut handed_out = String::new();
    for (_, shown) in
        SECRETS.into_iter().chain([("a wrong key", "a-key-that-is-none"), ("a wrong JWT", "eyJhbGciOi.e30.AA")])
    {
        let body = json!({"room_name": "lobby", "participant_name": "Abel"});
        let join = client.post(format!("{base}/join-room")).bearer_auth(shown).json(&body).send().await.unwrap();
        if join.status().is_success() {
            let answer: Value = join.json().await.unwrap();
            handed_out = answer["token"].as_str().unwrap().to_owned();
        }
        client.get(format!("{base}/rooms")).bearer_auth(shown).send().await.unwrap();
        client.post(format!("{base}/webhook")).header("authorization", shown).send().await.unwrap();
    }
    let record = worker.started(1).await.remove(0);
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    let mut places = vec![command_line(pid), command_line(record.pid), record.arguments.join(" ")];
    places.extend(record.environment.into_values());
    send_signal(pid, Signal::SIGTERM);
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    places.push(String::from_utf8(output.stderr).unwrap());
    let log = places.last().unwrap();
    assert!(log.contains("token handed out") && log.contains("a webhook was refused"), "{log}");
    let shown = ["a-key-that-is-none", "eyJhbGciOi", API_SECRET, &handed_out];
    for secret in SECRETS.iter().map(|(_, secret)| *secret).chain(shown) {
        assert!(
            !secret.is_empty() && places.iter().all(|place| !place.contains(secret)),
            "{secret} stands in {places:?}"
        );
    }
}

#[tokio::test]
async fn help_names_every_setting() {
    let output = Command::new(env!("CARGO_BIN_EXE_token-server")).arg("--help").output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for name in [
        "LIVEKIT_URL",
        "LIVEKIT_PUBLIC_URL",
        "LIVEKIT_API_KEY",
        "LIVEKIT_API_SECRET",
        "LIVEKIT_API_SECRET_FILE",
        "PORT",
        "VISAVIS_API_KEYS",
        "VISAVIS_JWT_SECRET",
        "VISAVIS_JWT_SECRET_FILE",
        "VISAVIS_JWT_PUBLIC_KEY_FILE",
        "VISAVIS_JWT_AUDIENCE",
        "VISAVIS_JWT_ISSUER",
        "VISAVIS_WEB",
        "VISAVIS_WORKER_BIN",
        "--cors-origins",
        "--rate-limit",
        "--global-rate-limit",
        "--max-agents-per-client",
        "--trusted-proxies",
        "--bind",
        "--insecure-open",
        "--max-workers",
        "--persona",
        "--personas",
        "--dispatched-agents",
        "--on-server-exit",
        "--log-format",
    ] {
        assert!(text.contains(name), "{name} is not in the help");
    }
    assert!(!text.contains("--livekit-api-secret"), "a secret must not be a flag");
}
