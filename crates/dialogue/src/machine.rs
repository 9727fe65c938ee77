//! The state machine itself: every transition of the conversation.

use std::collections::VecDeque;
use std::time::Instant;

use proto::room::AgentState;

use crate::agent_turn::{AgentTurn, Answered};
use crate::history::History;
use crate::presence::{Change, Presence};
use crate::settings::Settings;
use crate::signals::{EndReason, Engine, Finish, Input, Output, SpeechId, TurnId, TurnTimes};
use crate::timers::{Timers, WakeReason};
use crate::user_turn::UserTurn;

/// One conversation. See the crate's page for how to drive it.
#[derive(Debug)]
pub struct Dialogue {
    settings: Settings,
    outputs: VecDeque<Output>,
    timers: Timers,
    presence: Presence,
    history: History,
    user: Option<UserTurn>,
    agent: Option<AgentTurn>,
    state: AgentState,
    ready: bool,
    voice_subscribed: bool,
    greeted: bool,
    ended: bool,
    last_turn: u64,
    last_speech: u64,
}

impl Dialogue {
    /// A conversation that begins at `now` with nobody there and no engine loaded.
    #[must_use]
    pub fn new(settings: Settings, now: Instant) -> Self {
        let mut timers = Timers::default();
        timers.set(WakeReason::Arrival, now + settings.arrival_deadline);
        Self {
            history: History::new(&settings.instructions),
            settings,
            outputs: VecDeque::from([Output::State(AgentState::Initializing)]),
            timers,
            presence: Presence::default(),
            user: None,
            agent: None,
            state: AgentState::Initializing,
            ready: false,
            voice_subscribed: false,
            greeted: false,
            ended: false,
            last_turn: 0,
            last_speech: 0,
        }
    }

    /// Takes one input that happened at `now`. Deadlines that passed before are dealt with first.
    pub fn handle(&mut self, now: Instant, input: Input) {
        while !self.ended
            && let Some(reason) = self.timers.pop_due(now)
        {
            self.wake(now, reason);
        }
        if !self.ended {
            self.take(now, input);
        }
        self.show_state();
    }

    /// The next thing to do, in order.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When `handle` must be called again at the latest, and why. `None` once the call has ended.
    #[must_use]
    pub fn next_wake(&self) -> Option<(Instant, WakeReason)> {
        self.timers.next()
    }

    /// What the agent is doing.
    #[must_use]
    pub fn state(&self) -> AgentState {
        self.state
    }

    fn take(&mut self, now: Instant, input: Input) {
        match input {
            Input::Wake => {}
            Input::Ready => {
                self.ready = true;
                self.consider_greeting(now);
            }
            Input::PersonArrived { identity } => {
                let change = self.presence.arrived(identity);
                self.presence_changed(now, change, true);
            }
            Input::PersonLeft { identity, on_purpose } => {
                let change = self.presence.left(&identity);
                self.presence_changed(now, change, on_purpose);
            }
            Input::VoiceSubscribed => {
                self.voice_subscribed = true;
                self.user_is_there();
                self.consider_greeting(now);
            }
            Input::SpeechStarted { at } => self.speech_started(at),
            Input::SpeechStopped { at } => self.speech_stopped(now, at),
            Input::Transcript { turn, revision, text } => self.transcript(now, turn, revision, text),
            Input::ReplyClause { speech, text } => self.reply_clause(now, speech, text),
            Input::ReplyFinished { speech, finish } => self.reply_finished(now, speech, finish),
            Input::VoiceStarted { speech } => self.voice_started(now, speech),
            Input::Heard { speech, text } => self.heard(now, speech, text),
            Input::VoiceFinished { speech } => self.voice_finished(speech),
            Input::EngineFailed { engine } => self.engine_failed(engine),
            Input::RoomInterrupted => self.timers.set(WakeReason::Rejoin, now + self.settings.rejoin_deadline),
            Input::RoomRestored => self.timers.clear(WakeReason::Rejoin),
            Input::RoomRejoined => {
                // The server tells only of those who are there. Unless the linked person shows a sign of life, they left
                // in the meantime.
                if self.presence.is_linked() {
                    self.timers.set(WakeReason::Return, now + self.settings.return_grace);
                }
            }
            Input::HangUp(reason) => self.end(reason),
        }
    }

