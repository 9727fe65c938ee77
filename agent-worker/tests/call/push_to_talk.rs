//! Push to talk in whole calls: a persona that answers when the button is released, and a caller who holds it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write as _;
use std::time::Duration;

use testkit::caller::{self, CallReport, CallerPlan};
use testkit::stack::{Stack, StackOptions};

const PERSONA: &str = "name = \"Ava\"\ninstructions = \"You are a helpful voice assistant. Answer in one short sentence.\"\n\
                       greeting = \"Hello.\"\n\n[face]\nenabled = false\n\n[turns]\nend_of_turn = \"manual\"\n";

async fn call(plan: impl FnOnce(CallerPlan) -> CallerPlan) -> (CallReport, String) {
    let mut persona = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    persona.write_all(PERSONA.as_bytes()).unwrap();
    let persona = persona.into_temp_path();
    let arguments = vec!["--persona".into(), persona.to_str().unwrap().into()];
    let stack = Stack::start(StackOptions { arguments, ..StackOptions::default() }).await.unwrap();
    let patience = Duration::from_secs(30);
    let base = CallerPlan { heard_back: false, patience, ..CallerPlan::new(stack.url(), "button") };
    let report = caller::run(plan(base.push_to_talk())).await;
    let report = report.unwrap_or_else(|error| panic!("{error}\n{}", stack.log()));
    (report, stack.log())
}

/// How often the agent began to speak.
fn times_spoken(report: &CallReport) -> usize {
    report.states.iter().filter(|state| state.state == proto::room::AgentState::Speaking).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_is_not_the_end_of_a_turn_while_the_button_is_held() {
    let (report, log) = call(|plan| plan.say("I have a question. [2000] What is the capital of France?")).await;
    assert!(report.is_answered(), "{report:?}\n{log}");
    let turn = &report.turns[0];
    assert_eq!(turn.early, Some(false), "answered in the pause: {turn:?}\n{log}");
    let heard = turn.heard.to_lowercase();
    assert!(heard.contains("question") && heard.contains("france"), "heard: {heard}\n{log}");
    assert!(turn.answered.contains("Paris"), "answered: {}\n{log}", turn.answered);
    assert_eq!(times_spoken(&report), 2, "the greeting and one answer: {:?}\n{log}", report.states);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_that_is_taken_back_is_not_answered() {
    let (report, log) = call(|plan| {
        plan.say("Tell me everything about the city of London.").taken_back().say("What is the capital of France?")
    })
    .await;
    assert!(report.is_answered(), "{report:?}\n{log}");
    let [taken_back, said] = report.turns.as_slice() else { panic!("{report:?}") };
    assert_eq!((taken_back.gap_ms, taken_back.answered.as_str()), (None, ""), "{taken_back:?}\n{log}");
    assert!(said.answered.contains("Paris"), "answered: {}\n{log}", said.answered);
    assert!(!said.heard.to_lowercase().contains("london"), "heard: {}\n{log}", said.heard);
    assert_eq!(times_spoken(&report), 2, "the greeting and one answer: {:?}\n{log}", report.states);
}
