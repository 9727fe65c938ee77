//! What a call may cost, how long it may last, and what happens when something is gone for good.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use crate::common::{Call, USER};
use chat::FinishReason;
use dialogue::{AgentState, BudgetSettings, EndReason, Engine, Input, Level, Output, Settings, TurnId, Usage};

fn spoken(call: &Call, words: &str) -> usize {
    call.count(|output| matches!(output, Output::Speak { clause, .. } if clause.text == words))
}

fn written(call: &Call) -> String {
    let deltas = call.outputs.iter().filter_map(|output| match output {
        Output::AgentCaption { delta, .. } => Some(delta.as_str()),
        _ => None,
    });
    deltas.collect::<Vec<_>>().join("|")
}

fn farewell() -> String {
    Settings::default().farewell
}

fn limited() -> Call {
    Call::answered_with(Settings { session_limit: Duration::from_secs(60), ..Settings::default() })
}

#[test]
fn a_silent_user_is_away_until_they_make_a_sound() {
    let mut call = Call::answered();
    call.ms(14_999);
    assert_eq!(call.times(&Output::UserAway(true)), 0);
    call.ms(1);
    assert_eq!(call.times(&Output::UserAway(true)), 1);
    call.ms(60_000);
    assert_eq!(call.times(&Output::UserAway(true)), 1, "told once");
    call.start_speaking();
    assert_eq!(call.times(&Output::UserAway(false)), 1);
    call.stop_speaking("").ms(15_000);
    assert_eq!(call.times(&Output::UserAway(true)), 2);
}

#[test]
fn nobody_is_away_while_the_agent_speaks() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    for _ in 0..30 {
        call.ms(1000).input(Input::Heard { speech, text: " and".into() });
    }
    assert_eq!(call.times(&Output::UserAway(true)), 0);
    call.input(Input::VoiceFinished { speech }).ms(14_999);
    assert_eq!(call.times(&Output::UserAway(true)), 0);
    call.ms(1);
    assert_eq!(call.times(&Output::UserAway(true)), 1);
}

#[test]
fn a_call_in_which_nothing_happens_ends_with_a_farewell() {
    let mut call = Call::answered_with(Settings { idle_limit: Duration::from_secs(120), ..Settings::default() });
    call.ms(119_999);
    assert_eq!(spoken(&call, &farewell()), 0);
    call.ms(1);
    assert_eq!((spoken(&call, &farewell()), call.ended()), (1, None));
    let speech = call.last_speech();
    call.play(speech, "Goodbye!").input(Input::VoiceFinished { speech });
    assert_eq!(call.ended(), Some(EndReason::Idle));
}

#[test]
fn a_session_has_an_end_whatever_is_said() {
    let mut call = limited();
    while call.now.since_start() < Duration::from_secs(58) {
        call.typed("Go on.").ms(500);
        let speech = call.reply("I do.");
        call.play(speech, "I do.").input(Input::VoiceFinished { speech });
    }
    assert_eq!(spoken(&call, &farewell()), 0);
    call.ms(3000);
    assert_eq!(spoken(&call, &farewell()), 1);
    // Nothing keeps it from leaving now.
    call.start_speaking().typed("Wait!").ms(1000).stop_speaking("Wait!");
    assert_eq!(
        call.count(|o| matches!(o, Output::Generate { messages, .. }
        if messages.iter().any(|message| message.text() == "Wait!"))),
        0
    );
    call.ms(9000);
    assert_eq!(call.ended(), Some(EndReason::SessionLimit), "the farewell has a deadline too");
    assert_eq!(call.dialogue.next_wake(), None);
}

#[test]
fn a_farewell_that_nobody_hears_is_not_said_to_its_end() {
    let mut call = limited();
    call.ms(60_000).input(Input::PersonLeft { identity: USER.into(), on_purpose: true });
    assert_eq!(call.ended(), Some(EndReason::SessionLimit));
}

