//! The real ears on real speech: voice activity and speech-to-text.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use assets::Asset;
use engines_onnx::onnx;
use speech::gate::{GateEvent, SpeechGate, SpeechGateSettings};
use speech::{CancelFlag, SpeechError, VAD_FRAME};

use crate::common::{assets, noise, recording, stt, word_errors, words};

const SECOND: usize = 16_000;
/// The beginning of the recording of "A Tale of Two Cities".
const TWO_CITIES: &str = "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age \
    of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the \
    season of Darkness, it was the spring of hope, it was the winter of despair";

fn gate(audio: &[f32]) -> Vec<GateEvent> {
    let mut vad = engines_onnx::silero::open(&assets()).unwrap_or_else(|error| panic!("{error}"));
    let mut gate = SpeechGate::new(SpeechGateSettings::default());
    audio.chunks_exact(VAD_FRAME).filter_map(|frame| gate.push(vad.process(frame).unwrap())).collect()
}

#[test]
fn silence_and_noise_are_not_speech() {
    assert_eq!(gate(&vec![0.0; 5 * SECOND]), []);
    assert_eq!(gate(&noise(5 * SECOND, 0.05)), []);
}

#[test]
fn speech_is_found_where_it_is() {
    // The reader begins 1.2 s into the recording and pauses at 4.6 s.
    let spoken = SECOND * 12 / 10..SECOND * 46 / 10;
    let mut audio = noise(SECOND, 0.001);
    audio.extend(&recording(Asset::SampleTwoCities)[spoken]);
    audio.extend(noise(2 * SECOND, 0.001));
    let events = gate(&audio);
    let Some(GateEvent::Started { at_sample: start }) = events.first().copied() else { panic!("{events:?}") };
    let Some(GateEvent::Stopped { at_sample: stop }) = events.last().copied() else { panic!("{events:?}") };
    let around =
        |second_tenths: usize| second_tenths * SECOND / 10 - SECOND / 8..second_tenths * SECOND / 10 + SECOND / 5;
    assert!(around(10).contains(&(start as usize)), "started at {start}");
    assert!(around(44).contains(&(stop as usize)), "stopped at {stop}");
}

#[test]
fn a_voice_is_found_as_soon_after_long_digital_silence_as_after_faint_noise() {
    let spoken = &recording(Asset::SampleTwoCities)[SECOND * 12 / 10..SECOND * 3];
    let after = |quiet: Vec<f32>| {
        let began = quiet.len() as u64;
        match gate(&[&quiet, spoken].concat()).first() {
            Some(GateEvent::Started { at_sample }) => at_sample.saturating_sub(began),
            other => panic!("{other:?}"),
        }
    };
    let frames = |seconds: usize| seconds * SECOND / VAD_FRAME * VAD_FRAME;
    let (silence, faint) = (after(vec![0.0; frames(10)]), after(noise(frames(10), 0.001)));
    assert!(silence <= faint + VAD_FRAME as u64, "{silence} samples after silence, {faint} after noise");
}

#[test]
fn the_detector_refuses_other_frames_and_forgets_on_reset() {
    let mut vad = engines_onnx::silero::open(&assets()).unwrap_or_else(|error| panic!("{error}"));
    assert!(matches!(vad.process(&[0.0; 100]), Err(SpeechError::Input { .. })));
    assert!(matches!(vad.process(&[f32::NAN; VAD_FRAME]), Err(SpeechError::Input { .. })));
    let speech = recording(Asset::SampleTwoCities);
    let frames = || speech[SECOND..2 * SECOND].chunks_exact(VAD_FRAME);
    let first: Vec<f32> = frames().map(|frame| vad.process(frame).unwrap()).collect();
    vad.reset();
    let second: Vec<f32> = frames().map(|frame| vad.process(frame).unwrap()).collect();
    assert_eq!(first, second);
}

#[test]
fn a_known_passage_is_understood() {
    let audio = recording(Asset::SampleTwoCities);
    let mut ears = stt();
    let heard = ears.transcribe(&audio[..25 * SECOND], &CancelFlag::default()).unwrap();
    // The clip ends in mid-sentence: only as many words as were heard are compared.
    let said: Vec<String> = words(TWO_CITIES).into_iter().take(words(&heard).len()).collect();
    let wrong = word_errors(&said.join(" "), &heard);
    assert!(said.len() >= 30, "only {heard:?}");
    assert!(wrong * 5 <= said.len(), "{wrong} of {} words wrong: {heard}", said.len());
}

#[test]
fn audio_without_words_gives_none_and_audio_that_is_none_is_refused() {
    let mut ears = stt();
    let cancel = CancelFlag::default();
    for short in [0, 1, 1_599] {
        assert_eq!(ears.transcribe(&vec![0.1; short], &cancel).unwrap(), "");
    }
    let mut broken = vec![0.0; SECOND];
    broken[7] = f32::NAN;
    assert!(matches!(ears.transcribe(&broken, &cancel), Err(SpeechError::Input { .. })));
    assert!(matches!(ears.transcribe(&vec![0.0; 301 * SECOND], &cancel), Err(SpeechError::Input { .. })));
    // Noise may be taken for a word or two, but never for a speech.
    let heard = ears.transcribe(&noise(3 * SECOND, 0.1), &cancel).unwrap();
    assert!(words(&heard).len() <= 6, "{heard}");
}

#[test]
fn long_audio_is_heard_to_its_end() {
    let speech = recording(Asset::SampleTwoCities);
    let mut ears = stt();
    let heard = ears.transcribe(&speech[..40 * SECOND], &CancelFlag::default()).unwrap();
    let last = ears.transcribe(&speech[34 * SECOND..40 * SECOND], &CancelFlag::default()).unwrap();
    let (heard, last) = (words(&heard), words(&last));
    let found = last.iter().filter(|word| heard[heard.len() / 2..].contains(word)).count();
    assert!(found * 2 > last.len(), "{last:?} is not at the end of {heard:?}");
}

#[test]
fn a_cancelled_call_gives_nothing() {
    let cancel = CancelFlag::default();
    cancel.cancel();
    assert_eq!(stt().transcribe(&recording(Asset::SampleBeckett), &cancel).unwrap(), "");
}

#[test]
fn a_second_runtime_is_refused_and_the_same_one_is_fine() {
    let library = assets().path(Asset::OnnxRuntime).unwrap();
    onnx::init(&library).unwrap();
    onnx::init(&library).unwrap();
    let error = onnx::init(std::path::Path::new("/other/libonnxruntime.so")).unwrap_err();
    assert!(error.to_string().contains("already running"), "{error}");
}
