//! The playout clock: which sample of the voice is sounding now.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use face::{Articulation, Feeling, SpeechTrack};

use crate::face_video::{FaceVideo, FaceVideoAt};
use crate::ports::PLAYOUT_SAMPLE_RATE;

/// Where playout stands. Samples are handed to the transport ahead of time; they sound at the pace of real time from the
/// moment the queue was last empty. Pure: the time is an argument.
#[derive(Debug, Default)]
pub struct PlayoutClock {
    handed_over: u64,
    /// At this time, this sample began to sound.
    anchor: Option<(Instant, u64)>,
    /// Nothing sounds before [`Self::start`].
    held: bool,
    /// While there is no anchor: the samples that have sounded.
    done: u64,
}

impl PlayoutClock {
    /// `samples` more were handed to the transport at `now`.
    pub fn hand_over(&mut self, now: Instant, samples: u64) {
        if self.held {
            self.handed_over += samples;
            return;
        }
        if self.anchor.is_none() || self.position(now) >= self.handed_over {
            self.anchor = Some((now, self.handed_over));
        }
        self.handed_over += samples;
    }

    /// How many samples have sounded by `now`.
    #[must_use]
    pub fn position(&self, now: Instant) -> u64 {
        let Some((at, sample)) = self.anchor else { return self.done };
        (sample + samples_in(now.saturating_duration_since(at))).min(self.handed_over)
    }

    /// What is handed over does not sound before [`Self::start`]: somebody else plays it, and tells when that begins.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// It begins to sound.
    pub fn start(&mut self, now: Instant) {
        if std::mem::take(&mut self.held) {
            self.anchor = Some((now, 0));
        }
    }

    /// At `now`, so many of the samples that were handed over have not sounded.
    pub fn settle(&mut self, now: Instant, unsounded: u64) {
        self.anchor = Some((now, self.handed_over.saturating_sub(unsounded)));
    }

    /// Everything that was handed over has sounded.
    pub fn sound_out(&mut self) {
        self.held = false;
        self.anchor = None;
        self.done = self.handed_over;
    }

    /// What has not sounded by `now` is taken back, to be handed over again. The sample that comes next.
    pub fn take_back(&mut self, now: Instant) -> u64 {
        let position = self.position(now);
        *self = Self { handed_over: position, done: position, ..Self::default() };
        position
    }

    /// Samples handed over so far.
    #[must_use]
    pub fn handed_over(&self) -> u64 {
        self.handed_over
    }
}

/// Whole samples that fit into `duration`.
fn samples_in(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros() * u128::from(PLAYOUT_SAMPLE_RATE) / 1_000_000).unwrap_or(u64::MAX)
}

/// Samples that a shape read off the sound stands for.
const SHAPE: u64 = (PLAYOUT_SAMPLE_RATE / face::from_sound::SHAPES_PER_SECOND) as u64;

/// What the face needs to know of the voice.
#[derive(Debug, Default)]
struct Speaking {
    /// Samples of earlier speeches: where this one begins in the voice's track.
    before: u64,
    clock: PlayoutClock,
    /// How the clauses of the current speech look.
    looks: Vec<Look>,
    /// Videos of the face, and the sample with which each begins.
    videos: Vec<(u64, Arc<dyn FaceVideo>)>,
    /// What is felt from which sample on; in order, gone when it was told.
    feelings: VecDeque<(u64, Feeling)>,
    /// The mouth every [`SHAPE`] samples, when it was read off the sound; and which of them is the first here.
    shapes: (u64, VecDeque<Articulation>),
}

/// How a clause looks, from sample to sample of its speech.
#[derive(Debug)]
struct Look {
    start: u64,
    end: u64,
    track: Arc<SpeechTrack>,
}

/// What is to be seen while a certain sample sounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Visible {
    /// The sample, counted over the whole call as the transport got them.
    pub sample: u64,
    /// What it asks of the face.
    pub speech: Articulation,
    /// What is felt from now on: each feeling is told once.
    pub feelings: Vec<Feeling>,
    /// The face's video for it, if there is one.
    pub video: Option<FaceVideoAt>,
}

/// The clock of the current speech, shared between playout (which moves it) and the face (which follows it).
#[derive(Debug, Clone, Default)]
pub struct SharedClock(Arc<Mutex<Speaking>>);

impl SharedClock {
    /// A new speech, or silence: back to sample 0.
    pub fn reset(&self) {
        let mut speaking = self.lock();
        let before = speaking.before + speaking.clock.handed_over();
        *speaking = Speaking { before, ..Speaking::default() };
    }

