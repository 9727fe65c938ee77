//! What a call was like: `call.json`. All times are milliseconds on the call's clock, which starts with `POST /join-room`.

use serde::{Deserialize, Serialize};

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every turn was answered; without turns, the agent greeted.
    Answered,
    /// Some turn was not answered in time.
    Unanswered,
    /// No agent came in time.
    NoAgent,
    /// An agent came, but neither greeted nor said that it listens.
    AgentSilent,
    /// The agent left during the call.
    AgentLeft,
    /// The room ended, or the microphone failed.
    Disconnected,
}

/// A whole call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallReport {
    /// How it ended.
    pub outcome: Outcome,
    /// The room's name.
    pub room: String,
    /// Who the caller was in the room.
    pub caller_identity: String,
    /// Who the agent was, if one came.
    pub agent_identity: Option<String>,
    /// From sending `POST /join-room` until the room was joined.
    pub join_ms: f64,
    /// From sending `POST /join-room` until the agent's first sound.
    pub greeting_ms: Option<f64>,
    /// What the agent said first.
    pub greeting: Option<GreetingReport>,
    /// What the agent understood of the pre-connect audio: the caption of it, empty when none came; `None` when none was
    /// sent.
    #[serde(default)]
    pub preconnect_heard: Option<String>,
    /// The turns, in order.
    pub turns: Vec<TurnReport>,
    /// One per answer that was to be spoken over.
    pub interruptions: Vec<InterruptionReport>,
    /// One per back-channel that was planned, in the plan's order.
    pub back_channels: Vec<BackChannelReport>,
    /// The face as received; `None` without a picture.
    pub face: Option<FaceReport>,
    /// What the agent said it was doing, with times.
    pub states: Vec<StateReport>,
    /// How late the caller's microphone was at worst: tells how far the gaps can be trusted.
    pub microphone_late_ms: f64,
    /// 10 ms frames of the agent's sound lost because the caller's own machine was too slow.
    pub lost_audio_frames: u64,
    /// Pictures lost for the same reason.
    pub lost_video_frames: u64,
    /// How long the call lasted.
    pub length_ms: f64,
}

/// The agent's greeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GreetingReport {
    /// Its caption.
    pub answered: String,
    /// Our reading of the sound; `None` when it was not transcribed.
    pub heard_back: Option<String>,
    /// The share (0 to 1) of the caption's words found in it.
    pub heard_back_match: Option<f64>,
}

/// One turn of the caller's, and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnReport {
    /// What the caller said. For a recording: our reading of it, empty when nothing was transcribed.
    pub said: String,
    /// Whether it was typed: then its times are those of sending it, and the gap counts from there.
    #[serde(default)]
    pub typed: bool,
    /// The caption of it.
    pub heard: String,
    /// The answer's caption.
    pub answered: String,
    /// Our reading of the answer as it sounded; `None` when it was not transcribed or nothing sounded.
    pub heard_back: Option<String>,
    /// The share (0 to 1) of the caption's words found in it. For an answer that was spoken over, the caption may hold
    /// no more than was played.
    pub heard_back_match: Option<f64>,
    /// From the caller's last voiced sample to the agent's first sound. `None`: not answered. Below zero: the agent
    /// did not wait for the end.
    pub gap_ms: Option<f64>,
    /// Whether the agent began to sound before the caller had finished: in a pause of the utterance, or over the caller.
    /// Also when it began less than 150 ms after the end, which it cannot have known by then. `None` when the turn was itself
    /// said over an answer and was not answered that soon, or was never said.
    pub early: Option<bool>,
    /// The pauses that were put into the utterance, in milliseconds.
    pub pauses_ms: Vec<u64>,
    /// What the caller could notice of the answer's making.
    pub stages: Stages,
    /// When the caller's first voiced sample was spoken.
    pub said_from_ms: Option<f64>,
    /// When the last one was.
    pub said_until_ms: Option<f64>,
    /// How long the answer sounded, pauses included.
    pub answer_ms: Option<f64>,
}

/// When the signs of an answer came, in milliseconds after the caller's last voiced sample (below zero: before it).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stages {
    /// The final caption of what the caller said.
    pub user_caption_ms: Option<f64>,
    /// The agent's state became `thinking`.
    pub thinking_ms: Option<f64>,
    /// The first words of the answer's caption.
    pub first_caption_ms: Option<f64>,
    /// The agent's state became `speaking`.
    pub speaking_ms: Option<f64>,
    /// The agent's first sound: the gap.
    pub first_sound_ms: Option<f64>,
}

