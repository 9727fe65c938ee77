//! What happens when the user speaks over the agent.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use chat::Role;
use dialogue::{
    BuildInterruption, FalseInterruption, Input, Interruption, InterruptionSettings, Output, Overlap, Playout,
    PolicyRegistry, Registered, Settings, SpeechId, Verdict,
};

use crate::common::Call;

fn stopped(call: &Call, speech: SpeechId) -> bool {
    call.times(&Output::StopSpeech { speech }) == 1
}

fn resumed(call: &Call, speech: SpeechId, why: FalseInterruption) -> bool {
    call.times(&Output::FalselyInterrupted { speech, why }) == 1
        && call.orders(speech).last() == Some(&Playout::Resume)
        && !stopped(call, speech)
}

#[test]
fn the_agent_pauses_within_200_ms_of_the_users_voice() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking();
    assert_eq!(call.orders(speech), [Playout::Brace], "at once, and unheard");
    call.ms(159);
    assert_eq!(call.orders(speech), [Playout::Brace]);
    call.ms(1);
    assert_eq!(call.orders(speech), [Playout::Brace, Playout::Pause]);
}

#[test]
fn a_voice_that_was_noticed_late_is_counted_from_its_beginning() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    let at = call.now;
    call.ms(170).input(Input::SpeechStarted { at });
    assert_eq!(call.orders(speech), [Playout::Brace, Playout::Pause]);
}

#[test]
fn a_back_channel_resumes_and_no_word_is_lost() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(400).stop_speaking("Right.");
    assert!(resumed(&call, speech, FalseInterruption::BackChannel));
    for word in [" time", " there"] {
        call.ms(200).input(Input::Heard { speech, text: word.into() });
    }
    call.input(Input::VoiceFinished { speech }).say("And then?");
    let told = call.last_messages().into_iter().rfind(|message| message.role == Role::Assistant);
    assert_eq!(told.unwrap().text(), "Once upon a time there");
    let users = call.last_messages().into_iter().filter(|message| message.role == Role::User).count();
    assert_eq!(users, 2, "the back-channel is no turn");
}

#[test]
fn a_cough_resumes() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(300).stop_speaking("");
    assert!(resumed(&call, speech, FalseInterruption::Noise));
    assert_eq!(call.generations(), 0);
}

#[test]
fn a_click_does_not_even_pause() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    let at = call.now;
    call.start_speaking().ms(110).input(Input::SpeechStopped { at: at + Duration::from_millis(20) });
    assert_eq!(call.orders(speech), [Playout::Brace, Playout::Resume]);
    assert_eq!(call.count(|o| matches!(o, Output::FalselyInterrupted { .. } | Output::Transcribe { .. })), 0);
}

#[test]
fn real_words_cut_while_they_are_still_said() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(800).partial("Wait, how old was");
    assert!(stopped(&call, speech));
    assert_eq!(call.times(&Output::Interrupted { speech }), 1);
    call.ms(200).stop_speaking("Wait, how old was he?").ms(1500);
    assert_eq!(call.last_words(), "Wait, how old was he?");
    assert_eq!(call.count(|o| matches!(o, Output::FalselyInterrupted { .. })), 0);
}

#[test]
fn one_word_cuts_when_it_is_over_and_not_before() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(400).partial("Stop");
    assert!(!stopped(&call, speech), "it may be the beginning of anything");
    call.stop_speaking("Stop.");
    assert!(stopped(&call, speech));
    call.ms(1500);
    assert_eq!(call.last_words(), "Stop.");
}

#[test]
fn a_yes_at_the_end_of_a_question_is_its_answer() {
    let mut call = Call::answered();
    call.say("Tell me a story.");
    let speech = call.reply("A long one?");
    call.play(speech, "A long one?").start_speaking().ms(400).stop_speaking("Yes.");
    assert!(stopped(&call, speech));
    call.ms(1500);
    assert_eq!(call.last_words(), "Yes.");
}

#[test]
fn by_voice_alone_even_a_listener_takes_the_floor() {
    let interruption = InterruptionSettings { policy: "voice".into(), ..InterruptionSettings::default() };
    let mut call = Call::answered_with(Settings { interruption, ..Settings::default() });
    let speech = call.telling_a_story();
    call.start_speaking().ms(159);
    assert!(!stopped(&call, speech));
    call.ms(1);
    assert!(stopped(&call, speech), "before any word is known");
}

