//! Whole calls with engines at a service that misbehaves: the call goes on, or ends with a word, and only what was said is
//! answered.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write as _;
use std::time::{Duration, Instant};

use proto::worker::ExitCode;
use testkit::caller::{self, CallReport, CallerPlan, Narration, Outcome};
use testkit::stack::{Stack, StackOptions};
use testkit::stub_openai::{Behaviour, Detail, Plan, Route, StubOpenAi};

const KEY: &str = "sk-key-that-nobody-may-see";
/// Who the agent is: remote engines, no face.
const PERSONA: &str = "name = \"Ava\"\ninstructions = \"Be kind.\"\ngreeting = \"Hello there.\"\n\n\
                       [face]\nenabled = false\n\n[engines]\npreset = \"openai\"\n";
/// What the language model answers: two clauses, the first of which is complete when half of it has come.
const REPLY: &str = "It works well. And it goes on to a second part.";
const FIRST_CLAUSE: &str = "It works well.";
/// What speech-to-text understands.
const UNDERSTOOD: &str = "How are you today?";
/// What is said when the language model failed, and when nothing was understood.
const NO_ANSWER: &str = "could not think of an answer";
const NOT_CAUGHT: &str = "did not catch that";
/// How long any one answer may take: more than the ten seconds in which a service must begin to answer.
const PATIENCE: Duration = Duration::from_secs(25);
/// How often a condition is looked at that nothing announces.
const LOOK: Duration = Duration::from_millis(50);

fn stub(plan: Plan) -> StubOpenAi {
    StubOpenAi::start(plan.key(Some(KEY)).chat([REPLY]).transcripts([UNDERSTOOD])).unwrap()
}

/// A service whose workers use that stub.
async fn stack(stub: &StubOpenAi) -> (Stack, tempfile::TempPath) {
    let mut persona = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    persona.write_all(PERSONA.as_bytes()).unwrap();
    let persona = persona.into_temp_path();
    let options = StackOptions {
        arguments: vec!["--persona".into(), persona.to_str().unwrap().into()],
        environment: vec![("OPENAI_BASE_URL".into(), stub.base_url()), ("OPENAI_API_KEY".into(), KEY.into())],
        ..StackOptions::default()
    };
    (Stack::start(options).await.unwrap(), persona)
}

/// Makes a call. In the turns named in `outages` (from 1), a route does nothing but misbehave.
async fn call(
    stack: &Stack,
    stub: &StubOpenAi,
    outages: &[(usize, Route, Behaviour)],
    plan: impl FnOnce(CallerPlan) -> CallerPlan,
) -> CallReport {
    let plan = plan(CallerPlan { heard_back: false, patience: PATIENCE, ..CallerPlan::new(stack.url(), "remote") });
    let before = |turn: usize| {
        for route in [Route::Chat, Route::Transcription, Route::Speech] {
            let now = outages.iter().find(|(at, of, _)| (*at, *of) == (turn, route));
            stub.set_outage(route, now.map(|(_, _, behaviour)| *behaviour));
        }
    };
    let mut narrate = |narration: Narration| match narration {
        Narration::Greeted { .. } => before(1),
        Narration::Answered { turn, .. } | Narration::Unanswered { turn, .. } => before(turn + 1),
        Narration::Joined { .. } | Narration::Said { .. } | Narration::BackChannel { .. } | Narration::Ended { .. } => {
        }
    };
    let report = caller::run_narrated(plan, &mut narrate).await.unwrap();
    assert!(!stack.log().contains(KEY), "the key is in the log:\n{}", stack.log());
    assert!(!format!("{report:?}").contains(KEY), "the room was told the key: {report:?}");
    assert_eq!(stub.violations(), Vec::<String>::new());
    report
}

