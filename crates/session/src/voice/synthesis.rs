//! The synthesis thread: clauses in, 48 kHz samples with word and mouth times out.

use std::sync::Arc;

use chat::Clause;
use dialogue::{Engine, Input, SpeechId, Usage};
use engines::TextToSpeech;
use face::{Feeling, SpeechSpan, SpeechTrack, viseme};
use speech::resample::Resampler;
use speech::{CancelFlag, SpeechChunk, SpeechError};
use tokio::sync::mpsc;

use super::clause::{PlayableClause, PlayedWord};
use super::playout::PlayoutCommand;
use crate::engine_host::send_from_engine;
use crate::generation::emotions::{EmotionAtWord, emotions_of};
use crate::generation::first_sound::FirstSound;
use crate::ports::PLAYOUT_SAMPLE_RATE;

/// Places in playout's queue that must be free before a clause is begun.
const PLACES_A_CLAUSE: usize = 4;

/// A command to the voice.
#[derive(Debug)]
pub enum SynthesisCommand {
    /// Say this clause.
    Speak {
        /// Which speech it belongs to.
        speech: SpeechId,
        /// The words, and what goes with them.
        clause: Clause,
        /// Set when the speech is stopped.
        cancel: CancelFlag,
    },
    /// Nothing more will come for this speech.
    Finish(SpeechId),
}

