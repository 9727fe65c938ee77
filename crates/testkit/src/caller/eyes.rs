//! Seeing the agent: when frames came, how much the mouth moved, and small pictures for the contact sheet.

use std::time::Duration;

use room::{VideoFrame, VideoStream};
use tokio::sync::watch;

use super::notes::Clock;
use crate::measure::{MouthRegion, Opening, Picture, StampedFrame, picture_from_i420};

/// Frames that may wait to be read.
pub(super) const QUEUE_FRAMES: usize = 8;
/// Longest side of a small picture.
const PICTURE_SIZE: usize = 188;
/// At first a small picture is kept this often.
const PICTURE_EVERY: Duration = Duration::from_millis(200);
/// No more than this many are kept: then every other one goes, and they are taken half as often.
const MOST_PICTURES: usize = 1200;
/// Real pictures are larger; the SDK sends tiny ones while a track starts.
const SMALLEST_SIDE: u32 = 16;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The last picture's size.
    pub(super) size: Option<(u32, u32)>,
    /// When each frame came.
    pub(super) arrivals: Vec<Duration>,
    /// By how many percent of its region the mouth opened or shut since the frame before.
    pub(super) mouth: Vec<(Duration, f64)>,
    /// Small pictures.
    pub(super) pictures: Vec<(Duration, Picture)>,
    /// How much of the mouth was open.
    pub(super) openings: Vec<Opening>,
    /// Frames that say which sample of the agent's voice they belong to.
    pub(super) stamped: Vec<StampedFrame>,
    /// Frames lost because they were not read in time.
    pub(super) dropped: u64,
    last_share: Option<f64>,
    thinning: u32,
}

impl Seen {
    /// Takes a frame that came at `at`.
    pub(super) fn take(&mut self, at: Duration, frame: &VideoFrame) {
        if frame.width < SMALLEST_SIDE || frame.height < SMALLEST_SIDE {
            return;
        }
        self.size = Some((frame.width, frame.height));
        self.arrivals.push(at);
        self.stamped.extend(frame.user_timestamp.map(|sample| StampedFrame { at, sample }));
        let mouth = MouthRegion::of(&frame.data, frame.width, frame.height);
        let share = mouth.as_ref().map(MouthRegion::open_share);
        self.openings.extend(share.map(|share| Opening { at, share }));
        if let (Some(before), Some(now)) = (self.last_share, share) {
            self.mouth.push((at, (now - before).abs() * 100.0));
        }
        self.last_share = share;
        let every = PICTURE_EVERY * 2_u32.saturating_pow(self.thinning);
        if self.pictures.last().is_none_or(|(last, _)| at >= *last + every) {
            self.pictures
                .extend(picture_from_i420(&frame.data, frame.width, frame.height, PICTURE_SIZE).map(|p| (at, p)));
        }
        if self.pictures.len() >= MOST_PICTURES {
            let mut keep = false;
            self.pictures.retain(|_| {
                keep = !keep;
                keep
            });
            self.thinning += 1;
        }
    }
}

/// Watches until the stream ends, or the sender of `stop` signals or goes.
pub(super) async fn watch(mut stream: VideoStream, clock: Clock, mut stop: watch::Receiver<bool>) -> Seen {
    let mut seen = Seen::default();
    loop {
        let frame = tokio::select! {
            frame = stream.next() => frame,
            _ = stop.changed() => None,
        };
        let Some(frame) = frame else { break };
        seen.take(clock.now(), &frame);
    }
    seen.dropped = stream.dropped();
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(side: u32, luma: u8) -> VideoFrame {
        let pixels = (side * side) as usize;
        VideoFrame {
            width: side,
            height: side,
            timestamp_us: 0,
            user_timestamp: None,
            data: [vec![luma; pixels], vec![128; pixels / 2]].concat(),
        }
    }

    #[test]
    fn counts_real_frames_only_and_measures_the_change() {
        let mut seen = Seen::default();
        seen.take(Duration::ZERO, &frame(8, 0));
        seen.take(Duration::from_millis(40), &frame(64, 100));
        let mut open = frame(64, 100);
        // A quarter of the region where the mouth is.
        (35..39).for_each(|row| open.data[row * 64 + 22..row * 64 + 41].fill(10));
        seen.take(Duration::from_millis(80), &open);
        assert_eq!(seen.arrivals.len(), 2);
        assert_eq!(seen.mouth, [(Duration::from_millis(80), 25.0)]);
        assert_eq!((seen.size, seen.pictures.len()), (Some((64, 64)), 1));
    }

    #[test]
    fn keeps_a_bounded_number_of_pictures_over_a_long_call() {
        let mut seen = Seen::default();
        for n in 0..4000_u64 {
            seen.take(Duration::from_millis(200 * n), &frame(16, 50));
        }
        assert!(seen.pictures.len() < MOST_PICTURES);
        assert!(seen.pictures.last().is_some_and(|(at, _)| *at > Duration::from_secs(790)));
        assert!(seen.pictures.first().is_some_and(|(at, _)| at.is_zero()));
    }
}
