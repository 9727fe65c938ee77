//! What Redis's errors mean for a store of calls.

use std::time::Duration;

use redis::{ErrorKind, RedisError};

use crate::error::StoreError;

/// No text of the client's is passed on: it may name the address. Those of the server name its state.
pub(super) fn meaning(error: &RedisError, patience: Duration) -> StoreError {
    if error.is_timeout() {
        return StoreError::Slow(patience);
    }
    // Of a pipeline, what the first command that failed was told.
    let told = error.clone().into_server_errors();
    let said = error.code().map(str::to_owned);
    let said = said.or_else(|| told?.first().map(|(_, error)| error.code().to_owned())).unwrap_or_default();
    match (error.kind(), said.as_str()) {
        (_, "OOM") => StoreError::Full("Redis has reached its maxmemory".to_owned()),
        (_, "MISCONF") => StoreError::Full("Redis cannot write to its disk".to_owned()),
        (ErrorKind::AuthenticationFailed, _) | (_, "WRONGPASS" | "NOAUTH" | "NOPERM") => {
            StoreError::Unavailable("it refuses the user or the password of its address".to_owned())
        }
        (ErrorKind::Io, _) if error.is_connection_refusal() => {
            StoreError::Unavailable("nobody listens at its address".to_owned())
        }
        (ErrorKind::Io, _) => StoreError::Unavailable("the connection was lost".to_owned()),
        (_, "WRONGTYPE") => StoreError::Corrupt("a key of it is somebody else's".to_owned()),
        (ErrorKind::Parse | ErrorKind::UnexpectedReturnType, _) => {
            StoreError::Corrupt("it answered with something else".to_owned())
        }
        (ErrorKind::InvalidClientConfig, _) => StoreError::Unavailable("no connection with TLS can be made".to_owned()),
        (_, "") => StoreError::Unavailable(error.category().to_owned()),
        _ => StoreError::Unavailable(format!("it says {said}")),
    }
}
