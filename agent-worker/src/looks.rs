//! Which face the agent has, and the renderer that draws it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assets::{Asset, AssetError, Assets};
use face::{Character, CharacterError, DrawnFace, FaceError, FaceRenderer, Portrait, PortraitError, PortraitModels};
use persona::{Appearance, Look};
use session::face::Portrayal;
use transport_livekit::FaceTrack;
use transport_livekit::avatar::takeover::PortrayFace;

/// The largest photo that is read, in bytes; the decoder has limits of its own.
const LARGEST_PHOTO: u64 = 20 * 1024 * 1024;

/// How the face's track is published; `stamped`, when its pictures are to say to which sample of the voice they belong.
#[must_use]
pub fn track(appearance: &Appearance, stamped: bool) -> FaceTrack {
    let size = appearance.size;
    FaceTrack { side: size.pixels(), max_bitrate: size.bits_per_second(), stamped }
}

/// Makes the face ready whenever it is asked for.
#[must_use]
pub fn factory(appearance: Appearance, assets: Assets) -> PortrayFace {
    Arc::new(move || {
        let portraying = portray(appearance.clone(), assets.clone());
        Box::pin(async move { portraying.await.map_err(|error| error.to_string()) })
    })
}

/// Makes the face ready, off the async threads: up to some tenths of a second.
///
/// # Errors
/// [`LookError`].
pub async fn portray(appearance: Appearance, assets: Assets) -> Result<Portrayal, LookError> {
    let Appearance { look, mood, size } = appearance;
    let renderer = tokio::task::spawn_blocking(move || renderer(&look, size.pixels(), &assets)).await;
    Ok(Portrayal { renderer: renderer.map_err(|error| LookError::Broken(error.to_string()))??, mood })
}

/// Why there is no such face.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The character is unknown or broken.
    #[error(transparent)]
    Character(#[from] CharacterError),
    /// The photo can't be read.
    #[error("{}: {message}", path.display())]
    Photo {
        /// The photo.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The photo can't be a face.
    #[error("{}: {source}", path.display())]
    Portrait {
        /// The photo.
        path: PathBuf,
        /// Why.
        source: PortraitError,
    },
    /// What finds a face in a photo is missing.
    #[error(transparent)]
    Assets(#[from] AssetError),
    /// Making it ready broke off.
    #[error("the face can't be made ready: {0}")]
    Broken(String),
    /// It can't be drawn.
    #[error("the face can't be drawn: {0}")]
    Draw(#[from] FaceError),
}

/// A renderer of this face for pictures of `size` by `size` pixels. A portrait takes some tenths of a second.
///
/// # Errors
/// [`LookError`].
pub fn renderer(look: &Look, size: u32, assets: &Assets) -> Result<Box<dyn FaceRenderer>, LookError> {
    match look {
        Look::Character(name) => Ok(Box::new(DrawnFace::new(&Character::load(name)?, size, size)?)),
        Look::Portrait(path) => Ok(Box::new(portrait(path, assets)?.face(size, size)?)),
    }
}

fn portrait(path: &Path, assets: &Assets) -> Result<Portrait, LookError> {
    let unreadable = |message: String| LookError::Photo { path: path.to_owned(), message };
    let length = std::fs::metadata(path).map_err(|error| unreadable(format!("can't be read: {error}")))?.len();
    if length > LARGEST_PHOTO {
        return Err(unreadable(format!("has {length} bytes; photos of up to {LARGEST_PHOTO} are taken")));
    }
    let read = |path: &Path| {
        std::fs::read(path)
            .map_err(|error| LookError::Photo { path: path.to_owned(), message: format!("can't be read: {error}") })
    };
    let (detector, landmarks) = (assets.path(Asset::FaceDetector)?, assets.path(Asset::FaceLandmarks)?);
    let (photo, detector, landmarks) = (read(path)?, read(&detector)?, read(&landmarks)?);
    let models = PortraitModels { detector: &detector, landmarks: &landmarks };
    Portrait::load(&photo, &models).map_err(|source| LookError::Portrait { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use persona::PictureSize;

    use super::*;

    /// A picture of every size is drawn, and shows more than one flat colour in all of its quarters.
    fn assert_every_size_can_be_drawn(look: &Look) {
        for size in PictureSize::ALL {
            let side = size.pixels();
            let mut drawn = renderer(look, side, &Assets::open().unwrap()).unwrap();
            assert_eq!(drawn.size(), (side, side));
            let mut frame = face::I420Frame::new(side, side);
            drawn.draw(&face::Expression::REST, &mut frame).unwrap();
            let half = side as usize / 2;
            for (rows, columns) in [(0, 0), (0, half), (half, 0), (half, half)] {
                let quarter = (rows..rows + half).flat_map(|row| {
                    let from = row * side as usize + columns;
                    &frame.y[from..from + half]
                });
                let (darkest, lightest) =
                    quarter.fold((u8::MAX, u8::MIN), |(low, high), luma| (low.min(*luma), high.max(*luma)));
                assert!(lightest - darkest > 40, "{look:?} of {side} pixels, from {rows}, {columns}");
            }
        }
    }

    #[test]
    fn every_character_that_is_shipped_can_be_drawn_and_another_name_is_refused_with_theirs() {
        for name in Character::names() {
            assert_every_size_can_be_drawn(&Look::Character(name.to_owned()));
        }
        let refused =
            renderer(&Look::Character("nobody".into()), 128, &Assets::open().unwrap()).err().unwrap().to_string();
        assert!(refused.contains("nobody") && refused.contains("joe"), "{refused}");
    }

    #[test]
    fn a_photo_without_a_face_is_refused_with_its_name_and_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wall.png");
        let wall = face::png::encode_rgba(300, 300, &[128; 300 * 300 * 4]).unwrap();
        std::fs::write(&path, wall).unwrap();
        let refused = |path: &Path| {
            renderer(&Look::Portrait(path.to_owned()), 128, &Assets::open().unwrap()).err().unwrap().to_string()
        };
        assert!(refused(&path).contains("wall.png: "), "{}", refused(&path));
        assert!(refused(&folder.path().join("gone.jpg")).contains("can't be read"));
    }

    #[test]
    fn the_person_in_a_photo_can_be_drawn() {
        let photo = Assets::open().unwrap().path(Asset::SamplePortrait).expect("`cargo xtask assets` fetches it");
        assert_every_size_can_be_drawn(&Look::Portrait(photo));
    }
}