    /// Samples were handed to the transport.
    pub fn hand_over(&self, now: Instant, samples: u64) {
        self.lock().clock.hand_over(now, samples);
    }

    /// A clause will sound from sample `start` to `end`, and look like this; feelings begin at samples of the clause.
    pub fn add_look(&self, start: u64, end: u64, track: Arc<SpeechTrack>, feelings: Vec<(u64, Feeling)>) {
        let mut speaking = self.lock();
        let now = speaking.clock.handed_over();
        speaking.looks.retain(|look| look.end + u64::from(PLAYOUT_SAMPLE_RATE) > now);
        speaking.looks.push(Look { start, end, track });
        speaking.feelings.extend(feelings.into_iter().map(|(at, feeling)| (start + at, feeling)));
    }

    /// From sample `start` on, this video is to be seen.
    pub fn add_video(&self, start: u64, video: Arc<dyn FaceVideo>) {
        let mut speaking = self.lock();
        let now = speaking.clock.handed_over();
        speaking.videos.retain(|(start, video)| start + video.samples() + u64::from(PLAYOUT_SAMPLE_RATE) > now);
        speaking.videos.push((start, video));
    }

    /// The mouth of the next 10 ms after those that are known already, read off the sound.
    pub fn add_shape(&self, now: Instant, shape: Articulation) {
        let mut speaking = self.lock();
        let past = speaking.clock.position(now) / SHAPE;
        let (first, shapes) = &mut speaking.shapes;
        while *first < past && shapes.pop_front().is_some() {
            *first += 1;
        }
        shapes.push_back(shape);
    }

    /// How many samples of the current speech have sounded.
    #[must_use]
    pub fn position(&self, now: Instant) -> u64 {
        self.lock().clock.position(now)
    }

    /// See [`PlayoutClock::handed_over`].
    #[must_use]
    pub fn handed_over(&self) -> u64 {
        self.lock().clock.handed_over()
    }

    /// See [`PlayoutClock::hold`].
    pub fn hold(&self) {
        self.lock().clock.hold();
    }

    /// See [`PlayoutClock::start`].
    pub fn start(&self, now: Instant) {
        self.lock().clock.start(now);
    }

    /// See [`PlayoutClock::settle`].
    pub fn settle(&self, now: Instant, unsounded: u64) {
        self.lock().clock.settle(now, unsounded);
    }

    /// See [`PlayoutClock::sound_out`].
    pub fn sound_out(&self) {
        self.lock().clock.sound_out();
    }

    /// See [`PlayoutClock::take_back`].
    #[must_use]
    pub fn take_back(&self, now: Instant) -> u64 {
        self.lock().clock.take_back(now)
    }

