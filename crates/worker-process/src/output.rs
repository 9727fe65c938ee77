//! What a worker prints: into our log line by line, and the few lines that mean something to us.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use proto::orders::STANDING_BY_LINE;
use proto::worker::ENDING_LINE;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::info;

use crate::log_lines::for_each_line;

/// How long what a worker printed last is waited for after its end; a child of its own may hold the pipe open.
const LAST_LINES_DEADLINE: Duration = Duration::from_millis(500);

/// How far a worker is, by its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It has said nothing yet.
    Begun,
    /// Its engines are loaded.
    StandingBy,
    /// It is leaving its room.
    Ending,
}

/// Whom the lines belong to.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) room: String,
    pub(crate) identity: String,
}

/// Reads a worker's output until its end, on a task of its own.
pub(crate) struct Output {
    phase: watch::Receiver<Phase>,
    label: Arc<OnceLock<Label>>,
    task: JoinHandle<()>,
}

impl Output {
    /// Takes the pipes of `child`, as far as it has any.
    pub(crate) fn of(child: &mut Child) -> Self {
        let (stdout, stderr, pid) = (child.stdout.take(), child.stderr.take(), child.id().unwrap_or_default());
        let (tell, phase) = watch::channel(Phase::Begun);
        let label = Arc::new(OnceLock::<Label>::new());
        let known = Arc::clone(&label);
        let print = move |stream: &'static str, line: &str| match known.get() {
            Some(Label { room, identity }) => info!(target: "worker", room, identity, stream, "{line}"),
            None => info!(target: "worker", pid, stream, "{line}"),
        };
        let task = tokio::spawn(async move {
            tokio::join!(
                async {
                    let Some(stdout) = stdout else { return };
                    for_each_line(stdout, |line| {
                        let said = match line {
                            STANDING_BY_LINE => Some(Phase::StandingBy),
                            ENDING_LINE => Some(Phase::Ending),
                            _ => None,
                        };
                        // What is over does not come back, whatever the worker prints.
                        tell.send_if_modified(|phase| {
                            let further = said.filter(|said| *said > *phase);
                            *phase = further.unwrap_or(*phase);
                            further.is_some()
                        });
                        print("stdout", line);
                    })
                    .await;
                },
                async {
                    if let Some(stderr) = stderr {
                        for_each_line(stderr, |line| print("stderr", line)).await;
                    }
                }
            );
        });
        Self { phase, label, task }
    }

    /// From now on the lines belong to this room's agent. The first word counts.
    pub(crate) fn belongs_to(&self, label: Label) {
        // A worker serves one room in its life.
        let _ = self.label.set(label);
    }

    /// How far the worker is.
    pub(crate) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.clone()
    }

    /// Waits for the last lines of a worker that has ended, a moment at most.
    pub(crate) async fn finish(mut self) {
        if tokio::time::timeout(LAST_LINES_DEADLINE, &mut self.task).await.is_err() {
            // What comes later belongs to nobody.
            self.task.abort();
        }
    }
}