    fn wake(&mut self, now: Instant, reason: WakeReason) {
        match reason {
            WakeReason::Arrival => self.end(EndReason::NobodyArrived),
            WakeReason::Leave => self.end(EndReason::EverybodyLeft),
            WakeReason::Return => self.end(EndReason::UserVanished),
            WakeReason::Rejoin => self.end(EndReason::RoomLost),
            WakeReason::Greeting => self.greet(now),
            WakeReason::Interruption => self.interrupt(),
            WakeReason::EndOfTurn => self.silence_long_enough(now),
            WakeReason::Transcription => self.engine_failed(Engine::SpeechToText),
            WakeReason::Reply => self.engine_failed(Engine::LanguageModel),
            WakeReason::Voice => self.engine_failed(Engine::TextToSpeech),
        }
    }

    fn show_state(&mut self) {
        let state = match &self.agent {
            _ if !self.ready => AgentState::Initializing,
            _ if !self.presence.is_linked() => AgentState::Idle,
            Some(turn) if turn.started => AgentState::Speaking,
            Some(turn) if turn.answers.is_some() => AgentState::Thinking,
            Some(_) | None => AgentState::Listening,
        };
        if state != self.state && !self.ended {
            self.state = state;
            self.outputs.push_back(Output::State(state));
        }
    }

    // Who is there.

    fn presence_changed(&mut self, now: Instant, change: Change, on_purpose: bool) {
        match change {
            Change::Nothing => {}
            Change::Linked(identity) => {
                for reason in [WakeReason::Arrival, WakeReason::Leave, WakeReason::Return] {
                    self.timers.clear(reason);
                }
                self.drop_user_turn();
                self.outputs.push_back(Output::Link { identity });
                self.consider_greeting(now);
            }
            Change::Alone => {
                self.drop_user_turn();
                self.stop_agent();
                self.timers.clear(WakeReason::Greeting);
                self.outputs.push_back(Output::Unlink);
                if on_purpose {
                    self.timers.set(WakeReason::Leave, now + self.settings.leave_grace);
                } else {
                    self.timers.set(WakeReason::Return, now + self.settings.return_grace);
                }
            }
        }
    }

    /// A sign of life of the linked person.
    fn user_is_there(&mut self) {
        if self.presence.is_linked() {
            self.timers.clear(WakeReason::Return);
        }
    }

    fn consider_greeting(&mut self, now: Instant) {
        if self.greeted || !self.ready || !self.presence.is_linked() {
            return;
        }
        if self.voice_subscribed {
            self.greet(now);
        } else {
            // Not later than this: somebody may listen only through other means, or never.
            self.timers.set(WakeReason::Greeting, now + self.settings.greeting_deadline);
        }
    }

    fn greet(&mut self, now: Instant) {
        self.timers.clear(WakeReason::Greeting);
        if self.greeted || !self.ready {
            return;
        }
        // Someone who already speaks wants an answer, not a greeting. If it was only noise, the greeting comes after it.
        if self.user.is_some() {
            return;
        }
        self.greeted = true;
        let clauses = self.settings.greeting.iter().filter(|clause| !clause.trim().is_empty());
        let clauses: Vec<String> = clauses.cloned().collect();
        if clauses.is_empty() {
            return;
        }
        let id = self.next_speech();
        self.agent = Some(AgentTurn { id, generating: false, has_clauses: true, started: false, answers: None });
        self.outputs.extend(clauses.into_iter().map(|text| Output::Speak { speech: id, text }));
        self.outputs.push_back(Output::FinishSpeech { speech: id });
        self.timers.set(WakeReason::Voice, now + self.settings.voice_deadline);
    }

    // The user's turn.

    fn speech_started(&mut self, at: Instant) {
        if !self.presence.is_linked() {
            return;
        }
        self.user_is_there();
        match &mut self.user {
            Some(turn) => turn.resumed(at),
            None => {
                self.last_turn += 1;
                self.user = Some(UserTurn::new(TurnId(self.last_turn), at, String::new()));
            }
        }
        self.timers.clear(WakeReason::EndOfTurn);
        if self.agent.is_some() {
            let settings = &self.settings;
            self.timers.set(WakeReason::Interruption, at + settings.interrupt_after + settings.speech_end_delay);
        }
    }

