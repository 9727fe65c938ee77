//! Our voice as streams to a remote avatar, and what that tells as the clock of playout.
//!
//! One segment is one speech. The clock stands still until the avatar says that the segment sounds, and runs by itself from
//! then on; what was sent and has not sounded is kept, so that the agent's own voice can go on from there.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::avatar::{AudioFormat, METHOD_CLEAR_BUFFER, TOPIC_AUDIO_STREAM};
use room::{Attributes, ByteOptions, ByteWriter, Room, RoomError, RpcRequest};
use speech::resample::Resampler;
use telemetry::events::AvatarLoss;

use super::peer::{AvatarPeer, News, Standing};
use session::ports::PLAYOUT_SAMPLE_RATE;
use session::voice::SharedClock;

/// What is sent: what livekit-agents' avatars and Tavus take.
const FORMAT: AudioFormat = AudioFormat { sample_rate: 24_000, channels: 1 };
/// Bytes that are sent at once: 50 ms.
const PIECE: usize = 24_000 * 2 / 20;
/// An avatar that says nothing of a segment's beginning is taken to have begun after this long. Also one that has told before:
/// after an interruption livekit-agents' runner may leave it out.
const START: Duration = Duration::from_secs(2);
/// A segment must be told to be over at most this long after it should be.
const FINISH: Duration = Duration::from_secs(2);
/// An end that is told to be this many seconds before that of what was sent is none.
const TOO_EARLY: f64 = 0.5;
/// After it was asked to be silent, the end of the segment is waited for so long and no longer.
const CLEAR: Duration = Duration::from_secs(2);
/// How long one write may hang: a voice that is taken that slowly is lost.
const WRITE: Duration = Duration::from_secs(1);

/// A segment under way.
struct Segment {
    /// On the clock: the sample that its first one is.
    from: u64,
    writer: Option<Box<dyn ByteWriter>>,
    resampler: Resampler,
    /// Resampled and not yet sent.
    pending: Vec<u8>,
    begun: Instant,
    /// The avatar said that it sounds, or must be taken to have.
    started: bool,
    /// The avatar said that it is over.
    over: bool,
    /// All of it has sounded, by our clock, since then.
    due_since: Option<Instant>,
}

/// The voice, as the avatar plays it.
pub struct RemoteVoice {
    room: Arc<dyn Room>,
    peer: AvatarPeer,
    clock: SharedClock,
    segment: Option<Segment>,
    /// Handed over and not sounded, as far as known; and which sample of the speech the first of it is.
    unsounded: VecDeque<i16>,
    unsounded_from: u64,
    /// Since when the end of a segment that was cut off is waited for.
    clearing: Option<Instant>,
}

impl RemoteVoice {
    /// A voice for this avatar.
    #[must_use]
    pub fn new(room: Arc<dyn Room>, peer: AvatarPeer, clock: SharedClock) -> Self {
        Self { room, peer, clock, segment: None, unsounded: VecDeque::new(), unsounded_from: 0, clearing: None }
    }

    /// The avatar.
    #[must_use]
    pub fn peer(&self) -> &AvatarPeer {
        &self.peer
    }

    /// Takes what the avatar told, and looks whether it keeps its word. False while a speech must not begin: the end of the
    /// one that was cut off is waited for.
    pub fn attend(&mut self, now: Instant) -> bool {
        for news in self.peer.take_news() {
            self.take(news, now);
        }
        if self.clearing.is_some_and(|since| now >= since + CLEAR) {
            tracing::warn!("the avatar did not say where it was cut off");
            self.clearing = None;
        }
        let position = self.clock.position(now);
        let Some(segment) = &mut self.segment else { return self.clearing.is_none() };
        if !segment.started && now >= segment.begun + START {
            segment.started = true;
            self.clock.start(now);
        }
        let all_sent = segment.writer.is_none();
        let all_sounded = all_sent && segment.started && position >= self.clock.handed_over();
        segment.due_since = if all_sounded { segment.due_since.or(Some(now)) } else { None };
        if !segment.over && segment.due_since.is_some_and(|since| now >= since + FINISH) {
            self.peer.lose(AvatarLoss::Unresponsive);
        }
        true
    }

