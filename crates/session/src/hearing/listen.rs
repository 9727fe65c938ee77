//! Carries a user's audio from the transport to the VAD.

use std::sync::Arc;
use std::time::{Duration, Instant};

use telemetry::events::AudioDropped;
use tokio::sync::oneshot;

use super::command::EarCommand;
use super::queue::EarSender;
use crate::clock;
use crate::ports::{AudioFrames, AudioInput, LISTEN_SAMPLE_RATE, TransportError};
use crate::recording::{Recorder, Sound};

/// Milliseconds in a frame.
const FRAME_MS: u64 = 10;
/// No frame for this long counts as silence.
const SILENT_AFTER: Duration = Duration::from_millis(100);
/// Samples in that time.
const SILENCE: usize = LISTEN_SAMPLE_RATE as usize / 10;
/// Live audio waits this long at most for pre-connect audio that is being read.
const MAX_HOLD: Duration = Duration::from_millis(1_500);

/// What is dropped is reported this often at most.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// Pre-connect audio, 16 kHz mono, once it has been read.
pub type Recording = oneshot::Receiver<Vec<i16>>;

/// Forwards until the input ends or the VAD is gone. Abort it to stop listening.
///
/// `preconnect` tells that pre-connect audio is being read. Live audio then waits for it, so that both are heard in the order
/// in which they were said.
///
/// # Errors
/// When the input can't be opened.
pub async fn listen(
    input: Arc<dyn AudioInput>,
    ears: EarSender,
    recorder: Option<Recorder>,
    mut preconnect: oneshot::Receiver<Recording>,
) -> Result<(), TransportError> {
    let mut frames = input.open()?;
    let mut dropped = Dropped { ears: ears.clone(), before: ears.dropped(), ms: 0, reported_ms: 0, reported: None };
    loop {
        if let Ok(recording) = preconnect.try_recv() {
            recall(recording, frames.as_mut(), &ears, recorder.as_ref()).await;
        }
        let Some(samples) = next(frames.as_mut()).await else { return Ok(()) };
        if let Some(recorder) = &recorder {
            recorder.sound(Sound::Heard, &samples);
        }
        if ears.hear(samples, clock::now()).is_err() {
            return Ok(());
        }
        dropped.report(frames.dropped());
    }
}

/// The next frame, or silence when none comes; `None` at the input's end.
async fn next(frames: &mut dyn AudioFrames) -> Option<Vec<i16>> {
    match tokio::time::timeout(SILENT_AFTER, frames.next()).await {
        Ok(samples) => samples,
        // A muted or broken-off track sends nothing: that is silence too, and must end the user's turn.
        Err(_) => Some(vec![0; SILENCE]),
    }
}

/// Waits for pre-connect audio and hands it to the VAD, with the live audio that came meanwhile behind it.
async fn recall(recording: Recording, frames: &mut dyn AudioFrames, ears: &EarSender, recorder: Option<&Recorder>) {
    let mut held = Vec::new();
    let read = {
        let mut waiting = std::pin::pin!(tokio::time::timeout(MAX_HOLD, recording));
        loop {
            tokio::select! {
                biased;
                read = &mut waiting => break read,
                Some(samples) = frames.next() => held.extend(samples),
            }
        }
    };
    let arrived = clock::now();
    let early = match read {
        Ok(Ok(samples)) => Some(samples),
        // It could not be read; its reader said why.
        Ok(Err(_)) => None,
        Err(_) => {
            tracing::warn!("audio from before the call took longer than {MAX_HOLD:?}; it is left out");
            None
        }
    };
    let early = early.map(|samples| EarCommand::Recall { samples, arrived });
    let live = (!held.is_empty()).then_some(EarCommand::Audio { samples: held, arrived });
    for command in early.into_iter().chain(live) {
        if let (Some(recorder), EarCommand::Recall { samples, .. } | EarCommand::Audio { samples, .. }) =
            (recorder, &command)
        {
            recorder.sound(Sound::Heard, samples);
        }
        // An error means that the call is over, or is about to find out that the VAD is lost.
        let _ = ears.send(command);
    }
}

/// Counts what was dropped on the way, and reports it as it grows.
struct Dropped {
    ears: EarSender,
    /// What the VAD's queue had dropped before this input was opened.
    before: u64,
    ms: u64,
    reported_ms: u64,
    reported: Option<Instant>,
}

impl Dropped {
    fn report(&mut self, frames: u64) {
        let here = (self.ears.dropped() - self.before) * 1000 / u64::from(LISTEN_SAMPLE_RATE);
        self.ms = frames * FRAME_MS + here;
        let now = clock::now();
        if self.reported.is_none_or(|reported| now.saturating_duration_since(reported) >= REPORT_EVERY) && self.emit() {
            self.reported = Some(now);
        }
    }

    /// False when there is nothing new to report.
    fn emit(&mut self) -> bool {
        let new_ms = self.ms - self.reported_ms;
        if new_ms > 0 {
            AudioDropped { ms: new_ms }.emit();
            self.reported_ms = self.ms;
        }
        new_ms > 0
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.emit();
    }
}
