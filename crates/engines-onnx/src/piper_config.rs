//! The `.onnx.json` file beside a Piper voice: its phoneme numbers and its manner of speaking.

use std::collections::HashMap;

use serde::Deserialize;

/// As much of the file as speaking needs.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PiperConfig {
    pub(crate) audio: Audio,
    #[serde(default)]
    pub(crate) inference: Inference,
    pub(crate) phoneme_id_map: HashMap<char, Vec<i64>>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Audio {
    pub(crate) sample_rate: u32,
}

/// VITS' three scales; the defaults are Piper's own.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default)]
pub(crate) struct Inference {
    pub(crate) noise_scale: f32,
    pub(crate) length_scale: f32,
    pub(crate) noise_w: f32,
}

impl Default for Inference {
    fn default() -> Self {
        Self { noise_scale: 0.667, length_scale: 1.0, noise_w: 0.8 }
    }
}

impl PiperConfig {
    /// Reads and checks the file; an error says what is wrong with it.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        let config: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        if !(8_000..=96_000).contains(&config.audio.sample_rate) {
            return Err(format!("audio.sample_rate: {} is not within 8000 to 96000", config.audio.sample_rate));
        }
        for needed in ['^', '_', '$'] {
            if config.ids(needed).is_empty() {
                return Err(format!("phoneme_id_map: `{needed}` is missing"));
            }
        }
        Ok(config)
    }

    /// The numbers of a phoneme letter; none when the voice does not know it.
    pub(crate) fn ids(&self, letter: char) -> &[i64] {
        self.phoneme_id_map.get(&letter).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const SMALL: &str =
        r#"{"audio": {"sample_rate": 22050}, "phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": [14]}}"#;

    #[test]
    fn reads_a_voice_and_fills_in_defaults() {
        let config = PiperConfig::parse(SMALL.as_bytes()).unwrap();
        assert_eq!((config.ids('a'), config.ids('q')), (&[14][..], &[][..]));
        assert_eq!(config.inference.length_scale, 1.0);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = [
            (SMALL.replace("22050", "5"), "audio.sample_rate"),
            (SMALL.replace("\"^\": [1], ", ""), "`^` is missing"),
            (SMALL.replace("[14]", "\"x\""), "invalid type"),
            (String::new(), "EOF"),
        ];
        for (json, said) in wrong {
            let error = PiperConfig::parse(json.as_bytes()).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
