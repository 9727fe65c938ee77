//! Somebody who calls and stays: joins, comes back when the connection is lost, types questions.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use proto::room::{ATTRIBUTE_AGENT_STATE, TOPIC_CHAT, TOPIC_TRANSCRIPTION};
use room::{
    AudioPublishOptions, AudioPublisher, ConnectOptions, Connection, ParticipantKind, Room, RoomConnector, RoomEvent,
    RoomEvents, TextOptions,
};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::view::View;
use crate::caller::{CallerPlan, join_room};

/// How long one attempt to get a token, and to join, may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long leaving may take.
const LEAVE_DEADLINE: Duration = Duration::from_secs(5);
/// How long until the next attempt, when one failed: as a person who taps again.
const AGAIN: Duration = Duration::from_millis(500);

/// Where the person is at the moment: nowhere, while it comes back.
type Presence = Arc<Mutex<Option<Present>>>;

struct Present {
    room: Box<dyn Room>,
    /// Whoever publishes nothing is noticed late by others; it stays silent.
    _microphone: Box<dyn AudioPublisher>,
}

/// A person in a call.
pub(super) struct Resident {
    pub(super) room: String,
    pub(super) view: View,
    presence: Presence,
    leave: Option<oneshot::Sender<()>>,
    stays: JoinHandle<()>,
}

impl Resident {
    /// Comes, and stays until told to leave. Returns at once; whether it is there [`View`] tells.
    pub(super) fn come(connector: Arc<dyn RoomConnector>, server: String, room: String) -> Self {
        let (view, presence) = (View::default(), Presence::default());
        let (leave, leaves) = oneshot::channel();
        let stay = Stay { connector, server, room: room.clone(), view: view.clone(), presence: presence.clone() };
        Self { room, view, presence, leave: Some(leave), stays: tokio::spawn(stay.run(leaves)) }
    }

    /// Types something. Fails while it is not connected.
    pub(super) async fn type_text(&self, text: &str) -> anyhow::Result<()> {
        let presence = self.presence.lock().await;
        let present = presence.as_ref().context("not in the room")?;
        let options = TextOptions { topic: TOPIC_CHAT.to_owned(), ..TextOptions::default() };
        timeout(DEADLINE, present.room.send_text(text, options)).await.context("sending took too long")??;
        Ok(())
    }

    /// Leaves the room.
    pub(super) async fn leave(mut self) -> anyhow::Result<()> {
        if let Some(leave) = self.leave.take() {
            // Fails only when the task is over already.
            let _ = leave.send(());
        }
        timeout(LEAVE_DEADLINE + DEADLINE, &mut self.stays).await.context("somebody does not leave")??;
        Ok(())
    }
}

struct Stay {
    connector: Arc<dyn RoomConnector>,
    server: String,
    room: String,
    view: View,
    presence: Presence,
}

impl Stay {
    async fn run(self, mut leaves: oneshot::Receiver<()>) {
        loop {
            let there = tokio::select! {
                joined = self.join() => joined,
                _ = &mut leaves => return,
            };
            match there {
                Ok(events) => {
                    let over = tokio::select! {
                        () = self.watch(events) => false,
                        _ = &mut leaves => true,
                    };
                    if let Some(present) = self.presence.lock().await.take()
                        && over
                    {
                        // The server notices by itself when this fails.
                        let _ = timeout(LEAVE_DEADLINE, present.room.disconnect()).await;
                    }
                    self.view.disconnected(Instant::now());
                    if over {
                        return;
                    }
                }
                Err(error) => tracing::debug!("{}: {error:#}", self.room),
            }
            sleep(AGAIN).await;
        }
    }

    async fn join(&self) -> anyhow::Result<RoomEvents> {
        let plan = CallerPlan::new(self.server.clone(), self.room.clone());
        let joined = tokio::task::spawn_blocking(move || join_room(&plan)).await??;
        let options = ConnectOptions { auto_subscribe: true, timeout: DEADLINE };
        let connection = self.connector.connect(&joined.livekit_url, &joined.token, options).await?;
        let Connection { room, events } = connection;
        let options = AudioPublishOptions { name: "microphone".to_owned(), queue_ms: 100 };
        let microphone = room.publish_audio(options).await?;
        *self.presence.lock().await = Some(Present { room, _microphone: microphone });
        self.view.connected(Instant::now());
        Ok(events)
    }

    /// Returns when the connection is over.
    async fn watch(&self, mut events: RoomEvents) {
        while let Some(event) = events.recv().await {
            let now = Instant::now();
            match event {
                RoomEvent::ParticipantConnected(info) if info.kind == ParticipantKind::Agent => {
                    self.view.came(&info.identity, info.attributes.contains_key(ATTRIBUTE_AGENT_STATE), now);
                }
                RoomEvent::ParticipantDisconnected { identity, .. } => self.view.left(&identity, now),
                RoomEvent::AttributesChanged { identity, changed } if changed.contains_key(ATTRIBUTE_AGENT_STATE) => {
                    self.view.serves(&identity);
                }
                RoomEvent::TextStream { identity, topic, .. } if topic == TOPIC_TRANSCRIPTION => {
                    self.view.spoke(&identity, now);
                }
                RoomEvent::Reconnecting => self.view.reconnecting(),
                RoomEvent::Reconnected => self.view.connected(now),
                RoomEvent::Disconnected(_) => return,
                _ => {}
            }
        }
    }
}
