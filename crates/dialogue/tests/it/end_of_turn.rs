//! When the user's turn is over.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use dialogue::{EndOfTurnSettings, Input, InterruptionSettings, Moment, Output, Settings};

use crate::common::Call;

fn with_policy(policy: &str) -> Settings {
    Settings {
        end_of_turn: EndOfTurnSettings { policy: policy.into(), ..EndOfTurnSettings::default() },
        ..Settings::default()
    }
}

/// The user said this for a second; the turn detector says that. After how much silence it is answered.
fn answered_after(call: &mut Call, words: &str, thousandths: Option<u16>) -> u64 {
    call.start_speaking().ms(1000).stop_speaking(words);
    if let Some(thousandths) = thousandths {
        call.probability(thousandths);
    }
    let before = call.started_speeches().len();
    let waited = (100..5000).find(|_| call.ms(1).started_speeches().len() > before);
    waited.expect("answered") + 1
}

fn finish_reply(call: &mut Call) {
    let speech = call.reply("I see.");
    call.play(speech, "I see.").input(Input::VoiceFinished { speech });
}

#[test]
fn the_turn_detector_decides_how_long_to_wait() {
    let settings = EndOfTurnSettings::default();
    let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap();
    let call = || Call::answered_with(with_policy("detector"));
    let after = |thousandths| answered_after(&mut call(), "I like pasta.", thousandths);
    assert_eq!(after(Some(950)), ms(settings.silence_if_finished));
    assert_eq!(after(Some(100)), ms(settings.silence_if_unfinished));
    assert_eq!(after(None), ms(settings.silence), "a detector that says nothing holds up nobody");
}

#[test]
fn a_sentence_that_ends_needs_little_silence_however_it_sounds() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.").probability(300).sentence_end(Some(500_000));
    call.ms(200);
    assert_eq!(call.started_speeches().len(), 1);
}

#[test]
fn half_a_sentence_waits_however_finished_it_sounds() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("What should I pack?").probability(950).sentence_end(Some(20));
    call.ms(480);
    assert_eq!(call.started_speeches(), []);
}

#[test]
fn a_cough_after_the_last_word_changes_nothing_of_what_is_known_of_it() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.").probability(300).sentence_end(Some(500_000)).ms(50);
    call.start_speaking().ms(60).stop_speaking("I like pasta.").ms(200);
    assert_eq!(call.started_speeches().len(), 1);
    assert_eq!(call.count(|output| matches!(output, Output::JudgeSentence { .. })), 1);
}

#[test]
fn thanks_may_be_followed_by_more_but_a_yes_answers_a_question() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("Thank you.").probability(900).sentence_end(Some(100_000)).ms(300);
    assert_eq!(call.started_speeches(), []);
    call.ms(300);
    let speech = call.reply("Do you like rice?");
    call.play(speech, "Do you like rice?").input(Input::VoiceFinished { speech });
    call.start_speaking().ms(1000).stop_speaking("Yes.").probability(900).sentence_end(Some(100_000)).ms(200);
    assert_eq!(call.started_speeches().len(), 2);
}

#[test]
fn what_the_model_says_of_older_words_does_not_count() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.").start_speaking().ms(1000);
    call.sentence_end(Some(900_000)).stop_speaking("I like pasta and pizza.").probability(900).ms(300);
    assert_eq!(call.started_speeches(), []);
}

#[test]
fn a_model_that_cannot_tell_or_does_not_answer_holds_up_nobody() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.").probability(950).sentence_end(None).ms(200);
    assert_eq!(call.started_speeches().len(), 1, "the sound decides");
    let after = answered_after(&mut Call::answered(), "I like pasta.", Some(950));
    assert_eq!(Duration::from_millis(after), EndOfTurnSettings::default().silence);
}

#[test]
fn a_click_and_a_hum_are_no_turn() {
    let mut call = Call::answered();
    call.start_speaking().ms(100).stop_speaking("Yes.").ms(3000);
    call.start_speaking().ms(600).stop_speaking("Mm-hmm.").ms(3000);
    assert_eq!(call.started_speeches(), []);
    assert_eq!(call.count(|output| matches!(output, Output::TurnDropped { .. })), 2);
}

