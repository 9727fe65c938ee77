//! A user who types.

use assets::{Asset, Assets};
use proto::http::{JoinRoomRequest, JoinRoomResponse};
use proto::names::{ParticipantName, RoomName};
use proto::room::TOPIC_CHAT;
use room::ffi::FfiConnector;
use room::{ConnectOptions, Room, RoomConnector, TextOptions};
use tokio::task::JoinHandle;

use super::scene::Scene;

pub const ROOM: &str = "recorded";

pub struct Visitor {
    room: Box<dyn Room>,
    /// Reads what the room tells, so that nothing waits for it.
    events: JoinHandle<()>,
}

impl Visitor {
    /// Joins the room, with the agent invited.
    pub async fn join(scene: &Scene, name: &str) -> Self {
        let request = JoinRoomRequest::new(RoomName::parse(ROOM).unwrap(), ParticipantName::parse(name).unwrap());
        let url = scene.stack.join_url();
        let joined: JoinRoomResponse = tokio::task::spawn_blocking(move || {
            let answer = ureq::post(&url).config().proxy(None).build().send_json(request);
            answer.unwrap().body_mut().read_json().unwrap()
        })
        .await
        .unwrap();
        let library = Assets::open().unwrap().path(Asset::LivekitFfi).expect("run `cargo xtask assets`");
        let connector = FfiConnector::load(&library).unwrap();
        let connection =
            connector.connect(&joined.livekit_url, &joined.token, ConnectOptions::default()).await.unwrap();
        let mut events = connection.events;
        let events = tokio::spawn(async move { while events.recv().await.is_some() {} });
        Self { room: connection.room, events }
    }

    pub async fn types(&self, text: &str) {
        let options = TextOptions { topic: TOPIC_CHAT.into(), ..TextOptions::default() };
        self.room.send_text(text, options).await.unwrap();
    }

    pub async fn leave(self) {
        self.room.disconnect().await.unwrap();
        self.events.abort();
    }
}
