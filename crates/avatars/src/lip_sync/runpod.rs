//! RunPod's serverless machines: a clause is a job, <https://docs.runpod.io/serverless/endpoints/operation-reference>.
//!
//! `POST /run {"input", "policy"}` gives the job's id, `GET /status/ID` its state (`IN_QUEUE`, `IN_PROGRESS`, then `COMPLETED` with
//! `output`, or `FAILED` with `error`, `CANCELLED`, `TIMED_OUT`), `POST /cancel/ID` ends it. A request holds 10 MB at most. The policy
//! (<https://docs.runpod.io/serverless/endpoints/send-requests>) ends a job of which nobody hears any more.

use std::cell::Cell;
use std::time::{Duration, Instant};

use remote::{Body, Call, Client, Ending, FailureKind, RemoteFailure};
use serde_json::{Value, json};

use super::LipSyncProvider;
use super::answer::{Answer, MOST_ANSWER_BYTES, video_in};
use super::request::{Sound, Template};

/// Between two questions for a job's state: at this pace RunPod's limits (2000 in ten seconds) are far.
const POLL: Duration = Duration::from_millis(200);
/// How often `cancelled` is looked at between two questions.
const TICK: Duration = Duration::from_millis(10);
/// A job that is not needed any more may take so long to tell its id: without that it can't be cancelled.
const LAST_WORD: Duration = Duration::from_millis(1_500);
/// The shortest times that a policy may name, by RunPod's documentation.
const LEAST_EXECUTION: Duration = Duration::from_secs(5);
const LEAST_LIFE: Duration = Duration::from_secs(10);
/// The longest id of a job that is believed.
const LONGEST_ID: usize = 100;

/// Asks an endpoint of RunPod's.
pub(super) struct RunPod {
    pub(super) client: Client,
    /// Less patient: nobody waits long for a good-bye.
    pub(super) goodbye: Client,
    pub(super) template: Template,
}

/// What is known of a job.
#[derive(Debug, PartialEq)]
enum State {
    UnderWay,
    Completed(Vec<u8>),
}

