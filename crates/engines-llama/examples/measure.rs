//! Measures the embedded model, and shows how it talks:
//! `cargo run -p llm --example measure -- THREADS SEED INSTRUCTIONS ["agent: GREETING"] [QUESTION…]`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::num::NonZeroU8;
use std::time::Instant;

use assets::{Asset, Assets};
use chat::{Delta, Message};
use engines::ChatModel;
use engines_llama::{LlamaChat, LlamaOptions};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let threads: NonZeroU8 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(NonZeroU8::MIN);
    let seed = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(42);
    let instructions = arguments.next().unwrap_or_else(|| "You are a friendly person.".to_owned());
    let path = Assets::open().unwrap().path(Asset::QwenChat).unwrap();

    let start = Instant::now();
    let mut chat = LlamaChat::load(&path, LlamaOptions { threads, seed, ..LlamaOptions::default() }).unwrap();
    println!("load {:.2} s; {}", start.elapsed().as_secs_f64(), memory());

    let long = Message::system(instructions.repeat(6));
    let start = Instant::now();
    chat.prefill(&[long], &|| false).unwrap();
    let tokens = chat.last_evaluated_tokens();
    println!("prefill {tokens} tokens, {:.0} tokens/s", tokens as f64 / start.elapsed().as_secs_f64());

    let mut messages = vec![Message::system(instructions)];
    chat.prefill(&messages, &|| false).unwrap();
    for question in arguments {
        if let Some(said) = question.strip_prefix("agent: ") {
            messages.push(Message::assistant(said));
            continue;
        }
        messages.push(Message::user(question.clone()));
        let start = Instant::now();
        let (mut first, mut pieces, mut text) = (None, 0, String::new());
        let sink = &mut |delta: Delta| {
            first.get_or_insert_with(|| start.elapsed().as_secs_f64());
            pieces += 1;
            text.push_str(delta.as_text().unwrap_or_default());
        };
        let finish = chat.generate(&messages, &|| false, sink).unwrap().finish;
        let (total, first) = (start.elapsed().as_secs_f64(), first.unwrap_or_default());
        println!("U: {question}\nA: {text}");
        println!(
            "   {finish:?}, {} new tokens, first {:.0} ms, {pieces} pieces at {:.1}/s",
            chat.last_evaluated_tokens(),
            first * 1e3,
            f64::from(pieces - 1) / (total - first)
        );
        messages.push(Message::assistant(text));
    }
    println!("{}", memory());
}

/// Resident memory: all, what is this process's own, and what is the file's (shared between processes).
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let lines = status.lines().filter(|line| ["VmRSS", "RssAnon", "RssFile"].iter().any(|name| line.starts_with(name)));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}
