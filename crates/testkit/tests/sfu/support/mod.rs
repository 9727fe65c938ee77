//! A stand-in for the agent that beeps instead of speaking, and a stand-in for the token service: what the scripted
//! caller's own test needs to know the truth about a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use proto::http::JoinRoomResponse;
use proto::room::*;
use room::{
    Attributes, AudioPublishOptions, ConnectOptions, FrameStamp, I420View, RemoteTrack, Room, RoomConnector, RoomEvent,
    RoomEvents, TextOptions, TrackKind, VideoCodec, VideoPublishOptions,
};
use testkit::measure::{EnergyGate, GateChange};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Samples in 10 ms.
pub const FRAME: usize = 480;
/// How long the stand-in's answers sound.
pub const ANSWER_FRAMES: usize = 250;
const SIDE: u32 = 128;

pub fn beep(from: usize, frames: usize) -> Vec<i16> {
    (from * FRAME..(from + frames) * FRAME).map(|n| (6000.0 * (n as f64 * 0.06).sin()) as i16).collect()
}

/// Answers one `POST /join-room` with a given token.
pub async fn token_service(answer: JoinRoomResponse) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            let mut part = [0; 1024];
            let read = stream.read(&mut part).await.unwrap();
            assert!(read > 0, "the request broke off");
            request.extend_from_slice(&part[..read]);
        }
        assert!(request.starts_with(b"POST /join-room "));
        let body = serde_json::to_string(&answer).unwrap();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
        stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).await.unwrap();
    });
    (url, task)
}

/// Joins, beeps a greeting, beeps an answer each time the caller fell silent, stops when spoken over.
/// `own_gaps_us` collects, per answer, the time from the caller's last sound as received to the answer's first frame.
pub async fn beeping_agent(connector: &dyn RoomConnector, url: &str, token: &str, own_gaps_us: Arc<[AtomicU64; 4]>) {
    let connection = connector.connect(url, token, ConnectOptions::default()).await.unwrap();
    let (room, mut events) = (connection.room, connection.events);
    let voice = AudioPublishOptions { name: "voice".into(), queue_ms: 0 };
    let voice = room.publish_audio(voice).await.unwrap();
    let face = VideoPublishOptions {
        name: "face".into(),
        width: SIDE,
        height: SIDE,
        max_framerate: 30.0,
        max_bitrate: 500_000,
        codec: VideoCodec::H264,
        simulcast: false,
        user_timestamps: false,
    };
    let face = room.publish_video(face).await.unwrap();
    state(room.as_ref(), AgentState::Listening).await;
    let (caller, track) = wait_for_microphone(&mut events).await;
    let mut sound = track.audio(48_000, 10, 100).unwrap();
    let mut gate = EnergyGate::new(9600);
    let mut position = 0_u64;
    let mut answers = 0;
    let (mut left, mut ended) = (ANSWER_FRAMES, None::<Instant>);
    state(room.as_ref(), AgentState::Speaking).await;
    let captions = caption_options("g", &voice.track_sid());
    room.send_text("Beep beep, hello.", captions).await.unwrap();
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    let mut frame = 0_usize;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(RoomEvent::ParticipantDisconnected { .. } | RoomEvent::Disconnected(_)) | None => break,
                Some(_) => {}
            },
            heard = sound.next() => {
                let Some(heard) = heard else { break };
                position += heard.samples.len() as u64;
                match gate.push(&heard.samples) {
                    Some(GateChange::Opened { .. }) if left > 0 => {
                        left = 0;
                        state(room.as_ref(), AgentState::Listening).await;
                    }
                    Some(GateChange::Closed { at }) => {
                        let ago = Duration::from_micros((position - at) * 1_000_000 / 48_000);
                        ended = Some(Instant::now() - ago);
                        let user = TextOptions { sender_identity: Some(caller.clone()), ..caption_options(&format!("u{answers}"), &track.sid()) };
                        room.send_text("a beep was heard", user).await.unwrap();
                        state(room.as_ref(), AgentState::Thinking).await;
                        state(room.as_ref(), AgentState::Speaking).await;
                        let own = caption_options(&format!("a{answers}"), &voice.track_sid());
                        room.send_text(&format!("Answer {answers}."), own).await.unwrap();
                        left = ANSWER_FRAMES;
                    }
                    Some(GateChange::Opened { .. }) | None => {}
                }
                continue;
            },
            _ = tick.tick() => {}
        }
        frame += 1;
        let speaking = left > 0;
        if let Some(ended) = ended.take() {
            own_gaps_us[answers].store(ended.elapsed().as_micros() as u64, Ordering::Relaxed);
            answers += 1;
        }
        let samples = if speaking { beep(ANSWER_FRAMES - left, 1) } else { vec![0; FRAME] };
        voice.capture(&samples).await.unwrap();
        if speaking {
            left -= 1;
            if left == 0 {
                state(room.as_ref(), AgentState::Listening).await;
            }
        }
        if frame.is_multiple_of(4) {
            let luma = picture(if speaking { frame } else { 0 });
            let chroma = vec![128; luma.len() / 4];
            let view = I420View {
                width: SIDE,
                height: SIDE,
                y: &luma,
                u: &chroma,
                v: &chroma,
                stride_y: SIDE,
                stride_uv: SIDE / 2,
            };
            face.capture(view, FrameStamp { timestamp_us: frame as i64 * 10_000, user_timestamp: None }).unwrap();
        }
    }
    room.disconnect().await.unwrap();
}

/// A grey face whose mouth opens and shuts with `phase`: dark inside, and smaller than the region where mouths are.
fn picture(phase: usize) -> Vec<u8> {
    let side = SIDE as usize;
    let mut luma = vec![150_u8; side * side];
    if phase / 8 % 2 == 1 {
        for row in side * 60 / 100..side * 70 / 100 {
            luma[row * side + side * 40 / 100..row * side + side * 60 / 100].fill(20);
        }
    }
    luma
}

async fn state(room: &dyn Room, state: AgentState) {
    room.set_attributes(Attributes::from([(ATTRIBUTE_AGENT_STATE.into(), state.to_string())])).await.unwrap();
}

fn caption_options(segment: &str, track: &str) -> TextOptions {
    let attributes = [
        (ATTRIBUTE_SEGMENT_ID, segment),
        (ATTRIBUTE_TRANSCRIBED_TRACK_ID, track),
        (ATTRIBUTE_TRANSCRIPTION_FINAL, TRUE),
    ];
    TextOptions {
        topic: TOPIC_TRANSCRIPTION.into(),
        attributes: attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        ..TextOptions::default()
    }
}

async fn wait_for_microphone(events: &mut RoomEvents) -> (String, Arc<dyn RemoteTrack>) {
    loop {
        if let RoomEvent::TrackSubscribed { identity, track, .. } = events.recv().await.unwrap()
            && track.kind() == TrackKind::Audio
        {
            return (identity, track);
        }
    }
}
