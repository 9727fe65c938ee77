//! Audio and video frames, and the bounded channel that received ones travel through.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// A borrowed I420 picture (BT.601 limited range): full-size Y, half-size U and V.
#[derive(Debug, Clone, Copy)]
pub struct I420View<'a> {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Luma, `stride_y * height` bytes.
    pub y: &'a [u8],
    /// Blue difference, `stride_uv * height / 2` bytes.
    pub u: &'a [u8],
    /// Red difference, as `u`.
    pub v: &'a [u8],
    /// Bytes from one luma row to the next.
    pub stride_y: u32,
    /// Bytes from one chroma row to the next.
    pub stride_uv: u32,
}

/// When a picture is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameStamp {
    /// A monotonic clock of the caller's choice in microseconds, the same for all frames.
    pub timestamp_us: i64,
    /// A number that the receiver gets as it is, on tracks published with
    /// [`user_timestamps`](crate::VideoPublishOptions::user_timestamps); on others it is not sent.
    pub user_timestamp: Option<u64>,
}

impl I420View<'_> {
    /// Whether the planes are as long as the sizes say; otherwise what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        let Self { width, height, stride_y, stride_uv, .. } = *self;
        if width == 0 || height == 0 || !width.is_multiple_of(2) || !height.is_multiple_of(2) {
            return Err(format!("{width}x{height}: both sides must be even"));
        }
        if stride_y < width || stride_uv < width / 2 {
            return Err(format!("strides {stride_y} and {stride_uv} are too short for a width of {width}"));
        }
        let luma = stride_y as usize * height as usize;
        let chroma = stride_uv as usize * (height as usize / 2);
        if self.y.len() < luma || self.u.len() < chroma || self.v.len() < chroma {
            return Err(format!("{width}x{height} needs planes of {luma} and twice {chroma} bytes"));
        }
        Ok(())
    }
}

/// A frame of received audio, mono.
#[derive(Debug, Clone)]
pub struct AudioFrame {
    /// Samples a second.
    pub sample_rate: u32,
    /// The samples.
    pub samples: Vec<i16>,
}

/// A frame of received video, I420, tightly packed.
#[derive(Debug, Clone)]
pub struct VideoFrame {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The sender's capture time, microseconds on an unspecified clock.
    pub timestamp_us: i64,
    /// The sender's [`FrameStamp::user_timestamp`], where it sends one.
    pub user_timestamp: Option<u64>,
    /// Y (`width * height`), then U, then V (each half as wide and high, rounded up), without padding.
    pub data: Vec<u8>,
}

/// Received audio.
pub type AudioStream = MediaReceiver<AudioFrame>;
/// Received video.
pub type VideoStream = MediaReceiver<VideoFrame>;

struct MediaQueue<T> {
    frames: VecDeque<T>,
    capacity: usize,
    dropped: u64,
    closed: bool,
}

struct MediaShared<T> {
    queue: Mutex<MediaQueue<T>>,
    ready: tokio::sync::Notify,
}

/// The writing end of a bounded media channel: never blocks, drops the oldest frame when full.
pub struct MediaSender<T>(Arc<MediaShared<T>>);

/// The reading end of a bounded media channel. Keeps `guard` alive as long as itself (the native stream).
pub struct MediaReceiver<T> {
    shared: Arc<MediaShared<T>>,
    _guard: Option<Box<dyn Send + Sync>>,
}

/// A bounded media channel that drops its oldest frame when full.
#[must_use]
pub fn media_channel<T>(capacity: usize, guard: Option<Box<dyn Send + Sync>>) -> (MediaSender<T>, MediaReceiver<T>) {
    let shared = Arc::new(MediaShared {
        queue: Mutex::new(MediaQueue { frames: VecDeque::new(), capacity: capacity.max(1), dropped: 0, closed: false }),
        ready: tokio::sync::Notify::new(),
    });
    (MediaSender(shared.clone()), MediaReceiver { shared, _guard: guard })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl<T> MediaSender<T> {
    /// Adds a frame; drops the oldest when full.
    pub fn send(&self, frame: T) {
        let mut queue = lock(&self.0.queue);
        if queue.frames.len() == queue.capacity {
            queue.frames.pop_front();
            queue.dropped += 1;
        }
        queue.frames.push_back(frame);
        drop(queue);
        self.0.ready.notify_one();
    }
}

impl<T> Drop for MediaSender<T> {
    fn drop(&mut self) {
        lock(&self.0.queue).closed = true;
        self.0.ready.notify_one();
    }
}

impl<T> MediaReceiver<T> {
    /// Ties something (the native stream) to this receiver's life.
    pub fn keep(&mut self, guard: Box<dyn Send + Sync>) {
        self._guard = Some(guard);
    }

    /// The next frame; `None` when the track has ended.
    pub async fn next(&mut self) -> Option<T> {
        loop {
            {
                let mut queue = lock(&self.shared.queue);
                if let Some(frame) = queue.frames.pop_front() {
                    return Some(frame);
                }
                if queue.closed {
                    return None;
                }
            }
            self.shared.ready.notified().await;
        }
    }

    /// Frames dropped so far because the reader was slow.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        lock(&self.shared.queue).dropped
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[tokio::test]
    async fn a_slow_reader_loses_the_oldest_frames_and_knows_how_many() {
        let (sender, mut receiver) = media_channel(3, None);
        for frame in 1..=5 {
            sender.send(frame);
        }
        drop(sender);
        assert_eq!(receiver.dropped(), 2);
        let mut read = Vec::new();
        while let Some(frame) = receiver.next().await {
            read.push(frame);
        }
        assert_eq!(read, [3, 4, 5]);
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken_by_a_frame_and_by_the_end() {
        let (sender, mut receiver) = media_channel(3, None);
        let reader = tokio::spawn(async move { (receiver.next().await, receiver.next().await) });
        tokio::task::yield_now().await;
        sender.send(7);
        drop(sender);
        assert_eq!(reader.await.unwrap(), (Some(7), None));
    }

    fn view(planes: &[Vec<u8>; 3]) -> I420View<'_> {
        let [y, u, v] = planes;
        I420View { width: 4, height: 2, y, u, v, stride_y: 4, stride_uv: 2 }
    }

    #[test]
    fn a_picture_must_be_even_and_its_planes_whole() {
        let whole = [vec![0; 8], vec![0; 2], vec![0; 2]];
        assert_eq!(view(&whole).check(), Ok(()));
        assert!(I420View { width: 3, ..view(&whole) }.check().is_err());
        assert!(I420View { height: 0, ..view(&whole) }.check().is_err());
        assert!(I420View { stride_y: 3, ..view(&whole) }.check().is_err());
        for plane in 0..3 {
            let mut short = whole.clone();
            short[plane].pop();
            assert!(view(&short).check().is_err(), "plane {plane}");
        }
    }
}
