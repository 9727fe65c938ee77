//! Byte streams: sending, writing piece by piece, reading.

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
use crate::{Attributes, ByteOptions, ByteReader, ByteWriter, RoomError, RoomEvent};

fn stream_options(options: ByteOptions) -> proto::StreamByteOptions {
    let named = |text: String| (!text.is_empty()).then_some(text);
    proto::StreamByteOptions {
        topic: options.topic,
        attributes: options.attributes.into_iter().collect(),
        destination_identities: options.destination_identities,
        name: named(options.name),
        mime_type: named(options.mime_type),
        total_length: options.total_length,
        ..Default::default()
    }
}

/// Sends a complete stream.
pub(super) async fn send(membership: &Membership, bytes: &[u8], options: ByteOptions) -> Result<(), RoomError> {
    const ACTION: &str = "sending bytes";
    membership.state.check_open()?;
    let options = ByteOptions { total_length: u64::try_from(bytes.len()).ok(), ..options };
    let reply = call(membership.library(), ACTION, REQUEST_TIMEOUT, |id| {
        ffi_request::Message::SendBytes(proto::StreamSendBytesRequest {
            local_participant_handle: membership.local(),
            options: stream_options(options),
            bytes: bytes.to_vec(),
            request_async_id: Some(id),
        })
    });
    match reply.await? {
        Reply::Done => Ok(()),
        _ => Err(unexpected(ACTION)),
    }
}

/// Opens a stream to write.
pub(super) async fn open(membership: &Membership, options: ByteOptions) -> Result<Writer, RoomError> {
    const ACTION: &str = "opening a byte stream";
    membership.state.check_open()?;
    let reply = call(membership.library(), ACTION, REQUEST_TIMEOUT, |id| {
        ffi_request::Message::ByteStreamOpen(proto::ByteStreamOpenRequest {
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
impl ByteWriter for Writer {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), RoomError> {
        self.state.check_open()?;
        let writer_handle = self.writer.id();
        let reply = call(self.writer.library(), "writing bytes", REQUEST_TIMEOUT, |id| {
            ffi_request::Message::ByteStreamWrite(proto::ByteStreamWriterWriteRequest {
                writer_handle,
                bytes: bytes.to_vec(),
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
        let reply = call(library, "closing a byte stream", REQUEST_TIMEOUT, |id| {
            ffi_request::Message::ByteStreamClose(proto::ByteStreamWriterCloseRequest {
                writer_handle,
                reason: None,
                request_async_id: Some(id),
                attributes: attributes.into_iter().collect(),
            })
        });
        reply.await.map(drop)
    }
}

/// Somebody opened a stream: called in the callback. Reading begins at once, so that our limits hold from the start.
pub(super) fn opened(
    library: &'static Library,
    room: u64,
    reader: Handle,
    info: proto::ByteStreamInfo,
    identity: String,
) -> Option<RoomEvent> {
    let Some(queue) = library.registry.bytes.open(reader.id(), room, identity.clone()) else {
        tracing::warn!(identity, topic = info.topic, "too many byte streams wait to be read: one is not taken");
        return None;
    };
    // The request consumes the reader.
    let reader = reader.surrender();
    let request = proto::ByteStreamReaderReadIncrementalRequest { reader_handle: reader };
    let reader = Reader { library, reader, queue };
    if let Err(error) = library.request("reading a byte stream", ffi_request::Message::ByteReadIncremental(request)) {
        tracing::warn!(%error, topic = info.topic, "a byte stream can't be read");
        return None;
    }
    Some(RoomEvent::ByteStream {
        identity,
        topic: info.topic,
        name: info.name,
        mime_type: info.mime_type,
        attributes: convert::sorted(info.attributes),
        total_length: info.total_length,
        reader: Box::new(reader),
    })
}

struct Reader {
    library: &'static Library,
    reader: u64,
    queue: Arc<StreamQueue<Vec<u8>>>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.library.registry.bytes.forget(self.reader);
    }
}

#[async_trait]
impl ByteReader for Reader {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, RoomError> {
        self.queue.next().await
    }

    async fn read_all(&mut self, limit: usize) -> Result<Vec<u8>, RoomError> {
        let mut bytes = Vec::new();
        loop {
            let piece = tokio::time::timeout(REQUEST_TIMEOUT, self.queue.next()).await.map_err(|_| {
                RoomError::Timeout { action: "reading a byte stream to its end", after: REQUEST_TIMEOUT }
            })??;
            let Some(piece) = piece else { return Ok(bytes) };
            if bytes.len() + piece.len() > limit {
                return Err(RoomError::TooLarge { what: "a byte stream", limit });
            }
            bytes.extend_from_slice(&piece);
        }
    }

    fn final_attributes(&self) -> Attributes {
        self.queue.attributes()
    }
}
