//! A conversation in writing: the dialogue core and a chat model, without transport, voice or face.
//!
//! ```text
//!  say ──> Dialogue ── Generate ──> the chat model's thread
//!          Dialogue <── clauses ───────────┘
//!             └── words ──> show, WrittenAnswer
//! ```
//!
//! The model gets the messages that it would get in a call, and answers as it would there.

use std::io;
use std::time::{Duration, Instant};

use dialogue::{Dialogue, EndReason, Input, Output, Policies, Settings};
use engines::ChatModel;
use speech::CancelFlag;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::call_clock::CallClock;
use crate::clock;
use crate::engine_host::EngineHost;
use crate::generation::mind::{MindCommand, run_mind};

/// Commands and reports that may wait.
const QUEUE: usize = 64;
/// The user's identity. It is never shown.
const USER: &str = "user";

/// Why a conversation in writing cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrittenError {
    /// The chat model failed for good, or its thread is gone.
    #[error("the chat model has failed; the log says why")]
    ModelLost,
    /// The dialogue ended the conversation.
    #[error("the conversation has ended: {0:?}")]
    Ended(EndReason),
}

/// A chat model on a thread of its own, which ends with this value.
#[derive(Debug)]
pub struct WrittenModel {
    commands: mpsc::Sender<MindCommand>,
    reports: mpsc::Receiver<Input>,
}

impl WrittenModel {
    /// Gives the model its thread.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(model: Box<dyn ChatModel>, host: EngineHost) -> io::Result<Self> {
        let (commands, queue) = mpsc::channel(QUEUE);
        let (inputs, reports) = mpsc::channel(QUEUE);
        host.spawn("chat-model", run_mind(model, queue, inputs, None))?;
        Ok(Self { commands, reports })
    }

    fn command(&self, command: MindCommand) -> Result<(), WrittenError> {
        match self.commands.try_send(command) {
            // To think ahead is only a head start, and no silence is judged in writing.
            Ok(()) | Err(TrySendError::Full(MindCommand::Prefill(_) | MindCommand::JudgeSentence { .. })) => Ok(()),
            Err(TrySendError::Full(MindCommand::Generate { .. }) | TrySendError::Closed(_)) => {
                Err(WrittenError::ModelLost)
            }
        }
    }
}

/// What the agent wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WrittenAnswer {
    /// All of it.
    pub text: String,
    /// From the user's words to the first clause; `None` when nothing was written.
    pub first_clause: Option<Duration>,
    /// From the user's words to the end of the answer.
    pub whole: Duration,
}

/// One conversation in writing.
#[derive(Debug)]
pub struct WrittenCall<'a> {
    model: &'a mut WrittenModel,
    dialogue: Dialogue,
    clock: CallClock,
}

impl<'a> WrittenCall<'a> {
    /// Begins a conversation; what it gives beside it is the greeting, empty when there is none. A conversation in writing has
    /// no limit of time.
    ///
    /// # Errors
    /// When the model is lost.
    pub fn begin(
        model: &'a mut WrittenModel,
        settings: Settings,
        policies: Policies,
    ) -> Result<(Self, String), WrittenError> {
        let never = Duration::ZERO;
        let settings =
            Settings { voice: false, away_after: never, idle_limit: never, session_limit: never, ..settings };
        // An earlier conversation may have ended in the middle of an answer.
        while model.reports.try_recv().is_ok() {}
        let clock = CallClock::default();
        clock.begin();
        let mut call = Self { model, dialogue: Dialogue::new(settings, policies), clock };
        call.take(Input::Ready);
        call.take(Input::PersonArrived { identity: USER.to_owned() });
        let mut greeting = WrittenAnswer::default();
        call.carry_out(clock::now(), &mut greeting, &mut |_| {})?;
        Ok((call, greeting.text))
    }

