//! A call in which nobody speaks for long: noise, music, coughs, silence, and two voices at once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use assets::{Assets, KokoroVoice};
use speech::{CancelFlag, SpeechChunk};
use testkit::caller::{self, CallReport, CallerPlan, Narration, Utterance};
use testkit::odd_sounds::{at_once, coughs, humming, music, noise_bursts, silence, steady_noise};
use testkit::stack::{Stack, StackOptions};
use testkit::wav;

const SECOND: Duration = Duration::from_secs(1);
/// Between an odd sound and the question after it: long enough for an answer to the sound to be heard.
const PAUSE: Duration = Duration::from_millis(1_500);
/// The transcriber may hear some syllables in music ("They, they, they, they,"): they are shown, and not answered.
const SYLLABLES: usize = 6;
/// Questions, and what only their answers say.
const FRANCE: (&str, &str) = ("What is the capital of France?", "Paris");
const ITALY: (&str, &str) = ("What is the capital of Italy?", "Rome");
const JAPAN: (&str, &str) = ("What is the capital of Japan?", "Tokyo");

/// What a voice says, 48 kHz mono.
fn speak(speaker: KokoroVoice, texts: &[&str]) -> Vec<Vec<i16>> {
    let mut voice = engines_onnx::kokoro::open(&Assets::open().unwrap(), speaker, 2).unwrap();
    let mut say = |text: &&str| {
        let mut spoken = Vec::new();
        voice.synthesize(text, &CancelFlag::default(), &mut |chunk: SpeechChunk| spoken.extend(chunk.samples)).unwrap();
        wav::to_pcm(&wav::resample(&spoken, voice.sample_rate(), wav::ROOM_SAMPLE_RATE).unwrap())
    };
    texts.iter().map(&mut say).collect()
}

fn clip(words: &str, parts: &[&[i16]]) -> Utterance {
    Utterance::Clip { words: words.to_owned(), samples: Arc::new(parts.concat()) }
}

/// The turn was answered once, after the question in it, and nothing but the question was heard.
fn assert_only_the_question_was_answered(report: &CallReport, turn: usize, question: (&str, &str), log: &str) {
    let turn = &report.turns[turn];
    assert!(turn.answered.contains(question.1), "answered: {:?}\n{turn:?}\n{log}", turn.answered);
    assert_eq!(turn.early, Some(false), "a sound was answered: {turn:?}\n{log}");
    let (heard, said) = (turn.heard.split_whitespace().count(), question.0.split_whitespace().count());
    assert!(heard <= said + SYLLABLES, "more was heard than was said: {:?}\n{log}", turn.heard);
}

/// What a worker holds in memory of its own, in MiB.
fn memory_of(worker: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{worker}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_answered_that_nobody_said() {
    let asked = speak(KokoroVoice::AfHeart, &[FRANCE.0, ITALY.0, JAPAN.0]);
    let other = speak(KokoroVoice::AmAdam, &["I would like to talk about the weather in spring."]);
    let pause = silence(PAUSE);
    let noises = [steady_noise(20 * SECOND, 0.1, 1), noise_bursts(4 * SECOND, 2)].concat();
    let sounds = [music(6 * SECOND, 3), humming(Duration::from_millis(500)), coughs(3, 4)].concat();
    let both = at_once(&asked[1], &other[0], Duration::from_millis(300));

    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let plan = CallerPlan { heard_back: false, ..CallerPlan::new(stack.url(), "odd-sounds") }
        .utter(clip(FRANCE.0, &[&noises, &pause, &asked[0]]))
        .utter(clip(ITALY.0, &[&sounds, &silence(20 * SECOND), &asked[1]]))
        .utter(clip("two voices", &[&both]))
        .utter(clip(JAPAN.0, &[&asked[2]]))
        // Whatever it makes of two voices, the answer may be long.
        .interrupting(3);
    let mut memory = Vec::new();
    let mut look = |narration: Narration| {
        if matches!(narration, Narration::Greeted { .. } | Narration::Answered { .. }) {
            memory.extend(stack.workers().unwrap().first().map(|worker| memory_of(*worker)));
        }
    };
    let report = caller::run_narrated(plan, &mut look).await;
    let log = stack.log();
    let report = report.unwrap_or_else(|error| panic!("{error}\n{log}"));

    assert!(report.is_answered(), "{report:?}\n{log}");
    assert_only_the_question_was_answered(&report, 0, FRANCE, &log);
    assert_only_the_question_was_answered(&report, 1, ITALY, &log);
    assert!(report.turns[3].answered.contains(JAPAN.1), "answered: {:?}\n{log}", report.turns[3].answered);
    println!("memory after the greeting and each answer: {memory:?} MiB; two voices: {:?}", report.turns[2].heard);
    let (first, last) = (memory[0], *memory.last().unwrap());
    // The voice keeps what its longest clause took: some 150 MiB for forty words.
    assert!(last.saturating_sub(first) < 200, "the worker grew: {memory:?} MiB\n{log}");
}
