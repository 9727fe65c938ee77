//! Incoming text and byte streams: bounded queues between the library's threads and their readers.
//!
//! The library pushes; it can't be told to wait. So a stream that holds more than [`UNREAD_LIMIT`] unread is cut; and no
//! room holds more than [`MOST_READERS`] streams of a kind that nobody has read to the end or given up, nor more than
//! [`ROOM_UNREAD_LIMIT`] in all of them.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::convert;
use super::proto::{byte_stream_reader_event, text_stream_reader_event};
use super::registry::lock;
use crate::{Attributes, RoomError};

/// Bytes that may wait to be read in one stream.
pub(super) const UNREAD_LIMIT: usize = 1024 * 1024;
/// Bytes that may wait to be read in all streams of one kind in one room.
const ROOM_UNREAD_LIMIT: usize = 8 * 1024 * 1024;
/// Streams of one kind in one room that may have a reader at the same time.
const MOST_READERS: usize = 256;

/// What a stream carries: text or bytes.
pub(super) trait Piece: AsRef<[u8]> + Send {
    /// What reading such a stream is called in errors.
    const READING: &'static str;
    /// What is too large when a limit is passed.
    const UNREAD: &'static str;
}

impl Piece for String {
    const READING: &'static str = "reading a text stream";
    const UNREAD: &'static str = "the unread text of a stream";
}

impl Piece for Vec<u8> {
    const READING: &'static str = "reading a byte stream";
    const UNREAD: &'static str = "the unread part of a byte stream";
}

/// What came in a stream.
pub(super) enum Received<P> {
    /// More of it.
    Piece(P),
    /// Its end: the error that broke it, if any, and its final attributes.
    End(Option<String>, Attributes),
}

impl From<text_stream_reader_event::Detail> for Received<String> {
    fn from(detail: text_stream_reader_event::Detail) -> Self {
        use text_stream_reader_event::Detail;
        match detail {
            Detail::ChunkReceived(chunk) => Self::Piece(chunk.content),
            Detail::Eos(end) => Self::End(end.error.map(|error| error.description), convert::sorted(end.attributes)),
        }
    }
}

impl From<byte_stream_reader_event::Detail> for Received<Vec<u8>> {
    fn from(detail: byte_stream_reader_event::Detail) -> Self {
        use byte_stream_reader_event::Detail;
        match detail {
            Detail::ChunkReceived(chunk) => Self::Piece(chunk.content),
            Detail::Eos(end) => Self::End(end.error.map(|error| error.description), convert::sorted(end.attributes)),
        }
    }
}

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

struct State<P> {
    pieces: VecDeque<P>,
    unread: usize,
    end: Option<End>,
    attributes: Attributes,
}

impl<P> Default for State<P> {
    fn default() -> Self {
        Self { pieces: VecDeque::new(), unread: 0, end: None, attributes: Attributes::new() }
    }
}

/// What the streams of a kind in one room share.
#[derive(Default)]
struct Share {
    readers: AtomicUsize,
    unread: AtomicUsize,
}

/// One stream's unread pieces. Exactly one reader holds it.
pub(super) struct StreamQueue<P: Piece> {
    state: Mutex<State<P>>,
    ready: Notify,
    share: Arc<Share>,
}

