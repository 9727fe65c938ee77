//! When the caller speaks, waits and leaves: a pure state machine over what was noticed. Time is an argument.
//!
//! ```text
//!  Greeting ──> GreetingEnds ──> Speaking(0) ──> Waiting(0) ──> Answering(0) ──> Speaking(1) … ──> Over
//!                                                    └─ patience ends: unanswered ──┘
//! ```

use std::time::Duration;

use proto::room::AgentState;

use super::notes::Observation;
use super::report::Outcome;
use super::schedule::Schedule;

/// An answer is over once the agent was silent for this long (and says that it listens).
const QUIET: Duration = Duration::from_millis(1200);
/// An agent that listens for this long without a sound does not greet.
const NO_GREETING: Duration = Duration::from_secs(6);
/// An answer that began before we had finished counts once nothing else came for this long.
const EARLY_ANSWER: Duration = Duration::from_secs(4);
/// A turn that was taken back is rightly not answered once nothing came for this long.
const TAKEN_BACK: Duration = Duration::from_secs(8);

/// What the conductor needs to know of the plan.
#[derive(Debug, Clone)]
pub(super) struct Script {
    /// How long each utterance lasts.
    pub(super) turns: Vec<Duration>,
    /// Turns (from 0) whose answer is spoken over, and how long after that began to sound.
    pub(super) interrupt: Vec<(usize, Duration)>,
    /// Per back-channel: the turn (from 0) during whose answer it is made, and how long after that began to sound.
    pub(super) back_channels: Vec<(usize, Duration)>,
    /// Turns (from 0) that are not to be answered.
    pub(super) taken_back: Vec<usize>,
    pub(super) patience: Duration,
}

/// When a turn was said and answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TurnTimes {
    pub(super) said_from: Option<Duration>,
    pub(super) said_until: Option<Duration>,
    pub(super) answered_from: Option<Duration>,
    pub(super) answered_until: Option<Duration>,
    /// The answer began before the caller had finished.
    pub(super) early: bool,
    /// It was said over the answer to the turn before.
    pub(super) interrupting: bool,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// The greeting is over.
    Greeted,
    /// Say this turn (from 0).
    Say { turn: usize },
    /// Make this back-channel (from 0) now.
    BackChannel { index: usize },
    /// The answer to this turn is over.
    Answered { turn: usize },
    /// This turn was not answered in time.
    Unanswered { turn: usize },
    /// Leave.
    HangUp(Outcome),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting { until: Duration },
    GreetingEnds { until: Duration },
    Speaking { turn: usize, until: Duration },
    Waiting { turn: usize, until: Duration },
    Answering { turn: usize, began: Duration, until: Duration },
    Over,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Conductor {
    script: Script,
    phase: Phase,
    present: bool,
    state: Option<AgentState>,
    ready_since: Option<Duration>,
    sounding: bool,
    sounded_from: Option<Duration>,
    silent_since: Option<Duration>,
    all_answered: bool,
    broken: Option<Outcome>,
    pending: std::collections::VecDeque<Action>,
    /// When the greeting began and ended.
    pub(super) greeting: (Option<Duration>, Option<Duration>),
    /// One per turn.
    pub(super) turns: Vec<TurnTimes>,
    /// One per back-channel.
    pub(super) schedule: Schedule,
}

impl Conductor {
    /// A conductor whose patience starts at `now`.
    pub(super) fn new(script: Script, now: Duration) -> Self {
        let turns = vec![TurnTimes::default(); script.turns.len()];
        Self {
            phase: Phase::Greeting { until: now + script.patience },
            schedule: Schedule::new(script.back_channels.clone()),
            script,
            present: false,
            state: None,
            ready_since: None,
            sounding: false,
            sounded_from: None,
            silent_since: None,
            all_answered: true,
            broken: None,
            pending: std::collections::VecDeque::new(),
            greeting: (None, None),
            turns,
        }
    }

    /// Takes what was noticed at `at`.
    pub(super) fn note(&mut self, at: Duration, what: &Observation) {
        match what {
            Observation::AgentJoined { .. } => self.present = true,
            Observation::AgentLeft => self.broken = self.broken.or(Some(Outcome::AgentLeft)),
            Observation::Disconnected { .. } | Observation::MicrophoneFailed { .. } => {
                self.broken = self.broken.or(Some(Outcome::Disconnected));
            }
            Observation::State(state) => {
                let ready = is_ready(*state);
                self.ready_since = if ready { self.ready_since.or(Some(at)) } else { None };
                self.state = Some(*state);
            }
            Observation::AgentSounds => {
                self.sounding = true;
                self.sounded_from = Some(at);
            }
            Observation::AgentSilent => {
                self.sounding = false;
                self.silent_since = Some(at);
            }
            Observation::CallerSpeaks { turn } => {
                if let Some(times) = self.turns.get_mut(*turn) {
                    times.said_from = Some(at);
                }
            }
            Observation::CallerSilent { turn } => {
                if let Some(times) = self.turns.get_mut(*turn) {
                    times.said_until = Some(at);
                }
            }
            Observation::BackChannelBegins { index } => self.schedule.begins(*index, at),
            Observation::BackChannelEnds { index } => self.schedule.ends(*index, at),
            Observation::UserCaption { .. }
            | Observation::AgentCaptionBegan { .. }
            | Observation::AgentCaptionDelta { .. } => {}
        }
    }

