//! What is seen: the agent's own face, a film's picture, or for a moment a mix of both.

use face::I420Frame;

use super::container::VideoError;
use super::film::{Film, FilmAt, time_us};
use super::fit::mix;
use super::pictures::Pictures;

/// How much the mix changes from picture to picture, of 256: at 25 pictures a second the change takes 120 ms, which is also how
/// soon a mouth must be shut when the agent is interrupted.
const STEP: u16 = 86;
/// All of it.
const WHOLE: u16 = 256;

/// Shows films over the face. Belongs to the face's thread.
pub struct Screen {
    playing: Option<(Film, Pictures)>,
    /// A film could not be shown: the service is given up, and no other one is looked at.
    broken: bool,
    /// How much of the film is seen, of [`WHOLE`].
    share: u16,
    picture: I420Frame,
}

impl Screen {
    /// For pictures of this size.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        Self { playing: None, broken: false, share: 0, picture: I420Frame::new(width, height) }
    }

    /// What is to be seen next. A film that can't be shown is reported once, and from then on the face is seen.
    pub fn follow(&mut self, film: Option<FilmAt>) {
        let Some(FilmAt { film, sample }) = film.filter(|_| !self.broken) else {
            // Its decoder is kept: a speech that only paused goes on with the next picture.
            self.share = self.share.saturating_sub(STEP);
            return;
        };
        match self.show(&film, sample) {
            Ok(()) => self.share = (self.share + STEP).min(WHOLE),
            Err(error) => {
                film.is_broken(error);
                (self.playing, self.broken, self.share) = (None, true, 0);
            }
        }
    }

    fn show(&mut self, film: &Film, sample: u64) -> Result<(), VideoError> {
        let (_, pictures) = match self.playing.take() {
            Some(playing) if playing.0 == *film => self.playing.insert(playing),
            _ => self.playing.insert((film.clone(), film.pictures()?)),
        };
        pictures.show(time_us(sample), &mut self.picture)
    }

    /// Whether nothing of the face is seen: then it need not be drawn.
    #[must_use]
    pub const fn is_covered(&self) -> bool {
        self.share == WHOLE
    }

    /// Brings the film into the face's picture.
    pub fn cover(&self, frame: &mut I420Frame) {
        if self.share > 0 {
            mix(frame, &self.picture, self.share);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::super::container::Video;
    use super::super::film::FilmReports;
    use super::*;
    use testkit::stub_lip_sync::film;

    const FACE: u8 = 20;
    const FILM: u8 = 220;

    fn at(film: &Film, ms: u64) -> Option<FilmAt> {
        Some(FilmAt { film: film.clone(), sample: ms * 48 })
    }

    fn seen(screen: &Screen) -> u8 {
        let mut frame = I420Frame::new(64, 64);
        frame.y.fill(FACE);
        screen.cover(&mut frame);
        frame.y[64 * 32 + 32]
    }

    #[test]
    fn a_film_fades_in_and_is_gone_within_120_ms_after_it() {
        let film = Film::new(film(64, 64, &[FILM; 50]).unwrap(), 96_000, FilmReports::default()).unwrap();
        let mut screen = Screen::new(64, 64);
        assert_eq!(seen(&screen), FACE);
        screen.follow(at(&film, 0));
        assert!((FACE + 40..FILM - 40).contains(&seen(&screen)), "a mix: {}", seen(&screen));
        for ms in [40, 80] {
            screen.follow(at(&film, ms));
        }
        assert!(screen.is_covered() && seen(&screen).abs_diff(FILM) <= 2);
        for _ in 0..3 {
            assert_ne!(seen(&screen), FACE);
            screen.follow(None);
        }
        assert_eq!((seen(&screen), screen.is_covered()), (FACE, false));
    }

    #[test]
    fn a_film_that_breaks_is_reported_and_the_face_is_seen_at_once() {
        let reports = FilmReports::default();
        let mut video = Video::parse(film(64, 64, &[FILM; 50]).unwrap()).unwrap();
        for byte in video.encoded[20].iter_mut().skip(4) {
            *byte = 0x65;
        }
        let sound = Film::new(film(64, 64, &[FILM; 50]).unwrap(), 96_000, reports.clone()).unwrap();
        let film = Film::unseen(video, 96_000, reports.clone());
        let mut screen = Screen::new(64, 64);
        let mut reported = reports.subscribe();
        for ms in (0..800).step_by(40) {
            screen.follow(at(&film, ms));
        }
        assert_eq!((screen.is_covered(), reported.borrow().is_some()), (true, false));
        screen.follow(at(&film, 805));
        assert!(matches!(*reported.borrow(), Some(VideoError::Picture { picture: 20, .. })));
        assert_eq!(seen(&screen), FACE);
        reported.mark_unchanged();
        // Neither this film nor the next one is looked at again.
        for next in [at(&film, 845), at(&film, 885), at(&sound, 0), at(&sound, 40)] {
            screen.follow(next);
            assert_eq!(seen(&screen), FACE);
        }
        assert!(!reported.has_changed().unwrap());
    }
}
