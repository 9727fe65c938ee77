//! What happens in a transport.

use std::fmt;
use std::sync::Arc;

use super::{AudioInput, PreconnectAudio, TextInput, VideoInput};

/// The receiving end of a transport's events. Bounded; ends after [`TransportEvent::Closed`].
pub type TransportEvents = tokio::sync::mpsc::Receiver<TransportEvent>;

/// What a user's push-to-talk button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushToTalk {
    /// Pressed: a turn begins.
    Start,
    /// Released: the turn is over.
    End,
    /// The turn is to be forgotten.
    Cancel,
}

/// The agent does not take this user's push to talk: it listens to another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushToTalkRefused;

/// Answers a press of the button.
pub struct PushToTalkResponder(Box<dyn FnOnce(Result<(), PushToTalkRefused>) + Send>);

impl PushToTalkResponder {
    /// A responder whose answer goes to `respond`, which must not block.
    #[must_use]
    pub fn new(respond: impl FnOnce(Result<(), PushToTalkRefused>) + Send + 'static) -> Self {
        Self(Box::new(respond))
    }

    /// Sends the answer on its way.
    pub fn respond(self, answer: Result<(), PushToTalkRefused>) {
        (self.0)(answer);
    }
}

/// Something that happened. Only [`Self::UserJoined`] is limited to people; the other events may name agents and avatars too, and
/// count only for participants that joined as users.
pub enum TransportEvent {
    /// A user is there (also sent for those who were there first).
    UserJoined {
        /// Unique in the call.
        identity: String,
    },
    /// A user is gone.
    UserLeft {
        /// Who.
        identity: String,
        /// They hung up, as opposed to a connection that was lost.
        on_purpose: bool,
    },
    /// The set of participants who are speaking changed, as the transport measures it.
    SpeakersChanged {
        /// Who is heard, the loudest first; agents may be among them.
        identities: Vec<String>,
    },
    /// A user's voice can be listened to.
    AudioAvailable {
        /// Whose.
        identity: String,
        /// Which of their voices.
        source: String,
        /// The voice.
        input: Arc<dyn AudioInput>,
    },
    /// A user's camera or screen can be looked at.
    VideoAvailable {
        /// Whose.
        identity: String,
        /// Which of their pictures.
        source: String,
        /// The pictures.
        input: Arc<dyn VideoInput>,
    },
    /// A voice, camera or screen is gone.
    InputGone {
        /// Whose.
        identity: String,
        /// Which.
        source: String,
    },
    /// A participant subscribed to the agent's voice.
    VoiceSubscribed,
    /// A user's message begins to arrive.
    Text {
        /// Whose.
        identity: String,
        /// Reads it.
        input: Box<dyn TextInput>,
    },
    /// What a user said before the agent could hear them begins to arrive.
    Preconnect {
        /// Whose.
        identity: String,
        /// Reads it.
        audio: Box<dyn PreconnectAudio>,
    },
    /// A user pressed or released the push-to-talk button.
    PushToTalk {
        /// Whose.
        identity: String,
        /// What they did.
        action: PushToTalk,
        /// Answers them.
        responder: PushToTalkResponder,
    },
    /// The connection broke and is being mended.
    Interrupted,
    /// It is mended.
    Restored,
    /// It was made anew: users may have left meanwhile without a word.
    Rejoined,
    /// The connection is over. The last event.
    Closed {
        /// The users ended it, as opposed to a failure.
        on_purpose: bool,
    },
}

impl fmt::Debug for TransportEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserJoined { identity } => write!(f, "UserJoined({identity})"),
            Self::UserLeft { identity, on_purpose } => write!(f, "UserLeft({identity}, on purpose: {on_purpose})"),
            Self::SpeakersChanged { identities } => write!(f, "SpeakersChanged({identities:?})"),
            Self::AudioAvailable { identity, source, .. } => write!(f, "AudioAvailable({identity}, {source})"),
            Self::VideoAvailable { identity, source, .. } => write!(f, "VideoAvailable({identity}, {source})"),
            Self::InputGone { identity, source } => write!(f, "InputGone({identity}, {source})"),
            Self::VoiceSubscribed => f.write_str("VoiceSubscribed"),
            Self::Text { identity, .. } => write!(f, "Text({identity})"),
            Self::Preconnect { identity, .. } => write!(f, "Preconnect({identity})"),
            Self::PushToTalk { identity, action, .. } => write!(f, "PushToTalk({identity}, {action:?})"),
            Self::Interrupted => f.write_str("Interrupted"),
            Self::Restored => f.write_str("Restored"),
            Self::Rejoined => f.write_str("Rejoined"),
            Self::Closed { on_purpose } => write!(f, "Closed(on purpose: {on_purpose})"),
        }
    }
}
