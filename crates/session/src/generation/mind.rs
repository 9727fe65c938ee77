//! The mind's thread: a conversation in, speakable clauses out.

use chat::{Completion, FinishReason, Message};
use dialogue::{Engine, Input, SpeechId, TurnId, Usage};
use engines::{ChatModel, LlmError};
use speech::CancelFlag;
use tokio::sync::mpsc;

use crate::clause::ClauseSplitter;
use crate::engine_host::send_from_engine;
use crate::generation::emotions::EmotionTags;
use crate::generation::first_sound::FirstSound;

/// Letters that make a token of English, roughly.
const LETTERS_A_TOKEN: u64 = 4;

/// A command to the chat model.
#[derive(Debug)]
pub enum MindCommand {
    /// Think these messages through ahead of time.
    Prefill(Vec<Message>),
    /// Tell whether a sentence ends with the last word of the last message.
    JudgeSentence {
        /// Which turn.
        turn: TurnId,
        /// Which transcript of it.
        revision: u32,
        /// The conversation so far.
        messages: Vec<Message>,
    },
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
) {
    while let Some(command) = commands.recv().await {
        match command {
            // What was to be thought through is out of date as soon as something else is asked.
            MindCommand::Prefill(_) if !commands.is_empty() => {}
            MindCommand::Prefill(messages) => {
                let waiting = || !commands.is_empty();
                if let Err(error) = model.prefill(&messages, &waiting) {
                    report(&error);
                    if error.is_permanent() {
                        let _ = inputs.send(Input::EngineFailed { engine: Engine::LanguageModel }).await;
                        return;
                    }
                }
            }
            MindCommand::JudgeSentence { turn, revision, messages } => {
                let judged = model.sentence_end(&messages, &|| false);
                let millionths = judged.unwrap_or_else(|error| {
                    // Silence decides; an answer that can't be had either is dealt with when it is asked for.
                    report(&error);
                    None
                });
                let millionths = millionths.map(|probability| (probability.clamp(0.0, 1.0) * 1e6) as u32);
                if inputs.send(Input::SentenceEnd { turn, revision, millionths }).await.is_err() {
                    return;
                }
            }
            MindCommand::Generate { speech, messages, cancel } => {
                if cancel.is_cancelled() {
                    continue;
                }
                let tags = EmotionTags::default();
                let mut mouthpiece = Mouthpiece { speech, inputs: &inputs, tags, cancel: &cancel };
                if let Err(error) = generate(model.as_mut(), &messages, &mut mouthpiece, first_sound.as_ref()) {
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
    tags: EmotionTags,
    cancel: &'a CancelFlag,
}

impl Mouthpiece<'_> {
    fn tell(&self, input: Input) {
        // A closed channel means that the call is over: nobody needs the rest.
        if send_from_engine(self.inputs, input).is_err() {
            self.cancel.cancel();
        }
    }

    /// Hands a clause on, its tags as annotations; whether there was anything to say in it.
    fn say(&mut self, text: &str) -> bool {
        let clause = self.tags.take_out(text);
        let says_something = clause.is_some();
        if let Some(clause) = clause {
            self.tell(Input::ReplyClause { speech: self.speech, clause });
        }
        says_something
    }
}

fn generate(
    model: &mut dyn ChatModel,
    messages: &[Message],
    mouthpiece: &mut Mouthpiece,
    first_sound: Option<&FirstSound>,
) -> Result<(), LlmError> {
    let (speech, cancel) = (mouthpiece.speech, mouthpiece.cancel);
    let mut splitter = ClauseSplitter::default();
    let mut said_something = false;
    let mut pieces = 0;
    let read: u64 = messages.iter().map(|message| message.text().len() as u64).sum();
    let completion = model.generate(messages, &|| cancel.is_cancelled(), &mut |delta| {
        // Nobody offers tools yet, and reasoning is not spoken.
        let Some(piece) = delta.as_text() else { return };
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
    let finish = match completion {
        Ok(Completion { finish: FinishReason::Cancelled, .. }) => return Ok(()),
        Ok(Completion { finish, .. }) => finish,
        // What came before it broke off is said as far as it makes whole clauses.
        Err(error) => {
            if !cancel.is_cancelled() {
                telemetry::events::ReplyFailed { heard: said_something }.emit();
            }
            return Err(error);
        }
    };
    // A reply that was cut for length ends at its last whole clause.
    if (finish != FinishReason::Length || !said_something)
        && let Some(text) = splitter.finish()
    {
        mouthpiece.say(&text);
    }
    mouthpiece.tell(Input::ReplyFinished { speech, finish });
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use chat::{Annotation, Clause, Delta, Emotion, ToolCallPiece};

    /// Says its deltas and ends as it is told.
    struct Scripted(Vec<Delta>, FinishReason);

    impl ChatModel for Scripted {
        fn prefill(&mut self, _: &[Message], _: &dyn Fn() -> bool) -> Result<(), LlmError> {
            Ok(())
        }

        fn generate(
            &mut self,
            _: &[Message],
            _: &dyn Fn() -> bool,
            sink: &mut dyn FnMut(Delta),
        ) -> Result<Completion, LlmError> {
            self.0.drain(..).for_each(sink);
            Ok(Completion::new(self.1))
        }
    }

    /// The inputs that a reply gives the conversation.
    fn told(deltas: Vec<Delta>, finish: FinishReason) -> Vec<Input> {
        let (commands, queue) = mpsc::channel(1);
        let (inputs, mut told) = mpsc::channel(16);
        let (messages, cancel) = (vec![Message::user("I won the race.")], CancelFlag::default());
        commands.try_send(MindCommand::Generate { speech: SpeechId(1), messages, cancel }).expect("room for one");
        drop(commands);
        futures_executor::block_on(run_mind(Box::new(Scripted(deltas, finish)), queue, inputs, None));
        std::iter::from_fn(|| told.try_recv().ok()).collect()
    }

    #[test]
    fn tags_are_annotations_and_only_words_are_spoken_and_counted() {
        let deltas = vec![
            Delta::Reasoning("The user won.".into()),
            Delta::text("[joy 0.6]"),
            Delta::text(" That is wonderful news!"),
            Delta::ToolCall(ToolCallPiece { name: Some("confetti".into()), ..ToolCallPiece::default() }),
        ];
        let speech = SpeechId(1);
        let annotations = vec![Annotation::emotion(0, Emotion::Joy, 600)];
        let clause = Clause { text: "That is wonderful news!".into(), annotations };
        let expected = [
            Input::ReplyStarted { speech },
            Input::Used(Usage::Tokens(2 + 15 / LETTERS_A_TOKEN)),
            Input::ReplyClause { speech, clause },
            Input::ReplyFinished { speech, finish: FinishReason::Stop },
        ];
        assert_eq!(told(deltas, FinishReason::Stop), expected);
    }

    /// Calls every sentence half finished, or fails.
    struct Judges(bool);

    impl ChatModel for Judges {
        fn prefill(&mut self, _: &[Message], _: &dyn Fn() -> bool) -> Result<(), LlmError> {
            Ok(())
        }

        fn sentence_end(&mut self, _: &[Message], _: &dyn Fn() -> bool) -> Result<Option<f32>, LlmError> {
            if self.0 { Ok(Some(0.5)) } else { Err(LlmError::Run("out of memory".into())) }
        }

        fn generate(
            &mut self,
            _: &[Message],
            _: &dyn Fn() -> bool,
            _: &mut dyn FnMut(Delta),
        ) -> Result<Completion, LlmError> {
            Ok(Completion::new(FinishReason::Stop))
        }
    }

    #[test]
    fn a_sentence_is_judged_before_it_is_answered_and_a_failure_is_no_end() {
        let unfit = Scripted(Vec::new(), FinishReason::Stop);
        let models: [(Box<dyn ChatModel>, Option<u32>); 3] =
            [(Box::new(Judges(true)), Some(500_000)), (Box::new(Judges(false)), None), (Box::new(unfit), None)];
        for (model, millionths) in models {
            let (commands, queue) = mpsc::channel(2);
            let (inputs, mut told) = mpsc::channel(16);
            let (turn, speech, messages) = (TurnId(3), SpeechId(1), vec![Message::user("I won.")]);
            let judge = MindCommand::JudgeSentence { turn, revision: 2, messages: messages.clone() };
            commands.try_send(judge).expect("room for two");
            let generate = MindCommand::Generate { speech, messages, cancel: CancelFlag::default() };
            commands.try_send(generate).expect("room for two");
            drop(commands);
            futures_executor::block_on(run_mind(model, queue, inputs, None));
            let told: Vec<Input> = std::iter::from_fn(|| told.try_recv().ok()).collect();
            assert_eq!(told.first(), Some(&Input::SentenceEnd { turn, revision: 2, millionths }));
            assert!(matches!(told.last(), Some(Input::ReplyFinished { .. })), "{told:?}");
        }
    }

    #[test]
    fn half_a_clause_is_said_unless_the_reply_was_cut_for_length() {
        for (finish, says_the_rest) in [
            (FinishReason::Stop, true),
            (FinishReason::ToolCalls, true),
            (FinishReason::ContentFilter, true),
            (FinishReason::Length, false),
        ] {
            let said = told(vec![Delta::text("That is wonderful news! And so")], finish);
            let clauses = said.iter().filter(|input| matches!(input, Input::ReplyClause { .. })).count();
            assert_eq!(clauses == 2, says_the_rest, "{said:?}");
            assert_eq!(said.last(), Some(&Input::ReplyFinished { speech: SpeechId(1), finish }));
        }
        assert!(
            !told(Vec::new(), FinishReason::Cancelled).iter().any(|input| matches!(input, Input::ReplyFinished { .. }))
        );
    }
}
