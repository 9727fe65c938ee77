//! What was said before the agent could hear is answered.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::time::Duration;

use assets::{Assets, KokoroVoice};
use speech::CancelFlag;
use testkit::caller::{self, CallReport, CallerPlan};
use testkit::odd_sounds::silence;
use testkit::stack::{Stack, StackOptions};
use testkit::wav;

/// A question, and what only its answer says.
const QUESTION: (&str, &str) = ("What is the capital of France?", "Paris");

/// Speaks the question into a file, with silence around it.
fn record(path: &Path) {
    let mut voice = engines_onnx::kokoro::open(&Assets::open().unwrap(), KokoroVoice::BfEmma, 2).unwrap();
    let mut spoken = Vec::new();
    let mut sink = |chunk: speech::SpeechChunk| spoken.extend(chunk.samples);
    voice.synthesize(QUESTION.0, &CancelFlag::default(), &mut sink).unwrap();
    let spoken = wav::resample(&spoken, voice.sample_rate(), wav::ROOM_SAMPLE_RATE).unwrap();
    let sound = [silence(Duration::from_secs(2)), wav::to_pcm(&spoken), silence(Duration::from_secs(1))].concat();
    wav::write_stereo(path, &sound, &sound).unwrap();
}

async fn call(room: &str, recording: &Path) -> (CallReport, String) {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let plan = CallerPlan::new(stack.url(), room).preconnect(recording);
    match caller::run(plan).await {
        Ok(report) => (report, stack.log()),
        Err(error) => panic!("{error}\n{}", stack.log()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_from_before_the_call_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("early.wav");
    record(&recording);
    let (report, log) = call("early", &recording).await;
    let heard = report.preconnect_heard.clone().unwrap_or_default().to_lowercase();
    assert!(["capital", "france"].iter().all(|word| heard.contains(word)), "heard: {heard}\n{log}");
    let answered = report.greeting.as_ref().map_or("", |greeting| &greeting.answered);
    assert!(answered.contains(QUESTION.1), "answered: {answered}\n{report:?}\n{log}");
}
