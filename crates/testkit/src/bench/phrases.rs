//! Phrases cut out of the two pinned recordings of people, for callers that are not synthesised.

use std::sync::Arc;

use assets::{Asset, Assets};

use crate::caller::Utterance;
use crate::measure::speech_bounds;
use crate::wav::{ROOM_SAMPLE_RATE, read_mono};

/// Silence put around a phrase, in milliseconds.
const MARGIN_MS: usize = 60;
/// The recordings' loudest sample becomes this, about that of the synthesised voices.
const PEAK: f64 = 16_000.0;

/// A phrase of a recording. Its bounds are those of the voice by its level, in milliseconds; the exact first and last voiced
/// sample are found again when it is cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase {
    recording: Asset,
    from_ms: usize,
    until_ms: usize,
    words: &'static str,
}

/// One phrase for each call; the second holds the reader's own pause of half a second.
pub(super) const PHRASES: [Phrase; 4] = [
    Phrase {
        recording: Asset::SampleTwoCities,
        from_ms: 1210,
        until_ms: 4540,
        words: "It was the best of times, it was the worst of times.",
    },
    Phrase {
        recording: Asset::SampleTwoCities,
        from_ms: 5020,
        until_ms: 8190,
        words: "It was the age of wisdom, it was the age of foolishness.",
    },
    Phrase { recording: Asset::SampleBeckett, from_ms: 6660, until_ms: 9960, words: "Fail again. Fail better." },
    Phrase {
        recording: Asset::SampleTwoCities,
        from_ms: 17_570,
        until_ms: 20_450,
        words: "It was the spring of hope, it was the winter of despair.",
    },
];

/// Cuts a phrase out: blocking, it reads a file.
///
/// # Errors
/// When the recording is missing or unusable.
pub(super) fn cut(phrase: Phrase) -> anyhow::Result<Utterance> {
    let recording = read_mono(&Assets::open()?.path(phrase.recording)?)?;
    let samples_in = |ms: usize| ms * ROOM_SAMPLE_RATE as usize / 1000;
    let cut = &recording[samples_in(phrase.from_ms)..samples_in(phrase.until_ms).min(recording.len())];
    let Some(voiced) = speech_bounds(cut, ROOM_SAMPLE_RATE) else {
        anyhow::bail!("the phrase \"{}\" is silent; fetch the recording anew: cargo xtask assets", phrase.words)
    };
    // Outside the voice there is digital silence instead of the recording's noise, so that its end is beyond doubt.
    let voice = &cut[voiced.start..voiced.end];
    let loudest = voice.iter().fold(1, |loudest, sample| sample.unsigned_abs().max(loudest));
    let gain = PEAK / f64::from(loudest);
    let mut samples = vec![0; samples_in(MARGIN_MS)];
    samples.extend(voice.iter().map(|sample| (f64::from(*sample) * gain) as i16));
    samples.resize(samples.len() + samples_in(MARGIN_MS), 0);
    let samples = Arc::new(samples);
    Ok(Utterance::Clip { words: phrase.words.to_owned(), samples })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::measure::match_share;
    use crate::wav::{resample, to_float};

    #[test]
    fn each_phrase_holds_its_words_and_its_end_is_exact() {
        let assets = Assets::open().expect("run `cargo xtask assets`");
        let mut listener = engines_onnx::moonshine::open(&assets, 2).unwrap();
        for phrase in PHRASES {
            let Utterance::Clip { samples, .. } = cut(phrase).unwrap() else { panic!("no clip") };
            let sound = resample(&to_float(&samples), ROOM_SAMPLE_RATE, speech::LISTEN_SAMPLE_RATE).unwrap();
            let heard = listener.transcribe(&sound, &speech::CancelFlag::default()).unwrap();
            assert!(match_share(phrase.words, &heard) >= 0.7, "{} was heard as {heard}", phrase.words);
            let voiced = speech_bounds(&samples, ROOM_SAMPLE_RATE).unwrap();
            assert!(
                voiced.start > 480 && voiced.end + 480 < samples.len() + 1,
                "cut into the voice: {phrase:?} {voiced:?}"
            );
        }
    }
}
