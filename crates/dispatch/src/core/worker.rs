//! The state machine itself: inputs are sorted out here, decided by the modules beside it.

use std::collections::VecDeque;

use super::Moment;
use super::backoff::{Backoff, PROVEN};
use super::capacity::Occupancy;
use super::jobs::{JobView, Jobs, Overdue, Phase};
use super::link::{Link, WakeReason};
use super::messages::{Assignment, FromServer, Input, Job, JobId, JobStatus, LinkLost, Notice, Output, ToServer};
use super::settings::Settings;
use super::smoothing::Smoothed;

/// Whether new jobs are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Open,
    /// Those that run may go on until then.
    Draining {
        until: Moment,
    },
    /// They had their time, or there is none.
    Ending,
    Finished,
}

/// How a job ended, and from when on that can be told.
#[derive(Debug)]
struct Untold {
    from: Moment,
    job: JobId,
    status: JobStatus,
}

/// See the module above.
#[derive(Debug)]
pub struct Worker {
    settings: Settings,
    link: Link,
    backoff: Backoff,
    jobs: Jobs,
    load: Smoothed,
    mode: Mode,
    worker_id: Option<String>,
    /// Final states that cannot be told yet: there is no connection, or it is too early.
    untold: Vec<Untold>,
    /// Whether the server was last told that the worker is full, and that it drains.
    told: Option<(bool, bool)>,
    outputs: VecDeque<Output>,
}

impl Worker {
    /// A worker that begins to connect.
    #[must_use]
    pub fn new(now: Moment, settings: Settings) -> Self {
        let mut worker = Self {
            link: Link::Closed,
            backoff: Backoff::new(settings.reconnect_least, settings.reconnect_most, settings.seed),
            jobs: Jobs::default(),
            load: Smoothed::new(settings.smoothing),
            mode: Mode::Open,
            worker_id: None,
            untold: Vec::new(),
            told: None,
            outputs: VecDeque::new(),
            settings,
        };
        worker.connect(now);
        worker
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: Moment, input: Input) {
        if self.mode == Mode::Finished {
            return;
        }
        match input {
            Input::Wake => {}
            Input::Connected => self.connected(now),
            Input::Disconnected(reason) if self.link.is_open() => self.link_lost(now, reason),
            Input::Disconnected(_) => {}
            Input::Received(message) => self.received(now, message),
            Input::LoadMeasured(sample) => self.load.add(now, sample),
            Input::JobStarted(id) => {
                if self.jobs.started(&id, now) {
                    self.say(ToServer::JobStatus { job: id, status: JobStatus::Running });
                }
            }
            Input::JobReplaced(id) => self.jobs.replaced(&id),
            Input::JobEnded(id, outcome) => {
                if let Some((assigned, status)) = self.jobs.ended(&id, outcome) {
                    self.ended(now, assigned, id, status);
                }
            }
            Input::Drain => self.drain(now),
            Input::Stop => self.stop(now),
        }
        self.run_timers(now);
        self.tell_changed_status(now);
        self.finish_if_done();
    }

    /// What is to be done next.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to hand in [`Input::Wake`] at the latest, and why. `None` once the worker is finished.
    #[must_use]
    pub fn next_wake(&self) -> Option<(Moment, WakeReason)> {
        let drain = match self.mode {
            Mode::Draining { until } => Some((until, WakeReason::DrainDeadline)),
            Mode::Open | Mode::Ending => None,
            Mode::Finished => return None,
        };
        let job = self.jobs.next_deadline().map(|deadline| (deadline, WakeReason::Job));
        let untold = self.untold.iter().map(|untold| untold.from).min().filter(|_| self.link.is_up());
        let untold = untold.map(|from| (from, WakeReason::Job));
        [self.link.next_wake(), job, untold, drain].into_iter().flatten().min_by_key(|(moment, _)| *moment)
    }

    /// The id under which the server knows this worker; `None` while there is no connection.
    #[must_use]
    pub fn worker_id(&self) -> Option<&str> {
        self.worker_id.as_deref().filter(|_| self.link.is_up())
    }

