//! The client: one exchange after the other, each under its deadlines.

use std::borrow::Cow;
use std::future::Future;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::{Endpoint, FailureKind, RemoteFailure, message};

/// How often `cancelled` is looked at while the service is silent.
const CANCEL_TICK: Duration = Duration::from_millis(10);
/// The pause before a retry that the service did not name a time for.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// The longest `retry-after` that is worth waiting for in a conversation.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(2);
/// Bytes of an error body that are read.
const ERROR_BODY: usize = 4096;
/// After the answer is complete, the end of the body may take this long; then the connection is not used again.
const TAIL: Duration = Duration::from_millis(10);
/// How long a connection is kept for the next request.
const KEEP_CONNECTION: Duration = Duration::from_secs(20);

/// How long an exchange may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Until the connection (with TLS) stands.
    pub connect: Duration,
    /// From the sending of the request until the reader has something to deliver.
    pub first: Duration,
    /// Between two pieces of the answer.
    pub between: Duration,
    /// All in all, with the retry.
    pub total: Duration,
}

/// What to ask for.
#[derive(Debug, Clone)]
pub struct Call {
    /// The path below the base URL, such as `chat/completions`.
    pub path: Cow<'static, str>,
    /// What to send.
    pub body: Body,
    /// Bytes of the answer at most; more is [`FailureKind::Garbage`].
    pub most_bytes: usize,
}

/// What to send.
#[derive(Debug, Clone)]
pub enum Body {
    /// Nothing: it is a GET.
    Nothing,
    /// A JSON object.
    Json(serde_json::Value),
    /// A form of texts and one file, as `multipart/form-data`.
    Form {
        /// Name and value.
        fields: Vec<(&'static str, String)>,
        /// The file.
        file: File,
    },
}

/// A file of a form.
#[derive(Debug, Clone)]
pub struct File {
    /// The field's name.
    pub field: &'static str,
    /// The file's name; services guess the format by its end.
    pub name: &'static str,
    /// Such as `audio/wav`.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// How far a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was handed on yet: a retry would harm nobody.
    Nothing,
    /// Something of this answer was handed on.
    Delivered,
    /// The answer is complete; what follows is of no interest.
    Finished,
}

/// Understands the body of an answer.
pub trait Reader {
    /// An answer begins, perhaps for the second time: forget the first. `media_type` is empty when the service named none.
    ///
    /// # Errors
    /// When an answer of this type can't be read.
    fn begin(&mut self, media_type: &str) -> Result<(), RemoteFailure>;

    /// Takes the next piece.
    ///
    /// # Errors
    /// When it is not what it should be.
    fn chunk(&mut self, bytes: &[u8]) -> Result<Progress, RemoteFailure>;

    /// The body ended before [`Progress::Finished`].
    ///
    /// # Errors
    /// When the answer is not complete.
    fn end(&mut self) -> Result<(), RemoteFailure>;
}

/// How an exchange ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The reader has the whole answer.
    Complete,
    /// It was cancelled; the reader may have a part.
    Cancelled,
}

