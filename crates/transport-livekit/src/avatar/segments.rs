//! The segments of speech that an avatar plays, one after the other. Pure: no I/O, time is an argument.
//!
//! ```text
//!  open ─> push … ─> end      one after the other, in any step with playing
//!  next_frame(now) ─> 10 ms for the room, at most AHEAD before they sound
//!  progress(now) ──> Started / Finished, in order, once for each segment
//!  clear(now) ─────> Finished (interrupted) for each segment that was not over: the cut one, and those behind it
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use proto::avatar::PlaybackFinished;

use session::ports::PLAYOUT_SAMPLE_RATE;
use session::voice::PlayoutClock;

/// Samples in the 10 ms frames that the room takes.
pub const FRAME: usize = (PLAYOUT_SAMPLE_RATE / 100) as usize;
/// Frames are handed over at most this far ahead of what sounds.
const AHEAD: u64 = PLAYOUT_SAMPLE_RATE as u64 * 80 / 1000;
/// A segment that begins, or ran dry, sounds once so much of it is there: the network may bring the next part late.
const PRE_ROLL: usize = PLAYOUT_SAMPLE_RATE as usize / 10;
/// It is not waited for longer than this.
const PRE_ROLL_PATIENCE: Duration = Duration::from_millis(150);
/// So much may wait to be played, in samples: five minutes, 29 MB.
const CAPACITY: u64 = PLAYOUT_SAMPLE_RATE as u64 * 300;

/// A segment, as the one who fills it names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentId(u64);

/// What the other end is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// A segment begins to sound.
    Started,
    /// A segment is over.
    Finished(PlaybackFinished),
}

#[derive(Debug)]
struct Segment {
    id: SegmentId,
    /// Not yet handed over.
    samples: VecDeque<i16>,
    /// Samples that came in all.
    received: u64,
    /// On the clock: the sample that its first one is.
    begins_at: Option<u64>,
    /// It had nothing left to hand over; since when it has again.
    dry: bool,
    filling_since: Option<Instant>,
    /// It was told that it sounds.
    told: bool,
    ended: bool,
}

/// What is played and what waits.
#[derive(Debug, Default)]
pub struct Segments {
    /// In the order in which they sound; the first is not over.
    queue: VecDeque<Segment>,
    clock: PlayoutClock,
    opened: u64,
}

impl Segments {
    /// A new segment, behind all others.
    pub fn open(&mut self) -> SegmentId {
        self.opened += 1;
        let id = SegmentId(self.opened);
        self.queue.push_back(Segment {
            id,
            samples: VecDeque::new(),
            received: 0,
            begins_at: None,
            dry: true,
            filling_since: None,
            told: false,
            ended: false,
        });
        id
    }

    /// More of a segment, 48 kHz mono. Of one that was cleared or has ended it is thrown away.
    pub fn push(&mut self, id: SegmentId, samples: &[i16], now: Instant) {
        let Some(segment) = self.find(id).filter(|segment| !segment.ended) else { return };
        if samples.is_empty() {
            return;
        }
        segment.samples.extend(samples);
        segment.received += samples.len() as u64;
        segment.filling_since.get_or_insert(now);
    }

    /// Nothing more comes for a segment.
    pub fn end(&mut self, id: SegmentId) {
        if let Some(segment) = self.find(id) {
            segment.ended = true;
        }
    }

    /// Whether more of this segment is wanted: it was not cleared.
    #[must_use]
    pub fn is_wanted(&self, id: SegmentId) -> bool {
        self.queue.iter().any(|segment| segment.id == id && !segment.ended)
    }

    /// Whether there is room for more sound.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.queue.iter().map(|segment| segment.samples.len() as u64).sum::<u64>() < CAPACITY
    }

    /// Whether nothing sounds and nothing waits.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether a frame can be handed over some time: sound waits.
    #[must_use]
    pub fn has_sound(&self) -> bool {
        self.queue.iter().any(|segment| !segment.samples.is_empty())
    }

    /// The next frame for the room, if one is due; silence fills a segment's last one.
    pub fn next_frame(&mut self, now: Instant) -> Option<[i16; FRAME]> {
        let handed_over = self.clock.handed_over();
        let position = self.clock.position(now);
        if handed_over > position + AHEAD {
            return None;
        }
        // Those before are handed over to their end, and still sound.
        let segment = self.queue.iter_mut().find(|segment| !(segment.ended && segment.samples.is_empty()))?;
        let waited = segment.filling_since.is_some_and(|since| now >= since + PRE_ROLL_PATIENCE);
        let enough = segment.samples.len() >= if segment.dry { PRE_ROLL } else { FRAME };
        if segment.samples.is_empty() || !(enough || segment.ended || waited) {
            segment.dry |= handed_over <= position;
            return None;
        }
        if segment.samples.len() < FRAME && !segment.ended {
            return None;
        }
        segment.dry = false;
        segment.filling_since = None;
        segment.begins_at.get_or_insert(handed_over);
        let length = segment.samples.len().min(FRAME);
        let mut frame = [0; FRAME];
        for (slot, sample) in frame.iter_mut().zip(segment.samples.drain(..length)) {
            *slot = sample;
        }
        if !segment.samples.is_empty() {
            segment.filling_since = Some(now);
        }
        self.clock.hand_over(now, FRAME as u64);
        Some(frame)
    }

    /// What has come to pass since the last call, in order.
    pub fn progress(&mut self, now: Instant) -> Vec<Progress> {
        let position = self.clock.position(now);
        let mut told = Vec::new();
        while let Some(segment) = self.queue.front_mut() {
            if !segment.told && segment.begins_at.is_some_and(|at| at <= position) {
                segment.told = true;
                told.push(Progress::Started);
            }
            let sounded = sounded(segment, position);
            if !(segment.ended && segment.samples.is_empty() && sounded == segment.received) {
                break;
            }
            told.push(finished(sounded, false));
            self.queue.pop_front();
        }
        told
    }

    /// Stops everything at once: what has not sounded by `now` never will. Nothing when nothing was there.
    pub fn clear(&mut self, now: Instant) -> Vec<Progress> {
        let mut told = self.progress(now);
        let position = self.clock.position(now);
        told.extend(self.queue.drain(..).map(|segment| finished(sounded(&segment, position), true)));
        self.clock = PlayoutClock::default();
        told
    }

    fn find(&mut self, id: SegmentId) -> Option<&mut Segment> {
        self.queue.iter_mut().find(|segment| segment.id == id)
    }
}

/// Samples of a segment that have sounded when the clock is at `position`.
fn sounded(segment: &Segment, position: u64) -> u64 {
    let Some(begins_at) = segment.begins_at else { return 0 };
    let handed_over = segment.received - segment.samples.len() as u64;
    position.saturating_sub(begins_at).min(handed_over)
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 samples, 6000 years")]
fn finished(samples: u64, interrupted: bool) -> Progress {
    let playback_position = samples as f64 / f64::from(PLAYOUT_SAMPLE_RATE);
    Progress::Finished(PlaybackFinished { playback_position, interrupted, synchronized_transcript: None })
}

#[cfg(test)]
#[path = "segments_tests.rs"]
mod tests;