    fn take(&mut self, news: News, now: Instant) {
        match (news, self.clearing, &mut self.segment) {
            // What was cut off is over, or out of reach.
            (News::Finished(finished), Some(_), _) => {
                tracing::debug!(?finished, "cut off");
                self.clearing = None;
            }
            (News::NotCleared, Some(_), _) => self.clearing = None,
            (News::Started(at), _, Some(segment)) => {
                if !std::mem::replace(&mut segment.started, true) {
                    self.clock.start(at);
                }
            }
            (News::Finished(finished), None, Some(segment)) => {
                // An end by a cut that we did not ask for is of an earlier segment; so is one before all was sent, or that is
                // far too early: after an interruption livekit-agents' runner may tell a second end of what was cut off.
                let sent =
                    self.clock.handed_over().saturating_sub(segment.from) as f64 / f64::from(PLAYOUT_SAMPLE_RATE);
                let too_early = finished.playback_position + TOO_EARLY < sent;
                if finished.interrupted || segment.writer.is_some() || too_early {
                    tracing::debug!(?finished, "the end of an earlier segment");
                    return;
                }
                tracing::debug!(?finished, position = self.clock.position(now), "finished");
                segment.over = true;
                self.clock.sound_out();
            }
            (News::Started(_) | News::Finished(_) | News::NotCleared, _, _) => {}
        }
    }

    /// Whether the current speech sounds already.
    #[must_use]
    pub fn has_started(&self) -> bool {
        self.segment.as_ref().is_some_and(|segment| segment.started)
    }

