//! `agent-worker avatar`: another agent's voice, our face, by LiveKit's avatar protocol.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use crate::avatars::{
    AGENT, AVATAR, AvatarProcess, Ear, Member, ROOM, came_through, close, tone, voice_stream, within,
};
use proto::avatar::{ANSWER_OK, ANSWER_REJECT, METHOD_CLEAR_BUFFER, PlaybackFinished};
use proto::room::ATTRIBUTE_PUBLISH_ON_BEHALF;
use room::{Attributes, ParticipantKind, TrackKind, TrackSource};
use testkit::peer::PeerScript;
use testkit::sfu::LivekitServer;

const MONO: [(&str, &str); 2] = [("sample_rate", "24000"), ("num_channels", "1")];
/// What the peer's own steps may take.
const STEP: Duration = Duration::from_secs(40);

fn over(finished: Option<PlaybackFinished>) -> PlaybackFinished {
    finished.expect("the end of a segment, and it was a beginning")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_avatar_plays_what_its_agent_streams_and_tells_what_sounded() {
    let server = LivekitServer::start().await.unwrap();
    let mut agent = Member::join(&server.url(), &server.agent_token(AGENT, ROOM)).await;
    agent.offer_playback();
    let mut listener = Member::join(&server.url(), &server.token("ada", ROOM)).await;
    let mut avatar = AvatarProcess::start(&server, ROOM, AGENT, AVATAR);

    let shown = listener.participant("the avatar joins", |info| info.identity == AVATAR).await;
    assert_eq!(shown.kind, ParticipantKind::Agent);
    assert_eq!(shown.attributes.get(ATTRIBUTE_PUBLISH_ON_BEHALF).map(String::as_str), Some(AGENT));
    let (face, _) = listener.track(AVATAR, TrackKind::Video).await;
    assert_eq!(face.source, TrackSource::Camera);
    let (_, voice) = listener.track(AVATAR, TrackKind::Audio).await;
    let ear = Ear::on(&voice);

    // Odd pieces: samples are cut in two.
    agent.stream(&MONO, &tone(2.0, 24_000, 1), 4_801).await;
    assert_eq!(agent.playback().await, None, "it begins");
    let finished = over(agent.playback().await);
    assert!(!finished.interrupted && close(finished.playback_position, 2.0, 0.001), "{finished:?}");
    let heard = ear.silence().await;
    assert!(came_through(heard, 2.0), "2 s were sent and {heard} s heard");

    // Another rate, two channels; and right behind it a stream that can't be played, which is a segment of no length.
    agent.stream(&[("sample_rate", "44100"), ("num_channels", "2")], &tone(1.0, 44_100, 2), 9_999).await;
    agent.stream(&[("sample_rate", "1000000"), ("num_channels", "1")], &tone(1.0, 24_000, 1), 9_999).await;
    assert_eq!(agent.playback().await, None);
    let finished = over(agent.playback().await);
    assert!(!finished.interrupted && close(finished.playback_position, 1.0, 0.001), "{finished:?}");
    assert_eq!(over(agent.playback().await).playback_position, 0.0);
    assert!(came_through(ear.silence().await - heard, 1.0));

    // Nobody else's voice is played, and nobody else silences it.
    let mallory = Member::join(&server.url(), &server.agent_token("agent-mallory", ROOM)).await;
    mallory.stream(&MONO, &tone(1.0, 24_000, 1), 9_999).await;
    let before = ear.seconds();
    let mut writer = agent.room.open_bytes(voice_stream(&MONO)).await.unwrap();
    writer.write(&tone(10.0, 24_000, 1)).await.unwrap();
    assert_eq!(agent.playback().await, None);
    ear.hears(before + 0.5).await;
    assert_eq!(mallory.call(AVATAR, METHOD_CLEAR_BUFFER).await, ANSWER_REJECT);
    ear.hears(before + 1.5).await;
    assert_eq!(agent.call(AVATAR, METHOD_CLEAR_BUFFER).await, ANSWER_OK);
    let finished = over(agent.playback().await);
    let heard = ear.silence().await - before;
    assert!(finished.interrupted, "{finished:?}");
    assert!(close(finished.playback_position, heard, 0.4), "{heard} s were heard: {finished:?}");
    writer.close(Attributes::new()).await.unwrap();
    agent.stream(&MONO, &tone(0.5, 24_000, 1), 9_999).await;
    assert_eq!(agent.playback().await, None);
    assert!(close(over(agent.playback().await).playback_position, 0.5, 0.001));

    agent.room.disconnect().await.unwrap();
    assert_eq!(avatar.ended().await, 0, "{}", avatar.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stock_livekit_agents_session_speaks_through_our_avatar() {
    if let Err(missing) = testkit::peer::python() {
        eprintln!("SKIPPED: {missing:#}");
        return;
    }
    let server = LivekitServer::start().await.unwrap();
    let mut listener = Member::join(&server.url(), &server.token("ada", ROOM)).await;
    let avatar = AvatarProcess::start(&server, ROOM, AGENT, AVATAR);
    let (_, voice) = listener.track(AVATAR, TrackKind::Audio).await;
    let ear = Ear::on(&voice);
    let token = server.agent_token(AGENT, ROOM);
    let environment = [("LIVEKIT_URL", &*server.url()), ("LIVEKIT_TOKEN", &token), ("AVATAR_IDENTITY", AVATAR)];
    let mut peer = PeerScript::start("avatar_agent.py", &environment).unwrap();
    let finished = async |peer: &mut PeerScript| {
        let told = peer.event("finished", STEP).await.unwrap_or_else(|error| panic!("{error:#}\n{}", avatar.log()));
        (told["position"].as_f64().unwrap(), told["interrupted"].as_bool().unwrap())
    };

    peer.event("started", STEP).await.unwrap_or_else(|error| panic!("{error:#}\n{}", avatar.log()));
    let (position, interrupted) = finished(&mut peer).await;
    let first = ear.silence().await;
    println!("2 s said: {position} s told, {first:.2} s heard");
    assert!(!interrupted && close(position, 2.0, 0.001) && came_through(first, 2.0), "{position} s, {first} s heard");

    peer.event("interrupting", STEP).await.unwrap();
    let at_interruption = ear.seconds();
    let (position, interrupted) = finished(&mut peer).await;
    let second = within("silence", ear.silence()).await;
    println!(
        "10 s said, interrupted after 1.5 s: {position:.3} s told, {:.2} s heard, {:.2} s of it after the interruption",
        second - first,
        second - at_interruption
    );
    assert!(interrupted && position < 4.0, "{position} s");
    assert!(close(position, second - first, 0.4), "{position} s told, {} s heard", second - first);

    peer.event("started", STEP).await.unwrap();
    let (position, interrupted) = finished(&mut peer).await;
    let third = ear.silence().await - second;
    println!("1 s said: {position} s told, {third:.2} s heard");
    assert!(!interrupted && close(position, 1.0, 0.001) && came_through(third, 1.0), "{position} s, {third} s heard");
    peer.event("done", STEP).await.unwrap();
}
