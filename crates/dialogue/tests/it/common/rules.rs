//! What must hold of every conversation, checked output by output.

use std::collections::BTreeMap;

use chat::{Clause, Message, Role};
use dialogue::{Input, Output, Playout, Speculation, SpeechId};

#[derive(Debug, Default)]
struct Speech {
    generated: bool,
    generating: bool,
    held: bool,
    started: bool,
    voice_started: bool,
    braced: bool,
    paused: bool,
    finish_sent: bool,
    over: bool,
    shown: String,
    /// What the language model made.
    clauses: Vec<Clause>,
}

/// Follows inputs and outputs, and fails at the first that breaks a rule.
#[derive(Debug, Default)]
pub struct Rules {
    speeches: BTreeMap<SpeechId, Speech>,
    /// A caption that the last input must lead to.
    due: Option<(SpeechId, String)>,
    speculating: bool,
    ended: bool,
}

type Verdict = Result<(), String>;

fn rule(holds: bool, what: &str, output: &Output) -> Verdict {
    if holds { Ok(()) } else { Err(format!("{what}: {output:?}")) }
}

impl Rules {
    /// An input is about to be fed.
    pub fn input(&mut self, input: &Input) -> Verdict {
        match input {
            Input::VoiceStarted { speech } => {
                if let Some(speech) = self.alive(*speech).filter(|speech| speech.started) {
                    speech.voice_started = true;
                }
            }
            Input::Heard { speech, text } => {
                let sounds = self.alive(*speech).is_some_and(|speech| speech.started && speech.voice_started);
                if sounds && !text.is_empty() {
                    self.due = Some((*speech, text.clone()));
                }
            }
            Input::ReplyClause { speech, clause } => {
                if let Some(speech) = self.alive(*speech).filter(|speech| speech.generating) {
                    speech.clauses.push(clause.clone());
                }
            }
            Input::ReplyFinished { speech, .. } | Input::ReplyFailed { speech } => {
                if let Some(speech) = self.alive(*speech) {
                    speech.generating = false;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn alive(&mut self, speech: SpeechId) -> Option<&mut Speech> {
        self.speeches.get_mut(&speech).filter(|speech| !speech.over)
    }

    /// All outputs of the last input were seen.
    pub fn settled(&mut self) -> Verdict {
        match self.due.take() {
            Some((speech, text)) if self.alive(speech).is_some() => {
                Err(format!("heard but not shown: {speech:?} {text}"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// An output came out.
    pub fn output(&mut self, output: &Output) -> Verdict {
        rule(!self.ended, "something after the end", output)?;
        match output {
            Output::Generate { speech, messages } => {
                rule(!self.speeches.contains_key(speech), "a reply is made twice", output)?;
                rule(messages.last().is_some_and(|last| last.role == Role::User), "nobody asked", output)?;
                self.history_is_what_was_played(messages)?;
                let held = std::mem::take(&mut self.speculating);
                let speech = self.speeches.entry(*speech).or_default();
                (speech.generated, speech.generating, speech.held) = (true, true, held);
            }
            Output::Prepare { messages } | Output::JudgeSentence { messages, .. } => {
                self.history_is_what_was_played(messages)?;
            }
            Output::Speak { speech, clause } => {
                rule(!clause.text.trim().is_empty(), "nothing is spoken", output)?;
                let speech = self.speeches.entry(*speech).or_default();
                rule(!speech.over, "speech after the cut", output)?;
                rule(!speech.finish_sent, "speech after its end", output)?;
                let ours = clause.annotations.is_empty() && speech.clauses.iter().all(|made| made.text != clause.text);
                rule(ours || speech.clauses.contains(clause), "annotations of other words, or lost", output)?;
            }
            Output::FinishSpeech { speech } => {
                let speech = self.alive(*speech).ok_or("the end of no speech")?;
                rule(!speech.finish_sent && speech.started, "an end too many, or of a held speech", output)?;
                speech.finish_sent = true;
            }
            Output::Playout { speech, order } => self.playout(*speech, *order, output)?,
            Output::StopSpeech { speech } => {
                let speech = self.alive(*speech).ok_or("a speech is cut that is none, or was cut")?;
                speech.over = true;
            }
            Output::CancelGeneration { speech } => {
                let speech = self.speeches.get_mut(speech).ok_or("no such reply")?;
                rule(speech.generated && speech.generating, "a reply is cancelled that is not being made", output)?;
                speech.generating = false;
            }
            Output::AgentCaption { speech, delta } => {
                if self.due.as_ref().is_some_and(|(due, text)| due == speech && text == delta) {
                    self.due = None;
                }
                let speech = self.alive(*speech).ok_or("a caption after the cut")?;
                rule(speech.started, "a caption of what may not be heard", output)?;
                speech.shown.push_str(delta);
            }
            Output::EndAgentCaption { speech } => {
                let speech = self.speeches.get_mut(speech).ok_or("no such speech")?;
                rule(!speech.shown.is_empty(), "the end of no caption", output)?;
                speech.over = true;
            }
            Output::Speculation(what) => match what {
                Speculation::Started => self.speculating = true,
                Speculation::Committed | Speculation::Discarded => {
                    rule(self.speeches.values().any(|speech| speech.held && !speech.over), "nothing was held", output)?;
                }
            },
            Output::End(_) => {
                self.ended = true;
                let open = self.speeches.iter().find(|(_, speech)| speech.generated && !speech.started && !speech.over);
                rule(open.is_none(), "a reply neither committed nor discarded", output)?;
            }
            Output::State(_)
            | Output::Link { .. }
            | Output::Unlink
            | Output::Transcribe { .. }
            | Output::DetectEndOfTurn { .. }
            | Output::CutTurn { .. }
            | Output::CloseTurn { .. }
            | Output::UserCaption { .. }
            | Output::Notice { .. }
            | Output::TurnMeasured { .. }
            | Output::Interrupted { .. }
            | Output::FalselyInterrupted { .. }
            | Output::TurnDropped { .. }
            | Output::UserAway(_)
            | Output::Level(_) => {}
        }
        Ok(())
    }

    fn playout(&mut self, id: SpeechId, order: Playout, output: &Output) -> Verdict {
        let other = self.speeches.iter().find(|(known, speech)| **known != id && speech.started && !speech.over);
        rule(order != Playout::Start || other.is_none(), "two voices at once", output)?;
        let speech = self.speeches.entry(id).or_default();
        rule(!speech.over, "playout after the cut", output)?;
        match order {
            Playout::Start => {
                rule(!speech.started, "it was let out already", output)?;
                speech.started = true;
                speech.held = false;
            }
            Playout::Brace => {
                rule(speech.started && !speech.braced && !speech.paused, "braced twice", output)?;
                speech.braced = true;
            }
            Playout::Pause => {
                rule(speech.started && !speech.paused, "paused twice", output)?;
                speech.paused = true;
            }
            Playout::Resume => {
                rule(speech.braced || speech.paused, "resumed without a pause", output)?;
                (speech.braced, speech.paused) = (false, false);
            }
        }
        Ok(())
    }

    /// The agent's messages are exactly what was shown as it was played.
    fn history_is_what_was_played(&self, messages: &[Message]) -> Verdict {
        let said: Vec<_> =
            messages.iter().filter(|message| message.role == Role::Assistant).map(Message::text).collect();
        let shown: Vec<&str> =
            self.speeches.values().map(|speech| speech.shown.trim_start()).filter(|shown| !shown.is_empty()).collect();
        if said == shown { Ok(()) } else { Err(format!("the history says {said:?}, heard was {shown:?}")) }
    }

    /// The voice finished what was queued: the speech is over.
    pub fn finished(&mut self, id: SpeechId) {
        if let Some(speech) = self.speeches.get_mut(&id).filter(|speech| speech.finish_sent) {
            speech.over = true;
        }
    }
}
