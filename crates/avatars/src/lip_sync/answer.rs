//! What a service answers: MP4 bytes, or JSON that holds them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use remote::{FailureKind, Progress, Reader, RemoteFailure};
use serde_json::Value;

use super::MOST_VIDEO_BYTES;

/// Bytes of an answer at most: a video in base64, and some JSON around it.
pub(super) const MOST_ANSWER_BYTES: usize = MOST_VIDEO_BYTES / 3 * 4 + 64 * 1024;

fn garbage(message: &str) -> RemoteFailure {
    RemoteFailure::new(FailureKind::Garbage, message)
}

/// A whole answer and how it is to be read.
#[derive(Default)]
pub(super) struct Answer {
    kind: Kind,
    bytes: Vec<u8>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[default]
    Json,
    Video,
}

impl Answer {
    /// The answer as JSON.
    pub(super) fn json(&self) -> Result<Value, RemoteFailure> {
        match self.kind {
            Kind::Json => serde_json::from_slice(&self.bytes).map_err(|_| garbage("the answer is no JSON")),
            Kind::Video => Err(garbage("the answer is a video where JSON belongs")),
        }
    }

    /// The video.
    pub(super) fn into_video(self) -> Result<Vec<u8>, RemoteFailure> {
        match self.kind {
            Kind::Json => video_in(&self.json()?),
            Kind::Video => bounded(self.bytes),
        }
    }
}

/// The video in `{"video": BASE64}`.
pub(super) fn video_in(value: &Value) -> Result<Vec<u8>, RemoteFailure> {
    let text = value["video"].as_str().ok_or_else(|| garbage("the answer holds no `video`"))?;
    // Browsers' way of writing a file as text is common among services.
    let text = text.strip_prefix("data:video/mp4;base64,").unwrap_or(text);
    bounded(BASE64_STANDARD.decode(text).map_err(|_| garbage("`video` is no base64"))?)
}

fn bounded(video: Vec<u8>) -> Result<Vec<u8>, RemoteFailure> {
    if video.is_empty() {
        return Err(garbage("the video is empty"));
    }
    if video.len() > MOST_VIDEO_BYTES {
        return Err(garbage(&format!("the video has more than {MOST_VIDEO_BYTES} bytes")));
    }
    Ok(video)
}

impl Reader for Answer {
    fn begin(&mut self, media_type: &str) -> Result<(), RemoteFailure> {
        self.bytes.clear();
        self.kind = match media_type.split(';').next().unwrap_or_default().trim() {
            "video/mp4" | "application/octet-stream" => Kind::Video,
            "application/json" => Kind::Json,
            _ => return Err(garbage("the answer is neither video/mp4 nor application/json")),
        };
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> Result<Progress, RemoteFailure> {
        self.bytes.extend_from_slice(bytes);
        Ok(Progress::Nothing)
    }

    fn end(&mut self) -> Result<(), RemoteFailure> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use serde_json::json;

    fn answer(media_type: &str, bytes: &[u8]) -> Result<Vec<u8>, RemoteFailure> {
        let mut answer = Answer::default();
        answer.begin(media_type)?;
        answer.chunk(bytes)?;
        answer.end()?;
        answer.into_video()
    }

    #[test]
    fn a_video_comes_as_it_is_or_in_json() {
        assert_eq!(answer("video/mp4", b"mp4").unwrap(), b"mp4");
        assert_eq!(answer("Application/JSON", b"{}").unwrap_err().kind, FailureKind::Garbage);
        assert_eq!(answer("application/json; charset=utf-8", br#"{"video": "bXA0"}"#).unwrap(), b"mp4");
        let as_url = json!({ "video": "data:video/mp4;base64,bXA0" }).to_string();
        assert_eq!(answer("application/json", as_url.as_bytes()).unwrap(), b"mp4");
    }

    #[test]
    fn anything_else_is_not_understood() {
        let odd: [(&str, &[u8]); 7] = [
            ("text/html", b"<html>"),
            ("", b"mp4"),
            ("video/mp4", b""),
            ("application/json", b"{"),
            ("application/json", br#"{"video": 3}"#),
            ("application/json", br#"{"video": "!"}"#),
            ("application/json", br#"{"video": ""}"#),
        ];
        for (media_type, bytes) in odd {
            assert_eq!(answer(media_type, bytes).unwrap_err().kind, FailureKind::Garbage, "{media_type}");
        }
        let large = vec![0; MOST_VIDEO_BYTES + 1];
        assert_eq!(answer("video/mp4", &large).unwrap_err().kind, FailureKind::Garbage);
    }
}