/// An answer that was spoken over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InterruptionReport {
    /// The turn (from 1) whose answer was spoken over.
    pub turn: usize,
    /// From the caller's first voiced sample to the agent's last sound before at least one second without any, or before
    /// the answer to what the caller said. `None`: the agent was not sounding any more when the caller began.
    pub silence_ms: Option<f64>,
    /// How often its sound came back before that.
    pub relapses: usize,
    /// From the agent's last sound to the first picture from which on the mouth is shut, negative when that came first. `None`
    /// without pictures, and where there was no last sound.
    #[serde(default)]
    pub mouth_shut_ms: Option<f64>,
}

/// A short sound that the caller made while an answer sounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackChannelReport {
    /// The turn (from 1) during whose answer it was to be made.
    pub turn: usize,
    /// What was uttered.
    pub said: String,
    /// When its first voiced sample was spoken. `None`: it was not made.
    pub from_ms: Option<f64>,
    /// When the last one was.
    pub until_ms: Option<f64>,
    /// What became of the answer.
    pub fate: Fate,
    /// The longest silence of at least 120 ms that began between the sound's first sample and 700 ms after its last one;
    /// 0 without one. The agent's own pauses between sentences count as well. `None`: it did not go on.
    pub pause_ms: Option<f64>,
    /// The sound of some seconds around the pause, without the pause, as transcribed; `None` when it was not.
    pub heard_back: Option<String>,
    /// How many words of the caption are missing in it; `None` when that can't be told.
    pub words_missing: Option<usize>,
}

/// What became of an answer into which a back-channel fell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The answer went on.
    Kept,
    /// The agent took it for a turn: it thought anew, or said something new.
    TakenForTurn,
    /// The answer broke off, in the middle of a sentence.
    NotResumed,
    /// The answer went on, but more than one word of its caption was not heard.
    WordsMissing,
    /// The answer had ended by itself, after a whole sentence: nothing can be told.
    AnswerOver,
    /// It was not made: the answer was too short.
    NotMade,
}

/// The face as received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaceReport {
    /// Width of the last picture, in pixels.
    pub width: u32,
    /// Height of the last picture.
    pub height: u32,
    /// Pictures received per second, 5th percentile over the whole seconds in which the agent speaks.
    pub fps_p5: Option<f64>,
    /// The same over the other seconds.
    pub fps_idle_p5: Option<f64>,
    /// Pictures received in all.
    pub frames: u64,
    /// By how many percent of the mouth's region it opens or shuts from picture to picture, in the mean, while the agent speaks.
    pub mouth_motion_speaking: Option<f64>,
    /// The same while it does not.
    pub mouth_motion_resting: Option<f64>,
    /// From the agent's joining to the first picture, in milliseconds.
    #[serde(default)]
    pub first_frame_ms: Option<f64>,
    /// The longest time without a picture since the first one.
    #[serde(default)]
    pub longest_freeze_ms: Option<f64>,
    /// Lip-sync; `None` when the plan names no recording of what the agent sent.
    #[serde(default)]
    pub sync: Option<SyncReport>,
}

/// How far the agent's sound led its pictures where it was seen to speak, in milliseconds; negative where it came later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncReport {
    /// 1st percentile.
    pub skew_p1_ms: Option<f64>,
    /// Median.
    pub skew_p50_ms: Option<f64>,
    /// 99th percentile.
    pub skew_p99_ms: Option<f64>,
    /// Pictures that could be judged.
    pub judged: u64,
    /// Of those that say to which sample they belong.
    pub stamped: u64,
    /// By how much the sound leads the lips as seen in the pictures themselves. Speech has a bias of its own, the next figure.
    pub sound_leads_lips_ms: Option<f64>,
    /// The same for pictures and sound as they were meant: negative, because lips open before the sound comes.
    pub drawn_ahead_ms: Option<f64>,
    /// Moments in the greeting in which the voice stopped inside a word while the face was seen (a plan that wants to know gives the
    /// agent a greeting of words with p and b), and those with shut lips in the picture.
    pub closures_heard: u64,
    /// See above.
    pub closures_seen: u64,
    /// The median of each tenth of the call in which there was one: a drift would show.
    pub by_tenths_ms: Vec<f64>,
    /// The seconds of the call in which there was one.
    #[serde(default)]
    pub by_seconds: Vec<SkewSecond>,
}

/// The skew within one second of a call, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SkewSecond {
    /// Which second, from 0.
    pub second: u64,
    /// The lowest.
    pub lowest_ms: f64,
    /// The highest.
    pub highest_ms: f64,
}

/// The agent's state changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StateReport {
    /// When we knew.
    pub at_ms: f64,
    /// The state, as the attribute spells it.
    pub state: proto::room::AgentState,
}

impl CallReport {
    /// Whether everything was answered.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.outcome == Outcome::Answered
    }
}
