//! Recordings of every kind, whole, cut and made of noise.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::collections::VecDeque;
use std::f32::consts::TAU;

use async_trait::async_trait;
use proptest::prelude::*;

use super::*;

/// 300, 600 and 1200 Hz for a second each; made by tests/data/make_preconnect.py.
const RECORDINGS: [(&str, &[u8]); 4] = [
    ("audio/webm;codecs=opus", include_bytes!("../../tests/data/preconnect_opus.webm")),
    ("video/mp4", include_bytes!("../../tests/data/preconnect_aac.mp4")),
    ("video/mp4", include_bytes!("../../tests/data/preconnect_opus.mp4")),
    ("audio/ogg;codecs=opus", include_bytes!("../../tests/data/preconnect_opus.ogg")),
];
const TONES: [f32; 3] = [300.0, 600.0, 1200.0];
const RATE: usize = 16_000;

struct Stream {
    pieces: VecDeque<Vec<u8>>,
    hangs: bool,
}

impl Stream {
    fn of(bytes: &[u8]) -> Box<Self> {
        Box::new(Self { pieces: bytes.chunks(15_000).map(<[u8]>::to_vec).collect(), hangs: false })
    }
}

#[async_trait]
impl ByteReader for Stream {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, RoomError> {
        match self.pieces.pop_front() {
            None if self.hangs => std::future::pending().await,
            piece => Ok(piece),
        }
    }

    async fn read_all(&mut self, limit: usize) -> Result<Vec<u8>, RoomError> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next().await? {
            if bytes.len() + piece.len() > limit {
                return Err(RoomError::TooLarge { what: "a byte stream", limit });
            }
            bytes.extend(piece);
        }
        Ok(bytes)
    }
}

