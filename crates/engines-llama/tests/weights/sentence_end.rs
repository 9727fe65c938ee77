//! Whether a sentence ends with the user's last word, by the model's own expectation.

use chat::Message;
use engines::ChatModel as _;
use engines_llama::{LlamaChat, LlamaOptions};

use crate::conversation::model_path;

fn judge(chat: &mut LlamaChat, words: &str) -> Option<f32> {
    let messages = [Message::system("You are a helpful voice assistant."), Message::user(words)];
    chat.sentence_end(&messages, &|| false).unwrap()
}

#[test]
fn whole_sentences_end_and_halves_do_not_whatever_their_punctuation() {
    let mut chat = LlamaChat::load(&model_path(), LlamaOptions::default()).unwrap();
    let whole = ["What is the capital of France?", "My favorite food is pasta with tomato sauce.", "Thank you."];
    let halves =
        ["What is the capital of?", "I would like to book a.", "Do you think that,", "The name of my street is."];
    let least = whole.map(|words| judge(&mut chat, words).unwrap()).into_iter().fold(1.0, f32::min);
    let most = halves.map(|words| judge(&mut chat, words).unwrap()).into_iter().fold(0.0, f32::max);
    assert!(least > 10.0 * most, "{least} {most}");
    // Punctuation and what is in the cache change next to nothing.
    let (with, without) =
        (judge(&mut chat, whole[0]).unwrap(), judge(&mut chat, "What is the capital of France").unwrap());
    assert!((with - without).abs() < 0.05, "{with} {without}");
    assert_eq!(judge(&mut chat, "..."), None);
}

#[test]
fn what_was_judged_is_answered_without_reading_it_again() {
    let mut chat = LlamaChat::load(&model_path(), LlamaOptions::default()).unwrap();
    let messages =
        [Message::system("You are a helpful voice assistant."), Message::user("What is the capital of France?")];
    chat.prefill(&messages, &|| false).unwrap();
    assert!(chat.sentence_end(&messages, &|| false).unwrap().is_some());
    let again = chat.last_evaluated_tokens();
    assert!(again < 12, "only the end of the question is read again: {again}");
    chat.sentence_end(&messages, &|| false).unwrap();
    assert_eq!(chat.last_evaluated_tokens(), 0);
    chat.prefill(&messages, &|| false).unwrap();
    assert_eq!(chat.last_evaluated_tokens(), 0);
    assert_eq!(chat.sentence_end(&messages[..1], &|| false).unwrap(), None, "the user has said nothing");
}
