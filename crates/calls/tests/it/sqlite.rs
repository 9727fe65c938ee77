//! What is special about the store in a file.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{PATIENCE, Store, begun, later, new_call, turn};
use calls::{Replacement, Standing, StoreError};
use rusqlite::Connection;
use tokio::task::JoinSet;

fn open(path: &Path) -> Store {
    calls::open_with_deadline(&format!("sqlite:{}", path.display()).parse().unwrap(), PATIENCE).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_file_and_its_folder_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/visavis/calls.db");
    let store = open(&path);
    begun(&store, "hall").await;
    assert_eq!((mode(path.parent().unwrap()), mode(path.parent().unwrap().parent().unwrap())), (0o700, 0o700));
    for file in fs::read_dir(path.parent().unwrap()).unwrap() {
        assert_eq!(mode(&file.as_ref().unwrap().path()), 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn what_was_written_is_there_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let store = open(&path);
    let lease = begun(&store, "hall").await.lease;
    store.append(&lease, &[turn(1, "hello")]).await.unwrap();
    drop(store);
    let store = open(&path);
    assert_eq!(store.beat(&lease).await.unwrap(), Standing::Yours);
    assert_eq!(store.history(&lease).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_connections_that_replace_a_worker_at_once_one_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let lease = begun(&open(&path), "hall").await.lease;
    for generation in 0..10 {
        let lease = later(&lease, generation);
        let tries = (0..4).map(|number| {
            let (store, lease) = (open(&path), lease.clone());
            tokio::spawn(async move { store.replace(&lease, &format!("agent-{number}")).await.unwrap() })
        });
        let mut replaced = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Replacement::Replaced(_) => replaced += 1,
                other => assert_eq!(other, Replacement::Superseded),
            }
        }
        assert_eq!(replaced, 1);
    }
}

#[tokio::test]
async fn more_calls_than_may_wait_in_the_queue_begin_and_end_at_once() {
    const CALLS: usize = 300;
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("calls.db"));
    let mut beginning = JoinSet::new();
    for room in 0..CALLS {
        let store = store.clone();
        beginning.spawn(async move { begun(&store, &format!("room {room}")).await.lease });
    }
    let leases = beginning.join_all().await;
    assert_eq!(calls::all_calls(&*store).await.unwrap().len(), CALLS);
    let mut ending = JoinSet::new();
    for lease in leases {
        let store = store.clone();
        ending.spawn(async move { store.end(&lease).await });
    }
    let ended = ending.join_all().await;
    assert!(ended.iter().all(|ended| *ended == Ok(Standing::Yours)), "{ended:?}");
    assert_eq!(calls::all_calls(&*store).await.unwrap(), []);
}

#[tokio::test]
async fn a_file_of_a_later_version_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    begun(&open(&path), "hall").await;
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let error = open(&path).find("hall").await.unwrap_err();
    assert_eq!(error, StoreError::TooNew { found: 7, known: 1 });
    assert!(error.to_string().contains("update it, or name another store"), "{error}");
    let version: i64 = Connection::open(&path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 7);
}

#[tokio::test]
async fn a_file_that_is_something_else_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    let letter = "Dear Ada, ".repeat(1000);
    fs::write(&path, &letter).unwrap();
    let error = open(&path).begin(&new_call("hall")).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), letter);

    let path = folder.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE letters (text TEXT)").unwrap();
    let error = open(&path).begin(&new_call("hall")).await.unwrap_err();
    assert!(error.to_string().contains("somebody else's"), "{error}");
}

#[tokio::test]
async fn values_that_nobody_wrote_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let store = open(&path);
    for (change, room) in [("state = 'dancing'", "a"), ("call = 'x'", "b"), ("generation = 0", "c"), ("beat = -1", "d")]
    {
        begun(&store, room).await;
        let statement = format!("UPDATE calls SET {change} WHERE room = '{room}'");
        Connection::open(&path).unwrap().execute(&statement, []).unwrap();
        let found = store.find(room).await;
        assert!(matches!(found, Err(StoreError::Corrupt(_))) || room == "d", "{change}: {found:?}");
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_work_goes_on_when_there_is_space_again() {
    let folder = tempfile::tempdir().unwrap();
    // Mounting one needs the rights to; without them the unit test beside the store's thread stands alone.
    let Some(store) = SmallDisk::new(folder.path()) else { return };
    let lease = begun(&store.store, "hall").await.lease;
    let text = "x".repeat(calls::MAX_TURN_BYTES);
    let mut error = None;
    for number in 1..calls::MAX_TURNS as u64 {
        if let Err(failed) = store.store.append(&lease, &[turn(number, &text)]).await {
            error = Some(failed);
            break;
        }
    }
    let error = error.expect("the disk was to be full");
    assert!(matches!(error, StoreError::Full(_)), "{error:?}");
    assert!(error.to_string().contains("free space"), "{error}");
    assert_eq!(store.store.find("hall").await.unwrap().unwrap().lease, lease, "it can still be read");
    store.make_space();
    assert_eq!(store.store.append(&lease, &[turn(500, &text)]).await.unwrap(), Standing::Yours);
}

/// A store on a disk of its own that is small.
struct SmallDisk {
    store: Store,
    disk: PathBuf,
}

impl SmallDisk {
    fn new(folder: &Path) -> Option<Self> {
        let disk = folder.join("disk");
        fs::create_dir(&disk).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(&disk).output();
        mount.ok().filter(|mount| mount.status.success())?;
        fs::write(disk.join("ballast"), vec![1; 1 << 20]).unwrap();
        Some(Self { store: open(&disk.join("calls.db")), disk })
    }

    fn make_space(&self) {
        fs::remove_file(self.disk.join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.disk).status();
    }
}

#[tokio::test]
async fn a_file_that_was_deleted_is_not_written_to_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let (one, two) = (open(&path), open(&path));
    let lease = begun(&one, "hall").await.lease;
    for file in fs::read_dir(folder.path()).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    assert_eq!(one.beat(&lease).await.unwrap(), Standing::Forgotten);
    let cellar = begun(&one, "cellar").await;
    assert_eq!(two.find("cellar").await.unwrap(), Some(cellar));
}

#[tokio::test]
async fn a_file_that_somebody_else_keeps_locked_makes_the_store_slow_and_no_longer_than_its_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    begun(&open(&path), "hall").await;
    let blocker = Connection::open(&path).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let deadline = std::time::Duration::from_millis(200);
    let address = format!("sqlite:{}", path.display()).parse().unwrap();
    let store = calls::open_with_deadline(&address, deadline).unwrap();
    assert_eq!(store.probe().await, Err(StoreError::Slow(deadline)));
    assert!(store.find("hall").await.unwrap().is_some(), "reading does not wait for writing");
    blocker.execute_batch("ROLLBACK").unwrap();
    open(&path).probe().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let error = open(&folder.path().join("file/calls.db")).probe().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(!error.to_string().contains("calls.db"), "{error}");
}
