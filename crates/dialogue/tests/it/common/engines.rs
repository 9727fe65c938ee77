//! What the simulated ears, engines and playout make of the machine's outputs.

use chat::Clause;
use dialogue::{Input, Output, Playout, Speculation, SpeechId, TurnId};

use super::voice::{Permission, Voice};
use super::world::{Event, World};

impl World {
    pub(super) fn act(&mut self, output: Output) -> Result<(), String> {
        match output {
            Output::Link { .. } | Output::Unlink => {
                (self.known_voiced, self.voiced, self.asked) = (None, None, None);
                self.heard.clear();
            }
            Output::Transcribe { turn, revision } => self.transcribe(turn, revision),
            Output::DetectEndOfTurn { turn, revision } => {
                if !self.random.chance(10) {
                    let thousandths = u16::try_from(self.random.within(0..1000)).unwrap();
                    let word = Input::TurnProbability { turn, revision, thousandths };
                    self.soon(15..90, Event::Engine(word));
                }
            }
            Output::JudgeSentence { turn, revision, .. } => {
                let millionths =
                    (!self.random.chance(10)).then(|| u32::try_from(self.random.within(0..1_000_000)).unwrap());
                self.soon(30..250, Event::Engine(Input::SentenceEnd { turn, revision, millionths }));
            }
            Output::CutTurn { revision, .. } => {
                if let Some((_, _, until)) = self.asked.filter(|(_, latest, _)| *latest == revision) {
                    self.heard.retain(|(at, _)| *at > until);
                }
            }
            Output::CloseTurn { turn } => {
                self.open_turns.remove(&turn);
                let kept_since = self.known_voiced;
                self.heard.retain(|(at, _)| kept_since.is_some_and(|since| *at >= since));
                self.asked = None;
            }
            Output::Generate { speech, messages } => {
                self.generated.insert(speech, messages);
                let clauses = u32::try_from(self.random.within(0..4)).unwrap();
                let first = self.engines.language_model.clone();
                self.soon(0..first.start + 1, Event::Engine(Input::ReplyStarted { speech }));
                self.soon(first, Event::Clause { speech, left: clauses });
            }
            Output::CancelGeneration { speech } => {
                self.cancelled.insert(speech);
            }
            Output::Speak { speech, clause: Clause { text, .. } } => {
                let voice = self.voices.entry(speech).or_insert_with(Voice::new);
                voice.given.extend(text.split(' ').map(str::to_owned));
                let made = self.voice_busy.max(self.now) + self.random.ms(self.engines.text_to_speech.clone());
                self.voice_busy = made;
                self.later(made, Event::Synthesised { speech, text });
            }
            Output::FinishSpeech { speech } => {
                let at = self.voice_busy.max(self.now);
                self.later(at, Event::AllSynthesised(speech));
            }
            Output::StopSpeech { speech } => {
                self.voices.entry(speech).or_insert_with(Voice::new).stop();
            }
            Output::Playout { speech, order } => self.order(speech, order),
            Output::AgentCaption { speech, delta } => self.shown.entry(speech).or_default().push_str(&delta),
            Output::Interrupted { .. } => self.tally.interrupted += 1,
            Output::FalselyInterrupted { .. } => {
                self.tally.resumed += 1;
                self.resumed_at = Some(self.now);
            }
            Output::Speculation(Speculation::Committed) => self.tally.committed += 1,
            Output::Speculation(Speculation::Discarded) => self.tally.discarded += 1,
            Output::Speculation(Speculation::Started) => self.tally.answered += 1,
            Output::End(reason) => {
                self.ended = Some(reason);
                self.tally.ended += 1;
            }
            Output::State(_)
            | Output::UserCaption { .. }
            | Output::Prepare { .. }
            | Output::EndAgentCaption { .. }
            | Output::Notice { .. }
            | Output::TurnMeasured { .. }
            | Output::TurnDropped { .. }
            | Output::UserAway(_)
            | Output::Level(_) => {}
        }
        Ok(())
    }

    fn order(&mut self, speech: SpeechId, order: Playout) {
        let now = self.now;
        let voice = self.voices.entry(speech).or_insert_with(Voice::new);
        if order == Playout::Start
            && let Some(messages) = self.generated.get(&speech)
        {
            self.last_committed.clone_from(messages);
        }
        if voice.permission == Permission::Play && order == Playout::Pause && voice.is_sounding() {
            // What sounded until now is reported by the next look at it.
            voice.settle(now);
        }
        voice.obey(order);
        self.later(now, Event::Playing(speech));
    }

    fn transcribe(&mut self, turn: TurnId, revision: u32) {
        self.open_turns.insert(turn);
        self.asked = Some((turn, revision, self.now));
        let words: Vec<&str> = self.heard.iter().map(|(_, word)| word.as_str()).collect();
        let mut text = Some(words.join(" "));
        let stale = self.random.chance(self.engines.late);
        if self.random.chance(self.engines.failures) {
            // Words that an engine could not make out can't be answered.
            self.due.clear();
            text = self.random.chance(30).then(String::new);
        }
        let delay = self.engines.speech_to_text.clone();
        self.soon(delay, Event::Transcript { turn, revision, text, stale });
    }
}
