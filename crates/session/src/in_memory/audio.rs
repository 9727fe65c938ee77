//! Microphones and loudspeakers in memory: both keep the pace of the runtime's time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::time::Interval;

use super::log::{Log, Told};
use crate::clock;
use crate::ports::{AudioFrames, AudioInput, AudioOutput, LISTEN_SAMPLE_RATE, PLAYOUT_SAMPLE_RATE, TransportError};

/// How long a frame sounds.
const FRAME: Duration = Duration::from_millis(10);
/// How far ahead of its sound a frame is taken.
const QUEUE: Duration = Duration::from_millis(100);

/// A user's microphone: silence, unless something is said into it. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Microphone(Arc<Mutex<VecDeque<i16>>>);

impl Microphone {
    /// Says this, 16 kHz mono, behind what is being said.
    pub(super) fn say(&self, samples: &[i16]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(samples);
    }
}

impl AudioInput for Microphone {
    fn open(&self) -> Result<Box<dyn AudioFrames>, TransportError> {
        Ok(Box::new(Frames { microphone: self.clone(), pace: tokio::time::interval(FRAME) }))
    }
}

struct Frames {
    microphone: Microphone,
    pace: Interval,
}

#[async_trait]
impl AudioFrames for Frames {
    async fn next(&mut self) -> Option<Vec<i16>> {
        self.pace.tick().await;
        let mut said = self.microphone.0.lock().unwrap_or_else(PoisonError::into_inner);
        let length = LISTEN_SAMPLE_RATE as usize / 100;
        let mut frame: Vec<i16> = (0..length).map_while(|_| said.pop_front()).collect();
        frame.resize(length, 0);
        Some(frame)
    }

    fn dropped(&self) -> u64 {
        0
    }
}

/// Where the agent's voice sounds.
pub(super) struct Loudspeaker {
    log: Log,
    /// When all that was taken has sounded.
    sounds_until: Option<Instant>,
}

impl Loudspeaker {
    pub(super) fn new(log: Log) -> Self {
        Self { log, sounds_until: None }
    }
}

#[async_trait]
impl AudioOutput for Loudspeaker {
    async fn capture(&mut self, _frame: &[i16], now: Instant) -> Result<(), TransportError> {
        let from = match self.sounds_until.filter(|until| *until >= now) {
            Some(until) => until,
            None => {
                self.log.add(Told::Sound);
                now
            }
        };
        self.sounds_until = Some(from + FRAME);
        if let Some(at) = (from + FRAME).checked_sub(QUEUE).filter(|at| *at > now) {
            tokio::time::sleep_until(at.into()).await;
        }
        Ok(())
    }

    fn clear(&mut self, now: Instant) {
        if self.sounds_until.take().is_some_and(|until| until > now) {
            self.log.add(Told::Cleared);
        }
    }

    fn done(&mut self) {
        if self.sounds_until.take().is_some_and(|until| until <= clock::now()) {
            self.log.add(Told::Silence);
        }
    }

    fn max_ahead(&self, braced: bool) -> u64 {
        let ms = if braced { 20 } else { 80 };
        u64::from(PLAYOUT_SAMPLE_RATE) * ms / 1000
    }
}