/// Talks to one service.
pub struct Client {
    endpoint: Endpoint,
    deadlines: Deadlines,
    http: reqwest::Client,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

/// Why an attempt ended early.
enum Stop {
    Cancelled,
    Failed { failure: RemoteFailure, retry: Option<Duration> },
}

impl From<RemoteFailure> for Stop {
    fn from(failure: RemoteFailure) -> Self {
        Self::Failed { failure, retry: None }
    }
}

fn worth_a_retry(failure: RemoteFailure) -> Stop {
    Stop::Failed { failure, retry: Some(RETRY_PAUSE) }
}

impl Client {
    /// Makes a client; connects to nobody yet. Certificates are checked against those the system trusts.
    ///
    /// # Errors
    /// When TLS, the runtime or the key's header can't be set up.
    pub fn new(endpoint: Endpoint, deadlines: Deadlines) -> Result<Self, String> {
        // An error says that another part of the process has chosen before us, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = endpoint.authorization().map_err(|error| format!("the key {error}"))? {
            headers.insert(name, value);
        }
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .connect_timeout(deadlines.connect)
            .pool_idle_timeout(KEEP_CONNECTION)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tcp_nodelay(true)
            .user_agent(concat!("visavis/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| chain(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        Ok(Self { endpoint, deadlines, http, runtime: Some(runtime) })
    }

    /// From now on an answer, with all tries, may take so long.
    pub fn be_patient_for(&mut self, patience: Duration) {
        self.deadlines.first = patience;
        self.deadlines.total = patience;
    }

    /// Sends a request and feeds the answer to `reader` as it arrives. Blocks; notices `cancelled` within 10 ms, also
    /// while the service is silent. Tries once more when nothing was delivered yet and the cause may pass: no connection, a
    /// connection lost, a server error, a rate limit with a `retry-after` of at most two seconds.
    ///
    /// # Errors
    /// [`RemoteFailure`], of the last attempt.
    pub fn exchange(
        &mut self,
        call: &Call,
        cancelled: &dyn Fn() -> bool,
        reader: &mut dyn Reader,
    ) -> Result<Ending, RemoteFailure> {
        let Some(runtime) = &self.runtime else { return Ok(Ending::Cancelled) };
        let until = Instant::now() + self.deadlines.total;
        let (failure, pause) = match self.attempt(runtime, call, until, cancelled, reader) {
            Ok(()) => return Ok(Ending::Complete),
            Err(Stop::Cancelled) => return Ok(Ending::Cancelled),
            Err(Stop::Failed { failure, retry: None }) => return Err(failure),
            Err(Stop::Failed { failure, retry: Some(pause) }) => (failure, pause),
        };
        if Instant::now() + pause >= until {
            return Err(failure);
        }
        match runtime.block_on(within(until, cancelled, async { tokio::time::sleep(pause).await })) {
            Within::Done(()) => {}
            Within::Cancelled => return Ok(Ending::Cancelled),
            Within::Late => return Err(failure),
        }
        match self.attempt(runtime, call, until, cancelled, reader) {
            Ok(()) => Ok(Ending::Complete),
            Err(Stop::Cancelled) => Ok(Ending::Cancelled),
            Err(Stop::Failed { failure, .. }) => Err(failure),
        }
    }

    /// The reader is called outside of the runtime: it may block. What waits is made inside of it (`async { … }`): timers need it.
    fn attempt(
        &self,
        runtime: &Runtime,
        call: &Call,
        until: Instant,
        cancelled: &dyn Fn() -> bool,
        reader: &mut dyn Reader,
    ) -> Result<(), Stop> {
        let first_until = until.min(Instant::now() + self.deadlines.first);
        let request = self.request(call)?;
        let mut response = match runtime.block_on(within(first_until, cancelled, async { request.send().await })) {
            Within::Done(Ok(response)) => response,
            Within::Done(Err(error)) => return Err(self.not_sent(&error)),
            Within::Cancelled => return Err(Stop::Cancelled),
            Within::Late => return Err(late("no answer", self.deadlines.first).into()),
        };
        if !response.status().is_success() {
            return Err(runtime.block_on(self.refusal(response, first_until, cancelled)));
        }
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        reader.begin(media_type)?;
        let mut deadline = first_until;
        let (mut delivered, mut left) = (false, call.most_bytes);
        loop {
            let piece = match runtime.block_on(within(deadline, cancelled, response.chunk())) {
                Within::Done(Ok(piece)) => piece,
                Within::Done(Err(error)) => {
                    let failure = RemoteFailure::new(FailureKind::Cut, self.line(&chain(&error)));
                    return Err(if delivered { failure.into() } else { worth_a_retry(failure) });
                }
                Within::Cancelled => return Err(Stop::Cancelled),
                Within::Late if delivered => return Err(late("no more of the answer", self.deadlines.between).into()),
                Within::Late => return Err(late("no answer", self.deadlines.first).into()),
            };
            let Some(piece) = piece else {
                return match reader.end() {
                    Ok(()) => Ok(()),
                    Err(failure) if failure.kind == FailureKind::Cut && !delivered => Err(worth_a_retry(failure)),
                    Err(failure) => Err(failure.into()),
                };
            };
            left = match left.checked_sub(piece.len()) {
                Some(left) => left,
                None => {
                    let message = format!("more than {} bytes", call.most_bytes);
                    return Err(RemoteFailure::new(FailureKind::Garbage, message).into());
                }
            };
            match reader.chunk(&piece)? {
                Progress::Nothing => {}
                Progress::Delivered => {
                    delivered = true;
                    deadline = until.min(Instant::now() + self.deadlines.between);
                }
                Progress::Finished => {
                    // Reading to the end lets the next request use the same connection.
                    let tail = async { while let Ok(Some(_)) = response.chunk().await {} };
                    let _ = runtime.block_on(within(Instant::now() + TAIL, cancelled, tail));
                    return Ok(());
                }
            }
        }
    }

    fn request(&self, call: &Call) -> Result<reqwest::RequestBuilder, RemoteFailure> {
        let url = self.endpoint.url(&call.path);
        match &call.body {
            Body::Nothing => Ok(self.http.get(url)),
            Body::Json(value) => Ok(self.http.post(url).json(value)),
            Body::Form { fields, file } => {
                let part = reqwest::multipart::Part::bytes(file.bytes.clone())
                    .file_name(file.name)
                    .mime_str(file.media_type)
                    .map_err(|error| RemoteFailure::new(FailureKind::Rejected, self.line(&chain(&error))))?;
                let mut form = reqwest::multipart::Form::new();
                for (name, value) in fields {
                    form = form.text(*name, value.clone());
                }
                Ok(self.http.post(url).multipart(form.part(file.field, part)))
            }
        }
    }

    /// There is no answer, not even its head.
    fn not_sent(&self, error: &reqwest::Error) -> Stop {
        if error.is_timeout() {
            return late("no connection", self.deadlines.connect).into();
        }
        let kind = if error.is_connect() { FailureKind::Refused } else { FailureKind::Cut };
        worth_a_retry(RemoteFailure::new(kind, self.line(&chain(error))))
    }

    /// An answer that is a refusal.
    async fn refusal(&self, mut response: Response, until: Instant, cancelled: &dyn Fn() -> bool) -> Stop {
        let status = response.status();
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut body = Vec::new();
        let read = async {
            while let Ok(Some(piece)) = response.chunk().await {
                body.extend_from_slice(&piece[..piece.len().min(ERROR_BODY - body.len())]);
                if body.len() == ERROR_BODY {
                    break;
                }
            }
        };
        if matches!(within(until, cancelled, read).await, Within::Cancelled) {
            return Stop::Cancelled;
        }
        let kind = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => FailureKind::Unauthorized,
            StatusCode::TOO_MANY_REQUESTS => FailureKind::RateLimited,
            _ if status.is_server_error() => FailureKind::Server,
            _ => FailureKind::Rejected,
        };
        let retry = match kind {
            FailureKind::Server => Some(RETRY_PAUSE),
            FailureKind::RateLimited => wait.map(Duration::from_secs).filter(|wait| *wait <= LONGEST_RETRY_AFTER),
            _ => None,
        };
        let message = message::of_body(&body, self.endpoint.key());
        Stop::Failed { failure: RemoteFailure { kind, status: Some(status.as_u16()), message }, retry }
    }

    /// What a service says as one line of at most 200 characters, without the key.
    #[must_use]
    pub fn line(&self, text: &str) -> String {
        message::one_line(text, self.endpoint.key())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A look-up of a name may still run on a thread of the system's pace: nobody waits for it.
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

enum Within<T> {
    Done(T),
    Cancelled,
    Late,
}

/// Waits for `work`, until the deadline passes or `cancelled` says so.
async fn within<T>(until: Instant, cancelled: &dyn Fn() -> bool, work: impl Future<Output = T>) -> Within<T> {
    tokio::pin!(work);
    loop {
        if cancelled() {
            return Within::Cancelled;
        }
        let tick = until.min(Instant::now() + CANCEL_TICK);
        match tokio::time::timeout_at(tick, &mut work).await {
            Ok(done) => return Within::Done(done),
            Err(_) if Instant::now() >= until => return Within::Late,
            Err(_) => {}
        }
    }
}

fn late(what: &str, limit: Duration) -> RemoteFailure {
    RemoteFailure::new(FailureKind::TimedOut, format!("{what} within {:.1} s", limit.as_secs_f64()))
}

/// An error and its causes, without the address (which may tell more than a log should know).
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    if text.is_empty() { "the connection failed".to_owned() } else { text }
}
