//! The state machine itself. Each file holds the transitions of one part of the conversation.
//!
//! ```text
//!  mod.rs          handle, poll, next_wake: which part an input and a wake-up go to
//!  people.rs       who is there, the greeting, away and idle
//!  user.rs         the user's turn, from the first sound to the answer
//!  transcripts.rs  the words of the turn
//!  speculation.rs  answers made before the turn is over
//!  written.rs      written words, and push to talk
//!  floor.rs        the user speaks while the agent has the floor
//!  agent.rs        the agent's speech, from the first clause to the last sample
//!  ending.rs       failures, budgets, the end
//! ```

mod agent;
mod ending;
mod floor;
mod people;
mod speculation;
mod transcripts;
mod user;
mod written;

use std::collections::VecDeque;

use ending::Failures;
use proto::agent::AgentState;

use crate::agent_turn::{AgentTurn, Phase};
use crate::history::History;
use crate::policies::Policies;
use crate::policies::budget::Budget;
use crate::policies::pauses::Pauses;
use crate::policies::waste::Waste;
use crate::presence::Presence;
use crate::settings::Settings;
use crate::timers::Timers;
use crate::user_turn::UserTurn;
use crate::{EndReason, Input, Level, Moment, Output, SpeechId, TurnId, WakeReason};

/// One conversation. See the crate's page for how to drive it.
#[derive(Debug)]
pub struct Dialogue {
    settings: Settings,
    policies: Policies,
    outputs: VecDeque<Output>,
    timers: Timers,
    presence: Presence,
    history: History,
    user: Option<UserTurn>,
    agent: Option<AgentTurn>,
    pauses: Pauses,
    waste: Waste,
    budget: Budget,
    level: Level,
    failures: Failures,
    state: AgentState,
    ready: bool,
    voice_subscribed: bool,
    greeted: bool,
    away: bool,
    ended: bool,
    last_turn: u64,
    last_speech: u64,
}

impl Dialogue {
    /// A conversation that begins now, without users, before any engine is loaded. `policies` are those that the settings name,
    /// from [`crate::PolicyRegistry::select`].
    #[must_use]
    pub fn new(settings: Settings, policies: Policies) -> Self {
        let mut timers = Timers::default();
        timers.set(WakeReason::Arrival, Moment::START + settings.arrival_deadline);
        if !settings.session_limit.is_zero() {
            timers.set(WakeReason::Session, Moment::START + settings.session_limit);
        }
        Self {
            history: History::new(&settings.instructions, &settings.earlier),
            settings,
            policies,
            outputs: VecDeque::from([Output::State(AgentState::Initializing)]),
            timers,
            presence: Presence::default(),
            user: None,
            agent: None,
            pauses: Pauses::default(),
            waste: Waste::default(),
            budget: Budget::default(),
            level: Level::Full,
            failures: Failures::default(),
            state: AgentState::Initializing,
            ready: false,
            voice_subscribed: false,
            greeted: false,
            away: false,
            ended: false,
            last_turn: 0,
            last_speech: 0,
        }
    }

    /// Takes one input that happened at `now`. Deadlines that have come are dealt with too.
    pub fn handle(&mut self, now: Moment, input: Input) {
        self.wake_due(now);
        if !self.ended {
            self.take(now, input);
        }
        // An input may set a deadline that has passed already, such as the end of a silence that was reported late.
        self.wake_due(now);
        self.show_state();
    }

    /// The next thing to do, in order.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When `handle` must be called again at the latest, and why. `None` once the call has ended.
    #[must_use]
    pub fn next_wake(&self) -> Option<(Moment, WakeReason)> {
        self.timers.next()
    }

    /// What the agent is doing.
    #[must_use]
    pub fn state(&self) -> AgentState {
        self.state
    }

