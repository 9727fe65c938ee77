//! What remote ears and voice do when their service misbehaves: what they return, how soon, and how often they asked.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use engines::{SpeechToText as _, TextToSpeech as _};
use engines_openai::{
    OPENAI_SPEECH_RATE, OpenAiSpeech, OpenAiSpeechOptions, OpenAiTranscription, OpenAiTranscriptionOptions,
};
use remote::{Deadlines, Endpoint, FailureKind, Secret};
use speech::{CancelFlag, SpeechChunk, SpeechError};
use testkit::stub_openai::{Behaviour, Detail, Plan, Route, StubOpenAi, speech_seconds};

const CLAUSE: &str = "Paris is the capital of France, and it lies on the Seine.";
const HEARD: &str = "What is the capital of France?";
/// Far above the deadlines below: a wait that nobody bounded is found on a busy machine too.
const SOON: Duration = Duration::from_secs(5);

fn deadlines() -> Deadlines {
    let short = Duration::from_millis(300);
    Deadlines { connect: SOON, first: short, between: short, total: SOON }
}

fn endpoint(base_url: &str) -> Endpoint {
    Endpoint::new(base_url, Secret::new("test-key")).unwrap()
}

fn voice(base_url: &str) -> OpenAiSpeech {
    let options = OpenAiSpeechOptions { deadlines: deadlines(), ..OpenAiSpeechOptions::new("stub", "alloy") };
    OpenAiSpeech::new(endpoint(base_url), options, None).unwrap()
}

fn ears(base_url: &str) -> OpenAiTranscription {
    let options = OpenAiTranscriptionOptions { deadlines: deadlines(), ..OpenAiTranscriptionOptions::new("stub") };
    OpenAiTranscription::new(endpoint(base_url), options).unwrap()
}

fn speak(voice: &mut OpenAiSpeech, text: &str) -> (Vec<SpeechChunk>, Result<(), SpeechError>) {
    let mut chunks = Vec::new();
    let result = voice.synthesize(text, &CancelFlag::default(), &mut |chunk| chunks.push(chunk));
    (chunks, result)
}

fn kind<T>(result: Result<T, SpeechError>) -> Result<T, (FailureKind, bool)> {
    result.map_err(|error| {
        assert!(!error.to_string().contains("test-key"), "the key is in: {error}");
        let permanent = error.is_permanent();
        match error {
            SpeechError::Remote { failure, .. } => (failure.kind, permanent),
            other => panic!("{other}"),
        }
    })
}

