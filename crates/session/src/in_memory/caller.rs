//! The users' side of a transport in memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dialogue::AgentState;
use face::I420Frame;
use telemetry::events::AvatarLoss;
use tokio::sync::{mpsc, oneshot};

use super::audio::{Loudspeaker, Microphone};
use super::engines::ScriptedEngines;
use super::log::{Log, Told};
use super::words::{Vocabulary, spoken};
use crate::Ports;
use crate::ports::{
    Attributes, Caption, FaceSource, FrameStamp, LISTEN_SAMPLE_RATE, PushToTalk, PushToTalkRefused,
    PushToTalkResponder, TextInput, TextOutput, TransportError, TransportEvent, VideoOutput,
};

/// Events that may wait for the session.
const QUEUE: usize = 64;

/// A transport whose users speak the words of these engines; what it is given is in its log.
#[must_use]
pub fn transport(engines: &ScriptedEngines) -> (Caller, Ports) {
    let (events, queue) = mpsc::channel(QUEUE);
    let log = Log::new();
    let ports = Ports {
        events: queue,
        voice: Box::new(Loudspeaker::new(log.clone())),
        text: Box::new(Paper(log.clone())),
        attributes: Arc::new(Board(log.clone())),
        voice_decided: None,
    };
    (Caller { events, vocabulary: engines.vocabulary(), microphones: HashMap::new(), log }, ports)
}

/// All users of a call.
pub struct Caller {
    events: mpsc::Sender<TransportEvent>,
    vocabulary: Vocabulary,
    microphones: HashMap<String, Microphone>,
    log: Log,
}

impl Caller {
    /// A user joins, with a microphone, and hears the agent.
    pub async fn join(&mut self, identity: &str) {
        let microphone = Microphone::default();
        self.microphones.insert(identity.to_owned(), microphone.clone());
        self.send(TransportEvent::UserJoined { identity: identity.to_owned() }).await;
        self.send(TransportEvent::AudioAvailable {
            identity: identity.to_owned(),
            source: format!("microphone of {identity}"),
            input: Arc::new(microphone),
        })
        .await;
        self.send(TransportEvent::VoiceSubscribed).await;
    }

    /// A user hangs up.
    pub async fn leave(&mut self, identity: &str) {
        self.microphones.remove(identity);
        self.send(TransportEvent::UserLeft { identity: identity.to_owned(), on_purpose: true }).await;
    }

    /// A user speaks; resolves with their last sound.
    pub async fn say(&self, identity: &str, text: &str) {
        let Some(microphone) = self.microphones.get(identity) else { return };
        microphone.say(&self.vocabulary.sound(text, LISTEN_SAMPLE_RATE).concat());
        tokio::time::sleep(spoken(text)).await;
    }

    /// A user makes a sound that holds no words, such as a cough.
    pub async fn make_noise(&self, identity: &str, length: Duration) {
        let Some(microphone) = self.microphones.get(identity) else { return };
        let samples = length.as_millis() as usize * LISTEN_SAMPLE_RATE as usize / 1000;
        microphone.say(&vec![3_000; samples]);
        tokio::time::sleep(length).await;
    }

    /// A user writes a message.
    pub async fn write(&self, identity: &str, text: &str) {
        let input = Box::new(Message(Some(text.to_owned())));
        self.send(TransportEvent::Text { identity: identity.to_owned(), input }).await;
    }

    /// A user presses or releases the push-to-talk button; what the agent answers.
    ///
    /// # Errors
    /// [`PushToTalkRefused`] when the agent listens to another user, or is gone.
    pub async fn push_to_talk(&self, identity: &str, action: PushToTalk) -> Result<(), PushToTalkRefused> {
        let (answer, answered) = oneshot::channel();
        // A caller that is gone needs no answer.
        let responder = PushToTalkResponder::new(move |result| {
            let _ = answer.send(result);
        });
        self.send(TransportEvent::PushToTalk { identity: identity.to_owned(), action, responder }).await;
        answered.await.unwrap_or(Err(PushToTalkRefused))
    }

    /// Any other event.
    pub async fn send(&self, event: TransportEvent) {
        // A session that is over needs no events.
        let _ = self.events.send(event).await;
    }

    /// What the session gave so far.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Where the face's pictures go: they are counted.
    #[must_use]
    pub fn screen(&self) -> Arc<dyn VideoOutput> {
        Arc::new(Screen(self.log.clone()))
    }

    /// Waits until the log satisfies `wanted`, looking every 10 ms; false after `timeout`.
    pub async fn wait_for(&self, timeout: Duration, wanted: impl Fn(&Log) -> bool) -> bool {
        let satisfied = async {
            while !wanted(&self.log) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(timeout, satisfied).await.is_ok()
    }
}

/// A message that is there at once.
struct Message(Option<String>);

#[async_trait]
impl TextInput for Message {
    async fn next(&mut self) -> Result<Option<String>, TransportError> {
        Ok(self.0.take())
    }
}

struct Paper(Log);

#[async_trait]
impl TextOutput for Paper {
    async fn show(&mut self, caption: Caption) -> Result<(), TransportError> {
        self.0.add(Told::Caption(caption));
        Ok(())
    }

    async fn close(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

struct Board(Log);

#[async_trait]
impl Attributes for Board {
    async fn show_state(&self, state: AgentState) -> Result<(), TransportError> {
        self.0.add(Told::State(state));
        Ok(())
    }

    async fn show_face(&self, source: FaceSource, lost: Option<AvatarLoss>) -> Result<(), TransportError> {
        self.0.add(Told::Face(source, lost));
        Ok(())
    }
}

struct Screen(Log);

impl VideoOutput for Screen {
    fn capture(&self, _frame: &I420Frame, _stamp: FrameStamp) -> Result<(), TransportError> {
        self.0.picture();
        Ok(())
    }
}