#[test]
fn by_voice_alone_a_voice_counts_by_its_length_without_words() {
    let least_duration = Duration::from_millis(600);
    let interruption =
        InterruptionSettings { policy: "voice".into(), least_duration, ..InterruptionSettings::default() };
    let mut call = Call::answered_with(Settings { interruption, ..Settings::default() });
    let speech = call.telling_a_story();
    call.start_speaking().ms(599);
    assert!(!stopped(&call, speech));
    call.ms(51);
    assert!(stopped(&call, speech), "no transcript was needed");
}

/// Waits for ever.
#[derive(Debug)]
struct Undecided;

impl Interruption for Undecided {
    fn judge(&self, _: &Overlap<'_>) -> Verdict {
        Verdict::Wait
    }
}

#[test]
fn a_policy_that_never_decides_does_not_keep_the_agent_silent() {
    let undecided =
        Registered { name: "undecided", summary: "waits", build: (|_, _| Box::new(Undecided)) as BuildInterruption };
    let interruption = InterruptionSettings { policy: "undecided".into(), ..InterruptionSettings::default() };
    let registry = PolicyRegistry::builtin().with_interruption(undecided);
    let mut call = Call::answered_by(Settings { interruption, ..Settings::default() }, &registry);
    let speech = call.telling_a_story();
    call.start_speaking().ms(900).stop_speaking("Stop, I have a question.");
    assert!(resumed(&call, speech, FalseInterruption::BackChannel));
}

#[test]
fn without_back_channels_a_listener_is_answered() {
    let interruption = InterruptionSettings { back_channel: "never".into(), ..InterruptionSettings::default() };
    let mut call = Call::answered_with(Settings { interruption, ..Settings::default() });
    let speech = call.telling_a_story();
    call.start_speaking().ms(900).stop_speaking("Right.");
    assert!(stopped(&call, speech));
}

#[test]
fn each_language_has_back_channels_of_its_own() {
    let mut call = Call::answered_with(Settings { language: "de-DE".into(), ..Settings::default() });
    let speech = call.telling_a_story();
    call.start_speaking().ms(900).stop_speaking("Ach so, genau.");
    assert!(resumed(&call, speech, FalseInterruption::BackChannel));
    call.start_speaking().ms(400).stop_speaking("Warte!");
    assert!(stopped(&call, speech));
}

#[test]
fn fewer_words_than_the_least_never_cut() {
    let interruption = InterruptionSettings { least_words: 3, ..InterruptionSettings::default() };
    let mut call = Call::answered_with(Settings { interruption, ..Settings::default() });
    let speech = call.telling_a_story();
    call.start_speaking().ms(900).stop_speaking("Stop it.");
    assert!(resumed(&call, speech, FalseInterruption::BackChannel));
    call.start_speaking().ms(900).stop_speaking("Stop it now.");
    assert!(stopped(&call, speech));
}

#[test]
fn a_shorter_sound_than_the_least_never_cuts() {
    let interruption =
        InterruptionSettings { least_duration: Duration::from_secs(1), ..InterruptionSettings::default() };
    let mut call = Call::answered_with(Settings { interruption, ..Settings::default() });
    let speech = call.telling_a_story();
    call.start_speaking().ms(900).stop_speaking("Stop it right now.");
    assert!(resumed(&call, speech, FalseInterruption::BackChannel));
    call.start_speaking().ms(1000).stop_speaking("Stop it right now.");
    assert!(stopped(&call, speech));
}

#[test]
fn an_agent_that_may_not_be_interrupted_is_heard_to_its_end_and_then_answers() {
    let mut call = Call::greeting(Settings { greeting_interruptible: false, ..Settings::default() });
    let speech = call.last_speech();
    call.input(Input::VoiceStarted { speech }).start_speaking().ms(1000).stop_speaking("What can you do?").ms(2000);
    assert_eq!(call.orders(speech), [Playout::Start]);
    assert_eq!(call.generations(), 0);
    call.input(Input::VoiceFinished { speech });
    assert_eq!(call.last_words(), "What can you do?");
}

#[test]
fn with_interruptions_off_what_was_said_is_answered_afterwards() {
    let interruption = InterruptionSettings { enabled: false, ..InterruptionSettings::default() };
    let mut call = Call::answered_with(Settings { interruption, ..Settings::default() });
    let speech = call.telling_a_story();
    call.start_speaking().ms(1000).stop_speaking("How old was he?").ms(2000);
    assert_eq!(call.orders(speech), []);
    call.input(Input::VoiceFinished { speech });
    assert_eq!(call.last_words(), "How old was he?");
}

