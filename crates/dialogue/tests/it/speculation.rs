//! Answers made before the turn is over.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::common::Call;
use dialogue::{EndReason, Engine, Input, Output, Playout, Settings, Speculation, SpeculationSettings};

fn told(call: &Call, what: Speculation) -> usize {
    call.times(&Output::Speculation(what))
}

fn spoken(call: &Call) -> Vec<&str> {
    let texts = call.outputs.iter().filter_map(|output| match output {
        Output::Speak { clause, .. } => Some(clause.text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn an_answer_is_begun_at_the_first_silence_and_let_out_at_the_end_of_the_turn() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("What is the capital of France?");
    assert_eq!((told(&call, Speculation::Started), call.generations()), (1, 1));
    assert_eq!(call.last_words(), "What is the capital of France?");
    assert_eq!(call.started_speeches(), [], "nobody may hear of it");
    call.ms(400);
    assert_eq!(call.started_speeches(), [call.last_speech()]);
    assert_eq!((told(&call, Speculation::Committed), call.generations()), (1, 1));
    call.ms(5000);
    assert_eq!(told(&call, Speculation::Discarded), 0);
}

#[test]
fn it_is_thrown_away_when_the_user_goes_on() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.");
    let first = call.last_speech();
    call.ms(200).start_speaking().ms(255);
    assert_eq!(told(&call, Speculation::Discarded), 0, "it may be a cough");
    call.ms(1);
    assert_eq!(told(&call, Speculation::Discarded), 1);
    assert_eq!(call.times(&Output::StopSpeech { speech: first }), 1);
    assert_eq!(call.times(&Output::CancelGeneration { speech: first }), 1);
    call.ms(500).stop_speaking("I like pasta. And pizza.").ms(1500);
    assert_eq!(call.last_words(), "I like pasta. And pizza.");
    assert_eq!(call.started_speeches().len(), 1);
}

#[test]
fn it_is_kept_over_a_short_noise() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.");
    call.ms(200).start_speaking().ms(100).stop_speaking("I like pasta").ms(1500);
    assert_eq!((told(&call, Speculation::Discarded), call.generations()), (0, 1));
    assert_eq!(told(&call, Speculation::Committed), 1);
}

#[test]
fn words_that_changed_are_answered_anew() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.");
    call.ms(200).start_speaking().ms(100).stop_speaking("I like pasta. No.").ms(1500);
    assert_eq!((told(&call, Speculation::Discarded), told(&call, Speculation::Committed)), (1, 1));
    assert_eq!(call.last_words(), "I like pasta. No.");
}

#[test]
fn only_the_first_clause_is_spoken_ahead() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.");
    let speech = call.last_speech();
    call.input(Input::ReplyClause { speech, clause: "So do I.".into() });
    call.reply("With cheese.");
    assert_eq!(spoken(&call), ["So do I."]);
    assert_eq!(call.times(&Output::FinishSpeech { speech }), 0);
    call.ms(1500);
    assert_eq!(spoken(&call), ["So do I.", "With cheese."]);
    assert_eq!(call.times(&Output::FinishSpeech { speech }), 1);
}

#[test]
fn a_clause_that_failed_ahead_of_time_is_written_when_the_answer_is_let_out() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.");
    let speech = call.reply("So do I.");
    call.input(Input::VoiceFailed { speech, text: "So do I.".into() });
    let caption = Output::AgentCaption { speech, delta: "So do I.".into() };
    assert_eq!(call.times(&caption), 0);
    call.ms(1500);
    assert_eq!(call.times(&caption), 1);
}

#[test]
fn a_voice_that_hangs_on_what_was_made_ahead_is_lost() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.");
    call.reply("So do I.");
    call.ms(400 + 19_999);
    assert_eq!(call.ended(), None);
    call.ms(1);
    assert_eq!(call.ended(), Some(EndReason::EngineLost(Engine::TextToSpeech)));
}

#[test]
fn a_minute_wastes_no_more_than_its_share() {
    let speculation = SpeculationSettings { most_wasted_a_minute: 2, ..SpeculationSettings::default() };
    let mut call = Call::answered_with(Settings { speculation, ..Settings::default() });
    call.start_speaking().ms(500).stop_speaking("One.");
    call.start_speaking().ms(500).stop_speaking("One two.");
    call.start_speaking().ms(500).stop_speaking("One two three.");
    assert_eq!((told(&call, Speculation::Started), told(&call, Speculation::Discarded)), (2, 2));
    call.ms(2000);
    assert_eq!(call.last_words(), "One two three.", "answered all the same, only later");
    let speech = call.reply("Four.");
    call.play(speech, "Four.").input(Input::VoiceFinished { speech }).ms(60_000);
    call.start_speaking().ms(500).stop_speaking("Five.");
    assert_eq!(told(&call, Speculation::Started), 3);
}

#[test]
fn a_turn_that_seems_unfinished_is_answered_ahead_only_after_a_while() {
    let mut dangling = Call::answered();
    dangling.start_speaking().ms(1000).stop_speaking("I would like to");
    let mut sounds_unfinished = Call::answered();
    sounds_unfinished.start_speaking().ms(1000);
    let at = sounds_unfinished.now;
    sounds_unfinished.ms(96).input(Input::SpeechStopped { at }).probability(50).partial("I like pasta.");
    for mut call in [dangling, sounds_unfinished] {
        call.ms(200);
        assert_eq!(call.generations(), 0, "most pauses are short");
        call.ms(1500);
        assert_eq!(
            (told(&call, Speculation::Started), told(&call, Speculation::Committed), call.generations()),
            (1, 1, 1)
        );
    }
}

#[test]
fn a_turn_that_seemed_unfinished_and_goes_on_is_not_answered_ahead() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I would like to").ms(200).start_speaking().ms(2000);
    assert_eq!(call.generations(), 0);
}

#[test]
fn nothing_is_made_ahead_when_that_is_switched_off() {
    let speculation = SpeculationSettings { enabled: false, ..SpeculationSettings::default() };
    let mut call = Call::answered_with(Settings { speculation, ..Settings::default() });
    call.start_speaking().ms(1000).stop_speaking("I like pasta.");
    assert_eq!(call.generations(), 0);
    call.ms(1500);
    assert_eq!((call.generations(), told(&call, Speculation::Started)), (1, 0));
}

#[test]
fn an_answer_that_is_held_ends_with_the_call_and_with_the_person() {
    for input in
        [Input::HangUp(EndReason::Asked), Input::PersonLeft { identity: crate::common::USER.into(), on_purpose: false }]
    {
        let mut call = Call::answered();
        call.start_speaking().ms(1000).stop_speaking("I like pasta.").input(input);
        assert_eq!((told(&call, Speculation::Started), told(&call, Speculation::Discarded)), (1, 1));
    }
}

#[test]
fn a_held_answer_is_not_taken_for_a_voice_that_hangs() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I like pasta.");
    let speech = call.reply("So do I.");
    // Clicks keep the turn open for longer than a voice may make no progress.
    for _ in 0..80 {
        // What was cut off is not heard again.
        let cut = call.count(|output| matches!(output, Output::CutTurn { .. })) > 0;
        let words = if cut { "" } else { "I like pasta." };
        call.ms(200).start_speaking().ms(50).stop_speaking(words);
    }
    assert_eq!(call.ended(), None);
    call.ms(1500);
    assert_eq!(call.orders(speech), [Playout::Start]);
}
