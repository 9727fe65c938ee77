//! What the stub's voice sounds like: a tone that begins at once and pulses five times a second.

/// Samples a second of the stub's speech, mono, signed 16 bits little-endian.
pub const SPEECH_SAMPLE_RATE: u32 = 24_000;

/// Seconds a character; a person needs about as much.
const SECONDS_PER_CHARACTER: f64 = 0.06;
/// The shortest sound, in seconds.
const SHORTEST: f64 = 0.3;

/// How long the stub speaks for a text, in seconds.
#[must_use]
pub fn speech_seconds(input: &str) -> f64 {
    (input.chars().count() as f64 * SECONDS_PER_CHARACTER).max(SHORTEST)
}

/// The sound as bytes: 440 Hz at half of full scale, 150 ms on and 50 ms off.
pub(super) fn pcm(input: &str) -> Vec<u8> {
    let rate = f64::from(SPEECH_SAMPLE_RATE);
    (0..samples(input))
        .flat_map(|index| {
            let at = f64::from(index) / rate;
            let level = if at % 0.2 < 0.15 { 16_000.0 } else { 0.0 };
            let sample = (level * (at * 440.0 * std::f64::consts::TAU).sin()) as i16;
            sample.to_le_bytes()
        })
        .collect()
}

/// The 44 bytes in front of [`pcm`] that make a WAV file of it.
pub(super) fn wav_header(input: &str) -> Vec<u8> {
    let bytes = samples(input) * 2;
    let mut header = Vec::with_capacity(44);
    header.extend_from_slice(b"RIFF");
    header.extend((bytes + 36).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend(16u32.to_le_bytes());
    header.extend(1u16.to_le_bytes());
    header.extend(1u16.to_le_bytes());
    header.extend(SPEECH_SAMPLE_RATE.to_le_bytes());
    header.extend((SPEECH_SAMPLE_RATE * 2).to_le_bytes());
    header.extend(2u16.to_le_bytes());
    header.extend(16u16.to_le_bytes());
    header.extend_from_slice(b"data");
    header.extend(bytes.to_le_bytes());
    header
}

fn samples(input: &str) -> u32 {
    (speech_seconds(input) * f64::from(SPEECH_SAMPLE_RATE)) as u32
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn the_wav_is_as_long_as_the_text_and_loud_at_once() {
        let mut wav = wav_header("Hello there.");
        wav.extend(pcm("Hello there."));
        let mut reader = hound::WavReader::new(std::io::Cursor::new(wav)).unwrap();
        assert_eq!(f64::from(reader.duration()), speech_seconds("Hello there.") * f64::from(SPEECH_SAMPLE_RATE));
        let first: Vec<i16> = reader.samples().take(240).map(Result::unwrap).collect();
        assert!(first.iter().any(|sample| *sample > 15_000));
    }
}
