//! The worker on a virtual clock: scripted stories, and random ones that must keep its promises.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod random;
mod stories;

use std::time::Duration;

use super::*;

/// A worker with a clock of its own and everything that it has said so far.
pub(super) struct Bench {
    pub(super) now: Moment,
    pub(super) worker: Worker,
    pub(super) said: Vec<Output>,
    /// Whether the server answers pings.
    pub(super) answers: bool,
}

/// The usual settings, for a server that notes down at once what it assigns.
pub(super) fn settings(max_jobs: usize) -> Settings {
    Settings { assignment_noted: Duration::ZERO, ..Settings::new(max_jobs).unwrap() }
}

pub(super) fn job(id: &str) -> Job {
    Job {
        id: JobId::new(id),
        dispatch_id: String::new(),
        room: format!("room-{id}"),
        metadata: String::new(),
        agent_name: "helper".to_owned(),
    }
}

pub(super) fn assignment(id: &str) -> Assignment {
    Assignment { job: job(id), url: None, token: "a token".to_owned() }
}

impl Bench {
    pub(super) fn new(settings: Settings) -> Self {
        let now = Duration::ZERO;
        let mut bench = Self { now, worker: Worker::new(now, settings), said: Vec::new(), answers: true };
        bench.take();
        bench
    }

    /// A worker that is registered, with what it said until then forgotten.
    pub(super) fn registered(settings: Settings) -> Self {
        let mut bench = Self::new(settings);
        bench.register();
        bench.said.clear();
        bench
    }

    pub(super) fn register(&mut self) {
        self.input(Input::Connected);
        self.server(FromServer::Registered { worker_id: "AW_1".to_owned() });
    }

    fn take(&mut self) {
        while let Some(output) = self.worker.poll() {
            let pong = self.answers && matches!(output, Output::Send(ToServer::Ping { .. }));
            self.said.push(output);
            if pong {
                self.worker.handle(self.now, Input::Received(FromServer::Pong));
            }
        }
    }

    pub(super) fn input(&mut self, input: Input) {
        self.worker.handle(self.now, input);
        self.take();
    }

    pub(super) fn server(&mut self, message: FromServer) {
        self.input(Input::Received(message));
    }

    /// Lets time pass, and wakes the worker whenever it wants to be.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        let mut wakes = 0;
        while let Some((moment, reason)) = self.worker.next_wake().filter(|(moment, _)| *moment <= until) {
            self.now = self.now.max(moment);
            self.input(Input::Wake);
            wakes += 1;
            assert!(wakes < 100_000, "it wants to be woken again and again: {reason:?} at {moment:?}");
        }
        self.now = until;
    }

    pub(super) fn pass_seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    /// A job is offered and, if accepted, assigned and started. Returns whether it was.
    pub(super) fn run_job(&mut self, id: &str) -> bool {
        self.server(FromServer::Availability(job(id)));
        if !self.accepted(id) {
            return false;
        }
        self.server(FromServer::Assignment(assignment(id)));
        self.input(Input::JobStarted(JobId::new(id)));
        true
    }

    pub(super) fn accepted(&self, id: &str) -> bool {
        self.messages()
            .any(|message| matches!(message, ToServer::Availability { job, identity: Some(_) } if job.as_str() == id))
    }

    pub(super) fn messages(&self) -> impl DoubleEndedIterator<Item = &ToServer> {
        self.said.iter().filter_map(|output| if let Output::Send(message) = output { Some(message) } else { None })
    }

    /// What the server was told about a job.
    pub(super) fn statuses(&self, id: &str) -> Vec<JobStatus> {
        let of_job = self.messages().filter_map(|message| match message {
            ToServer::JobStatus { job, status } if job.as_str() == id => Some(status.clone()),
            _ => None,
        });
        of_job.collect()
    }

    /// The last status of the worker that the server was told: full, draining, load, jobs.
    pub(super) fn worker_status(&self) -> Option<(bool, bool, f32, u32)> {
        self.messages().rev().find_map(|message| match message {
            ToServer::WorkerStatus { full, draining, load, jobs } => Some((*full, *draining, *load, *jobs)),
            _ => None,
        })
    }

    pub(super) fn has(&self, output: &Output) -> bool {
        self.said.contains(output)
    }
}