    /// Whether the worker takes no more jobs and ends.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.mode != Mode::Open
    }

    /// Whether a job would be taken now.
    #[must_use]
    pub fn is_available(&self, now: Moment) -> bool {
        self.link.is_up() && self.occupancy(now).refusal(&self.settings).is_none()
    }

    /// How loaded the worker is, 0 to 1, with what is on its way.
    #[must_use]
    pub fn load(&self, now: Moment) -> f32 {
        self.occupancy(now).load(&self.settings)
    }

    /// The jobs that have a place.
    pub fn jobs(&self) -> impl Iterator<Item = &JobView> {
        self.jobs.views()
    }

    fn occupancy(&self, now: Moment) -> Occupancy {
        Occupancy {
            jobs: self.jobs.count(),
            unsettled: self.jobs.unsettled(now),
            measured: self.load.value(),
            draining: self.is_draining(),
        }
    }

    // The connection.

    fn connect(&mut self, now: Moment) {
        self.link = Link::Connecting { deadline: now + self.settings.link_deadline };
        self.outputs.push_back(Output::Connect);
    }

    fn connected(&mut self, now: Moment) {
        if matches!(self.link, Link::Connecting { .. }) {
            self.link = Link::Registering { deadline: now + self.settings.link_deadline };
            self.outputs.push_back(Output::Send(ToServer::Register));
        }
    }

    fn registered(&mut self, now: Moment, worker_id: String) {
        if !matches!(self.link, Link::Registering { .. }) {
            return;
        }
        self.link = Link::Up {
            since: now,
            next_status: now + self.settings.status_interval,
            next_ping: now + self.settings.ping_interval,
            pong_deadline: None,
        };
        self.worker_id = Some(worker_id.clone());
        let assigned = self.jobs.assigned();
        self.outputs.push_back(Output::Notice(Notice::Registered { worker_id, resumed: assigned.len() }));
        // A server that forgot these jobs leaves such messages aside; one that can go on with them needs them.
        if !assigned.is_empty() {
            self.say(ToServer::Resume(assigned));
        }
        let running = self.jobs.views().filter(|view| matches!(view.phase, Phase::Running { .. }));
        for job in running.map(|view| view.job.id.clone()).collect::<Vec<_>>() {
            self.say(ToServer::JobStatus { job, status: JobStatus::Running });
        }
        self.tell_ends(Moment::MAX);
        self.tell_status(now);
    }

    /// The connection is lost or given up. What was only promised is void: the server asks someone else.
    fn link_lost(&mut self, now: Moment, reason: LinkLost) {
        self.jobs.release_reservations();
        if matches!(self.link, Link::Up { since, .. } if now.saturating_sub(since) >= PROVEN) {
            self.backoff.reset();
        }
        self.told = None;
        if let (LinkLost::Refused(why), None) = (&reason, &self.worker_id) {
            // It has never worked: a wrong key does not become right by trying again.
            self.link = Link::Closed;
            self.finish(Err(why.clone()));
            return;
        }
        let delay = self.backoff.next_pause();
        self.link = Link::Down { retry: now + delay };
        self.outputs.push_back(Output::Notice(Notice::Reconnecting { reason, delay }));
    }

    fn give_link_up(&mut self, now: Moment, why: &str) {
        self.outputs.push_back(Output::Close);
        self.link_lost(now, LinkLost::Failed(why.to_owned()));
    }

    /// Says something, if there is someone to listen.
    fn say(&mut self, message: ToServer) {
        if self.link.is_up() {
            self.outputs.push_back(Output::Send(message));
        }
    }

    fn tell_status(&mut self, now: Moment) {
        let occupancy = self.occupancy(now);
        let (full, draining) = (occupancy.refusal(&self.settings).is_some(), occupancy.draining);
        let jobs = u32::try_from(occupancy.jobs).unwrap_or(u32::MAX);
        self.say(ToServer::WorkerStatus { full, draining, load: occupancy.told_load(&self.settings), jobs });
        self.told = Some((full, draining));
        if let Link::Up { next_status, .. } = &mut self.link {
            *next_status = now + self.settings.status_interval;
        }
    }

    /// A worker that has become full says so at once, not only when its time to speak has come.
    fn tell_changed_status(&mut self, now: Moment) {
        let full = self.occupancy(now).refusal(&self.settings).is_some();
        if self.link.is_up() && self.told != Some((full, self.is_draining())) {
            self.tell_status(now);
        }
    }

    // What the server says.

    fn received(&mut self, now: Moment, message: FromServer) {
        if let FromServer::Registered { worker_id } = message {
            return self.registered(now, worker_id);
        }
        let Link::Up { next_ping, pong_deadline, .. } = &mut self.link else { return };
        // Whatever it says, it is there.
        *next_ping = now + self.settings.ping_interval;
        *pong_deadline = None;
        match message {
            FromServer::Registered { .. } | FromServer::Pong => {}
            FromServer::Availability(job) => self.asked(now, job),
            FromServer::Assignment(assignment) => self.assigned(now, assignment),
            FromServer::Termination(id) => self.terminated(now, &id),
            FromServer::GoAway => self.give_link_up(now, "the server asked to go elsewhere"),
        }
    }

    fn asked(&mut self, now: Moment, job: Job) {
        let refusal = if self.jobs.contains(&job.id) {
            Some(super::Refusal::Duplicate)
        } else {
            self.occupancy(now).refusal(&self.settings)
        };
        let id = job.id.clone();
        let identity = refusal.is_none().then(|| format!("agent-{id}"));
        self.say(ToServer::Availability { job: id, identity });
        match refusal {
            Some(refusal) => self.outputs.push_back(Output::Notice(Notice::Declined(job, refusal))),
            None => {
                self.jobs.reserve(job.clone(), now, now + self.settings.assignment_deadline);
                self.outputs.push_back(Output::Notice(Notice::Accepted(job)));
            }
        }
    }

    fn assigned(&mut self, now: Moment, assignment: Assignment) {
        let job = assignment.job.clone();
        if !self.jobs.is_reserved(&job.id) {
            if self.jobs.contains(&job.id) {
                return;
            }
            // The place has lapsed. The server counts on this worker: it takes the job, or says that it cannot.
            if let Some(refusal) = self.occupancy(now).refusal(&self.settings) {
                let why = format!("assigned too late, and there is no room any more: {refusal}");
                return self.ended(now, now, job.id, JobStatus::Failed(why));
            }
        }
        self.jobs.start(job, now, now + self.settings.settle);
        self.outputs.push_back(Output::Launch(Box::new(assignment)));
    }

    /// The server ends a job. When an agent leaves the room it does so as well (livekit-server, `rtc/room.go`,
    /// `RemoveParticipant`), and a process that takes a dead one's place makes the dead one leave: the call goes on. Should
    /// the server mean the call all the same, it takes the agent out of the room, and the process ends by itself.
    fn terminated(&mut self, now: Moment, id: &JobId) {
        self.jobs.release(id);
        if self.jobs.outlives_termination(id) {
            self.outputs.push_back(Output::Notice(Notice::OutdatedTermination(id.clone())));
            return;
        }
        if self.jobs.terminate(id, now + self.settings.terminate_grace) {
            self.outputs.push_back(Output::Notice(Notice::Terminated(id.clone())));
            self.outputs.push_back(Output::Terminate(id.clone()));
        }
    }

    // Jobs and the end.

    /// Tells the final state of a job that was assigned then: now, or when the server can take it.
    fn ended(&mut self, now: Moment, assigned: Moment, job: JobId, status: JobStatus) {
        self.outputs.push_back(Output::Notice(Notice::Ended(job.clone(), status.clone())));
        self.untold.push(Untold { from: assigned + self.settings.assignment_noted, job, status });
        self.tell_ends(now);
    }

    /// Tells the final states whose time has come.
    fn tell_ends(&mut self, now: Moment) {
        if self.link.is_up() {
            for Untold { job, status, .. } in self.untold.extract_if(.., |untold| untold.from <= now) {
                self.outputs.push_back(Output::Send(ToServer::JobStatus { job, status }));
            }
        }
    }

    fn drain(&mut self, now: Moment) {
        if self.mode == Mode::Open {
            self.mode = Mode::Draining { until: now + self.settings.drain_grace };
            self.outputs.push_back(Output::Notice(Notice::Draining(self.jobs.awaited())));
        }
    }

    fn stop(&mut self, now: Moment) {
        self.mode = Mode::Ending;
        self.jobs.release_reservations();
        for id in self.jobs.assigned() {
            if self.jobs.kill(&id, now + self.settings.kill_grace) {
                self.outputs.push_back(Output::Kill(id));
            }
        }
    }

    fn run_timers(&mut self, now: Moment) {
        if matches!(self.mode, Mode::Draining { until } if until <= now) {
            self.mode = Mode::Ending;
            self.jobs.release_reservations();
            for id in self.jobs.assigned() {
                if self.jobs.terminate(&id, now + self.settings.terminate_grace) {
                    self.outputs.push_back(Output::Terminate(id));
                }
            }
        }
        for overdue in self.jobs.overdue(now, now + self.settings.kill_grace) {
            match overdue {
                Overdue::Lapsed(id) => self.outputs.push_back(Output::Notice(Notice::ReservationExpired(id))),
                Overdue::Kill(id) => self.outputs.push_back(Output::Kill(id)),
                Overdue::GivenUp(id) => {
                    self.outputs.push_back(Output::Notice(Notice::GivenUp(id.clone())));
                    let status = JobStatus::Failed("it was killed and is not gone".to_owned());
                    self.ended(now, Moment::ZERO, id, status);
                }
            }
        }
        self.tell_ends(now);
        self.run_link_timers(now);
    }

    fn run_link_timers(&mut self, now: Moment) {
        match self.link {
            Link::Down { retry } if retry <= now => self.connect(now),
            Link::Connecting { deadline } if deadline <= now => {
                self.give_link_up(now, "the server could not be reached in time");
            }
            Link::Registering { deadline } if deadline <= now => {
                self.give_link_up(now, "the server did not answer the registration in time");
            }
            Link::Up { pong_deadline: Some(deadline), .. } if deadline <= now => {
                self.give_link_up(now, "the server does not answer any more");
            }
            Link::Up { since, next_status, next_ping, pong_deadline } => {
                if next_ping <= now && pong_deadline.is_none() {
                    let pong_deadline = Some(now + self.settings.pong_deadline);
                    self.link = Link::Up { since, next_status, next_ping, pong_deadline };
                    let milliseconds = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
                    self.say(ToServer::Ping { milliseconds });
                }
                if next_status <= now {
                    self.tell_status(now);
                }
            }
            _ => {}
        }
    }

    fn finish_if_done(&mut self) {
        if matches!(self.mode, Mode::Draining { .. } | Mode::Ending) && self.jobs.awaited() == 0 {
            self.finish(Ok(()));
        }
    }

    fn finish(&mut self, result: Result<(), String>) {
        // There is no later.
        self.tell_ends(Moment::MAX);
        if self.link.is_open() {
            self.outputs.push_back(Output::Close);
        }
        self.link = Link::Closed;
        self.mode = Mode::Finished;
        self.outputs.push_back(Output::Finished(result));
    }
}