#[test]
fn a_budget_gives_things_up_in_order_and_then_the_call() {
    let budget = BudgetSettings { tokens_a_minute: 1000, ..BudgetSettings::default() };
    let mut call = Call::answered_with(Settings { budget, ..Settings::default() });
    let mut levels = Vec::new();
    for tokens in [590, 20, 150, 150, 100] {
        call.outputs.clear();
        call.input(Input::Used(Usage::Tokens(tokens)));
        levels.extend(call.outputs.iter().filter_map(|output| match output {
            Output::Level(level) => Some(*level),
            _ => None,
        }));
    }
    assert_eq!(levels, [Level::NoSpeculation, Level::FewerFrames, Level::TextOnly, Level::Spent]);
    assert_eq!(written(&call), farewell(), "there is no voice left to say it with");
    assert_eq!(call.ended(), Some(EndReason::BudgetSpent));
}

#[test]
fn a_budget_that_runs_low_costs_the_head_start_then_the_voice() {
    let budget = BudgetSettings { tokens_a_minute: 1000, ..BudgetSettings::default() };
    let mut call = Call::answered_with(Settings { budget, ..Settings::default() });
    call.input(Input::Used(Usage::Tokens(700))).start_speaking().ms(2000);
    assert_eq!(call.count(|o| matches!(o, Output::Transcribe { .. })), 0, "no captions while the user speaks");
    call.stop_speaking("I like pasta.");
    assert_eq!(call.generations(), 0);
    call.ms(1500).input(Input::Used(Usage::Tokens(220)));
    let speech = call.reply("So do I.");
    assert_eq!(spoken(&call, "So do I."), 1, "what was begun is spoken");
    call.play(speech, "So do I.").input(Input::VoiceFinished { speech });
    call.outputs.clear();
    call.say("Really?").reply("Yes.");
    assert_eq!((spoken(&call, "Yes."), written(&call).as_str()), (0, "Yes."));
    // A minute later all of it is back.
    call.ms(60_000).outputs.clear();
    call.say("And now?").reply("Still.");
    assert_eq!((call.times(&Output::Level(Level::Full)), spoken(&call, "Still.")), (1, 1));
}

#[test]
fn three_failures_in_a_row_lose_the_language_model_and_fewer_do_not() {
    let fail = |call: &mut Call| {
        call.say("Hi.");
        let speech = call.last_speech();
        call.input(Input::ReplyFailed { speech });
        if call.ended().is_none() {
            call.play(speech, "Sorry").input(Input::VoiceFinished { speech });
        }
    };
    let mut call = Call::answered();
    fail(&mut call);
    fail(&mut call);
    assert_eq!(spoken(&call, &Settings::default().failed_reply), 2);
    call.say("Hi.");
    let speech = call.reply("Hello.");
    call.play(speech, "Hello.").input(Input::VoiceFinished { speech });
    fail(&mut call);
    fail(&mut call);
    assert_eq!(call.ended(), None);
    fail(&mut call);
    assert_eq!(call.ended(), Some(EndReason::EngineLost(Engine::LanguageModel)));
}

#[test]
fn words_that_could_not_be_had_are_asked_for_again_and_then_given_up() {
    let mut call = Call::answered();
    for time in 1..=3 {
        call.start_speaking().ms(400);
        let at = call.now;
        call.ms(96).input(Input::SpeechStopped { at });
        let (turn, revision) = call.last_transcription().unwrap();
        call.input(Input::TranscriptFailed { turn, revision }).ms(1000);
        if time < 3 {
            assert_eq!(spoken(&call, &Settings::default().not_understood), time);
            let speech = call.last_speech();
            call.play(speech, "Sorry").input(Input::VoiceFinished { speech });
        }
    }
    assert_eq!(call.ended(), Some(EndReason::EngineLost(Engine::SpeechToText)));
}

#[test]
fn what_could_not_be_spoken_is_written() {
    let mut call = Call::answered();
    call.say("Hi.");
    let speech = call.reply("Hello.");
    call.input(Input::VoiceFailed { speech, text: "Hello.".into() }).input(Input::VoiceFinished { speech });
    assert_eq!(written(&call), "Hello.");
    assert_eq!(call.dialogue.state(), AgentState::Listening);
    call.say("What?");
    assert_eq!(call.last_messages()[3].text(), "Hello.", "it was read");
}

#[test]
fn a_voice_is_lost_only_when_it_fails_in_a_row() {
    let mut call = Call::answered();
    call.say("Hi.");
    let speech = call.last_speech();
    for _ in 0..4 {
        call.input(Input::ReplyClause { speech, clause: "Hello.".into() });
        call.input(Input::VoiceFailed { speech, text: "Hello.".into() }).input(Input::VoiceReady { speech });
    }
    assert_eq!(call.ended(), None);
    for _ in 0..3 {
        call.input(Input::VoiceFailed { speech, text: "Hello.".into() });
    }
    assert_eq!(call.ended(), Some(EndReason::EngineLost(Engine::TextToSpeech)));
}

