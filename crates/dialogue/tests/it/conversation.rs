//! What a person would notice of turn-taking, on a virtual clock.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use crate::common::{Call, USER};
use chat::{FinishReason, Message, Role};
use dialogue::{AgentState, EndReason, Engine, Input, Moment, Output, Settings};

#[test]
fn greets_once_the_user_can_hear() {
    let mut call = Call::new(Settings { greeting: vec!["Hello!".into()], ..Settings::default() });
    call.input(Input::Ready).input(Input::PersonArrived { identity: USER.into() });
    assert_eq!(call.count(|o| matches!(o, Output::Speak { .. })), 0, "nobody hears it yet");
    call.input(Input::VoiceSubscribed).input(Input::VoiceSubscribed).ms(10_000);
    assert_eq!(call.count(|o| matches!(o, Output::Speak { .. })), 1);
}

#[test]
fn greets_after_a_deadline_when_nobody_is_known_to_hear() {
    let mut call = Call::new(Settings { greeting: vec!["Hello!".into()], ..Settings::default() });
    call.input(Input::Ready).input(Input::PersonArrived { identity: USER.into() }).ms(3_000);
    assert_eq!(call.count(|o| matches!(o, Output::Speak { .. })), 1);
}

#[test]
fn noise_at_the_beginning_only_delays_the_greeting() {
    let mut call = Call::new(Settings { greeting: vec!["Hello!".into()], ..Settings::default() });
    call.input(Input::Ready).input(Input::PersonArrived { identity: USER.into() });
    call.start_speaking().input(Input::VoiceSubscribed).ms(200).stop_speaking("").ms(1000);
    assert_eq!(call.count(|o| matches!(o, Output::Speak { clause, .. } if clause.text == "Hello!")), 1);
}

fn goes_on(earlier: &[(Role, &str)]) -> Call {
    let earlier = earlier.iter().map(|(role, text)| Message::new(*role, *text));
    let settings = Settings {
        greeting: vec!["Hello!".into()],
        return_greeting: vec!["I am back.".into()],
        earlier: earlier.collect(),
        ..Settings::default()
    };
    let mut call = Call::new(settings);
    call.input(Input::Ready).input(Input::PersonArrived { identity: USER.into() }).input(Input::VoiceSubscribed);
    call
}

#[test]
fn a_call_that_another_process_began_goes_on_without_a_greeting() {
    let mut call = goes_on(&[(Role::User, "I am Ada."), (Role::Assistant, "Hello Ada.")]);
    assert_eq!(call.count(|o| matches!(o, Output::Speak { clause, .. } if clause.text == "Hello!")), 0);
    assert_eq!(call.count(|o| matches!(o, Output::Speak { clause, .. } if clause.text == "I am back.")), 1);
    let speech = call.last_speech();
    call.play(speech, "I am back.").input(Input::VoiceFinished { speech });
    call.say("What is my name?").ms(2_000);
    let said: Vec<_> = call.last_messages().into_iter().map(|message| message.text().into_owned()).collect();
    assert_eq!(said, ["I am Ada.", "Hello Ada.", "I am back.", "What is my name?"]);
}

#[test]
fn a_question_that_was_still_open_is_answered_at_once() {
    let call = goes_on(&[(Role::Assistant, "Hello."), (Role::User, "What is the capital of France?")]);
    assert_eq!(call.count(|o| matches!(o, Output::Speak { .. })), 0);
    assert_eq!(call.generations(), 1);
    assert_eq!(call.last_messages().last().map(|message| message.role), Some(Role::User));
    assert_eq!(call.dialogue.state(), AgentState::Thinking);
}

#[test]
fn a_connection_that_does_not_come_back_ends_the_call() {
    let mut call = Call::answered();
    call.input(Input::ConnectionInterrupted).ms(20_000).input(Input::ConnectionRestored).ms(60_000);
    assert_eq!(call.ended(), None);
    call.input(Input::ConnectionInterrupted).ms(30_000);
    assert_eq!(call.ended(), Some(EndReason::ConnectionLost));
}

#[test]
fn whoever_shows_no_sign_of_life_after_a_rejoin_has_left() {
    let mut call = Call::answered();
    call.input(Input::ConnectionRejoined).ms(5_000).input(Input::VoiceSubscribed).ms(60_000);
    assert_eq!(call.ended(), None);
    call.input(Input::ConnectionRejoined).ms(15_000);
    assert_eq!(call.ended(), Some(EndReason::UserVanished));
}

#[test]
fn answers_after_the_silence_that_ends_a_turn_and_not_before() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("What is the capital of France?");
    call.ms(399);
    assert_eq!(call.started_speeches(), []);
    assert_eq!(call.dialogue.state(), AgentState::Listening);
    call.ms(1);
    assert_eq!(call.started_speeches(), [call.last_speech()]);
    assert_eq!(call.last_messages().last().unwrap().text(), "What is the capital of France?");
    assert_eq!(call.dialogue.state(), AgentState::Thinking);
}

