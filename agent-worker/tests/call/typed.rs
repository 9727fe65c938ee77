//! Typed messages in whole calls: a question, a flood, and ten megabytes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use assets::{Asset, Assets};
use proto::http::{JoinRoomRequest, JoinRoomResponse};
use proto::names::{ParticipantName, RoomName};
use proto::room::{ATTRIBUTE_AGENT_STATE, ATTRIBUTE_SEGMENT_ID, AgentState, TOPIC_CHAT, TOPIC_TRANSCRIPTION};
use room::ffi::FfiConnector;
use room::{Attributes, ConnectOptions, Room, RoomConnector, RoomEvent, RoomEvents, TextOptions};
use session::chat_input::{ChatRefusal, LONGEST_MESSAGE};
use testkit::caller::{self, CallerPlan};
use testkit::stack::{Stack, StackOptions};
use tokio::sync::mpsc;

/// How long anything may take: engines load, and answers are spoken on a busy machine.
const DEADLINE: Duration = Duration::from_secs(90);
/// A question, and what only its answer says.
const QUESTION: (&str, &str) = ("What is the capital of France?", "Paris");

fn chat() -> TextOptions {
    TextOptions { topic: TOPIC_CHAT.into(), ..TextOptions::default() }
}

/// A caption or chat message of the agent's, as far as it has come.
struct Text {
    /// Which one: how many came before it.
    number: usize,
    topic: String,
    words: String,
}

/// Somebody with a keyboard and no microphone.
struct Typist {
    room: Box<dyn Room>,
    /// Each text of the agent's (captions and chat) as far as it has come, whenever more of it comes.
    texts: mpsc::Receiver<Text>,
    reading: tokio::task::JoinHandle<()>,
}

impl Typist {
    /// Joins with an agent, and waits until that listens.
    async fn join(stack: &Stack, name: &str) -> Self {
        let request = JoinRoomRequest::new(RoomName::parse(name).unwrap(), ParticipantName::parse("Tess").unwrap());
        let url = stack.join_url();
        let joined: JoinRoomResponse = tokio::task::spawn_blocking(move || {
            let answer = ureq::post(&url).config().proxy(None).build().send_json(request);
            answer.unwrap().body_mut().read_json().unwrap()
        })
        .await
        .unwrap();
        let library = Assets::open().unwrap().path(Asset::LivekitFfi).expect("run `cargo xtask assets`");
        let connector = FfiConnector::load(&library).unwrap();
        let connection =
            connector.connect(&joined.livekit_url, &joined.token, ConnectOptions::default()).await.unwrap();
        let (sender, texts) = mpsc::channel(1024);
        let (listening, mut ready) = mpsc::channel(1);
        let local = connection.room.local().identity;
        let reading = tokio::spawn(read(connection.events, local, sender, listening));
        let typist = Self { room: connection.room, texts, reading };
        let ready = tokio::time::timeout(DEADLINE, ready.recv()).await;
        assert_eq!(ready, Ok(Some(())), "the agent never listened:\n{}", stack.log());
        typist
    }

    async fn send(&self, text: &str) {
        self.room.send_text(text, chat()).await.unwrap();
    }

    /// Waits for a text of the agent's that holds `words`.
    async fn reads(&mut self, words: &str, stack: &Stack) {
        self.reads_on(None, words, stack).await;
    }

    /// Waits for a text of the agent's on a topic, or on any, that holds `words`.
    async fn reads_on(&mut self, topic: Option<&str>, words: &str, stack: &Stack) {
        let found = tokio::time::timeout(DEADLINE, async {
            loop {
                match self.texts.recv().await {
                    Some(text) if text.words.contains(words) && topic.is_none_or(|topic| text.topic == topic) => {
                        return true;
                    }
                    Some(_) => {}
                    None => return false,
                }
            }
        });
        match found.await {
            Ok(true) => {}
            Ok(false) => panic!("the call ended before the agent said {words:?}:\n{}", stack.log()),
            Err(_) => panic!("the agent did not say {words:?} within {DEADLINE:?}:\n{}", stack.log()),
        }
    }