    /// What is to be seen at `at`; `None` when nothing sounds then.
    #[must_use]
    pub fn visible(&self, at: Instant) -> Option<Visible> {
        let mut speaking = self.lock();
        let position = speaking.clock.position(at);
        if position >= speaking.clock.handed_over() {
            return None;
        }
        let look = speaking.looks.iter().find(|look| (look.start..look.end).contains(&position));
        let (first, shapes) = &speaking.shapes;
        let read_off = || (position / SHAPE).checked_sub(*first).and_then(|at| shapes.get(usize::try_from(at).ok()?));
        let speech = match look {
            Some(look) => look.track.articulation(position - look.start),
            None => read_off().copied().unwrap_or_default(),
        };
        let mut feelings = Vec::new();
        while let Some((_, feeling)) = speaking.feelings.pop_front_if(|(from, _)| *from <= position) {
            feelings.push(feeling);
        }
        let sounds =
            |(start, video): &&(u64, Arc<dyn FaceVideo>)| (*start..*start + video.samples()).contains(&position);
        let video = speaking.videos.iter().find(sounds);
        let video = video.map(|(start, video)| FaceVideoAt { video: video.clone(), sample: position - start });
        Some(Visible { sample: speaking.before + position, speech, feelings, video })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Speaking> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_at_the_pace_of_time_and_never_ahead_of_what_was_handed_over() {
        let start = Instant::now();
        let mut clock = PlayoutClock::default();
        assert_eq!(clock.position(start), 0);
        for frame in 0..10 {
            clock.hand_over(start + Duration::from_millis(frame), 480);
        }
        assert_eq!(clock.position(start + Duration::from_millis(50)), 2_400);
        assert_eq!(clock.position(start + Duration::from_secs(5)), 4_800);
    }

    #[test]
    fn what_still_waits_after_a_standstill_sounds_before_what_comes() {
        let start = Instant::now();
        let mut clock = PlayoutClock::default();
        clock.hand_over(start, 4_800);
        // Everything has sounded by the clock; in truth nothing went on meanwhile.
        let later = start + Duration::from_secs(1);
        clock.hand_over(later, 480);
        assert_eq!(clock.position(later), 4_800);
        clock.settle(later, 4_800);
        assert_eq!(clock.position(later), 480);
        assert_eq!(clock.position(later + Duration::from_millis(100)), 5_280);
    }

    #[test]
    fn a_gap_moves_what_comes_after_it() {
        let start = Instant::now();
        let mut clock = PlayoutClock::default();
        clock.hand_over(start, 480);
        let later = start + Duration::from_millis(500);
        clock.hand_over(later, 480);
        assert_eq!(clock.position(later), 480);
        assert_eq!(clock.position(later + Duration::from_millis(5)), 720);
    }

    #[test]
    fn what_is_seen_is_counted_over_all_speeches() {
        let start = Instant::now();
        let clock = SharedClock::default();
        clock.hand_over(start, 4_800);
        assert_eq!(clock.visible(start + Duration::from_millis(50)).map(|seen| seen.sample), Some(2_400));
        assert_eq!(clock.visible(start + Duration::from_millis(100)), None);
        clock.reset();
        assert_eq!(clock.visible(start + Duration::from_secs(1)), None);
        clock.hand_over(start + Duration::from_secs(2), 480);
        let seen = clock.visible(start + Duration::from_millis(2_005));
        assert_eq!(seen.map(|seen| seen.sample), Some(4_800 + 240));
    }

    #[test]
    fn a_feeling_is_told_once_when_its_sample_sounds() {
        let start = Instant::now();
        let clock = SharedClock::default();
        let joy = Feeling::new(face::Emotion::Joy, 0.5);
        let track = Arc::new(SpeechTrack::new(PLAYOUT_SAMPLE_RATE, []));
        clock.add_look(0, 4_800, track, vec![(2_400, joy)]);
        clock.hand_over(start, 4_800);
        let felt = |ms: u64| clock.visible(start + Duration::from_millis(ms)).map(|seen| seen.feelings);
        assert_eq!(felt(40), Some(vec![]));
        assert_eq!(felt(60), Some(vec![joy]));
        assert_eq!(felt(70), Some(vec![]));
    }

    #[test]
    fn what_another_plays_sounds_when_that_is_told_and_can_be_taken_back() {
        let start = Instant::now();
        let mut clock = PlayoutClock::default();
        clock.hold();
        clock.hand_over(start, 48_000);
        let later = start + Duration::from_millis(700);
        assert_eq!(clock.position(later), 0);
        clock.start(later);
        assert_eq!(clock.position(later + Duration::from_millis(250)), 12_000);
        assert_eq!(clock.take_back(later + Duration::from_millis(500)), 24_000);
        assert_eq!((clock.position(later), clock.handed_over()), (24_000, 24_000));
        let again = later + Duration::from_secs(1);
        clock.hand_over(again, 480);
        assert_eq!(clock.position(again + Duration::from_millis(5)), 24_240);
        clock.sound_out();
        assert_eq!(clock.position(again), 24_480);
    }

    #[test]
    fn a_mouth_read_off_the_sound_follows_what_sounds() {
        let start = Instant::now();
        let clock = SharedClock::default();
        let open = |n: u8| {
            let mouth = face::Expression::REST.with(face::BlendShape::JawOpen, f32::from(n) / 100.0);
            Articulation { mouth, presence: 1.0, ..Articulation::REST }
        };
        for n in 0..50 {
            clock.hand_over(start, 480);
            clock.add_shape(start, open(n));
        }
        let jaw = |ms: u64| {
            let seen = clock.visible(start + Duration::from_millis(ms));
            seen.map(|seen| (seen.speech.mouth[face::BlendShape::JawOpen] * 100.0).round())
        };
        assert_eq!(jaw(205), Some(20.0));
        clock.hand_over(start + Duration::from_millis(300), 480);
        clock.add_shape(start + Duration::from_millis(300), open(50));
        assert_eq!(jaw(305), Some(30.0));
        assert_eq!(jaw(505), Some(50.0));
        assert_eq!(jaw(515), None);
        clock.reset();
        assert_eq!(jaw(305), None);
    }
}
