//! What is seen: the agent's own face, a picture of a video, or for a moment a mix of both.

use std::sync::Arc;

use face::I420Frame;

use crate::face_video::{FaceVideo, FaceVideoAt, FaceVideoDecoder, FaceVideoError, same_video, time_us};

/// How much the mix changes from picture to picture, of 256: at 25 pictures a second the change takes 120 ms, which is also how
/// soon a mouth must be shut when the agent is interrupted.
const STEP: u16 = 86;
/// All of it.
const WHOLE: u16 = 256;

/// Shows videos over the face. Belongs to the face's thread.
pub(super) struct Overlay {
    playing: Option<(Arc<dyn FaceVideo>, Box<dyn FaceVideoDecoder>)>,
    /// A video could not be shown: its service is given up, and no other one is looked at.
    broken: bool,
    /// How much of the video is seen, of [`WHOLE`].
    share: u16,
    picture: I420Frame,
}

impl Overlay {
    /// For pictures of this size.
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { playing: None, broken: false, share: 0, picture: I420Frame::new(width, height) }
    }

    /// What is to be seen next. A video that can't be shown is reported once, and from then on the face is seen.
    pub(super) fn follow(&mut self, video: Option<FaceVideoAt>) {
        let Some(FaceVideoAt { video, sample }) = video.filter(|_| !self.broken) else {
            // Its decoder is kept: a speech that only paused goes on with the next picture.
            self.share = self.share.saturating_sub(STEP);
            return;
        };
        match self.show(&video, sample) {
            Ok(()) => self.share = (self.share + STEP).min(WHOLE),
            Err(error) => {
                video.broken(error);
                (self.playing, self.broken, self.share) = (None, true, 0);
            }
        }
    }

    fn show(&mut self, video: &Arc<dyn FaceVideo>, sample: u64) -> Result<(), FaceVideoError> {
        let (_, decoder) = match self.playing.take() {
            Some(playing) if same_video(&playing.0, video) => self.playing.insert(playing),
            _ => self.playing.insert((video.clone(), video.decoder()?)),
        };
        decoder.show(time_us(sample), &mut self.picture)
    }

    /// Whether nothing of the face is seen: then it need not be drawn.
    pub(super) const fn is_covered(&self) -> bool {
        self.share == WHOLE
    }

    /// Brings the video into the face's picture.
    pub(super) fn cover(&self, frame: &mut I420Frame) {
        if self.share > 0 {
            mix(frame, &self.picture, self.share);
        }
    }
}

/// Mixes `share` (of 256) of `over` into `frame`. Both have the same size.
fn mix(frame: &mut I420Frame, over: &I420Frame, share: u16) {
    let share = u32::from(share.min(256));
    for (under, over) in [(&mut frame.y, &over.y), (&mut frame.u, &over.u), (&mut frame.v, &over.v)] {
        for (under, over) in under.iter_mut().zip(over) {
            *under = ((u32::from(*under) * (256 - share) + u32::from(*over) * share) >> 8) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::sync::Mutex;

    use super::*;

    const FACE: u8 = 20;
    const VIDEO: u8 = 220;

    /// Pictures of one brightness; from some time on they can't be decoded.
    #[derive(Debug, Clone, Default)]
    struct Bright {
        broken_from_us: Option<u64>,
        reported: Arc<Mutex<Vec<FaceVideoError>>>,
    }

    impl FaceVideo for Bright {
        fn samples(&self) -> u64 {
            96_000
        }

        fn decoder(&self) -> Result<Box<dyn FaceVideoDecoder>, FaceVideoError> {
            Ok(Box::new(self.clone()))
        }

        fn broken(&self, error: FaceVideoError) {
            self.reported.lock().unwrap().push(error);
        }
    }

    impl FaceVideoDecoder for Bright {
        fn show(&mut self, time_us: u64, frame: &mut I420Frame) -> Result<(), FaceVideoError> {
            if self.broken_from_us.is_some_and(|from| time_us >= from) {
                return Err(FaceVideoError("picture 20".into()));
            }
            frame.y.fill(VIDEO);
            Ok(())
        }
    }

    fn at(video: &Arc<dyn FaceVideo>, ms: u64) -> Option<FaceVideoAt> {
        Some(FaceVideoAt { video: video.clone(), sample: ms * 48 })
    }

    fn seen(overlay: &Overlay) -> u8 {
        let mut frame = I420Frame::new(64, 64);
        frame.y.fill(FACE);
        overlay.cover(&mut frame);
        frame.y[64 * 32 + 32]
    }

    #[test]
    fn a_video_fades_in_and_is_gone_within_120_ms_after_it() {
        let video: Arc<dyn FaceVideo> = Arc::new(Bright::default());
        let mut overlay = Overlay::new(64, 64);
        assert_eq!(seen(&overlay), FACE);
        overlay.follow(at(&video, 0));
        assert!((FACE + 40..VIDEO - 40).contains(&seen(&overlay)), "a mix: {}", seen(&overlay));
        for ms in [40, 80] {
            overlay.follow(at(&video, ms));
        }
        assert!(overlay.is_covered() && seen(&overlay) == VIDEO);
        for _ in 0..3 {
            assert_ne!(seen(&overlay), FACE);
            overlay.follow(None);
        }
        assert_eq!((seen(&overlay), overlay.is_covered()), (FACE, false));
    }

    #[test]
    fn a_video_that_breaks_is_reported_once_and_the_face_is_seen_at_once() {
        let broken = Bright { broken_from_us: Some(800_000), ..Bright::default() };
        let reported = broken.reported.clone();
        let (broken, sound): (Arc<dyn FaceVideo>, Arc<dyn FaceVideo>) =
            (Arc::new(broken), Arc::new(Bright { reported: reported.clone(), ..Bright::default() }));
        let mut overlay = Overlay::new(64, 64);
        for ms in (0..800).step_by(40) {
            overlay.follow(at(&broken, ms));
        }
        assert!(overlay.is_covered() && reported.lock().unwrap().is_empty());
        // Neither this video nor the next one is looked at again.
        for next in [at(&broken, 805), at(&broken, 845), at(&sound, 0), at(&sound, 40)] {
            overlay.follow(next);
            assert_eq!(seen(&overlay), FACE);
        }
        assert_eq!(*reported.lock().unwrap(), [FaceVideoError("picture 20".into())]);
    }

    #[test]
    fn a_mix_lies_between_both() {
        let (mut under, mut over) = (I420Frame::new(64, 64), I420Frame::new(64, 64));
        under.y.fill(16);
        over.y.fill(200);
        mix(&mut under, &over, 128);
        assert_eq!(under.y[0], 108);
        mix(&mut under, &over, 256);
        assert_eq!(under.y, over.y);
    }
}
