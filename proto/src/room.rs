//! Topics, attributes and methods by which LiveKit frontends know an agent (WIRE section 2).
//!
//! They come from the public protocol of livekit/agents; a frontend that knows one of its agents knows ours.

pub use crate::agent::{AgentState, UnknownAgentState};

/// Text stream topic of captions.
pub const TOPIC_TRANSCRIPTION: &str = "lk.transcription";
/// Text stream topic of typed messages.
pub const TOPIC_CHAT: &str = "lk.chat";
/// Byte stream topic of what a person said before the agent could hear the live track.
pub const TOPIC_PRECONNECT_AUDIO: &str = "lk.agent.pre-connect-audio-buffer";

/// Attribute of an agent participant: one of [`AgentState`]. A frontend gives up after 20 s without it.
pub const ATTRIBUTE_AGENT_STATE: &str = "lk.agent.state";
/// Attribute of an agent participant: its name.
pub const ATTRIBUTE_AGENT_NAME: &str = "lk.agent.name";
/// Attribute of a participant that acts for another one: the identity of that other one.
pub const ATTRIBUTE_PUBLISH_ON_BEHALF: &str = "lk.publish_on_behalf";

/// Attribute of a caption stream: which segment it is of. Streams with the same id replace one another.
pub const ATTRIBUTE_SEGMENT_ID: &str = "lk.segment_id";
/// Attribute of a caption stream: [`TRUE`] when the segment is complete, else [`FALSE`].
pub const ATTRIBUTE_TRANSCRIPTION_FINAL: &str = "lk.transcription_final";
/// Attribute of a caption stream: the SID of the audio track that was transcribed.
pub const ATTRIBUTE_TRANSCRIBED_TRACK_ID: &str = "lk.transcribed_track_id";

/// Attribute of a pre-connect audio stream: the SID of the track whose beginning it is.
pub const ATTRIBUTE_PRECONNECT_TRACK_ID: &str = "trackId";
/// Attribute of a pre-connect audio stream: samples a second and channel.
pub const ATTRIBUTE_PRECONNECT_SAMPLE_RATE: &str = "sampleRate";
/// Attribute of a pre-connect audio stream: how many channels.
pub const ATTRIBUTE_PRECONNECT_CHANNELS: &str = "channels";

/// Method by which the linked person begins a turn: see [`PushToTalk::StartTurn`].
pub const METHOD_START_TURN: &str = "start_turn";
/// Method by which the linked person ends a turn: see [`PushToTalk::EndTurn`].
pub const METHOD_END_TURN: &str = "end_turn";
/// Method by which the linked person takes a turn back: see [`PushToTalk::CancelTurn`].
pub const METHOD_CANCEL_TURN: &str = "cancel_turn";

/// How attributes say yes.
pub const TRUE: &str = "true";
/// How attributes say no.
pub const FALSE: &str = "false";

/// The participant kind of agents, as it stands in a token's `kind` claim.
pub const PARTICIPANT_KIND_AGENT: &str = "agent";

/// The calls of push to talk (LiveKit RPC), made by the linked person to the agent. The payload is not looked at, the
/// answer is empty. Names as in livekit/agents' example `push_to_talk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PushToTalk {
    /// The button is pressed: the agent falls silent and listens.
    StartTurn,
    /// The button is released: what was said since is answered.
    EndTurn,
    /// What was said since is forgotten.
    CancelTurn,
}

impl PushToTalk {
    /// Every call.
    pub const ALL: [Self; 3] = [Self::StartTurn, Self::EndTurn, Self::CancelTurn];

    /// The method's name.
    #[must_use]
    pub fn method(self) -> &'static str {
        match self {
            Self::StartTurn => METHOD_START_TURN,
            Self::EndTurn => METHOD_END_TURN,
            Self::CancelTurn => METHOD_CANCEL_TURN,
        }
    }

    /// The call of that method; `None` for any other method.
    #[must_use]
    pub fn of_method(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.method() == method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_push_to_talk_are_found_by_their_methods() {
        for call in PushToTalk::ALL {
            assert_eq!(PushToTalk::of_method(call.method()), Some(call));
        }
        assert_eq!(PushToTalk::of_method("Start_turn"), None);
    }
}