    /// Asks until there is an answer: just after a flood, a question may be one message too many. How many texts came up to
    /// the answer.
    async fn is_answered(&mut self, stack: &Stack) -> usize {
        let mut last = 0;
        let mut retry = tokio::time::interval(Duration::from_secs(12));
        for _ in 0..5 {
            retry.tick().await;
            self.send(QUESTION.0).await;
            let answer = tokio::time::timeout(retry.period(), async {
                while let Some(text) = self.texts.recv().await {
                    last = text.number;
                    if text.words.contains(QUESTION.1) {
                        return true;
                    }
                }
                false
            });
            if answer.await == Ok(true) {
                return last;
            }
        }
        panic!("nothing is answered any more:\n{}", stack.log());
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// Passes on the texts of others than `local`, and once that the agent listens.
async fn read(mut events: RoomEvents, local: String, texts: mpsc::Sender<Text>, listening: mpsc::Sender<()>) {
    let mut streams = tokio::task::JoinSet::new();
    let mut number = 0;
    while let Some(event) = events.recv().await {
        let attributes = match event {
            RoomEvent::ParticipantConnected(info) => info.attributes,
            RoomEvent::AttributesChanged { changed, .. } => changed,
            RoomEvent::TextStream { identity, topic, mut reader, .. } => {
                if identity != local && (topic == TOPIC_TRANSCRIPTION || topic == TOPIC_CHAT) {
                    number += 1;
                    let texts = texts.clone();
                    streams.spawn(async move {
                        let mut words = String::new();
                        while let Ok(Some(piece)) = reader.next().await {
                            words.push_str(&piece);
                            drop(texts.try_send(Text { number, topic: topic.clone(), words: words.clone() }));
                        }
                    });
                }
                Attributes::new()
            }
            _ => Attributes::new(),
        };
        if attributes.get(ATTRIBUTE_AGENT_STATE).is_some_and(|state| *state == AgentState::Listening.to_string()) {
            let _ = listening.try_send(());
        }
    }
}

/// What a worker holds in memory of its own, in MiB.
fn memory_of(worker: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{worker}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typed_question_is_answered_by_voice_and_caption() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let plan = CallerPlan::new(stack.url(), "typed").type_text(QUESTION.0);
    let report = caller::run(plan).await.unwrap_or_else(|error| panic!("{error}\n{}", stack.log()));
    assert!(report.is_answered(), "{report:?}\n{}", stack.log());
    let turn = &report.turns[0];
    assert!(turn.typed && turn.said == QUESTION.0, "{turn:?}");
    assert!(turn.answered.contains(QUESTION.1), "answered: {}", turn.answered);
    // Of six words the recogniser may mishear the last two: "is Paris" sounds like "disappears".
    assert!(turn.heard_back_match.unwrap() >= 0.6, "what was said is not what was shown: {turn:?}");
    assert!(turn.gap_ms.unwrap() > 0.0 && turn.stages.first_caption_ms.is_some(), "{turn:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typed_message_cuts_an_answer_off_and_is_answered() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let plan = CallerPlan::new(stack.url(), "typed-over")
        .say("Please tell me a long story about a king and his castle.")
        .type_text(QUESTION.0)
        .interrupting(1);
    let report = caller::run(plan).await.unwrap_or_else(|error| panic!("{error}\n{}", stack.log()));
    assert!(report.is_answered(), "{report:?}\n{}", stack.log());
    assert!(report.turns[1].answered.contains(QUESTION.1), "answered: {}", report.turns[1].answered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn captions_are_chat_messages_too_where_the_persona_says_so_and_are_not_answered() {
    let folder = tempfile::tempdir().unwrap();
    let persona = folder.path().join("chatty.toml");
    let text =
        "name = \"Chatty\"\ngreeting = \"Good morning to you.\"\ninstructions = \"You answer in one sentence.\"\n";
    std::fs::write(&persona, format!("{text}[captions]\nin_chat = true\n")).unwrap();
    let arguments = vec!["--persona".to_owned(), persona.display().to_string()];
    let stack = Stack::start(StackOptions { arguments, ..StackOptions::default() }).await.unwrap();
    let mut typist = Typist::join(&stack, "chat").await;
    typist.reads_on(Some(TOPIC_CHAT), "Good morning to you.", &stack).await;
    // What another agent mirrors looks like this: it is no question.
    let mirrored = (ATTRIBUTE_SEGMENT_ID.to_owned(), "other-agent-1".to_owned());
    let mirrored = TextOptions { attributes: Attributes::from([mirrored]), ..chat() };
    typist.room.send_text("What is the capital of Italy?", mirrored).await.unwrap();
    typist.send(QUESTION.0).await;
    let answers = tokio::time::timeout(DEADLINE, async {
        let mut answers = String::new();
        while let Some(text) = typist.texts.recv().await {
            answers.push_str(&text.words);
            if text.topic == TOPIC_CHAT && text.words.contains(QUESTION.1) {
                return answers;
            }
        }
        panic!("the call ended without an answer in the chat: {answers}");
    });
    let answers = answers.await.unwrap_or_else(|_| panic!("no answer in the chat:\n{}", stack.log()));
    assert!(!answers.contains("Rome"), "what another agent said was answered: {answers}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_messages_a_handful_is_answered_and_the_call_goes_on() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let mut typist = Typist::join(&stack, "flood").await;
    let worker = stack.workers().unwrap()[0];
    let before = memory_of(worker);
    let begun = Instant::now();
    for n in 0..1_000 {
        typist.send(&format!("Message {n}: how are you?")).await;
    }
    // A burst of five, one more each two seconds; the greeting and the answer to the last question.
    let most = 5 + begun.elapsed().as_secs() as usize / 2 + 1 + 2;
    let texts = typist.is_answered(&stack).await;
    let log = stack.log();
    // Questions after the flood may have to be asked again: five at most, each with an answer of its own.
    assert!(
        texts <= most + 5,
        "{texts} texts came, at most {most} and five repeated questions were to be answered:\n{log}"
    );
    assert_eq!(stack.workers().unwrap(), [worker], "another worker answers:\n{log}");
    let grown = memory_of(worker).saturating_sub(before);
    assert!(grown < 200, "the worker holds {grown} MiB more after the flood:\n{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_megabytes_are_refused_politely() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let mut typist = Typist::join(&stack, "novel").await;
    let worker = stack.workers().unwrap()[0];
    let before = memory_of(worker);
    let mut writer = typist.room.open_text(chat()).await.unwrap();
    let page = "All work and no play makes Jack a dull boy. ".repeat(2_400);
    for _ in 0..100 {
        writer.write(&page).await.unwrap();
    }
    writer.close(Attributes::new()).await.unwrap();
    let notice = ChatRefusal::TooLong.notice().unwrap();
    let first = notice.split('.').next().unwrap();
    typist.reads(first, &stack).await;
    // A little too long is too long as well, and nothing of it is answered.
    typist.send(&"a".repeat(LONGEST_MESSAGE + 1)).await;
    typist.reads(first, &stack).await;
    typist.is_answered(&stack).await;
    let grown = memory_of(worker).saturating_sub(before);
    assert!(grown < 200, "the worker holds {grown} MiB more:\n{}", stack.log());
}
