//! Text streams: sending, writing piece by piece, reading.

use std::sync::Arc;

use async_trait::async_trait;

use super::call::{call, unexpected};
use super::handle::Handle;
use super::library::Library;
use super::membership::{Membership, RoomState};
use super::proto::{self, ffi_request};
use super::reply::Reply;
use super::stream_queue::StreamQueue;
use super::{REQUEST_TIMEOUT, convert};
use crate::{Attributes, RoomError, RoomEvent, TextOptions, TextReader, TextWriter};

fn stream_options(options: TextOptions) -> proto::StreamTextOptions {
    proto::StreamTextOptions {
        topic: options.topic,
        attributes: options.attributes.into_iter().collect(),
        destination_identities: options.destination_identities,
        sender_identity: options.sender_identity,
        ..Default::default()
    }
}

/// Sends a complete stream.
pub(super) async fn send(membership: &Membership, text: &str, options: TextOptions) -> Result<(), RoomError> {
    const ACTION: &str = "sending text";
    membership.state.check_open()?;
    let reply = call(membership.library(), ACTION, REQUEST_TIMEOUT, |id| {
        ffi_request::Message::SendText(proto::StreamSendTextRequest {
            local_participant_handle: membership.local(),
            options: stream_options(options),
            text: text.to_owned(),
            request_async_id: Some(id),
        })
    });
    match reply.await? {
        Reply::Done => Ok(()),
        _ => Err(unexpected(ACTION)),
    }
}

/// Opens a stream to write.
pub(super) async fn open(membership: &Membership, options: TextOptions) -> Result<Writer, RoomError> {
    const ACTION: &str = "opening a text stream";
    membership.state.check_open()?;
    let reply = call(membership.library(), ACTION, REQUEST_TIMEOUT, |id| {
        ffi_request::Message::TextStreamOpen(proto::TextStreamOpenRequest {
            local_participant_handle: membership.local(),
            options: stream_options(options),
            request_async_id: Some(id),
        })
    });
    match reply.await? {
        Reply::StreamOpened(writer) => Ok(Writer { writer, state: membership.state.clone() }),
        _ => Err(unexpected(ACTION)),
    }
}

/// A stream that is being written. Dropping it unclosed ends the stream without a proper trailer.
pub(super) struct Writer {
    writer: Handle,
    state: Arc<RoomState>,
}

#[async_trait]
impl TextWriter for Writer {
    async fn write(&mut self, text: &str) -> Result<(), RoomError> {
        self.state.check_open()?;
        let writer_handle = self.writer.id();
        let reply = call(self.writer.library(), "writing text", REQUEST_TIMEOUT, |id| {
            ffi_request::Message::TextStreamWrite(proto::TextStreamWriterWriteRequest {
                writer_handle,
                text: text.to_owned(),
                request_async_id: Some(id),
            })
        });
        reply.await.map(drop)
    }

    async fn close(self: Box<Self>, attributes: Attributes) -> Result<(), RoomError> {
        self.state.check_open()?;
        let library = self.writer.library();
        // The request consumes the writer.
        let writer_handle = self.writer.surrender();
        let reply = call(library, "closing a text stream", REQUEST_TIMEOUT, |id| {
            ffi_request::Message::TextStreamClose(proto::TextStreamWriterCloseRequest {
                writer_handle,
                reason: None,
                request_async_id: Some(id),
                attributes: attributes.into_iter().collect(),
            })
        });
        reply.await.map(drop)
    }
}

/// Somebody opened a stream: called in the callback. Reading begins at once, so that our limit holds from the start.
pub(super) fn opened(
    library: &'static Library,
    room: u64,
    reader: Handle,
    info: proto::TextStreamInfo,
    identity: String,
) -> Option<RoomEvent> {
    let Some(queue) = library.registry.texts.open(reader.id(), room, identity.clone()) else {
        tracing::warn!(identity, topic = info.topic, "too many text streams wait to be read: one is not taken");
        return None;
    };
    // The request consumes the reader.
    let reader = reader.surrender();
    let request = proto::TextStreamReaderReadIncrementalRequest { reader_handle: reader };
    let reader = Reader { library, reader, queue };
    if let Err(error) = library.request("reading a text stream", ffi_request::Message::TextReadIncremental(request)) {
        tracing::warn!(%error, topic = info.topic, "a text stream can't be read");
        return None;
    }
    let attributes = convert::sorted(info.attributes);
    Some(RoomEvent::TextStream { identity, topic: info.topic, attributes, reader: Box::new(reader) })
}

struct Reader {
    library: &'static Library,
    reader: u64,
    queue: Arc<StreamQueue<String>>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.library.registry.texts.forget(self.reader);
    }
}

#[async_trait]
impl TextReader for Reader {
    async fn next(&mut self) -> Result<Option<String>, RoomError> {
        self.queue.next().await
    }

    async fn read_all(&mut self, limit: usize) -> Result<String, RoomError> {
        let mut text = String::new();
        loop {
            let piece = tokio::time::timeout(REQUEST_TIMEOUT, self.queue.next()).await.map_err(|_| {
                RoomError::Timeout { action: "reading a text stream to its end", after: REQUEST_TIMEOUT }
            })??;
            let Some(piece) = piece else { return Ok(text) };
            if text.len() + piece.len() > limit {
                return Err(RoomError::TooLarge { what: "a text stream", limit });
            }
            text.push_str(&piece);
        }
    }

    fn final_attributes(&self) -> Attributes {
        self.queue.attributes()
    }
}
