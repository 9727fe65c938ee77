//! The stack: the real token server over a private LiveKit server, and its end.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use proto::http::JoinRoomResponse;
use testkit::process::is_running;
use testkit::stack::{Stack, StackOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_answers_starts_one_worker_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let worker = folder.path().join("waiting-worker");
    std::fs::write(&worker, "#!/bin/sh\n[ $1 = variables ] && exit 0\nread line; read line\n").unwrap();
    std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o700)).unwrap();
    let stack = Stack::start(StackOptions { worker_bin: Some(worker), ..StackOptions::default() }).await.unwrap();

    let url = stack.join_url();
    let body = serde_json::json!({"room_name": "studio", "participant_name": "Ada"});
    let answer: JoinRoomResponse =
        tokio::task::spawn_blocking(move || ureq::post(&url).send_json(&body).unwrap().body_mut().read_json().unwrap())
            .await
            .unwrap();
    assert_eq!((answer.livekit_url, answer.avatar_invited), (stack.sfu.url(), true), "{}", stack.log());
    let workers = wait_until(|| stack.workers().unwrap(), |workers| workers.len() == 1).await;
    let server = stack.server_pid().unwrap();
    assert!(is_running(server) && is_running(workers[0]));

    drop(stack);
    wait_until(|| (is_running(server), is_running(workers[0])), |running| *running == (false, false)).await;
}

/// Polls until `good`, at most ten seconds.
async fn wait_until<T: std::fmt::Debug>(look: impl Fn() -> T, good: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let seen = look();
        if good(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "still {seen:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
