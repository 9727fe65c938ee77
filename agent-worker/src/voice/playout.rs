//! Plays clauses into the room, ten milliseconds at a time, and reports what was heard.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dialogue::{Engine, Input, Playout, SpeechId, Usage};
use room::{AudioPublisher, RoomError};
use tokio::sync::mpsc;

use super::clause::{PlayableClause, PlayedWord};
use super::clock::{PLAYOUT_SAMPLE_RATE, SharedClock};
use crate::recording::{Recorder, Sound};

/// Samples in the 10 ms frames that the room takes.
const FRAME: usize = (PLAYOUT_SAMPLE_RATE / 100) as usize;
/// Frames are counted so many at a time.
const COUNTED: u64 = 25;
/// How often progress is reported while the last samples sound.
const TICK: Duration = Duration::from_millis(10);
/// Samples are handed over at most this far ahead of what sounds: late enough to stop at once, early enough for a busy machine.
const AHEAD: u64 = PLAYOUT_SAMPLE_RATE as u64 * 80 / 1000;

/// While the user makes a sound they are handed over this far ahead: a pause takes effect only after what was handed over.
const BRACED_AHEAD: u64 = PLAYOUT_SAMPLE_RATE as u64 * 20 / 1000;

/// What playout can be told.
#[derive(Debug)]
pub enum PlayoutCommand {
    /// Play this after what is queued. The first clause of another speech begins that speech.
    Clause(PlayableClause),
    /// The voice failed at these words, behind what is queued: told when their turn comes, so that captions keep their order.
    Unspoken(SpeechId, String),
    /// Nothing more will come for this speech.
    Finish(SpeechId),
    /// Let it sound, or not. A speech is silent until it is started.
    Order(SpeechId, Playout),
    /// Fall silent now.
    Stop(SpeechId),
}

/// One speech being played.
struct Playing {
    speech: SpeechId,
    samples: VecDeque<i16>,
    /// Samples received so far: where the next clause begins.
    received: u64,
    words: VecDeque<PlayedWord>,
    /// What could not be spoken, and the sample at which it would have begun.
    unspoken: VecDeque<(u64, String)>,
    any_word_heard: bool,
    /// Its first frame was handed over.
    started: bool,
    /// Frames handed over that were not counted yet.
    uncounted: u64,
    finished: bool,
    permission: Permission,
}

/// How far a speech may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permission {
    /// Not to be heard yet.
    Held,
    /// Play.
    Play,
    /// Play, but be ready to stop.
    Braced,
    /// Stand still; what comes next is the sample after the last one handed over.
    Paused,
}

impl Permission {
    /// How many samples may be handed over ahead of what sounds; `None` for not one more.
    fn ahead(self) -> Option<u64> {
        match self {
            Self::Held | Self::Paused => None,
            Self::Play => Some(AHEAD),
            Self::Braced => Some(BRACED_AHEAD),
        }
    }
}

impl Playing {
    fn new(speech: SpeechId) -> Self {
        Self {
            speech,
            samples: VecDeque::new(),
            received: 0,
            words: VecDeque::new(),
            unspoken: VecDeque::new(),
            any_word_heard: false,
            started: false,
            uncounted: 0,
            finished: false,
            permission: Permission::Held,
        }
    }

    fn obey(&mut self, order: Playout) {
        self.permission = match order {
            Playout::Start | Playout::Resume => Permission::Play,
            Playout::Brace => Permission::Braced,
            Playout::Pause => Permission::Paused,
        };
    }

    fn add(&mut self, clause: PlayableClause, clock: &SharedClock) {
        let start = self.received;
        self.received += clause.samples.len() as u64;
        self.samples.extend(clause.samples);
        self.words.extend(
            clause.words.into_iter().map(|word| PlayedWord { text: word.text, heard_at: start + word.heard_at }),
        );
        clock.add_look(start, self.received, clause.track, clause.feelings);
    }