    /// Whether the current speech, all of which was sent, is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.segment.as_ref().is_none_or(|segment| segment.over)
    }

    /// Begins a speech: before its first frame is handed over.
    ///
    /// # Errors
    /// [`RoomError`] when no stream can be opened.
    pub async fn begin(&mut self, now: Instant) -> Result<(), RoomError> {
        if self.segment.is_some() {
            self.clear(now);
        }
        let options = ByteOptions {
            topic: TOPIC_AUDIO_STREAM.to_owned(),
            name: format!("AUDIO_{:08x}", rand::random::<u32>()),
            attributes: FORMAT.attributes(),
            destination_identities: vec![self.peer.identity().to_owned()],
            ..ByteOptions::default()
        };
        let resampler = Resampler::new(PLAYOUT_SAMPLE_RATE, FORMAT.sample_rate).map_err(broken)?;
        let opened = tokio::time::timeout(WRITE, self.room.open_bytes(options)).await;
        let writer =
            opened.map_err(|_| RoomError::Timeout { action: "opening the avatar's stream", after: WRITE })??;
        self.clock.hold();
        (self.unsounded_from, self.unsounded) = (self.clock.handed_over(), VecDeque::new());
        self.segment = Some(Segment {
            from: self.unsounded_from,
            writer: Some(writer),
            resampler,
            pending: Vec::with_capacity(PIECE * 2),
            begun: now,
            started: false,
            over: false,
            due_since: None,
        });
        Ok(())
    }

    /// Takes 10 ms, which the clock knows of already, and sends it with what comes soon.
    ///
    /// # Errors
    /// [`RoomError`] when it can't be sent.
    pub async fn capture(&mut self, frame: &[i16], now: Instant) -> Result<(), RoomError> {
        self.forget_sounded(now);
        self.unsounded.extend(frame);
        let Some(segment) = &mut self.segment else { return Ok(()) };
        let samples: Vec<f32> = frame.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
        let mut resampled = Vec::with_capacity(frame.len());
        segment.resampler.push(&samples, &mut resampled).map_err(broken)?;
        segment.pending.extend(resampled.into_iter().flat_map(to_bytes));
        if segment.pending.len() >= PIECE { self.flush().await } else { Ok(()) }
    }

    /// Sends what waits to be sent.
    ///
    /// # Errors
    /// [`RoomError`] when it can't be sent.
    pub async fn flush(&mut self) -> Result<(), RoomError> {
        let Some(segment) = &mut self.segment else { return Ok(()) };
        let Some(writer) = segment.writer.as_mut().filter(|_| !segment.pending.is_empty()) else { return Ok(()) };
        let sent = tokio::time::timeout(WRITE, writer.write(&segment.pending)).await;
        segment.pending.clear();
        sent.map_err(|_| RoomError::Timeout { action: "sending the voice to the avatar", after: WRITE })?
    }

    /// Nothing more comes for this speech: ends the segment. Once is enough.
    ///
    /// # Errors
    /// [`RoomError`] when the rest can't be sent.
    pub async fn finish(&mut self) -> Result<(), RoomError> {
        let Some(segment) = self.segment.as_mut().filter(|segment| segment.writer.is_some()) else { return Ok(()) };
        let mut rest = Vec::new();
        segment.resampler.finish(&mut rest).map_err(broken)?;
        segment.pending.extend(rest.into_iter().flat_map(to_bytes));
        self.flush().await?;
        let Some(writer) = self.segment.as_mut().and_then(|segment| segment.writer.take()) else { return Ok(()) };
        let closed = tokio::time::timeout(WRITE, writer.close(Attributes::new())).await;
        closed.map_err(|_| RoomError::Timeout { action: "ending the avatar's stream", after: WRITE })?
    }

    /// The speech was heard to its end: the next one may begin.
    pub fn done(&mut self) {
        self.segment = None;
    }

    /// Silence, now. Nothing is to be sent for this speech any more.
    pub fn clear(&mut self, now: Instant) {
        let Some(segment) = self.segment.take() else { return };
        self.unsounded.clear();
        if segment.over || self.peer.standing() != Standing::Ready {
            return;
        }
        self.clearing = Some(now);
        let (room, peer, writer) = (self.room.clone(), self.peer.clone(), segment.writer);
        // Bounded by the call's own deadline and the writer's.
        tokio::spawn(async move {
            let request = RpcRequest {
                destination_identity: peer.identity().to_owned(),
                method: METHOD_CLEAR_BUFFER.to_owned(),
                payload: String::new(),
                timeout: CLEAR,
            };
            if let Err(error) = room.perform_rpc(request).await {
                tracing::warn!(%error, "the avatar could not be told to be silent");
                peer.not_cleared();
            }
            // After the call: the end of the stream must not look like the end of the speech.
            if let Some(writer) = writer
                && let Err(error) = writer.close(Attributes::new()).await
            {
                tracing::debug!(%error, "the stream of what was cut off could not be ended");
            }
        });
    }

    /// What was handed over and has not sounded by `now`, as far as known; the clock takes it back. For the voice that takes
    /// over.
    pub fn take_back(&mut self, now: Instant) -> VecDeque<i16> {
        self.forget_sounded(now);
        let _ = self.clock.take_back(now);
        self.segment = None;
        std::mem::take(&mut self.unsounded)
    }

    fn forget_sounded(&mut self, now: Instant) {
        let position = self.clock.position(now);
        let sounded = usize::try_from(position.saturating_sub(self.unsounded_from)).unwrap_or(usize::MAX);
        let sounded = sounded.min(self.unsounded.len());
        self.unsounded.drain(..sounded);
        self.unsounded_from += sounded as u64;
    }
}

fn broken(error: speech::SpeechError) -> RoomError {
    RoomError::Request { action: "resampling the voice", message: error.to_string() }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of i16 first")]
fn to_bytes(sample: f32) -> [u8; 2] {
    ((sample * 32_768.0).round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16).to_le_bytes()
}
