//! Plays clauses, ten milliseconds at a time, and reports what was heard.

use std::collections::VecDeque;
use std::time::Duration;

use dialogue::{Engine, Input, Playout, SpeechId, Usage};
use tokio::sync::mpsc;

use super::backlog::Backlog;
use super::clause::{PlayableClause, PlayedWord};
use super::clock::SharedClock;
use crate::clock;
use crate::ports::{AudioOutput, PLAYOUT_SAMPLE_RATE, TransportError};
use crate::recording::{Recorder, Sound};

/// Samples in the 10 ms frames that a transport takes.
const FRAME: usize = (PLAYOUT_SAMPLE_RATE / 100) as usize;
/// Frames are counted so many at a time.
const COUNTED: u64 = 25;
/// How often progress is reported while the last samples sound.
const TICK: Duration = Duration::from_millis(10);
/// What playout can be told.
#[derive(Debug)]
pub enum PlayoutCommand {
    /// Play this after what is queued. The first clause of another speech begins that speech.
    Clause(PlayableClause),
    /// What the language model said as one clause was handed over: for whoever needs it whole.
    EndOfClause(SpeechId),
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
    handed_any: bool,
    /// It sounds, and that was told.
    started: bool,
    /// Frames handed over that were not counted yet.
    uncounted: u64,
    finished: bool,
    permission: Permission,
    backlog: Backlog,
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
    fn max_ahead(self, output: &dyn AudioOutput) -> Option<u64> {
        match self {
            Self::Held | Self::Paused => None,
            Self::Play => Some(output.max_ahead(false)),
            Self::Braced => Some(output.max_ahead(true)),
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
            handed_any: false,
            started: false,
            uncounted: 0,
            finished: false,
            permission: Permission::Held,
            backlog: Backlog::default(),
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
        if let Some(video) = clause.video {
            clock.add_video(start, video);
        }
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
    output: Box<dyn AudioOutput>,
    mut commands: mpsc::Receiver<PlayoutCommand>,
    clock: SharedClock,
    inputs: mpsc::Sender<Input>,
    recorder: Option<Recorder>,
) {
    let mut playout = Player { playing: None, over: None, clock, output };
    loop {
        if playout.output.is_lost() && !playout.replace_output(&mut commands, &inputs).await {
            return;
        }
        let command = match &playout.playing {
            None => tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => Some(command),
                    None => return,
                },
                () = playout.output.lost() => continue,
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
        match advance(current, &playout.clock, playout.output.as_mut(), &inputs, recorder.as_ref()).await {
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
                playout.output.done();
                playout.end(speech);
                if inputs.send(Input::VoiceFinished { speech }).await.is_err() {
                    return;
                }
            }
            Step::Closed => return,
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
    Closed,
    Failed,
}

struct Player {
    playing: Option<Playing>,
    /// The newest speech that was finished or stopped: what still comes for it, or for an older one, is not played.
    over: Option<SpeechId>,
    clock: SharedClock,
    output: Box<dyn AudioOutput>,
}

impl Player {
    /// Another output replaces the lost one, from the sample after the last that sounded. False when there is none, or the call
    /// is over.
    async fn replace_output(
        &mut self,
        commands: &mut mpsc::Receiver<PlayoutCommand>,
        inputs: &mpsc::Sender<Input>,
    ) -> bool {
        let Some(mut replacement) = self.output.replacement() else {
            tracing::error!("the output of the agent's voice is lost, and nothing replaces it");
            let _ = inputs.send(Input::EngineFailed { engine: Engine::TextToSpeech }).await;
            return false;
        };
        let unsounded = self.output.take_back(clock::now());
        if let Some(current) = &mut self.playing {
            for sample in unsounded.into_iter().rev() {
                current.samples.push_front(sample);
            }
        }
        // Commands go on being taken: a full channel would look like a voice that hangs.
        let replaced = loop {
            tokio::select! {
                replaced = &mut replacement => break replaced,
                command = commands.recv() => match command {
                    Some(command) => self.take(command),
                    None => return false,
                },
            }
        };
        match replaced {
            Ok(output) => {
                self.output = output;
                true
            }
            Err(TransportError::Closed) => false,
            Err(error) => {
                tracing::error!(%error, "the agent has no voice");
                let _ = inputs.send(Input::EngineFailed { engine: Engine::TextToSpeech }).await;
                false
            }
        }
    }

    fn take(&mut self, command: PlayoutCommand) {
        match command {
            PlayoutCommand::Clause(clause) => {
                if let Some(current) = begin(&mut self.playing, self.over, clause.speech, &self.clock) {
                    current.add(clause, &self.clock);
                }
            }
            PlayoutCommand::EndOfClause(_) => {}
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
                if self.playing.as_ref().is_some_and(|current| current.speech == speech) {
                    self.output.clear(clock::now());
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
    playout_clock: &SharedClock,
    output: &mut dyn AudioOutput,
    inputs: &mpsc::Sender<Input>,
    recorder: Option<&Recorder>,
) -> Step {
    let now = clock::now();
    if !output.is_free(now) {
        return Step::Waits;
    }
    let position = playout_clock.position(now);
    if current.handed_any && !current.started && output.has_started() {
        current.started = true;
        let _ = inputs.send(Input::VoiceStarted { speech: current.speech }).await;
    }
    for input in current.progress(position) {
        let _ = inputs.send(input).await;
    }
    if current.samples.is_empty() {
        if current.finished
            && let Err(error) = output.finish().await
        {
            return failed(output, &error);
        }
        let over = current.finished && position >= current.received && output.is_over();
        if over && current.permission != Permission::Held {
            return Step::Finished;
        }
        return waits(current, output).await;
    }
    let handed_over = current.received - current.samples.len() as u64;
    if current.permission.max_ahead(output).is_none_or(|ahead| handed_over > position + ahead) {
        return waits(current, output).await;
    }
    let mut frame = [0i16; FRAME];
    let length = current.samples.len().min(FRAME);
    if length < FRAME && !current.finished {
        // The rest of the frame may be in the next clause; it has until the queue runs dry to come.
        if handed_over > position {
            return waits(current, output).await;
        }
    }
    if !current.handed_any {
        if let Err(error) = output.begin(now).await {
            return failed(output, &error);
        }
        current.handed_any = true;
    }
    for (slot, sample) in frame.iter_mut().zip(current.samples.drain(..length)) {
        *slot = sample;
    }
    // Silence that fills the last frame takes time too: whatever comes next begins after it.
    current.received += (FRAME - length) as u64;
    playout_clock.hand_over(now, FRAME as u64);
    if !current.started && output.has_started() {
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
    match output.capture(&frame, now).await {
        Ok(()) => {
            let taken = clock::now();
            if let Some(queue) = output.queue()
                && current.backlog.taken(taken, taken - now)
            {
                tracing::debug!("the voice stood still: the clock follows");
                playout_clock.settle(taken, queue);
            }
            Step::Went
        }
        Err(error) => failed(output, &error),
    }
}

/// Nothing more to hand over for now.
async fn waits(current: &mut Playing, output: &mut dyn AudioOutput) -> Step {
    current.backlog.waits();
    match output.flush().await {
        Ok(()) => Step::Waits,
        Err(error) => failed(output, &error),
    }
}

fn failed(output: &mut dyn AudioOutput, error: &TransportError) -> Step {
    match error {
        // The transport's last event gives the reason.
        TransportError::Closed => Step::Closed,
        // Another output replaces it.
        error if output.give_up(error) => Step::Went,
        error => {
            tracing::error!(%error, "the voice cannot be played");
            Step::Failed
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use face::SpeechTrack;

    fn clause(words: &[(&str, u64)]) -> PlayableClause {
        let words =
            words.iter().map(|(text, heard_at)| PlayedWord { text: (*text).into(), heard_at: *heard_at }).collect();
        let track = Arc::new(SpeechTrack::new(PLAYOUT_SAMPLE_RATE, []));
        PlayableClause { speech: SpeechId(1), samples: vec![0; 1_000], words, track, feelings: Vec::new(), video: None }
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