    /// Says something and waits for the answer; `show` gets its words as they are written.
    ///
    /// # Errors
    /// When the model is lost, or the conversation is over.
    pub async fn say(&mut self, text: &str, show: &mut dyn FnMut(&str)) -> Result<WrittenAnswer, WrittenError> {
        let asked = clock::now();
        let mut answer = WrittenAnswer::default();
        if text.trim().is_empty() {
            return Ok(answer);
        }
        self.take(Input::Typed { text: text.to_owned() });
        while !self.carry_out(asked, &mut answer, show)? {
            // The dialogue gives every answer a deadline: there is always a time to wake.
            let wake = self.dialogue.next_wake().ok_or(WrittenError::ModelLost)?.0;
            tokio::select! {
                report = self.model.reports.recv() => self.take(report.ok_or(WrittenError::ModelLost)?),
                () = tokio::time::sleep_until(self.clock.instant(wake).into()) => self.take(Input::Wake),
            }
        }
        answer.whole = clock::now() - asked;
        Ok(answer)
    }

    fn take(&mut self, input: Input) {
        self.dialogue.handle(self.clock.now(), input);
    }

    /// Does what the dialogue wants done; whether the answer is complete.
    fn carry_out(
        &mut self,
        asked: Instant,
        answer: &mut WrittenAnswer,
        show: &mut dyn FnMut(&str),
    ) -> Result<bool, WrittenError> {
        let mut complete = false;
        while let Some(output) = self.dialogue.poll() {
            match output {
                Output::Generate { speech, messages } => {
                    self.model.command(MindCommand::Generate { speech, messages, cancel: CancelFlag::default() })?;
                }
                Output::Prepare { messages } => self.model.command(MindCommand::Prefill(messages))?,
                Output::AgentCaption { delta, .. } => {
                    answer.first_clause.get_or_insert_with(|| clock::now() - asked);
                    answer.text.push_str(&delta);
                    show(&delta);
                }
                Output::EndAgentCaption { .. } => complete = true,
                Output::End(reason) => return Err(WrittenError::Ended(reason)),
                // The rest concerns what a conversation in writing does not have.
                _ => {}
            }
        }
        Ok(complete)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use dialogue::PolicyRegistry;

    use super::*;
    use crate::engines::EngineLoader as _;
    use crate::in_memory::ScriptedEngines;

    fn settings() -> Settings {
        Settings { instructions: "Be kind.".into(), greeting: vec!["Hello.".into()], ..Settings::default() }
    }

    fn policies() -> Policies {
        PolicyRegistry::builtin().select(&settings()).unwrap()
    }

    /// Tells every message that it gets.
    fn parrot() -> WrittenModel {
        let engines = ScriptedEngines::new(|messages| {
            messages.iter().map(|message| message.text().into_owned()).collect::<Vec<_>>().join(" / ")
        });
        WrittenModel::start(engines.chat_model().unwrap(), EngineHost::Tasks).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn the_model_gets_instructions_greeting_and_history() {
        let mut model = parrot();
        let (mut call, greeting) = WrittenCall::begin(&mut model, settings(), policies()).unwrap();
        assert_eq!(greeting, "Hello.");
        let mut shown = String::new();
        let answer = call.say("One?", &mut |words| shown.push_str(words)).await.unwrap();
        assert_eq!(answer.text, "Be kind. / Hello. / One?");
        assert_eq!((shown, answer.first_clause.is_some()), (answer.text, true));
        let answer = call.say("Two?", &mut |_| {}).await.unwrap();
        assert_eq!(answer.text, "Be kind. / Hello. / One? / Be kind. / Hello. / One? / Two?");
    }

    #[tokio::test(start_paused = true)]
    async fn another_conversation_knows_nothing_of_the_first() {
        let mut model = parrot();
        for _ in 0..2 {
            let (mut call, _) = WrittenCall::begin(&mut model, settings(), policies()).unwrap();
            assert_eq!(call.say("  ", &mut |_| {}).await.unwrap(), WrittenAnswer::default());
            let answer = call.say("One?", &mut |_| {}).await.unwrap();
            assert_eq!(answer.text, "Be kind. / Hello. / One?");
        }
    }
}
