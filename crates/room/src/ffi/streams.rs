//! Open media streams: from a native stream's handle to the bounded channel of its reader.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::handle::Handle;
use super::registry::lock;
use crate::{AudioFrame, MediaSender, VideoFrame};

/// Where a stream's frames go.
pub(super) enum Sink {
    Audio(Arc<MediaSender<AudioFrame>>),
    Video(Arc<MediaSender<VideoFrame>>),
}

/// An open stream.
pub(super) struct Stream {
    /// The room it belongs to.
    pub(super) room: u64,
    /// The track it reads.
    pub(super) track: String,
    /// Its reader.
    pub(super) sink: Sink,
}

type Table = HashMap<u64, Stream>;

/// All open streams, by native handle. Removing one ends it for its reader.
#[derive(Default)]
pub(super) struct Streams(Mutex<Table>);

impl Streams {
    /// The table, locked. Held while a stream is opened, so that neither a frame nor the end of the stream can come
    /// before its entry. (Opening makes no callback on the same thread and waits for none.)
    pub(super) fn opening(&self) -> MutexGuard<'_, Table> {
        lock(&self.0)
    }

    /// Passes a frame on, or drops it when nobody reads that stream any more.
    pub(super) fn audio(&self, stream: u64, frame: AudioFrame) {
        let sender = match lock(&self.0).get(&stream) {
            Some(Stream { sink: Sink::Audio(sender), .. }) => sender.clone(),
            Some(Stream { sink: Sink::Video(_), .. }) | None => return,
        };
        sender.send(frame);
    }

    /// Like [`Self::audio`].
    pub(super) fn video(&self, stream: u64, frame: VideoFrame) {
        let sender = match lock(&self.0).get(&stream) {
            Some(Stream { sink: Sink::Video(sender), .. }) => sender.clone(),
            Some(Stream { sink: Sink::Audio(_), .. }) | None => return,
        };
        sender.send(frame);
    }

    /// Ends one stream.
    pub(super) fn end(&self, stream: u64) {
        let ended = lock(&self.0).remove(&stream);
        drop(ended);
    }

    /// Ends the streams of one track.
    pub(super) fn end_track(&self, room: u64, track: &str) {
        self.end_where(|stream| stream.room == room && stream.track == track);
    }

    /// Ends the streams of one room.
    pub(super) fn end_room(&self, room: u64) {
        self.end_where(|stream| stream.room == room);
    }

    fn end_where(&self, over: impl Fn(&Stream) -> bool) {
        lock(&self.0).retain(|_, stream| !over(stream));
    }
}

/// Keeps a native stream open as long as its reader lives.
pub(super) struct StreamGuard(pub(super) Handle);

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.0.library().registry.streams.end(self.0.id());
    }
}