/// What the requests meet, how it ends, and how many requests there were.
type Row = (&'static [Behaviour], Result<(), (FailureKind, bool)>, usize);

/// What both roles have in common.
fn common() -> Vec<Row> {
    use Behaviour::{Fine, Garbage, Hang, RateLimited, Stall, Status};
    vec![
        (&[Fine], Ok(()), 1),
        (&[Status(401)], Err((FailureKind::Unauthorized, true)), 1),
        (&[Status(404)], Err((FailureKind::Rejected, true)), 1),
        (&[RateLimited { retry_after: 60 }], Err((FailureKind::RateLimited, false)), 1),
        (&[RateLimited { retry_after: 0 }, Fine], Ok(()), 2),
        (&[Status(500)], Err((FailureKind::Server, false)), 2),
        (&[Status(502), Fine], Ok(()), 2),
        (&[Hang], Err((FailureKind::TimedOut, false)), 1),
        (&[Stall], Err((FailureKind::TimedOut, false)), 1),
        (&[Garbage], Err((FailureKind::Garbage, false)), 1),
    ]
}

#[test]
fn each_misbehaviour_of_transcription_has_its_outcome() {
    // Nothing of a text that was cut off was handed on: it is asked for again.
    let cut: [Row; 2] =
        [(&[Behaviour::Cut], Err((FailureKind::Cut, false)), 2), (&[Behaviour::Cut, Behaviour::Fine], Ok(()), 2)];
    for (behaviours, outcome, requests) in common().into_iter().chain(cut) {
        let stub = StubOpenAi::start(Plan::default().behave(Route::Transcription, behaviours.iter().copied())).unwrap();
        let began = Instant::now();
        let result = ears(&stub.base_url()).transcribe(&[0.1; 16_000], &CancelFlag::default());
        assert!(began.elapsed() < SOON, "{behaviours:?} took {:?}", began.elapsed());
        assert_eq!(kind(result), outcome.map(|()| HEARD.to_owned()), "{behaviours:?}");
        assert_eq!(stub.count(Route::Transcription), requests, "{behaviours:?}");
        assert_eq!(stub.violations(), [""; 0], "{behaviours:?}");
    }
}

#[test]
fn each_misbehaviour_of_speech_has_its_outcome() {
    // What has been heard is not said a second time.
    let cut: [Row; 1] = [(&[Behaviour::Cut, Behaviour::Fine], Err((FailureKind::Cut, false)), 1)];
    for (behaviours, outcome, requests) in common().into_iter().chain(cut) {
        let stub = StubOpenAi::start(Plan::default().behave(Route::Speech, behaviours.iter().copied())).unwrap();
        let began = Instant::now();
        let (chunks, result) = speak(&mut voice(&stub.base_url()), CLAUSE);
        assert!(began.elapsed() < SOON, "{behaviours:?} took {:?}", began.elapsed());
        assert_eq!(kind(result), outcome, "{behaviours:?}");
        assert_eq!(stub.count(Route::Speech), requests, "{behaviours:?}");
        assert_eq!(stub.violations(), [""; 0], "{behaviours:?}");
        let words: Vec<&str> = chunks.iter().flat_map(|chunk| &chunk.words).map(|word| word.text.as_str()).collect();
        assert!(CLAUSE.starts_with(&words.join(" ")) && (outcome.is_err() || words.join(" ") == CLAUSE), "{words:?}");
    }
}

#[test]
fn nobody_there_is_a_refusal_that_may_pass() {
    let nobody = StubOpenAi::refusing_base_url().unwrap();
    let refused = (FailureKind::Refused, false);
    assert_eq!(kind(speak(&mut voice(&nobody), CLAUSE).1), Err(refused));
    assert_eq!(kind(ears(&nobody).transcribe(&[0.1; 16_000], &CancelFlag::default())), Err(refused));
}

#[test]
fn a_clause_comes_in_chunks_whose_words_sound_within_them() {
    let stub = StubOpenAi::start(Plan::default()).unwrap();
    let mut voice = voice(&stub.base_url());
    for _ in 0..2 {
        let (chunks, result) = speak(&mut voice, CLAUSE);
        result.unwrap();
        let samples: usize = chunks.iter().map(|chunk| chunk.samples.len()).sum();
        assert_eq!(samples, (speech_seconds(CLAUSE) * f64::from(OPENAI_SPEECH_RATE)) as usize);
        assert_eq!(chunks[0].samples.len(), OPENAI_SPEECH_RATE as usize / 10, "the first chunk is 100 ms");
        for chunk in &chunks {
            assert!(chunk.words.is_sorted_by(|one, next| one.end <= next.start));
            assert!(chunk.words.iter().all(|word| word.start < word.end && word.end <= chunk.samples.len() as u64));
        }
    }
}

#[test]
fn cancelling_is_noticed_while_the_service_is_silent() {
    let plan =
        Plan::default().behave(Route::Speech, [Behaviour::Stall]).behave(Route::Transcription, [Behaviour::Hang]);
    let stub = StubOpenAi::start(plan).unwrap();
    let cancel = CancelFlag::default();
    let mut chunks = 0;
    let result = voice(&stub.base_url()).synthesize(CLAUSE, &cancel, &mut |_| {
        chunks += 1;
        cancel.cancel();
    });
    assert!(result.is_ok() && chunks == 1, "{result:?} after {chunks} chunks");
    // Set before: not even sent.
    assert_eq!(ears(&stub.base_url()).transcribe(&[0.1; 16_000], &cancel).unwrap(), "");
    assert_eq!(stub.count(Route::Transcription), 0);
}

#[test]
fn requests_are_what_the_protocol_says_and_nothing_is_sent_for_nothing() {
    let stub = StubOpenAi::start(Plan::default()).unwrap();
    // A click of a millisecond is filled up to what services take.
    assert_eq!(ears(&stub.base_url()).transcribe(&[0.1; 16], &CancelFlag::default()).unwrap(), HEARD);
    assert_eq!(ears(&stub.base_url()).transcribe(&[], &CancelFlag::default()).unwrap(), "");
    assert!(speak(&mut voice(&stub.base_url()), "🙂 ...").0.is_empty());
    speak(&mut voice(&stub.base_url()), "**Hi!**").1.unwrap();
    let details: Vec<Detail> = stub.requests().into_iter().map(|request| request.detail).collect();
    let transcription =
        Detail::Transcription { model: "stub".into(), language: Some("en".into()), seconds: 0.25, sample_rate: 16_000 };
    let speech =
        Detail::Speech { model: "stub".into(), voice: "alloy".into(), input: "Hi!".into(), format: "pcm".into() };
    assert_eq!(details, [transcription, speech]);
    assert_eq!(stub.violations(), [""; 0]);
}
