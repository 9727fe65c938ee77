//! Which clause is filmed when, and what goes on to playout. Pure: the time is an argument.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dialogue::SpeechId;
use telemetry::events::AvatarLoss;

use super::film::Film;
use session::ports::PLAYOUT_SAMPLE_RATE;
use session::voice::{PlayableClause, PlayoutCommand};

/// How long the first video may take, from when it is first asked for: machines with a GPU start when they are needed, and avatars
/// have as long to join.
pub const FIRST_PATIENCE: Duration = Duration::from_secs(30);
/// How long a later one may take, besides the time its clause sounds: a service that films slower than people speak, and a hiccup.
pub const CLAUSE_PATIENCE: Duration = Duration::from_secs(10);

const fn samples(seconds: u64) -> u64 {
    PLAYOUT_SAMPLE_RATE as u64 * seconds
}

/// The longest clause that is filmed as one; longer ones are cut where the voice has made a piece. It bounds requests and videos.
const LONGEST: u64 = samples(15);
/// While so much of what is filmed has not sounded, nothing more is asked for: who interrupts should not have paid for it.
const AHEAD: u64 = samples(10);
/// How soon it is looked again whether that has sounded.
const GLANCE: Duration = Duration::from_millis(50);

/// What is to be done, in order.
#[derive(Debug)]
pub(super) enum Action {
    /// Goes on to playout.
    Pass(PlayoutCommand),
    /// The service is asked for this.
    Ask(Job),
    /// What it was asked is not needed any more.
    Cancel,
    /// The first film is there, so long after it was first asked for.
    Shown(Duration),
    /// The local face takes over for good.
    Lost(AvatarLoss),
}

/// A clause to be filmed.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: u64,
    /// Of the playout rate.
    pub(super) samples: Vec<i16>,
    /// How long it may take.
    pub(super) patience: Duration,
}

#[derive(Debug)]
enum Item {
    Clause(Waiting),
    /// Keeps its place behind the clauses before it.
    Command(SpeechId, PlayoutCommand),
}

impl Item {
    fn speech(&self) -> SpeechId {
        match self {
            Self::Clause(waiting) => waiting.speech,
            Self::Command(speech, _) => *speech,
        }
    }
}

/// A clause in the pieces in which the voice made it.
#[derive(Debug)]
struct Waiting {
    speech: SpeechId,
    pieces: Vec<PlayableClause>,
    samples: u64,
    complete: bool,
}

/// What the service was asked last, until it is done with that.
#[derive(Debug)]
struct Asked {
    job: u64,
    until: Instant,
    cancelled: bool,
}

/// The clauses that wait. At most one is being filmed: the first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: VecDeque<Item>,
    asked: Option<Asked>,
    jobs: u64,
    /// When the service was first asked.
    first_asked: Option<Instant>,
    /// It has filmed something.
    has_filmed: bool,
    /// The newest speech that was stopped.
    over: Option<SpeechId>,
    /// Samples of the newest speech that were passed on.
    passed: (Option<SpeechId>, u64),
    lost: bool,
}

impl Queue {
    /// Takes a command on its way to playout.
    pub(super) fn take(&mut self, command: PlayoutCommand) -> Vec<Action> {
        if self.lost {
            return vec![Action::Pass(command)];
        }
        match command {
            PlayoutCommand::Clause(clause) => {
                if self.over < Some(clause.speech) {
                    self.add(clause);
                }
                Vec::new()
            }
            PlayoutCommand::EndOfClause(_) => {
                self.complete_last();
                Vec::new()
            }
            PlayoutCommand::Finish(speech) | PlayoutCommand::Unspoken(speech, _) => {
                self.complete_last();
                self.items.push_back(Item::Command(speech, command));
                Vec::new()
            }
            PlayoutCommand::Order(..) => vec![Action::Pass(command)],
            PlayoutCommand::Stop(speech) => {
                self.over = self.over.max(Some(speech));
                let mut actions = Vec::new();
                // What is being filmed is the first item.
                if self.items.front().is_some_and(|item| item.speech() <= speech) {
                    actions.extend(self.cancel());
                }
                self.items.retain(|item| item.speech() > speech);
                actions.push(Action::Pass(command));
                actions
            }
        }
    }

    fn add(&mut self, clause: PlayableClause) {
        let length = clause.samples.len() as u64;
        if let Some(Item::Clause(last)) = self.items.back_mut()
            && !last.complete
            && last.speech == clause.speech
        {
            if last.samples + length <= LONGEST {
                last.samples += length;
                last.pieces.push(clause);
                return;
            }
            last.complete = true;
        }
        let speech = clause.speech;
        let waiting = Waiting { speech, pieces: vec![clause], samples: length, complete: false };
        self.items.push_back(Item::Clause(waiting));
    }

