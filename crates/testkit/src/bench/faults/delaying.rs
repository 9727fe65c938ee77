//! A way to a store that can be made slow while it is used.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

/// The most that is passed on at once, in bytes.
const CHUNK: usize = 16 * 1024;
/// Pieces on their way at once, in one direction of one connection.
const MOST_UNDER_WAY: usize = 64;
/// Connections at once: three hosts, ten workers and a token server have some each.
const MOST_CONNECTIONS: usize = 256;

/// Passes everything on to a port of this machine. Dropping it cuts every connection.
pub(super) struct Delaying {
    address: SocketAddr,
    delay: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Delaying {
    /// In front of this port.
    pub(super) async fn before(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (address, delay) = (listener.local_addr()?, Arc::new(AtomicU64::new(0)));
        let task = tokio::spawn(accept(listener, port, delay.clone()));
        Ok(Self { address, delay, task })
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on every request waits so long on its way.
    pub(super) fn delay(&self, delay: Duration) {
        self.delay.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Drop for Delaying {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, port: u16, delay: Arc<AtomicU64>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((client, _)) = listener.accept().await else { continue };
        if connections.len() < MOST_CONNECTIONS {
            connections.spawn(connect(client, port, delay.clone()));
        }
    }
}

async fn connect(client: TcpStream, port: u16, delay: Arc<AtomicU64>) {
    // While the store is away its connections are refused; so are these, by being closed.
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
    // Small packets, as Redis's clients send them, must not wait for each other. Failing costs only time.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    let at_once = AtomicU64::new(0);
    // Whichever side closes first closes the other.
    tokio::select! {
        () = pass(client_in, server_out, &delay) => {}
        () = pass(server_in, client_out, &at_once) => {}
    }
}

/// Every piece waits its time, and none waits for the one before it: a long way, not a narrow one.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: &AtomicU64) {
    let (send, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(MOST_UNDER_WAY);
    let read = async move {
        let mut chunk = vec![0; CHUNK];
        while let Ok(length @ 1..) = from.read(&mut chunk).await {
            let at = Instant::now() + Duration::from_millis(delay.load(Ordering::Relaxed));
            if send.send((at, chunk[..length].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((at, bytes)) = due.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    // Reading ends first, and what is under way still arrives.
    tokio::join!(read, write);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[tokio::test]
    async fn what_is_sent_arrives_as_it_is_and_late_when_that_is_asked_for() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let way = Delaying::before(server.local_addr().unwrap().port()).await.unwrap();
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, way.port())).await.unwrap();
        let (mut served, _) = server.accept().await.unwrap();
        let mut word = [0; 4];
        client.write_all(b"ping").await.unwrap();
        served.read_exact(&mut word).await.unwrap();
        assert_eq!(&word, b"ping");
        way.delay(Duration::from_millis(80));
        let begun = Instant::now();
        client.write_all(b"late").await.unwrap();
        served.read_exact(&mut word).await.unwrap();
        assert_eq!(&word, b"late");
        assert!(begun.elapsed() >= Duration::from_millis(80));
        // Answers are not delayed, and a server that goes away is gone for the client too.
        drop(served);
        assert_eq!(client.read(&mut word).await.unwrap(), 0);
    }
}
