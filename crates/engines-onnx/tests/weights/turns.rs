//! Smart Turn with its real model: turns that have ended, and turns that only pause.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use assets::{Asset, KokoroVoice};
use engines::{TextToSpeech, TurnDetector};
use speech::{LISTEN_SAMPLE_RATE, SpeechError};

use crate::common::{assets, kokoro, recording, say, to_ears};

const SECOND: usize = LISTEN_SAMPLE_RATE as usize;
/// Silence behind the last word when the detector is asked.
const TAIL: usize = SECOND / 10;

fn detector() -> Box<dyn TurnDetector> {
    engines_onnx::smart_turn::open(&assets(), 2).unwrap_or_else(|error| panic!("{error}"))
}

/// The first `words` words of `text` as the ears hear them, with a lead-in and [`TAIL`] of silence. The speaker goes on to
/// the end of the text, so that the words before the cut sound as those of somebody who has more to say.
fn spoken(voice: &mut dyn TextToSpeech, text: &str, words: usize) -> Vec<f32> {
    let chunks = say(voice, text);
    let [chunk] = chunks.as_slice() else { panic!("{} chunks", chunks.len()) };
    let end = usize::try_from(chunk.words[words - 1].end).unwrap();
    let heard = to_ears(&chunk.samples[..end], voice.sample_rate());
    [vec![0.0; SECOND / 5], heard, vec![0.0; TAIL]].concat()
}

#[test]
fn whole_sentences_are_told_from_broken_off_ones() {
    let mut detector = detector();
    let mut voice = kokoro(KokoroVoice::AfHeart);
    for text in [
        "What is the capital of France?",
        "I would like to order a large pizza, please.",
        "My favourite food is lasagna.",
        "Please set a timer for ten minutes.",
    ] {
        let audio = spoken(voice.as_mut(), text, text.split(' ').count());
        let probability = detector.probability(&audio).unwrap();
        assert!(probability > 0.7, "{text}: {probability}");
    }
    for (text, words) in [
        ("I would like to order a large pizza, please.", 4),
        ("So what I wanted to ask is whether you could help me.", 7),
        ("Yesterday I went to the shop and bought some milk.", 7),
        ("If you have the time, then maybe we could meet.", 7),
    ] {
        let probability = detector.probability(&spoken(voice.as_mut(), text, words)).unwrap();
        assert!(probability < 0.3, "{text}, {words} words: {probability}");
    }
}

#[test]
fn a_reader_s_full_stops_are_told_from_commas() {
    let audio = recording(Asset::SampleTwoCities);
    let mut detector = detector();
    // Where the voice falls silent, in seconds, found with the voice activity detector.
    let mut after = |seconds: f64| {
        let end = (seconds * SECOND as f64) as usize + TAIL;
        detector.probability(&audio[..end]).unwrap()
    };
    for (end, words) in [(28.35, "direct the other way"), (41.73, "the superlative degree of comparison only.")] {
        assert!(after(end) > 0.7, "{words}: {}", after(end));
    }
    for (end, words) in [(6.30, "the age of wisdom,"), (14.85, "the season of light,"), (18.78, "the spring of hope,")]
    {
        assert!(after(end) < 0.3, "{words}: {}", after(end));
    }
}

#[test]
fn only_the_last_eight_seconds_are_heard() {
    let audio = recording(Asset::SampleTwoCities);
    let mut detector = detector();
    let whole = detector.probability(&audio[..15 * SECOND]).unwrap();
    assert_eq!(detector.probability(&audio[7 * SECOND..15 * SECOND]).unwrap(), whole);
}

#[test]
fn no_audio_is_no_end_and_broken_audio_is_refused() {
    let mut detector = detector();
    assert_eq!(detector.probability(&[]).unwrap(), 0.0);
    let mut broken = vec![0.0; SECOND];
    broken[3] = f32::NAN;
    assert!(matches!(detector.probability(&broken), Err(SpeechError::Input { .. })));
    let silence = detector.probability(&vec![0.0; SECOND]).unwrap();
    assert!((0.0..=1.0).contains(&silence), "{silence}");
}

#[test]
fn a_file_that_is_no_model_is_named() {
    let assets = assets();
    engines_onnx::onnx::init(&assets.path(Asset::OnnxRuntime).unwrap()).unwrap();
    let wrong = assets.path(Asset::SileroVad).unwrap();
    let error = engines_onnx::smart_turn::SmartTurn::load(&wrong, 1).err().expect("Silero is no turn detector");
    assert!(matches!(&error, SpeechError::Load { .. }), "{error}");
    assert!(error.to_string().contains("silero_vad"), "{error}");
}
