//! Everything about turn-taking that can be set.

use std::time::Duration;

use chat::Message;
use serde::{Deserialize, Serialize};

/// The language when none is set.
const ENGLISH: &str = "en";
/// The default policy for interruptions, and that for back-channels.
const WORDS: &str = "words";

/// What recordings leave out: those made before there was a choice lack it too.
fn is_english(language: &str) -> bool {
    language == ENGLISH
}

fn is_words(policy: &str) -> bool {
    policy == WORDS
}

/// The settings of one conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Who the agent is and how it should answer: the first message of every conversation.
    pub instructions: String,
    /// What the user speaks, as a tag of BCP 47: decides which words turn-taking listens for.
    #[serde(skip_serializing_if = "is_english")]
    pub language: String,
    /// What it says when the user is there, in clauses, so that the first one sounds early; empty for nothing.
    pub greeting: Vec<String>,
    /// What was said in this call before, when an earlier process served it: the conversation goes on from there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Message>,
    /// What it says then instead of the greeting, in clauses; a question that is still open is answered instead.
    pub return_greeting: Vec<String>,
    /// Whether the user may speak over the greeting.
    pub greeting_interruptible: bool,
    /// What it says when the language model had nothing to say.
    pub empty_reply: String,
    /// What it says when the language model failed.
    pub failed_reply: String,
    /// What it says when somebody spoke and the words could not be had.
    pub not_understood: String,
    /// What it says before it ends the call by itself.
    pub farewell: String,
    /// Whether it speaks. If not, its replies are written only.
    pub voice: bool,
    /// When the user's turn is over.
    pub end_of_turn: EndOfTurnSettings,
    /// What happens when the user speaks over the agent.
    pub interruption: InterruptionSettings,
    /// Answers made before the turn is over.
    pub speculation: SpeculationSettings,
    /// What may be used up.
    pub budget: BudgetSettings,
    /// While the user speaks, the words so far are wanted this often at most; zero for never.
    pub partial_every: Duration,
    /// How late the end of speech is reported: until then nobody knows whether the user still speaks.
    pub speech_end_delay: Duration,
    /// The user counts as away after this much silence of both; zero for never.
    pub away_after: Duration,
    /// The call ends after this much silence of both; zero for never.
    pub idle_limit: Duration,
    /// The call ends after this long in any case; zero for never.
    pub session_limit: Duration,
    /// So many failures of one engine in a row mean that it is lost.
    pub failures_in_a_row: u32,
    /// Leave when nobody has arrived for this long.
    pub arrival_deadline: Duration,
    /// Leave this long after the last person hung up (a page reload is shorter).
    pub leave_grace: Duration,
    /// Leave this long after the last person's connection was lost.
    pub return_grace: Duration,
    /// Leave when the connection to the call has been broken for this long.
    pub rejoin_deadline: Duration,
    /// Greet this long after the user arrived even when nobody is known to hear us yet.
    pub greeting_deadline: Duration,
    /// A transcript that takes longer means that speech-to-text is lost.
    pub transcription_deadline: Duration,
    /// A first clause that takes longer means that the language model is lost.
    pub reply_deadline: Duration,
    /// A voice that makes no progress for this long is lost.
    pub voice_deadline: Duration,
    /// The farewell may take this long.
    pub farewell_deadline: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            instructions: String::new(),
            language: ENGLISH.to_owned(),
            greeting: Vec::new(),
            earlier: Vec::new(),
            return_greeting: vec!["Sorry, I was away for a moment.".to_owned(), "Where were we?".to_owned()],
            greeting_interruptible: true,
            empty_reply: "Sorry, I have no answer to that.".to_owned(),
            failed_reply: "Sorry, I could not think of an answer just now.".to_owned(),
            not_understood: "Sorry, I did not catch that.".to_owned(),
            farewell: "I have to go now. Goodbye!".to_owned(),
            voice: true,
            end_of_turn: EndOfTurnSettings::default(),
            interruption: InterruptionSettings::default(),
            speculation: SpeculationSettings::default(),
            budget: BudgetSettings::default(),
            partial_every: Duration::from_millis(500),
            speech_end_delay: Duration::from_millis(96),
            away_after: Duration::from_secs(15),
            idle_limit: Duration::from_secs(30 * 60),
            session_limit: Duration::from_secs(4 * 3600),
            failures_in_a_row: 3,
            arrival_deadline: Duration::from_secs(60),
            leave_grace: Duration::from_millis(1500),
            return_grace: Duration::from_secs(15),
            rejoin_deadline: Duration::from_secs(30),
            greeting_deadline: Duration::from_secs(3),
            transcription_deadline: Duration::from_secs(15),
            reply_deadline: Duration::from_secs(30),
            voice_deadline: Duration::from_secs(20),
            farewell_deadline: Duration::from_secs(10),
        }
    }
}

