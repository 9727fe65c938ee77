//! Workers that stand by, with a shell script in the worker's place.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proto::names::RoomName;
use proto::orders::{Orders, STANDING_BY_LINE};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use worker_process::{LaunchError, OnOwnerExit, Outcome, PoolSettings, Program, StandbyPool, Stop, WorkerProcess};

/// What is waited for at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// A script that says it stands by, notes the line that it is given, and ends with its standard input.
const OBEDIENT: &str = "echo 'visavis: standing by'; read line; echo \"$line\" > \"$0.orders\"; exec cat > /dev/null";

fn program(folder: &TempDir, body: &str, on_owner_exit: OnOwnerExit) -> Program {
    let (source, file) = (folder.path().join("source"), folder.path().join("worker"));
    std::fs::write(&source, format!("#!/bin/sh\n{body}\n")).unwrap();
    // Another test that forks meanwhile holds what this process writes: "Text file busy". So another process writes it.
    let copied = std::process::Command::new("install").args(["-m", "755"]).args([&source, &file]).status().unwrap();
    assert!(copied.success());
    Program { file, on_owner_exit, inherited: Vec::new(), environment: Vec::new() }
}

fn orders() -> Orders {
    Orders {
        room: RoomName::parse("kitchen").unwrap(),
        identity: "agent-00000001".into(),
        name: Some("Ada".into()),
        url: "ws://127.0.0.1:9".into(),
        token: "a-token".into(),
        avatar_token: None,
        public_url: None,
        call: None,
        lifeline: false,
    }
}

fn stop() -> Stop {
    let never = CancellationToken::new;
    Stop { end: never(), grace: PATIENCE, kill: never(), abandon: never() }
}

async fn eventually(what: &str, mut look: impl FnMut() -> bool) {
    let seen = async {
        while !look() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"));
}

fn noted(folder: &TempDir) -> Option<Orders> {
    let text = std::fs::read_to_string(folder.path().join("worker.orders")).ok()?;
    text.ends_with('\n').then(|| Orders::parse(text.trim_end()).unwrap())
}

/// It has read its orders, and ends when its lifeline does.
async fn assert_serves_on_its_lifeline(folder: &TempDir, worker: WorkerProcess) {
    eventually("the orders were read", || noted(folder).is_some()).await;
    assert_eq!(noted(folder), Some(Orders { lifeline: true, ..orders() }));
    let stop = stop();
    stop.end.cancel();
    assert!(matches!(worker.watch(&stop, || {}).await, Outcome::Exited(status) if status.success()));
}

fn pool(program: Program, size: usize) -> (StandbyPool, CancellationToken, tokio::task::JoinHandle<()>) {
    let pool = StandbyPool::new(program, PoolSettings { size, persona: None, largest_mib: None });
    let stop = CancellationToken::new();
    let keeping = {
        let (pool, stop) = (pool.clone(), stop.clone());
        tokio::spawn(async move { pool.keep(stop).await })
    };
    (pool, stop, keeping)
}

#[test]
fn the_scripts_line_is_the_contracts() {
    assert!(OBEDIENT.contains(STANDING_BY_LINE));
}

#[tokio::test]
async fn a_worker_that_stands_by_gets_its_orders_through_the_pipe_and_lives_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let standby = program(&folder, OBEDIENT, OnOwnerExit::End).stand_by(None).unwrap();
    assert!(standby.loaded().await);
    let pid = standby.pid();
    let worker = standby.serve(&orders()).await.unwrap();
    assert_eq!(worker.pid(), pid);
    assert_serves_on_its_lifeline(&folder, worker).await;
}

#[tokio::test]
async fn a_worker_that_may_outlive_its_owner_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let standby = program(&folder, OBEDIENT, OnOwnerExit::Leave).stand_by(None).unwrap();
    assert!(standby.loaded().await);
    let worker = standby.serve(&orders()).await.unwrap();
    eventually("the orders were read", || noted(&folder).is_some()).await;
    assert_eq!(noted(&folder).map(|orders| orders.lifeline), Some(false));
    // Its pipe is closed: this script ends with it, a real worker goes on.
    assert!(matches!(worker.watch(&stop(), || {}).await, Outcome::Exited(_)));
}

