//! What the tests with real models share.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, unreachable_pub, missing_docs)]

use assets::{Asset, Assets, KokoroVoice};
use engines::{SpeechToText, TextToSpeech};
use speech::resample::Resampler;
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, SpeechChunk};

pub fn assets() -> Assets {
    Assets::open().expect("a cache folder")
}

/// A missing file fails the test with the command that brings it.
pub fn stt() -> Box<dyn SpeechToText> {
    engines_onnx::moonshine::open(&assets(), 2).unwrap_or_else(|error| panic!("{error}"))
}

pub fn piper() -> Box<dyn TextToSpeech> {
    engines_onnx::piper::open(&assets(), 2).unwrap_or_else(|error| panic!("{error}"))
}

pub fn hibari() -> Box<dyn TextToSpeech> {
    engines_onnx::hibari::open(&assets(), 2).unwrap_or_else(|error| panic!("{error}"))
}

pub fn kokoro(voice: KokoroVoice) -> Box<dyn TextToSpeech> {
    engines_onnx::kokoro::open(&assets(), voice, 2).unwrap_or_else(|error| panic!("{error}"))
}

/// A recorded sample as the ears hear it: 16 kHz mono.
pub fn recording(asset: Asset) -> Vec<f32> {
    let path = assets().path(asset).unwrap_or_else(|error| panic!("{error}"));
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    assert_eq!(spec.sample_format, hound::SampleFormat::Int);
    let full = (1i64 << (spec.bits_per_sample - 1)) as f32;
    let samples: Vec<f32> = reader.samples::<i32>().map(|sample| sample.unwrap() as f32 / full).collect();
    let channels = usize::from(spec.channels);
    let mono: Vec<f32> =
        samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    to_ears(&mono, spec.sample_rate)
}

pub fn to_ears(samples: &[f32], rate: u32) -> Vec<f32> {
    let mut resampler = Resampler::new(rate, LISTEN_SAMPLE_RATE).unwrap();
    let mut heard = Vec::new();
    resampler.push(samples, &mut heard).unwrap();
    resampler.finish(&mut heard).unwrap();
    heard
}

pub fn say(voice: &mut dyn TextToSpeech, text: &str) -> Vec<SpeechChunk> {
    let mut chunks = Vec::new();
    voice.synthesize(text, &CancelFlag::default(), &mut |chunk| chunks.push(chunk)).unwrap();
    chunks
}

/// What the speech-to-text engine makes of a text spoken by `voice`.
pub fn say_and_hear(voice: &mut dyn TextToSpeech, ears: &mut dyn SpeechToText, text: &str) -> String {
    let samples: Vec<f32> = say(voice, text).into_iter().flat_map(|chunk| chunk.samples).collect();
    let heard = to_ears(&samples, voice.sample_rate());
    ears.transcribe(&heard, &CancelFlag::default()).unwrap()
}

/// Lower-case words without punctuation.
pub fn words(text: &str) -> Vec<String> {
    let plain: String = text.chars().map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' }).collect();
    plain.to_lowercase().split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect()
}

/// Words to replace, add or remove to get from one text to the other (Levenshtein).
pub fn word_errors(said: &str, heard: &str) -> usize {
    let (said, heard) = (words(said), words(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (index, word) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in heard.iter().enumerate() {
            let replaced = diagonal + usize::from(word != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[heard.len()]
}

/// Noise from a fixed linear congruential generator (the constants of Knuth's MMIX), between -`level` and `level`.
pub fn noise(count: usize, level: f32) -> Vec<f32> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 * 2.0 - 1.0
    };
    (0..count).map(|_| next() * level).collect()
}
