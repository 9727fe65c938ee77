//! What a failed request is answered with.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use proto::http::{ErrorBody, ErrorCode};

/// The longest message, in characters: messages may quote what the caller sent.
const MAX_MESSAGE_CHARS: usize = 300;

/// A failure, ready to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which kind.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
    /// After how many seconds it is worth another try.
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A failure with this code and message. A very long message is cut.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let message = match message.char_indices().nth(MAX_MESSAGE_CHARS) {
            Some((end, _)) => format!("{} […]", &message[..end]),
            None => message,
        };
        Self { code, message, retry_after: None }
    }

    /// Someone calls too often, and may call again after `wait`.
    pub fn rate_limited(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let message = format!("too many requests; try again in {seconds} s");
        Self { retry_after: Some(seconds), ..Self::new(ErrorCode::RateLimited, message) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(ErrorBody::new(self.code, self.message))).into_response();
        if self.code == ErrorCode::Unauthorized {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let problem = Problem::new(ErrorCode::InvalidField, "語".repeat(1000));
        assert_eq!(problem.message.chars().count(), MAX_MESSAGE_CHARS + 4);
    }

    #[test]
    fn whoever_waits_as_long_as_told_has_waited_long_enough() {
        for (wait, seconds) in [(1, 1), (999, 1), (1000, 1), (1001, 2)] {
            assert_eq!(Problem::rate_limited(Duration::from_millis(wait)).retry_after, Some(seconds), "{wait} ms");
        }
    }
}
