//! Requests byte by byte, as no client would send them.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{PATIENCE, TestServer};

/// How long is waited for an answer between two bytes.
const MOMENT: Duration = Duration::from_millis(20);

async fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap()
}

/// Sends `bytes` and gives everything that is answered until the connection is closed.
pub async fn send(server: &TestServer, bytes: &[u8]) -> String {
    let mut stream = connect(server).await;
    // A server that has heard enough closes before everything is sent.
    let _ = stream.write_all(bytes).await;
    shown(&everything(stream).await)
}

async fn everything(mut stream: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    // A reset is an end as well: the server did not read what was sent.
    let _ = read.expect("the server neither closed the connection nor was asked to keep it");
    answer
}

/// Sends `start`, and then `drop` again and again until the connection is closed.
pub async fn drip(server: &TestServer, start: &[u8], drop: &[u8]) -> String {
    let mut stream = connect(server).await;
    stream.write_all(start).await.unwrap();
    let mut answer = Vec::new();
    let dripping = async {
        let mut buffer = [0_u8; 1024];
        loop {
            match tokio::time::timeout(MOMENT, stream.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(count)) => answer.extend_from_slice(&buffer[..count]),
                Err(_) if stream.write_all(drop).await.is_err() => return,
                Err(_) => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, dripping).await.expect("the server goes on to wait");
    shown(&answer)
}

/// The status and the message of the first answer, and how many answers there are.
fn shown(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let Some(rest) = text.strip_prefix("HTTP/1.1 ") else {
        return if text.is_empty() { "closed without an answer".to_owned() } else { format!("not HTTP/1.1: {text:?}") };
    };
    let (head, body) = rest.split_once("\r\n\r\n").unwrap_or((rest, ""));
    assert!(!head.to_ascii_lowercase().contains("set-cookie"), "a header was injected: {head}");
    let status = head.lines().next().unwrap_or_default();
    let number = status.split(' ').next().unwrap_or_default();
    let answers = text.matches("HTTP/1.1 ").count();
    if answers > 1 {
        let equal = text.matches(&format!("HTTP/1.1 {number} ")).count();
        return format!("{number} to {equal} of {answers}");
    }
    format!("{number}{}", super::message(body))
}
