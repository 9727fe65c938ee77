//! `POST /v1/audio/speech`: a pulsed tone as long as the words would take.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;

use super::exchange::{Stub, json, reply, text};
use super::plan::Route;
use super::record::Detail;
use super::sound;

/// The longest input that the real service takes, in characters.
const LONGEST_INPUT: usize = 4096;
/// Bytes of one piece of the stream: 100 ms. Odd, so that samples are cut in two as on a real network.
const PIECE: usize = 4801;

pub(super) async fn answer(State(stub): State<Stub>, headers: HeaderMap, body: Bytes) -> Response {
    let detail = json(&body).and_then(|body| check(&body));
    let (input, format) = match &detail {
        Ok(Detail::Speech { input, format, .. }) => (input.clone(), format.clone()),
        _ => Default::default(),
    };
    let (behaviour, _) = match stub.enter(Route::Speech, &headers, detail) {
        Ok(entered) => entered,
        Err(refusal) => return *refusal,
    };
    let (kind, mut bytes) = match format.as_str() {
        "wav" => ("audio/wav", sound::wav_header(&input)),
        _ => ("audio/pcm", Vec::new()),
    };
    bytes.extend(sound::pcm(&input));
    let bytes = Bytes::from(bytes);
    let pieces = (0..bytes.len()).step_by(PIECE).map(|from| bytes.slice(from..bytes.len().min(from + PIECE))).collect();
    reply(behaviour, &headers, kind, pieces, std::time::Duration::ZERO).await
}

fn check(body: &Value) -> Result<Detail, String> {
    let model = text(body, "model")?.to_owned();
    let voice = text(body, "voice")?.to_owned();
    let input = text(body, "input")?.to_owned();
    let length = input.chars().count();
    if length > LONGEST_INPUT {
        return Err(format!("`input` has {length} characters, more than {LONGEST_INPUT}"));
    }
    let format = text(body, "response_format")?.to_owned();
    if !["pcm", "wav"].contains(&format.as_str()) {
        return Err(format!("the stub has no response_format `{format}`, only pcm and wav"));
    }
    Ok(Detail::Speech { model, voice, input, format })
}
