//! What SQLite's errors mean for a store of calls.

use std::time::Duration;

use rusqlite::{Error, ErrorCode};

use crate::error::StoreError;

/// Texts of SQLite name tables and reasons, never values.
pub(super) fn meaning(error: &Error, patience: Duration) -> StoreError {
    let why = error.to_string();
    match error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Slow(patience),
            ErrorCode::DiskFull => StoreError::Full(why),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::SchemaChanged | ErrorCode::Unknown => {
                StoreError::Corrupt(why)
            }
            _ => StoreError::Unavailable(why),
        },
        // What was read is not what was written.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => StoreError::Corrupt(why),
        _ => StoreError::Unavailable(why),
    }
}
