//! What goes with the words of a clause goes where they are spoken, and nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use chat::{Annotation, Clause, Emotion, FinishReason, Message};
use dialogue::{Input, Output, RecordedLine, Settings, Speculation, SpeechId};

use crate::common::{Call, replay};

/// Two clauses, the first of them with a feeling at its second word.
fn clauses() -> [Clause; 2] {
    let annotations = vec![Annotation::emotion(1, Emotion::Joy, 700)];
    [Clause { text: "How wonderful!".into(), annotations }, Clause::new("I am glad.")]
}

fn reply(call: &mut Call, clauses: impl IntoIterator<Item = Clause>) -> SpeechId {
    let speech = call.last_speech();
    for clause in clauses {
        call.input(Input::ReplyClause { speech, clause });
    }
    call.input(Input::ReplyFinished { speech, finish: FinishReason::Stop });
    speech
}

fn spoken(call: &Call) -> Vec<Clause> {
    let clauses = call.outputs.iter().filter_map(|output| match output {
        Output::Speak { clause, .. } => Some(clause.clone()),
        _ => None,
    });
    clauses.collect()
}

fn lines(call: &Call) -> Vec<String> {
    call.lines.iter().map(|line| serde_json::to_string(line).unwrap()).collect()
}

#[test]
fn annotations_are_spoken_and_never_shown_or_remembered() {
    let mut call = Call::answered();
    call.say("I won.");
    let speech = reply(&mut call, clauses());
    assert_eq!(spoken(&call), clauses());
    call.play(speech, "How wonderful! I am glad.").input(Input::VoiceFinished { speech });
    let captions = call.outputs.iter().filter_map(|output| match output {
        Output::AgentCaption { delta, .. } => Some(delta.as_str()),
        _ => None,
    });
    assert_eq!(captions.collect::<String>(), "How wonderful! I am glad.");
    call.say("Thanks.");
    let messages = call.last_messages();
    assert_eq!(messages[messages.len() - 2], Message::assistant("How wonderful! I am glad."));
}

#[test]
fn they_wait_with_a_reply_that_is_made_ahead() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I won.");
    let [first, second] = clauses();
    let speech = reply(&mut call, [second.clone(), first.clone()]);
    assert_eq!(spoken(&call), std::slice::from_ref(&second), "one clause is spoken ahead");
    call.ms(1500);
    assert_eq!(call.started_speeches(), [speech]);
    assert_eq!(spoken(&call), [second, first]);
}

#[test]
fn they_go_with_a_reply_that_is_discarded() {
    let mut call = Call::answered();
    call.start_speaking().ms(1000).stop_speaking("I won.");
    let [first, second] = clauses();
    reply(&mut call, [second.clone(), first.clone()]);
    call.ms(200).start_speaking().ms(500);
    assert_eq!(call.times(&Output::Speculation(Speculation::Discarded)), 1);
    call.ms(500).stop_speaking("I won. Almost.").ms(1500);
    reply(&mut call, [Clause::new("How wonderful!")]);
    assert_eq!(spoken(&call), [second, Clause::new("How wonderful!")]);
}

#[test]
fn without_a_voice_the_words_alone_are_written() {
    let mut call = Call::new(Settings { voice: false, ..Settings::default() });
    call.input(Input::Ready)
        .input(Input::PersonArrived { identity: crate::common::USER.into() })
        .typed("I won.")
        .ms(100);
    let speech = call.last_speech();
    reply(&mut call, clauses());
    assert_eq!(spoken(&call), []);
    assert_eq!(call.times(&Output::AgentCaption { speech, delta: "How wonderful!".into() }), 1);
}

#[test]
fn a_recording_holds_them_and_does_the_same_again() {
    let mut call = Call::answered();
    call.say("I won.");
    let speech = reply(&mut call, clauses());
    let recorded = lines(&call);
    let fields = format!(
        "{{\"speech\":{},\"text\":\"How wonderful!\",\"annotations\":[{{\"word\":1,\"kind\":\"emotion\",\"emotion\":\"joy\",\"intensity\":700}}]}}",
        speech.0
    );
    let counted = |name: &str| recorded.iter().filter(|line| line.contains(&format!("\"{name}\":{fields}"))).count();
    assert_eq!((counted("reply_clause"), counted("speak")), (1, 1), "{recorded:#?}");
    let read: Vec<RecordedLine> = recorded.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, call.lines);
    replay(read).unwrap();
}

#[test]
fn clauses_without_them_are_recorded_as_they_always_were() {
    let mut call = Call::answered();
    call.say("Hi.");
    let speech = call.reply("Hello.").0;
    let recorded = lines(&call);
    for part in [
        format!("\"input\":{{\"reply_clause\":{{\"speech\":{speech},\"text\":\"Hello.\"}}}}"),
        format!("\"output\":{{\"speak\":{{\"speech\":{speech},\"text\":\"Hello.\"}}}}"),
        format!("\"input\":{{\"reply_finished\":{{\"speech\":{speech},\"finish\":\"complete\"}}}}"),
        "{\"role\":\"user\",\"content\":\"Hi.\"}".to_owned(),
    ] {
        assert!(recorded.iter().any(|line| line.contains(&part)), "{part} is missing in {recorded:#?}");
    }
}

#[test]
fn a_later_kind_of_annotation_breaks_no_replay() {
    let mut call = Call::answered();
    call.say("I won.");
    reply(&mut call, clauses());
    let later = lines(&call).into_iter().map(|line| {
        line.replace("\"annotations\":[", "\"annotations\":[{\"word\":0,\"kind\":\"gesture\",\"name\":\"wave\"},")
    });
    let read = later.map(|line| serde_json::from_str(&line).unwrap()).collect::<Vec<RecordedLine>>();
    assert_eq!(read, call.lines);
    replay(read).unwrap();
}