#[test]
fn a_pause_within_a_turn_is_not_its_end() {
    let mut call = Call::answered();
    call.start_speaking().ms(800).stop_speaking("What is").ms(200);
    call.start_speaking().ms(800).stop_speaking("What is the capital of France?").ms(1000);
    assert_eq!(call.started_speeches().len(), 1);
    assert_eq!(call.last_messages().last().unwrap().text(), "What is the capital of France?");
    let finals = call.count(|o| matches!(o, Output::UserCaption { is_final: true, .. }));
    assert_eq!(finals, 1);
}

#[test]
fn a_late_transcript_is_waited_for() {
    let mut call = Call::answered();
    call.start_speaking().ms(500);
    let at = call.now;
    call.input(Input::SpeechStopped { at }).ms(2_000);
    assert_eq!(call.count(|o| matches!(o, Output::Generate { .. })), 0);
    let (turn, revision) = call.last_transcription().unwrap();
    call.input(Input::Transcript { turn, revision, text: "Hi.".into() });
    assert_eq!(call.count(|o| matches!(o, Output::Generate { .. })), 1);
}

#[test]
fn noise_without_words_is_not_answered() {
    let mut call = Call::answered();
    call.say("");
    assert_eq!(call.count(|o| matches!(o, Output::Generate { .. } | Output::UserCaption { .. })), 0);
    assert_eq!(call.dialogue.state(), AgentState::Listening);
}

#[test]
fn the_agent_falls_silent_when_spoken_over_and_history_holds_what_was_heard() {
    let mut call = Call::answered();
    call.say("Tell me a story.");
    let speech = call.last_speech();
    call.input(Input::ReplyClause { speech, clause: "Once upon a time there was a king.".into() });
    call.play(speech, "Once upon a");
    assert_eq!(call.dialogue.state(), AgentState::Speaking);
    call.start_speaking().ms(800).partial("Wait, how old");
    assert_eq!(call.count(|o| *o == Output::StopSpeech { speech }), 1);
    assert_eq!(call.count(|o| *o == Output::CancelGeneration { speech }), 1);
    assert_eq!(call.count(|o| *o == Output::EndAgentCaption { speech }), 1);
    assert_eq!(call.dialogue.state(), AgentState::Listening);
    // Reports of the speech that was stopped change nothing.
    call.input(Input::Heard { speech, text: " time".into() }).input(Input::VoiceFinished { speech });
    call.ms(300).stop_speaking("Wait, how old was he?").ms(1000);
    assert_eq!(
        call.last_messages(),
        [
            Message::system("Be kind."),
            Message::assistant("Hello there!"),
            Message::user("Tell me a story."),
            Message::assistant("Once upon a"),
            Message::user("Wait, how old was he?"),
        ]
    );
}

#[test]
fn a_cough_does_not_stop_the_agent() {
    let mut call = Call::answered();
    call.say("Tell me a story.");
    let speech = call.reply("Once upon a time.");
    call.play(speech, "Once upon");
    call.start_speaking().ms(119).stop_speaking("").ms(2000);
    assert_eq!(call.count(|o| matches!(o, Output::StopSpeech { .. })), 0);
    assert_eq!(call.dialogue.state(), AgentState::Speaking);
}

#[test]
fn a_user_who_goes_on_before_the_answer_sounds_continues_the_same_turn() {
    let mut call = Call::answered();
    call.say("I would like to know");
    let first = call.last_speech();
    call.start_speaking().ms(900).stop_speaking("what the capital of France is.").ms(1000);
    assert_eq!(call.count(|o| *o == Output::CancelGeneration { speech: first }), 1);
    let messages = call.last_messages();
    assert_eq!(messages.last().unwrap().text(), "I would like to know what the capital of France is.");
    assert_eq!(messages.iter().filter(|m| m.role == Role::User).count(), 1);
    let turns: Vec<_> = call
        .outputs
        .iter()
        .filter_map(|o| match o {
            Output::UserCaption { turn, is_final: true, .. } => Some(*turn),
            _ => None,
        })
        .collect();
    assert_eq!(turns[0], turns[1], "one caption segment");
}

#[test]
fn the_stages_of_an_answer_are_measured_from_the_end_of_speech() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("Hi.").ms(400);
    let speech = call.last_speech();
    call.ms(100).input(Input::ReplyClause { speech, clause: "Hello.".into() });
    call.ms(150).input(Input::VoiceStarted { speech });
    let times = call.outputs.iter().find_map(|o| match o {
        Output::TurnMeasured { times, .. } => Some(*times),
        _ => None,
    });
    let times = times.expect("measured");
    let since = |at: Moment| u64::try_from(at.since(times.user_ended).as_millis()).unwrap();
    assert_eq!(times.transcribed.map(since), Some(100));
    assert_eq!(since(times.asked), 100, "ahead of time");
    assert_eq!(since(times.turn_ended), 500);
    assert_eq!(times.first_clause.map(since), Some(600));
    assert_eq!(times.silence(), Duration::from_millis(750));
}

