//! The caller's microphone: 10 ms frames, each on time, silence (a very low noise) between utterances.
//!
//! The track is published with a queue of 0 ms, so a frame leaves for the encoder in the moment it is handed over. As with a
//! real microphone, a frame handed over at T holds the sound of T - 10 ms to T; that is how the time of the last voiced
//! sample is known. A frame that is handed over late counts as spoken late.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use room::AudioPublisher;
use tokio::sync::{mpsc, watch};

use super::notes::{Clock, Notebook, Observation};
use crate::measure::Span;
use crate::wav::ROOM_SAMPLE_RATE;

/// Samples in a frame: 10 ms at 48 kHz.
pub(super) const FRAME: usize = 480;
const FRAME_TIME: Duration = Duration::from_millis(10);
/// How long the library may take for one frame.
const CAPTURE_DEADLINE: Duration = Duration::from_secs(2);

/// An utterance, ready to be played.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    /// The words, when they are known.
    pub(super) text: Option<String>,
    /// 48 kHz mono.
    pub(super) samples: Arc<Vec<i16>>,
    /// First and one past the last voiced sample.
    pub(super) voiced: Span,
}

impl Prepared {
    /// Words without a sound.
    pub(super) fn silent(text: String) -> Self {
        Self { text: Some(text), samples: Arc::default(), voiced: Span { start: 0, end: 0 } }
    }
}

/// What an utterance is to the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// A turn of its own (from 0).
    Turn(usize),
    /// One of the plan's back-channels (from 0).
    BackChannel(usize),
}

impl Cue {
    fn begins(self) -> Observation {
        match self {
            Cue::Turn(turn) => Observation::CallerSpeaks { turn },
            Cue::BackChannel(index) => Observation::BackChannelBegins { index },
        }
    }

    fn ends(self) -> Observation {
        match self {
            Cue::Turn(turn) => Observation::CallerSilent { turn },
            Cue::BackChannel(index) => Observation::BackChannelEnds { index },
        }
    }
}

/// A mark inside a frame: where a voice begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Begins { cue: Cue, offset: usize },
    Ends { cue: Cue, offset: usize },
}

/// What the microphone picks up next. Pure.
#[derive(Debug, Default)]
struct Source {
    waiting: VecDeque<(Cue, Prepared)>,
    position: usize,
    noise: u32,
}

impl Source {
    fn say(&mut self, cue: Cue, utterance: Prepared) {
        self.waiting.push_back((cue, utterance));
    }

    fn next_frame(&mut self) -> ([i16; FRAME], Vec<Mark>) {
        let mut frame = [0; FRAME];
        let mut marks = Vec::new();
        if let Some((cue, utterance)) = self.waiting.front() {
            let rest = &utterance.samples[self.position..];
            let taken = rest.len().min(FRAME);
            frame[..taken].copy_from_slice(&rest[..taken]);
            let window = self.position..self.position + FRAME;
            if window.contains(&utterance.voiced.start) {
                marks.push(Mark::Begins { cue: *cue, offset: utterance.voiced.start - self.position });
            }
            let last = utterance.voiced.end.saturating_sub(1);
            if window.contains(&last) {
                marks.push(Mark::Ends { cue: *cue, offset: last + 1 - self.position });
            }
            self.position += FRAME;
            if self.position >= utterance.samples.len() {
                self.waiting.pop_front();
                self.position = 0;
            }
        }
        for sample in &mut frame {
            // Two units of noise (-84 dB): a line that is never dead, far below any voice.
            self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = sample.saturating_add((self.noise >> 30) as i16 - 2);
        }
        (frame, marks)
    }
}

/// What was said, as it left.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    /// When the first sample was spoken.
    pub(super) from: Duration,
    /// Everything since then, 48 kHz mono.
    pub(super) samples: Vec<i16>,
    /// By how much the latest frame was late.
    pub(super) latest: Duration,
}

