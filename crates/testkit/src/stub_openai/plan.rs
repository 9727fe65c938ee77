//! What the stub answers, and how it misbehaves: fixed when it is made, but for outages.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What can be asked of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// `POST /v1/chat/completions`.
    Chat,
    /// `POST /v1/audio/transcriptions`.
    Transcription,
    /// `POST /v1/audio/speech`.
    Speech,
    /// `GET /v1/models`.
    Models,
}

/// What one request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// The reply, complete.
    Fine,
    /// This status with OpenAI's error body. 401 quotes the key it got, as the real service does in part.
    Status(u16),
    /// 429 with this many seconds of `retry-after`.
    RateLimited {
        /// Seconds.
        retry_after: u32,
    },
    /// The request is read and never answered.
    Hang,
    /// Half of the reply, then the connection is closed.
    Cut,
    /// Half of the reply, then nothing more on an open connection.
    Stall,
    /// Status 200 with a web page (chat, transcription, models) or a JSON object (speech).
    Garbage,
}

/// The replies of a stub.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) key: Option<String>,
    pub(super) chat: Vec<String>,
    pub(super) token_delay: Duration,
    pub(super) transcripts: Vec<String>,
    pub(super) behaviours: [Vec<Behaviour>; 4],
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            key: Some("test-key".into()),
            chat: vec!["The capital of France is Paris.".into()],
            token_delay: Duration::ZERO,
            transcripts: vec!["What is the capital of France?".into()],
            behaviours: Default::default(),
        }
    }
}

impl Plan {
    /// The key every request must carry; `None`: requests need none. Default `test-key`.
    #[must_use]
    pub fn key(mut self, key: Option<&str>) -> Self {
        self.key = key.map(str::to_owned);
        self
    }

    /// What chat answers: one reply a request, in turn, from the beginning again after the last.
    #[must_use]
    pub fn chat<T: Into<String>>(mut self, replies: impl IntoIterator<Item = T>) -> Self {
        self.chat = replies.into_iter().map(Into::into).collect();
        self
    }

    /// How long chat waits before each token. Default: not at all.
    #[must_use]
    pub fn token_delay(mut self, delay: Duration) -> Self {
        self.token_delay = delay;
        self
    }

    /// What transcription answers: one text a request, in turn, from the beginning again after the last.
    #[must_use]
    pub fn transcripts<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
        self.transcripts = texts.into_iter().map(Into::into).collect();
        self
    }

    /// What the requests to `route` meet, one after the other; the last holds for all that follow. Default: all fine.
    #[must_use]
    pub fn behave(mut self, route: Route, behaviours: impl IntoIterator<Item = Behaviour>) -> Self {
        self.behaviours[route.index()] = behaviours.into_iter().collect();
        self
    }

    /// What the request number `index` (from 0) to `route` meets.
    pub(super) fn behaviour(&self, route: Route, index: usize) -> Behaviour {
        let list = &self.behaviours[route.index()];
        list.get(index).or(list.last()).copied().unwrap_or(Behaviour::Fine)
    }
}

/// What every request to a route meets for the time being, instead of what was planned.
#[derive(Debug, Clone, Default)]
pub(super) struct Outage(Arc<Mutex<[Option<Behaviour>; 4]>>);

impl Outage {
    pub(super) fn set(&self, route: Route, behaviour: Option<Behaviour>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[route.index()] = behaviour;
    }

    pub(super) fn of(&self, route: Route) -> Option<Behaviour> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[route.index()]
    }
}

/// The text whose turn it is; empty when there are none.
pub(super) fn in_turn(texts: &[String], index: usize) -> &str {
    if texts.is_empty() { "" } else { &texts[index % texts.len()] }
}

impl Route {
    pub(super) const ALL: [Self; 4] = [Self::Chat, Self::Transcription, Self::Speech, Self::Models];

    /// The path below the base URL's `/v1`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Chat => "/chat/completions",
            Self::Transcription => "/audio/transcriptions",
            Self::Speech => "/audio/speech",
            Self::Models => "/models",
        }
    }

    pub(super) const fn index(self) -> usize {
        match self {
            Self::Chat => 0,
            Self::Transcription => 1,
            Self::Speech => 2,
            Self::Models => 3,
        }
    }
}