/// What the language model was asked, each once, in order: retries ask the same.
fn asked(stub: &StubOpenAi) -> Vec<String> {
    let mut asked: Vec<String> = stub
        .requests()
        .into_iter()
        .filter_map(|request| match request.detail {
            Detail::Chat { messages, .. } => {
                let (role, text) = messages.last().cloned().unwrap();
                assert_eq!(role, "user", "an answer to nobody: {messages:?}");
                Some(text)
            }
            Detail::Transcription { .. } | Detail::Speech { .. } | Detail::Models | Detail::Unreadable => None,
        })
        .collect();
    asked.dedup();
    asked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_language_model_that_falters_costs_an_answer_and_not_the_call() {
    // Of the requests whose turn has no outage, the second (the fourth of all) fails once.
    let fine = Behaviour::Fine;
    let stub = stub(Plan::default().behave(Route::Chat, [fine, fine, fine, Behaviour::Status(500), fine]));
    let (stack, _persona) = stack(&stub).await;
    let outages =
        [(2, Route::Chat, Behaviour::Cut), (3, Route::Chat, Behaviour::Garbage), (5, Route::Chat, Behaviour::Hang)];
    let texts = ["One?", "Two?", "Three?", "Four?", "Five?", "Six?"];
    let report =
        call(&stack, &stub, &outages, |plan| texts.iter().fold(plan, |plan, text| plan.type_text(*text))).await;
    assert!(report.is_answered(), "{report:?}\n{}", stack.log());
    let answers: Vec<&str> = report.turns.iter().map(|turn| turn.answered.trim()).collect();
    assert_eq!(answers[0], REPLY);
    assert_eq!(answers[1], FIRST_CLAUSE, "what came before the cut is said as far as it makes sense");
    assert!(answers[2].contains(NO_ANSWER), "{answers:?}");
    assert_eq!(answers[3], REPLY, "a failure that passes is nobody's business");
    assert!(answers[4].contains(NO_ANSWER), "{answers:?}");
    assert_eq!(answers[5], REPLY);
    assert_eq!(asked(&stub), texts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_are_lost_are_not_answered_and_a_voice_that_is_cut_off_is_written() {
    // The very first request fails once, whatever it is for.
    let stub = stub(Plan::default().behave(Route::Transcription, [Behaviour::Status(500), Behaviour::Fine]));
    let (stack, _persona) = stack(&stub).await;
    let outages = [(2, Route::Transcription, Behaviour::Garbage), (3, Route::Speech, Behaviour::Cut)];
    let report = call(&stack, &stub, &outages, |plan| {
        plan.say("How are you today?").say("Hello.").type_text("Three?").say("How are you today?")
    })
    .await;
    assert!(report.is_answered(), "{report:?}\n{}", stack.log());
    let answers: Vec<&str> = report.turns.iter().map(|turn| turn.answered.trim()).collect();
    assert_eq!(answers[0], REPLY);
    assert!(answers[1].contains(NOT_CAUGHT), "{answers:?}");
    assert_eq!(answers[2], REPLY, "each word is shown, and shown once");
    assert_eq!(answers[3], REPLY);
    assert_eq!(asked(&stub), [UNDERSTOOD, "Three?", UNDERSTOOD]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_refused_in_mid_call_ends_it_with_a_word() {
    let stub = stub(Plan::default());
    let (stack, _persona) = stack(&stub).await;
    let outages = [(2, Route::Chat, Behaviour::Status(401))];
    let report =
        call(&stack, &stub, &outages, |plan| plan.type_text("One?").type_text("Two?").type_text("Three?")).await;
    assert_eq!(report.outcome, Outcome::AgentLeft, "{report:?}\n{}", stack.log());
    assert_eq!(report.turns[0].answered.trim(), REPLY);
    let said = &report.turns[1].answered;
    assert!(said.contains("language model"), "the room was told: {said:?}\n{}", stack.log());
    let begun = Instant::now();
    while !stack.workers().unwrap().is_empty() || !stack.log().contains(ExitCode::EngineLost.description()) {
        assert!(begun.elapsed() < Duration::from_secs(5), "the worker goes and its owner says why:\n{}", stack.log());
        tokio::time::sleep(LOOK).await;
    }
    assert_eq!(asked(&stub), ["One?", "Two?"]);
}