    /// The settings it was made with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn wake_due(&mut self, now: Moment) {
        while !self.ended
            && let Some(reason) = self.timers.pop_due(now)
        {
            self.wake(now, reason);
        }
    }

    fn take(&mut self, now: Moment, input: Input) {
        match input {
            Input::Wake => {}
            Input::Ready => self.ready(now),
            Input::PersonArrived { identity } => self.person_arrived(now, identity),
            Input::PersonLeft { identity, on_purpose } => self.person_left(now, &identity, on_purpose),
            Input::VoiceSubscribed => self.voice_subscribed(now),
            Input::SpeechStarted { at } => self.speech_started(now, at.min(now)),
            Input::SpeechStopped { at } => self.speech_stopped(now, at.min(now)),
            Input::Typed { text } => self.typed(now, &text),
            Input::TurnBegun => self.turn_begun(now),
            Input::TurnEnded => self.turn_ended(now),
            Input::TurnCancelled => self.turn_cancelled(now),
            Input::Transcript { turn, revision, text } => self.transcript(now, turn, revision, text),
            Input::TranscriptFailed { turn, revision } => self.transcript_failed(now, turn, revision),
            Input::TurnProbability { turn, revision, thousandths } => {
                self.turn_probability(now, turn, revision, thousandths);
            }
            Input::SentenceEnd { turn, revision, millionths } => self.sentence_end(now, turn, revision, millionths),
            Input::ReplyStarted { speech } => self.reply_started(now, speech),
            Input::ReplyClause { speech, clause } => self.reply_clause(now, speech, clause),
            Input::ReplyFinished { speech, finish } => self.reply_finished(now, speech, finish),
            Input::ReplyFailed { speech } => self.reply_failed(now, speech),
            Input::VoiceReady { speech } => self.voice_ready(now, speech),
            Input::VoiceStarted { speech } => self.voice_started(now, speech),
            Input::Heard { speech, text } => self.heard(now, speech, &text),
            Input::VoiceFinished { speech } => self.voice_finished(now, speech),
            Input::VoiceFailed { speech, text } => self.voice_failed(speech, &text),
            Input::Used(usage) => self.used(now, usage),
            Input::EngineFailed { engine } => self.engine_failed(engine),
            Input::ConnectionInterrupted => self.timers.set(WakeReason::Rejoin, now + self.settings.rejoin_deadline),
            Input::ConnectionRestored => self.timers.clear(WakeReason::Rejoin),
            Input::ConnectionRejoined => self.connection_rejoined(now),
            Input::HangUp(reason) => self.end(reason),
        }
    }

    fn wake(&mut self, now: Moment, reason: WakeReason) {
        match reason {
            WakeReason::Arrival => self.end(EndReason::NobodyArrived),
            WakeReason::Leave => self.end(EndReason::EverybodyLeft),
            WakeReason::Return => self.end(EndReason::UserVanished),
            WakeReason::Rejoin => self.end(EndReason::ConnectionLost),
            WakeReason::Greeting => self.greet(now),
            WakeReason::Pause => self.pause_agent(now),
            WakeReason::Judgement => self.judgement_overdue(now),
            WakeReason::SpokeOn => self.discard_speculation(now),
            WakeReason::PartialTranscript => self.partial_due(now),
            WakeReason::Speculation => self.speculate(now),
            WakeReason::EndOfTurn => self.silence_long_enough(now),
            WakeReason::Transcription => self.engine_failed(crate::Engine::SpeechToText),
            WakeReason::Reply => self.engine_failed(crate::Engine::LanguageModel),
            WakeReason::Voice => self.voice_overdue(now),
            WakeReason::Away => self.away_due(now),
            WakeReason::Idle => self.idle_due(now),
            WakeReason::Session => self.say_farewell(now, EndReason::SessionLimit),
            WakeReason::Farewell => self.farewell_over(),
        }
    }

    fn show_state(&mut self) {
        let state = match &self.agent {
            _ if !self.ready => AgentState::Initializing,
            _ if !self.presence.is_linked() => AgentState::Idle,
            Some(turn) => match turn.phase {
                Phase::Held => AgentState::Listening,
                Phase::Starting if turn.answers.is_some() => AgentState::Thinking,
                Phase::Starting => AgentState::Listening,
                Phase::Sounding => AgentState::Speaking,
            },
            None => AgentState::Listening,
        };
        if state != self.state && !self.ended {
            self.state = state;
            self.outputs.push_back(Output::State(state));
        }
    }

    fn next_speech(&mut self) -> SpeechId {
        self.last_speech += 1;
        SpeechId(self.last_speech)
    }

    fn next_turn(&mut self) -> TurnId {
        self.last_turn += 1;
        TurnId(self.last_turn)
    }

    /// Whether the next speech of the agent is spoken, as opposed to written.
    fn has_voice(&self) -> bool {
        self.settings.voice && self.level < Level::TextOnly
    }
}
