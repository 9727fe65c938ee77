//! Failures, budgets, and the end of the call.

use super::Dialogue;
use crate::{EndReason, Engine, Level, Moment, Output, Usage, WakeReason};

/// How often each engine has failed since it last did its work.
#[derive(Debug, Default)]
pub(super) struct Failures {
    pub(super) speech_to_text: u32,
    pub(super) language_model: u32,
    pub(super) text_to_speech: u32,
}

impl Dialogue {
    /// Nothing is listened to any more: the last words are being said.
    pub(super) fn is_leaving(&self) -> bool {
        self.agent.as_ref().is_some_and(|turn| turn.farewell.is_some())
    }

    pub(super) fn used(&mut self, now: Moment, usage: Usage) {
        let level = self.budget.used(now, &self.settings.budget, usage);
        self.level_is(now, level);
    }

    /// A budget recovers as time passes, also when nothing is used.
    pub(super) fn review_budget(&mut self, now: Moment) {
        let level = self.budget.level(now, &self.settings.budget);
        self.level_is(now, level);
    }

    fn level_is(&mut self, now: Moment, level: Level) {
        if level == self.level || self.is_leaving() {
            return;
        }
        self.level = level;
        self.outputs.push_back(Output::Level(level));
        match level {
            Level::Full | Level::TextOnly => {}
            Level::NoSpeculation | Level::FewerFrames => self.discard_speculation(now),
            Level::Spent => self.say_farewell(now, EndReason::BudgetSpent),
        }
    }

    /// Says good-bye, and leaves when that was heard.
    pub(super) fn say_farewell(&mut self, now: Moment, reason: EndReason) {
        if self.is_leaving() {
            return;
        }
        self.drop_user_turn();
        self.stop_agent();
        self.timers.clear_each(&[WakeReason::Greeting, WakeReason::Away, WakeReason::Idle, WakeReason::Session]);
        if !self.ready || !self.presence.is_linked() || self.settings.farewell.trim().is_empty() {
            return self.end(reason);
        }
        self.timers.set(WakeReason::Farewell, now + self.settings.farewell_deadline);
        self.say_at_once(now, vec![self.settings.farewell.clone()], |turn| {
            turn.interruptible = false;
            turn.farewell = Some(reason);
        });
    }

    /// The farewell has taken long enough.
    pub(super) fn farewell_over(&mut self) {
        if let Some(reason) = self.agent.as_ref().and_then(|turn| turn.farewell) {
            self.end(reason);
        }
    }

    pub(super) fn engine_failed(&mut self, engine: Engine) {
        match engine {
            // Silence decides without it.
            Engine::TurnDetector => return,
            Engine::VoiceActivity
            | Engine::SpeechToText
            | Engine::LanguageModel
            | Engine::TextToSpeech
            | Engine::Face => {}
        }
        self.silence_everything();
        self.outputs.push_back(Output::Notice {
            text: format!("Sorry, I have to leave: {} stopped working on my side.", engine.name()),
        });
        self.end(EndReason::EngineLost(engine));
    }

    fn silence_everything(&mut self) {
        self.drop_user_turn();
        self.stop_agent();
    }

    pub(super) fn end(&mut self, reason: EndReason) {
        self.silence_everything();
        self.timers.clear_all();
        self.ended = true;
        self.outputs.push_back(Output::End(reason));
    }
}
