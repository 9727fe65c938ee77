//! What holds for every conversation, however odd.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::Call;
use dialogue::{Engine, Finish, Input, Output, Role, Settings, SpeechId, TurnId};
use proptest::prelude::*;

fn input() -> impl Strategy<Value = (u64, Input)> {
    let speech = || (0..4u64).prop_map(SpeechId);
    let person = || prop::sample::select(vec!["a", "b"]).prop_map(str::to_owned);
    let words = || prop::sample::select(vec!["", "Hi.", " and more", "How are you?"]).prop_map(str::to_owned);
    let input = prop_oneof![
        4 => Just(Input::Wake),
        2 => Just(Input::Ready),
        2 => person().prop_map(|identity| Input::PersonArrived { identity }),
        1 => (person(), any::<bool>()).prop_map(|(identity, on_purpose)| Input::PersonLeft { identity, on_purpose }),
        1 => Just(Input::VoiceSubscribed),
        1 => prop::sample::select(vec![Input::RoomInterrupted, Input::RoomRestored, Input::RoomRejoined]),
        // The times of speech are filled in when they are fed.
        6 => Just(Input::SpeechStarted { at: std::time::Instant::now() }),
        6 => Just(Input::SpeechStopped { at: std::time::Instant::now() }),
        4 => (0..4u64, 0..4u32, words())
            .prop_map(|(turn, revision, text)| Input::Transcript { turn: TurnId(turn), revision, text }),
        4 => (speech(), words()).prop_map(|(speech, text)| Input::ReplyClause { speech, text }),
        2 => speech().prop_map(|speech| Input::ReplyFinished { speech, finish: Finish::Complete }),
        3 => speech().prop_map(|speech| Input::VoiceStarted { speech }),
        4 => (speech(), words()).prop_map(|(speech, text)| Input::Heard { speech, text }),
        2 => speech().prop_map(|speech| Input::VoiceFinished { speech }),
        1 => Just(Input::EngineFailed { engine: Engine::Face }).prop_filter("rare", |_| true),
    ];
    (0..3000u64, input)
}

proptest! {
    #[test]
    fn any_order_of_inputs_keeps_the_rules(inputs in prop::collection::vec(input(), 0..200)) {
        let mut call = Call::new(Settings { greeting: vec!["Hello!".into()], ..Settings::default() });
        for (ms, input) in inputs {
            call.ms(ms);
            let at = call.now;
            call.input(match input {
                Input::SpeechStarted { .. } => Input::SpeechStarted { at },
                Input::SpeechStopped { .. } => Input::SpeechStopped { at },
                other => other,
            });
            if let Some((wake, _)) = call.dialogue.next_wake() {
                prop_assert!(wake > call.now, "a deadline that has passed was left behind");
            }
        }
        // With nothing more coming in, every call ends by itself only if somebody has to be waited for.
        let mut floor: Option<SpeechId> = None;
        let mut ended = false;
        for output in &call.outputs {
            prop_assert!(!ended, "something after the end: {output:?}");
            match output {
                Output::Generate { speech, messages } => {
                    prop_assert!(floor.is_none() || floor != Some(*speech));
                    let pairs = messages.windows(2);
                    for pair in pairs {
                        prop_assert!(!(pair[0].role == Role::Assistant && pair[1].role == Role::Assistant
                            && pair[0].content.is_empty()));
                    }
                    prop_assert_eq!(messages.last().unwrap().role, Role::User);
                    floor = Some(*speech);
                }
                Output::Speak { speech, text } => {
                    prop_assert!(!text.trim().is_empty());
                    prop_assert!(floor.is_none_or(|current| current <= *speech), "an older speech speaks");
                    floor = Some(*speech);
                }
                Output::StopSpeech { speech } => {
                    prop_assert!(floor.is_none_or(|current| current == *speech));
                    floor = None;
                }
                Output::AgentCaption { speech, .. } => prop_assert_eq!(floor, Some(*speech), "a caption after the stop"),
                Output::End(_) => ended = true,
                Output::State(_) | Output::Link { .. } | Output::Unlink | Output::Transcribe { .. }
                | Output::CloseTurn { .. } | Output::UserCaption { .. } | Output::CancelGeneration { .. }
                | Output::FinishSpeech { .. } | Output::EndAgentCaption { .. } | Output::Notice { .. }
                | Output::TurnMeasured(_) | Output::Prepare { .. } | Output::Interrupted { .. } => {}
            }
        }
    }
}
