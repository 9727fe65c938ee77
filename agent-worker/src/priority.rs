//! How much of the processor this process asks for while it only prepares itself.

use rustix::process::{Pid, getpriority_process, setpriority_process};

/// The lowest priority there is: whoever talks comes first.
const LOWEST: i32 = 19;

/// A lowered priority, to be given back. Dropping it leaves it lowered.
pub(crate) struct Lowered {
    before: i32,
}

/// Lowers the priority of this process, unless it could not be raised again: most systems let only a privileged process do
/// that. Then `None`: it goes on as it is.
pub(crate) fn lower() -> Option<Lowered> {
    let before = getpriority_process(None).ok()?;
    // One step is tried out first; should there be no way back, it costs next to nothing.
    setpriority_process(None, before + 1).ok()?;
    if setpriority_process(None, before).is_err() {
        tracing::debug!("the priority can't be raised again, so that it is not lowered");
        return None;
    }
    setpriority_process(None, LOWEST).ok()?;
    Some(Lowered { before })
}

impl Lowered {
    /// Gives back the priority that the process had, for all its threads: on Linux each has one of its own, and inherits
    /// that of the thread that started it.
    pub(crate) fn restore(self) {
        let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
            tracing::warn!("this process stays at a low priority: /proc can't be read");
            return;
        };
        let mut failed = 0;
        for thread in threads.flatten() {
            let id = thread.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
            // One that has ended meanwhile needs no priority.
            let restored = id.map(|id| setpriority_process(Some(id), self.before));
            failed += usize::from(matches!(restored, Some(Err(error)) if error != rustix::io::Errno::SRCH));
        }
        if failed > 0 {
            tracing::warn!(threads = failed, "some threads stay at a low priority");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lowered_priority_is_given_back_to_every_thread() {
        let Some(lowered) = lower() else { return };
        let before = lowered.before;
        let (told, tell) = std::sync::mpsc::sync_channel(1);
        let (go, may_go) = std::sync::mpsc::sync_channel::<()>(1);
        let thread = std::thread::spawn(move || {
            let during = getpriority_process(None);
            let _ = told.send(during);
            let _ = may_go.recv();
            getpriority_process(Some(rustix::thread::gettid()))
        });
        assert_eq!(tell.recv(), Ok(Ok(LOWEST)));
        lowered.restore();
        let _ = go.send(());
        assert!(thread.join().is_ok_and(|after| after == Ok(before)));
    }
}
