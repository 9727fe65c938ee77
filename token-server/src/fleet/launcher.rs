//! How this server brings a worker into a room: one that stands by, or else a new process.

use std::sync::Arc;
use std::time::SystemTime;

use calls::Lease;
use proto::names::{Identity, RoomName};
use proto::orders::Orders;
use thiserror::Error;
use tracing::warn;
use worker_process::{LaunchError, Program, StandbyPool, WorkerProcess};

use super::dispatcher::Dispatcher;
use super::ledger::orders as orders_of_call;
use crate::persona::Persona;
use crate::tokens::{TokenError, TokenMinter};

/// Everything that is the same for all workers.
pub struct Launcher {
    /// The worker's program.
    pub program: Program,
    /// LiveKit's scheduler, when that is to find workers; then this server starts none of its own.
    pub dispatcher: Option<Dispatcher>,
    /// Workers that stand by.
    pub standby: StandbyPool,
    /// The address of the LiveKit server, as workers reach it.
    pub livekit_url: String,
    /// The address of the LiveKit server for those outside.
    pub livekit_public_url: String,
    /// Makes the token of each worker.
    pub minter: TokenMinter,
}

/// Why there is no worker.
#[derive(Debug, Error)]
pub(super) enum NoWorker {
    /// No token for it.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It can't be started.
    #[error(transparent)]
    Launch(#[from] LaunchError),
}

impl Launcher {
    /// Brings a worker that plays `persona` into `room`.
    pub(super) async fn launch(
        &self,
        now: SystemTime,
        room: &RoomName,
        identity: &Identity,
        persona: &Arc<Persona>,
        lease: Option<&Lease>,
    ) -> Result<WorkerProcess, NoWorker> {
        let orders = Orders { call: lease.map(orders_of_call), ..self.orders(now, room, identity, persona)? };
        let file = persona.file.as_deref();
        while let Some(standby) = (self.standby.persona() == file).then(|| self.standby.take()).flatten() {
            match standby.serve(&orders).await {
                Ok(worker) => return Ok(worker),
                Err(error) => warn!(%room, %error, "another worker is needed"),
            }
        }
        Ok(self.program.launch(&orders, file).await?)
    }

    fn orders(
        &self,
        now: SystemTime,
        room: &RoomName,
        identity: &Identity,
        persona: &Persona,
    ) -> Result<Orders, TokenError> {
        let token = self.minter.agent(now, room, identity, &persona.name)?;
        let avatar_token =
            persona.sent_avatar.map(|avatar| self.minter.avatar(now, room, avatar, identity)).transpose()?;
        let public_url = avatar_token.as_ref().map(|_| self.livekit_public_url.clone());
        Ok(Orders {
            room: room.clone(),
            identity: identity.to_string(),
            name: Some(persona.name.clone()),
            url: self.livekit_url.clone(),
            token,
            avatar_token,
            public_url,
            call: None,
            lifeline: false,
        })
    }
}