impl RunPod {
    fn json(
        &mut self,
        path: String,
        body: Body,
        until: Instant,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Value>, RemoteFailure> {
        self.client.be_patient_for(until.saturating_duration_since(Instant::now()));
        let call = Call { path: path.into(), body, most_bytes: MOST_ANSWER_BYTES };
        let mut answer = Answer::default();
        match self.client.exchange(&call, cancelled, &mut answer)? {
            Ending::Cancelled => Ok(None),
            Ending::Complete => answer.json().map(Some),
        }
    }

    /// Runs one job to its end. `None` when it was cancelled.
    fn job(
        &mut self,
        sound: &Sound,
        until: Instant,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<u8>>, RemoteFailure> {
        if cancelled() {
            return Ok(None);
        }
        let left = until.saturating_duration_since(Instant::now());
        let body = json!({
            "input": self.template.with(sound)?,
            "policy": {
                "executionTimeout": milliseconds(left.max(LEAST_EXECUTION)),
                "ttl": milliseconds(left.max(LEAST_LIFE)),
            },
        });
        let noticed = Cell::new(None);
        let is_late = || cancelled() && noticed.replace(noticed.get().or(Some(Instant::now()))).is_some_and(is_over);
        let Some(answer) = self.json("run".into(), Body::Json(body), until, &is_late)? else { return Ok(None) };
        let id = job_id(&answer)?;
        let watched = self.watch(&id, answer, until, cancelled);
        // A job that is over needs no good-bye; of one that was lost sight of nobody knows.
        let over = match &watched {
            Ok(video) => video.is_some(),
            Err(failure) => failure.kind == FailureKind::Server && failure.status.is_none(),
        };
        if !over {
            self.cancel(&id);
        }
        watched
    }

    fn watch(
        &mut self,
        id: &str,
        mut answer: Value,
        until: Instant,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<u8>>, RemoteFailure> {
        loop {
            if let State::Completed(video) = self.state(&answer)? {
                return Ok(Some(video));
            }
            let next = Instant::now() + POLL;
            while Instant::now() < next {
                if cancelled() {
                    return Ok(None);
                }
                std::thread::sleep(TICK);
            }
            if Instant::now() >= until {
                return Err(RemoteFailure::new(FailureKind::TimedOut, "the job is not complete in time"));
            }
            match self.json(format!("status/{id}"), Body::Nothing, until, cancelled)? {
                Some(next) => answer = next,
                None => return Ok(None),
            }
        }
    }

    fn state(&self, answer: &Value) -> Result<State, RemoteFailure> {
        let failed = |message: &str| Err(RemoteFailure::new(FailureKind::Server, message));
        match answer["status"].as_str() {
            Some("IN_QUEUE" | "IN_PROGRESS" | "RUNNING") => Ok(State::UnderWay),
            Some("COMPLETED") => video_in(&answer["output"]).map(State::Completed),
            Some("FAILED") => {
                let reason = answer["error"].as_str().map(|text| self.client.line(text)).unwrap_or_default();
                failed(if reason.is_empty() { "the job failed" } else { &reason })
            }
            Some("CANCELLED") => failed("the job was cancelled by somebody else"),
            Some("TIMED_OUT") => failed("the job ran out of its time"),
            Some(_) | None => Err(RemoteFailure::new(FailureKind::Garbage, "the job is in no known state")),
        }
    }

    fn cancel(&mut self, id: &str) {
        let call = Call { path: format!("cancel/{id}").into(), body: Body::Json(json!({})), most_bytes: 64 * 1024 };
        // Its policy ends the job at the latest: there is nobody to tell of a failure.
        let _ = self.goodbye.exchange(&call, &|| false, &mut Answer::default());
    }
}

impl LipSyncProvider for RunPod {
    fn generate(
        &mut self,
        sound: &Sound,
        patience: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<u8>>, RemoteFailure> {
        let until = Instant::now() + patience;
        match self.job(sound, until, cancelled) {
            // The client has tried again what HTTP told of; a job may fail without that, and a connection may take its time.
            Err(failure) if is_worth_another(&failure) && Instant::now() < until => self.job(sound, until, cancelled),
            done => done,
        }
    }
}

/// Whether the last word was waited for since `begun`.
fn is_over(begun: Instant) -> bool {
    begun.elapsed() >= LAST_WORD
}

fn is_worth_another(failure: &RemoteFailure) -> bool {
    failure.status.is_none() && matches!(failure.kind, FailureKind::Server | FailureKind::TimedOut)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn job_id(answer: &Value) -> Result<String, RemoteFailure> {
    let id = answer["id"].as_str().filter(|id| {
        // It becomes a part of an address.
        (1..=LONGEST_ID).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    id.map(str::to_owned).ok_or_else(|| RemoteFailure::new(FailureKind::Garbage, "the answer names no job"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn an_id_that_would_be_more_than_a_part_of_an_address_is_refused() {
        assert_eq!(job_id(&json!({ "id": "c80ffee4-f315-u1" })).unwrap(), "c80ffee4-f315-u1");
        for odd in ["", "../x", "a/b", "a?b", &"c".repeat(101)] {
            assert_eq!(job_id(&json!({ "id": odd })).unwrap_err().kind, FailureKind::Garbage, "{odd}");
        }
        assert!(job_id(&json!({})).is_err());
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!(is_worth_another(&RemoteFailure::new(FailureKind::Server, "the job failed")));
        let told = RemoteFailure { status: Some(500), ..RemoteFailure::new(FailureKind::Server, "x") };
        assert!(!is_worth_another(&told), "the client has tried that again");
        assert!(!is_worth_another(&RemoteFailure::new(FailureKind::Garbage, "x")));
    }
}
