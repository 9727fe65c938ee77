//! What must hold of a whole call, beside the rules of every output.

use std::time::Duration;

use chat::Role;
use dialogue::{AgentState, EndReason, SpeechId, WakeReason};

use super::voice::Permission;
use super::world::World;

/// A sound of the user makes the agent silent within this time.
const SILENT_WITHIN: Duration = Duration::from_millis(200);

impl World {
    /// The agent sounds now. Then the user makes no sound, or only just began, or was judged to say nothing.
    pub(super) fn not_over_the_user(&self, speech: SpeechId) -> Result<(), String> {
        let settings = self.dialogue.settings();
        let yields = settings.interruption.enabled && settings.end_of_turn.policy != "manual";
        let Some(since) = self.voiced.filter(|_| yields && self.present && self.excused != Some(speech)) else {
            return Ok(());
        };
        let judged = self.resumed_at.is_some_and(|at| at >= since);
        if self.now.since(since) <= SILENT_WITHIN || judged {
            return Ok(());
        }
        Err(format!("{speech:?} sounds, and the user has spoken for {:?}", self.now.since(since)))
    }

    /// What must hold once a quiet minute has passed.
    pub(super) fn whole_call(&self) -> Result<(), String> {
        self.every_answer_was_used_or_thrown_away()?;
        self.captions_are_what_was_played()?;
        if let Some(reason) = self.ended {
            let engine_failed = matches!(reason, EndReason::EngineLost(_)) && self.engines.failures > 0;
            let stated = engine_failed || matches!(reason, EndReason::EverybodyLeft | EndReason::UserVanished);
            return if stated { Ok(()) } else { Err(format!("the call ended: {reason:?}")) };
        }
        if let Some(turn) = self.open_turns.first() {
            return Err(format!("{turn:?} was never closed"));
        }
        let expected = if self.present { AgentState::Listening } else { AgentState::Idle };
        if self.dialogue.state() != expected {
            return Err(format!("the agent hangs in {:?}", self.dialogue.state()));
        }
        match self.dialogue.next_wake() {
            Some((_, WakeReason::Idle | WakeReason::Session)) => {}
            other => return Err(format!("a deadline was left behind: {other:?}")),
        }
        let answered: Vec<String> = self
            .last_committed
            .iter()
            .filter(|message| message.role == Role::User)
            .flat_map(|message| message.text().split(' ').map(plain).collect::<Vec<_>>())
            .collect();
        for word in &self.due {
            if !answered.contains(word) {
                return Err(format!("{word:?} was never answered: {answered:?}"));
            }
        }
        let twice =
            answered.iter().enumerate().find(|(i, word)| word.starts_with('w') && answered[..*i].contains(word));
        twice.map_or(Ok(()), |(_, word)| Err(format!("{word:?} was answered twice: {answered:?}")))
    }

    fn every_answer_was_used_or_thrown_away(&self) -> Result<(), String> {
        if self.tally.answered != self.tally.committed + self.tally.discarded {
            return Err(format!("speculations leak: {:?}", self.tally));
        }
        let open = self.voices.iter().find(|(_, voice)| !voice.over && voice.permission == Permission::Held);
        if let Some((speech, _)) = open {
            return Err(format!("{speech:?} was neither let out nor thrown away"));
        }
        let hangs = self.voices.iter().find(|(_, voice)| !voice.over && !voice.given.is_empty());
        hangs.map_or(Ok(()), |(speech, voice)| Err(format!("{speech:?} hangs: {voice:?}")))
    }

    /// What was shown of a speech is the beginning of what was given to the voice, no word twice.
    fn captions_are_what_was_played(&self) -> Result<(), String> {
        for (speech, voice) in self.voices.iter().filter(|(_, voice)| !voice.failed) {
            let shown: Vec<&str> = self.shown.get(speech).map(|text| text.split(' ').collect()).unwrap_or_default();
            if !voice.given.is_empty() && !voice.given.iter().zip(&shown).all(|(given, shown)| given == shown)
                || (shown.len() > voice.given.len() && !voice.given.is_empty())
            {
                return Err(format!("{speech:?}: given {:?}, shown {shown:?}", voice.given));
            }
        }
        Ok(())
    }
}

/// A word as both sides of a call write it.
pub(super) fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).collect()
}
