//! Whole calls: the real SFU, token server, worker and engines, and a caller who speaks and judges.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use testkit::caller::{self, CallReport, CallerPlan};
use testkit::stack::{Stack, StackOptions};

async fn call(plan: impl FnOnce(CallerPlan) -> CallerPlan) -> CallReport {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let plan = plan(CallerPlan::new(stack.url(), "conversation"));
    match caller::run(plan).await {
        Ok(report) => report,
        Err(error) => panic!("{error}\n{}", stack.log()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_answered_by_a_voice_and_a_face() {
    let report = call(|plan| plan.say("What is the capital of France?")).await;
    assert!(report.is_answered(), "{report:?}");
    let turn = &report.turns[0];
    let heard = turn.heard.to_lowercase();
    assert!(["capital", "france"].iter().all(|word| heard.contains(word)), "heard: {heard}");
    assert!(turn.answered.contains("Paris"), "answered: {}", turn.answered);
    // Of six words the recogniser may mishear the last two: "is Paris" sounds like "disappears".
    assert!(turn.heard_back_match.unwrap() >= 0.6, "what was said is not what was shown: {turn:?}");
    let face = report.face.expect("a face");
    assert_eq!((face.width, face.height), (512, 512));
    // A short answer may hold no whole second.
    assert!(face.fps_p5.is_none_or(|rate| rate >= 20.0), "the face moves too rarely while it speaks: {face:?}");
    let (speaking, resting) = (face.mouth_motion_speaking.unwrap(), face.mouth_motion_resting.unwrap());
    assert!(speaking > 2.0 * resting, "the mouth moves {speaking} while speaking and {resting} at rest");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_falls_silent_when_spoken_over_and_remembers() {
    let report = call(|plan| {
        plan.say("Hello, my name is Daniel.")
            .say("Please tell me a long story about a king and his castle.")
            .say("What is my name?")
            .interrupting(2)
    })
    .await;
    assert!(report.is_answered(), "{report:?}");
    assert_eq!(report.interruptions.len(), 1, "{report:?}");
    assert!(report.interruptions[0].silence_ms.is_some(), "the agent went on: {report:?}");
    assert!(report.turns[2].answered.contains("Daniel"), "answered: {}", report.turns[2].answered);
}