fn samples_at(rate: u32, channels: u32) -> Attributes {
    [("trackId", "TR_1".to_owned()), ("sampleRate", rate.to_string()), ("channels", channels.to_string())]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// How strong a frequency is in a part of the sound, as an amplitude (Goertzel's algorithm).
fn strength(samples: &[f32], frequency: f32) -> f32 {
    let coefficient = 2.0 * (TAU * frequency / RATE as f32).cos();
    let (mut last, mut before) = (0.0_f32, 0.0_f32);
    for sample in samples {
        (last, before) = (sample + coefficient * last - before, last);
    }
    2.0 * (last * last + before * before - coefficient * last * before).max(0.0).sqrt() / samples.len() as f32
}

/// Each tone is there in its second, at its strength, and no other one is.
fn assert_tones(samples: &[f32], what: &str) {
    let length = samples.len() as f32 / RATE as f32;
    assert!((2.95..3.1).contains(&length), "{what} lasts {length} s");
    for second in 0..3 {
        let part = &samples[second * RATE + 1_600..(second + 1) * RATE - 1_600];
        for (n, tone) in TONES.into_iter().enumerate() {
            let strength = strength(part, tone);
            let expected = if n == second { 0.45..0.55 } else { 0.0..0.01 };
            assert!(expected.contains(&strength), "{what}, second {second}: {tone} Hz has strength {strength}");
        }
    }
}

/// Where the sound changes from the first to the second tone, in seconds.
fn first_change(samples: &[f32]) -> f32 {
    let window = 160;
    let from = (0..samples.len() - window).step_by(16).find(|at| {
        let part = &samples[*at..*at + window];
        strength(part, TONES[1]) > strength(part, TONES[0])
    });
    (from.unwrap() + window / 2) as f32 / RATE as f32
}

#[tokio::test]
async fn recordings_of_browsers_are_heard_in_time() {
    for (mime, bytes) in RECORDINGS {
        let samples = read_preconnect(Stream::of(bytes), &samples_at(48_000, 1), mime).await.unwrap();
        assert_tones(&samples, mime);
        let change = first_change(&samples);
        assert!((0.97..1.06).contains(&change), "{mime}: the second tone begins at {change} s");
    }
}

#[tokio::test]
async fn bare_samples_of_mobile_clients_are_heard() {
    for (rate, channels) in [(24_000, 1), (48_000, 2), (44_100, 1), (16_000, 1)] {
        let sample = |n: u32| {
            let time = n as f32 / rate as f32;
            ((TAU * TONES[time as usize] * time).sin() * 16_384.0) as i16
        };
        let bytes: Vec<u8> =
            (0..3 * rate).flat_map(|n| sample(n).to_le_bytes().repeat(channels as usize)).chain([0x7f]).collect();
        let samples = read_preconnect(Stream::of(&bytes), &samples_at(rate, channels), "audio/pcm").await.unwrap();
        assert_eq!(samples.len(), 3 * RATE);
        assert_tones(&samples, &format!("{rate} Hz, {channels} channels"));
    }
}

#[tokio::test]
async fn of_a_long_recording_the_end_is_kept() {
    let second = |value: i16| value.to_le_bytes().repeat(RATE);
    let bytes: Vec<u8> = (0..12).flat_map(|n| second(n * 1_000)).collect();
    let samples = read_preconnect(Stream::of(&bytes), &samples_at(16_000, 1), "").await.unwrap();
    assert_eq!(samples.len(), 10 * RATE);
    assert_eq!((samples[0] * 32_768.0, samples[10 * RATE - 1] * 32_768.0), (2_000.0, 11_000.0));
}

#[tokio::test]
async fn too_much_is_refused() {
    let large = vec![0; LARGEST + 1];
    let refused = read_preconnect(Stream::of(&large), &samples_at(48_000, 2), "audio/pcm").await;
    assert!(matches!(refused, Err(PreconnectError::Stream(RoomError::TooLarge { .. }))), "{refused:?}");
    // 61 s of little data.
    let long = vec![0; 61 * 2 * 8_000];
    let refused = read_preconnect(Stream::of(&long), &samples_at(8_000, 1), "audio/pcm").await;
    assert!(matches!(refused, Err(PreconnectError::TooLong)), "{refused:?}");
}

#[tokio::test]
async fn a_stream_that_never_ends_is_given_up() {
    let mut stream = Stream::of(RECORDINGS[0].1);
    stream.hangs = true;
    let refused = read_within(stream, Format::Container, Duration::ZERO).await;
    assert!(matches!(refused, Err(PreconnectError::TooSlow)), "{refused:?}");
}

#[tokio::test]
async fn what_is_no_recording_is_refused() {
    for bytes in
        [&b""[..], b"hello", b"RIFF\0\0\0\0WAVEfmt ", &[0x1a, 0x45, 0xdf, 0xa3], b"\0\0\0\x18ftypmp42", b"OggS"]
    {
        let refused = read_preconnect(Stream::of(bytes), &Attributes::new(), "audio/webm").await;
        assert!(refused.is_err(), "{bytes:?} gave {} samples", refused.unwrap().len());
    }
}

#[test]
fn a_cut_recording_gives_what_came_before_the_cut() {
    for (mime, bytes) in RECORDINGS {
        let samples = decode(bytes[..bytes.len() * 2 / 3].to_vec(), Format::Container).unwrap();
        let length = samples.len() as f32 / RATE as f32;
        // Whole fragments count: MP4 and WebM may lose up to the last half second before the cut.
        assert!((1.2..2.6).contains(&length), "{mime}: {length} s");
        assert!(strength(&samples[1_600..14_400], TONES[0]) > 0.45, "{mime}");
    }
}

#[test]
fn a_file_on_which_the_demuxer_panics_is_refused() {
    let (_, bytes) = RECORDINGS[2];
    let mut bytes = bytes.to_vec();
    // The first fragment's data offset becomes negative: symphonia-format-isomp4 0.6.1 subtracts with overflow.
    bytes[790] = 0x80;
    assert!(matches!(decode(bytes, Format::Container), Err(PreconnectError::Damaged(_))));
}

#[test]
fn the_track_is_named_by_its_attribute() {
    assert_eq!(track_id(&samples_at(48_000, 1)), Some("TR_1"));
    assert_eq!(track_id(&Attributes::new()), None);
    assert_eq!(track_id(&[("trackId".to_owned(), String::new())].into()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn noise_is_survived(kind in 0_usize..4, noise in prop::collection::vec(any::<u8>(), 0..3_000)) {
        // Behind an honest beginning, so that the demuxer is reached.
        let head = &RECORDINGS[kind].1[..64];
        check(decode([head, &noise].concat(), Format::Container))?;
        check(decode(noise, Format::Container))?;
    }

    #[test]
    fn damage_is_survived(
        kind in 0_usize..4,
        cut in 0.0_f64..1.0,
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        // Structure lies at the beginning: hit it more often than the sound.
        early in prop::collection::vec((0_usize..1_200, any::<u8>()), 0..12),
    ) {
        let mut bytes = RECORDINGS[kind].1.to_vec();
        for (at, value) in hits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        for (at, value) in early {
            bytes[at] = value;
        }
        bytes.truncate(8 + (bytes.len() as f64 * (1.0 - cut * cut)) as usize);
        check(decode(bytes, Format::Container))?;
    }

    #[test]
    fn any_samples_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..5_000), rate in any::<u32>(), channels in any::<u32>()) {
        if let Ok(format) = Format::of("audio/pcm", &samples_at(rate, channels)) {
            check(decode(bytes.clone(), format))?;
        }
        let format = Format::of("audio/pcm", &samples_at(11_025, 2)).unwrap();
        check(decode(bytes, format))?;
    }
}

/// Refused or short and within bounds, never a panic.
fn check(decoded: Result<Vec<f32>, PreconnectError>) -> Result<(), TestCaseError> {
    if let Ok(samples) = decoded {
        prop_assert!(samples.len() <= 10 * RATE);
        prop_assert!(samples.iter().all(|sample| sample.is_finite() && sample.abs() < 2.0));
    }
    Ok(())
}
