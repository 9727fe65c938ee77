//! What holds for every conversation, however odd: any order of inputs, possible or not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use chat::{Annotation, Clause, Emotion, FinishReason};
use dialogue::{
    BudgetSettings, Dialogue, EndOfTurnSettings, EndReason, Engine, Input, InterruptionSettings, Moment, Settings,
    SpeechId, TurnId, Usage,
};
use proptest::prelude::*;

use crate::common;
use crate::common::rules::Rules;

/// Cases of this test; with those of `plausible_calls.rs` more than 100,000. `PROPTEST_CASES` does not lower it.
const CASES: u32 = 60_000;

fn input() -> impl Strategy<Value = (u64, Input)> {
    let speech = || (0..6u64).prop_map(SpeechId);
    let turn = || (0..5u64).prop_map(TurnId);
    let person = || prop::sample::select(vec!["a", "b"]).prop_map(str::to_owned);
    let words = || {
        prop::sample::select(vec!["", "Hi.", "mhm", "and more", "How are you?", "I would like to"])
            .prop_map(str::to_owned)
    };
    let clause = || {
        let feels = prop::sample::select(vec![Emotion::Joy, Emotion::Calm]);
        let annotations = prop::collection::vec((0..3u32, feels), 0..2).prop_map(|placed| {
            placed.into_iter().map(|(word, emotion)| Annotation::emotion(word, emotion, 700)).collect()
        });
        (words(), annotations).prop_map(|(text, annotations)| Clause { text, annotations })
    };
    let input = prop_oneof![
        4 => Just(Input::Wake),
        2 => Just(Input::Ready),
        3 => person().prop_map(|identity| Input::PersonArrived { identity }),
        1 => (person(), any::<bool>()).prop_map(|(identity, on_purpose)| Input::PersonLeft { identity, on_purpose }),
        1 => Just(Input::VoiceSubscribed),
        1 => prop::sample::select(vec![
            Input::ConnectionInterrupted, Input::ConnectionRestored, Input::ConnectionRejoined, Input::TurnBegun, Input::TurnEnded,
            Input::TurnCancelled, Input::EngineFailed { engine: Engine::TurnDetector }, Input::Used(Usage::Tokens(30)),
        ]),
        // The times of speech are filled in when they are fed.
        6 => Just(Input::SpeechStarted { at: Moment::START }),
        6 => Just(Input::SpeechStopped { at: Moment::START }),
        2 => words().prop_map(|text| Input::Typed { text }),
        8 => (turn(), 0..5u32, words()).prop_map(|(turn, revision, text)| Input::Transcript { turn, revision, text }),
        1 => (turn(), 0..5u32).prop_map(|(turn, revision)| Input::TranscriptFailed { turn, revision }),
        2 => (turn(), 0..5u32, 0..1000u16)
            .prop_map(|(turn, revision, thousandths)| Input::TurnProbability { turn, revision, thousandths }),
        2 => (turn(), 0..5u32, prop::option::of(0..1_000_000u32))
            .prop_map(|(turn, revision, millionths)| Input::SentenceEnd { turn, revision, millionths }),
        1 => speech().prop_map(|speech| Input::ReplyStarted { speech }),
        6 => (speech(), clause()).prop_map(|(speech, clause)| Input::ReplyClause { speech, clause }),
        2 => speech().prop_map(|speech| Input::ReplyFinished { speech, finish: FinishReason::Stop }),
        1 => speech().prop_map(|speech| Input::ReplyFailed { speech }),
        4 => speech().prop_map(|speech| Input::VoiceStarted { speech }),
        4 => (speech(), words()).prop_map(|(speech, text)| Input::Heard { speech, text }),
        2 => speech().prop_map(|speech| Input::VoiceFinished { speech }),
        1 => (speech(), words()).prop_map(|(speech, text)| Input::VoiceFailed { speech, text }),
    ];
    let pause = prop_oneof![6 => 0..60u64, 3 => 60..700u64, 1 => 700..20_000u64];
    (pause, input)
}

fn settings() -> impl Strategy<Value = Settings> {
    let policy = prop::sample::select(vec!["combined", "detector", "adaptive", "fixed", "manual"]);
    let interruption = prop::sample::select(vec!["words", "words", "voice"]);
    (
        (policy, interruption),
        any::<bool>(),
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.9),
        prop::sample::select(vec![0, 0, 200]),
    )
        .prop_map(|((policy, interruption), greeting_interruptible, voice, enabled, tokens_a_minute)| Settings {
            greeting: vec!["Hello!".into(), "How are you?".into()],
            greeting_interruptible,
            voice,
            end_of_turn: EndOfTurnSettings { policy: policy.into(), ..EndOfTurnSettings::default() },
            interruption: InterruptionSettings {
                enabled,
                policy: interruption.into(),
                ..InterruptionSettings::default()
            },
            budget: BudgetSettings { tokens_a_minute, ..BudgetSettings::default() },
            ..Settings::default()
        })
}

/// Feeds one input and checks everything that can be seen.
fn feed(dialogue: &mut Dialogue, rules: &mut Rules, now: Moment, input: Input) -> Result<(), String> {
    rules.input(&input)?;
    let finished = if let Input::VoiceFinished { speech } = &input { Some(*speech) } else { None };
    dialogue.handle(now, input);
    if let Some(speech) = finished {
        rules.finished(speech);
    }
    while let Some(output) = dialogue.poll() {
        rules.output(&output)?;
    }
    rules.settled()?;
    match dialogue.next_wake() {
        Some((wake, reason)) if wake <= now => Err(format!("a deadline that has passed was left behind: {reason:?}")),
        Some(_) | None => Ok(()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_inputs_keeps_the_rules(
        settings in settings(),
        inputs in prop::collection::vec(input(), 0..60),
    ) {
        let mut dialogue = common::dialogue(settings);
        let mut rules = Rules::default();
        let mut now = Moment::START;
        let run = || -> Result<(), String> {
            // Most calls have somebody in them.
            feed(&mut dialogue, &mut rules, now, Input::Ready)?;
            feed(&mut dialogue, &mut rules, now, Input::PersonArrived { identity: "a".into() })?;
            for (ms, input) in inputs {
                let until = now + Duration::from_millis(ms);
                while let Some((at, _)) = dialogue.next_wake().filter(|(at, _)| *at <= until) {
                    now = at;
                    feed(&mut dialogue, &mut rules, now, Input::Wake)?;
                }
                now = until;
                let input = match input {
                    Input::SpeechStarted { .. } => Input::SpeechStarted { at: now - Duration::from_millis(80) },
                    Input::SpeechStopped { .. } => Input::SpeechStopped { at: now - Duration::from_millis(96) },
                    other => other,
                };
                feed(&mut dialogue, &mut rules, now, input)?;
            }
            feed(&mut dialogue, &mut rules, now, Input::HangUp(EndReason::Asked))?;
            if dialogue.next_wake().is_some() { Err("a deadline after the end".into()) } else { Ok(()) }
        };
        let verdict = run();
        prop_assert!(verdict.is_ok(), "{}", verdict.unwrap_err());
    }
}