/// Serves until the command channel closes. The engine blocks: see [`EngineHost`](crate::engine_host::EngineHost).
pub async fn run_synthesis(
    mut engine: Box<dyn TextToSpeech>,
    mut commands: mpsc::Receiver<SynthesisCommand>,
    playout: mpsc::Sender<PlayoutCommand>,
    inputs: mpsc::Sender<Input>,
    first_sound: FirstSound,
) {
    let mut begun = None;
    while let Some(command) = commands.recv().await {
        match command {
            SynthesisCommand::Speak { speech, clause, cancel } => {
                if cancel.is_cancelled() {
                    continue;
                }
                let voice = Voice {
                    speech,
                    begins: begun != Some(speech),
                    felt: emotions_of(&clause),
                    playout: &playout,
                    inputs: &inputs,
                };
                begun = Some(speech);
                // An engine that runs as a task can't wait inside its call for a place.
                if playout.reserve_many(PLACES_A_CLAUSE).await.is_err() {
                    return;
                }
                let mut said = 0;
                let spoken = speak(engine.as_mut(), &clause.text, &cancel, voice, &mut said);
                first_sound.made(speech);
                if let Err(error) = spoken
                    && !cancel.is_cancelled()
                {
                    let permanent = error.is_permanent();
                    crate::failures::report(telemetry::events::Engine::Tts, permanent, &error);
                    if permanent {
                        let _ = inputs.send(Input::EngineFailed { engine: Engine::TextToSpeech }).await;
                        return;
                    }
                    let rest = clause.text.split_whitespace().skip(said).collect::<Vec<_>>().join(" ");
                    if playout.send(PlayoutCommand::Unspoken(speech, rest)).await.is_err() {
                        return;
                    }
                } else if playout.send(PlayoutCommand::EndOfClause(speech)).await.is_err() {
                    return;
                }
            }
            SynthesisCommand::Finish(speech) => {
                if playout.send(PlayoutCommand::Finish(speech)).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Where the sound of one clause goes.
struct Voice<'a> {
    speech: SpeechId,
    /// It is the first clause of its speech.
    begins: bool,
    /// What is felt in it.
    felt: Vec<EmotionAtWord>,
    playout: &'a mpsc::Sender<PlayoutCommand>,
    inputs: &'a mpsc::Sender<Input>,
}

/// Says a clause; `said` counts the words of it that were handed on.
fn speak(
    engine: &mut dyn TextToSpeech,
    text: &str,
    cancel: &CancelFlag,
    voice: Voice<'_>,
    said: &mut usize,
) -> Result<(), SpeechError> {
    let Voice { speech, mut begins, felt, playout, inputs } = voice;
    let from = engine.sample_rate();
    let mut failed = None;
    let mut spoken_ms = 0;
    engine.synthesize(text, cancel, &mut |mut chunk| {
        if cancel.is_cancelled() || failed.is_some() {
            return;
        }
        if std::mem::take(&mut begins) {
            drop_leading_silence(&mut chunk, from);
        }
        match playable_clause(speech, &chunk, from, &felt, *said) {
            // A closed channel means that the call is over.
            Ok(clause) => {
                if spoken_ms == 0 {
                    let _ = send_from_engine(inputs, Input::VoiceReady { speech });
                }
                spoken_ms += clause.samples.len() as u64 * 1000 / u64::from(PLAYOUT_SAMPLE_RATE);
                *said += clause.words.len();
                let _ = send_from_engine(playout, PlayoutCommand::Clause(clause));
            }
            Err(error) => failed = Some(error),
        }
    })?;
    let _ = send_from_engine(inputs, Input::Used(Usage::AudioMilliseconds(spoken_ms)));
    failed.map_or(Ok(()), Err)
}

/// The feelings that begin in a chunk before which `said` words of its clause were spoken, at samples of the playout rate.
fn feelings_within(felt: &[EmotionAtWord], chunk: &SpeechChunk, said: usize, from: u32) -> Vec<(u64, Feeling)> {
    let start = |word: usize| match chunk.words.get(word) {
        Some(word) => Some(word.start),
        // A voice that tells no words: with the clause's first sound.
        None if chunk.words.is_empty() && said == 0 => Some(0),
        None => None,
    };
    let placed = felt.iter().filter_map(|felt| Some((start(felt.word.checked_sub(said)?)?, felt.feeling)));
    placed.map(|(at, feeling)| (at * u64::from(PLAYOUT_SAMPLE_RATE) / u64::from(from), feeling)).collect()
}

/// Quieter than this is silence: -46 dB of full scale.
const SILENT_BELOW: f32 = 0.005;
/// Never more than this is left out of a speech's beginning, in milliseconds.
const MOST_LEFT_OUT_MS: u64 = 250;
/// So much is kept before the first sound, in milliseconds: consonants begin softly.
const KEPT_MS: u64 = 10;

/// Voices begin with some silence, 40 ms and more. Nobody should wait for that.
fn drop_leading_silence(chunk: &mut SpeechChunk, rate: u32) {
    let samples = |ms: u64| usize::try_from(ms * u64::from(rate) / 1000).unwrap_or(usize::MAX);
    let first_sound = chunk.samples.iter().position(|sample| sample.abs() >= SILENT_BELOW).unwrap_or(0);
    let count = first_sound.saturating_sub(samples(KEPT_MS)).min(samples(MOST_LEFT_OUT_MS));
    chunk.samples.drain(..count);
    let count = count as u64;
    for word in &mut chunk.words {
        (word.start, word.end) = (word.start.saturating_sub(count), word.end.saturating_sub(count));
    }
    for phoneme in &mut chunk.phonemes {
        (phoneme.start, phoneme.end) = (phoneme.start.saturating_sub(count), phoneme.end.saturating_sub(count));
    }
}

/// Brings a chunk of `from` Hz to the playout rate, with its times; `felt` is what is felt in its clause, of which `said` words
/// came before.
///
/// # Errors
/// When the rate can't be converted.
pub fn playable_clause(
    speech: SpeechId,
    chunk: &SpeechChunk,
    from: u32,
    felt: &[EmotionAtWord],
    said: usize,
) -> Result<PlayableClause, SpeechError> {
    let mut resampled = Vec::with_capacity(chunk.samples.len() * 3);
    let mut resampler = Resampler::new(from, PLAYOUT_SAMPLE_RATE)?;
    resampler.push(&chunk.samples, &mut resampled)?;
    resampler.finish(&mut resampled)?;
    let at_playout = |sample: u64| sample * u64::from(PLAYOUT_SAMPLE_RATE) / u64::from(from);
    let words = chunk
        .words
        .iter()
        .map(|word| PlayedWord { text: word.text.clone(), heard_at: at_playout(word.start.midpoint(word.end)) })
        .collect();
    let spans = chunk
        .phonemes
        .iter()
        .filter(|phoneme| viseme::carries_sound(&phoneme.ipa))
        .map(|phoneme| SpeechSpan::from_ipa(&phoneme.ipa, at_playout(phoneme.start), at_playout(phoneme.end)));
    let samples: Vec<i16> = resampled.iter().map(|sample| to_i16(*sample)).collect();
    Ok(PlayableClause {
        speech,
        track: Arc::new(SpeechTrack::from_spans(PLAYOUT_SAMPLE_RATE, spans).with_loudness_of(&samples)),
        feelings: feelings_within(felt, chunk, said, from),
        samples,
        words,
        video: None,
    })
}

/// A sample in -1 to 1 as 16-bit PCM.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of i16 first")]
fn to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use speech::WordSpan;

    #[test]
    fn a_speech_begins_with_its_first_sound_and_its_words_move_along() {
        let mut samples = vec![0.001; 4_000];
        samples[1_600..].fill(0.5);
        let word = WordSpan { text: "Hi.".into(), start: 1_600, end: 4_000 };
        let mut chunk = SpeechChunk { samples, phonemes: Vec::new(), words: vec![word] };
        drop_leading_silence(&mut chunk, 16_000);
        assert_eq!((chunk.samples.len(), chunk.words[0].start, chunk.words[0].end), (2_560, 160, 2_560));
        let mut silent = SpeechChunk { samples: vec![0.0; 100], ..SpeechChunk::default() };
        drop_leading_silence(&mut silent, 16_000);
        assert_eq!(silent.samples.len(), 100, "nothing but silence is meant");
    }
}
