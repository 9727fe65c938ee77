//! A participant by signalling alone: it is in the room and sees who else is, without media. It leaves when it is
//! dropped.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use livekit_protocol::participant_info::State;
use livekit_protocol::{ParticipantInfo, SignalResponse, signal_response};
use prost::Message as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::soon;

pub struct Participant {
    signals: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The others, by identity.
    others: BTreeMap<String, ParticipantInfo>,
}

impl Participant {
    /// Joins the room that the token is for, through the server at `url`.
    pub async fn join(url: &str, token: &str) -> Self {
        let url = format!("{url}/rtc?access_token={token}&protocol=15&auto_subscribe=0");
        let (signals, _) = soon("joined", tokio_tungstenite::connect_async(url)).await.unwrap();
        Self { signals, others: BTreeMap::new() }
    }

    /// Waits until it sees who has this identity.
    pub async fn sees(&mut self, identity: &str) -> &ParticipantInfo {
        soon(&format!("{identity} is seen"), async {
            while !self.others.contains_key(identity) {
                self.read().await;
            }
        })
        .await;
        &self.others[identity]
    }

    /// Takes the next signal.
    async fn read(&mut self) {
        let Message::Binary(bytes) = self.signals.next().await.expect("the connection has ended").unwrap() else {
            return;
        };
        let told = match SignalResponse::decode(bytes).unwrap().message {
            Some(signal_response::Message::Join(join)) => join.other_participants,
            Some(signal_response::Message::Update(update)) => update.participants,
            _ => Vec::new(),
        };
        for info in told {
            if info.state() == State::Disconnected {
                self.others.remove(&info.identity);
            } else {
                self.others.insert(info.identity.clone(), info);
            }
        }
    }
}
