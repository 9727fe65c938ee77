//! From a text to pictures and sound, as a call would show and play them.

use std::time::{Duration, Instant};

use assets::Assets;
use chat::Clause;
use dialogue::SpeechId;
use face::{Activity, Animator, FaceError, I420Frame, Situation};
use session::clause::ClauseSplitter;
use session::generation::emotions::{EmotionTags, emotions_of};
use session::ports::PLAYOUT_SAMPLE_RATE;
use session::voice::{PlayableClause, SharedClock, playable_clause};
use speech::{CancelFlag, SpeechError};

use super::LabPlan;
use crate::looks::{self, LookError};

/// Pictures a second.
pub(super) const RATE: u32 = 25;
/// Between two pictures.
const PERIOD: Duration = Duration::from_millis(40);
/// How long the face is seen before it speaks, and after.
const BEFORE: Duration = Duration::from_millis(600);
const AFTER: Duration = Duration::from_millis(1_200);
/// Threads of the voice: nothing else runs.
const THREADS: usize = 2;
/// All clauses are of one speech.
const SPEECH: SpeechId = SpeechId(1);

/// Why nothing could be shot.
#[derive(Debug, thiserror::Error)]
pub enum ShootError {
    /// The voice is missing or failed.
    #[error(transparent)]
    Voice(#[from] SpeechError),
    /// The weights are missing.
    #[error(transparent)]
    Assets(#[from] assets::AssetError),
    /// There is no such face.
    #[error(transparent)]
    Look(#[from] LookError),
    /// It can't be drawn.
    #[error(transparent)]
    Draw(#[from] FaceError),
    /// Nothing was left to say.
    #[error("there is nothing to say in `{0}`")]
    Nothing(String),
}

/// A film in memory.
pub(super) struct Shot {
    pub(super) pictures: Vec<I420Frame>,
    /// 48 kHz mono, from the first picture on.
    pub(super) sound: Vec<i16>,
}

pub(super) fn shoot(plan: &LabPlan) -> Result<Shot, ShootError> {
    let assets = Assets::open()?;
    let side = plan.size.pixels();
    let mut renderer = looks::renderer(&plan.look, side, &assets)?;
    let clauses = speak(&plan.text, &assets)?;
    let (began, clock) = (Instant::now(), SharedClock::default());
    let mut sound = vec![0; samples_in(BEFORE)];
    let mut handed_over = 0;
    for clause in clauses {
        let length = clause.samples.len() as u64;
        clock.add_look(handed_over, handed_over + length, clause.track, clause.feelings);
        sound.extend(clause.samples);
        handed_over += length;
    }
    clock.hand_over(began + BEFORE, handed_over);
    sound.resize(sound.len() + samples_in(AFTER), 0);

    let mut animator = Animator::new(plan.seed);
    let mut pictures = Vec::new();
    let mut at = Duration::ZERO;
    while samples_in(at) < sound.len() {
        let visible = if at < BEFORE { None } else { clock.visible(began + at) };
        let activity = if visible.is_some() { Activity::Speaking } else { Activity::Listening };
        let mut situation = Situation { activity, mood: plan.mood, ..Situation::default() };
        if let Some(visible) = visible {
            visible.feelings.into_iter().for_each(|feeling| animator.feel(at, feeling));
            situation.speech = visible.speech;
        }
        let mut frame = I420Frame::new(side, side);
        renderer.draw(&animator.expression(at, &situation), &mut frame)?;
        pictures.push(frame);
        at += PERIOD;
    }
    Ok(Shot { pictures, sound })
}

/// Says a text with the embedded voice.
fn speak(text: &str, assets: &Assets) -> Result<Vec<PlayableClause>, ShootError> {
    let (mut tags, mut splitter) = (EmotionTags::default(), ClauseSplitter::default());
    let mut clauses = splitter.push(text);
    clauses.extend(splitter.finish());
    let clauses: Vec<Clause> = clauses.iter().filter_map(|clause| tags.take_out(clause)).collect();
    if clauses.is_empty() {
        return Err(ShootError::Nothing(text.to_owned()));
    }
    let mut voice = engines_onnx::hibari::open(assets, THREADS)?;
    let rate = voice.sample_rate();
    let mut playable = Vec::new();
    for clause in clauses {
        let felt = emotions_of(&clause);
        let (mut said, mut failed) = (0, None);
        voice.synthesize(&clause.text, &CancelFlag::default(), &mut |chunk| {
            let words = chunk.words.len();
            match playable_clause(SPEECH, &chunk, rate, &felt, said) {
                Ok(clause) => playable.push(clause),
                Err(error) => failed = Some(error),
            }
            said += words;
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
    Ok(playable)
}

fn samples_in(time: Duration) -> usize {
    usize::try_from(time.as_micros() * u128::from(PLAYOUT_SAMPLE_RATE) / 1_000_000).unwrap_or(usize::MAX)
}
