//! Reads bodies, queries and keys. What can't be read of a body or query becomes a [`Problem`] that names the field.

use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use proto::http::{ErrorCode, MAX_BODY_BYTES};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use super::problem::Problem;

/// A JSON object in the body.
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                ErrorCode::UnsupportedMediaType,
                "send JSON, with the header Content-Type: application/json",
            ));
        }
        if declares_more_than(&request, MAX_BODY_BYTES) {
            return Err(too_large());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                too_large()
            } else {
                Problem::new(ErrorCode::MalformedJson, "the body did not arrive whole")
            }
        })?;
        parse(&bytes).map(Self)
    }
}

fn too_large() -> Problem {
    Problem::new(ErrorCode::BodyTooLarge, format!("the body is longer than {MAX_BODY_BYTES} bytes"))
}

/// Whether a request says by itself that its body is longer: nothing of it needs to arrive.
pub(super) fn declares_more_than(request: &Request, bytes: usize) -> bool {
    request.body().size_hint().lower() > u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Reads one JSON object, and nothing after it.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // First as plain JSON: a broken body is called broken, even when a field before the break is wrong too.
    serde_json::from_slice::<IgnoredAny>(bytes)
        .map_err(|error| Problem::new(ErrorCode::MalformedJson, format!("the body is not JSON: {error}")))?;
    // A list would fill the fields by position.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(ErrorCode::InvalidField, "the body must be a JSON object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let code = match inner.classify() {
            Category::Data => ErrorCode::InvalidField,
            Category::Syntax | Category::Eof | Category::Io => ErrorCode::MalformedJson,
        };
        // The path is a lone dot where the object itself is at fault; then the message names the missing field.
        Problem::new(code, if path == "." { inner.to_string() } else { format!("{path}: {inner}") })
    })
}

/// The fields of the query.
pub(super) struct QueryFields<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryFields<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(fields)) => Ok(Self(fields)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                Err(Problem::new(ErrorCode::InvalidField, text))
            }
        }
    }
}

/// The one variable part of a path.
pub(super) struct PathPart(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for PathPart {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(part)| Self(part))
            .map_err(|rejection| Problem::new(ErrorCode::InvalidField, rejection.body_text()))
    }
}

/// The key that a caller shows.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, candidate) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| candidate.trim())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use proptest::prelude::*;
    use proto::http::JoinRoomRequest;

    fn problem(body: &str) -> (ErrorCode, String) {
        let problem = parse::<JoinRoomRequest>(body.as_bytes()).unwrap_err();
        (problem.code, problem.message)
    }

    #[test]
    fn problems_name_the_field() {
        for (body, code, part) in [
            ("", ErrorCode::MalformedJson, "not JSON"),
            ("{\"room_name\": \"r\"", ErrorCode::MalformedJson, "not JSON"),
            ("{\"room_name\": 1, ", ErrorCode::MalformedJson, "not JSON"),
            ("{} {}", ErrorCode::MalformedJson, "trailing"),
            ("\u{feff}{}", ErrorCode::MalformedJson, "not JSON"),
            ("[\"r\", \"Abel\"]", ErrorCode::InvalidField, "JSON object"),
            ("null", ErrorCode::InvalidField, "JSON object"),
            ("{}", ErrorCode::InvalidField, "room_name"),
            ("{\"room_name\": \"r\"}", ErrorCode::InvalidField, "participant_name"),
            ("{\"room_name\": 7, \"participant_name\": \"A\"}", ErrorCode::InvalidField, "room_name: invalid type"),
            (
                "{\"room_name\": \" \", \"participant_name\": \"A\"}",
                ErrorCode::InvalidField,
                "room_name: must not be empty",
            ),
            (
                "{\"room_name\": \"r\", \"participant_name\": \"A\", \"mic_enabled\": null}",
                ErrorCode::InvalidField,
                "mic_enabled",
            ),
            (
                "{\"room_name\": \"r\", \"room_name\": \"s\", \"participant_name\": \"A\"}",
                ErrorCode::InvalidField,
                "duplicate field `room_name`",
            ),
        ] {
            let (actual, message) = problem(body);
            assert_eq!(actual, code, "{body}");
            assert!(message.contains(part), "{body}: {message}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse::<JoinRoomRequest>(&bytes);
        }
    }
}
