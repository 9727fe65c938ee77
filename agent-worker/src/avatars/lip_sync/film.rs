//! The pictures of one clause, as the playout clock and the face's thread pass them on.

use std::sync::Arc;

use tokio::sync::watch;

use super::container::{Video, VideoError};
use super::pictures::Pictures;
use crate::session::voice::PLAYOUT_SAMPLE_RATE;

/// How much earlier than the sound a video may end: models leave out what does not fill a picture or a block of them. Its last
/// picture stays for so long.
const MAY_MISS_US: u64 = 500_000;

/// What is wrong with a film that is being shown, from the face's thread to whoever asked for it.
#[derive(Debug, Clone)]
pub struct FilmReports(Arc<watch::Sender<Option<VideoError>>>);

impl Default for FilmReports {
    fn default() -> Self {
        Self(Arc::new(watch::channel(None).0))
    }
}

impl FilmReports {
    /// Where reports arrive.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Option<VideoError>> {
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

/// Only the very same film is equal.
impl PartialEq for Film {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.video, &other.video)
    }
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

    /// How long the clause sounds, in samples.
    #[must_use]
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// Its pictures, from the first.
    ///
    /// # Errors
    /// When there is no decoder.
    pub fn pictures(&self) -> Result<Pictures, VideoError> {
        Pictures::open(self.video.clone())
    }

    /// It can't be shown any more.
    pub fn is_broken(&self, error: VideoError) {
        self.reports.0.send_replace(Some(error));
    }
}

/// A film and the sample of it, from its first, that sounds.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmAt {
    /// The film.
    pub film: Film,
    /// Samples of the clause before it.
    pub sample: u64,
}

/// When a sample sounds, in microseconds.
pub(super) fn time_us(samples: u64) -> u64 {
    samples.saturating_mul(1_000_000) / u64::from(PLAYOUT_SAMPLE_RATE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use testkit::stub_lip_sync::film;

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
