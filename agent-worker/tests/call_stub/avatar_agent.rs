//! Our agent whose voice and face are another participant's: ours, livekit-agents', and ones that fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::result_large_err)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::avatars::scene::{GREETING, Puppet, REPLY, ROOM, Scene, is_whole, loud_seconds};
use crate::avatars::{AVATAR, AvatarProcess, Ear, Member, since, within};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proto::avatar::FACE_AVATAR;
use room::TrackKind;
use testkit::peer::PeerScript;
use testkit::stub_openai::speech_seconds;

const STEP: Duration = Duration::from_secs(40);

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_avatar_that_never_tells_an_end_is_replaced_and_the_call_goes_on() {
    let mut scene = Scene::begin().await;
    let mut puppet = Puppet::join(&scene).await;
    scene.face_is(FACE_AVATAR).await;
    let mut voice = puppet.segment().await;
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
async fn an_avatar_that_does_not_say_where_it_was_cut_off_holds_up_nothing() {
    let mut scene = Scene::begin().await;
    let mut puppet = Puppet::join(&scene).await;
    let agent = scene.agent.clone();
    puppet.play(&agent).await;
    assert_eq!(scene.caption().await, GREETING);

    scene.type_text("One?").await;
    let mut cut = puppet.segment().await;
    puppet.tell_started(&agent).await;
    // More than the second that is sent ahead: the agent's clock runs.
    let mut bytes = 0;
    while bytes < 2 * 48_000 {
        bytes += within("more of the answer", cut.next()).await.unwrap().expect("it goes on").len();
    }
    scene.type_text("Two?").await;
    puppet.cleared().await;
    let caption = scene.caption().await;
    assert!(!caption.is_empty() && REPLY.starts_with(&caption) && caption.len() < REPLY.len(), "{caption:?}");

    let seconds = puppet.play(&agent).await;
    assert!((seconds - speech_seconds(REPLY)).abs() < 0.2, "{seconds} s of {} s", speech_seconds(REPLY));
    assert_eq!(scene.caption().await, REPLY);
    assert!(!scene.stack.whole_log().contains("avatar lost"), "{}", scene.stack.log());
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

    let (mut position, mut interrupted) = told(&mut peer).await;
    if position < 0.5 {
        // Its runner may tell a second end of what was cut off: our agent must not take it for the end of this answer.
        println!("the peer told a second end of what was cut off: {position:.3} s");
        (position, interrupted) = told(&mut peer).await;
    }
    assert_eq!(scene.caption().await, REPLY);
    println!("answer of {:.2} s: {position:.3} s told", speech_seconds(REPLY));
    assert!(!interrupted && (position - speech_seconds(REPLY)).abs() < 0.2, "{position}");
    assert!(!scene.stack.whole_log().contains("avatar lost"), "{}", scene.stack.log());
}