/// When the user's turn is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndOfTurnSettings {
    /// The policy that decides it, by its name in the [`crate::PolicyRegistry`].
    #[serde(rename = "mode")]
    pub policy: String,
    /// The silence that ends a turn when nothing else is known.
    pub silence: Duration,
    /// The silence that ends a turn which sounds finished.
    pub silence_if_finished: Duration,
    /// The silence that ends a turn which sounds unfinished.
    pub silence_if_unfinished: Duration,
    /// The longest silence that is ever waited for.
    pub longest_silence: Duration,
    /// A turn sounds finished from this probability on, in thousandths.
    pub finished_from: u16,
    /// A turn sounds unfinished below this probability, in thousandths; in between the sound tells nothing.
    pub unfinished_below: u16,
    /// A turn with less voice in it than this is a click or a cough, whatever words were heard in it. A short "no" lasts twice
    /// as long.
    pub least_speech: Duration,
}

impl Default for EndOfTurnSettings {
    fn default() -> Self {
        Self {
            policy: "combined".to_owned(),
            silence: Duration::from_millis(500),
            silence_if_finished: Duration::from_millis(250),
            silence_if_unfinished: Duration::from_millis(1100),
            longest_silence: Duration::from_millis(2500),
            finished_from: 850,
            unfinished_below: 400,
            least_speech: Duration::from_millis(120),
        }
    }
}

/// What happens when the user speaks over the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InterruptionSettings {
    /// The policy that decides who has the floor then, by its name in the [`crate::PolicyRegistry`].
    #[serde(skip_serializing_if = "is_words")]
    pub policy: String,
    /// The policy that tells a listener's words from a speaker's, by its name there.
    #[serde(skip_serializing_if = "is_words")]
    pub back_channel: String,
    /// Whether the agent can be interrupted at all.
    pub enabled: bool,
    /// The agent pauses after this much speech of the user.
    pub pause_after: Duration,
    /// Speech that is shorter never interrupts for good.
    pub least_duration: Duration,
    /// Fewer words never interrupt for good.
    pub least_words: usize,
    /// The agent goes on after this long when the sound over it has no words in it.
    pub judgement_deadline: Duration,
}

impl Default for InterruptionSettings {
    fn default() -> Self {
        Self {
            policy: WORDS.to_owned(),
            back_channel: WORDS.to_owned(),
            enabled: true,
            pause_after: Duration::from_millis(160),
            least_duration: Duration::from_millis(160),
            least_words: 1,
            judgement_deadline: Duration::from_millis(1500),
        }
    }
}

/// Answers made before the turn is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpeculationSettings {
    /// Whether they are made.
    pub enabled: bool,
    /// So many may be thrown away a minute; then no more are begun until the minute is over.
    pub most_wasted_a_minute: u32,
}

impl Default for SpeculationSettings {
    fn default() -> Self {
        Self { enabled: true, most_wasted_a_minute: 20 }
    }
}

/// What may be used up in a minute; zero for without limit. See [`crate::Level`] for what happens as a limit comes near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BudgetSettings {
    /// Tokens of the language model.
    pub tokens_a_minute: u64,
    /// Money, in millionths of the currency that the operator counts in.
    pub micros_a_minute: u64,
    /// What a thousand tokens cost, in the same millionths.
    pub micros_a_thousand_tokens: u64,
    /// What a minute of audio, heard or spoken by an engine, costs.
    pub micros_an_audio_minute: u64,
    /// Audio chunks sent to the users each second.
    pub audio_chunks_a_second: u64,
    /// Video frames sent to the users each second.
    pub video_frames_a_second: u64,
}
