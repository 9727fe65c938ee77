//! Bare samples: signed, 16 bits, little-endian, interleaved.

use super::PreconnectError;
use super::format::PcmLayout;
use super::sound::Sound;

/// Samples converted at once.
const BLOCK: usize = 4_800;

/// Decodes samples; what does not fill a last frame is left out.
pub(super) fn decode(bytes: &[u8], layout: PcmLayout) -> Result<Vec<f32>, PreconnectError> {
    let mut sound = Sound::new(layout.sample_rate, layout.channels)?;
    let mut block = Vec::with_capacity(BLOCK * layout.channels);
    for part in bytes.chunks(2 * BLOCK * layout.channels) {
        block.clear();
        let samples = part.as_chunks::<2>().0.iter();
        block.extend(samples.map(|sample| f32::from(i16::from_le_bytes(*sample)) / 32_768.0));
        sound.push(&block)?;
    }
    sound.finish()
}