    /// What to do at `now`; call it until it answers `None`.
    pub(super) fn poll(&mut self, now: Duration) -> Option<Action> {
        if let Some(action) = self.pending.pop_front() {
            return Some(action);
        }
        if self.phase == Phase::Over {
            return None;
        }
        if let Some(outcome) = self.broken {
            return Some(self.finish(outcome));
        }
        match self.phase {
            Phase::Greeting { until } => self.poll_greeting(now, until),
            Phase::GreetingEnds { until } => {
                if self.quiet(now) || now >= until {
                    self.greeting.1 = self.silent_since;
                    self.say(0, now);
                    return Some(Action::Greeted);
                }
                None
            }
            Phase::Speaking { turn, until } => {
                if self.turns[turn].said_until.is_some() || now >= until {
                    let taken_back = self.script.taken_back.contains(&turn);
                    let patience = if taken_back { TAKEN_BACK } else { self.script.patience };
                    self.phase = Phase::Waiting { turn, until: now + patience };
                    return self.poll(now);
                }
                None
            }
            Phase::Waiting { turn, until } => self.poll_waiting(turn, now, until),
            Phase::Answering { turn, began, until } => {
                if (self.quiet(now) && self.schedule.settled(now)) || now >= until {
                    self.turns[turn].answered_until = if self.sounding { Some(now) } else { self.silent_since };
                    self.say(turn + 1, now);
                    return Some(Action::Answered { turn });
                }
                if self.spoken_over_at(turn, began).is_some_and(|at| now >= at) {
                    self.turns[turn].answered_until = Some(now);
                    self.say(turn + 1, now);
                    self.turns[turn + 1].interrupting = true;
                    return Some(Action::Answered { turn });
                }
                if !self.sounding {
                    return None;
                }
                self.schedule.take_due(turn, began, now).map(|index| Action::BackChannel { index })
            }
            Phase::Over => None,
        }
    }

    /// When to poll again if nothing is noticed before.
    pub(super) fn next_wake(&self, now: Duration) -> Duration {
        let quiet = self.silent_since.map(|since| since + QUIET);
        let early = self.silent_since.map(|since| since + EARLY_ANSWER);
        let no_greeting = self.ready_since.map(|since| since + NO_GREETING);
        let scheduled = match self.phase {
            Phase::Answering { turn, began, .. } => self.schedule.wakes(turn, began).filter(|at| *at > now).min(),
            Phase::Greeting { .. }
            | Phase::GreetingEnds { .. }
            | Phase::Speaking { .. }
            | Phase::Waiting { .. }
            | Phase::Over => None,
        };
        let (until, over) = match self.phase {
            Phase::Greeting { until } => (until, no_greeting),
            Phase::GreetingEnds { until } | Phase::Speaking { until, .. } => (until, None),
            Phase::Waiting { until, .. } => (until, early),
            Phase::Answering { turn, began, until } => (until, self.spoken_over_at(turn, began)),
            Phase::Over => (now, None),
        };
        let coming = [quiet, over, scheduled].into_iter().flatten().filter(|at| *at > now);
        coming.fold(until, Duration::min)
    }

    fn poll_greeting(&mut self, now: Duration, until: Duration) -> Option<Action> {
        if let Some(began) = self.sounded_from {
            self.greeting.0 = Some(began);
            self.phase = Phase::GreetingEnds { until: now + self.script.patience };
            return self.poll(now);
        }
        if self.ready_since.is_some_and(|since| now >= since + NO_GREETING) {
            self.say(0, now);
            return self.poll(now);
        }
        if now >= until {
            let outcome = if self.present { Outcome::AgentSilent } else { Outcome::NoAgent };
            return Some(self.finish(outcome));
        }
        None
    }

    fn poll_waiting(&mut self, turn: usize, now: Duration, until: Duration) -> Option<Action> {
        let times = &self.turns[turn];
        let said_until = times.said_until.unwrap_or(now);
        let answer = self.sounded_from.filter(|from| *from >= said_until);
        let begun_early = self.sounded_from.filter(|from| {
            !times.interrupting
                && times.said_from.is_some_and(|said| *from > said)
                && self.quiet(now)
                && self.silent_since.is_some_and(|since| now >= since.max(said_until) + EARLY_ANSWER)
        });
        if let Some(began) = answer.or(begun_early) {
            self.turns[turn].answered_from = Some(began);
            self.turns[turn].early = answer.is_none();
            self.phase = Phase::Answering { turn, began, until: now + self.script.patience };
            return self.poll(now);
        }
        if now >= until {
            self.all_answered &= self.script.taken_back.contains(&turn);
            self.say(turn + 1, now);
            return Some(Action::Unanswered { turn });
        }
        None
    }

    fn say(&mut self, turn: usize, now: Duration) {
        if let Some(length) = self.script.turns.get(turn) {
            self.phase = Phase::Speaking { turn, until: now + *length + self.script.patience };
            self.pending.push_back(Action::Say { turn });
        } else {
            let outcome = if self.all_answered { Outcome::Answered } else { Outcome::Unanswered };
            let action = self.finish(outcome);
            self.pending.push_back(action);
        }
    }

    /// When the caller speaks over the answer to `turn`, which began to sound at `began`.
    fn spoken_over_at(&self, turn: usize, began: Duration) -> Option<Duration> {
        let planned = self.script.interrupt.iter().find(|(of, _)| *of == turn);
        planned.map(|(_, after)| began + *after)
    }

    fn finish(&mut self, outcome: Outcome) -> Action {
        self.phase = Phase::Over;
        Action::HangUp(outcome)
    }

    fn quiet(&self, now: Duration) -> bool {
        let silent = !self.sounding && self.silent_since.is_some_and(|since| now >= since + QUIET);
        silent && self.state.is_none_or(is_ready)
    }
}

fn is_ready(state: AgentState) -> bool {
    match state {
        AgentState::Idle | AgentState::Listening => true,
        AgentState::Initializing | AgentState::Thinking | AgentState::Speaking => false,
    }
}

#[cfg(test)]
#[path = "conductor_tests.rs"]
mod tests;
