//! Sorts the library's events to those who wait for them. Runs on the library's threads and never blocks.

use super::library::{Frame, Library};
use super::proto::ffi_event;
use super::{events, logs, reply, rpc};

/// Everything but received frames.
pub(super) fn event(library: &'static Library, message: ffi_event::Message) {
    let message = match reply::read(library, message) {
        Ok((id, reply)) => return library.registry.answer(id, reply),
        Err(message) => message,
    };
    match message {
        ffi_event::Message::RoomEvent(event) => {
            if let Some(message) = event.message {
                events::room_event(library, event.room_handle, message);
            }
        }
        ffi_event::Message::TextStreamReaderEvent(event) => {
            if let Some(detail) = event.detail {
                library.registry.texts.receive(event.reader_handle, detail.into());
            }
        }
        ffi_event::Message::ByteStreamReaderEvent(event) => {
            if let Some(detail) = event.detail {
                library.registry.bytes.receive(event.reader_handle, detail.into());
            }
        }
        ffi_event::Message::RpcMethodInvocation(call) => rpc::invoked(library, call),
        ffi_event::Message::Logs(batch) => batch.records.iter().for_each(logs::forward),
        ffi_event::Message::Panic(panic) => {
            tracing::error!(message = panic.message, "the LiveKit library panicked: aborting this process");
            std::process::abort();
        }
        // Answers and streams of requests that we never make.
        _ => {}
    }
}

/// A received frame.
pub(super) fn frame(library: &'static Library, frame: Frame) {
    match frame {
        Frame::Audio { stream, frame } => library.registry.streams.audio(stream, frame),
        Frame::Video { stream, frame } => library.registry.streams.video(stream, frame),
    }
}

/// The end of a media stream.
pub(super) fn end_of_stream(library: &'static Library, stream: u64) {
    library.registry.streams.end(stream);
}
