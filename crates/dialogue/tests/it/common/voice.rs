//! A simulated voice: clauses are made after a while, and played word by word as playout is told.

use std::collections::VecDeque;
use std::time::Duration;

use dialogue::{Moment, Playout};

/// How far a speech may go, as [`Playout`] defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    Held,
    Play,
    Paused,
}

/// What playout tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    Started,
    Heard(String),
    Finished,
}

/// One speech.
#[derive(Debug)]
pub struct Voice {
    pub permission: Permission,
    /// Words that were made and not yet played to their ends, and how long each takes.
    words: VecDeque<(String, Duration)>,
    /// How much of the first of them was played.
    played: Duration,
    /// The first of them was heard (a word counts as heard at its middle).
    heard: bool,
    /// Samples come out since then.
    sounding: Option<Moment>,
    started: bool,
    any_heard: bool,
    /// Nothing more will be made.
    pub finished: bool,
    /// Finished or stopped: nothing comes out any more.
    pub over: bool,
    /// Everything that was handed to the voice, word by word.
    pub given: Vec<String>,
    /// A clause could not be made.
    pub failed: bool,
}

impl Voice {
    pub fn new() -> Self {
        Self {
            permission: Permission::Held,
            words: VecDeque::new(),
            played: Duration::ZERO,
            heard: false,
            sounding: None,
            started: false,
            any_heard: false,
            finished: false,
            over: false,
            given: Vec::new(),
            failed: false,
        }
    }

    pub fn is_sounding(&self) -> bool {
        self.sounding.is_some()
    }

    pub fn obey(&mut self, order: Playout) {
        self.permission = match order {
            // Being ready to pause changes nothing that can be heard.
            Playout::Start | Playout::Resume | Playout::Brace => Permission::Play,
            Playout::Pause => Permission::Paused,
        };
        if self.permission == Permission::Paused {
            self.sounding = None;
        }
    }

    /// Counts what sounded until now.
    pub fn settle(&mut self, now: Moment) {
        if let Some(since) = self.sounding.take() {
            self.played += now.since(since);
        }
    }

    pub fn add(&mut self, text: &str, mut duration: impl FnMut() -> Duration) {
        self.words.extend(text.split(' ').map(|word| (word.to_owned(), duration())));
    }

    pub fn stop(&mut self) {
        self.over = true;
        self.sounding = None;
    }

    /// Plays on until `now`: what was heard meanwhile, and when to look again.
    pub fn advance(&mut self, now: Moment) -> (Vec<Report>, Option<Moment>) {
        let mut reports = Vec::new();
        if self.over {
            return (reports, None);
        }
        if let Some(since) = self.sounding.replace(now) {
            self.played += now.since(since);
        } else {
            self.sounding = None;
        }
        while let Some((word, length)) = self.words.front() {
            if !self.heard && self.played >= *length / 2 {
                let space = if self.any_heard { " " } else { "" };
                reports.push(Report::Heard(format!("{space}{word}")));
                (self.heard, self.any_heard) = (true, true);
            }
            if self.played < *length {
                break;
            }
            self.played -= *length;
            self.heard = false;
            self.words.pop_front();
        }
        if self.words.is_empty() {
            (self.sounding, self.played) = (None, Duration::ZERO);
            if self.finished && self.permission != Permission::Held {
                self.over = true;
                reports.push(Report::Finished);
            }
            return (reports, None);
        }
        if self.permission != Permission::Play {
            self.sounding = None;
            return (reports, None);
        }
        self.sounding = Some(now);
        if !self.started {
            self.started = true;
            reports.insert(0, Report::Started);
        }
        let (_, length) = &self.words[0];
        let next = if self.heard { *length } else { *length / 2 };
        (reports, Some(now + (next - self.played)))
    }
}
