//! An hour of silence, heard as fast as the ears can: nothing is made of it, nothing is kept of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Instant;

use assets::{Asset, Assets};
use dialogue::Input;
use session::call_clock::CallClock;
use session::hearing::{EarCommand, EarLinks, ear_queue, run_ears};
use testkit::wav;
use tokio::sync::mpsc;

/// What this process holds in memory of its own, in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn an_hour_of_silence_is_forgotten_and_then_a_voice_is_heard() {
    const SECOND: usize = 16_000;
    let assets = Assets::open().unwrap();
    let detector = engines_onnx::silero::open(&assets).unwrap_or_else(|error| panic!("{error}"));
    let recording = wav::read_mono(&assets.path(Asset::SampleTwoCities).unwrap()).unwrap();
    let voice = wav::resample(&wav::to_float(&recording[48_000..4 * 48_000]), 48_000, 16_000).unwrap();

    let (ears, commands) = ear_queue();
    let (transcriber, mut transcriptions) = mpsc::channel(4);
    let (inputs, mut heard) = mpsc::channel(64);
    let links = EarLinks { transcriber, detector: None, inputs, clock: begun(), ahead: true };
    let thread = std::thread::spawn(move || futures_executor::block_on(run_ears(detector, commands, links)));
    // A full queue takes more as soon as some of it was heard.
    let hear = |samples: Vec<i16>| {
        while ears.send(EarCommand::Audio { samples: samples.clone(), arrived: Instant::now() }).is_err() {
            assert!(!thread.is_finished(), "nothing is heard any more");
            std::thread::yield_now();
        }
    };

    let minute = |_| (0..600).for_each(|_| hear(vec![0; SECOND / 10]));
    (0..3).for_each(minute);
    let before = memory();
    (3..60).for_each(minute);
    let grown = memory().saturating_sub(before);
    println!("57 minutes of silence: {grown} KiB");
    assert!(grown < 2_048, "{grown} KiB were kept");
    assert!(heard.try_recv().is_err() && transcriptions.try_recv().is_err(), "silence is nothing");

    wav::to_pcm(&voice).chunks(SECOND / 10).for_each(|chunk| hear(chunk.to_vec()));
    drop(ears);
    thread.join().unwrap();
    assert!(matches!(heard.try_recv(), Ok(Input::SpeechStarted { .. })), "the voice was missed");
}

fn begun() -> CallClock {
    let clock = CallClock::default();
    clock.begin();
    clock
}
