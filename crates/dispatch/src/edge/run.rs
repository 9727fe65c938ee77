//! The loop that joins the core with the connection, the jobs, the machine's load and the clock.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::job::{self, Command, News};
use super::launcher::JobLauncher;
use super::link::{LinkEvent, LinkTask, Report};
use super::notices;
use super::server::Server;
use super::snapshot::Snapshot;
use super::wire::Profile;
use crate::core::{Assignment, Input, JobId, LinkLost, Moment, Output, Settings, ToServer, Worker};

/// How often the machine's load is measured.
const MEASURE_INTERVAL: Duration = Duration::from_millis(500);
/// Reports that wait: the loop takes each within moments, and whoever reports waits for a place.
const REPORTS: usize = 64;

/// What a worker is made of.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server to register with.
    pub server: Server,
    /// Who the worker says that it is.
    pub profile: Profile,
    /// Its limits and deadlines.
    pub settings: Settings,
    /// How long starting a job may take.
    pub start_deadline: Duration,
}

/// How a worker is told to end.
#[derive(Debug, Clone, Default)]
pub struct Control {
    /// Cancelled: no new jobs, those that run end in their own time (the first signal).
    pub drain: CancellationToken,
    /// Cancelled: end now (the second signal).
    pub stop: CancellationToken,
}

/// Why a worker could not work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RunError {
    /// The server does not want it.
    #[error("{0}")]
    Refused(String),
}

/// Runs a worker until it has drained or was stopped.
///
/// `load` is asked twice a second how loaded the machine is (0 to 1; `None`: unknown). `snapshots` holds how the worker
/// stands.
///
/// ```no_run
/// # use dispatch::{Config, JobLauncher, RunError};
/// # async fn example(config: Config, launcher: impl JobLauncher) -> Result<(), RunError> {
/// let mut machine = dispatch::machine::Machine::default();
/// let load = move |now| machine.measure(now).map(dispatch::machine::Usage::load);
/// let control = dispatch::Control::default(); // clones of its tokens go to whoever listens for signals
/// // `shown` is what /readyz and /jobs tell.
/// let (snapshots, shown) = tokio::sync::watch::channel(dispatch::Snapshot::default());
/// dispatch::run(config, launcher, load, control, snapshots).await
/// # }
/// ```
///
/// # Errors
/// [`RunError::Refused`] when the server refuses it before it was ever registered. A server that is away is no error:
/// the worker waits for it.
pub async fn run<L: JobLauncher>(
    config: Config,
    launcher: L,
    load: impl FnMut(Moment) -> Option<f32> + Send,
    control: Control,
    snapshots: watch::Sender<Snapshot>,
) -> Result<(), RunError> {
    // Connections with TLS need one; whoever came first has chosen the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (reports, heard) = mpsc::channel(REPORTS);
    let (news, has_news) = mpsc::channel(REPORTS);
    let running = Running {
        worker: Worker::new(Moment::ZERO, config.settings.clone()),
        began: Instant::now(),
        launcher: Arc::new(launcher),
        config,
        link: None,
        links: 0,
        reports,
        jobs: JoinSet::new(),
        names: HashMap::new(),
        commands: HashMap::new(),
        news,
        snapshots,
    };
    running.drive(load, control, heard, has_news).await
}

struct Running<L> {
    worker: Worker,
    began: Instant,
    launcher: Arc<L>,
    config: Config,
    link: Option<LinkTask>,
    /// How many connections there have been: what an earlier one reports is stale.
    links: u64,
    reports: mpsc::Sender<Report>,
    jobs: JoinSet<Result<(), String>>,
    names: HashMap<Id, JobId>,
    commands: HashMap<JobId, mpsc::Sender<Command>>,
    news: mpsc::Sender<News>,
    snapshots: watch::Sender<Snapshot>,
}

