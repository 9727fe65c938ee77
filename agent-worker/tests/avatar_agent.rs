//! Our agent whose voice and face are another participant's: ours, livekit-agents', and ones that fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::result_large_err)]

mod avatars;

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use avatars::{AVATAR, AvatarProcess, Ear, Member, since, within};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proto::avatar::{
    ATTRIBUTE_FACE, ATTRIBUTE_FACE_REASON, FACE_AVATAR, FACE_LOCAL, METHOD_CLEAR_BUFFER, TOPIC_AUDIO_STREAM,
};
use proto::http::{JoinRoomRequest, JoinRoomResponse};
use proto::names::{ParticipantName, RoomName};
use proto::room::{
    ATTRIBUTE_PUBLISH_ON_BEHALF, ATTRIBUTE_SEGMENT_ID, PARTICIPANT_KIND_AGENT, TOPIC_CHAT, TOPIC_TRANSCRIPTION,
};
use room::{
    I420View, ParticipantKind, RoomEvent, TextOptions, TrackKind, VideoCodec, VideoPublishOptions, VideoPublisher,
};
use testkit::peer::PeerScript;
use testkit::stack::{Stack, StackOptions};
use testkit::stub_openai::{Plan, StubOpenAi, speech_seconds};

const KEY: &str = "test-key";
const GREETING: &str = "Hello, I am glad that you are here today.";
const REPLY: &str =
    "This is a long answer that goes on and on, so that there is time enough to say something over it, or to leave.";
const ROOM: &str = "theatre";
const STEP: Duration = Duration::from_secs(40);

/// A call with an agent that waits for its avatar.
struct Scene {
    user: Member,
    agent: String,
    stack: Stack,
    _persona: tempfile::TempPath,
    _stub: StubOpenAi,
}