#[tokio::test]
async fn one_that_died_takes_no_orders_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut standby =
        program(&folder, "echo 'visavis: standing by'; exec 0<&-", OnOwnerExit::End).stand_by(None).unwrap();
    eventually("it has ended", || !standby.is_alive()).await;
    assert!(matches!(standby.serve(&orders()).await.err(), Some(LaunchError::Pipe(_))));
}

#[tokio::test]
async fn a_new_worker_gets_the_same_line_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let body = format!("[ \"$*\" = 'connect --orders' ] || exit 9; {OBEDIENT}");
    let worker = program(&folder, &body, OnOwnerExit::End).launch(&orders(), None).await.unwrap();
    assert_serves_on_its_lifeline(&folder, worker).await;
}

#[tokio::test]
async fn a_new_worker_that_ends_at_once_is_known_by_its_exit_status() {
    let folder = tempfile::tempdir().unwrap();
    let worker = program(&folder, "exec 0<&-; exit 12", OnOwnerExit::End).launch(&orders(), None).await.unwrap();
    assert!(matches!(worker.watch(&stop(), || {}).await, Outcome::Exited(status) if status.code() == Some(12)));
}

#[tokio::test]
async fn the_program_is_asked_which_variables_it_reads_and_may_not_have_its_owners() {
    let folder = tempfile::tempdir().unwrap();
    let body = "[ \"$*\" = variables ] && printf 'A_KEY\\nLIVEKIT_API_SECRET\\nVISAVIS_STORE\\nno name\\n'";
    let asked = program(&folder, body, OnOwnerExit::End);
    assert_eq!(Program::variables(&asked.file).await.unwrap(), ["A_KEY"]);
    let other = tempfile::tempdir().unwrap();
    let failing = program(&other, "echo A_KEY; exit 2", OnOwnerExit::End);
    assert!(matches!(Program::variables(&failing.file).await, Err(LaunchError::Variables { .. })));
    assert!(matches!(Program::variables(&other.path().join("gone")).await, Err(LaunchError::Spawn { .. })));
}

#[tokio::test]
async fn a_pool_is_filled_emptied_and_filled_again_and_ends_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (pool, stop, keeping) = pool(program(&folder, OBEDIENT, OnOwnerExit::End), 2);
    eventually("two stand by", || pool.len() == 2).await;
    let taken = pool.take().unwrap();
    assert_eq!(pool.len(), 1);
    eventually("another one stands by", || pool.len() == 2).await;
    let first = taken.pid();
    let left = [pool.take(), pool.take()].map(|standby| standby.unwrap().pid());
    assert!(!left.contains(&first) && left[0] != left[1]);
    assert!(pool.take().is_none());
    stop.cancel();
    tokio::time::timeout(PATIENCE, keeping).await.unwrap().unwrap();
    assert!(pool.is_empty());
    taken.end().await;
}

#[tokio::test]
async fn one_that_dies_while_it_waits_is_replaced_and_never_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let body = format!("echo $$ >> \"$0.pids\"; {OBEDIENT}");
    let (pool, stop, keeping) = pool(program(&folder, &body, OnOwnerExit::End), 1);
    let pids = || -> Vec<u32> {
        let text = std::fs::read_to_string(folder.path().join("worker.pids")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    };
    eventually("one stands by", || pool.len() == 1).await;
    kill(Pid::from_raw(i32::try_from(pids()[0]).unwrap()), Signal::SIGKILL).unwrap();
    eventually("another one stands by", || pids().len() == 2 && pool.len() == 1).await;
    let taken = pool.take().unwrap();
    assert_eq!(taken.pid(), Some(pids()[1]));
    taken.end().await;
    stop.cancel();
    tokio::time::timeout(PATIENCE, keeping).await.unwrap().unwrap();
}

#[tokio::test]
async fn one_that_cannot_load_is_tried_again_later_and_counts_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let body = format!("echo x >> \"$0.starts\"; if mkdir \"$0.first\" 2>/dev/null; then exit 12; fi; {OBEDIENT}");
    let (pool, stop, keeping) = pool(program(&folder, &body, OnOwnerExit::End), 1);
    eventually("the second one stands by", || pool.len() == 1).await;
    let starts = std::fs::read_to_string(folder.path().join("worker.starts")).unwrap();
    assert_eq!(starts.lines().count(), 2);
    stop.cancel();
    tokio::time::timeout(PATIENCE, keeping).await.unwrap().unwrap();
}
