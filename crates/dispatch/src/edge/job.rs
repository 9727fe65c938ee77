//! One task per job: starts it, passes on what is asked of it, and returns how it ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::launcher::{JobEnd, JobHandle, JobLauncher};
use crate::core::{Assignment, JobId};

/// What a running job may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Terminate,
    Kill,
}

/// Each of them is sent once at most.
pub(super) const COMMANDS: usize = 2;

/// Runs a job to its end. When `commands` is closed the job is killed.
pub(super) async fn run<L: JobLauncher>(
    launcher: Arc<L>,
    assignment: Assignment,
    start_deadline: Duration,
    mut commands: mpsc::Receiver<Command>,
    started: mpsc::Sender<JobId>,
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
    let _ = started.send(id).await;
    let mut commands_open = true;
    loop {
        tokio::select! {
            end = handle.ended() => return match end {
                JobEnd::Success => Ok(()),
                JobEnd::Failed(why) => Err(why),
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
