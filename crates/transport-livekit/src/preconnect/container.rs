//! Files of browsers' recorders: WebM, MP4 or Ogg with Opus or AAC.

use std::io::{Cursor, ErrorKind};

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::codecs::AacDecoder;
use symphonia::default::formats::{IsoMp4Reader, MkvReader, OggReader};
use symphonia_adapter_libopus::OpusDecoder;

use super::PreconnectError;
use super::sound::Sound;

/// Packets looked at in one file: a minute of the shortest Opus frames (2.5 ms).
const MOST_PACKETS: usize = 24_000;
/// Packets in a row, and in all, that may be damaged: a cut file has one at its end.
const MOST_DAMAGED: usize = 50;

fn damaged(error: impl std::fmt::Display) -> PreconnectError {
    PreconnectError::Damaged(error.to_string())
}

/// Opens a file by its first bytes, whatever its sender called it.
fn open(bytes: Vec<u8>) -> Result<Box<dyn FormatReader>, PreconnectError> {
    enum Kind {
        WebM,
        Mp4,
        Ogg,
    }
    let kind = match bytes.as_slice() {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Kind::WebM,
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Kind::Mp4,
        [b'O', b'g', b'g', b'S', ..] => Kind::Ogg,
        _ => return Err(damaged("it begins as neither WebM, MP4 nor Ogg")),
    };
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
    let options = FormatOptions::default();
    Ok(match kind {
        Kind::WebM => Box::new(MkvReader::try_new(source, options).map_err(damaged)?),
        Kind::Mp4 => Box::new(IsoMp4Reader::try_new(source, options).map_err(damaged)?),
        Kind::Ogg => Box::new(OggReader::try_new(source, options).map_err(damaged)?),
    })
}

/// The first track of sound that we can decode, and its decoder.
fn decoder(file: &dyn FormatReader) -> Result<(u32, Box<dyn AudioDecoder>), PreconnectError> {
    let mut codecs = CodecRegistry::new();
    codecs.register_audio_decoder::<AacDecoder>();
    codecs.register_audio_decoder::<OpusDecoder>();
    let track = file.default_track(TrackType::Audio).ok_or_else(|| damaged("it holds no track of sound"))?;
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let parameters = parameters.ok_or_else(|| damaged("its sound is not described"))?;
    let decoder = codecs.make_audio_decoder(parameters, &AudioDecoderOptions::default()).map_err(damaged)?;
    Ok((track.id, decoder))
}

/// Decodes a file as far as it is whole: a cut one gives what came before the cut.
pub(super) fn decode(bytes: Vec<u8>) -> Result<Vec<f32>, PreconnectError> {
    // The MP4 demuxer (0.6.1) panics on some offsets that overflow: found by our own tests with damaged files. Nothing of
    // it is used afterwards.
    std::panic::catch_unwind(move || decode_file(bytes))
        .unwrap_or_else(|_| Err(damaged("its decoder gave up on an impossible number")))
}

fn decode_file(bytes: Vec<u8>) -> Result<Vec<f32>, PreconnectError> {
    let mut file = open(bytes)?;
    let (track, mut decoder) = decoder(file.as_ref())?;
    let mut sound: Option<(Sound, u32, usize)> = None;
    let mut samples = Vec::new();
    let mut failures = 0;
    for _ in 0..MOST_PACKETS {
        let packet = match file.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => break,
            // What came before is worth more than nothing.
            Err(error) if sound.is_some() => {
                tracing::debug!(%error, "the pre-connect audio is damaged: its rest is lost");
                break;
            }
            Err(error) => return Err(damaged(error)),
        };
        if packet.track_id != track {
            continue;
        }
        let buffer = match decoder.decode(&packet) {
            Ok(buffer) => buffer,
            Err(error) => {
                failures += 1;
                if failures > MOST_DAMAGED {
                    return Err(damaged(error));
                }
                continue;
            }
        };
        let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
        let collected = match &mut sound {
            Some((collected, was_rate, was_channels)) if (*was_rate, *was_channels) == (rate, channels) => collected,
            Some(_) => return Err(damaged("its sound changes its rate or channels")),
            None => &mut sound.insert((Sound::new(rate, channels)?, rate, channels)).0,
        };
        buffer.copy_to_vec_interleaved(&mut samples);
        collected.push(&samples)?;
    }
    sound.map_or(Ok(Vec::new()), |(sound, ..)| sound.finish())
}
