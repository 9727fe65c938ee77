//! The real voices, judged by the real ears.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use assets::KokoroVoice;
use speech::{CancelFlag, SpeechChunk};

use crate::common::{hibari, kokoro, piper, say, say_and_hear, stt, word_errors, words};

const CLAUSES: [&str; 5] = [
    "The capital of France is Paris.",
    "I would like to know what time it is, please.",
    "My brother has three green chairs and a large blue table.",
    "Well, the judge of the church enjoyed the music.",
    "Can you tell me where the train station is?",
];

/// What holds for the words of every chunk.
fn assert_words(chunk: &SpeechChunk, text: &str) {
    let written: Vec<&str> = chunk.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(written.join(" "), text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut last = 0;
    for word in &chunk.words {
        assert!(word.start >= last && word.end > word.start, "{word:?} in {text:?}");
        last = word.end;
    }
    assert!(last <= chunk.samples.len() as u64);
    assert!(chunk.samples.iter().all(|sample| sample.abs() <= 1.0));
}

#[test]
fn the_agents_voices_are_understood() {
    let mut ears = stt();
    for (name, mut voice) in [("piper", piper()), ("hibari", hibari())] {
        let (mut wrong, mut all) = (0, 0);
        for text in CLAUSES {
            let heard = say_and_hear(voice.as_mut(), ears.as_mut(), text);
            let errors = word_errors(text, &heard);
            println!("{name} {errors} wrong: {text} -> {heard}");
            wrong += errors;
            all += words(text).len();
        }
        assert!(wrong * 8 <= all, "{name}: {wrong} of {all} words were misheard");
    }
}

#[test]
fn the_callers_voices_are_understood() {
    let mut ears = stt();
    for name in [KokoroVoice::AfHeart, KokoroVoice::AmAdam] {
        let mut voice = kokoro(name);
        let (mut wrong, mut all) = (0, 0);
        for text in CLAUSES {
            let heard = say_and_hear(voice.as_mut(), ears.as_mut(), text);
            let errors = word_errors(text, &heard);
            println!("{} {errors} wrong: {text} -> {heard}", name.name());
            wrong += errors;
            all += words(text).len();
        }
        assert!(wrong * 8 <= all, "{}: {wrong} of {all} words were misheard", name.name());
    }
}

#[test]
fn phonemes_tile_the_audio_and_words_lie_in_it() {
    for mut voice in [piper(), hibari()] {
        for text in CLAUSES {
            let chunks = say(voice.as_mut(), text);
            let [chunk] = chunks.as_slice() else { panic!("{} chunks for one clause", chunks.len()) };
            assert_words(chunk, text);
            assert_eq!(chunk.phonemes.first().map(|span| span.start), Some(0));
            assert_eq!(chunk.phonemes.last().map(|span| span.end), Some(chunk.samples.len() as u64));
            assert!(chunk.phonemes.windows(2).all(|pair| pair[0].end == pair[1].start));
            assert!(chunk.phonemes.iter().all(|span| span.end > span.start && !span.ipa.contains('ˌ')));
        }
    }
}

#[test]
fn every_voice_tells_the_lips_what_it_says() {
    for (name, mut voice) in [("piper", piper()), ("hibari", hibari()), ("kokoro", kokoro(KokoroVoice::BfEmma))] {
        let chunk = &say(voice.as_mut(), "The judge of the church enjoyed the music.")[0];
        let ipa: String = chunk.phonemes.iter().map(|span| span.ipa.as_str()).collect();
        assert!(ipa.contains("dʒ") && ipa.contains("tʃ") && ipa.contains('m'), "{name}: {ipa}");
        let times: Vec<u64> = chunk.phonemes.iter().flat_map(|span| [span.start, span.end]).collect();
        assert!(times.is_sorted() && times.last() <= Some(&(chunk.samples.len() as u64)), "{name}: {times:?}");
    }
}

#[test]
fn phonemes_sound_and_pauses_do_not() {
    let chunk = &say(piper().as_mut(), "Go, now, home.")[0];
    let vowels = loudness(chunk, |ipa| ["o", "ʊ", "a", "oː"].contains(&ipa.trim_start_matches('ˈ')));
    let pauses = loudness(chunk, |ipa| [",", "."].contains(&ipa));
    assert!(vowels > 4.0 * pauses, "vowels {vowels}, pauses {pauses}");
}

#[test]
fn vowels_are_loud_and_stops_are_not_where_the_phonemes_say_so() {
    for (name, mut voice) in [("piper", piper()), ("hibari", hibari())] {
        let said: Vec<SpeechChunk> = CLAUSES.iter().flat_map(|text| say(voice.as_mut(), text)).collect();
        let mean = |letters: &str| {
            let begins = |ipa: &str| ipa.trim_start_matches('ˈ').starts_with(|first| letters.contains(first));
            said.iter().map(|chunk| loudness(chunk, begins)).sum::<f32>() / said.len() as f32
        };
        let (vowels, stops) = (mean("aæɑoɔeɛɪiuʊʌə"), mean("ptkbdɡsʃf"));
        assert!(vowels > 1.6 * stops, "{name}: vowels {vowels}, stops {stops}");
    }
}

/// The mean loudness of the phonemes that `counts` picks.
fn loudness(chunk: &SpeechChunk, counts: impl Fn(&str) -> bool) -> f32 {
    let spans = chunk.phonemes.iter().filter(|span| counts(&span.ipa));
    let samples: Vec<f32> =
        spans.flat_map(|span| &chunk.samples[span.start as usize..span.end as usize]).copied().collect();
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

#[test]
fn words_as_written_survive_numbers_signs_and_emoji() {
    let (mut agent, mut other, mut caller) = (piper(), hibari(), kokoro(KokoroVoice::AfHeart));
    let texts = [
        "In 1984, **25%** of the people paid $3.50!",
        "🙂 See https://example.com/a for more… ok?",
        "one  two\n three —",
        "the cat of the house in the garden",
        "Dr. O’Neil said: “well-known R&D” (really)",
    ];
    for text in texts {
        for voice in [&mut agent, &mut other, &mut caller] {
            let chunks = say(voice.as_mut(), text);
            assert_eq!(chunks.len(), 1, "{text}");
            assert_words(&chunks[0], text);
        }
    }
}

#[test]
fn text_without_words_is_silent() {
    let mut voice = piper();
    for text in ["", " \n", "...", "🙂", "**", "\u{0}\u{1b}"] {
        assert!(say(voice.as_mut(), text).is_empty(), "{text:?}");
    }
}

#[test]
fn long_text_comes_in_chunks_that_together_hold_it() {
    let text = "The quick brown fox jumps over the lazy dog, again and again, ".repeat(12);
    let chunks = say(piper().as_mut(), &text);
    assert!(chunks.len() > 1);
    let written: Vec<&str> = chunks.iter().flat_map(|chunk| &chunk.words).map(|word| word.text.as_str()).collect();
    assert_eq!(written.join(" "), text.trim());
}

#[test]
fn a_cancel_stops_between_chunks() {
    let text = "The quick brown fox jumps over the lazy dog, again and again, ".repeat(12);
    let mut voice = piper();
    let cancel = CancelFlag::default();
    let mut chunks = 0;
    let stop = &mut |_| {
        chunks += 1;
        cancel.cancel();
    };
    voice.synthesize(&text, &cancel, stop).unwrap();
    assert_eq!(chunks, 1);
    voice.synthesize("Hello.", &cancel, &mut |_| panic!("it spoke after a cancel")).unwrap();
}