impl Scene {
    async fn begin() -> Self {
        let stub = StubOpenAi::start(Plan::default().key(Some(KEY)).chat([REPLY])).unwrap();
        let mut persona = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        write!(
            persona,
            "name = \"Ava\"\ninstructions = \"Be kind.\"\ngreeting = \"{GREETING}\"\n\n\
             [face]\nprovider = \"avatar\"\nidentity = \"{AVATAR}\"\n\n[engines]\npreset = \"openai\"\n"
        )
        .unwrap();
        let persona = persona.into_temp_path();
        let options = StackOptions {
            arguments: vec!["--persona".into(), persona.to_str().unwrap().into()],
            environment: vec![
                ("OPENAI_BASE_URL".into(), stub.base_url()),
                ("OPENAI_API_KEY".into(), KEY.into()),
                ("RUST_LOG".into(), "info,agent_worker=debug".into()),
            ],
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
    async fn caption(&mut self) -> String {
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

    async fn type_text(&self, text: &str) {
        let options = TextOptions { topic: TOPIC_CHAT.into(), ..TextOptions::default() };
        self.user.room.send_text(text, options).await.unwrap();
    }

    async fn face_is(&mut self, face: &str) {
        let agent = self.agent.clone();
        self.user.attribute(&agent, ATTRIBUTE_FACE, face).await;
    }

    async fn face_is_local_because(&mut self, reason: &str) {
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
    async fn own_voice(&mut self) -> Ear {
        let agent = self.agent.clone();
        let (_, voice) = self.user.track(&agent, TrackKind::Audio).await;
        let ear = Ear::on(&voice);
        self.user.track(&agent, TrackKind::Video).await;
        ear
    }

    fn avatar_token(&self) -> String {
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
fn loud_seconds(text: &str) -> f64 {
    speech_seconds(text) * 0.75
}

/// Whether a speech came through whole: a 10 ms frame at either end of a pulse may count as loud, and jitter buffers stretch.
fn is_whole(heard: f64, text: &str) -> bool {
    let wanted = loud_seconds(text);
    (wanted * 0.93..wanted * 1.25 + 0.2).contains(&heard)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_agent_speaks_through_our_avatar_and_takes_over_when_that_leaves() {
    let mut scene = Scene::begin().await;
    let agent = scene.agent.clone();
    let avatar = AvatarProcess::start(&scene.stack.sfu, ROOM, &agent, AVATAR);
    let (_, voice) = scene.user.track(AVATAR, TrackKind::Audio).await;
    let ear = Ear::on(&voice);
    scene.face_is(FACE_AVATAR).await;

    assert_eq!(scene.caption().await, GREETING);
    let greeting = ear.silence().await;
    println!("greeting: {greeting:.2} s heard of {:.2} s", loud_seconds(GREETING));
    assert!(is_whole(greeting, GREETING), "{greeting} s of {} s\n{}", loud_seconds(GREETING), avatar.log());

    // Spoken over: the caption holds what was heard, and the next answer is whole.
    scene.type_text("One?").await;
    ear.hears(greeting + 1.0).await;
    scene.type_text("Two?").await;
    let cut = scene.caption().await;
    assert!(!cut.is_empty() && REPLY.starts_with(&cut) && cut.len() < REPLY.len(), "{cut:?}");
    assert_eq!(scene.caption().await, REPLY);
    ear.silence().await;
    let log = avatar.log();
    let told = log.lines().filter(|line| line.contains("playback_position")).collect::<Vec<_>>();
    println!("cut after {cut:?}\n{}", told.join("\n"));
    assert_eq!(told.len(), 3, "{log}");
    assert!(told[1].contains("\\\"interrupted\\\":true") || told[1].contains("\"interrupted\":true"), "{}", told[1]);

    // It leaves in mid-sentence: the agent's own voice goes on with the rest.
    let before = ear.seconds();
    scene.type_text("Three?").await;
    ear.hears(before + 1.5).await;
    let left = Instant::now();
    kill(Pid::from_raw(i32::try_from(avatar.pid().unwrap()).unwrap()), Signal::SIGTERM).unwrap();
    let own = scene.own_voice().await;
    println!("own voice and face published {} after the avatar was told to leave", since(left));
    own.hears(0.1).await;
    println!("own voice heard {} after the avatar was told to leave", since(left));
    scene.face_is_local_because("left").await;
    assert_eq!(scene.caption().await, REPLY);
    let (by_avatar, by_agent) = (ear.seconds() - before, own.silence().await);
    println!("{by_avatar:.2} s by the avatar and {by_agent:.2} s by the agent of {:.2} s", loud_seconds(REPLY));
    assert!(is_whole(by_avatar + by_agent, REPLY), "{by_avatar} + {by_agent} of {}", loud_seconds(REPLY));

    // The call goes on.
    scene.type_text("Four?").await;
    assert_eq!(scene.caption().await, REPLY);
}

/// An avatar that shows a picture, and of the protocol does only what the test does.
struct Puppet {
    member: Member,
    _picture: Box<dyn VideoPublisher>,
}

impl Puppet {
    async fn join(scene: &Scene) -> Self {
        let member = Member::join(&scene.stack.sfu.url(), &scene.avatar_token()).await;
        member.room.register_rpc(METHOD_CLEAR_BUFFER).unwrap();
        let options = VideoPublishOptions {
            name: "picture".into(),
            width: 64,
            height: 64,
            max_framerate: 5.0,
            max_bitrate: 100_000,
            codec: VideoCodec::Vp8,
            user_timestamps: false,
        };
        let picture = member.room.publish_video(options).await.unwrap();
        let (y, uv) = (vec![100; 64 * 64], vec![128; 32 * 32]);
        let view = I420View { width: 64, height: 64, y: &y, u: &uv, v: &uv, stride_y: 64, stride_uv: 32 };
        picture.capture(view, room::FrameStamp::default()).unwrap();
        Self { member, _picture: picture }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_avatar_that_never_tells_an_end_is_replaced_and_the_call_goes_on() {
    let mut scene = Scene::begin().await;
    let mut puppet = Puppet::join(&scene).await;
    scene.face_is(FACE_AVATAR).await;
    let mut voice = puppet
        .member
        .event("the agent speaks", |event| match event {
            RoomEvent::ByteStream { topic, reader, .. } if topic == TOPIC_AUDIO_STREAM => Ok(reader),
            event => Err(event),
        })
        .await;
    let sent = within("the segment ends", voice.read_all(1_000_000)).await.unwrap();
    let seconds = sent.len() as f64 / 48_000.0;
    assert!((seconds - speech_seconds(GREETING)).abs() < 0.1, "{seconds} s of {} s", speech_seconds(GREETING));
    scene.face_is_local_because("unresponsive").await;
    let own = scene.own_voice().await;
    assert_eq!(scene.caption().await, GREETING);
    scene.type_text("One?").await;
    assert_eq!(scene.caption().await, REPLY);
    let heard = own.silence().await;
    assert!(is_whole(heard, REPLY), "{heard} s of {} s", loud_seconds(REPLY));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_avatar_that_shows_no_picture_is_not_waited_for_for_ever() {
    let mut scene = Scene::begin().await;
    let _shy = Member::join(&scene.stack.sfu.url(), &scene.avatar_token()).await;
    scene.face_is_local_because("no_video").await;
    let own = scene.own_voice().await;
    assert_eq!(scene.caption().await, GREETING);
    own.hears(loud_seconds(GREETING) * 0.9).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_agent_speaks_through_the_avatar_of_livekit_agents() {
    if let Err(missing) = testkit::peer::python() {
        eprintln!("SKIPPED: {missing:#}");
        return;
    }
    let mut scene = Scene::begin().await;
    let (url, token, agent) = (scene.stack.sfu.url(), scene.avatar_token(), scene.agent.clone());
    let environment = [("LIVEKIT_URL", &*url), ("LIVEKIT_TOKEN", &token), ("AGENT_IDENTITY", &agent)];
    let mut peer = PeerScript::start("avatar_runner.py", &environment).unwrap();
    peer.event("ready", STEP).await.unwrap();
    let (_, voice) = scene.user.track(AVATAR, TrackKind::Audio).await;
    let ear = Arc::new(Ear::on(&voice));
    scene.face_is(FACE_AVATAR).await;

    let told = async |peer: &mut PeerScript| {
        let told = peer.event("told", STEP).await.unwrap();
        (told["position"].as_f64().unwrap(), told["interrupted"].as_bool().unwrap())
    };
    let received = peer.event("segment", STEP).await.unwrap()["seconds"].as_f64().unwrap();
    let (position, interrupted) = told(&mut peer).await;
    assert_eq!(scene.caption().await, GREETING);
    let heard = ear.silence().await;
    let spoken = speech_seconds(GREETING);
    println!("greeting of {spoken:.2} s: {received} s received, {position:.3} s told, {heard:.2} s loud heard");
    assert!((received - spoken).abs() < 0.1 && (position - spoken).abs() < 0.1 && !interrupted);

    scene.type_text("One?").await;
    ear.hears(heard + 1.0).await;
    scene.type_text("Two?").await;
    peer.event("clear", STEP).await.unwrap();
    let (position, interrupted) = told(&mut peer).await;
    let cut = scene.caption().await;
    println!("answer of {:.2} s interrupted: {position:.3} s told, caption {cut:?}", speech_seconds(REPLY));
    assert!(interrupted && position < speech_seconds(REPLY) / 2.0, "{position}");
    assert!(!cut.is_empty() && REPLY.starts_with(&cut) && cut.len() < REPLY.len(), "{cut:?}");

    let (position, interrupted) = told(&mut peer).await;
    assert_eq!(scene.caption().await, REPLY);
    println!("answer of {:.2} s: {position:.3} s told", speech_seconds(REPLY));
    assert!(!interrupted && (position - speech_seconds(REPLY)).abs() < 0.2, "{position}");
    assert!(!scene.stack.log().contains("avatar lost"), "{}", scene.stack.log());
}
