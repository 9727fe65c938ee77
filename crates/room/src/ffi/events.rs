//! Room events of the library as ours, and the bounded channel to their reader.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::handle::Handle;
use super::library::Library;
use super::membership::RoomState;
use super::proto::{self, ffi_request, room_event};
use super::registry::lock;
use super::track::FfiTrack;
use super::{bytes, convert, rpc, text};
use crate::{DisconnectReason, RoomEvent};

/// A joined room, as its events need it.
pub(super) struct RoomEntry {
    sender: mpsc::Sender<RoomEvent>,
    /// A place kept free for the last event, so that even a reader far behind learns of the end.
    last: Option<mpsc::OwnedPermit<RoomEvent>>,
    state: Arc<RoomState>,
    /// Announced tracks of others, by id.
    publications: HashMap<String, proto::TrackPublicationInfo>,
    /// Whether tracks that are subscribed to have ended, by id.
    subscribed: HashMap<String, Arc<AtomicBool>>,
}

impl RoomEntry {
    pub(super) fn new(sender: mpsc::Sender<RoomEvent>, state: Arc<RoomState>) -> Self {
        let last = sender.clone().try_reserve_owned().ok();
        Self { sender, last, state, publications: HashMap::new(), subscribed: HashMap::new() }
    }

    /// Remembers what a track is.
    pub(super) fn add_publication(&mut self, info: proto::TrackPublicationInfo) {
        self.publications.insert(info.sid.clone(), info);
    }

    /// Tells of what was there before us; the channel was made large enough for that.
    pub(super) fn present(&self, event: RoomEvent) {
        drop(self.sender.try_send(event));
    }
}

/// The native object that a room event hands over, if any.
fn owned_handle(message: &room_event::Message) -> Option<u64> {
    use room_event::Message as Event;
    match message {
        Event::ParticipantConnected(event) => Some(event.info.handle.id),
        Event::TrackPublished(event) => Some(event.publication.handle.id),
        Event::TrackSubscribed(event) => Some(event.track.handle.id),
        Event::ByteStreamOpened(event) => Some(event.reader.handle.id),
        Event::TextStreamOpened(event) => Some(event.reader.handle.id),
        Event::DataTrackPublished(event) => Some(event.track.handle.id),
        Event::DataPacketReceived(event) => match &event.value {
            Some(proto::data_packet_received::Value::User(packet)) => Some(packet.data.handle.id),
            Some(proto::data_packet_received::Value::SipDtmf(_)) | None => None,
        },
        _ => None,
    }
}

/// Handles one room event. Runs on the library's threads.
pub(super) fn room_event(library: &'static Library, room: u64, message: room_event::Message) {
    use room_event::Message as Event;
    let owned = owned_handle(&message).map(|id| Handle::own(library, id));
    match message {
        Event::Disconnected(event) => close_room(library, room, convert::disconnect_reason(event.reason)),
        // The end without a reason.
        Event::Eos(_) => close_room(library, room, DisconnectReason::Other),
        Event::TextStreamOpened(event) => {
            let Some(reader) = owned else { return };
            let event = text::opened(library, room, reader, event.reader.info, event.participant_identity);
            deliver(library, room, |_| event);
        }
        Event::ByteStreamOpened(event) => {
            let Some(reader) = owned else { return };
            let event = bytes::opened(library, room, reader, event.reader.info, event.participant_identity);
            deliver(library, room, |_| event);
        }
        Event::TrackSubscribed(event) => {
            let Some(handle) = owned else { return };
            let mut unwanted = None;
            deliver(library, room, |entry| {
                subscribed(entry, room, handle, event).map_err(|handle| unwanted = Some(handle)).ok()
            });
        }
        Event::TrackUnsubscribed(event) => {
            let sid = event.track_sid.clone();
            deliver(library, room, |entry| {
                if let Some(ended) = entry.subscribed.remove(&event.track_sid) {
                    ended.store(true, Ordering::Release);
                }
                Some(RoomEvent::TrackUnsubscribed { identity: event.participant_identity, sid: event.track_sid })
            });
            // The library keeps such streams open: end them here.
            library.registry.streams.end_track(room, &sid);
        }
        Event::LocalTrackRepublished(event) => {
            let (handle, previous) = (event.publication_handle, &event.previous_sid);
            if !library.registry.rename_publication(handle, previous, &event.info.sid) {
                tracing::debug!(handle, "republished under another handle");
                drop(Handle::own(library, handle));
            }
            deliver(library, room, |_| {
                Some(RoomEvent::LocalTrackRepublished { previous_sid: event.previous_sid, sid: event.info.sid })
            });
        }
        Event::ParticipantDisconnected(event) => {
            library.registry.texts.end_sender(room, &event.participant_identity);
            library.registry.bytes.end_sender(room, &event.participant_identity);
            rpc::participant_left(library, room, &event.participant_identity);
            deliver(library, room, |_| {
                let reason = convert::disconnect_reason(event.disconnect_reason);
                Some(RoomEvent::ParticipantDisconnected { identity: event.participant_identity, reason })
            });
        }
        other => deliver(library, room, |entry| translate(entry, other)),
    }
    // Whatever is still in `owned` is released here, outside all locks.
}

