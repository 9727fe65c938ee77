//! A video as a service sends it: MP4 with one H264 track. Every byte is hostile: sizes, counts and times are limited, and a
//! demuxer that panics costs the video and no more.

use std::io::{Cursor, ErrorKind};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::video::VideoCodecParameters;
use symphonia::core::codecs::video::well_known::CODEC_ID_H264;
use symphonia::core::codecs::video::well_known::extra_data::VIDEO_EXTRA_DATA_ID_AVC_DECODER_CONFIG;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::formats::IsoMp4Reader;

/// Pictures of a video at most: 30 s at 60 a second.
const MOST_PICTURES: usize = 1_800;
/// Packets looked at at most: pictures, and the sound that comes with them.
const MOST_PACKETS: usize = 20_000;
/// Bytes of one picture at most.
const MOST_PICTURE_BYTES: usize = 1024 * 1024;
/// The longest video, in microseconds.
const LONGEST_US: u64 = 30_000_000;
/// Sides that a picture may have, in pixels.
pub const SIDES: std::ops::RangeInclusive<u32> = 64..=1024;
/// What begins a part of a stream (Annex B of H264).
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// A video that can't be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VideoError {
    /// It is no MP4, or a damaged one.
    #[error("it is no whole MP4: {0}")]
    Damaged(String),
    /// It holds no H264.
    #[error("it holds no track of H264 video")]
    NoH264,
    /// Its pictures are too small or too large.
    #[error("its pictures are {width}x{height} pixels; sides of 64 to 1024 are shown")]
    Size {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// It has too many pictures, too large ones, or plays for too long.
    #[error("it is too large: {0}")]
    TooLarge(&'static str),
    /// It ends before the sound.
    #[error("it ends {missing_ms} ms before the sound")]
    TooShort {
        /// In milliseconds.
        missing_ms: u64,
    },
    /// A picture can't be decoded.
    #[error("picture {picture} can't be decoded: {message}")]
    Picture {
        /// Counted from 0, in the order in which they lie in the file.
        picture: usize,
        /// Why.
        message: String,
    },
}

fn damaged(error: impl std::fmt::Display) -> VideoError {
    VideoError::Damaged(error.to_string())
}

/// A demuxed video. Its pictures are still encoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Video {
    /// One picture each, as a decoder takes them (Annex B); the first begins with the decoder's parameters.
    pub encoded: Vec<Vec<u8>>,
    /// When each is to be shown, in microseconds; in the order in which they are seen, which need not be that of `encoded`.
    pub starts_us: Vec<u64>,
    /// When the last is over.
    pub length_us: u64,
}

impl Video {
    /// Demuxes an MP4.
    ///
    /// # Errors
    /// [`VideoError`].
    pub fn parse(file: Vec<u8>) -> Result<Self, VideoError> {
        // The demuxer (0.6.1) panics on some offsets that overflow. Nothing of it is used afterwards.
        std::panic::catch_unwind(move || demux(file))
            .unwrap_or_else(|_| Err(damaged("the demuxer gave up on an impossible number")))
    }

    /// The picture to be seen at a time: the last one when the video is over.
    #[must_use]
    pub fn picture_at(&self, time_us: u64) -> usize {
        self.starts_us.partition_point(|start| *start <= time_us).saturating_sub(1)
    }
}

fn demux(file: Vec<u8>) -> Result<Video, VideoError> {
    // A table may name the same bytes again and again.
    let mut bytes_left = file.len();
    let source = MediaSourceStream::new(Box::new(Cursor::new(file)), MediaSourceStreamOptions::default());
    let mut reader = IsoMp4Reader::try_new(source, FormatOptions::default()).map_err(damaged)?;
    let (track, parameters, ticks) = h264_track(reader.tracks())?;
    let (mut parts, length_bytes) = decoder_parameters(parameters)?;
    let mut video = Video { encoded: Vec::new(), starts_us: Vec::new(), length_us: 0 };
    let mut clock: u64 = 0;
    for _ in 0..MOST_PACKETS {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(damaged(error)),
        };
        bytes_left = bytes_left
            .checked_sub(packet.data.len())
            .ok_or(VideoError::TooLarge("it names some of its bytes more than once"))?;
        if packet.track_id != track {
            continue;
        }
        if video.encoded.len() == MOST_PICTURES {
            return Err(VideoError::TooLarge("more than 1800 pictures"));
        }
        if packet.data.len() > MOST_PICTURE_BYTES {
            return Err(VideoError::TooLarge("a picture of more than 1 MiB"));
        }
        let mut picture = std::mem::take(&mut parts);
        append_units(&mut picture, &packet.data, length_bytes)?;
        video.encoded.push(picture);
        video.starts_us.push(microseconds(clock, ticks));
        clock = clock.saturating_add(packet.dur.get());
        video.length_us = microseconds(clock, ticks);
        if video.length_us > LONGEST_US {
            return Err(VideoError::TooLarge("longer than 30 s"));
        }
    }
    if video.encoded.is_empty() {
        return Err(damaged("it holds no picture"));
    }
    Ok(video)
}

