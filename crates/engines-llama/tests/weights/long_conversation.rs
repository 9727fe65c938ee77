//! A conversation longer than the context. A small context keeps it quick; hence a test program of its own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use assets::{Asset, Assets};
use chat::{Accumulator, Message};
use engines::{ChatModel, LlmError};
use engines_llama::{LlamaChat, LlamaOptions};

const CONTEXT: u32 = 512;
const ANSWER: u32 = 32;

fn load() -> LlamaChat {
    let path =
        Assets::open().unwrap().path(Asset::QwenChat).expect("the language model; `cargo xtask assets` fetches it");
    LlamaChat::load(&path, LlamaOptions { context_tokens: CONTEXT, max_tokens: ANSWER, ..LlamaOptions::default() })
        .unwrap()
}

#[test]
fn a_conversation_longer_than_the_context_goes_on_and_obeys_its_system_prompt() {
    let mut chat = load();
    let system = "You are Ava. Your favourite animal is the otter. Answer in one short sentence.";
    let mut messages = vec![Message::system(system)];
    let mut evaluated = Vec::new();
    for day in 1..=25 {
        messages.push(Message::user(format!("On day {day} I walked through the woods and fed {day} ducks.")));
        chat.prefill(&messages, &|| false).unwrap();
        evaluated.push(chat.last_evaluated_tokens());
        messages.push(Message::assistant("That sounds like a lovely day, tell me more about it."));
    }
    let expensive = evaluated.iter().skip(1).filter(|tokens| **tokens > 60).count();
    assert!((1..=6).contains(&expensive), "turns are left out in large steps, not each time: {evaluated:?}");

    messages.push(Message::user("What is your favourite animal?"));
    let mut reply = Accumulator::new();
    chat.generate(&messages, &|| false, &mut |delta| reply.push(delta)).unwrap();
    let text = reply.text();
    assert!(text.to_lowercase().contains("otter"), "{text}");

    let huge = Message::user("This is far too much. ".repeat(200));
    let error = chat.generate(&[messages[0].clone(), huge], &|| false, &mut |_| {}).unwrap_err();
    let limit = (CONTEXT - ANSWER) as usize;
    assert!(
        matches!(error, LlmError::ContextFull { tokens, limit: reported } if tokens > limit && reported == limit),
        "{error}"
    );
}