/// The events that only concern the room's own entry.
fn translate(entry: &mut RoomEntry, message: room_event::Message) -> Option<RoomEvent> {
    use room_event::Message as Event;
    match message {
        Event::ParticipantConnected(event) => {
            Some(RoomEvent::ParticipantConnected(convert::participant(event.info.info)))
        }
        Event::TrackPublished(event) => {
            entry.add_publication(event.publication.info);
            None
        }
        Event::TrackUnpublished(event) => {
            entry.publications.remove(&event.publication_sid);
            None
        }
        Event::TrackMuted(event) => {
            Some(RoomEvent::TrackMuted { identity: event.participant_identity, sid: event.track_sid, muted: true })
        }
        Event::TrackUnmuted(event) => {
            Some(RoomEvent::TrackMuted { identity: event.participant_identity, sid: event.track_sid, muted: false })
        }
        Event::ParticipantAttributesChanged(event) => {
            let mut local = lock(&entry.state.local);
            if local.identity == event.participant_identity {
                local.attributes = convert::entries(event.attributes);
            }
            drop(local);
            let changed = convert::entries(event.changed_attributes);
            Some(RoomEvent::AttributesChanged { identity: event.participant_identity, changed })
        }
        Event::ActiveSpeakersChanged(event) => {
            Some(RoomEvent::SpeakersChanged { identities: event.participant_identities })
        }
        Event::LocalTrackSubscribed(event) => Some(RoomEvent::LocalTrackSubscribed { sid: event.track_sid }),
        Event::Reconnecting(_) => Some(RoomEvent::Reconnecting),
        Event::Reconnected(_) => Some(RoomEvent::Reconnected),
        Event::TrackSubscriptionFailed(event) => {
            tracing::warn!(track = event.track_sid, error = event.error, "a track can't be subscribed to");
            None
        }
        // Metadata, connection quality, encryption, raw data and the parts of text streams: no one here
        // asks for them.
        _ => None,
    }
}

/// A track of somebody's can be read. `Err` carries a handle that nobody wants, to be released outside the lock.
fn subscribed(
    entry: &mut RoomEntry,
    room: u64,
    handle: Handle,
    event: proto::TrackSubscribed,
) -> Result<RoomEvent, Handle> {
    let Some(kind) = convert::track_kind(event.track.info.kind()) else { return Err(handle) };
    let publication = entry.publications.get(&event.track.info.sid);
    let info = convert::track(event.track.info, kind, publication);
    let ended = Arc::new(AtomicBool::new(false));
    entry.subscribed.insert(info.sid.clone(), ended.clone());
    let track = Arc::new(FfiTrack::new(handle, room, info.sid.clone(), kind, ended));
    Ok(RoomEvent::TrackSubscribed { identity: event.participant_identity, info, track })
}

/// Passes an event to the room's reader; closes the room when the reader is hopelessly late.
pub(super) fn deliver(library: &'static Library, room: u64, event: impl FnOnce(&mut RoomEntry) -> Option<RoomEvent>) {
    let mut rooms = lock(&library.registry.rooms);
    // Whatever can't be delivered is dropped after the lock is released.
    let undelivered = match rooms.get_mut(&room) {
        None => {
            // `event` may own native objects, and it outlives the lock.
            drop(rooms);
            return;
        }
        Some(entry) => event(entry).and_then(|event| entry.sender.try_send(event).err()),
    };
    drop(rooms);
    match undelivered {
        Some(TrySendError::Full(_)) => {
            tracing::error!("nobody reads this room's events: leaving it");
            close_room(library, room, DisconnectReason::Other);
            let request = ffi_request::Message::Disconnect(proto::DisconnectRequest {
                room_handle: room,
                request_async_id: Some(library.registry.unanswered()),
                reason: None,
            });
            if let Err(error) = library.request("leaving the room", request) {
                tracing::debug!(%error, "the room was gone already");
            }
        }
        // The reader dropped its end: it does not want to know.
        Some(TrySendError::Closed(_)) | None => {}
    }
}

/// The room is over for us: its streams end and its last event goes out. Only the first call has an effect.
pub(super) fn close_room(library: &'static Library, room: u64, reason: DisconnectReason) {
    let entry = lock(&library.registry.rooms).remove(&room);
    let Some(mut entry) = entry else { return };
    entry.state.close();
    for ended in entry.subscribed.values() {
        ended.store(true, Ordering::Release);
    }
    library.registry.streams.end_room(room);
    library.registry.texts.end_room(room);
    library.registry.bytes.end_room(room);
    rpc::close(library, room);
    if let Some(last) = entry.last.take() {
        last.send(RoomEvent::Disconnected(reason));
    }
}