impl<L: JobLauncher> Running<L> {
    async fn drive(
        mut self,
        mut load: impl FnMut(Moment) -> Option<f32> + Send,
        control: Control,
        mut heard: mpsc::Receiver<Report>,
        mut has_news: mpsc::Receiver<News>,
    ) -> Result<(), RunError> {
        let mut measure = tokio::time::interval(MEASURE_INTERVAL);
        measure.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut draining, mut stopping) = (false, false);
        loop {
            if let Some(result) = self.carry_out().await {
                return result;
            }
            let wake = self.began + self.worker.next_wake().map_or(MEASURE_INTERVAL, |(moment, _)| moment);
            let input = tokio::select! {
                biased;
                () = control.stop.cancelled(), if !stopping => {
                    stopping = true;
                    Some(Input::Stop)
                }
                () = control.drain.cancelled(), if !draining => {
                    draining = true;
                    Some(Input::Drain)
                }
                // Before what the server says: it ends a job whose process was replaced.
                Some(news) = has_news.recv() => Some(match news {
                    News::Started(id) => Input::JobStarted(id),
                    News::Replaced(id) => Input::JobReplaced(id),
                }),
                Some((number, event)) = heard.recv() => self.link_event(number, event),
                Some(ended) = self.jobs.join_next_with_id() => self.job_ended(ended),
                _ = measure.tick() => load(self.began.elapsed()).map(Input::LoadMeasured),
                () = tokio::time::sleep_until(wake) => Some(Input::Wake),
            };
            if let Some(input) = input {
                self.worker.handle(self.began.elapsed(), input);
            }
        }
    }

    /// Does what the core wants. Returns the result once it is finished.
    async fn carry_out(&mut self) -> Option<Result<(), RunError>> {
        let mut finished = None;
        while let Some(output) = self.worker.poll() {
            match output {
                Output::Connect => {
                    self.links += 1;
                    let (server, profile) = (self.config.server.clone(), self.config.profile.clone());
                    self.link = Some(LinkTask::open(server, profile, self.links, self.reports.clone()));
                }
                Output::Close => {
                    if let Some(link) = self.link.take() {
                        // What it still reports is stale from now on.
                        self.links += 1;
                        self.part_with(link).await;
                    }
                }
                Output::Send(message) => self.say(message),
                Output::Launch(assignment) => self.launch(*assignment),
                Output::Terminate(id) => self.command(&id, Command::Terminate),
                Output::Kill(id) => self.command(&id, Command::Kill),
                Output::Notice(notice) => notices::log(&notice),
                Output::Finished(result) => finished = Some(result.map_err(RunError::Refused)),
            }
        }
        let snapshot = Snapshot::of(&self.worker, self.began.elapsed());
        self.snapshots.send_if_modified(|last| {
            let changed = *last != snapshot;
            *last = snapshot;
            changed
        });
        finished
    }

    /// Only a worker that is done waits for the good-bye.
    async fn part_with(&self, link: LinkTask) {
        if self.worker.next_wake().is_none() {
            link.close().await;
        } else {
            tokio::spawn(link.close());
        }
    }

    fn say(&mut self, message: ToServer) {
        if self.link.as_ref().is_some_and(|link| link.say(message)) {
            return;
        }
        if self.link.take().is_some() {
            self.links += 1;
            let lost = LinkLost::Failed("the server does not take what it is told".to_owned());
            self.worker.handle(self.began.elapsed(), Input::Disconnected(lost));
        }
    }

    fn launch(&mut self, assignment: Assignment) {
        let id = assignment.job.id.clone();
        let (commands, receiver) = mpsc::channel(job::COMMANDS);
        let (launcher, deadline) = (Arc::clone(&self.launcher), self.config.start_deadline);
        let task = self.jobs.spawn(job::run(launcher, assignment, deadline, receiver, self.news.clone()));
        self.names.insert(task.id(), id.clone());
        self.commands.insert(id, commands);
    }

    fn command(&self, id: &JobId, command: Command) {
        if let Some(commands) = self.commands.get(id) {
            // There is a place for each command, so this fails only when the job has just ended.
            let _ = commands.try_send(command);
        }
    }

    fn link_event(&self, number: u64, event: LinkEvent) -> Option<Input> {
        (number == self.links).then_some(match event {
            LinkEvent::Opened => Input::Connected,
            LinkEvent::Heard(message) => Input::Received(message),
            LinkEvent::Lost(reason) => Input::Disconnected(reason),
        })
    }

    fn job_ended(&mut self, ended: Result<(Id, Result<(), String>), JoinError>) -> Option<Input> {
        let (task, outcome) = match ended {
            Ok((task, outcome)) => (task, outcome),
            Err(error) => (error.id(), Err("whoever started it has failed; see the log".to_owned())),
        };
        let id = self.names.remove(&task)?;
        self.commands.remove(&id);
        Some(Input::JobEnded(id, outcome))
    }
}
