//! Drives a [`Dialogue`] on a virtual clock.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod engines;
pub mod people;
pub mod random;
pub mod rules;
pub mod voice;
pub mod whole_call;
pub mod world;

use std::time::Duration;

use chat::{FinishReason, Message};
use dialogue::{
    Dialogue, Input, Moment, Output, Playout, PolicyRegistry, RECORDING_VERSION, RecordedLine, ReplayError, Replayed,
    Settings, SpeechId, TurnId,
};

pub const USER: &str = "abel-1";

/// A conversation with the policies that come with the crate.
pub fn dialogue(settings: Settings) -> Dialogue {
    dialogue_by(settings, &PolicyRegistry::builtin())
}

fn dialogue_by(settings: Settings, registry: &PolicyRegistry) -> Dialogue {
    let policies = registry.select(&settings).unwrap();
    Dialogue::new(settings, policies)
}

/// Replays a call that was led by policies that come with the crate.
pub fn replay(lines: impl IntoIterator<Item = RecordedLine>) -> Result<Replayed, ReplayError> {
    dialogue::replay(lines, &PolicyRegistry::builtin())
}

pub struct Call {
    pub dialogue: Dialogue,
    pub now: Moment,
    pub outputs: Vec<Output>,
    /// The call as a recording.
    pub lines: Vec<RecordedLine>,
}

impl Call {
    pub fn new(settings: Settings) -> Self {
        Self::led_by(settings, &PolicyRegistry::builtin())
    }

    fn led_by(settings: Settings, registry: &PolicyRegistry) -> Self {
        let lines = vec![RecordedLine::Begun { version: RECORDING_VERSION, settings: Box::new(settings.clone()) }];
        let mut call =
            Self { dialogue: dialogue_by(settings, registry), now: Moment::START, outputs: Vec::new(), lines };
        call.drain();
        call
    }

    /// A call in which the user has arrived and the greeting is over.
    pub fn answered() -> Self {
        Self::answered_with(Settings::default())
    }

    /// The same with other settings.
    pub fn answered_with(settings: Settings) -> Self {
        Self::answered_by(settings, &PolicyRegistry::builtin())
    }

    /// The same with policies of another registry.
    pub fn answered_by(settings: Settings, registry: &PolicyRegistry) -> Self {
        let mut call = Self::greeting_by(settings, registry);
        let speech = call.last_speech();
        call.play(speech, "Hello there!");
        call.input(Input::VoiceFinished { speech });
        call.outputs.clear();
        call
    }

    /// A call in which the user has arrived and the greeting is about to sound.
    pub fn greeting(settings: Settings) -> Self {
        Self::greeting_by(settings, &PolicyRegistry::builtin())
    }

    fn greeting_by(settings: Settings, registry: &PolicyRegistry) -> Self {
        let settings = Settings { instructions: "Be kind.".into(), greeting: vec!["Hello there!".into()], ..settings };
        let mut call = Self::led_by(settings, registry);
        call.input(Input::Ready);
        call.input(Input::PersonArrived { identity: USER.into() });
        call.input(Input::VoiceSubscribed);
        call
    }

    /// The agent tells a story, and was heard to begin it.
    pub fn telling_a_story(&mut self) -> SpeechId {
        self.say("Tell me a story.");
        let speech = self.reply("Once upon a time there was a king.");
        self.play(speech, "Once upon a");
        self.outputs.clear();
        speech
    }

    /// The turn detector answers the last question it was asked.
    pub fn probability(&mut self, thousandths: u16) -> &mut Self {
        let asked = self.outputs.iter().rev().find_map(|output| match output {
            Output::DetectEndOfTurn { turn, revision } => Some((*turn, *revision)),
            _ => None,
        });
        let (turn, revision) = asked.expect("the turn detector was asked");
        self.input(Input::TurnProbability { turn, revision, thousandths })
    }

    /// The chat model answers the last question about the end of a sentence.
    pub fn sentence_end(&mut self, millionths: Option<u32>) -> &mut Self {
        let asked = self.outputs.iter().rev().find_map(|output| match output {
            Output::JudgeSentence { turn, revision, .. } => Some((*turn, *revision)),
            _ => None,
        });
        let (turn, revision) = asked.expect("the chat model was asked");
        self.input(Input::SentenceEnd { turn, revision, millionths })
    }

    pub fn typed(&mut self, text: &str) -> &mut Self {
        self.input(Input::Typed { text: text.into() })
    }

    /// The orders of one speech.
    pub fn orders(&self, speech: SpeechId) -> Vec<Playout> {
        self.playout().into_iter().filter(|(known, _)| *known == speech).map(|(_, order)| order).collect()
    }

