//! No worker outlives its call or its owner, no room has two, and none leaves files behind.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use proto::orders::STANDING_BY_LINE;
use proto::worker::ExitCode;
use testkit::caller::{self, CallerPlan};
use testkit::process::{find_workspace_binary, is_running};
use testkit::stack::{Stack, StackOptions};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// How often a condition is looked at that nothing announces: whether a process exists.
const LOOK: Duration = Duration::from_millis(50);

/// Waits until `condition` holds, at most `deadline`; how long it took.
async fn until(what: &str, deadline: Duration, mut condition: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < deadline, "{what}: not within {deadline:?}");
        tokio::time::sleep(LOOK).await;
    }
    begun.elapsed()
}

async fn stack(arguments: &[&str]) -> Stack {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Stack::start(StackOptions { arguments, ..StackOptions::default() }).await.unwrap()
}

/// Asks for a place in each of these rooms, all at once.
async fn join(stack: &Stack, rooms: impl IntoIterator<Item = String>) -> Vec<serde_json::Value> {
    let mut pending = tokio::task::JoinSet::new();
    for room in rooms {
        let url = stack.join_url();
        let body = serde_json::json!({ "room_name": room, "participant_name": "abel" });
        pending.spawn_blocking(move || -> serde_json::Value {
            let mut response = ureq::post(&url).config().proxy(None).build().send_json(body).expect("an answer");
            response.body_mut().read_json().expect("JSON")
        });
    }
    pending.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_calls_for_one_room_start_one_worker() {
    let stack = stack(&[]).await;
    let answers = join(&stack, vec!["one".to_owned(); 20]).await;
    assert!(answers.iter().all(|answer| answer["avatar_invited"] == true), "{answers:?}");
    assert_eq!(stack.workers().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_rooms_never_pass_the_cap_and_everybody_gets_a_token() {
    let stack = stack(&["--max-workers=3"]).await;
    let answers = join(&stack, (0..40).map(|room| format!("room-{room}"))).await;
    assert_eq!(answers.len(), 40);
    assert!(answers.iter().all(|answer| answer["token"].as_str().is_some_and(|token| token.len() > 50)));
    assert_eq!(answers.iter().filter(|answer| answer["avatar_invited"] == true).count(), 3);
    assert!(stack.workers().unwrap().len() <= 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_leaves_within_five_seconds_of_its_caller() {
    let stack = stack(&[]).await;
    // No utterance: the caller leaves once it was greeted.
    let report = caller::run(CallerPlan { heard_back: false, ..CallerPlan::new(stack.url(), "short") }).await.unwrap();
    assert!(report.greeting_ms.is_some(), "{report:?}\n{}", stack.log());
    until("the worker leaves", Duration::from_secs(5), || stack.workers().unwrap().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_leaves_within_forty_seconds_of_a_caller_that_was_killed() {
    let stack = stack(&[]).await;
    let mut caller = tokio::process::Command::new(find_workspace_binary("scripted-caller").unwrap());
    caller.args(["--server", &stack.url(), "--room", "vanished", "--die-without-leaving"]).kill_on_drop(true);
    let status = tokio::time::timeout(Duration::from_secs(90), caller.status()).await.expect("it dies").unwrap();
    assert_eq!(status.signal(), Some(Signal::SIGKILL as i32), "{status}\n{}", stack.log());
    assert_eq!(stack.workers().unwrap().len(), 1, "it can't know yet:\n{}", stack.log());
    let took = until("the worker leaves", Duration::from_secs(40), || stack.workers().unwrap().is_empty()).await;
    println!("the worker left {took:?} after its caller was killed");
    let ended = ExitCode::Ended.description();
    until("the server says why", Duration::from_secs(5), || stack.log().contains(ended)).await;
}

/// Ends the token server in the middle of a call, and expects the worker to be gone in five seconds.
async fn worker_goes_with_its_server(signal: Signal) {
    let mut stack = stack(&[]).await;
    join(&stack, ["orphan".to_owned()]).await;
    let workers = stack.workers().unwrap();
    assert_eq!(workers.len(), 1);
    stack.signal_server(signal).unwrap();
    until("the worker goes", Duration::from_secs(5), || !workers.iter().any(|pid| is_running(*pid))).await;
    stack.server_ended(Duration::from_secs(6)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_goes_when_its_server_is_terminated() {
    worker_goes_with_its_server(Signal::SIGTERM).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_goes_when_its_server_is_killed() {
    worker_goes_with_its_server(Signal::SIGKILL).await;
}

/// ONNX Runtime keeps a file there as long as it may report to its makers.
#[tokio::test]
async fn a_worker_that_loads_its_engines_puts_nothing_into_the_temporary_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = tokio::process::Command::new(env!("CARGO_BIN_EXE_agent-worker"))
        .arg("standby")
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(worker.stdout.take().unwrap()).lines();
    let loaded = async { while said.next_line().await.unwrap().expect("it has not ended") != STANDING_BY_LINE {} };
    tokio::time::timeout(Duration::from_secs(120), loaded).await.expect("its engines load");
    drop(worker.stdin.take());
    tokio::time::timeout(Duration::from_secs(10), worker.wait()).await.expect("it ends with its owner").unwrap();
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}
