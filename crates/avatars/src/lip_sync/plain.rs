//! A service of one request: `POST /generate`.

use std::time::{Duration, Instant};

use remote::{Body, Call, Client, Ending, FailureKind, RemoteFailure};

use super::LipSyncProvider;
use super::answer::{Answer, MOST_ANSWER_BYTES};
use super::request::{Sound, Template};

/// Asks a service that answers with the video.
pub(super) struct Plain {
    pub(super) client: Client,
    pub(super) template: Template,
}

impl LipSyncProvider for Plain {
    fn generate(
        &mut self,
        sound: &Sound,
        patience: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<u8>>, RemoteFailure> {
        let until = Instant::now() + patience;
        let body = Body::Json(self.template.with(sound)?);
        let call = Call { path: "generate".into(), body, most_bytes: MOST_ANSWER_BYTES };
        let mut ask = || {
            self.client.be_patient_for(until.saturating_duration_since(Instant::now()));
            let mut answer = Answer::default();
            match self.client.exchange(&call, cancelled, &mut answer)? {
                Ending::Cancelled => Ok(None),
                Ending::Complete => answer.into_video().map(Some),
            }
        };
        match ask() {
            // The client itself tries once more after a failure of the service. A time-out leaves time when it was that of the
            // connection.
            Err(failure) if failure.kind == FailureKind::TimedOut && Instant::now() < until => ask(),
            asked => asked,
        }
    }
}
