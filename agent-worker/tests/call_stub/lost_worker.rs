//! A worker that dies or hangs in mid-call: another one comes, and knows what was said.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write as _;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::caller::{self, CallerPlan, Narration};
use testkit::rooms::Rooms;
use testkit::stack::{Stack, StackOptions};
use testkit::stub_openai::{Detail, Plan, StubOpenAi};

const KEY: &str = "sk-key";
const PERSONA: &str = "name = \"Ava\"\ninstructions = \"Be kind.\"\ngreeting = \"Hello there.\"\n\n\
                       [face]\nenabled = false\n\n[engines]\npreset = \"openai\"\n";
const REPLY: &str = "Nice to meet you, Ada.";
/// What the next worker says when no question is open.
const BACK: &str = "away for a moment";
/// How long the next worker may take in a test; how long it takes is printed.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(20);

fn spoken(stub: &StubOpenAi, words: &str) -> bool {
    stub.requests()
        .iter()
        .any(|request| matches!(&request.detail, Detail::Speech { input, .. } if input.contains(words)))
}

/// The messages that the language model was shown last.
fn shown(stub: &StubOpenAi) -> Vec<String> {
    let mut chats = stub.requests().into_iter().rev().filter_map(|request| match request.detail {
        Detail::Chat { messages, .. } => Some(messages),
        Detail::Transcription { .. } | Detail::Speech { .. } | Detail::Models | Detail::Unreadable => None,
    });
    chats.next().unwrap_or_default().into_iter().map(|(_, text)| text).collect()
}

/// A call in which the worker meets `signal` after its first answer; what the language model was shown in the end, and what
/// the room looked like.
async fn call_with(signal: Signal, standby: usize) {
    let stub = StubOpenAi::start(Plan::default().key(Some(KEY)).chat([REPLY]).transcripts(["hm"])).unwrap();
    let mut persona = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    persona.write_all(PERSONA.as_bytes()).unwrap();
    let options = StackOptions {
        arguments: vec!["--persona".into(), persona.path().to_str().unwrap().into()],
        environment: vec![("OPENAI_BASE_URL".into(), stub.base_url()), ("OPENAI_API_KEY".into(), KEY.into())],
        standby,
        ..StackOptions::default()
    };
    let stack = Stack::start(options).await.unwrap();
    let rooms = Rooms::of(&stack.sfu);
    let plan = CallerPlan { heard_back: false, ..CallerPlan::new(stack.url(), "fragile") };
    // What the next worker says when it comes may sound like the answer to the question after it: so there is a third.
    let plan = plan.type_text("My name is Ada.").type_text("What is my name?").type_text("And who are you?");
    let mut first = None;
    let report = caller::run_narrated(plan, &mut |narration| {
        if !matches!(narration, Narration::Answered { turn: 1, .. }) {
            return;
        }
        let handle = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| {
            let present = || handle.block_on(rooms.present("fragile")).unwrap();
            let agents =
                || present().into_iter().filter(|one| one.is_agent).map(|one| one.identity).collect::<Vec<_>>();
            let before = agents();
            assert_eq!(before.len(), 1);
            let worker = serving(&stack);
            kill(Pid::from_raw(i32::try_from(worker).unwrap()), signal).unwrap();
            let began = Instant::now();
            let wait = |what: &str, condition: &dyn Fn() -> bool| {
                while !condition() {
                    assert!(began.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}\n{}", stack.log());
                    std::thread::sleep(LOOK);
                }
            };
            wait("another agent is in the room, alone", &|| {
                let now = agents();
                now.len() == 1 && now != before
            });
            println!("{signal}: another agent was in the room, alone, after {:?}", began.elapsed());
            wait("it says that it is back", &|| spoken(&stub, BACK));
            println!("{signal}: it spoke after {:?}", began.elapsed());
            first = Some(before);
        });
    })
    .await;
    drop(report);
    assert!(first.is_some(), "the first question was never answered:\n{}", stack.log());
    let shown = shown(&stub);
    let said = |words: &str| shown.iter().any(|text| text.contains(words));
    assert!(said("My name is Ada.") && said(REPLY) && said("What is my name?"), "{shown:?}\n{}", stack.log());
    assert_eq!(stub.violations(), Vec::<String>::new());
}

/// The process that serves the room: of two the older one, as the other one stands by.
fn serving(stack: &Stack) -> u32 {
    stack.workers().unwrap().into_iter().min().expect("a worker")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_is_killed_is_followed_by_one_that_remembers() {
    call_with(Signal::SIGKILL, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_hangs_is_followed_by_one_that_remembers() {
    call_with(Signal::SIGSTOP, 1).await;
}