/// Feeds the microphone until told to stop.
pub(super) struct Pacer {
    pub(super) publisher: Box<dyn AudioPublisher>,
    pub(super) requests: mpsc::Receiver<(Cue, Prepared)>,
    pub(super) notebook: Notebook,
    pub(super) clock: Clock,
    pub(super) stop: watch::Receiver<bool>,
}

impl Pacer {
    pub(super) async fn run(mut self) -> Spoken {
        let mut source = Source::default();
        let mut spoken = Spoken { from: self.clock.now(), ..Spoken::default() };
        let mut due = spoken.from;
        loop {
            due += FRAME_TIME;
            tokio::select! {
                () = tokio::time::sleep_until(self.clock.instant(due)) => {}
                _ = self.stop.changed() => return spoken,
            }
            while let Ok((cue, utterance)) = self.requests.try_recv() {
                source.say(cue, utterance);
            }
            let (frame, marks) = source.next_frame();
            let handed_over = self.clock.now();
            spoken.latest = spoken.latest.max(handed_over.saturating_sub(due));
            spoken.samples.extend_from_slice(&frame);
            for mark in marks {
                let (offset, what) = match mark {
                    Mark::Begins { cue, offset } => (offset, cue.begins()),
                    Mark::Ends { cue, offset } => (offset, cue.ends()),
                };
                let begin = handed_over.saturating_sub(FRAME_TIME);
                let within = Duration::from_secs_f64(offset as f64 / f64::from(ROOM_SAMPLE_RATE));
                self.notebook.note(begin + within, what);
            }
            let failure = match tokio::time::timeout(CAPTURE_DEADLINE, self.publisher.capture(&frame)).await {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("no answer within {CAPTURE_DEADLINE:?}"),
            };
            self.notebook.note(self.clock.now(), Observation::MicrophoneFailed { message: failure });
            return spoken;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterance(length: usize, voiced: Span) -> Prepared {
        Prepared { text: None, samples: Arc::new(vec![1000; length]), voiced }
    }

    #[test]
    fn silence_is_a_very_low_noise() {
        let mut source = Source::default();
        let samples: Vec<i16> = (0..100).flat_map(|_| source.next_frame().0).collect();
        assert!(samples.iter().all(|sample| sample.abs() <= 2));
        assert!(samples.iter().any(|sample| *sample != 0), "never quite dead");
    }

    #[test]
    fn marks_the_first_and_last_voiced_sample_where_they_leave() {
        let mut source = Source::default();
        source.say(Cue::Turn(4), utterance(FRAME * 3 + 100, Span { start: 500, end: FRAME * 2 }));
        let frames: Vec<_> = (0..6).map(|_| source.next_frame()).collect();
        assert_eq!(frames[0].1, []);
        let expected =
            [Mark::Begins { cue: Cue::Turn(4), offset: 20 }, Mark::Ends { cue: Cue::Turn(4), offset: FRAME }];
        assert_eq!(frames[1].1, expected);
        assert!(frames[3].0[..100].iter().all(|sample| *sample > 900));
        assert!(frames[3].0[100..].iter().all(|sample| sample.abs() <= 2), "silence after the last sample");
        assert!(frames[4].0.iter().all(|sample| sample.abs() <= 2));
    }

    #[test]
    fn utterances_wait_for_one_another() {
        let mut source = Source::default();
        let whole = Span { start: 0, end: FRAME };
        source.say(Cue::Turn(0), utterance(FRAME, whole));
        source.say(Cue::BackChannel(0), utterance(FRAME, whole));
        let cue_of = |marks: Vec<Mark>| match marks.first() {
            Some(Mark::Begins { cue, .. } | Mark::Ends { cue, .. }) => Some(*cue),
            None => None,
        };
        let cues: Vec<_> = (0..3).map(|_| cue_of(source.next_frame().1)).collect();
        assert_eq!(cues, [Some(Cue::Turn(0)), Some(Cue::BackChannel(0)), None]);
    }
}
