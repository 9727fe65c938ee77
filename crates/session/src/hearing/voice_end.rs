//! Where a voice really ended. The gate knows it to 32 ms only, and the detector behind it still hears a voice in the frame or two
//! after the last sound: together some 60 ms, which every answer would come later.

use speech::LISTEN_SAMPLE_RATE;

/// Samples of 10 ms.
const BLOCK: usize = LISTEN_SAMPLE_RATE as usize / 100;
/// The voice is compared with its loudest of this many blocks.
const REMEMBERED: usize = 50;
/// The end is moved by at most this many blocks: 100 ms.
const MOST_MOVED: usize = 10;
/// A block this much quieter than the loudest one (34 dB) is none of the voice.
const SHARE_OF_LOUDEST: f32 = 0.02;
/// A voice is at least so much louder than the silence behind it.
const ABOVE_SILENCE: f32 = 4.0;

/// How much sound is looked at before the end that the gate found, in samples.
pub(super) const LOOKED_AT: usize = REMEMBERED * BLOCK;

/// How many samples before the end of `voice` the voice in it ended, given the `silence` behind it. Both are 16 kHz mono; of
/// `voice` the last [`LOOKED_AT`] samples count. 0 when it can't be told, as in a noisy place.
pub(super) fn trailing_silence(voice: &[f32], silence: &[f32]) -> usize {
    let levels: Vec<f32> = voice.rchunks_exact(BLOCK).take(REMEMBERED).map(level).collect();
    let loudest = levels.iter().copied().fold(0.0, f32::max);
    let least = (loudest * SHARE_OF_LOUDEST).max(level(silence) * ABOVE_SILENCE);
    let quiet = levels.iter().take_while(|level| **level < least).count();
    if quiet > MOST_MOVED { 0 } else { quiet * BLOCK }
}

/// Root mean square.
fn level(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `blocks` of 10 ms at a level.
    fn sound(level: f32, blocks: usize) -> Vec<f32> {
        (0..blocks * BLOCK).map(|index| if index % 2 == 0 { level } else { -level }).collect()
    }

    #[test]
    fn the_end_is_where_the_sound_was() {
        let voice = [sound(0.2, 30), sound(0.001, 6)].concat();
        assert_eq!(trailing_silence(&voice, &sound(0.000_1, 9)), 6 * BLOCK);
        assert_eq!(trailing_silence(&sound(0.2, 30), &sound(0.0, 9)), 0);
    }

    #[test]
    fn soft_last_sounds_belong_to_the_voice() {
        let voice = [sound(0.2, 30), sound(0.01, 8)].concat();
        assert_eq!(trailing_silence(&voice, &sound(0.000_1, 9)), 0);
    }

    #[test]
    fn the_detector_is_trusted_where_loudness_tells_nothing() {
        let noisy = [sound(0.5, 30), sound(0.1, 6)].concat();
        assert_eq!(trailing_silence(&noisy, &sound(0.1, 9)), 6 * BLOCK, "a voice well above the noise");
        assert_eq!(trailing_silence(&sound(0.1, 40), &sound(0.1, 9)), 0, "a voice within the noise");
        assert_eq!(trailing_silence(&[sound(0.2, 30), sound(0.0, 11)].concat(), &sound(0.0, 9)), 0, "too far");
        assert_eq!(trailing_silence(&[], &[]), 0);
    }
}
