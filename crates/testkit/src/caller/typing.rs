//! What the caller sends without saying it: typed messages, and what was said before the agent could hear.

use std::sync::Arc;

use proto::room::{
    ATTRIBUTE_PRECONNECT_CHANNELS, ATTRIBUTE_PRECONNECT_SAMPLE_RATE, ATTRIBUTE_PRECONNECT_TRACK_ID, TOPIC_CHAT,
    TOPIC_PRECONNECT_AUDIO,
};
use room::{ByteOptions, Room, TextOptions};

use super::notes::{Clock, Notebook, Observation};
use super::pacer::Prepared;
use super::{CallerError, CallerPlan};
use crate::wav::{ROOM_SAMPLE_RATE, read_mono};

/// The longest recording that is sent, in samples: ten seconds, as clients keep no more.
const LONGEST: usize = 10 * ROOM_SAMPLE_RATE as usize;

/// Sends a typed turn to everybody, as frontends do. The turn counts as said when sending begins.
pub(super) async fn send(
    room: &dyn Room,
    message: &Prepared,
    turn: usize,
    clock: Clock,
    notebook: &Notebook,
) -> Result<(), CallerError> {
    let begun = clock.now();
    let options = TextOptions { topic: TOPIC_CHAT.to_owned(), ..TextOptions::default() };
    room.send_text(message.text.as_deref().unwrap_or_default(), options).await?;
    notebook.note(begun, Observation::CallerSpeaks { turn });
    notebook.note(begun, Observation::CallerSilent { turn });
    Ok(())
}

/// A recording that waits for the agent: clients send theirs when the agent is active, to it alone.
#[derive(Debug, Default)]
pub(super) struct Preconnect {
    /// 48 kHz mono, s16le; taken when it is sent.
    recording: Option<Arc<[u8]>>,
    track: String,
    agent: Option<String>,
}

impl Preconnect {
    /// Reads what the plan asks for, if anything: blocking.
    pub(super) fn read(plan: &CallerPlan) -> Result<Self, CallerError> {
        let Some(path) = &plan.preconnect else { return Ok(Self::default()) };
        let samples = read_mono(path)?;
        let kept = &samples[samples.len().saturating_sub(LONGEST)..];
        let recording = kept.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        Ok(Self { recording: Some(recording), ..Self::default() })
    }

    /// The microphone's track, whose beginning the recording is.
    pub(super) fn belongs_to(&mut self, track: String) {
        self.track = track;
    }

    /// Sends the recording once the agent is there and says what it is doing: then it is active.
    pub(super) async fn note(&mut self, room: &dyn Room, what: &Observation) -> Result<(), CallerError> {
        if let Observation::AgentJoined { identity } = what {
            self.agent = Some(identity.clone());
        }
        let (Observation::State(_), Some(agent)) = (what, &self.agent) else { return Ok(()) };
        let Some(recording) = self.recording.take() else { return Ok(()) };
        let attributes = [
            (ATTRIBUTE_PRECONNECT_TRACK_ID, self.track.clone()),
            (ATTRIBUTE_PRECONNECT_SAMPLE_RATE, ROOM_SAMPLE_RATE.to_string()),
            (ATTRIBUTE_PRECONNECT_CHANNELS, "1".to_owned()),
        ];
        let options = ByteOptions {
            topic: TOPIC_PRECONNECT_AUDIO.to_owned(),
            name: "preconnect-buffer".to_owned(),
            mime_type: "audio/pcm".to_owned(),
            attributes: attributes.map(|(name, value)| (name.to_owned(), value)).into(),
            destination_identities: vec![agent.clone()],
            ..ByteOptions::default()
        };
        Ok(room.send_bytes(&recording, options).await?)
    }
}
