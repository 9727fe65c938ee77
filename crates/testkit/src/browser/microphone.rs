//! A recording for a browser's microphone.

use std::path::Path;
use std::time::Duration;

use crate::caller::speak;
use crate::odd_sounds::silence;
use crate::wav::write_mono;

/// Silence and sentences, in their order.
#[derive(Debug, Clone, Default)]
pub struct Script {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Silence(Duration),
    Words(String),
}

impl Script {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Then silence.
    #[must_use]
    pub fn silence(mut self, seconds: u64) -> Self {
        self.parts.push(Part::Silence(Duration::from_secs(seconds)));
        self
    }

    /// Then this, spoken in the scripted caller's usual voice.
    #[must_use]
    pub fn say(mut self, words: &str) -> Self {
        self.parts.push(Part::Words(words.to_owned()));
        self
    }
}

/// Writes it as a 48 kHz WAV file, as Chromium takes it for a microphone: blocking, some hundred milliseconds per sentence.
///
/// # Errors
/// When the voice's engine or weights are missing, or the file can't be written.
pub fn write_script(path: &Path, script: &Script) -> anyhow::Result<()> {
    let sentences = script.parts.iter().filter_map(|part| match part {
        Part::Words(words) => Some(words.as_str()),
        Part::Silence(_) => None,
    });
    let mut spoken = speak(&sentences.collect::<Vec<_>>())?.into_iter();
    let mut samples = Vec::new();
    for part in &script.parts {
        match part {
            Part::Silence(length) => samples.extend(silence(*length)),
            Part::Words(_) => samples.extend(spoken.next().unwrap_or_default()),
        }
    }
    write_mono(path, &samples)?;
    Ok(())
}