    fn complete_last(&mut self) {
        if let Some(Item::Clause(last)) = self.items.back_mut() {
            last.complete = true;
        }
    }

    fn cancel(&mut self) -> Option<Action> {
        let asked = self.asked.as_mut().filter(|asked| !asked.cancelled)?;
        asked.cancelled = true;
        Some(Action::Cancel)
    }

    /// What is due at `now`, when `position` samples of the current speech have sounded.
    pub(super) fn poll(&mut self, now: Instant, position: u64) -> Vec<Action> {
        if self.asked.as_ref().is_some_and(|asked| !asked.cancelled && asked.until <= now) {
            return self.lose(AvatarLoss::TooSlow);
        }
        let mut actions = Vec::new();
        while let Some(Item::Command(..)) = self.items.front()
            && let Some(item) = self.items.pop_front()
        {
            self.pass(item, &mut actions);
        }
        if self.asked.is_none()
            && let Some(Item::Clause(first)) = self.items.front()
            && first.complete
            && !self.is_far_ahead(first.speech, position)
        {
            let patience = self.patience(now, first.samples);
            let samples = first.pieces.iter().flat_map(|piece| piece.samples.iter().copied()).collect();
            self.jobs += 1;
            self.first_asked.get_or_insert(now);
            self.asked = Some(Asked { job: self.jobs, until: now + patience, cancelled: false });
            actions.push(Action::Ask(Job { id: self.jobs, samples, patience }));
        }
        actions
    }

    fn is_far_ahead(&self, speech: SpeechId, position: u64) -> bool {
        let (newest, passed) = self.passed;
        newest == Some(speech) && passed.saturating_sub(position) >= AHEAD
    }

    fn patience(&self, now: Instant, length: u64) -> Duration {
        let sounds = Duration::from_secs_f64(length as f64 / f64::from(PLAYOUT_SAMPLE_RATE));
        let usual = CLAUSE_PATIENCE + sounds;
        if self.has_filmed {
            return usual;
        }
        let waited = self.first_asked.map_or(Duration::ZERO, |first| now.saturating_duration_since(first));
        // Who interrupts the first clause gives the service no less time than any later one.
        FIRST_PATIENCE.saturating_sub(waited).max(usual)
    }

    /// When [`Self::poll`] is to be called next.
    pub(super) fn next_wake(&self, now: Instant) -> Option<Instant> {
        match (&self.asked, self.items.front()) {
            (Some(asked), _) if !asked.cancelled => Some(asked.until),
            (None, Some(Item::Clause(first))) if first.complete => Some(now + GLANCE),
            _ => None,
        }
    }

    /// The service is done with a job: a film, a reason, or nothing as it was cancelled.
    pub(super) fn filmed(&mut self, now: Instant, job: u64, film: Result<Option<Film>, AvatarLoss>) -> Vec<Action> {
        let Some(asked) = self.asked.take_if(|asked| asked.job == job) else { return Vec::new() };
        if asked.cancelled || self.lost {
            return Vec::new();
        }
        let film = match film {
            Ok(Some(film)) => film,
            // It noticed a cancellation that nobody wished: nothing can be expected of it any more.
            Ok(None) => return self.lose(AvatarLoss::ServiceFailed),
            Err(loss) => return self.lose(loss),
        };
        let Some(mut item) = self.items.pop_front() else { return Vec::new() };
        if let Item::Clause(waiting) = &mut item
            && let Some(first) = waiting.pieces.first_mut()
        {
            first.video = Some(Arc::new(film));
        }
        let mut actions = Vec::new();
        if !std::mem::replace(&mut self.has_filmed, true) {
            let waited = self.first_asked.map_or(Duration::ZERO, |first| now.saturating_duration_since(first));
            actions.push(Action::Shown(waited));
        }
        self.pass(item, &mut actions);
        actions
    }

    /// Whether the service was given up.
    pub(super) const fn is_lost(&self) -> bool {
        self.lost
    }

    /// The service is given up: everything goes on to playout as it is.
    pub(super) fn lose(&mut self, loss: AvatarLoss) -> Vec<Action> {
        if std::mem::replace(&mut self.lost, true) {
            return Vec::new();
        }
        let mut actions: Vec<Action> = self.cancel().into_iter().collect();
        actions.push(Action::Lost(loss));
        while let Some(item) = self.items.pop_front() {
            self.pass(item, &mut actions);
        }
        actions
    }

    fn pass(&mut self, item: Item, actions: &mut Vec<Action>) {
        match item {
            Item::Command(_, command) => actions.push(Action::Pass(command)),
            Item::Clause(waiting) => {
                let (newest, passed) = &mut self.passed;
                if newest.replace(waiting.speech) != Some(waiting.speech) {
                    *passed = 0;
                }
                *passed += waiting.samples;
                actions.extend(waiting.pieces.into_iter().map(PlayoutCommand::Clause).map(Action::Pass));
            }
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
