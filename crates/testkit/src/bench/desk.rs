//! A front desk for agents that are not ours: `POST /join-room` as our token server answers it, and nothing else. The
//! agent comes by itself (LiveKit's automatic dispatch), so that the scripted caller needs no other way in.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use proto::http::{JOIN_ROOM_PATH, JoinRoomRequest, JoinRoomResponse, MAX_BODY_BYTES};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::sfu::LivekitServer;

/// How long one request may take.
const REQUEST_DEADLINE: Duration = Duration::from_secs(5);

/// Answers until it is dropped.
pub(super) struct Desk {
    address: String,
    task: JoinHandle<()>,
}

impl Desk {
    /// Opens on a free loopback port.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn open(sfu: Arc<LivekitServer>, agent_name: &'static str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(async move {
            let mut guests = 0_u32;
            // One after the other: a caller sends one request in its whole life.
            while let Ok((connection, _)) = listener.accept().await {
                guests += 1;
                let served = tokio::time::timeout(REQUEST_DEADLINE, serve(connection, &sfu, agent_name, guests)).await;
                if let Err(error) = served.context("too slow").and_then(|served| served) {
                    tracing::warn!("front desk: {error:#}");
                }
            }
        });
        Ok(Self { address, task })
    }

    /// What [`crate::caller::CallerPlan`] takes.
    pub(super) fn url(&self) -> String {
        self.address.clone()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut connection: TcpStream, sfu: &LivekitServer, agent: &str, guest: u32) -> anyhow::Result<()> {
    let request = read_request(&mut connection).await?;
    let identity = format!("caller-{guest}");
    let answer = JoinRoomResponse {
        token: sfu.token(&identity, request.room_name.as_str()),
        room_name: request.room_name,
        identity,
        livekit_url: sfu.url(),
        avatar_invited: true,
        avatar_name: agent.to_owned(),
    };
    let body = serde_json::to_vec(&answer)?;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(&body).await?;
    connection.shutdown().await?;
    Ok(())
}

/// Reads one request with a `content-length`.
async fn read_request(connection: &mut TcpStream) -> anyhow::Result<JoinRoomRequest> {
    let mut bytes = Vec::new();
    loop {
        if let Some(request) = parse(&bytes)? {
            return Ok(request);
        }
        if bytes.len() > 2 * MAX_BODY_BYTES {
            bail!("a request of more than {} bytes", 2 * MAX_BODY_BYTES);
        }
        if connection.read_buf(&mut bytes).await? == 0 {
            bail!("a request that breaks off");
        }
    }
}

/// The request, once it is complete.
fn parse(bytes: &[u8]) -> anyhow::Result<Option<JoinRoomRequest>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?;
    let mut lines = head.lines();
    let wanted = format!("POST {JOIN_ROOM_PATH} HTTP/1.1");
    let asked = lines.next().unwrap_or_default();
    if asked != wanted {
        bail!("asked for `{asked}`; only `{wanted}` is answered");
    }
    let length =
        lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.context("a request without content-length")?.1.trim().parse()?;
    let body = &bytes[end + 4..];
    Ok(if body.len() < length { None } else { Some(serde_json::from_slice(&body[..length])?) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_request_is_read_when_it_is_complete_and_refused_when_it_is_another_one() {
        let body = r#"{"room_name":"lounge","participant_name":"Ada"}"#;
        let whole = format!("POST {JOIN_ROOM_PATH} HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let bytes = whole.as_bytes();
        assert_eq!(parse(&bytes[..20]).unwrap(), None);
        assert_eq!(parse(&bytes[..bytes.len() - 1]).unwrap(), None);
        assert_eq!(parse(bytes).unwrap().unwrap().room_name.as_str(), "lounge");
        assert!(parse(b"GET / HTTP/1.1\r\n\r\n").is_err());
        assert!(parse(format!("POST {JOIN_ROOM_PATH} HTTP/1.1\r\n\r\n").as_bytes()).is_err());
    }
}