    /// How often this was put out.
    pub fn times(&self, output: &Output) -> usize {
        self.count(|known| known == output)
    }

    /// Replies that were asked for.
    pub fn generations(&self) -> usize {
        self.count(|output| matches!(output, Output::Generate { .. }))
    }

    /// The last thing the user said, as the language model was told.
    pub fn last_words(&self) -> String {
        self.last_messages().last().expect("a message").text().into_owned()
    }

    pub fn input(&mut self, input: Input) -> &mut Self {
        self.lines.push(RecordedLine::Input { at: self.now, input: input.clone() });
        self.dialogue.handle(self.now, input);
        self.drain();
        self
    }

    /// Lets time pass, waking the machine exactly when it asks for it.
    pub fn pass(&mut self, duration: Duration) -> &mut Self {
        let until = self.now + duration;
        while let Some((at, _)) = self.dialogue.next_wake().filter(|(at, _)| *at <= until) {
            self.now = self.now.max(at);
            self.input(Input::Wake);
        }
        self.now = until;
        self
    }

    pub fn ms(&mut self, ms: u64) -> &mut Self {
        self.pass(Duration::from_millis(ms))
    }

    pub fn start_speaking(&mut self) -> &mut Self {
        let at = self.now;
        self.input(Input::SpeechStarted { at })
    }

    /// The user falls silent, which is reported 96 ms later; the transcript is there 100 ms after the silence began.
    pub fn stop_speaking(&mut self, words: &str) -> &mut Self {
        let at = self.now;
        self.ms(96).input(Input::SpeechStopped { at }).ms(4);
        if let Some((turn, revision)) = self.last_transcription() {
            self.input(Input::Transcript { turn, revision, text: words.into() });
        }
        self
    }

    /// The user says something, and waits until the agent thinks.
    pub fn say(&mut self, words: &str) -> &mut Self {
        self.start_speaking().ms(1000).stop_speaking(words).ms(1000)
    }

    pub fn play(&mut self, speech: SpeechId, words: &str) -> &mut Self {
        self.input(Input::VoiceStarted { speech });
        for (index, word) in words.split(' ').enumerate() {
            let text = if index == 0 { word.to_owned() } else { format!(" {word}") };
            self.ms(200).input(Input::Heard { speech, text });
        }
        self
    }

    pub fn reply(&mut self, words: &str) -> SpeechId {
        let speech = self.last_speech();
        self.input(Input::ReplyClause { speech, clause: words.into() });
        self.input(Input::ReplyFinished { speech, finish: FinishReason::Stop });
        speech
    }

    pub fn last_speech(&self) -> SpeechId {
        self.outputs
            .iter()
            .rev()
            .find_map(|output| match output {
                Output::Generate { speech, .. } | Output::Speak { speech, .. } => Some(*speech),
                _ => None,
            })
            .expect("a speech")
    }

    pub fn last_messages(&self) -> Vec<Message> {
        self.outputs
            .iter()
            .rev()
            .find_map(|output| match output {
                Output::Generate { messages, .. } => Some(messages.clone()),
                _ => None,
            })
            .expect("a generation")
    }

    pub fn last_transcription(&self) -> Option<(TurnId, u32)> {
        self.outputs.iter().rev().find_map(|output| match output {
            Output::Transcribe { turn, revision } => Some((*turn, *revision)),
            _ => None,
        })
    }

    /// The words so far, while the user speaks.
    pub fn partial(&mut self, words: &str) -> &mut Self {
        let (turn, revision) = self.last_transcription().expect("a partial transcript was asked for");
        self.input(Input::Transcript { turn, revision, text: words.into() })
    }

    /// The orders that playout was given, in order.
    pub fn playout(&self) -> Vec<(SpeechId, Playout)> {
        let orders = self.outputs.iter().filter_map(|output| match output {
            Output::Playout { speech, order } => Some((*speech, *order)),
            _ => None,
        });
        orders.collect()
    }

    /// The speeches that were let out.
    pub fn started_speeches(&self) -> Vec<SpeechId> {
        self.playout().into_iter().filter(|(_, order)| *order == Playout::Start).map(|(speech, _)| speech).collect()
    }

    pub fn count(&self, wanted: impl Fn(&Output) -> bool) -> usize {
        self.outputs.iter().filter(|output| wanted(output)).count()
    }

    pub fn ended(&self) -> Option<dialogue::EndReason> {
        self.outputs.iter().find_map(|output| match output {
            Output::End(reason) => Some(*reason),
            _ => None,
        })
    }

    fn drain(&mut self) {
        while let Some(output) = self.dialogue.poll() {
            self.lines.push(RecordedLine::Output { output: output.clone() });
            self.outputs.push(output);
        }
    }
}
