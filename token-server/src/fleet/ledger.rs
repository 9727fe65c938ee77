//! The fleet's side of the store of calls. A store that is away costs memory of a call, never a call: then a worker is
//! started that nobody else knows of.

use std::sync::Arc;

use calls::{Begun, CallRecord, CallStore, Lease, NewCall, Replacement, Standing};
use proto::names::{Identity, RoomName};
use proto::orders::CallOrders;
use tracing::warn;

use crate::persona::Persona;

/// The store, if calls are kept.
#[derive(Clone)]
pub struct Ledger(Option<Arc<dyn CallStore>>);

/// What the store says of a call that is to begin.
pub(super) enum Entry {
    /// It is ours to serve.
    Ours(Lease),
    /// The room has a call that somebody else serves, or served.
    Elsewhere(CallRecord),
    /// It can't be written down.
    Unknown,
}

/// What the store says of a room.
pub(super) enum Found {
    /// It has this call.
    Record(Box<CallRecord>),
    /// It has none.
    Nothing,
    /// It is away.
    Unknown,
}

/// What the store says of a call that is to go on with another worker.
pub(super) enum Next {
    /// It is ours to serve.
    Ours(Lease),
    /// Somebody else serves it, or it is over.
    NotOurs,
}

impl Ledger {
    /// Calls are kept in this store; or in none.
    #[must_use]
    pub fn new(store: Option<Arc<dyn CallStore>>) -> Self {
        Self(store)
    }

    pub(super) fn store(&self) -> Option<&Arc<dyn CallStore>> {
        self.0.as_ref()
    }

    pub(super) async fn begin(&self, room: &RoomName, persona: &Persona, holder: &Identity) -> Entry {
        let Some(store) = &self.0 else { return Entry::Unknown };
        let new = NewCall {
            room: room.to_string(),
            persona: Some(persona.name.clone()),
            holder: holder.to_string(),
            invited: true,
        };
        match store.begin(&new).await {
            Ok(Begun::New(record)) => Entry::Ours(record.lease),
            Ok(Begun::Already(record)) => Entry::Elsewhere(record),
            Err(error) => {
                warn!(%room, %error, "this call cannot be written down: should its worker die, it begins anew");
                Entry::Unknown
            }
        }
    }

    /// The call's next worker. Of two token servers one gets it.
    pub(super) async fn next(&self, lease: &Lease, holder: &Identity) -> Next {
        let Some(store) = &self.0 else { return Next::NotOurs };
        match store.replace(lease, holder.as_str()).await {
            Ok(Replacement::Replaced(record)) => Next::Ours(record.lease),
            Ok(Replacement::Superseded | Replacement::Gone) => Next::NotOurs,
            Err(error) => {
                warn!(room = lease.room, %error, "the next worker of this call cannot be written down");
                // Whoever was started with a later lease teaches it to the store when that is back.
                Next::Ours(Lease { generation: lease.generation.next(), ..lease.clone() })
            }
        }
    }

    /// The call is over.
    pub(super) async fn end(&self, lease: &Lease) {
        let Some(store) = &self.0 else { return };
        match store.end(lease).await {
            Ok(Standing::Yours | Standing::Superseded | Standing::Gone | Standing::Forgotten) => {}
            Err(error) => warn!(room = lease.room, %error, "the end of this call cannot be written down"),
        }
    }

    /// Nobody is to serve the call any more; its worker hears that and leaves.
    pub(super) async fn give_up(&self, lease: &Lease) {
        let Some(store) = &self.0 else { return };
        if let Err(error) = store.give_up(lease).await {
            warn!(room = lease.room, %error, "the worker of this call cannot be told to leave");
        }
    }

    /// The call of a room as it stands.
    pub(super) async fn look(&self, room: &RoomName) -> Found {
        let Some(store) = &self.0 else { return Found::Unknown };
        match store.find(room.as_str()).await {
            Ok(Some(record)) => Found::Record(Box::new(record)),
            Ok(None) => Found::Nothing,
            Err(_) => Found::Unknown,
        }
    }
}

/// What a worker is told of its call.
pub(super) fn orders(lease: &Lease) -> CallOrders {
    CallOrders { id: lease.call.to_string(), generation: lease.generation.get() }
}
