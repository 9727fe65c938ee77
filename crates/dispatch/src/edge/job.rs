//! One task per job: starts it, passes on what is asked of it, and returns how it ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::launcher::{JobEnd, JobEvent, JobHandle, JobLauncher};
use crate::core::{Assignment, JobId};

/// What a running job may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Terminate,
    Kill,
}

/// What becomes of a job before it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    Started(JobId),
    Replaced(JobId),
}

/// Each of them is sent once at most.
pub(super) const COMMANDS: usize = 2;

/// Runs a job to its end. When `commands` is closed the job is killed.
pub(super) async fn run<L: JobLauncher>(
    launcher: Arc<L>,
    assignment: Assignment,
    start_deadline: Duration,
    mut commands: mpsc::Receiver<Command>,
    news: mpsc::Sender<News>,
) -> Result<(), String> {
    let id = assignment.job.id.clone();
    let start = tokio::time::timeout(start_deadline, launcher.start(assignment));
    tokio::pin!(start);
    // A job that is to end before it has started is not started: there is nobody to ask yet.
    let mut handle = tokio::select! {
        result = &mut start => match result {
            Ok(Ok(handle)) => handle,
            Ok(Err(error)) => return Err(format!("it could not be started: {error}")),
            Err(_) => return Err(format!("it could not be started within {start_deadline:?}")),
        },
        _ = commands.recv() => return Err("it was ended before it had started".to_owned()),
    };
    // Nobody listens only when the worker itself is gone, and then the commands are closed too.
    let _ = news.send(News::Started(id.clone())).await;
    let mut commands_open = true;
    loop {
        tokio::select! {
            event = handle.next_event() => match event {
                JobEvent::Replaced => {
                    let _ = news.send(News::Replaced(id.clone())).await;
                }
                JobEvent::Ended(JobEnd::Success) => return Ok(()),
                JobEvent::Ended(JobEnd::Failed(why)) => return Err(why),
            },
            command = commands.recv(), if commands_open => match command {
                Some(Command::Terminate) => handle.terminate(),
                Some(Command::Kill) => handle.kill(),
                None => {
                    commands_open = false;
                    handle.kill();
                }
            },
        }
    }
}
