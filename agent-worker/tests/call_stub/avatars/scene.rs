//! Whole calls with an agent whose voice and face are to be another participant's, over a real SFU and stub engines.

use std::io::Write as _;

use proto::avatar::{
    ANSWER_OK, ATTRIBUTE_FACE, ATTRIBUTE_FACE_REASON, FACE_LOCAL, METHOD_CLEAR_BUFFER, METHOD_PLAYBACK_FINISHED,
    METHOD_PLAYBACK_STARTED, TOPIC_AUDIO_STREAM,
};
use proto::http::{JoinRoomRequest, JoinRoomResponse};
use proto::names::{ParticipantName, RoomName};
use proto::room::{
    ATTRIBUTE_PUBLISH_ON_BEHALF, ATTRIBUTE_SEGMENT_ID, PARTICIPANT_KIND_AGENT, TOPIC_CHAT, TOPIC_TRANSCRIPTION,
};
use room::{
    ByteReader, I420View, ParticipantKind, RoomEvent, TextOptions, TrackKind, VideoCodec, VideoPublishOptions,
    VideoPublisher,
};
use testkit::stack::{Stack, StackOptions};
use testkit::stub_openai::{Plan, StubOpenAi, speech_seconds};

use super::{AVATAR, Ear, Member, within};

pub const KEY: &str = "test-key";
pub const GREETING: &str = "Hello, I am glad that you are here today.";
pub const REPLY: &str =
    "This is a long answer that goes on and on, so that there is time enough to say something over it, or to leave.";
pub const ROOM: &str = "theatre";
/// A call with an agent that waits for its avatar.
pub struct Scene {
    pub user: Member,
    pub agent: String,
    pub stack: Stack,
    _persona: tempfile::TempPath,
    _stub: StubOpenAi,
}

impl Drop for Scene {
    /// A test that fails waits in vain for something in the room; why is in the log.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.stack.log());
        }
    }
}

impl Scene {
    pub async fn begin() -> Self {
        Self::with_face(&format!("provider = \"avatar\"\nidentity = \"{AVATAR}\""), Vec::new()).await
    }

    /// With these keys of `[face]`, and this in the environment.
    pub async fn with_face(face: &str, more_environment: Vec<(String, String)>) -> Self {
        let stub = StubOpenAi::start(Plan::default().key(Some(KEY)).chat([REPLY])).unwrap();
        let mut persona = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        write!(
            persona,
            "name = \"Ava\"\ninstructions = \"Be kind.\"\ngreeting = \"{GREETING}\"\n\n\
             [face]\n{face}\n\n[engines]\npreset = \"openai\"\n"
        )
        .unwrap();
        let persona = persona.into_temp_path();
        let options = StackOptions {
            arguments: vec!["--persona".into(), persona.to_str().unwrap().into()],
            environment: [
                ("OPENAI_BASE_URL".into(), stub.base_url()),
                ("OPENAI_API_KEY".into(), KEY.into()),
                (
                    "RUST_LOG".into(),
                    "info,agent_worker=debug,avatars=debug,session=debug,transport_livekit=debug".into(),
                ),
            ]
            .into_iter()
            .chain(more_environment)
            .collect(),
            ..StackOptions::default()
        };
        let stack = Stack::start(options).await.unwrap();
        let request = JoinRoomRequest::new(RoomName::parse(ROOM).unwrap(), ParticipantName::parse("Ada").unwrap());
        let url = stack.join_url();
        let joined: JoinRoomResponse = tokio::task::spawn_blocking(move || {
            let answer = ureq::post(&url).config().proxy(None).build().send_json(request);
            answer.unwrap().body_mut().read_json().unwrap()
        })
        .await
        .unwrap();
        let mut user = Member::join(&joined.livekit_url, &joined.token).await;
        let agent = user.participant("the agent joins", |info| info.kind == ParticipantKind::Agent).await.identity;
        Self { user, agent, stack, _persona: persona, _stub: stub }
    }

    /// The next caption of the agent's, when it is complete.
    pub async fn caption(&mut self) -> String {
        let agent = self.agent.clone();
        let mut reader = self
            .user
            .event("a caption of the agent's", |event| match event {
                RoomEvent::TextStream { identity, topic, attributes, reader }
                    if identity == agent
                        && topic == TOPIC_TRANSCRIPTION
                        && attributes.get(ATTRIBUTE_SEGMENT_ID).is_some_and(|id| id.contains("-agent-")) =>
                {
                    Ok(reader)
                }
                event => Err(event),
            })
            .await;
        within("the caption is complete", reader.read_all(10_000)).await.unwrap().trim().to_owned()
    }

    pub async fn type_text(&self, text: &str) {
        let options = TextOptions { topic: TOPIC_CHAT.into(), ..TextOptions::default() };
        self.user.room.send_text(text, options).await.unwrap();
    }

    pub async fn face_is(&mut self, face: &str) {
        let agent = self.agent.clone();
        self.user.attribute(&agent, ATTRIBUTE_FACE, face).await;
    }

