//! Captions as text streams of topic `lk.transcription`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use dialogue::SpeechId;
use proto::room as wire;
use room::{Attributes, Room, RoomError, TextOptions, TextWriter};

use super::avatar::takeover::VoiceTrack;
use super::chat_mirror::ChatMirror;
use super::error::transport_error;
use super::participants::Microphones;
use session::ports::{Caption, TextOutput, TransportError};

/// Shows captions of both sides in order; what is final goes to the chat too, if it is to be shown there.
pub struct Captions {
    room: Arc<dyn Room>,
    /// Sets the segments of this call apart from those of a worker that was in the room before.
    call: String,
    /// The stream of the agent's current speech.
    open: Option<(SpeechId, Box<dyn TextWriter>)>,
    notices: u32,
    /// Shows final captions a second time.
    chat: Option<ChatMirror>,
    /// The track that carries the agent's voice.
    voice_track: VoiceTrack,
    /// The tracks that carry the users' voices.
    microphones: Microphones,
}

#[async_trait]
impl TextOutput for Captions {
    async fn show(&mut self, caption: Caption) -> Result<(), TransportError> {
        self.send(caption).await.map_err(transport_error)
    }

    async fn close(&mut self) -> Result<(), TransportError> {
        self.close_open().await.and(self.settle().await).map_err(transport_error)
    }
}

impl Captions {
    /// Captions into this room; `in_chat`, when they are to be shown as chat messages too.
    #[must_use]
    pub fn new(room: Arc<dyn Room>, voice_track: VoiceTrack, microphones: Microphones, in_chat: bool) -> Self {
        let call = format!("{:08x}", rand::random::<u32>());
        let chat = in_chat.then(|| ChatMirror::new(room.clone()));
        Self { room, call, open: None, notices: 0, chat, voice_track, microphones }
    }

    async fn send(&mut self, caption: Caption) -> Result<(), RoomError> {
        match caption {
            Caption::User { turn, text, is_final, identity } => {
                let segment = format!("{}-user-{}", self.call, turn.0);
                let mut options = options(&segment, is_final, self.microphones.of(&identity));
                options.sender_identity = Some(identity.clone());
                self.room.send_text(&text, options).await?;
                match self.chat.as_mut().filter(|_| is_final) {
                    Some(chat) => chat.say(segment, text, identity).await,
                    None => Ok(()),
                }
            }
            Caption::Agent { speech, delta } => {
                if self.open.as_ref().is_none_or(|(open, _)| *open != speech) {
                    self.close_open().await?;
                    self.settle().await?;
                    let options = options(&self.segment(speech), false, Some(self.voice_track.track_sid()));
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
            Caption::EndAgent(speech) => match &self.open {
                Some((open, _)) if *open == speech => self.close_open().await,
                Some(_) | None => Ok(()),
            },
            Caption::Notice { text } => {
                self.notices += 1;
                let segment = format!("{}-notice-{}", self.call, self.notices);
                self.room.send_text(&text, options(&segment, true, Some(self.voice_track.track_sid()))).await?;
                self.settle().await?;
                match &self.chat {
                    Some(chat) => chat.send(&text, &segment, None).await,
                    None => Ok(()),
                }
            }
        }
    }

    async fn close_open(&mut self) -> Result<(), RoomError> {
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