/// The first track of H264 whose pictures may be shown, and its units of time.
fn h264_track(tracks: &[Track]) -> Result<(u32, &VideoCodecParameters, (u32, u32)), VideoError> {
    let found = tracks.iter().find_map(|track| match &track.codec_params {
        Some(CodecParameters::Video(video)) if video.codec == CODEC_ID_H264 => Some((track, video)),
        _ => None,
    });
    let (track, video) = found.ok_or(VideoError::NoH264)?;
    let side = |side: Option<u16>| u32::from(side.unwrap_or_default());
    let (width, height) = (side(video.width), side(video.height));
    if !SIDES.contains(&width) || !SIDES.contains(&height) {
        return Err(VideoError::Size { width, height });
    }
    let base = track.time_base.ok_or_else(|| damaged("its times have no unit"))?;
    Ok((track.id, video, (base.numer.get(), base.denom.get())))
}

fn microseconds(ticks: u64, (numerator, denominator): (u32, u32)) -> u64 {
    let exact = u128::from(ticks) * u128::from(numerator) * 1_000_000 / u128::from(denominator);
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// The parameter sets as a decoder takes them, and how many bytes tell the length of a unit: ISO/IEC 14496-15,
/// `AVCDecoderConfigurationRecord`.
fn decoder_parameters(video: &VideoCodecParameters) -> Result<(Vec<u8>, usize), VideoError> {
    let record = video.extra_data.iter().find(|extra| extra.id == VIDEO_EXTRA_DATA_ID_AVC_DECODER_CONFIG);
    let record = record.map(|extra| &*extra.data).ok_or_else(|| damaged("its decoder is not described"))?;
    read_record(record).ok_or_else(|| damaged("its decoder's description is cut"))
}

fn read_record(record: &[u8]) -> Option<(Vec<u8>, usize)> {
    let length_bytes = usize::from(record.get(4)? & 0b11) + 1;
    let mut sets = Vec::new();
    let mut rest = record.get(5..)?;
    for mask in [0b1_1111, 0xff] {
        let (count, after) = rest.split_first()?;
        rest = after;
        for _ in 0..(count & mask) {
            let (length, after) = rest.split_first_chunk::<2>()?;
            let length = usize::from(u16::from_be_bytes(*length));
            sets.extend(START_CODE);
            sets.extend(after.get(..length)?);
            rest = &after[length..];
        }
    }
    Some((sets, length_bytes))
}

/// Units with their lengths in front become units with start codes.
fn append_units(out: &mut Vec<u8>, mut units: &[u8], length_bytes: usize) -> Result<(), VideoError> {
    while !units.is_empty() {
        let (length, rest) = units.split_at_checked(length_bytes).ok_or_else(|| damaged("a picture is cut"))?;
        let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        if length == 0 {
            return Err(damaged("a picture holds an empty unit"));
        }
        let unit = rest.get(..length).ok_or_else(|| damaged("a picture is cut"))?;
        out.extend(START_CODE);
        out.extend(unit);
        units = &rest[length..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;
    use testkit::stub_lip_sync::film;

    #[test]
    fn a_video_is_taken_apart_into_pictures_with_their_times() {
        let video = Video::parse(film(96, 64, &[100; 50]).unwrap()).unwrap();
        assert_eq!((video.encoded.len(), video.starts_us.len()), (50, 50));
        assert!(video.starts_us.windows(2).all(|pair| pair[1].abs_diff(pair[0]).abs_diff(40_000) < 100));
        assert!(video.length_us.abs_diff(2_000_000) < 50_000, "{}", video.length_us);
        assert_eq!((video.picture_at(0), video.picture_at(1_010_000), video.picture_at(9_000_000)), (0, 25, 49));
        assert!(video.encoded.iter().all(|picture| picture.starts_with(&START_CODE)));
    }

    #[test]
    fn what_is_no_video_or_too_much_of_one_is_refused_with_the_reason() {
        assert!(matches!(Video::parse(b"<html>".to_vec()), Err(VideoError::Damaged(_))));
        assert!(matches!(Video::parse(Vec::new()), Err(VideoError::Damaged(_) | VideoError::NoH264)));
        let small = film(32, 32, &[100; 3]).unwrap();
        assert_eq!(Video::parse(small), Err(VideoError::Size { width: 32, height: 32 }));
        assert_eq!(read_record(&[1, 66, 0, 30, 0xff, 0xe1, 0, 9, 1]), None);
        let mut out = Vec::new();
        assert!(append_units(&mut out, &[0, 0, 0, 9, 1], 4).is_err());
        assert!(append_units(&mut out, &[0; 64], 1).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn a_damaged_file_never_panics_nor_grows(at in 0usize..2_000, byte: u8, cut in 0usize..4_000) {
            let mut file = film(64, 64, &[90; 10]).unwrap();
            let place = at % file.len();
            file[place] = byte;
            let length = file.len();
            file.truncate(length - cut % length);
            if let Ok(video) = Video::parse(file) {
                prop_assert!(video.encoded.len() <= MOST_PICTURES && video.length_us <= LONGEST_US);
                prop_assert!(video.encoded.iter().map(Vec::len).sum::<usize>() <= 2 * length + 4_096);
            }
        }
    }
}
