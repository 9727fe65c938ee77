//! `POST /join-room` over connections that stay open, as a busy frontend's server sends it.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use proto::http::{JOIN_ROOM_PATH, JoinRoomRequest, JoinRoomResponse};
use proto::names::{ParticipantName, RoomName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long one answer may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A token server's front door. Connections wait here for the next request.
pub(in crate::bench) struct Door {
    address: SocketAddr,
    idle: Mutex<Vec<TcpStream>>,
}

impl Door {
    /// The door of the token server at this URL.
    pub(in crate::bench) fn at(url: &str) -> anyhow::Result<Self> {
        let address = url.strip_prefix("http://").context("not a plain address")?.parse()?;
        Ok(Self { address, idle: Mutex::default() })
    }

    /// Asks for a token; whether the avatar was invited stands in the answer.
    pub(in crate::bench) async fn join(&self, room: &str, invite_avatar: bool) -> anyhow::Result<JoinRoomResponse> {
        let request = JoinRoomRequest {
            invite_avatar,
            ..JoinRoomRequest::new(RoomName::parse(room)?, ParticipantName::parse("Benchmark")?)
        };
        tokio::time::timeout(DEADLINE, self.post(&request)).await.context("not answered in time")?
    }

    async fn post(&self, request: &JoinRoomRequest) -> anyhow::Result<JoinRoomResponse> {
        let body = serde_json::to_vec(request)?;
        let mut message = format!(
            "POST {JOIN_ROOM_PATH} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        )
        .into_bytes();
        message.extend_from_slice(&body);
        // A server may close a connection that waits; a client then takes another one.
        while let Some(mut connection) = self.waiting() {
            if let Some(answer) = ask(&mut connection, &message).await? {
                self.idle().push(connection);
                return Ok(answer);
            }
        }
        let mut connection = TcpStream::connect(self.address).await?;
        connection.set_nodelay(true)?;
        let answer = ask(&mut connection, &message).await?.context("closed without an answer")?;
        self.idle().push(connection);
        Ok(answer)
    }

    fn waiting(&self) -> Option<TcpStream> {
        self.idle().pop()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends one request and reads its answer; `None` when the connection turns out to be closed.
async fn ask(connection: &mut TcpStream, message: &[u8]) -> anyhow::Result<Option<JoinRoomResponse>> {
    let mut bytes = Vec::with_capacity(2048);
    if connection.write_all(message).await.is_err() {
        return Ok(None);
    }
    loop {
        if let Some(answer) = parse(&bytes)? {
            return Ok(Some(answer));
        }
        match connection.read_buf(&mut bytes).await {
            Ok(0) | Err(_) if bytes.is_empty() => return Ok(None),
            Ok(0) => bail!("an answer that breaks off"),
            Ok(_) if bytes.len() > LONGEST_ANSWER => bail!("an answer that never ends"),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The answer, once it is complete.
fn parse(bytes: &[u8]) -> anyhow::Result<Option<JoinRoomResponse>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?;
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    let length =
        lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.context("an answer without content-length")?.1.trim().parse()?;
    let body = &bytes[end + 4..];
    if body.len() < length {
        return Ok(None);
    }
    if !status.starts_with("HTTP/1.1 200") {
        bail!("{status}: {}", String::from_utf8_lossy(body));
    }
    Ok(Some(serde_json::from_slice(&body[..length])?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_complete_and_a_refusal_is_an_error() {
        let body = r#"{"token":"t","room_name":"lounge","identity":"ada-1","livekit_url":"ws://h","avatar_invited":false,"avatar_name":"A"}"#;
        let whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        assert!(parse(&whole.as_bytes()[..whole.len() - 1]).unwrap().is_none());
        assert_eq!(parse(whole.as_bytes()).unwrap().unwrap().identity, "ada-1");
        assert!(parse(b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\n\r\n{}").is_err());
    }
}
