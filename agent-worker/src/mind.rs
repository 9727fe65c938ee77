//! The mind's thread: a conversation in, speakable clauses out.

use dialogue::{Engine, Finish, Input, Message, Role, SpeechId};
use llm::clause::ClauseSplitter;
use llm::{ChatModel, LlmError};
use speech::CancelFlag;
use tokio::sync::mpsc;

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

/// Serves until the command channel closes. Blocking: runs on a thread of its own.
pub fn run_mind(mut model: Box<dyn ChatModel>, mut commands: mpsc::Receiver<MindCommand>, inputs: mpsc::Sender<Input>) {
    while let Some(command) = commands.blocking_recv() {
        let result = match command {
            MindCommand::Prefill(messages) => model.prefill(&for_model(messages), &|| false),
            MindCommand::Generate { speech, messages, cancel } => {
                generate(model.as_mut(), speech, messages, &cancel, &inputs)
            }
        };
        if let Err(error) = result {
            telemetry::events::EngineFailed { engine: telemetry::events::Engine::Llm, message: &error.to_string() }
                .emit();
            let _ = inputs.blocking_send(Input::EngineFailed { engine: Engine::LanguageModel });
            return;
        }
    }
}

fn generate(
    model: &mut dyn ChatModel,
    speech: SpeechId,
    messages: Vec<Message>,
    cancel: &CancelFlag,
    inputs: &mpsc::Sender<Input>,
) -> Result<(), LlmError> {
    let mut splitter = ClauseSplitter::default();
    let mut said_something = false;
    // A closed channel means that the call is over: nobody needs the rest.
    let say = |text: String| {
        if inputs.blocking_send(Input::ReplyClause { speech, text }).is_err() {
            cancel.cancel();
        }
    };
    let finish = model.generate(&for_model(messages), &|| cancel.is_cancelled(), &mut |piece| {
        for clause in splitter.push(piece) {
            said_something = true;
            say(clause);
        }
    })?;
    let finish = match finish {
        llm::Finish::Cancelled => return Ok(()),
        llm::Finish::Stop => Finish::Complete,
        llm::Finish::Length => Finish::Truncated,
    };
    // A reply that was cut for length ends at its last whole clause.
    if (finish == Finish::Complete || !said_something)
        && let Some(rest) = splitter.finish()
    {
        say(rest);
    }
    let _ = inputs.blocking_send(Input::ReplyFinished { speech, finish });
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