#[test]
fn what_was_said_before_the_call_has_no_length_and_is_a_turn() {
    let mut call = Call::new(Settings::default());
    let at = Moment::START;
    call.ms(5000).input(Input::Ready).input(Input::PersonArrived { identity: crate::common::USER.into() });
    call.input(Input::SpeechStarted { at }).input(Input::SpeechStopped { at }).partial("Where is Rome?").ms(1200);
    assert_eq!(call.last_words(), "Where is Rome?");
}

#[test]
fn what_was_said_before_the_call_is_answered_though_the_greeting_sounds_already() {
    let mut call = Call::greeting(Settings::default());
    let greeting = call.ms(1000).last_speech();
    let at = Moment::START;
    call.play(greeting, "Hello").input(Input::SpeechStarted { at }).input(Input::SpeechStopped { at });
    call.partial("Where is Rome?").ms(1200);
    assert_eq!(call.last_words(), "Where is Rome?");
    assert_eq!(call.count(|output| matches!(output, Output::TurnDropped { .. })), 0);
}

#[test]
fn a_hum_answers_a_question() {
    let mut call = Call::answered();
    answered_after(&mut call, "I like pasta.", Some(950));
    let speech = call.reply("Do you like rice?");
    call.play(speech, "Do you like rice?").input(Input::VoiceFinished { speech });
    answered_after(&mut call, "Mm-hmm.", Some(950));
}

#[test]
fn an_unfinished_clause_waits_whatever_it_sounds_like() {
    let unfinished = EndOfTurnSettings::default().silence_if_unfinished;
    let after = answered_after(&mut Call::answered(), "I would like to", Some(950));
    assert_eq!(Duration::from_millis(after), unfinished);
}

#[test]
fn a_word_of_an_older_silence_does_not_count() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.").start_speaking().ms(1000).probability(950);
    call.stop_speaking("I like pasta and pizza.").ms(300);
    assert_eq!(call.started_speeches(), []);
    call.ms(100);
    assert_eq!(call.started_speeches().len(), 1);
}

#[test]
fn a_short_utterance_is_not_kept_waiting_by_the_detector() {
    let mut call = Call::answered();
    call.start_speaking().ms(400).stop_speaking("Pizza.").probability(20).ms(400);
    assert_eq!(call.started_speeches().len(), 1);
}

#[test]
fn adaptive_silence_is_learned_from_the_users_own_pauses() {
    let mut call = Call::answered_with(with_policy("adaptive"));
    assert_eq!(answered_after(&mut call, "I like pasta.", None), 500);
    finish_reply(&mut call);
    call.start_speaking().ms(500).stop_speaking("One.");
    for words in ["One two.", "One two three.", "One two three four."] {
        call.ms(300).start_speaking().ms(500).stop_speaking(words);
    }
    call.ms(2000);
    finish_reply(&mut call);
    assert_eq!(answered_after(&mut call, "I like pasta.", None), 520, "400 ms and some margin");
    assert_eq!(call.count(|o| matches!(o, Output::DetectEndOfTurn { .. })), 0);
}

#[test]
fn nothing_is_learned_while_the_agent_has_the_floor() {
    let interruption = InterruptionSettings { enabled: false, ..InterruptionSettings::default() };
    let mut call = Call::answered_with(Settings { interruption, ..with_policy("adaptive") });
    let speech = call.telling_a_story();
    call.start_speaking().ms(500).stop_speaking("One.");
    for words in ["One two.", "One two three.", "One two three four."] {
        call.ms(300).start_speaking().ms(500).stop_speaking(words);
    }
    call.ms(2000).input(Input::VoiceFinished { speech });
    finish_reply(&mut call);
    assert_eq!(answered_after(&mut call, "I like pasta.", None), 500);
}

#[test]
fn nothing_is_learned_from_written_messages() {
    let mut call = Call::answered_with(with_policy("adaptive"));
    for text in ["One.", "Two.", "Three.", "Four.", "Five."] {
        call.typed(text).ms(900);
    }
    finish_reply(&mut call);
    assert_eq!(answered_after(&mut call, "I like pasta.", None), 500);
}

