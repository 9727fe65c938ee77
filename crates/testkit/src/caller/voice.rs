//! The caller's voice: all utterances, made before the call.

use std::path::Path;
use std::sync::Arc;

use assets::KokoroVoice;

use super::pacer::Prepared;
use super::sounds::join_with_pauses;
use super::utterance::{Part, parts, words_of};
use super::{CallerError, CallerPlan, Utterance};
use crate::measure::speech_bounds;
use crate::odd_sounds::{cough, samples_in};
use crate::speaker::{Mouth, Speaker};
use crate::wav::{ROOM_SAMPLE_RATE, read_mono};

/// Everything that a plan needs to be heard.
#[derive(Debug)]
pub(super) struct Repertoire {
    /// One per turn.
    pub(super) turns: Vec<Prepared>,
    /// One per back-channel, in the plan's order.
    pub(super) back_channels: Vec<Prepared>,
}

/// Makes every sound of a plan: blocking, some hundred milliseconds per sentence. Engines are loaded only when there
/// is something to say, and gone afterwards.
pub(super) fn prepare(plan: &CallerPlan) -> Result<Repertoire, CallerError> {
    let mut voice = Voice { speaker: plan.voice, mouth: None };
    let turns = plan.utterances.iter().enumerate().map(|(index, utterance)| voice.prepare(index + 1, utterance));
    let turns = turns.collect::<Result<_, _>>()?;
    let back_channels = plan.back_channels.iter().map(|one| voice.prepare(one.turn, &one.sound));
    Ok(Repertoire { turns, back_channels: back_channels.collect::<Result<_, _>>()? })
}

/// Speaks sentences in the scripted caller's usual voice, 48 kHz mono: blocking, some hundred milliseconds each.
///
/// # Errors
/// When the engine can't be had, or a sentence comes out silent.
pub fn speak(sentences: &[&str]) -> Result<Vec<Vec<i16>>, CallerError> {
    let mut voice = Voice { speaker: KokoroVoice::AfHeart.into(), mouth: None };
    let spoken = sentences.iter().enumerate().map(|(index, sentence)| {
        let prepared = voice.prepare(index + 1, &Utterance::Say((*sentence).to_owned()))?;
        Ok(prepared.samples.to_vec())
    });
    spoken.collect()
}

struct Voice {
    speaker: Speaker,
    mouth: Option<Mouth>,
}

impl Voice {
    fn prepare(&mut self, turn: usize, utterance: &Utterance) -> Result<Prepared, CallerError> {
        let silent = || CallerError::Silent { turn, what: describe(utterance) };
        let (text, samples) = match utterance {
            Utterance::Say(text) => (Some(words_of(text)), self.say(text)?.ok_or_else(silent)?),
            // Typed words make no sound.
            Utterance::Typed(text) => return Ok(Prepared::silent(text.clone())),
            Utterance::Wav(path) => (None, read_mono(path)?),
            Utterance::Clip { words, samples } => (Some(words.clone()), samples.to_vec()),
            Utterance::Cough { seed } => (Some("(cough)".to_owned()), cough(*seed)),
        };
        let voiced = speech_bounds(&samples, ROOM_SAMPLE_RATE).ok_or_else(silent)?;
        Ok(Prepared { text, samples: Arc::new(samples), voiced })
    }

    /// A text with its pauses; `None` when a part of it turned out silent.
    fn say(&mut self, text: &str) -> Result<Option<Vec<i16>>, CallerError> {
        let (mut spoken, mut pauses) = (Vec::new(), Vec::new());
        for part in parts(text)? {
            match part {
                Part::Words(words) => spoken.push(self.synthesise(&words)?),
                Part::Pause(pause) => pauses.push(samples_in(pause)),
            }
        }
        Ok(join_with_pauses(&spoken, &pauses))
    }

    fn synthesise(&mut self, text: &str) -> Result<Vec<i16>, CallerError> {
        let mouth = match &mut self.mouth {
            Some(mouth) => mouth,
            none => none.insert(self.speaker.open()?),
        };
        Ok(mouth.say(text)?)
    }
}

fn describe(utterance: &Utterance) -> String {
    match utterance {
        Utterance::Say(text) | Utterance::Typed(text) => format!("\"{text}\""),
        Utterance::Wav(path) => Path::display(path).to_string(),
        Utterance::Clip { words, .. } => format!("the clip \"{words}\""),
        Utterance::Cough { seed } => format!("cough {seed}"),
    }
}