#[test]
fn a_model_with_nothing_to_say_is_covered() {
    let mut call = Call::answered();
    call.say("Huh?");
    let speech = call.last_speech();
    call.input(Input::ReplyFinished { speech, finish: FinishReason::Stop });
    assert_eq!(call.count(|o| matches!(o, Output::Speak { clause, .. } if clause.text.contains("Sorry"))), 1);
    assert_eq!(call.count(|o| *o == Output::FinishSpeech { speech }), 1);
}

#[test]
fn what_was_said_is_thought_through_while_the_user_listens() {
    let mut call = Call::answered();
    call.say("Hi.");
    let speech = call.reply("Hello.");
    call.play(speech, "Hello.").input(Input::VoiceFinished { speech });
    let prepared = call.outputs.iter().find_map(|o| match o {
        Output::Prepare { messages } => messages.last().cloned(),
        _ => None,
    });
    assert_eq!(prepared.expect("prepared").text(), "Hello.");
}

#[test]
fn leaves_when_nobody_arrives() {
    let mut call = Call::new(Settings::default());
    call.input(Input::Ready).ms(59_999);
    assert_eq!(call.ended(), None);
    call.ms(1);
    assert_eq!(call.ended(), Some(EndReason::NobodyArrived));
    assert_eq!(call.dialogue.next_wake(), None);
}

#[test]
fn leaves_soon_after_a_hang_up_but_not_on_a_page_reload() {
    let mut call = Call::answered();
    call.input(Input::PersonLeft { identity: USER.into(), on_purpose: true }).ms(1_000);
    call.input(Input::PersonArrived { identity: "abel-2".into() }).ms(10_000);
    assert_eq!(call.ended(), None);
    assert_eq!(call.count(|o| matches!(o, Output::Speak { .. })), 0, "no second greeting");
    call.input(Input::PersonLeft { identity: "abel-2".into(), on_purpose: true }).ms(5_000);
    assert_eq!(call.ended(), Some(EndReason::EverybodyLeft));
}

#[test]
fn waits_longer_for_a_person_whose_connection_was_lost() {
    let mut call = Call::answered();
    call.input(Input::PersonLeft { identity: USER.into(), on_purpose: false }).ms(14_999);
    assert_eq!(call.ended(), None);
    assert_eq!(call.dialogue.state(), AgentState::Idle);
    call.ms(1);
    assert_eq!(call.ended(), Some(EndReason::UserVanished));
}

#[test]
fn another_person_is_linked_when_the_first_leaves() {
    let mut call = Call::answered();
    call.input(Input::PersonArrived { identity: "bea-1".into() });
    call.input(Input::PersonLeft { identity: USER.into(), on_purpose: true }).ms(20_000);
    assert_eq!(call.count(|o| *o == Output::Link { identity: "bea-1".into() }), 1);
    assert_eq!(call.ended(), None);
}

#[test]
fn the_voice_stops_when_everybody_is_gone() {
    let mut call = Call::answered();
    call.say("Tell me a story.");
    let speech = call.reply("Once upon a time.");
    call.play(speech, "Once");
    call.input(Input::PersonLeft { identity: USER.into(), on_purpose: false });
    assert_eq!(call.count(|o| *o == Output::StopSpeech { speech }), 1);
}

#[test]
fn a_lost_engine_is_told_to_the_users_and_ends_the_call() {
    let mut call = Call::answered();
    call.input(Input::EngineFailed { engine: Engine::LanguageModel });
    assert_eq!(call.count(|o| matches!(o, Output::Notice { text } if text.contains("language model"))), 1);
    assert_eq!(call.ended(), Some(EndReason::EngineLost(Engine::LanguageModel)));
}

#[test]
fn no_engine_can_hang_the_call() {
    // Each engine in turn never answers; the call must end by itself, naming it.
    let mut call = Call::answered();
    call.start_speaking().ms(500);
    let at = call.now;
    call.input(Input::SpeechStopped { at }).ms(60_000);
    assert_eq!(call.ended(), Some(EndReason::EngineLost(Engine::SpeechToText)));

    let mut call = Call::answered();
    call.say("Hi.").ms(60_000);
    assert_eq!(call.ended(), Some(EndReason::EngineLost(Engine::LanguageModel)));

    let mut call = Call::answered();
    call.say("Hi.");
    call.reply("Hello.");
    call.ms(60_000);
    assert_eq!(call.ended(), Some(EndReason::EngineLost(Engine::TextToSpeech)));
}
