//! What ends a worker from outside: a signal, or the end of the process that started it.

use std::io::Write as _;

use dialogue::EndReason;
use proto::worker::ENDING_LINE;
use tokio::sync::{oneshot, watch};

/// Tells why the call is to end, once it is.
pub(crate) type Ending = watch::Receiver<Option<EndReason>>;

/// Watches for a signal, for a worker that has no owner.
pub(crate) fn watch_for_end() -> Ending {
    watch_for_end_or(std::future::pending())
}

/// Watches for a signal or, for a worker that an owner started, for `owner_gone` to resolve. The sender says whether the call ends
/// with its owner, once its orders tell; a worker without orders does.
pub(crate) fn watch_for_end_with_owner(owner_gone: oneshot::Receiver<()>) -> (Ending, oneshot::Sender<bool>) {
    let (tell_tied, tied) = oneshot::channel();
    let ending = watch_for_end_or(async move {
        if tied.await.unwrap_or(true) {
            // Closed or sent, it means the same.
            drop(owner_gone.await);
        } else {
            std::future::pending::<()>().await;
        }
    });
    (ending, tell_tied)
}

/// Watches for a signal, or for `owner_gone` to resolve.
fn watch_for_end_or(owner_gone: impl Future<Output = ()> + Send + 'static) -> Ending {
    let (tell, told) = watch::channel(None);
    // Ends with the process, at the latest.
    tokio::spawn(async move {
        let reason = tokio::select! {
            () = signalled() => EndReason::Asked,
            () = owner_gone => EndReason::OwnerGone,
        };
        tell.send_replace(Some(reason));
    });
    told
}

/// Resolves when the call is to end.
pub(crate) async fn asked_to_end(mut ending: Ending) -> EndReason {
    loop {
        if let Some(reason) = *ending.borrow_and_update() {
            return reason;
        }
        if ending.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::warn!("signals can't be watched: only a kill will end this process early");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Tells the owner that whoever is invited from now on needs another worker.
pub(crate) fn announce_ending() {
    // The owner may be gone: then nobody needs to know.
    let _ = writeln!(std::io::stdout(), "{ENDING_LINE}");
}
