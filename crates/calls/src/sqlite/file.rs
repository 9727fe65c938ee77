//! The file: made for its owner alone, opened, and its tables.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::errors::meaning;
use crate::error::StoreError;

/// The version of the tables below. One that has no column or table less is compatible, and keeps the number.
const SCHEMA: i64 = 1;

const TABLES: &str = "
    CREATE TABLE calls (
        room TEXT NOT NULL PRIMARY KEY, call TEXT NOT NULL, persona TEXT, generation INTEGER NOT NULL,
        holder TEXT NOT NULL, host TEXT, pid INTEGER, started INTEGER, beat INTEGER NOT NULL, state TEXT NOT NULL,
        invited INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE turns (
        call TEXT NOT NULL, number INTEGER NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (call, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE ended (place INTEGER PRIMARY KEY AUTOINCREMENT, call TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE probe (place INTEGER PRIMARY KEY, beat INTEGER NOT NULL) STRICT;
    PRAGMA user_version = 1;
";

/// An open file.
pub(super) struct Database {
    pub(super) connection: Connection,
    path: PathBuf,
    identity: (u64, u64),
}

impl Database {
    /// Opens the file at `path`, and makes it when there is none.
    pub(super) fn open(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        make(path).map_err(|error| StoreError::Unavailable(format!("its file cannot be made: {error}")))?;
        let failed = |error: rusqlite::Error| meaning(&error, patience);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(patience).map_err(failed)?;
        set_up(&mut connection, patience)?;
        let identity = identity(path).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { connection, path: path.to_owned(), identity })
    }

    /// Whether the path still leads to the file that is open: SQLite goes on writing into one that was deleted.
    pub(super) fn is_current(&self) -> bool {
        identity(&self.path).is_ok_and(|identity| identity == self.identity)
    }
}

fn set_up(connection: &mut Connection, patience: Duration) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| meaning(&error, patience);
    // A process that dies loses nothing with `normal`; a machine that does may lose the last moments.
    connection.pragma_update(None, "synchronous", "normal").map_err(failed)?;
    // The log beside the file is taken over at a megabyte, not at four: a small disk has to hold it too.
    connection.pragma_update(None, "wal_autocheckpoint", 250).map_err(failed)?;
    // What was said does not stay in free pages of the file.
    connection.pragma_update(None, "secure_delete", "on").map_err(failed)?;
    if version(connection).map_err(failed)? == SCHEMA {
        return Ok(());
    }
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).map_err(failed)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    match version(&transaction).map_err(failed)? {
        SCHEMA => {}
        0 => {
            let tables = "SELECT count(*) FROM sqlite_schema";
            let others: i64 = transaction.query_row(tables, [], |row| row.get(0)).map_err(failed)?;
            if others > 0 {
                return Err(StoreError::Corrupt("it is somebody else's database".to_owned()));
            }
            transaction.execute_batch(TABLES).map_err(failed)?;
        }
        found => return Err(StoreError::TooNew { found, known: SCHEMA }),
    }
    transaction.commit().map_err(failed)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Makes the folder and the file for their owner alone, where they are not there. SQLite gives the files that it puts
/// beside it the same mode.
fn make(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    // Not cut short when it is there: another process may use it.
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map(drop)
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}
