//! Everything about turn-taking that can be set.

use std::time::Duration;

/// The settings of one conversation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who the agent is and how it should answer: the first message of every conversation.
    pub instructions: String,
    /// What it says when the user is there, in clauses, so that the first one sounds early; empty for nothing.
    pub greeting: Vec<String>,
    /// What it says when the language model had nothing to say.
    pub empty_reply: String,
    /// The user's turn is over after this much silence.
    pub end_of_turn_silence: Duration,
    /// The agent falls silent when the user has spoken over it for this long.
    pub interrupt_after: Duration,
    /// How late the end of speech is reported: until then nobody knows whether the user still speaks.
    pub speech_end_delay: Duration,
    /// Leave when nobody has arrived for this long.
    pub arrival_deadline: Duration,
    /// Leave this long after the last person hung up (a page reload is shorter).
    pub leave_grace: Duration,
    /// Leave this long after the last person's connection was lost.
    pub return_grace: Duration,
    /// Leave when the connection to the room has been broken for this long.
    pub rejoin_deadline: Duration,
    /// Greet this long after the user arrived even when nobody is known to hear us yet.
    pub greeting_deadline: Duration,
    /// A transcript that takes longer means that speech-to-text is lost.
    pub transcription_deadline: Duration,
    /// A first clause that takes longer means that the language model is lost.
    pub reply_deadline: Duration,
    /// A voice that makes no progress for this long is lost.
    pub voice_deadline: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            instructions: String::new(),
            greeting: Vec::new(),
            empty_reply: "Sorry, I have no answer to that.".to_owned(),
            end_of_turn_silence: Duration::from_millis(450),
            interrupt_after: Duration::from_millis(120),
            speech_end_delay: Duration::from_millis(96),
            arrival_deadline: Duration::from_secs(60),
            leave_grace: Duration::from_millis(1500),
            return_grace: Duration::from_secs(15),
            rejoin_deadline: Duration::from_secs(30),
            greeting_deadline: Duration::from_secs(3),
            transcription_deadline: Duration::from_secs(15),
            reply_deadline: Duration::from_secs(30),
            voice_deadline: Duration::from_secs(20),
        }
    }
}
