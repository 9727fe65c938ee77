//! Learns that the process that started this one is gone, however suddenly.

use std::io::Read;

use tokio::sync::oneshot;

/// Resolves once standard input reaches its end: the owner held the other end open and is gone.
///
/// What is written to it is ignored. An error counts as the end. The thread that waits ends with the process: a read
/// of standard input can't be taken back.
pub async fn owner_gone() {
    let (tell, told) = oneshot::channel();
    let spawned = std::thread::Builder::new().name("lifeline".into()).spawn(move || {
        read_to_end(std::io::stdin());
        // Nobody waits any more when the call is over already.
        let _ = tell.send(());
    });
    match spawned {
        Ok(_) => drop(told.await),
        // Without the thread the owner can't be watched: stay, as a worker without a lifeline does.
        Err(error) => {
            tracing::error!(%error, "the owner can't be watched");
            std::future::pending::<()>().await;
        }
    }
}

fn read_to_end(mut owner: impl Read) {
    let mut ignored = [0u8; 256];
    loop {
        match owner.read(&mut ignored) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_ignored_until_the_end() {
        read_to_end([b"hello".as_slice(), b"world"].concat().as_slice());
    }
}
