//! One connection to the server: a task that opens it, writes what it is given, and reports what it hears.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tracing::{debug, warn};

use super::server::Server;
use super::wire::{self, Profile};
use crate::core::{FromServer, LinkLost, ToServer};

/// Messages that wait to be written. A worker that has said so much more than the network takes has lost its server.
const OUTGOING: usize = 256;
/// The largest message that is taken: a job with its room's and its own metadata.
const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// How long opening the connection may take; the core has a deadline of its own for it, not shorter than this.
const OPEN_DEADLINE: Duration = Duration::from_secs(10);
/// How long writing one message may take.
const WRITE_DEADLINE: Duration = Duration::from_secs(5);
/// How long saying good-bye may take, and with it writing what still waits.
const CLOSE_DEADLINE: Duration = Duration::from_secs(1);
const LAST_WORDS_DEADLINE: Duration = Duration::from_secs(2);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a connection reports.
#[derive(Debug)]
pub(super) enum LinkEvent {
    Opened,
    Heard(FromServer),
    Lost(LinkLost),
}

/// A report, with the number of the connection that it comes from.
pub(super) type Report = (u64, LinkEvent);

/// A connection.
pub(super) struct LinkTask {
    outgoing: mpsc::Sender<ToServer>,
    task: JoinHandle<()>,
}

impl LinkTask {
    /// Begins to connect. `number` comes back with every report.
    pub(super) fn open(server: Server, profile: Profile, number: u64, reports: mpsc::Sender<Report>) -> Self {
        let (outgoing, messages) = mpsc::channel(OUTGOING);
        let task = tokio::spawn(async move {
            if let Err(lost) = talk(&server, &profile, number, messages, &reports).await {
                // Nobody listens only when the worker is done.
                let _ = reports.send((number, LinkEvent::Lost(lost))).await;
            }
        });
        Self { outgoing, task }
    }

    /// Says something; `false` when it can't keep up, or has ended.
    pub(super) fn say(&self, message: ToServer) -> bool {
        self.outgoing.try_send(message).is_ok()
    }

    /// Writes what still waits, says good-bye and ends, within the deadlines of this module.
    pub(super) async fn close(self) {
        let Self { outgoing, mut task } = self;
        drop(outgoing);
        if tokio::time::timeout(LAST_WORDS_DEADLINE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

async fn talk(
    server: &Server,
    profile: &Profile,
    number: u64,
    mut messages: mpsc::Receiver<ToServer>,
    reports: &mpsc::Sender<Report>,
) -> Result<(), LinkLost> {
    let mut socket = open(server).await?;
    if reports.send((number, LinkEvent::Opened)).await.is_err() {
        return Ok(());
    }
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => write(&mut socket, Message::binary(wire::encode(message, profile))).await?,
                None => {
                    close(&mut socket).await;
                    return Ok(());
                }
            },
            heard = socket.next() => {
                if let Some(message) = read(heard)?
                    && reports.send((number, LinkEvent::Heard(message))).await.is_err()
                {
                    return Ok(());
                }
            }
        }
    }
}

async fn open(server: &Server) -> Result<Socket, LinkLost> {
    let failed = |why: String| LinkLost::Failed(why);
    let token = server.token().map_err(|error| failed(error.to_string()))?;
    let mut request = server.agent_url().into_client_request().map_err(|error| failed(error.to_string()))?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {token}")).map_err(|error| failed(error.to_string()))?;
    bearer.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    let limits =
        WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE_BYTES)).max_frame_size(Some(MAX_MESSAGE_BYTES));
    let opening = tokio_tungstenite::connect_async_with_config(request, Some(limits), true);
    match tokio::time::timeout(OPEN_DEADLINE, opening).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(Error::Http(answer))) => Err(refusal(answer.status())),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("no answer within {OPEN_DEADLINE:?}"))),
    }
}

fn refusal(status: StatusCode) -> LinkLost {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => LinkLost::Refused(format!(
            "the LiveKit server refuses this worker ({status}): check LIVEKIT_API_KEY and LIVEKIT_API_SECRET"
        )),
        StatusCode::NOT_FOUND => LinkLost::Failed(
            "there is no door for agent workers (404): check LIVEKIT_URL, and that it is a LiveKit server".to_owned(),
        ),
        other => LinkLost::Failed(format!("the LiveKit server answered {other}")),
    }
}

async fn write(socket: &mut Socket, message: Message) -> Result<(), LinkLost> {
    match tokio::time::timeout(WRITE_DEADLINE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(LinkLost::Failed(error.to_string())),
        Err(_) => Err(LinkLost::Failed(format!("nothing could be written within {WRITE_DEADLINE:?}"))),
    }
}

fn read(heard: Option<Result<Message, Error>>) -> Result<Option<FromServer>, LinkLost> {
    match heard {
        None => Err(LinkLost::Failed("the server closed the connection".to_owned())),
        Some(Err(error)) => Err(LinkLost::Failed(error.to_string())),
        Some(Ok(Message::Binary(bytes))) => match wire::decode(&bytes) {
            Ok(message) => Ok(message),
            Err(error) => {
                warn!(%error, bytes = bytes.len(), "a message of the server cannot be read");
                Ok(None)
            }
        },
        Some(Ok(Message::Close(frame))) => {
            let reason = frame.map(|frame| frame.to_string()).unwrap_or_default();
            Err(LinkLost::Failed(format!("the server closed the connection {reason}").trim_end().to_owned()))
        }
        Some(Ok(other)) => {
            debug!(bytes = other.len(), "a message that is not binary");
            Ok(None)
        }
    }
}

/// Says good-bye and waits for the answer: a connection that is torn down with something unread may lose what was
/// written.
async fn close(socket: &mut Socket) {
    let farewell = async {
        if socket.close(None).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    if tokio::time::timeout(CLOSE_DEADLINE, farewell).await.is_err() {
        debug!("the server did not say good-bye");
    }
}
