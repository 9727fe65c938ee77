//! What a remote chat model does when its service misbehaves: what it returns, how soon, and how often it asked.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::cell::Cell;
use std::time::{Duration, Instant};

use chat::{Accumulator, Completion, FinishReason, Message};
use engines::{ChatModel as _, LlmError};
use engines_openai::{OpenAiChat, OpenAiChatOptions};
use remote::{Deadlines, Endpoint, FailureKind, Secret};
use testkit::stub_openai::{Behaviour, Detail, Plan, Route, StubOpenAi};

const SAID: &str = "The capital of France is Paris.";
/// Far above the deadlines below, far below the defaults: a wait that nobody bounded is found on a busy machine too.
const SOON: Duration = Duration::from_secs(5);

fn engine(base_url: &str) -> OpenAiChat {
    let short = Duration::from_millis(300);
    let deadlines = Deadlines { connect: SOON, first: short, between: short, total: SOON };
    let endpoint = Endpoint::new(base_url, Secret::new("test-key")).unwrap();
    OpenAiChat::new(endpoint, OpenAiChatOptions { deadlines, ..OpenAiChatOptions::new("stub") }).unwrap()
}

fn conversation() -> Vec<Message> {
    vec![Message::system("Be kind."), Message::user("What is the capital of France?")]
}

fn ask(engine: &mut OpenAiChat) -> (String, Result<Completion, LlmError>) {
    let mut said = Accumulator::new();
    let result = engine.generate(&conversation(), &|| false, &mut |delta| said.push(delta));
    (said.text().to_owned(), result)
}

fn kind(result: Result<Completion, LlmError>) -> Result<FinishReason, (FailureKind, bool)> {
    result.map(|completion| completion.finish).map_err(|error| {
        assert!(!error.to_string().contains("test-key"), "the key is in: {error}");
        let permanent = error.is_permanent();
        match error {
            LlmError::Remote(failure) => (failure.kind, permanent),
            other => panic!("{other}"),
        }
    })
}

#[test]
fn each_misbehaviour_has_its_outcome() {
    use Behaviour::{Cut, Fine, Garbage, Hang, RateLimited, Stall, Status};
    let lost = |kind| Err((kind, false));
    let limited = |retry_after| RateLimited { retry_after };
    // What the requests meet, what comes back, how many requests there were.
    type Outcome = Result<FinishReason, (FailureKind, bool)>;
    let table: [(&[Behaviour], Outcome, usize); 12] = [
        (&[Fine], Ok(FinishReason::Stop), 1),
        (&[Status(401)], Err((FailureKind::Unauthorized, true)), 1),
        (&[Status(404)], Err((FailureKind::Rejected, true)), 1),
        (&[Status(400)], lost(FailureKind::Rejected), 1),
        (&[limited(60)], lost(FailureKind::RateLimited), 1),
        (&[limited(0), Fine], Ok(FinishReason::Stop), 2),
        (&[Status(500)], lost(FailureKind::Server), 2),
        (&[Status(503), Fine], Ok(FinishReason::Stop), 2),
        (&[Hang], lost(FailureKind::TimedOut), 1),
        (&[Cut, Fine], lost(FailureKind::Cut), 1),
        (&[Stall], lost(FailureKind::TimedOut), 1),
        (&[Garbage], lost(FailureKind::Garbage), 1),
    ];
    for (behaviours, outcome, requests) in table {
        let stub = StubOpenAi::start(Plan::default().behave(Route::Chat, behaviours.iter().copied())).unwrap();
        let mut engine = engine(&stub.base_url());
        let began = Instant::now();
        let (said, result) = ask(&mut engine);
        assert!(began.elapsed() < SOON, "{behaviours:?} took {:?}", began.elapsed());
        assert_eq!(kind(result), outcome, "{behaviours:?}");
        assert_eq!(stub.count(Route::Chat), requests, "{behaviours:?}");
        assert_eq!(stub.violations(), [""; 0], "{behaviours:?}");
        match outcome {
            Ok(_) => assert_eq!(said, SAID),
            Err(_) => assert!(SAID.starts_with(&said) && said != SAID, "{behaviours:?} gave {said:?}"),
        }
    }
}

#[test]
fn nobody_there_is_a_refusal_that_may_pass() {
    let (said, result) = ask(&mut engine(&StubOpenAi::refusing_base_url().unwrap()));
    assert_eq!((said.as_str(), kind(result)), ("", Err((FailureKind::Refused, false))));
}

#[test]
fn after_a_failure_the_next_answer_works() {
    let plan = Plan::default().behave(Route::Chat, [Behaviour::Cut, Behaviour::Fine]);
    let stub = StubOpenAi::start(plan).unwrap();
    let mut engine = engine(&stub.base_url());
    assert!(ask(&mut engine).1.is_err());
    assert_eq!(ask(&mut engine).0, SAID);
}

#[test]
fn cancelling_is_noticed_while_the_service_is_silent() {
    let stub = StubOpenAi::start(Plan::default().behave(Route::Chat, [Behaviour::Stall])).unwrap();
    let said = Cell::new(false);
    let began = Instant::now();
    let mut engine = engine(&stub.base_url());
    let completion = engine.generate(&conversation(), &|| said.get(), &mut |_| said.set(true)).unwrap();
    assert_eq!(completion.finish, FinishReason::Cancelled);
    assert!(began.elapsed() < SOON);
}

#[test]
fn the_request_is_what_the_protocol_says() {
    let stub = StubOpenAi::start(Plan::default()).unwrap();
    ask(&mut engine(&stub.base_url())).1.unwrap();
    let requests = stub.requests();
    let Detail::Chat { model, messages, stream, body } = &requests[0].detail else { panic!("{requests:?}") };
    assert_eq!((model.as_str(), *stream, messages[0].0.as_str()), ("stub", true, "system"));
    assert_eq!(messages[1], ("user".into(), "What is the capital of France?".into()));
    assert_eq!(body["max_tokens"], 300);
}
