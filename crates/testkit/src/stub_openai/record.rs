//! What the stub saw: every request, and what was wrong with it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::plan::Route;

/// How many requests and violations are kept.
const MOST: usize = 10_000;

/// One request, as the stub understood it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What was asked for.
    pub route: Route,
    /// When it had been read.
    pub at: Instant,
    /// What it said.
    pub detail: Detail,
}

/// What a request said.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// To chat.
    Chat {
        /// `model`.
        model: String,
        /// Role and text of each message.
        messages: Vec<(String, String)>,
        /// Whether a stream was asked for.
        stream: bool,
        /// The whole body.
        body: serde_json::Value,
    },
    /// To transcription.
    Transcription {
        /// `model`.
        model: String,
        /// `language`, if it was named.
        language: Option<String>,
        /// Length of the recording.
        seconds: f64,
        /// Its samples a second.
        sample_rate: u32,
    },
    /// To speech.
    Speech {
        /// `model`.
        model: String,
        /// `voice`.
        voice: String,
        /// The words to say.
        input: String,
        /// `response_format`.
        format: String,
    },
    /// To the list of models.
    Models,
    /// It broke the protocol: see the violations.
    Unreadable,
}

#[derive(Default)]
struct Seen {
    requests: VecDeque<Request>,
    violations: VecDeque<String>,
    counts: [usize; 4],
}

/// What was seen so far; shared by the routes and the test.
#[derive(Default)]
pub(super) struct Record(Mutex<Seen>);

impl Record {
    /// Takes a request down and returns its number on its route, from 0.
    pub(super) fn request(&self, route: Route, detail: Detail) -> usize {
        let mut seen = self.seen();
        if seen.requests.len() == MOST {
            seen.requests.pop_front();
        }
        seen.requests.push_back(Request { route, at: Instant::now(), detail });
        let count = &mut seen.counts[route.index()];
        *count += 1;
        *count - 1
    }

    pub(super) fn violation(&self, route: Route, what: &str) {
        let mut seen = self.seen();
        if seen.violations.len() < MOST {
            seen.violations.push_back(format!("{}: {what}", route.path()));
        }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.seen().requests.iter().cloned().collect()
    }

    pub(super) fn violations(&self) -> Vec<String> {
        self.seen().violations.iter().cloned().collect()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
