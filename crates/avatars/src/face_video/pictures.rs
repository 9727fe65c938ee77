//! The pictures of a video, decoded one after the other as they are to be seen, and fitted to the face's size.

use std::collections::VecDeque;
use std::sync::Arc;

use face::I420Frame;
use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource as _;

use super::container::{SIDES, Video, VideoError};
use super::fit::{Planes, fit};

/// Decodes one video from its beginning.
pub struct Pictures {
    video: Arc<Video>,
    decoder: Decoder,
    /// Pictures that the decoder was given.
    given: usize,
    /// Pictures that it gave back.
    seen: usize,
    /// What it held back until it had everything.
    held_back: VecDeque<I420Frame>,
    /// Which one is in the frame that was last fitted.
    shown: Option<usize>,
}

impl Pictures {
    /// # Errors
    /// When there is no decoder.
    pub fn open(video: Arc<Video>) -> Result<Self, VideoError> {
        // With flushing after every picture those that lean on later ones come in the wrong order.
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let decoder = Decoder::with_api_config(OpenH264API::from_source(), config).map_err(|error| at(0, &error))?;
        Ok(Self { video, decoder, given: 0, seen: 0, held_back: VecDeque::new(), shown: None })
    }

    /// Brings the picture of a time into `frame`, cut and scaled to its size. Times go forward; for one that is past, `frame`
    /// keeps what it has.
    ///
    /// # Errors
    /// When the picture, or one before it, can't be decoded.
    pub fn show(&mut self, time_us: u64, frame: &mut I420Frame) -> Result<(), VideoError> {
        let wanted = self.video.picture_at(time_us);
        while self.shown.is_none_or(|shown| shown < wanted) {
            self.next(wanted, frame)?;
        }
        Ok(())
    }

    /// The next picture in the order of seeing; fitted when it is the wanted one or the last.
    fn next(&mut self, wanted: usize, frame: &mut I420Frame) -> Result<(), VideoError> {
        let seen = self.seen;
        while let Some(encoded) = self.video.encoded.get(self.given) {
            let given = self.given;
            self.given += 1;
            let Some(picture) = self.decoder.decode(encoded).map_err(|error| at(given, &error))? else { continue };
            let planes = planes(&picture)?;
            if seen >= wanted {
                fit(&planes, frame);
            }
            (self.seen, self.shown) = (seen + 1, Some(seen));
            return Ok(());
        }
        if self.given == self.video.encoded.len() {
            self.given += 1;
            for picture in self.decoder.flush_remaining().map_err(|error| at(seen, &error))? {
                self.held_back.push_back(planes(&picture)?.to_frame());
            }
        }
        let Some(picture) = self.held_back.pop_front() else {
            if seen == 0 {
                return Err(VideoError::Picture { picture: 0, message: "the decoder gave none".into() });
            }
            // The decoder gave fewer than it was given: the last one stays.
            self.shown = Some(wanted);
            return Ok(());
        };
        if seen >= wanted || self.held_back.is_empty() {
            fit(&Planes::of(&picture), frame);
        }
        (self.seen, self.shown) = (seen + 1, Some(seen));
        Ok(())
    }
}

fn at(picture: usize, error: &openh264::Error) -> VideoError {
    let message = error.to_string();
    VideoError::Picture { picture, message: message.lines().next().unwrap_or_default().to_owned() }
}

/// What the decoder gave, after a look at its size: the container's word for that is not enough.
fn planes<'a>(picture: &'a DecodedYUV<'_>) -> Result<Planes<'a>, VideoError> {
    let (width, height) = picture.dimensions();
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let (width, height) = (side(width), side(height));
    if !SIDES.contains(&width) || !SIDES.contains(&height) {
        return Err(VideoError::Size { width, height });
    }
    let (stride_y, stride_u, _) = picture.strides();
    Ok(Planes {
        width: width as usize,
        height: height as usize,
        planes: [(picture.y(), stride_y), (picture.u(), stride_u), (picture.v(), stride_u)],
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;
    use testkit::stub_lip_sync::film;

    fn opened(lumas: &[u8]) -> Pictures {
        Pictures::open(Arc::new(Video::parse(film(128, 128, lumas).unwrap()).unwrap())).unwrap()
    }

    fn luma(frame: &I420Frame) -> u8 {
        frame.y[(frame.width * frame.height / 2 + frame.width / 2) as usize]
    }

    #[test]
    fn the_picture_of_a_time_is_shown_whatever_was_left_out_before_it() {
        let lumas: Vec<u8> = (0..50).map(|n| 40 + n * 4).collect();
        let mut pictures = opened(&lumas);
        let mut frame = I420Frame::new(64, 64);
        for (ms, wanted) in [(5, 0), (45, 1), (50, 1), (805, 20), (900, 22), (1_999, 49), (9_000, 49)] {
            pictures.show(ms * 1_000, &mut frame).unwrap();
            assert!(luma(&frame).abs_diff(lumas[wanted]) <= 2, "{ms} ms: {} for {}", luma(&frame), lumas[wanted]);
        }
        // A look back changes nothing.
        pictures.show(0, &mut frame).unwrap();
        assert!(luma(&frame).abs_diff(lumas[49]) <= 2);
    }

    #[test]
    fn a_picture_that_is_rubbish_is_an_error_with_its_number() {
        let mut video = Video::parse(film(128, 128, &[100; 20]).unwrap()).unwrap();
        for byte in video.encoded[7].iter_mut().skip(4) {
            *byte = 0x65;
        }
        let mut pictures = Pictures::open(Arc::new(video)).unwrap();
        let mut frame = I420Frame::new(64, 64);
        assert_eq!(pictures.show(200_000, &mut frame), Ok(()));
        let failed = pictures.show(400_000, &mut frame).unwrap_err();
        assert!(matches!(failed, VideoError::Picture { picture: 7, .. }), "{failed}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn damaged_pictures_end_in_an_error_or_in_pictures(
            damage in proptest::collection::vec((0usize..12, 0usize..400, any::<u8>()), 1..20),
            gone in 0usize..12,
        ) {
            let mut video = Video::parse(film(96, 96, &(0..12).map(|n| 40 + n * 15).collect::<Vec<u8>>()).unwrap()).unwrap();
            for (picture, at, byte) in damage {
                let picture = &mut video.encoded[picture];
                let at = at % picture.len();
                picture[at] = byte;
            }
            video.encoded.truncate(12 - gone);
            let mut pictures = Pictures::open(Arc::new(video)).unwrap();
            let mut frame = I420Frame::new(64, 64);
            let shown: Result<(), VideoError> = (0..20).try_for_each(|n| pictures.show(n * 40_000, &mut frame));
            let told = matches!(shown, Ok(()) | Err(VideoError::Picture { .. } | VideoError::Size { .. }));
            prop_assert!(told, "{:?}", shown);
        }
    }
}
