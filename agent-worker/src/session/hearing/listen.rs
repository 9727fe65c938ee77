//! Carries a person's audio from the room to the ears.

use std::sync::Arc;
use std::time::{Duration, Instant};

use room::{RemoteTrack, RoomError};
use speech::LISTEN_SAMPLE_RATE;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::ears::EarCommand;
use crate::session::recording::{Recorder, Sound};

/// Milliseconds in a received frame: one voice-activity frame at 16 kHz is 32 ms, so 10 ms costs no extra waiting.
const FRAME_MS: u32 = 10;
/// Frames kept while the ears are busy: two seconds, then the oldest are lost.
const QUEUE: usize = 200;
/// Places in the ears' queue that audio leaves to commands.
const RESERVED: usize = 32;
/// No frame for this long counts as silence.
const SILENT_AFTER: Duration = Duration::from_millis(100);
/// How long live audio waits for what was said before it: the queues hold so much.
const HELD: Duration = Duration::from_millis(1_500);
/// Samples in that time.
const SILENCE: usize = LISTEN_SAMPLE_RATE as usize / 10;

/// What was said before the track could be heard, 16 kHz mono, once it has been read.
pub type Recording = oneshot::Receiver<Vec<i16>>;

/// Forwards until the track ends or the ears are gone. Abort it to stop listening.
///
/// `early` tells that a recording of what was said before is on its way. Live audio then waits for it, so that the ears hear
/// both in the order in which they were said.
///
/// # Errors
/// When the track can't be read.
pub async fn listen(
    track: Arc<dyn RemoteTrack>,
    ears: mpsc::Sender<EarCommand>,
    recorder: Option<Recorder>,
    mut early: oneshot::Receiver<Recording>,
) -> Result<(), RoomError> {
    let mut stream = track.audio(LISTEN_SAMPLE_RATE, FRAME_MS, QUEUE)?;
    let (mut skipped, mut reported) = (0, 0);
    loop {
        if let Ok(recording) = early.try_recv() {
            recall(recording, &ears, recorder.as_ref()).await;
        }
        let samples = match tokio::time::timeout(SILENT_AFTER, stream.next()).await {
            Ok(Some(frame)) => frame.samples,
            Ok(None) => return Ok(()),
            // A muted or broken-off track sends nothing: that is silence too, and must end the user's turn.
            Err(_) => vec![0; SILENCE],
        };
        if let Some(recorder) = &recorder {
            recorder.sound(Sound::Heard, &samples);
        }
        let command = EarCommand::Audio { samples, arrived: Instant::now() };
        // Commands go the same way, in order with the audio: they must always find room.
        if ears.capacity() <= RESERVED {
            skipped += 1;
        } else {
            match ears.try_send(command) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => skipped += 1,
                Err(TrySendError::Closed(_)) => return Ok(()),
            }
        }
        let lost = stream.dropped() + skipped;
        if lost > reported && ears.capacity() > RESERVED {
            tracing::warn!(frames = lost - reported, "the ears were too slow: audio was lost");
            reported = lost;
        }
    }
}

/// Waits for a recording and has the ears hear it.
async fn recall(recording: Recording, ears: &mpsc::Sender<EarCommand>, recorder: Option<&Recorder>) {
    match tokio::time::timeout(HELD, recording).await {
        Ok(Ok(samples)) => {
            if let Some(recorder) = recorder {
                recorder.sound(Sound::Heard, &samples);
            }
            // A closed channel means that the call is over.
            let _ = ears.send(EarCommand::Recall { samples, arrived: Instant::now() }).await;
        }
        // It could not be read; its reader said why.
        Ok(Err(_)) => {}
        Err(_) => tracing::warn!("audio from before the call took longer than {HELD:?}; it is left out"),
    }
}
