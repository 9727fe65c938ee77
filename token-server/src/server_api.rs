//! The LiveKit server's API for servers: protobuf over HTTP (Twirp). Each request has a deadline, and a token that permits
//! that request alone.
//!
//! `livekit-api` has clients for it, but those sign with a token that begins in the moment of the request: a clock that is a
//! minute ahead of the LiveKit server's would get every request refused. With tokens of one's own they need a client, and its
//! connections, for each token. Here one HTTP client serves all requests, and [`TokenMinter`] signs them.

use std::collections::HashMap;
use std::error::Error as _;
use std::time::{Duration, SystemTime};

use livekit_api::services::ServerErrorCode;
use prost::Message;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode};
use thiserror::Error;

use crate::settings::SfuAddress;
use crate::tokens::{Permission, TokenError, TokenMinter};

/// The longest answer. Of each participant there may be 64 KiB of metadata and as much of attributes.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// How much of an answer that was not understood is quoted, in characters.
const MAX_QUOTE: usize = 120;

/// Why the LiveKit server did not do what it was asked.
#[derive(Debug, Error)]
pub enum ApiError {
    /// No answer in time.
    #[error("the LiveKit server did not answer within {} s; check LIVEKIT_URL and that it runs", .0.as_secs())]
    Timeout(Duration),
    /// It can't be reached.
    #[error("the LiveKit server cannot be asked: {}; check LIVEKIT_URL and that it runs", causes(.0))]
    Http(#[from] reqwest::Error),
    /// It said no, and why; or somebody in its place did.
    #[error("the LiveKit server refuses: {0}; check LIVEKIT_URL and the API key and secret")]
    Refused(ServerErrorCode),
    /// What it said can't be read.
    #[error("the LiveKit server's answer cannot be read: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// It says too much.
    #[error("the LiveKit server's answer is longer than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
    /// The request can't be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl ApiError {
    /// Whether there is no such room or participant.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(error) if error.code == ServerErrorCode::NOT_FOUND)
    }
}

/// Asks the LiveKit server. Clones share their connections.
#[derive(Clone)]
pub struct ServerApi {
    http: Client,
    address: String,
    minter: TokenMinter,
    clock: fn() -> SystemTime,
}

impl ServerApi {
    /// Asks the server at `url`; connects to nobody yet.
    ///
    /// # Errors
    /// When TLS can't be set up: the system trusts no certificate at all.
    pub fn new(url: &SfuAddress, minter: TokenMinter) -> Result<Self, reqwest::Error> {
        Self::with_clock(url, minter, SystemTime::now)
    }

    /// The same, with another clock than this machine's.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn with_clock(
        url: &SfuAddress,
        minter: TokenMinter,
        clock: fn() -> SystemTime,
    ) -> Result<Self, reqwest::Error> {
        // An error says that another part of the process has chosen before us, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (scheme, builder) = if url.is_secure() {
            ("https", Client::builder())
        } else {
            // A machine without certificates can do without TLS.
            ("http", Client::builder().tls_certs_only([]))
        };
        let address = format!("{scheme}://{}/twirp/livekit", url.authority());
        Ok(Self { http: builder.build()?, address, minter, clock })
    }

    /// Asks one thing: `method` is `SERVICE/METHOD`.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn ask<A: Message + Default>(
        &self,
        method: &str,
        permission: Permission<'_>,
        question: &impl Message,
        deadline: Duration,
    ) -> Result<A, ApiError> {
        let token = self.minter.request((self.clock)(), permission)?;
        let request = self
            .http
            .post(format!("{}.{method}", self.address))
            .bearer_auth(token)
            .header(CONTENT_TYPE, "application/protobuf")
            .body(question.encode_to_vec());
        let answer = async {
            let response = request.send().await?;
            let status = response.status();
            let body = body(response).await?;
            if status == StatusCode::OK {
                return Ok(A::decode(body.as_slice())?);
            }
            Err(ApiError::Refused(serde_json::from_slice(&body).unwrap_or_else(|_| untyped(status, &body))))
        };
        tokio::time::timeout(deadline, answer).await.map_err(|_| ApiError::Timeout(deadline))?
    }
}

/// The error in an answer that has none: a token is refused in plain text, and a proxy has words of its own.
fn untyped(status: StatusCode, body: &[u8]) -> ServerErrorCode {
    let text = String::from_utf8_lossy(body);
    let msg = text.trim().chars().filter(|character| !character.is_control()).take(MAX_QUOTE).collect();
    ServerErrorCode { code: status.to_string(), msg, meta: HashMap::new() }
}

async fn body(mut response: Response) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER_BYTES {
            return Err(ApiError::TooLong);
        }
    }
    Ok(body)
}

/// What an error says, with what lies behind it: of itself it names an address alone.
fn causes(error: &reqwest::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}