#[test]
fn a_turn_that_was_taken_for_over_teaches_patience() {
    let mut call = Call::answered_with(with_policy("adaptive"));
    for _ in 0..3 {
        call.start_speaking().ms(1000).stop_speaking("I like pasta.").ms(700);
        call.start_speaking().ms(1000).stop_speaking("And pizza.").ms(2000);
        finish_reply(&mut call);
    }
    assert_eq!(answered_after(&mut call, "I like pasta.", None), 1040, "800 ms and some margin");
}

#[test]
fn fixed_silence_is_fixed() {
    let mut call = Call::answered_with(with_policy("fixed"));
    assert_eq!(answered_after(&mut call, "I would like to", None), 500);
    assert_eq!(call.count(|o| matches!(o, Output::DetectEndOfTurn { .. })), 0);
}

#[test]
fn push_to_talk_ends_the_turn_and_silence_does_not() {
    let mut call = Call::answered_with(with_policy("manual"));
    call.input(Input::TurnBegun).start_speaking().ms(1000).stop_speaking("I like pasta.").ms(10_000);
    assert_eq!(call.generations(), 0);
    call.start_speaking().ms(500).stop_speaking("I like pasta. And pizza.");
    call.input(Input::TurnEnded).partial("I like pasta. And pizza.");
    assert_eq!((call.generations(), call.last_words().as_str()), (1, "I like pasta. And pizza."));
}

#[test]
fn what_is_said_without_the_button_is_not_heard() {
    let mut call = Call::answered_with(with_policy("manual"));
    call.start_speaking().ms(1000);
    let at = call.now;
    call.ms(96).input(Input::SpeechStopped { at }).ms(5000);
    assert_eq!(call.count(|o| matches!(o, Output::Transcribe { .. })), 0);
    call.input(Input::TurnBegun);
    assert_eq!(call.count(|o| matches!(o, Output::CloseTurn { .. })), 1, "its audio is thrown away");
}

#[test]
fn a_sound_after_the_button_went_up_does_not_keep_the_turn_from_its_answer() {
    let mut call = Call::answered_with(with_policy("manual"));
    call.input(Input::TurnBegun).start_speaking().ms(1000).stop_speaking("I like pasta.");
    call.input(Input::TurnEnded).start_speaking().ms(50).partial("I like pasta.");
    assert_eq!(call.generations(), 1);
}

#[test]
fn a_turn_that_is_taken_back_is_not_answered_and_leaves_room_for_the_greeting() {
    let mut call = Call::greeting(Settings { voice: true, ..with_policy("manual") });
    call.outputs.clear();
    call.input(Input::TurnBegun).ms(1000).input(Input::TurnCancelled).ms(5000);
    assert_eq!(call.generations(), 0);

    let mut call = Call::new(Settings { greeting: vec!["Hello!".into()], ..with_policy("manual") });
    call.input(Input::Ready).input(Input::PersonArrived { identity: crate::common::USER.into() });
    call.input(Input::TurnBegun).input(Input::VoiceSubscribed).ms(5000);
    assert_eq!(call.count(|o| matches!(o, Output::Speak { .. })), 0);
    call.input(Input::TurnCancelled);
    assert_eq!(call.count(|o| matches!(o, Output::Speak { clause, .. } if clause.text == "Hello!")), 1);
}

#[test]
fn the_button_silences_the_agent() {
    let mut call = Call::answered_with(with_policy("manual"));
    call.input(Input::TurnBegun).start_speaking().ms(500).stop_speaking("Hi.");
    call.input(Input::TurnEnded).partial("Hi.");
    let speech = call.reply("Hello to you.");
    call.play(speech, "Hello to").start_speaking().ms(1000);
    assert_eq!(call.times(&Output::StopSpeech { speech }), 0, "a voice alone does not");
    call.input(Input::TurnBegun);
    assert_eq!(call.times(&Output::StopSpeech { speech }), 1);
}

#[test]
fn a_partial_transcript_that_failed_is_asked_for_again() {
    let mut call = Call::answered();
    call.start_speaking().ms(600);
    let (turn, revision) = call.last_transcription().unwrap();
    call.input(Input::TranscriptFailed { turn, revision }).ms(600);
    assert_eq!(call.last_transcription(), Some((turn, revision + 1)));
}
