//! The service's thread: HTTP blocks. One clause after the other, until nobody asks any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::lip_sync::{Image, LipSyncProvider, LipSyncSettings, Sound};
use remote::{FailureKind, RemoteFailure};
use speech::resample::Resampler;
use telemetry::events::AvatarLoss;
use tokio::sync::{mpsc, oneshot};

use super::film::{Film, FilmReports};
use super::queue::Job;
use session::ports::PLAYOUT_SAMPLE_RATE;

/// Samples a second of what the service hears: models that move lips take this rate.
const SERVICE_RATE: u32 = 16_000;

/// A job, and whether it is still needed.
pub(super) struct Order {
    pub(super) job: Job,
    pub(super) cancelled: Arc<AtomicBool>,
}

/// What became of a job.
pub(super) type Filmed = (u64, Result<Option<Film>, AvatarLoss>);

/// What the thread works with.
pub(super) struct Service {
    pub(super) settings: LipSyncSettings,
    pub(super) image: Image,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) filmed: mpsc::Sender<Filmed>,
    pub(super) reports: FilmReports,
    /// The call is over.
    pub(super) ended: Arc<AtomicBool>,
    /// Dropped when the thread ends.
    pub(super) done: oneshot::Sender<()>,
}

impl Service {
    /// Serves until the orders end. Blocking.
    pub(super) fn run(mut self) {
        let mut provider = None;
        while let Some(Order { job, cancelled }) = self.orders.blocking_recv() {
            let id = job.id;
            let filmed = self.film(&mut provider, job, &cancelled);
            if self.filmed.blocking_send((id, filmed)).is_err() {
                break;
            }
        }
        drop(self.done);
    }

    fn film(
        &self,
        provider: &mut Option<Box<dyn LipSyncProvider>>,
        job: Job,
        cancelled: &AtomicBool,
    ) -> Result<Option<Film>, AvatarLoss> {
        let failed = |failure: RemoteFailure| {
            tracing::error!(error = %failure, "the face is not filmed");
            loss_of(&failure)
        };
        let provider = match provider {
            Some(provider) => provider,
            None => provider.insert(self.settings.provider(&self.image).map_err(failed)?),
        };
        let length = job.samples.len() as u64;
        let sound = service_sound(&job.samples).map_err(|error| {
            tracing::error!(%error, "the clause can't be given to the service that films");
            AvatarLoss::ServiceFailed
        })?;
        let is_over = || cancelled.load(Ordering::Relaxed) || self.ended.load(Ordering::Relaxed);
        let begun = std::time::Instant::now();
        let Some(file) = provider.generate(&sound, job.patience, &is_over).map_err(failed)? else { return Ok(None) };
        let (bytes, waited_ms) = (file.len(), begun.elapsed().as_millis());
        let film = Film::new(file, length, self.reports.clone()).map_err(|error| {
            tracing::error!(%error, "what the service sent can't be shown");
            AvatarLoss::BrokenVideo
        })?;
        tracing::debug!(
            bytes,
            waited_ms,
            clause_ms = length * 1000 / u64::from(PLAYOUT_SAMPLE_RATE),
            "a clause is filmed"
        );
        Ok(Some(film))
    }
}

/// A clause as the service hears it.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of i16 first")]
fn service_sound(samples: &[i16]) -> Result<Sound, speech::SpeechError> {
    let full = f32::from(i16::MAX);
    let samples: Vec<f32> = samples.iter().map(|sample| f32::from(*sample) / full).collect();
    let mut resampled = Vec::with_capacity(samples.len() / 3 + 1);
    let mut resampler = Resampler::new(PLAYOUT_SAMPLE_RATE, SERVICE_RATE)?;
    resampler.push(&samples, &mut resampled)?;
    resampler.finish(&mut resampled)?;
    let samples = resampled.iter().map(|sample| (sample.clamp(-1.0, 1.0) * full) as i16).collect();
    Ok(Sound { samples, sample_rate: SERVICE_RATE })
}

/// What a failure means for the call.
fn loss_of(failure: &RemoteFailure) -> AvatarLoss {
    match failure.kind {
        FailureKind::Unauthorized | FailureKind::Rejected | FailureKind::RateLimited => AvatarLoss::Refused,
        FailureKind::Refused | FailureKind::Server | FailureKind::Cut => AvatarLoss::ServiceFailed,
        FailureKind::TimedOut => AvatarLoss::TooSlow,
        FailureKind::Garbage => AvatarLoss::BrokenVideo,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn the_service_hears_all_of_a_clause_at_its_own_rate() {
        let tone: Vec<i16> = (0..48_000).map(|n| ((n as f32 * 0.05).sin() * 20_000.0) as i16).collect();
        let sound = service_sound(&tone).unwrap();
        assert_eq!(sound.sample_rate, 16_000);
        assert!(sound.samples.len().abs_diff(16_000) < 100, "{}", sound.samples.len());
        let loudest = sound.samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        assert!(loudest.abs_diff(20_000) < 500, "{loudest}");
    }
}