impl<P: Piece> StreamQueue<P> {
    /// Adds a piece; false when the stream was cut.
    fn push(&self, piece: P) -> bool {
        let size = piece.as_ref().len();
        let mut state = lock(&self.state);
        if state.end.is_none() {
            let in_room = self.share.unread.fetch_add(size, Ordering::AcqRel) + size;
            if state.unread + size > UNREAD_LIMIT || in_room > ROOM_UNREAD_LIMIT {
                self.share.unread.fetch_sub(size, Ordering::AcqRel);
                state.end = Some(End::TooLarge);
            } else {
                state.unread += size;
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
    pub(super) async fn next(&self) -> Result<Option<P>, RoomError> {
        loop {
            {
                let mut state = lock(&self.state);
                if let Some(piece) = state.pieces.pop_front() {
                    let size = piece.as_ref().len();
                    state.unread -= size;
                    self.share.unread.fetch_sub(size, Ordering::AcqRel);
                    return Ok(Some(piece));
                }
                match state.end.clone() {
                    None => {}
                    Some(End::Complete) => return Ok(None),
                    Some(End::Broken(message)) => return Err(RoomError::Request { action: P::READING, message }),
                    Some(End::RoomClosed) => return Err(RoomError::Closed),
                    Some(End::TooLarge) => return Err(RoomError::TooLarge { what: P::UNREAD, limit: UNREAD_LIMIT }),
                }
            }
            self.ready.notified().await;
        }
    }
}

/// Once the reader is gone and the library sends no more.
impl<P: Piece> Drop for StreamQueue<P> {
    fn drop(&mut self) {
        let unread = self.state.get_mut().map_or_else(|poisoned| poisoned.into_inner().unread, |state| state.unread);
        self.share.unread.fetch_sub(unread, Ordering::AcqRel);
        self.share.readers.fetch_sub(1, Ordering::AcqRel);
    }
}

struct Incoming<P: Piece> {
    room: u64,
    sender: String,
    queue: Arc<StreamQueue<P>>,
}

struct Table<P: Piece> {
    /// Open streams, by native reader.
    streams: HashMap<u64, Incoming<P>>,
    /// By room.
    shares: HashMap<u64, Arc<Share>>,
}

/// All open incoming streams of a kind.
pub(super) struct StreamQueues<P: Piece>(Mutex<Table<P>>);

impl<P: Piece> Default for StreamQueues<P> {
    fn default() -> Self {
        Self(Mutex::new(Table { streams: HashMap::new(), shares: HashMap::new() }))
    }
}

impl<P: Piece> StreamQueues<P> {
    /// Adds a stream; `None` when too many have readers already.
    pub(super) fn open(&self, reader: u64, room: u64, sender: String) -> Option<Arc<StreamQueue<P>>> {
        let mut table = lock(&self.0);
        let share = table.shares.entry(room).or_default().clone();
        if share.readers.fetch_add(1, Ordering::AcqRel) >= MOST_READERS {
            share.readers.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        let queue = Arc::new(StreamQueue { state: Mutex::default(), ready: Notify::new(), share });
        table.streams.insert(reader, Incoming { room, sender, queue: queue.clone() });
        Some(queue)
    }

    /// Nobody reads this stream any more.
    pub(super) fn forget(&self, reader: u64) {
        let forgotten = lock(&self.0).streams.remove(&reader);
        drop(forgotten);
    }

    /// Handles what came in a stream.
    pub(super) fn receive(&self, reader: u64, received: Received<P>) {
        let queue = match lock(&self.0).streams.get(&reader) {
            Some(incoming) => incoming.queue.clone(),
            None => return,
        };
        let open = match received {
            Received::Piece(piece) => queue.push(piece),
            Received::End(error, attributes) => {
                lock(&queue.state).attributes = attributes;
                queue.finish(error.map_or(End::Complete, End::Broken));
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
        lock(&self.0).shares.remove(&room);
    }

    fn end_where(&self, end: &End, over: impl Fn(&Incoming<P>) -> bool) {
        lock(&self.0).streams.retain(|_, stream| {
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

    type Texts = StreamQueues<String>;

    fn chunk(content: &str) -> Received<String> {
        Received::Piece(content.into())
    }

    #[tokio::test]
    async fn what_was_received_is_read_before_the_end_is_reported() {
        let queues = Texts::default();
        let queue = queues.open(1, 7, "ada".into()).unwrap();
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
        let queues = Texts::default();
        let queue = queues.open(1, 7, "mallory".into()).unwrap();
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
        let queues = Texts::default();
        let queue = queues.open(1, 7, "ada".into()).unwrap();
        let half = "x".repeat(UNREAD_LIMIT / 2);
        for _ in 0..5 {
            queues.receive(1, chunk(&half));
            assert!(queue.next().await.unwrap().is_some());
        }
        queues.receive(1, Received::End(None, Attributes::new()));
        assert!(queue.next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn only_the_streams_of_the_one_who_left_are_broken() {
        let queues = Texts::default();
        let gone = queues.open(1, 7, "ada".into()).unwrap();
        let there = queues.open(2, 7, "bob".into()).unwrap();
        queues.end_sender(7, "ada");
        assert!(matches!(gone.next().await, Err(RoomError::Request { .. })));
        queues.receive(2, chunk("still here"));
        assert_eq!(there.next().await.unwrap().as_deref(), Some("still here"));
    }

    #[test]
    fn streams_that_nobody_reads_are_limited_in_number_until_one_is_given_up() {
        let queues = Texts::default();
        let mut waiting: Vec<_> =
            (0..MOST_READERS as u64).map(|reader| queues.open(reader, 7, "mallory".into()).unwrap()).collect();
        for reader in 0..MOST_READERS as u64 {
            queues.receive(reader, chunk("hello"));
            queues.receive(reader, Received::End(None, Attributes::new()));
        }
        assert!(queues.open(1000, 7, "mallory".into()).is_none(), "complete, but not yet read");
        assert!(queues.open(1000, 8, "ada".into()).is_some(), "another room");
        waiting.pop();
        assert!(queues.open(1001, 7, "mallory".into()).is_some());
    }

    #[tokio::test]
    async fn all_streams_of_a_room_together_hold_no_more_than_its_limit() {
        let queues = Texts::default();
        let queue: Vec<_> = (0..20).map(|reader| queues.open(reader, 7, "mallory".into()).unwrap()).collect();
        let large = "x".repeat(UNREAD_LIMIT);
        for reader in 0..20 {
            queues.receive(reader, chunk(&large));
        }
        let share = queue[0].share.clone();
        assert_eq!(share.unread.load(Ordering::Acquire), ROOM_UNREAD_LIMIT);
        assert!(queue[0].next().await.unwrap().is_some());
        assert!(matches!(queue[19].next().await, Err(RoomError::TooLarge { .. })));
        drop(queue);
        queues.end_room(7);
        assert_eq!((share.unread.load(Ordering::Acquire), share.readers.load(Ordering::Acquire)), (0, 0));
    }
}
