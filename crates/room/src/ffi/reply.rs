//! Answers of the library as typed values that own their native objects, so that an answer nobody waits for any more
//! releases what it carries.

use super::handle::Handle;
use super::library::Library;
use super::membership::Joined;
use super::proto::{self, ffi_event};
use super::registry::SharedSid;
use crate::RpcFault;

/// One answer.
pub(super) enum Reply {
    /// We are in the room.
    Joined(Box<Joined>),
    /// A track is published.
    Published(Publication),
    /// A text or byte stream is open for writing.
    StreamOpened(Handle),
    /// A call of ours was answered.
    RpcAnswered(Result<String, RpcFault>),
    /// It is done.
    Done,
    /// It was refused, with the reason.
    Refused(String),
}

/// A published track of ours.
pub(super) struct Publication {
    handle: Handle,
    /// Its present id in the room.
    pub(super) sid: SharedSid,
}

impl Publication {
    fn own(library: &'static Library, publication: proto::OwnedTrackPublication) -> Self {
        let handle = Handle::own(library, publication.handle.id);
        let sid = library.registry.add_publication(handle.id(), publication.info.sid);
        Self { handle, sid }
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        self.handle.library().registry.remove_publication(self.handle.id());
    }
}

fn done(error: Option<String>) -> Reply {
    error.map_or(Reply::Done, Reply::Refused)
}

fn stream_done(error: Option<proto::StreamError>) -> Reply {
    done(error.map(|error| error.description))
}

fn empty() -> Reply {
    Reply::Refused("empty answer".into())
}

/// The request id and the typed answer in `message`, or the message back when it is none that we ask for.
#[expect(clippy::result_large_err, reason = "either way the message moves on at once")]
pub(super) fn read(library: &'static Library, message: ffi_event::Message) -> Result<(u64, Reply), ffi_event::Message> {
    use ffi_event::Message as Event;
    Ok(match message {
        Event::Connect(answer) => {
            let reply = match answer.message {
                Some(proto::connect_callback::Message::Result(result)) => {
                    Reply::Joined(Box::new(Joined::enter(library, result)))
                }
                Some(proto::connect_callback::Message::Error(error)) => Reply::Refused(error),
                None => empty(),
            };
            (answer.async_id, reply)
        }
        Event::PublishTrack(answer) => {
            let reply = match answer.message {
                Some(proto::publish_track_callback::Message::Publication(publication)) => {
                    Reply::Published(Publication::own(library, publication))
                }
                Some(proto::publish_track_callback::Message::Error(error)) => Reply::Refused(error),
                None => empty(),
            };
            (answer.async_id, reply)
        }
        Event::TextStreamOpen(answer) => {
            let reply = match answer.result {
                Some(proto::text_stream_open_callback::Result::Writer(writer)) => {
                    Reply::StreamOpened(Handle::own(library, writer.handle.id))
                }
                Some(proto::text_stream_open_callback::Result::Error(error)) => Reply::Refused(error.description),
                None => empty(),
            };
            (answer.async_id, reply)
        }
        Event::SendText(answer) => {
            let reply = match answer.result {
                Some(proto::stream_send_text_callback::Result::Info(_)) => Reply::Done,
                Some(proto::stream_send_text_callback::Result::Error(error)) => Reply::Refused(error.description),
                None => empty(),
            };
            (answer.async_id, reply)
        }
        Event::ByteStreamOpen(answer) => {
            let reply = match answer.result {
                Some(proto::byte_stream_open_callback::Result::Writer(writer)) => {
                    Reply::StreamOpened(Handle::own(library, writer.handle.id))
                }
                Some(proto::byte_stream_open_callback::Result::Error(error)) => Reply::Refused(error.description),
                None => empty(),
            };
            (answer.async_id, reply)
        }
        Event::SendBytes(answer) => {
            let reply = match answer.result {
                Some(proto::stream_send_bytes_callback::Result::Info(_)) => Reply::Done,
                Some(proto::stream_send_bytes_callback::Result::Error(error)) => Reply::Refused(error.description),
                None => empty(),
            };
            (answer.async_id, reply)
        }
        Event::PerformRpc(answer) => {
            let reply = match (answer.payload, answer.error) {
                (_, Some(error)) => Reply::RpcAnswered(Err(RpcFault::new(error.code, error.message))),
                (Some(payload), None) => Reply::RpcAnswered(Ok(payload)),
                (None, None) => empty(),
            };
            (answer.async_id, reply)
        }
        Event::ByteStreamWriterWrite(answer) => (answer.async_id, stream_done(answer.error)),
        Event::ByteStreamWriterClose(answer) => (answer.async_id, stream_done(answer.error)),
        Event::TextStreamWriterWrite(answer) => (answer.async_id, stream_done(answer.error)),
        Event::TextStreamWriterClose(answer) => (answer.async_id, stream_done(answer.error)),
        Event::CaptureAudioFrame(answer) => (answer.async_id, done(answer.error)),
        Event::SetLocalAttributes(answer) => (answer.async_id, done(answer.error)),
        Event::UnpublishTrack(answer) => (answer.async_id, done(answer.error)),
        Event::Disconnect(answer) => (answer.async_id, Reply::Done),
        other => return Err(other),
    })
}