#[test]
fn a_slow_language_model_is_not_taken_for_a_lost_voice() {
    let mut call = Call::answered_with(Settings { voice_deadline: Duration::from_secs(5), ..Settings::default() });
    call.say("Hi.").start_speaking().ms(300).stop_speaking("").ms(8000);
    assert_eq!(call.ended(), None);
}

#[test]
fn without_a_voice_replies_are_written() {
    let mut call = Call::new(Settings { greeting: vec!["Hello!".into()], voice: false, ..Settings::default() });
    call.input(Input::Ready).input(Input::PersonArrived { identity: USER.into() });
    assert_eq!(written(&call), "Hello!");
    call.outputs.clear();
    call.say("Tell me a story.");
    let speech = call.last_speech();
    assert_eq!(call.dialogue.state(), AgentState::Thinking);
    call.input(Input::ReplyClause { speech, clause: "Once upon a time".into() });
    call.input(Input::ReplyClause { speech, clause: "there was a king.".into() });
    call.input(Input::ReplyFinished { speech, finish: FinishReason::Stop });
    assert_eq!(written(&call), "Once upon a time| there was a king.");
    assert_eq!(call.times(&Output::EndAgentCaption { speech }), 1);
    assert_eq!(call.count(|o| matches!(o, Output::Speak { .. } | Output::FinishSpeech { .. })), 0);
    assert_eq!(call.dialogue.state(), AgentState::Listening);
    call.ms(60_000);
    assert_eq!(call.ended(), None);
}

#[test]
fn a_written_message_is_answered_at_once_and_cuts_the_agent() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.typed("  ").typed(" How old was he? ");
    assert_eq!(call.times(&Output::StopSpeech { speech }), 1);
    assert_eq!((call.generations(), call.last_words().as_str()), (1, "How old was he?"));
    assert_eq!(call.count(|o| matches!(o, Output::UserCaption { .. })), 0, "the writer sees it already");
}

#[test]
fn a_written_okay_is_no_back_channel() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(300).typed("Okay");
    assert_eq!(call.times(&Output::StopSpeech { speech }), 1);
    assert_eq!((call.generations(), call.last_words().as_str()), (1, "Okay"));
}

#[test]
fn what_is_said_and_written_at_once_is_answered_once_each() {
    let mut call = Call::answered();
    call.start_speaking().ms(600).partial("I like").typed("Hello?");
    assert_eq!(call.last_words(), "Hello?", "what is not said to its end is not answered yet");
    call.ms(400).stop_speaking("I like pasta.").ms(1500);
    assert_eq!(call.last_words(), "Hello? I like pasta.");
    let captions: Vec<TurnId> = call
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::UserCaption { turn, text, .. } => (!text.is_empty()).then_some(*turn),
            _ => None,
        })
        .collect();
    assert!(captions.iter().all(|turn| *turn == captions[0]), "one caption: {captions:?}");
}

#[test]
fn a_written_message_waits_for_what_may_not_be_interrupted() {
    let mut call = Call::greeting(Settings { greeting_interruptible: false, ..Settings::default() });
    let speech = call.last_speech();
    call.input(Input::VoiceStarted { speech }).typed("Hello?").ms(1000);
    assert_eq!((call.times(&Output::StopSpeech { speech }), call.generations()), (0, 0));
    call.input(Input::VoiceFinished { speech });
    assert_eq!(call.last_words(), "Hello?");
}

#[test]
fn a_thousand_written_messages_are_survived() {
    let mut call = Call::answered();
    for number in 0..1000 {
        call.typed(&format!("Message {number}."));
    }
    assert_eq!(call.started_speeches().len(), 1000);
    call.reply("Enough.");
    assert_eq!(spoken(&call, "Enough."), 1);
}

#[test]
fn the_arrival_of_the_linked_person_after_a_rejoin_is_a_sign_of_life() {
    let mut call = Call::answered();
    call.input(Input::ConnectionRejoined).ms(5000).input(Input::PersonArrived { identity: USER.into() }).ms(60_000);
    assert_eq!(call.ended(), None);
}
