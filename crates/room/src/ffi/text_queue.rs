//! Incoming text streams: bounded queues between the library's threads and their readers.
//!
//! The library pushes; it can't be told to wait. So a stream that holds more unread text than [`UNREAD_LIMIT`] is cut.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::convert;
use super::proto::text_stream_reader_event::Detail;
use super::registry::lock;
use crate::{Attributes, RoomError};

/// Bytes that may wait to be read in one stream.
pub(super) const UNREAD_LIMIT: usize = 1024 * 1024;

/// How a stream ended.
#[derive(Clone)]
enum End {
    /// As its sender meant it.
    Complete,
    /// The library or the sender broke it off.
    Broken(String),
    /// The room is over.
    RoomClosed,
    /// It held more than the limit.
    TooLarge,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<String>,
    unread: usize,
    end: Option<End>,
    attributes: Attributes,
}

/// One stream's unread text.
#[derive(Default)]
pub(super) struct TextQueue {
    state: Mutex<State>,
    ready: Notify,
}

impl TextQueue {
    /// Adds a piece; false when the stream was cut.
    fn push(&self, piece: String) -> bool {
        let mut state = lock(&self.state);
        if state.end.is_none() {
            if state.unread + piece.len() > UNREAD_LIMIT {
                state.end = Some(End::TooLarge);
            } else {
                state.unread += piece.len();
                state.pieces.push_back(piece);
            }
        }
        let open = state.end.is_none();
        drop(state);
        self.ready.notify_one();
        open
    }

    fn finish(&self, end: End) {
        lock(&self.state).end.get_or_insert(end);
        self.ready.notify_one();
    }

    /// The attributes with those of the trailer; empty before the end.
    pub(super) fn attributes(&self) -> Attributes {
        lock(&self.state).attributes.clone()
    }

    /// Waits for the next piece; `None` at the end.
    pub(super) async fn next(&self) -> Result<Option<String>, RoomError> {
        loop {
            {
                let mut state = lock(&self.state);
                if let Some(piece) = state.pieces.pop_front() {
                    state.unread -= piece.len();
                    return Ok(Some(piece));
                }
                match state.end.clone() {
                    None => {}
                    Some(End::Complete) => return Ok(None),
                    Some(End::Broken(message)) => {
                        return Err(RoomError::Request { action: "reading a text stream", message });
                    }
                    Some(End::RoomClosed) => return Err(RoomError::Closed),
                    Some(End::TooLarge) => {
                        return Err(RoomError::TooLarge { what: "the unread text of a stream", limit: UNREAD_LIMIT });
                    }
                }
            }
            self.ready.notified().await;
        }
    }
}

struct Incoming {
    room: u64,
    sender: String,
    queue: Arc<TextQueue>,
}

/// All open incoming streams, by native reader.
#[derive(Default)]
pub(super) struct TextQueues(Mutex<HashMap<u64, Incoming>>);

impl TextQueues {
    /// Adds a stream.
    pub(super) fn open(&self, reader: u64, room: u64, sender: String) -> Arc<TextQueue> {
        let queue = Arc::new(TextQueue::default());
        lock(&self.0).insert(reader, Incoming { room, sender, queue: queue.clone() });
        queue
    }

    /// Nobody reads this stream any more.
    pub(super) fn forget(&self, reader: u64) {
        lock(&self.0).remove(&reader);
    }

    /// Handles what came in a stream.
    pub(super) fn receive(&self, reader: u64, detail: Detail) {
        let queue = match lock(&self.0).get(&reader) {
            Some(incoming) => incoming.queue.clone(),
            None => return,
        };
        let open = match detail {
            Detail::ChunkReceived(chunk) => queue.push(chunk.content),
            Detail::Eos(end) => {
                lock(&queue.state).attributes = convert::sorted(end.attributes);
                queue.finish(end.error.map_or(End::Complete, |error| End::Broken(error.description)));
                false
            }
        };
        if !open {
            self.forget(reader);
        }
    }

    /// Somebody left: the streams they had open will never end properly.
    pub(super) fn end_sender(&self, room: u64, sender: &str) {
        self.end_where(&End::Broken("its sender left".into()), |stream| stream.room == room && stream.sender == sender);
    }

    /// The room is over.
    pub(super) fn end_room(&self, room: u64) {
        self.end_where(&End::RoomClosed, |stream| stream.room == room);
    }

    fn end_where(&self, end: &End, over: impl Fn(&Incoming) -> bool) {
        lock(&self.0).retain(|_, stream| {
            let over = over(stream);
            if over {
                stream.queue.finish(end.clone());
            }
            !over
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::ffi::proto;

    fn chunk(content: &str) -> Detail {
        Detail::ChunkReceived(proto::TextStreamReaderChunkReceived { content: content.into() })
    }

    #[tokio::test]
    async fn what_was_received_is_read_before_the_end_is_reported() {
        let queues = TextQueues::default();
        let queue = queues.open(1, 7, "ada".into());
        queues.receive(1, chunk("one "));
        queues.receive(1, chunk("two"));
        queues.end_room(7);
        queues.receive(1, chunk("after the end"));
        assert_eq!(queue.next().await.unwrap().as_deref(), Some("one "));
        assert_eq!(queue.next().await.unwrap().as_deref(), Some("two"));
        assert!(matches!(queue.next().await, Err(RoomError::Closed)));
    }

    #[tokio::test]
    async fn a_flood_is_cut_and_reported() {
        let queues = TextQueues::default();
        let queue = queues.open(1, 7, "mallory".into());
        let half = "x".repeat(UNREAD_LIMIT / 2);
        for _ in 0..3 {
            queues.receive(1, chunk(&half));
        }
        assert!(queue.next().await.unwrap().is_some());
        assert!(queue.next().await.unwrap().is_some());
        assert!(matches!(queue.next().await, Err(RoomError::TooLarge { .. })));
    }

    #[tokio::test]
    async fn a_reader_that_keeps_up_is_never_cut() {
        let queues = TextQueues::default();
        let queue = queues.open(1, 7, "ada".into());
        let half = "x".repeat(UNREAD_LIMIT / 2);
        for _ in 0..5 {
            queues.receive(1, chunk(&half));
            assert!(queue.next().await.unwrap().is_some());
        }
        queues.receive(1, Detail::Eos(proto::TextStreamReaderEos::default()));
        assert!(queue.next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn only_the_streams_of_the_one_who_left_are_broken() {
        let queues = TextQueues::default();
        let gone = queues.open(1, 7, "ada".into());
        let there = queues.open(2, 7, "bob".into());
        queues.end_sender(7, "ada");
        assert!(matches!(gone.next().await, Err(RoomError::Request { .. })));
        queues.receive(2, chunk("still here"));
        assert_eq!(there.next().await.unwrap().as_deref(), Some("still here"));
    }
}
