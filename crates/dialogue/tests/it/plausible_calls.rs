//! Whole calls as they happen: people who pause, cough, interrupt, write and leave; engines that are slow, fail and answer
//! too late. `common/world.rs` says what must hold.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use dialogue::{EndOfTurnSettings, InterruptionSettings, Moment, Settings, SpeculationSettings};

use crate::common::people::Script;
use crate::common::random::Random;
use crate::common::world::{Engines, Tally, World};

/// Calls of each kind: four kinds, and 60,000 cases in `properties.rs`, make 100,000.
const CALLS: u64 = 10_000;

fn settings(random: &mut Random) -> Settings {
    const POLICIES: [&str; 9] =
        ["combined", "combined", "combined", "detector", "detector", "adaptive", "adaptive", "fixed", "manual"];
    Settings {
        instructions: "Be kind.".into(),
        greeting: if random.chance(80) { vec!["Hello there!".into(), "How are you?".into()] } else { Vec::new() },
        greeting_interruptible: random.chance(80),
        voice: random.chance(92),
        end_of_turn: EndOfTurnSettings { policy: random.pick(&POLICIES).to_owned(), ..EndOfTurnSettings::default() },
        interruption: InterruptionSettings { enabled: random.chance(92), ..InterruptionSettings::default() },
        speculation: SpeculationSettings { enabled: random.chance(85), ..SpeculationSettings::default() },
        partial_every: Duration::from_millis(random.pick(&[500, 500, 500, 0, 250])),
        ..Settings::default()
    }
}

fn call(seed: u64, engines: &Engines, traced: bool) -> (World, Result<(), String>) {
    let mut random = Random::new(seed);
    let settings = settings(&mut random);
    let button = settings.end_of_turn.policy == "manual";
    let begin = Moment::after_start(random.ms(50..5000));
    let script = Script::new(&mut random, begin, button);
    let mut world = World::new(settings, engines.clone(), random, traced);
    let verdict = world.run(script);
    (world, verdict)
}

/// Runs calls with these seeds; the first that fails is told with everything that happened in it.
fn calls(first_seed: u64, engines: &Engines) -> Tally {
    let mut sum = Tally::default();
    for seed in first_seed..first_seed + CALLS {
        let (world, verdict) = call(seed, engines, false);
        if verdict.is_err() {
            let (world, verdict) = call(seed, engines, true);
            let trace = world.trace.unwrap_or_default().join("\n");
            panic!("{trace}\nseed {seed}: {}", verdict.unwrap_err());
        }
        let tally = world.tally;
        sum.answered += tally.answered;
        sum.interrupted += tally.interrupted;
        sum.resumed += tally.resumed;
        sum.committed += tally.committed;
        sum.discarded += tally.discarded;
        sum.ended += tally.ended;
    }
    println!("{sum:?}");
    sum
}

/// Such calls are worth something only if all of it happened in them.
fn was_lively(tally: Tally) {
    let least = u32::try_from(CALLS / 100).unwrap();
    for happened in [tally.answered, tally.interrupted, tally.resumed, tally.committed, tally.discarded] {
        assert!(happened > least, "{tally:?}");
    }
}

#[test]
fn with_quick_engines() {
    let engines =
        Engines { speech_to_text: 20..120, language_model: 30..200, text_to_speech: 20..150, failures: 0, late: 0 };
    was_lively(calls(0, &engines));
}

#[test]
fn with_slow_engines() {
    let engines = Engines {
        speech_to_text: 300..3000,
        language_model: 300..4000,
        text_to_speech: 200..2500,
        failures: 0,
        late: 0,
    };
    was_lively(calls(1_000_000, &engines));
}

#[test]
fn with_engines_that_answer_too_late() {
    let engines =
        Engines { speech_to_text: 50..900, language_model: 50..900, text_to_speech: 50..900, failures: 0, late: 60 };
    was_lively(calls(2_000_000, &engines));
}

#[test]
fn with_engines_that_fail() {
    let engines =
        Engines { speech_to_text: 50..500, language_model: 50..500, text_to_speech: 50..500, failures: 15, late: 20 };
    let tally = calls(3_000_000, &engines);
    was_lively(tally);
    assert!(tally.ended > 100, "engines were lost: {tally:?}");
}
