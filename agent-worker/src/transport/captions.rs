//! What the room can read of the call: captions of both sides, in order, and the agent's state.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dialogue::{AgentState, SpeechId, TurnId};
use proto::room as wire;
use room::{Attributes, Room, RoomError, TextOptions, TextWriter};
use tokio::sync::{mpsc, watch};

use crate::transport::chat_mirror::ChatMirror;

/// Something to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptionCommand {
    /// The whole text of the user's turn so far.
    User {
        /// Which turn.
        turn: TurnId,
        /// The words.
        text: String,
        /// Nothing will change any more.
        is_final: bool,
        /// Who speaks.
        identity: String,
        /// The track that was transcribed, when known.
        track_sid: Option<String>,
    },
    /// Words of the agent that were just heard.
    Agent {
        /// Which speech.
        speech: SpeechId,
        /// The words.
        delta: String,
        /// The agent's voice track.
        track_sid: String,
    },
    /// The caption of this speech is complete.
    EndAgent(SpeechId),
    /// One sentence without a voice.
    Notice {
        /// The words.
        text: String,
        /// The agent's voice track.
        track_sid: String,
    },
}

/// How long the server's confirmation of a state is waited for. It usually takes a few milliseconds, but now and then the
/// server shows the new state to everybody and never confirms it; the next state must not wait for that.
const CONFIRMATION: Duration = Duration::from_millis(100);

/// Shows every new state of the agent in `lk.agent.state` until the sender is gone. Of states that follow one another faster
/// than they can be sent, the newest is shown.
pub async fn run_states(room: Arc<dyn Room>, mut states: watch::Receiver<AgentState>) {
    loop {
        let state = *states.borrow_and_update();
        let attribute = (wire::ATTRIBUTE_AGENT_STATE.to_owned(), state.as_str().to_owned());
        match tokio::time::timeout(CONFIRMATION, room.set_attributes(BTreeMap::from([attribute]))).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, %state, "the agent's state could not be shown"),
            Err(_) => tracing::debug!(%state, "the server did not confirm the agent's state"),
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}

/// Sends until the command channel closes; what is final goes to the `chat` too, if there is one. A caption that can't be
/// sent is logged: the call goes on.
pub async fn run_captions(room: Arc<dyn Room>, mut commands: mpsc::Receiver<CaptionCommand>, chat: Option<ChatMirror>) {
    let call = format!("{:08x}", rand::random::<u32>());
    let mut captions = Captions { room, call, open: None, notices: 0, chat };
    while let Some(command) = commands.recv().await {
        if let Err(error) = captions.show(command).await {
            tracing::warn!(%error, "a caption could not be sent");
        }
    }
    if let Err(error) = captions.close().await.and(captions.settle().await) {
        tracing::debug!(%error, "the last caption could not be closed");
    }
}

struct Captions {
    room: Arc<dyn Room>,
    /// Sets the segments of this call apart from those of a worker that was in the room before.
    call: String,
    /// The stream of the agent's current speech.
    open: Option<(SpeechId, Box<dyn TextWriter>)>,
    notices: u32,
    /// Shows final captions a second time.
    chat: Option<ChatMirror>,
}

impl Captions {
    async fn show(&mut self, command: CaptionCommand) -> Result<(), RoomError> {
        match command {
            CaptionCommand::User { turn, text, is_final, identity, track_sid } => {
                let segment = format!("{}-user-{}", self.call, turn.0);
                let mut options = options(&segment, is_final, track_sid);
                options.sender_identity = Some(identity.clone());
                self.room.send_text(&text, options).await?;
                match self.chat.as_mut().filter(|_| is_final) {
                    Some(chat) => chat.say(segment, text, identity).await,
                    None => Ok(()),
                }
            }
            CaptionCommand::Agent { speech, delta, track_sid } => {
                if self.open.as_ref().is_none_or(|(open, _)| *open != speech) {
                    self.close().await?;
                    self.settle().await?;
                    let options = options(&self.segment(speech), false, Some(track_sid));
                    self.open = Some((speech, self.room.open_text(options).await?));
                }
                if let Some(chat) = &mut self.chat {
                    chat.hear(&delta);
                }
                match &mut self.open {
                    Some((_, writer)) => writer.write(&delta).await,
                    None => Ok(()),
                }
            }
            CaptionCommand::EndAgent(speech) => match &self.open {
                Some((open, _)) if *open == speech => self.close().await,
                Some(_) | None => Ok(()),
            },
            CaptionCommand::Notice { text, track_sid } => {
                self.notices += 1;
                let segment = format!("{}-notice-{}", self.call, self.notices);
                self.room.send_text(&text, options(&segment, true, Some(track_sid))).await?;
                self.settle().await?;
                match &self.chat {
                    Some(chat) => chat.send(&text, &segment, None).await,
                    None => Ok(()),
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), RoomError> {
        let Some((speech, writer)) = self.open.take() else { return Ok(()) };
        let segment = self.segment(speech);
        let is_final = (wire::ATTRIBUTE_TRANSCRIPTION_FINAL.to_owned(), wire::TRUE.to_owned());
        let closed = writer.close(BTreeMap::from([is_final])).await;
        let sent = match &mut self.chat {
            Some(chat) => chat.end(&segment).await,
            None => Ok(()),
        };
        closed.and(sent)
    }

    async fn settle(&mut self) -> Result<(), RoomError> {
        match &mut self.chat {
            Some(chat) => chat.settle().await,
            None => Ok(()),
        }
    }

    fn segment(&self, speech: SpeechId) -> String {
        format!("{}-agent-{}", self.call, speech.0)
    }
}

fn options(segment: &str, is_final: bool, track_sid: Option<String>) -> TextOptions {
    let final_text = if is_final { wire::TRUE } else { wire::FALSE };
    let mut attributes = Attributes::from([
        (wire::ATTRIBUTE_SEGMENT_ID.to_owned(), segment.to_owned()),
        (wire::ATTRIBUTE_TRANSCRIPTION_FINAL.to_owned(), final_text.to_owned()),
    ]);
    // Without a track there is no id to name.
    if let Some(sid) = track_sid.filter(|sid| !sid.is_empty()) {
        attributes.insert(wire::ATTRIBUTE_TRANSCRIBED_TRACK_ID.to_owned(), sid);
    }
    TextOptions { topic: wire::TOPIC_TRANSCRIPTION.to_owned(), attributes, ..TextOptions::default() }
}
