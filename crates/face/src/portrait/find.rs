//! Finds the one face of a photo, or says why it cannot be used.

use super::PortraitError;
use super::landmarks::{COUNT, Landmarks, Point};
use super::net::{Detection, Detector, LandmarkNet};
use super::open_eyes::iris_heights;
use super::photo::{Area, Photo};

/// A detection below this certainty is no face.
const CERTAIN: f32 = 0.5;
/// A second face counts when it is at least this large, beside the largest: people far behind are not meant.
const MEANT: f32 = 0.4;
/// The least height from brows to chin, in pixels.
const LEAST_HEIGHT: f32 = 60.0;
/// The most turn, see [`Landmarks::turn`].
const MOST_TURN: f32 = 0.3;
/// The most tilt, in radians.
const MOST_TILT: f32 = 0.35;
/// Eyes in which less than this is seen of an iris are shut, see [`iris_heights`]: those of our faces, from life and drawn,
/// have 0.28 to 0.48 when they are open, at least 0.20 when they are half shut, and at most 0.14 when they are shut.
const SHUT: f32 = 0.17;
/// A mouth that is more open cannot be closed well, see [`Landmarks::mouth_openness`].
const WIDE_OPEN: f32 = 0.42;
/// The net sees a face best in a square of this many times the brow-to-chin height.
const FRAMING: f32 = 1.4;
/// Points that differ by more from look to look, on average, are none; a share of the brow-to-chin height. Faces are near 0.015.
const UNSTEADY: f32 = 0.045;
/// The points are looked for in several squares, shifted by this share of their side, and averaged.
const SHIFT: f32 = 0.035;

/// The points of the one usable face.
pub(super) fn only_face(photo: &Photo, detector: &Detector, net: &LandmarkNet) -> Result<Landmarks, PortraitError> {
    let area = only_detection(detector.find(photo, CERTAIN))?;
    let square = Area::square(area.x + area.width / 2.0, area.y + area.height / 2.0, area.width.max(area.height));
    let landmarks = refine(photo, net, &Landmarks(net.find(photo, &square, false)))?;
    check(photo, &landmarks)?;
    Ok(landmarks)
}

fn only_detection(found: Vec<Detection>) -> Result<Area, PortraitError> {
    let size = |face: &Detection| face.area.width.max(face.area.height);
    let largest = found.iter().map(size).fold(0.0, f32::max);
    let meant: Vec<_> = found.into_iter().filter(|face| size(face) >= MEANT * largest).collect();
    match meant.as_slice() {
        [] => Err(PortraitError::NoFace),
        [face] => Ok(face.area),
        more => Err(PortraitError::ManyFaces { count: more.len() }),
    }
}

/// Looks again, framed by what was found, from a few places: the mean is steadier than any single answer. Where the
/// answers contradict each other there is no face, whatever the detector says.
fn refine(photo: &Photo, net: &LandmarkNet, first: &Landmarks) -> Result<Landmarks, PortraitError> {
    let mut best = first.clone();
    for _ in 0..2 {
        let eyes = best.mean(Landmarks::EYES[0].start..Landmarks::EYES[1].end);
        let centre = eyes.towards(best.mean(Landmarks::LIPS), 0.5);
        let side = best.height() * FRAMING;
        let looks: Vec<_> = [(0.0, 0.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)]
            .into_iter()
            .flat_map(|(x, y)| {
                [(0.95, false), (1.05, false), (0.95, true), (1.05, true)].map(|(scale, mirrored)| {
                    let (x, y) = (centre.x + x * SHIFT * side, centre.y + y * SHIFT * side);
                    net.find(photo, &Area::square(x, y, side * scale), mirrored)
                })
            })
            .collect();
        best = Landmarks(std::array::from_fn(|index| {
            looks.iter().fold(Point::default(), |sum, look| sum + look[index]) * (1.0 / looks.len() as f32)
        }));
        let off = looks.iter().flat_map(|look| look.iter().zip(best.0).map(|(a, b)| a.distance(b)));
        if off.sum::<f32>() / (looks.len() * COUNT) as f32 > UNSTEADY * best.height() {
            return Err(PortraitError::NoFace);
        }
    }
    Ok(best)
}

fn check(photo: &Photo, face: &Landmarks) -> Result<(), PortraitError> {
    let height = face.height();
    if height < LEAST_HEIGHT {
        return Err(PortraitError::TooSmall { side: height as u32, least: LEAST_HEIGHT as u32 });
    }
    let within = |point: &Point| {
        point.x >= 0.0 && point.y >= 0.0 && point.x <= photo.width as f32 && point.y <= photo.height as f32
    };
    let forehead =
        face.mean(Landmarks::BROWS[0].clone()).y.min(face.mean(Landmarks::BROWS[1].clone()).y) - 0.25 * height;
    if !face.0.iter().all(within) || forehead < 0.0 {
        return Err(PortraitError::CutByEdge);
    }
    if face.turn() > MOST_TURN {
        return Err(PortraitError::Turned { how: "turned" });
    }
    if face.roll().abs() > MOST_TILT {
        return Err(PortraitError::Turned { how: "tilted" });
    }
    if iris_heights(photo, face).into_iter().any(|height| height < SHUT) {
        return Err(PortraitError::EyesShut);
    }
    if face.mouth_openness() > WIDE_OPEN {
        return Err(PortraitError::MouthOpen);
    }
    Ok(())
}