    /// What has come to pass up to `position` since the last call, in order.
    fn progress(&mut self, position: u64) -> Vec<Input> {
        let (speech, mut told) = (self.speech, Vec::new());
        let heard = |text| Input::Heard { speech, text };
        while let Some((at, text)) = self.unspoken.pop_front_if(|(at, _)| *at <= position) {
            told.extend(self.newly_heard(at).map(heard));
            self.any_word_heard = true;
            told.push(Input::VoiceFailed { speech, text });
        }
        told.extend(self.newly_heard(position).map(heard));
        told
    }

    /// The words that have been heard since the last call.
    fn newly_heard(&mut self, position: u64) -> Option<String> {
        let mut text = String::new();
        while let Some(word) = self.words.pop_front_if(|word| word.heard_at <= position) {
            if self.any_word_heard {
                text.push(' ');
            }
            text.push_str(&word.text);
            self.any_word_heard = true;
        }
        (!text.is_empty()).then_some(text)
    }
}

/// Plays until the command channel closes. `inputs` hears of every start, word and end.
pub async fn run_playout(
    publisher: Arc<dyn AudioPublisher>,
    mut commands: mpsc::Receiver<PlayoutCommand>,
    clock: SharedClock,
    inputs: mpsc::Sender<Input>,
    recorder: Option<Recorder>,
) {
    let mut playout = Player { playing: None, over: None, clock, publisher };
    loop {
        let command = match &playout.playing {
            None => match commands.recv().await {
                Some(command) => Some(command),
                None => return,
            },
            Some(_) => match commands.try_recv() {
                Ok(command) => Some(command),
                Err(mpsc::error::TryRecvError::Empty) => None,
                Err(mpsc::error::TryRecvError::Disconnected) => return,
            },
        };
        if let Some(command) = command {
            playout.take(command);
            continue;
        }
        let Some(current) = &mut playout.playing else { continue };
        match advance(current, &playout.clock, playout.publisher.as_ref(), &inputs, recorder.as_ref()).await {
            Step::Went => {}
            Step::Waits => {
                // Nothing to hand over for now: wake for a command or for the next word.
                if let Ok(received) = tokio::time::timeout(TICK, commands.recv()).await {
                    match received {
                        Some(command) => playout.take(command),
                        None => return,
                    }
                }
            }
            Step::Finished => {
                let speech = current.speech;
                playout.end(speech);
                if inputs.send(Input::VoiceFinished { speech }).await.is_err() {
                    return;
                }
            }
            Step::RoomOver => return,
            Step::Failed => {
                let _ = inputs.send(Input::EngineFailed { engine: Engine::TextToSpeech }).await;
                return;
            }
        }
    }
}

enum Step {
    Went,
    Waits,
    Finished,
    RoomOver,
    Failed,
}

struct Player {
    playing: Option<Playing>,
    /// The newest speech that was finished or stopped: what still comes for it, or for an older one, is not played.
    over: Option<SpeechId>,
    clock: SharedClock,
    publisher: Arc<dyn AudioPublisher>,
}

impl Player {
    fn take(&mut self, command: PlayoutCommand) {
        match command {
            PlayoutCommand::Clause(clause) => {
                if let Some(current) = begin(&mut self.playing, self.over, clause.speech, &self.clock) {
                    current.add(clause, &self.clock);
                }
            }
            PlayoutCommand::Unspoken(speech, text) => {
                if let Some(current) = begin(&mut self.playing, self.over, speech, &self.clock) {
                    current.unspoken.push_back((current.received, text));
                }
            }
            // A speech without a single sample is finished all the same.
            PlayoutCommand::Finish(speech) => {
                if let Some(current) = begin(&mut self.playing, self.over, speech, &self.clock) {
                    current.finished = true;
                }
            }
            PlayoutCommand::Order(speech, order) => {
                if let Some(current) = begin(&mut self.playing, self.over, speech, &self.clock) {
                    current.obey(order);
                }
            }
            PlayoutCommand::Stop(speech) => {
                if self.playing.as_ref().is_some_and(|current| current.speech == speech)
                    && let Err(error) = self.publisher.clear()
                {
                    tracing::warn!(%error, "could not clear the voice's queue");
                }
                self.end(speech);
            }
        }
    }

