//! Words that were said are heard, and sounds without words give none.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use assets::KokoroVoice;
use speech::CancelFlag;
use testkit::odd_sounds::{coughs, humming, music, noise_bursts, steady_noise};
use testkit::wav::{ROOM_SAMPLE_RATE, to_float};

use crate::common::{kokoro, noise, say, stt, to_ears, words};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn sounds_without_words_give_none() {
    let mut ears = stt();
    let mut sounds = vec![
        ("bursts", noise_bursts(10 * SECOND, 1)),
        ("bursts", noise_bursts(10 * SECOND, 2)),
        ("music", music(12 * SECOND, 1)),
        ("a moment of music", music(SECOND, 1)),
        ("coughs", coughs(3, 1)),
        ("slow humming", humming(4 * SECOND)),
        ("fast humming", humming(SECOND)),
    ];
    sounds.extend([0.02, 0.1, 0.3, 0.8].map(|level| ("a hiss", steady_noise(5 * SECOND, level, 3))));
    sounds.extend([100, 300, 600].map(|ms| ("a short hiss", steady_noise(Duration::from_millis(ms), 0.3, 4))));
    for (name, sound) in sounds {
        let heard = ears.transcribe(&to_ears(&to_float(&sound), ROOM_SAMPLE_RATE), &CancelFlag::default()).unwrap();
        assert_eq!(heard, "", "{name}");
    }
}

#[test]
fn a_piece_of_music_is_not_heard_as_thanks() {
    let mut ears = stt();
    let sound = to_ears(&to_float(&music(6 * SECOND, 3)), ROOM_SAMPLE_RATE);
    // Wherever the voice detector cuts it. Among the cuts are some that a bolder reader takes for "Thank you for watching".
    for (lead, from, length) in
        [(0, 46_789, 31_918), (1_000, 48_562, 42_621), (3_000, 40_000, 40_000), (500, 44_000, 50_000)]
    {
        let cut = [&vec![0.0; lead], &sound[from..from + length], &vec![0.0; 2_560]].concat();
        let heard = ears.transcribe(&cut, &CancelFlag::default()).unwrap();
        assert!(words(&heard).len() < 2, "heard {heard:?} at {from}");
    }
}

#[test]
fn short_words_are_heard_in_silence_and_in_noise() {
    let mut ears = stt();
    for speaker in [KokoroVoice::AfHeart, KokoroVoice::AmAdam] {
        let mut voice = kokoro(speaker);
        for (text, word) in
            [("Yes.", "yes"), ("No.", "no"), ("Stop.", "stop"), ("Thank you.", "thank"), ("Why?", "why")]
        {
            let spoken: Vec<f32> = say(voice.as_mut(), text).into_iter().flat_map(|chunk| chunk.samples).collect();
            let spoken = to_ears(&spoken, voice.sample_rate());
            for level in [0.0, 0.01, 0.05] {
                let mixed: Vec<f32> = spoken.iter().zip(noise(spoken.len(), level)).map(|(a, b)| a + b).collect();
                let heard = ears.transcribe(&mixed, &CancelFlag::default()).unwrap();
                // Noise may turn one word into another ("now"), never into nothing.
                let right = words(&heard).iter().any(|heard| heard == word) || (level > 0.01 && !heard.is_empty());
                assert!(right, "{text} at {level} was heard as {heard:?}");
            }
        }
    }
}