#[test]
fn noise_that_goes_on_is_spoken_over() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(400).partial("").ms(400).partial("");
    // Nothing that was asked is outstanding when the time is up.
    call.ms(100).partial("").ms(250).partial("").ms(250).partial("").ms(200).partial("").ms(59);
    assert_eq!(call.orders(speech), [Playout::Brace, Playout::Pause]);
    call.ms(1);
    assert!(resumed(&call, speech, FalseInterruption::Noise));
    call.outputs.clear();
    call.ms(5000);
    assert_eq!(call.orders(speech), [], "it stays ignored");
    assert_eq!(call.count(|o| matches!(o, Output::Transcribe { .. })), 0, "and is not transcribed");
    call.stop_speaking("");
    assert_eq!(call.orders(speech), []);
    assert_eq!(call.count(|o| matches!(o, Output::TurnDropped { .. })), 1);
    // The next sound is listened to again.
    call.start_speaking().ms(160);
    assert_eq!(call.orders(speech), [Playout::Brace, Playout::Pause]);
}

#[test]
fn words_at_the_end_of_a_noise_are_not_lost() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(400).partial("").ms(3000);
    assert!(resumed(&call, speech, FalseInterruption::Noise));
    call.stop_speaking("Could you speak up, please?");
    assert!(stopped(&call, speech));
    call.ms(1500);
    assert_eq!(call.last_words(), "Could you speak up, please?");
}

#[test]
fn a_click_after_a_noise_does_not_throw_its_words_away() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(400).partial("").ms(3000);
    let at = call.now;
    call.ms(96).input(Input::SpeechStopped { at }).ms(100);
    let at = call.now;
    call.start_speaking().ms(110).input(Input::SpeechStopped { at: at + Duration::from_millis(20) });
    call.partial("Could you speak up, please?");
    assert!(stopped(&call, speech));
}

#[test]
fn a_cough_after_real_words_does_not_make_them_too_short() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(900);
    let at = call.now;
    call.ms(96).input(Input::SpeechStopped { at }).ms(100);
    call.start_speaking().ms(60).stop_speaking("How old was he?");
    assert!(stopped(&call, speech));
}

#[test]
fn a_speech_to_text_that_is_too_slow_to_tell_gives_the_user_the_floor() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(160 + 1499);
    assert!(!stopped(&call, speech));
    call.ms(1);
    assert!(stopped(&call, speech));
}

#[test]
fn whoever_speaks_on_before_the_answer_sounds_continues_the_same_turn() {
    let mut call = Call::answered();
    call.say("I would like a pizza.");
    let first = call.last_speech();
    call.start_speaking();
    assert_eq!(call.orders(first).last(), Some(&Playout::Pause), "at once: nothing was heard yet");
    call.ms(300).stop_speaking("Please.").ms(1500);
    assert!(stopped(&call, first));
    assert_eq!(call.last_words(), "I would like a pizza. Please.");
}

#[test]
fn a_noise_before_the_answer_sounds_only_delays_it() {
    let mut call = Call::answered();
    call.say("I would like a pizza.");
    let speech = call.reply("Which one?");
    call.start_speaking().ms(200).stop_speaking("");
    assert!(resumed(&call, speech, FalseInterruption::Noise));
    assert_eq!(call.generations(), 1);
    call.play(speech, "Which one?").input(Input::VoiceFinished { speech }).ms(30_000);
    assert_eq!(call.ended(), None);
}

#[test]
fn a_pause_longer_than_the_voices_deadline_is_no_failure() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.start_speaking().ms(300).partial("hmm hmm");
    for _ in 0..60 {
        call.ms(500).partial("hmm hmm");
    }
    assert_eq!(call.ended(), None);
    call.stop_speaking("hmm hmm");
    assert!(resumed(&call, speech, FalseInterruption::BackChannel));
}

#[test]
fn another_person_is_linked_while_the_agent_is_paused() {
    let mut call = Call::answered();
    let speech = call.telling_a_story();
    call.input(Input::PersonArrived { identity: "bea-1".into() }).start_speaking().ms(300);
    assert_eq!(call.orders(speech).last(), Some(&Playout::Pause));
    call.input(Input::PersonLeft { identity: crate::common::USER.into(), on_purpose: true });
    assert_eq!(call.orders(speech).last(), Some(&Playout::Resume));
    call.input(Input::VoiceFinished { speech }).say("Who are you?");
    assert_eq!(call.last_words(), "Who are you?");
}