    fn speech_stopped(&mut self, now: Instant, at: Instant) {
        self.timers.clear(WakeReason::Interruption);
        if self.agent.is_some() {
            // Too short to interrupt: a cough or a murmur. The agent goes on.
            self.drop_user_turn();
            return;
        }
        let Some(turn) = self.user.as_mut().filter(|turn| turn.stopped.is_none()) else { return };
        turn.stopped = Some(at.max(turn.started));
        let (turn, revision) = (turn.id, turn.ask_transcript());
        self.outputs.push_back(Output::Transcribe { turn, revision });
        self.timers.set(WakeReason::EndOfTurn, at + self.settings.end_of_turn_silence);
        self.timers.set(WakeReason::Transcription, now + self.settings.transcription_deadline);
    }

    fn transcript(&mut self, now: Instant, id: TurnId, revision: u32, text: String) {
        let Some(turn) = self.user.as_mut().filter(|turn| turn.id == id) else { return };
        if !turn.take_transcript(now, revision, text) {
            return;
        }
        self.timers.clear(WakeReason::Transcription);
        let (words, over) = (turn.words(), turn.over);
        if over {
            self.commit_turn(now);
        } else if !words.is_empty() {
            self.outputs.push_back(Output::UserCaption { turn: id, text: words, is_final: false });
        }
    }

    fn silence_long_enough(&mut self, now: Instant) {
        let Some(turn) = self.user.as_mut().filter(|turn| turn.stopped.is_some()) else { return };
        turn.over = true;
        if !turn.transcribing {
            self.commit_turn(now);
        }
    }

    /// The turn is over and its words are known: answer it.
    fn commit_turn(&mut self, now: Instant) {
        let Some(turn) = self.user.take() else { return };
        self.timers.clear(WakeReason::EndOfTurn);
        self.timers.clear(WakeReason::Transcription);
        self.outputs.push_back(Output::CloseTurn { turn: turn.id });
        let words = turn.words();
        if words.is_empty() {
            self.consider_greeting(now);
            return;
        }
        self.greeted = true;
        self.timers.clear(WakeReason::Greeting);
        self.outputs.push_back(Output::UserCaption { turn: turn.id, text: words.clone(), is_final: true });
        self.history.user_said(&words);
        let id = self.next_speech();
        let answers = Answered {
            turn: turn.id,
            speech_ended: turn.stopped.unwrap_or(now),
            transcribed: turn.transcribed.unwrap_or(now),
            turn_ended: now,
            first_clause: None,
        };
        self.agent =
            Some(AgentTurn { id, generating: true, has_clauses: false, started: false, answers: Some(answers) });
        self.outputs.push_back(Output::Generate { speech: id, messages: self.history.messages() });
        self.timers.set(WakeReason::Reply, now + self.settings.reply_deadline);
    }

    fn drop_user_turn(&mut self) {
        for reason in [WakeReason::EndOfTurn, WakeReason::Transcription, WakeReason::Interruption] {
            self.timers.clear(reason);
        }
        if let Some(turn) = self.user.take() {
            self.outputs.push_back(Output::CloseTurn { turn: turn.id });
        }
    }

    // The agent's turn.

    /// The user has spoken for long enough while the agent had the floor.
    fn interrupt(&mut self) {
        let Some(user) = self.user.as_mut().filter(|turn| turn.stopped.is_none()) else { return };
        let Some(agent) = &self.agent else { return };
        match (agent.started, agent.answers) {
            (false, Some(answered)) => {
                // Nothing was heard yet: the user goes on with the turn that was thought to be over.
                if let Some(words) = self.history.take_back_user() {
                    *user = UserTurn::new(answered.turn, user.started, words);
                }
            }
            (true, _) => self.outputs.push_back(Output::Interrupted { speech: agent.id }),
            (false, None) => {}
        }
        self.stop_agent();
    }

