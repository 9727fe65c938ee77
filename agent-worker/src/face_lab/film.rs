//! Keeping a film: a sheet of its pictures, a silent GIF, or an MP4 with sound that ffmpeg makes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use face::{FaceError, I420Frame, png};

use super::shoot::{RATE, Shot};
use session::ports::PLAYOUT_SAMPLE_RATE;

/// Pictures in a row of a sheet, and how many of the film lie between two of them: a sixth of a second.
const COLUMNS: usize = 6;
const EVERY: usize = 4;
/// Pictures of a sheet at most.
const MOST_PICTURES: usize = 60;
/// Hundredths of a second between two pictures of a GIF.
const GIF_DELAY: u16 = 4;
/// How much care goes into the colours of a GIF: 1 the most, 30 the least.
const GIF_SPEED: i32 = 10;

/// Why a film can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// The file's name does not say what it is.
    #[error("the name must end with .png, .gif or .mp4")]
    Format,
    /// ffmpeg is not there.
    #[error("ffmpeg, which makes .mp4, can't be started ({0}); install it, or ask for a .gif")]
    NoFfmpeg(std::io::Error),
    /// ffmpeg failed.
    #[error("ffmpeg failed: {0}")]
    Ffmpeg(String),
    /// The file can't be written.
    #[error("can't be written: {0}")]
    Write(#[from] std::io::Error),
    /// A picture can't be converted.
    #[error(transparent)]
    Picture(#[from] FaceError),
    /// The GIF can't be made.
    #[error(transparent)]
    Gif(#[from] gif::EncodingError),
    /// The sound can't be written.
    #[error(transparent)]
    Sound(#[from] hound::Error),
}

/// What kind of film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Png,
    Gif,
    Mp4,
}

impl Format {
    pub(super) fn of(path: &Path) -> Result<Self, FilmError> {
        match path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("png") => Ok(Self::Png),
            Some("gif") => Ok(Self::Gif),
            Some("mp4") => Ok(Self::Mp4),
            _ => Err(FilmError::Format),
        }
    }
}

pub(super) fn keep(format: Format, path: &Path, shot: &Shot) -> Result<(), FilmError> {
    match format {
        Format::Png => Ok(std::fs::write(path, sheet(&shot.pictures)?)?),
        Format::Gif => gif(path, &shot.pictures),
        Format::Mp4 => mp4(path, shot),
    }
}

/// Every fourth picture, in rows.
fn sheet(pictures: &[I420Frame]) -> Result<Vec<u8>, FilmError> {
    let chosen: Vec<&I420Frame> = pictures.iter().step_by(EVERY).take(MOST_PICTURES).collect();
    let Some(first) = chosen.first() else { return Err(FilmError::Format) };
    let (side, rows) = (first.width as usize, chosen.len().div_ceil(COLUMNS));
    let width = side * COLUMNS.min(chosen.len());
    let mut rgba = vec![255; width * side * rows * 4];
    for (place, picture) in chosen.iter().enumerate() {
        let (left, top) = (place % COLUMNS * side, place / COLUMNS * side);
        for (row, line) in png::rgba_of(picture)?.chunks_exact(side * 4).enumerate() {
            let at = ((top + row) * width + left) * 4;
            rgba[at..at + line.len()].copy_from_slice(line);
        }
    }
    let pixels = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(png::encode_rgba(pixels(width), pixels(side * rows), &rgba)?)
}

fn gif(path: &Path, pictures: &[I420Frame]) -> Result<(), FilmError> {
    let side = |of: fn(&I420Frame) -> u32| pictures.first().and_then(|picture| u16::try_from(of(picture)).ok());
    let (Some(width), Some(height)) = (side(|picture| picture.width), side(|picture| picture.height)) else {
        return Err(FilmError::Format);
    };
    let file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut encoder = gif::Encoder::new(file, width, height, &[])?;
    encoder.set_repeat(gif::Repeat::Infinite)?;
    for picture in pictures {
        let mut frame = gif::Frame::from_rgba_speed(width, height, &mut png::rgba_of(picture)?, GIF_SPEED);
        frame.delay = GIF_DELAY;
        encoder.write_frame(&frame)?;
    }
    Ok(())
}

/// Pictures go through a pipe; the sound, through a file that is gone afterwards.
fn mp4(path: &Path, shot: &Shot) -> Result<(), FilmError> {
    let Some(first) = shot.pictures.first() else { return Err(FilmError::Format) };
    let sound = tempfile::Builder::new().suffix(".wav").tempfile()?;
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: PLAYOUT_SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(sound.path(), spec)?;
    shot.sound.iter().try_for_each(|sample| writer.write_sample(*sample))?;
    writer.finalize()?;
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p"]);
    command.args(["-s", &format!("{}x{}", first.width, first.height), "-r", &RATE.to_string(), "-i", "pipe:0", "-i"]);
    command.arg(sound.path()).args(["-c:v", "libx264", "-crf", "20", "-c:a", "aac", "-movflags", "+faststart"]);
    command.arg(path).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(FilmError::NoFfmpeg)?;
    let mut pipe = child.stdin.take();
    let mut sent = Ok(());
    if let Some(pipe) = &mut pipe {
        let planes = shot.pictures.iter().flat_map(|picture| [&picture.y, &picture.u, &picture.v]);
        sent = planes.into_iter().try_for_each(|plane| pipe.write_all(plane));
    }
    drop(pipe);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(FilmError::Ffmpeg(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(sent?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn shot(pictures: usize) -> Shot {
        Shot { pictures: vec![I420Frame::new(64, 64); pictures], sound: vec![0; 4_800] }
    }

    #[test]
    fn the_name_says_what_kind_of_film_it_is() {
        assert_eq!(Format::of(Path::new("a/B.GIF")).unwrap(), Format::Gif);
        assert!(matches!(Format::of(Path::new("face.webm")), Err(FilmError::Format)));
        assert!(matches!(Format::of(Path::new("face")), Err(FilmError::Format)));
    }

    #[test]
    fn a_sheet_holds_every_fourth_picture_and_a_gif_all() {
        let folder = tempfile::tempdir().unwrap();
        let (sheet, film) = (folder.path().join("a.png"), folder.path().join("a.gif"));
        keep(Format::Png, &sheet, &shot(30)).unwrap();
        keep(Format::Gif, &film, &shot(30)).unwrap();
        let head = std::fs::read(sheet).unwrap();
        let side = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
        assert_eq!((side(16), side(20)), (6 * 64, 2 * 64));
        let mut decoder = gif::Decoder::new(std::fs::File::open(film).unwrap()).unwrap();
        let mut pictures = 0;
        while decoder.read_next_frame().unwrap().is_some() {
            pictures += 1;
        }
        assert_eq!(pictures, 30);
    }
}
