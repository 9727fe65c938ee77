//! What the scripted caller sends without saying it, against a real LiveKit server and an agent that beeps its answers.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::time::Duration;

use assets::{Asset, Assets};
use proto::http::JoinRoomResponse;
use proto::names::RoomName;
use proto::room::*;
use room::ffi::FfiConnector;
use room::{
    Attributes, AudioPublishOptions, AudioPublisher, ConnectOptions, Room, RoomConnector, RoomEvent, TextOptions,
};
use testkit::caller::{CallerPlan, Outcome, run};
use testkit::sfu::LivekitServer;
use testkit::wav::write_stereo;

use crate::support::{FRAME, token_service};

/// Frames in an answer: a second.
const ANSWER: usize = 100;

fn beep(frames: usize) -> Vec<i16> {
    (0..frames * FRAME).map(|n| (6000.0 * (n as f64 * 0.06).sin()) as i16).collect()
}

/// An agent that answers what it gets with a beep and a caption.
struct Agent {
    room: Box<dyn Room>,
    voice: Box<dyn AudioPublisher>,
    answers: usize,
}

impl Agent {
    async fn state(&self, state: AgentState) {
        self.room.set_attributes(Attributes::from([(ATTRIBUTE_AGENT_STATE.into(), state.to_string())])).await.unwrap();
    }

    async fn caption(&self, text: &str, track: &str, sender: Option<String>) {
        let attributes = [
            (ATTRIBUTE_SEGMENT_ID, format!("s{}-{}", self.answers, sender.is_some())),
            (ATTRIBUTE_TRANSCRIBED_TRACK_ID, track.to_owned()),
            (ATTRIBUTE_TRANSCRIPTION_FINAL, TRUE.to_owned()),
        ];
        let options = TextOptions {
            topic: TOPIC_TRANSCRIPTION.into(),
            attributes: attributes.map(|(name, value)| (name.to_owned(), value)).into(),
            sender_identity: sender,
            ..TextOptions::default()
        };
        self.room.send_text(text, options).await.unwrap();
    }

    async fn answer(&mut self, text: &str) {
        self.state(AgentState::Speaking).await;
        self.caption(text, &self.voice.track_sid(), None).await;
        for frame in beep(ANSWER).chunks(FRAME) {
            self.voice.capture(frame).await.unwrap();
        }
        self.answers += 1;
        self.state(AgentState::Listening).await;
    }
}

/// Serves one call; what came as pre-connect audio: its attributes and bytes.
async fn serve(connector: FfiConnector, url: String, token: String) -> Option<(Attributes, Vec<u8>)> {
    let connection = connector.connect(&url, &token, ConnectOptions::default()).await.unwrap();
    let mut events = connection.events;
    let options = AudioPublishOptions { name: "voice".into(), queue_ms: 100 };
    let voice = connection.room.publish_audio(options).await.unwrap();
    let mut agent = Agent { room: connection.room, voice, answers: 0 };
    agent.state(AgentState::Listening).await;
    let mut preconnect = None;
    while let Some(event) = events.recv().await {
        match event {
            RoomEvent::ByteStream { identity, topic, mime_type, attributes, mut reader, .. } => {
                assert_eq!((topic.as_str(), mime_type.as_str()), (TOPIC_PRECONNECT_AUDIO, "audio/pcm"));
                let bytes = reader.read_all(2_000_000).await.unwrap();
                let track = attributes[ATTRIBUTE_PRECONNECT_TRACK_ID].clone();
                preconnect = Some((attributes, bytes));
                agent.caption("I was early.", &track, Some(identity)).await;
                agent.answer("You were.").await;
            }
            RoomEvent::TextStream { topic, mut reader, .. } if topic == TOPIC_CHAT => {
                let typed = reader.read_all(1_000).await.unwrap();
                agent.answer(&format!("You typed: {typed}")).await;
            }
            RoomEvent::ParticipantDisconnected { .. } => break,
            _ => {}
        }
    }
    agent.room.disconnect().await.unwrap();
    preconnect
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preconnect_audio_and_typed_turns_are_sent_and_measured() {
    let library = Assets::open().unwrap().path(Asset::LivekitFfi).expect("run `cargo xtask assets`");
    let connector = FfiConnector::load(&library).unwrap();
    let server = LivekitServer::start().await.unwrap();
    let (url, service) = token_service(JoinRoomResponse {
        token: server.token("ada", "studio"),
        room_name: RoomName::parse("studio").unwrap(),
        identity: "ada".into(),
        livekit_url: server.url(),
        avatar_invited: true,
        avatar_name: "AI Assistant".into(),
    })
    .await;
    let agent = tokio::spawn(serve(connector, server.url(), server.agent_token("agent-1", "studio")));
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("early.wav");
    let said = beep(150);
    write_stereo(&recording, &said, &said).unwrap();
    let plan = CallerPlan {
        patience: Duration::from_secs(20),
        heard_back: false,
        ..CallerPlan::new(url, "studio").preconnect(&recording).type_text("What now?").type_text("Thank you.")
    };
    let report = run(plan).await.unwrap();
    let (attributes, bytes) = agent.await.unwrap().expect("pre-connect audio came");
    service.await.unwrap();

    assert_eq!(report.outcome, Outcome::Answered, "{report:#?}");
    assert_eq!((attributes["sampleRate"].as_str(), attributes["channels"].as_str()), ("48000", "1"));
    assert_eq!(bytes.len(), 2 * said.len());
    assert_eq!(report.preconnect_heard.as_deref(), Some("I was early."));
    assert_eq!(report.greeting.as_ref().unwrap().answered, "You were.");
    for (turn, text) in report.turns.iter().zip(["What now?", "Thank you."]) {
        assert!(turn.typed, "{turn:?}");
        assert_eq!((turn.said.as_str(), turn.answered.as_str()), (text, format!("You typed: {text}").as_str()));
        // The stand-in answers at once: what is left is the way there and back.
        let (gap, caption) = (turn.gap_ms.unwrap(), turn.stages.first_caption_ms.unwrap());
        assert!((0.0..1500.0).contains(&gap) && (0.0..1500.0).contains(&caption), "gap {gap}, caption {caption}");
    }
}
