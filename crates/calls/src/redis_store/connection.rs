//! The one connection, shared by all operations and made again when it is lost.

use std::fmt;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, RedisError, ScriptInvocation};
use tokio::sync::Mutex;

use super::errors::meaning;
use crate::address::AddressError;
use crate::error::StoreError;

/// Operations that one connection carries at once; more wait, and their deadlines with them.
const AT_ONCE: usize = 64;

/// The way to the server.
pub(super) struct Link {
    client: Client,
    patience: Duration,
    /// With its number, so that whoever finds it lost throws away that one and not its successor.
    connection: Mutex<(u64, Option<MultiplexedConnection>)>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Link {
    pub(super) fn new(address: &str, patience: Duration) -> Result<Self, StoreError> {
        // Connections with TLS need one; whoever came first has chosen the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::open(address).map_err(|_| AddressError::BadRedis)?;
        Ok(Self { client, patience, connection: Mutex::new((0, None)) })
    }

    pub(super) async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let (number, mut connection) = self.connected().await?;
        self.checked(number, command.query_async(&mut connection).await).await
    }

    pub(super) async fn pipeline<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, StoreError> {
        let (number, mut connection) = self.connected().await?;
        self.checked(number, commands.query_async(&mut connection).await).await
    }

    pub(super) async fn script<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        let (number, mut connection) = self.connected().await?;
        self.checked(number, script.invoke_async(&mut connection).await).await
    }

    /// The connection, made anew when there is none. Of several who want it one makes it.
    async fn connected(&self) -> Result<(u64, MultiplexedConnection), StoreError> {
        let mut current = self.connection.lock().await;
        if let (number, Some(connection)) = &*current {
            return Ok((*number, connection.clone()));
        }
        // Shorter than the deadline of the operation, so that a connection which answers nothing is noticed and left.
        let limit = self.patience * 3 / 4;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(limit))
            .set_response_timeout(Some(limit))
            .set_concurrency_limit(AT_ONCE);
        let made = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let connection = made.map_err(|error| meaning(&error, self.patience))?;
        *current = (current.0 + 1, Some(connection.clone()));
        Ok((current.0, connection))
    }

    async fn checked<T>(&self, number: u64, result: Result<T, RedisError>) -> Result<T, StoreError> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if error.is_timeout() || error.is_io_error() || error.is_unrecoverable_error() {
            let mut current = self.connection.lock().await;
            if current.0 == number {
                current.1 = None;
            }
        }
        Err(meaning(&error, self.patience))
    }
}
