//! What a failed request is answered with.

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
}

impl Problem {
    /// A failure with this code and message. A very long message is cut.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let message = match message.char_indices().nth(MAX_MESSAGE_CHARS) {
            Some((end, _)) => format!("{} […]", &message[..end]),
            None => message,
        };
        Self { code, message }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(ErrorBody::new(self.code, self.message))).into_response();
        if self.code == ErrorCode::Unauthorized {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
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
}
