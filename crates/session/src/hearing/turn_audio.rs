//! The audio of the user's current turn: bounded, with a little of what came before the voice was noticed.

use speech::LISTEN_SAMPLE_RATE;

use super::voice_end::{LOOKED_AT, trailing_silence};

const fn samples(ms: usize) -> usize {
    LISTEN_SAMPLE_RATE as usize * ms / 1000
}

/// Kept from before the voice began: first consonants are soft.
const LEAD_IN: usize = samples(320);
/// Kept while nobody speaks: the lead-in, and the time until a voice is noticed.
const IDLE: usize = samples(640);
/// Given to speech-to-text after the last voiced sample.
const TAIL: usize = samples(160);
/// The longest turn that is kept; of a longer one the beginning is lost.
const LONGEST: usize = samples(60_000);

/// From where to where something was said, on the listening clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    first: u64,
    voice_end: u64,
}

/// Keeps what speech-to-text will need.
#[derive(Debug, Default)]
pub(super) struct TurnAudio {
    samples: Vec<f32>,
    /// Position of `samples[0]` on the listening clock.
    first: u64,
    /// A turn is under way: keep everything.
    open: bool,
    /// Where the voice was last known to end.
    voice_end: Option<u64>,
}

impl TurnAudio {
    /// Position one past the last sample heard.
    pub(super) fn position(&self) -> u64 {
        self.first + self.samples.len() as u64
    }

    pub(super) fn push(&mut self, frame: &[f32]) {
        self.samples.extend_from_slice(frame);
        let keep = if self.open { LONGEST } else { IDLE };
        let excess = self.samples.len().saturating_sub(keep);
        // Moving memory for every frame would be wasteful: let some excess gather.
        if excess > samples(1000) {
            self.drop_first(excess);
        }
    }

    /// Whether a turn is under way.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Everything heard so far is about to be heard again: it must not be heard twice. The turn goes on.
    pub(super) fn forget(&mut self) {
        self.drop_first(self.samples.len());
    }

    pub(super) fn voice_started(&mut self, at: u64) {
        if !self.open {
            self.open = true;
            let keep_from = at.saturating_sub(LEAD_IN as u64);
            self.drop_first(usize::try_from(keep_from.saturating_sub(self.first)).unwrap_or(usize::MAX));
        }
        self.voice_end = None;
    }

    pub(super) fn voice_stopped(&mut self, at: u64) {
        self.voice_end = Some(at);
    }

    /// Where a voice really ended that stopped at `position` as far as the gate can tell.
    pub(super) fn voice_ended(&self, position: u64) -> u64 {
        let at = usize::try_from(position.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.samples.len());
        let (voice, silence) = self.samples.split_at(at);
        position - trailing_silence(&voice[at.saturating_sub(LOOKED_AT)..], silence) as u64
    }

    /// The turn so far, without the silence at its end.
    pub(super) fn turn(&self) -> Vec<f32> {
        if !self.open {
            return Vec::new();
        }
        self.samples[..usize::try_from(self.turn_end().saturating_sub(self.first)).unwrap_or(0)].to_vec()
    }

    /// Where the audio ends that [`TurnAudio::turn`] gives now.
    pub(super) fn turn_end(&self) -> u64 {
        self.voice_end.map_or(self.position(), |at| at + TAIL as u64).min(self.position())
    }

    /// Names the turn's audio up to a voice that ends at `voice_end`: two of the same name sound the same.
    pub(super) fn stretch(&self, voice_end: u64) -> Option<Stretch> {
        self.open.then_some(Stretch { first: self.first, voice_end })
    }

    /// The name of what [`TurnAudio::turn`] gives now, once the voice has ended.
    pub(super) fn ended_stretch(&self) -> Option<Stretch> {
        self.voice_end.and_then(|end| self.stretch(end))
    }

    /// The end of the turn so far, with the silence after it: at most `count` samples.
    pub(super) fn latest(&self, count: usize) -> Vec<f32> {
        if !self.open {
            return Vec::new();
        }
        self.samples[self.samples.len().saturating_sub(count)..].to_vec()
    }

    /// What was heard before `position` is no longer needed. The turn goes on.
    pub(super) fn cut(&mut self, position: u64) {
        if self.open {
            self.drop_first(usize::try_from(position.saturating_sub(self.first)).unwrap_or(usize::MAX));
        }
    }

    /// The turn is over. When the user is speaking again already, that speech begins the next one.
    pub(super) fn close(&mut self, speaking_since: Option<u64>) {
        self.open = false;
        self.voice_end = None;
        match speaking_since {
            Some(at) => self.voice_started(at),
            None => self.drop_first(self.samples.len().saturating_sub(IDLE)),
        }
    }

    fn drop_first(&mut self, count: usize) {
        let count = count.min(self.samples.len());
        self.samples.drain(..count);
        self.first += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(audio: &mut TurnAudio, count: usize) {
        let first = audio.position();
        let frame: Vec<f32> = (0..count as u64).map(|i| (first + i) as f32).collect();
        audio.push(&frame);
    }

    #[test]
    fn a_turn_has_its_lead_in_and_loses_its_trailing_silence() {
        let mut audio = TurnAudio::default();
        hear(&mut audio, 32_000);
        audio.voice_started(31_000);
        hear(&mut audio, 16_000);
        audio.voice_stopped(40_000);
        let turn = audio.turn();
        assert_eq!(turn.first().copied(), Some(31_000.0 - LEAD_IN as f32));
        assert_eq!(turn.last().copied(), Some(40_000.0 + TAIL as f32 - 1.0));
    }

    #[test]
    fn memory_is_bounded_while_nobody_speaks_and_while_somebody_never_stops() {
        let mut audio = TurnAudio::default();
        for _ in 0..1_000 {
            hear(&mut audio, 1_600);
            assert!(audio.samples.len() <= IDLE + samples(1_100));
        }
        audio.voice_started(audio.position());
        for _ in 0..2_000 {
            hear(&mut audio, 1_600);
        }
        assert!(audio.samples.len() <= LONGEST + samples(1_100));
        assert_eq!(audio.position(), 3_000 * 1_600);
    }

    #[test]
    fn a_cut_turn_goes_on_with_what_came_after() {
        let mut audio = TurnAudio::default();
        audio.voice_started(0);
        hear(&mut audio, 50_000);
        audio.voice_stopped(40_000);
        let end = audio.turn_end();
        hear(&mut audio, 10_000);
        audio.cut(end);
        audio.voice_started(55_000);
        assert_eq!(audio.turn().first().copied(), Some(40_000.0 + TAIL as f32));
        assert_eq!(audio.turn().last().copied(), Some(59_999.0));
        assert_eq!(audio.latest(100).len(), 100);
        audio.close(None);
        assert!(audio.latest(100).is_empty());
    }

    #[test]
    fn what_is_heard_again_is_in_the_turn_once() {
        let mut audio = TurnAudio::default();
        audio.voice_started(0);
        hear(&mut audio, 5_000);
        audio.forget();
        hear(&mut audio, 10_000);
        assert_eq!(audio.turn().len(), 10_000);
        assert_eq!(audio.position(), 15_000);
    }

    #[test]
    fn closing_keeps_the_speech_that_has_begun() {
        let mut audio = TurnAudio::default();
        audio.voice_started(0);
        hear(&mut audio, 50_000);
        audio.close(Some(45_000));
        assert_eq!(audio.turn().first().copied(), Some(45_000.0 - LEAD_IN as f32));
        audio.close(None);
        assert!(audio.turn().is_empty());
    }
}
