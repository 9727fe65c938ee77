//! Being in a room: entered in the connect callback, left at the latest when dropped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;

use super::DISCONNECT_TIMEOUT;
use super::call::call;
use super::convert;
use super::events::{self, RoomEntry};
use super::handle::Handle;
use super::library::Library;
use super::proto::{self, ffi_request};
use super::registry::lock;
use crate::{DisconnectReason, ParticipantInfo, RoomError, RoomEvent, RoomEvents};

/// Events that may wait for their reader. One that far behind is dead.
const EVENT_CAPACITY: usize = 1024;

/// What everything that belongs to a room may ask about it.
pub(super) struct RoomState {
    /// This participant.
    pub(super) local: Mutex<ParticipantInfo>,
    closed: AtomicBool,
}

impl RoomState {
    /// Fails with [`RoomError::Closed`] when the room is over.
    pub(super) fn check_open(&self) -> Result<(), RoomError> {
        if self.is_closed() { Err(RoomError::Closed) } else { Ok(()) }
    }

    /// Whether the room is over.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The room is over.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

/// A room just entered.
pub(super) struct Joined {
    /// Being there.
    pub(super) membership: Membership,
    /// The room's name.
    pub(super) name: String,
    /// What happens there, from the first event on.
    pub(super) events: RoomEvents,
}

impl Joined {
    /// Called inside the connect callback: registers the room before any of its events can come, tells of those who
    /// are there already, and lets events begin. (The library treats a missing `ReadyForRoomEvent` as a panic, so it
    /// is sent even when nobody waits for the room any more.)
    pub(super) fn enter(library: &'static Library, result: proto::connect_callback::Result) -> Self {
        let room = Handle::own(library, result.room.handle.id);
        let local = Handle::own(library, result.local_participant.handle.id);
        let state = Arc::new(RoomState {
            local: Mutex::new(convert::participant(result.local_participant.info)),
            closed: AtomicBool::new(false),
        });
        // One place more is taken at once by `RoomEntry`, for the last event.
        let (sender, events) = mpsc::channel(EVENT_CAPACITY + 1 + result.participants.len());
        let mut entry = RoomEntry::new(sender, state.clone());
        let mut surplus = Vec::new();
        for present in result.participants {
            surplus.push(Handle::own(library, present.participant.handle.id));
            for publication in present.publications {
                surplus.push(Handle::own(library, publication.handle.id));
                entry.add_publication(publication.info);
            }
            entry.present(RoomEvent::ParticipantConnected(convert::participant(present.participant.info)));
        }
        library.registry.rpc.open(room.id(), local.id());
        lock(&library.registry.rooms).insert(room.id(), entry);
        drop(surplus);
        let ready = proto::ReadyForRoomEventRequest { room_handle: room.id() };
        if let Err(error) = library.request("starting room events", ffi_request::Message::ReadyForRoomEvent(ready)) {
            tracing::error!(%error, "room events can't start");
        }
        let name = result.room.info.name;
        Self { membership: Membership { room, local, state, leaving: AtomicBool::new(false) }, name, events }
    }
}

/// Presence in a room. Dropping it leaves the room in the background.
pub(super) struct Membership {
    room: Handle,
    local: Handle,
    /// Shared with what belongs to the room.
    pub(super) state: Arc<RoomState>,
    leaving: AtomicBool,
}

impl Membership {
    /// The library.
    pub(super) fn library(&self) -> &'static Library {
        self.room.library()
    }

    /// The native id of the room.
    pub(super) fn room(&self) -> u64 {
        self.room.id()
    }

    /// The native id of our own participant.
    pub(super) fn local(&self) -> u64 {
        self.local.id()
    }

    /// Leaves and waits until the server knows. The room is over for its reader and its tracks at once.
    pub(super) async fn leave(&self) -> Result<(), RoomError> {
        if self.leaving.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        events::close_room(self.library(), self.room.id(), DisconnectReason::ClientInitiated);
        let left = call(self.library(), "leaving the room", DISCONNECT_TIMEOUT, |id| self.goodbye(id));
        left.await.map(drop)
    }

    fn goodbye(&self, id: u64) -> ffi_request::Message {
        ffi_request::Message::Disconnect(proto::DisconnectRequest {
            room_handle: self.room.id(),
            request_async_id: Some(id),
            reason: Some(proto::DisconnectReason::ClientInitiated as i32),
        })
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let library = self.library();
        events::close_room(library, self.room.id(), DisconnectReason::ClientInitiated);
        if !*self.leaving.get_mut() {
            let request = self.goodbye(library.registry.unanswered());
            if let Err(error) = library.request("leaving the room", request) {
                tracing::debug!(%error, "the room was gone already");
            }
        }
    }
}
