//! `POST /v1/audio/transcriptions`: a fixed text for a recording that is looked at, not listened to.

use std::io::Cursor;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

use super::exchange::{Stub, reply};
use super::plan::{Route, in_turn};
use super::record::Detail;

/// Shortest and longest recording that makes sense, in seconds. The real service refuses less than 0.1.
const SENSIBLE_SECONDS: std::ops::RangeInclusive<f64> = 0.1..=120.0;
/// Formats of the reply that the real service knows.
const FORMATS: [&str; 6] = ["json", "text", "srt", "verbose_json", "vtt", "diarized_json"];

pub(super) async fn answer(
    State(stub): State<Stub>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let checked = match form {
        Ok(form) => check(form).await,
        Err(rejection) => Err(rejection.to_string()),
    };
    let (detail, seconds, format) = match checked {
        Ok((detail, seconds, format)) => (Ok(detail), seconds, format),
        Err(wrong) => (Err(wrong), 0.0, String::new()),
    };
    let (behaviour, number) = match stub.enter(Route::Transcription, &headers, detail) {
        Ok(entered) => entered,
        Err(refusal) => return *refusal,
    };
    let heard = in_turn(&stub.plan.transcripts, number);
    let body = match format.as_str() {
        "text" => format!("{heard}\n"),
        "verbose_json" => json!({
            "task": "transcribe", "language": "english", "duration": seconds, "text": heard, "segments": [], "words": [],
        })
        .to_string(),
        _ => json!({"text": heard}).to_string(),
    };
    reply(behaviour, &headers, "application/json", vec![Bytes::from(body)], std::time::Duration::ZERO).await
}

async fn check(mut form: Multipart) -> Result<(Detail, f64, String), String> {
    let (mut model, mut language, mut format, mut file) = (String::new(), None, "json".to_owned(), None);
    while let Some(field) = form.next_field().await.map_err(|error| format!("the form is broken: {error}"))? {
        let name = field.name().unwrap_or_default().to_owned();
        let named = field.file_name().is_some();
        let bytes = field.bytes().await.map_err(|error| format!("`{name}` is broken: {error}"))?;
        let text = || String::from_utf8(bytes.to_vec()).map_err(|_| format!("`{name}` is no text"));
        match name.as_str() {
            "model" => model = text()?,
            "language" => language = Some(text()?),
            "response_format" => format = text()?,
            "file" if !named => return Err("`file` has no file name".into()),
            "file" => file = Some(bytes),
            // Known to the real service and of no interest here, such as `prompt` or `temperature`.
            _ => {}
        }
    }
    if model.trim().is_empty() {
        return Err("`model` is missing or empty".into());
    }
    if !FORMATS.contains(&format.as_str()) {
        return Err(format!("there is no response_format `{format}`"));
    }
    let (seconds, sample_rate) = look_at(&file.ok_or("`file` is missing")?)?;
    if !SENSIBLE_SECONDS.contains(&seconds) {
        return Err(format!("a recording of {seconds:.3} s makes no sense"));
    }
    Ok((Detail::Transcription { model, language, seconds, sample_rate }, seconds, format))
}

/// Length in seconds and samples a second of a WAV file; every sample is read.
fn look_at(wav: &[u8]) -> Result<(f64, u32), String> {
    let mut reader = hound::WavReader::new(Cursor::new(wav)).map_err(|error| format!("`file` is no WAV: {error}"))?;
    let spec = reader.spec();
    if !(8_000..=48_000).contains(&spec.sample_rate) {
        return Err(format!("a WAV of {} samples a second makes no sense", spec.sample_rate));
    }
    let read = match spec.sample_format {
        hound::SampleFormat::Int => reader.samples::<i32>().filter(Result::is_ok).count(),
        hound::SampleFormat::Float => reader.samples::<f32>().filter(Result::is_ok).count(),
    };
    let frames = read / usize::from(spec.channels.max(1));
    if frames != reader.duration() as usize {
        return Err(format!("the WAV says it has {} frames and has {frames}", reader.duration()));
    }
    Ok((frames as f64 / f64::from(spec.sample_rate), spec.sample_rate))
}