    fn end(&mut self, speech: SpeechId) {
        self.over = self.over.max(Some(speech));
        if self.playing.as_ref().is_some_and(|current| current.speech <= speech) {
            self.playing = None;
            self.clock.reset();
        }
    }
}

/// The speech being played, if it is (or now becomes) `speech`.
fn begin<'a>(
    playing: &'a mut Option<Playing>,
    over: Option<SpeechId>,
    speech: SpeechId,
    clock: &SharedClock,
) -> Option<&'a mut Playing> {
    if over >= Some(speech) {
        return None;
    }
    if playing.as_ref().is_none_or(|current| current.speech < speech) {
        clock.reset();
        *playing = Some(Playing::new(speech));
    }
    playing.as_mut().filter(|current| current.speech == speech)
}

/// Hands over one frame, or reports progress when none is due.
async fn advance(
    current: &mut Playing,
    clock: &SharedClock,
    publisher: &dyn AudioPublisher,
    inputs: &mpsc::Sender<Input>,
    recorder: Option<&Recorder>,
) -> Step {
    let now = Instant::now();
    let position = clock.position(now);
    for input in current.progress(position) {
        let _ = inputs.send(input).await;
    }
    if current.samples.is_empty() {
        let over = current.finished && position >= current.received;
        if over && current.permission != Permission::Held {
            return Step::Finished;
        }
        return Step::Waits;
    }
    let handed_over = current.received - current.samples.len() as u64;
    if current.permission.ahead().is_none_or(|ahead| handed_over > position + ahead) {
        return Step::Waits;
    }
    let mut frame = [0i16; FRAME];
    let length = current.samples.len().min(FRAME);
    if length < FRAME && !current.finished {
        // The rest of the frame may be in the next clause; it has until the queue runs dry to come.
        if handed_over > position {
            return Step::Waits;
        }
    }
    for (slot, sample) in frame.iter_mut().zip(current.samples.drain(..length)) {
        *slot = sample;
    }
    // Silence that fills the last frame takes time too: whatever comes next begins after it.
    current.received += (FRAME - length) as u64;
    clock.hand_over(now, FRAME as u64);
    if !current.started {
        current.started = true;
        let _ = inputs.send(Input::VoiceStarted { speech: current.speech }).await;
    }
    if let Some(recorder) = recorder {
        recorder.sound(Sound::Spoken, &frame);
    }
    current.uncounted += 1;
    if current.uncounted == COUNTED {
        current.uncounted = 0;
        // Only a budget wants to know: when the call is busy it does without.
        let _ = inputs.try_send(Input::Used(Usage::AudioChunks(COUNTED)));
    }
    match publisher.capture(&frame).await {
        Ok(()) => Step::Went,
        // The room is over, and says why itself.
        Err(RoomError::Closed) => Step::RoomOver,
        Err(error) => {
            tracing::error!(%error, "the voice cannot be played");
            Step::Failed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use face::SpeechTrack;

    fn clause(words: &[(&str, u64)]) -> PlayableClause {
        let words =
            words.iter().map(|(text, heard_at)| PlayedWord { text: (*text).into(), heard_at: *heard_at }).collect();
        let track = Arc::new(SpeechTrack::new(PLAYOUT_SAMPLE_RATE, []));
        PlayableClause { speech: SpeechId(1), samples: vec![0; 1_000], words, track, feelings: Vec::new() }
    }

    #[test]
    fn what_could_not_be_spoken_is_told_when_its_turn_comes() {
        let speech = SpeechId(1);
        let mut playing = Playing::new(speech);
        playing.add(clause(&[("One", 300), ("two", 900)]), &SharedClock::default());
        playing.unspoken.push_back((playing.received, "three.".into()));
        playing.add(clause(&[("Four.", 500)]), &SharedClock::default());
        let heard = |text: &str| Input::Heard { speech, text: text.into() };
        assert_eq!(playing.progress(400), [heard("One")]);
        let failed = Input::VoiceFailed { speech, text: "three.".into() };
        assert_eq!(playing.progress(1_600), [heard(" two"), failed, heard(" Four.")]);
        assert_eq!(playing.progress(2_000), []);
    }
}
