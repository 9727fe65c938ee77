//! The pictures of one clause, as the playout clock and the face's thread pass them on.

use std::sync::Arc;

use tokio::sync::watch;

use super::container::{Video, VideoError};
use super::pictures::Pictures;
use session::face_video::{FaceVideo, FaceVideoDecoder, FaceVideoError, time_us};

/// How much earlier than the sound a video may end: models leave out what does not fill a picture or a block of them. Its last
/// picture stays for so long.
const MAY_MISS_US: u64 = 500_000;

/// What is wrong with a video that is being shown, from the face's thread to the task that asked for it.
#[derive(Debug, Clone)]
pub struct FilmReports(Arc<watch::Sender<Option<FaceVideoError>>>);

impl Default for FilmReports {
    fn default() -> Self {
        Self(Arc::new(watch::channel(None).0))
    }
}

impl FilmReports {
    /// Where reports arrive.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Option<FaceVideoError>> {
        self.0.subscribe()
    }
}

/// A filmed clause. Clones share it.
#[derive(Debug, Clone)]
pub struct Film {
    video: Arc<Video>,
    samples: u64,
    reports: FilmReports,
}

impl Film {
    /// Takes what a service sent for a clause of so many samples (of the playout rate), and tries its first picture.
    ///
    /// # Errors
    /// When it is no video, ends long before the clause, or can't be decoded.
    pub fn new(file: Vec<u8>, samples: u64, reports: FilmReports) -> Result<Self, VideoError> {
        let video = Arc::new(Video::parse(file)?);
        let missing = time_us(samples).saturating_sub(video.length_us);
        if missing > MAY_MISS_US {
            return Err(VideoError::TooShort { missing_ms: missing / 1000 });
        }
        Pictures::open(video.clone())?.show(0, &mut face::I420Frame::new(64, 64))?;
        Ok(Self { video, samples, reports })
    }

    /// A film of a video that nobody looked at.
    #[cfg(test)]
    pub(super) fn unseen(video: Video, samples: u64, reports: FilmReports) -> Self {
        Self { video: Arc::new(video), samples, reports }
    }
}

impl FaceVideo for Film {
    fn samples(&self) -> u64 {
        self.samples
    }

    fn decoder(&self) -> Result<Box<dyn FaceVideoDecoder>, FaceVideoError> {
        let pictures = Pictures::open(self.video.clone()).map_err(|error| FaceVideoError(error.to_string()))?;
        Ok(Box::new(pictures))
    }

    fn broken(&self, error: FaceVideoError) {
        self.reports.0.send_replace(Some(error));
    }
}

impl FaceVideoDecoder for Pictures {
    fn show(&mut self, time_us: u64, frame: &mut face::I420Frame) -> Result<(), FaceVideoError> {
        Self::show(self, time_us, frame).map_err(|error| FaceVideoError(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use testkit::stub_lip_sync::film;

    #[test]
    fn a_picture_that_can_not_be_decoded_is_told_with_its_number() {
        let reports = FilmReports::default();
        let mut video = Video::parse(film(64, 64, &[220; 50]).unwrap()).unwrap();
        for byte in video.encoded[20].iter_mut().skip(4) {
            *byte = 0x65;
        }
        let film = Film::unseen(video, 96_000, reports.clone());
        let (mut decoder, mut frame) = (film.decoder().unwrap(), face::I420Frame::new(64, 64));
        for ms in (0..800).step_by(40) {
            decoder.show(ms * 1_000, &mut frame).unwrap();
        }
        let error = decoder.show(805_000, &mut frame).unwrap_err();
        assert!(error.0.contains("picture 20"), "{error}");
        film.broken(error.clone());
        assert_eq!(*reports.subscribe().borrow(), Some(error));
    }

    #[test]
    fn a_video_that_ends_long_before_its_clause_is_refused() {
        let of = |pictures: usize, samples: u64| {
            Film::new(film(64, 64, &vec![100; pictures]).unwrap(), samples, FilmReports::default())
        };
        assert!(of(50, 96_000).is_ok());
        assert!(of(40, 96_000).is_ok(), "0.4 s are missing");
        assert!(matches!(of(25, 96_000), Err(VideoError::TooShort { missing_ms: 900..=1_100 })));
        assert!(of(75, 96_000).is_ok(), "what is longer is cut");
    }
}
