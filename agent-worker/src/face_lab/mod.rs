//! `agent-worker face`: the face without a call, for people who work on it: says a text and keeps what is seen and heard.
//!
//! ```text
//!  text ─ clauses, tags ─> voice ─> sound + phoneme times ─> the call's own clock ─> animator ─> renderer ─> pictures
//!                                     └──────────────────────────────────────────────────────────> film: .png .gif .mp4
//! ```

mod film;
mod shoot;

use std::path::PathBuf;

use face::Feeling;

pub use film::FilmError;
pub use shoot::ShootError;

/// What to film.
#[derive(Debug, Clone)]
pub struct LabPlan {
    /// What is said; emotion tags such as `[joy]` are felt, not spoken.
    pub text: String,
    /// Which face.
    pub look: persona::Look,
    /// How large the picture is.
    pub size: persona::PictureSize,
    /// A feeling that stays.
    pub mood: Option<Feeling>,
    /// The same seed gives the same blinks and glances.
    pub seed: u64,
    /// Where the film goes: `.png` (pictures in a sheet), `.gif` (silent), `.mp4` (with sound; needs ffmpeg).
    pub out: PathBuf,
}

/// Why there is no film.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// It could not be shot.
    #[error(transparent)]
    Shoot(#[from] ShootError),
    /// It could not be kept.
    #[error("{}: {source}", path.display())]
    Film {
        /// The file.
        path: PathBuf,
        /// Why.
        source: FilmError,
    },
}

/// What was filmed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filmed {
    /// Pictures.
    pub pictures: u64,
    /// Length in seconds.
    pub seconds: f64,
}

/// Films a text. Blocking.
///
/// # Errors
/// [`LabError`].
pub fn film(plan: &LabPlan) -> Result<Filmed, LabError> {
    let fail = |source| LabError::Film { path: plan.out.clone(), source };
    // Nobody waits for a film that can't be kept.
    let format = film::Format::of(&plan.out).map_err(fail)?;
    let shot = shoot::shoot(plan)?;
    film::keep(format, &plan.out, &shot).map_err(fail)?;
    let pictures = shot.pictures.len() as u64;
    Ok(Filmed { pictures, seconds: pictures as f64 / f64::from(shoot::RATE) })
}