    /// Voice, caption, face and generation end together.
    fn stop_agent(&mut self) {
        for reason in [WakeReason::Reply, WakeReason::Voice] {
            self.timers.clear(reason);
        }
        let Some(turn) = self.agent.take() else { return };
        self.outputs.push_back(Output::StopSpeech { speech: turn.id });
        if turn.generating {
            self.outputs.push_back(Output::CancelGeneration { speech: turn.id });
        }
        if turn.started {
            self.outputs.push_back(Output::EndAgentCaption { speech: turn.id });
        }
    }

    fn current(&mut self, speech: SpeechId) -> Option<&mut AgentTurn> {
        self.agent.as_mut().filter(|turn| turn.id == speech)
    }

    fn reply_clause(&mut self, now: Instant, speech: SpeechId, text: String) {
        let Some(turn) = self.current(speech).filter(|turn| turn.generating) else { return };
        if text.trim().is_empty() {
            return;
        }
        turn.has_clauses = true;
        if let Some(answers) = &mut turn.answers {
            answers.first_clause.get_or_insert(now);
        }
        self.outputs.push_back(Output::Speak { speech, text });
        self.timers.set(WakeReason::Reply, now + self.settings.reply_deadline);
        self.timers.set(WakeReason::Voice, now + self.settings.voice_deadline);
    }

    fn reply_finished(&mut self, now: Instant, speech: SpeechId, finish: Finish) {
        let fallback = self.settings.empty_reply.clone();
        let Some(turn) = self.current(speech).filter(|turn| turn.generating) else { return };
        match finish {
            // A reply that was cut for length ends at its last whole clause all the same.
            Finish::Complete | Finish::Truncated => turn.generating = false,
        }
        let silent = !turn.has_clauses;
        turn.has_clauses = true;
        if silent {
            self.outputs.push_back(Output::Speak { speech, text: fallback });
        }
        self.timers.clear(WakeReason::Reply);
        self.timers.set(WakeReason::Voice, now + self.settings.voice_deadline);
        self.outputs.push_back(Output::FinishSpeech { speech });
    }

    fn voice_started(&mut self, now: Instant, speech: SpeechId) {
        let Some(turn) = self.current(speech).filter(|turn| !turn.started) else { return };
        turn.started = true;
        let answers = turn.answers;
        self.timers.set(WakeReason::Voice, now + self.settings.voice_deadline);
        if let Some(answers) = answers {
            let since = |at: Instant| at.saturating_duration_since(answers.speech_ended);
            self.outputs.push_back(Output::TurnMeasured(TurnTimes {
                transcript: since(answers.transcribed),
                end_of_turn: since(answers.turn_ended),
                first_clause: since(answers.first_clause.unwrap_or(now)),
                first_sound: since(now),
            }));
        }
    }

    fn heard(&mut self, now: Instant, speech: SpeechId, text: String) {
        if self.current(speech).filter(|turn| turn.started).is_none() || text.is_empty() {
            return;
        }
        self.timers.set(WakeReason::Voice, now + self.settings.voice_deadline);
        self.history.agent_heard(speech, &text);
        self.outputs.push_back(Output::AgentCaption { speech, delta: text });
    }

    fn voice_finished(&mut self, speech: SpeechId) {
        let Some(turn) = self.current(speech).filter(|turn| !turn.generating) else { return };
        let started = turn.started;
        self.agent = None;
        self.timers.clear(WakeReason::Voice);
        self.timers.clear(WakeReason::Interruption);
        if started {
            self.outputs.push_back(Output::EndAgentCaption { speech });
            self.outputs.push_back(Output::Prepare { messages: self.history.messages() });
        }
    }

    fn next_speech(&mut self) -> SpeechId {
        self.last_speech += 1;
        SpeechId(self.last_speech)
    }

    // The end.

    fn engine_failed(&mut self, engine: Engine) {
        self.stop_agent();
        self.outputs.push_back(Output::Notice {
            text: format!("Sorry, I have to leave: {} stopped working on my side.", engine.name()),
        });
        self.end(EndReason::EngineLost(engine));
    }

    fn end(&mut self, reason: EndReason) {
        self.drop_user_turn();
        self.stop_agent();
        self.timers.clear_all();
        self.ended = true;
        self.outputs.push_back(Output::End(reason));
    }
}
