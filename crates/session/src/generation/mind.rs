//! The mind's thread: a conversation in, speakable clauses out.

use dialogue::{Engine, Finish, Input, Message, Role, SpeechId, Usage};
use llm::clause::ClauseSplitter;
use llm::{ChatModel, LlmError};
use speech::CancelFlag;
use tokio::sync::mpsc;

use crate::engine_host::send_from_engine;
use crate::generation::feelings::Feelings;
use crate::generation::first_sound::FirstSound;

/// Letters that make a token of English, roughly.
const LETTERS_A_TOKEN: u64 = 4;

/// What the mind can be told.
#[derive(Debug)]
pub enum MindCommand {
    /// Think these messages through ahead of time.
    Prefill(Vec<Message>),
    /// Continue the conversation.
    Generate {
        /// Which reply.
        speech: SpeechId,
        /// The whole conversation.
        messages: Vec<Message>,
        /// Set when the reply is no longer wanted.
        cancel: CancelFlag,
    },
}

/// Serves until the command channel closes. The engine blocks: see [`EngineHost`](crate::engine_host::EngineHost). With
/// `first_sound`, the model and the voice share the cores: the voice comes first.
pub async fn run_mind(
    mut model: Box<dyn ChatModel>,
    mut commands: mpsc::Receiver<MindCommand>,
    inputs: mpsc::Sender<Input>,
    first_sound: Option<FirstSound>,
    feelings: &Feelings,
) {
    while let Some(command) = commands.recv().await {
        match command {
            // What was to be thought through is out of date as soon as something else is asked.
            MindCommand::Prefill(_) if !commands.is_empty() => {}
            MindCommand::Prefill(messages) => {
                let waiting = || !commands.is_empty();
                if let Err(error) = model.prefill(&for_model(messages), &waiting) {
                    report(&error);
                    if error.is_permanent() {
                        let _ = inputs.send(Input::EngineFailed { engine: Engine::LanguageModel }).await;
                        return;
                    }
                }
            }
            MindCommand::Generate { speech, messages, cancel } => {
                if cancel.is_cancelled() {
                    continue;
                }
                let mouthpiece = Mouthpiece { speech, inputs: &inputs, feelings, cancel: &cancel };
                if let Err(error) = generate(model.as_mut(), messages, &mouthpiece, first_sound.as_ref()) {
                    if cancel.is_cancelled() {
                        continue;
                    }
                    report(&error);
                    let failed = if error.is_permanent() {
                        Input::EngineFailed { engine: Engine::LanguageModel }
                    } else {
                        Input::ReplyFailed { speech }
                    };
                    if inputs.send(failed).await.is_err() || error.is_permanent() {
                        return;
                    }
                }
            }
        }
    }
}

fn report(error: &LlmError) {
    crate::failures::report(telemetry::events::Engine::Llm, error.is_permanent(), error);
}

/// Where a reply goes.
struct Mouthpiece<'a> {
    speech: SpeechId,
    inputs: &'a mpsc::Sender<Input>,
    feelings: &'a Feelings,
    cancel: &'a CancelFlag,
}

impl Mouthpiece<'_> {
    fn tell(&self, input: Input) {
        // A closed channel means that the call is over: nobody needs the rest.
        if send_from_engine(self.inputs, input).is_err() {
            self.cancel.cancel();
        }
    }

    /// Hands a clause on without its tags; whether there was anything to say in it.
    fn say(&self, clause: &str) -> bool {
        let text = self.feelings.take_out(self.speech, clause);
        let says_something = !text.is_empty();
        if says_something {
            self.tell(Input::ReplyClause { speech: self.speech, text });
        }
        says_something
    }
}

fn generate(
    model: &mut dyn ChatModel,
    messages: Vec<Message>,
    mouthpiece: &Mouthpiece,
    first_sound: Option<&FirstSound>,
) -> Result<(), LlmError> {
    let Mouthpiece { speech, cancel, .. } = *mouthpiece;
    let mut splitter = ClauseSplitter::default();
    let mut said_something = false;
    let mut pieces = 0;
    let read: u64 = messages.iter().map(|message| message.content.len() as u64).sum();
    let finish = model.generate(&for_model(messages), &|| cancel.is_cancelled(), &mut |piece| {
        if pieces == 0 {
            mouthpiece.tell(Input::ReplyStarted { speech });
        }
        pieces += 1;
        for text in splitter.push(piece) {
            if mouthpiece.say(&text)
                && !std::mem::replace(&mut said_something, true)
                && let Some(first_sound) = first_sound
            {
                first_sound.wait_for(speech);
            }
        }
    });
    // Engines deliver a token, or a few, at a time, and four letters of English are about one: good enough for a budget.
    mouthpiece.tell(Input::Used(Usage::Tokens(pieces + read / LETTERS_A_TOKEN)));
    let finish = match finish {
        Ok(llm::Finish::Cancelled) => return Ok(()),
        Ok(llm::Finish::Stop) => Finish::Complete,
        Ok(llm::Finish::Length) => Finish::Truncated,
        // What came before it broke off is said as far as it makes whole clauses.
        Err(error) => {
            if !cancel.is_cancelled() {
                telemetry::events::ReplyFailed { heard: said_something }.emit();
            }
            return Err(error);
        }
    };
    // A reply that was cut for length ends at its last whole clause.
    if (finish == Finish::Complete || !said_something)
        && let Some(text) = splitter.finish()
    {
        mouthpiece.say(&text);
    }
    mouthpiece.tell(Input::ReplyFinished { speech, finish });
    Ok(())
}

fn for_model(messages: Vec<Message>) -> Vec<llm::Message> {
    messages
        .into_iter()
        .map(|message| llm::Message {
            role: match message.role {
                Role::System => llm::Role::System,
                Role::User => llm::Role::User,
                Role::Assistant => llm::Role::Assistant,
            },
            content: message.content,
        })
        .collect()
}