    pub async fn face_is_local_because(&mut self, reason: &str) {
        let agent = self.agent.clone();
        self.user
            .event("the agent says why it shows its own face", |event| match event {
                RoomEvent::AttributesChanged { identity, changed }
                    if identity == agent && changed.get(ATTRIBUTE_FACE).is_some_and(|face| face == FACE_LOCAL) =>
                {
                    assert_eq!(changed.get(ATTRIBUTE_FACE_REASON).map(String::as_str), Some(reason));
                    Ok(())
                }
                event => Err(event),
            })
            .await;
    }

    /// The agent's own voice, once it is published; and its face must be, too.
    pub async fn own_voice(&mut self) -> Ear {
        let agent = self.agent.clone();
        let (_, voice) = self.user.track(&agent, TrackKind::Audio).await;
        let ear = Ear::on(&voice);
        self.user.track(&agent, TrackKind::Video).await;
        ear
    }

    pub fn avatar_token(&self) -> String {
        let key =
            livekit_api::access_token::AccessToken::with_api_key(self.stack.sfu.api_key(), self.stack.sfu.api_secret());
        let grants = livekit_api::access_token::VideoGrants {
            room_join: true,
            room: ROOM.into(),
            can_publish: Some(true),
            can_subscribe: Some(true),
            can_publish_data: Some(true),
            ..Default::default()
        };
        key.with_identity(AVATAR)
            .with_kind(PARTICIPANT_KIND_AGENT)
            .with_attributes([(ATTRIBUTE_PUBLISH_ON_BEHALF, self.agent.as_str())])
            .with_grants(grants)
            .to_jwt()
            .unwrap()
    }
}

/// Seconds of a text in which the stub's voice is loud: 150 of each 200 ms.
pub fn loud_seconds(text: &str) -> f64 {
    speech_seconds(text) * 0.75
}

/// Whether a speech came through whole: a 10 ms frame at either end of a pulse may count as loud, and jitter buffers stretch.
pub fn is_whole(heard: f64, text: &str) -> bool {
    let wanted = loud_seconds(text);
    (wanted * 0.93..wanted * 1.25 + 0.2).contains(&heard)
}

/// An avatar that shows a picture, and of the protocol does only what the test does.
pub struct Puppet {
    pub member: Member,
    _picture: Box<dyn VideoPublisher>,
}

impl Puppet {
    pub async fn join(scene: &Scene) -> Self {
        Self::join_with(scene, &scene.avatar_token()).await
    }

    pub async fn join_with(scene: &Scene, token: &str) -> Self {
        let member = Member::join(&scene.stack.sfu.url(), token).await;
        member.room.register_rpc(METHOD_CLEAR_BUFFER).unwrap();
        let options = VideoPublishOptions {
            name: "picture".into(),
            width: 64,
            height: 64,
            max_framerate: 5.0,
            max_bitrate: 100_000,
            codec: VideoCodec::Vp8,
            simulcast: false,
            user_timestamps: false,
        };
        let picture = member.room.publish_video(options).await.unwrap();
        let (y, uv) = (vec![100; 64 * 64], vec![128; 32 * 32]);
        let view = I420View { width: 64, height: 64, y: &y, u: &uv, v: &uv, stride_y: 64, stride_uv: 32 };
        picture.capture(view, room::FrameStamp::default()).unwrap();
        Self { member, _picture: picture }
    }

    /// The next segment of the agent's.
    pub async fn segment(&mut self) -> Box<dyn ByteReader> {
        self.member
            .event("the agent speaks", |event| match event {
                RoomEvent::ByteStream { topic, reader, .. } if topic == TOPIC_AUDIO_STREAM => Ok(reader),
                event => Err(event),
            })
            .await
    }

    /// Is told to be silent, and says that it is.
    pub async fn cleared(&mut self) {
        self.member
            .event("the avatar is told to be silent", |event| match event {
                RoomEvent::RpcInvocation { method, responder, .. } if method == METHOD_CLEAR_BUFFER => {
                    responder.respond(Ok(ANSWER_OK.into())).unwrap();
                    Ok(())
                }
                event => Err(event),
            })
            .await;
    }

    pub async fn tell_started(&self, agent: &str) {
        assert_eq!(self.member.call(agent, METHOD_PLAYBACK_STARTED).await, ANSWER_OK);
    }

    pub async fn tell_finished(&self, agent: &str, seconds: f64) {
        let payload =
            format!(r#"{{"playback_position":{seconds},"interrupted":false,"synchronized_transcript":null}}"#);
        assert_eq!(self.member.call_with(agent, METHOD_PLAYBACK_FINISHED, &payload).await, ANSWER_OK);
    }

    /// Takes a whole segment, as an avatar that plays it in no time. The seconds of it.
    pub async fn play(&mut self, agent: &str) -> f64 {
        let mut voice = self.segment().await;
        self.tell_started(agent).await;
        let seconds = within("the segment ends", voice.read_all(1_000_000)).await.unwrap().len() as f64 / 48_000.0;
        self.tell_finished(agent, seconds).await;
        seconds
    }
}
