//! A service that sends the avatar (Tavus, by a stub): whatever it does, the call goes on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use crate::avatars::scene::{GREETING, Puppet, REPLY, ROOM, Scene};
use crate::avatars::{Member, within};
use proto::avatar::{ATTRIBUTE_FACE, ATTRIBUTE_FACE_REASON, FACE_AVATAR, FACE_LOCAL};
use testkit::stub_tavus::{STUB_TAVUS_KEY, StubTavus};

const FACE: &str = "provider = \"tavus\"";

fn environment(tavus: &StubTavus) -> Vec<(String, String)> {
    [
        ("TAVUS_API_URL", tavus.url()),
        ("TAVUS_API_KEY", STUB_TAVUS_KEY.to_owned()),
        ("TAVUS_PERSONA_ID", "p1".to_owned()),
        ("TAVUS_REPLICA_ID", "r1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// The token that the service was given.
async fn token(tavus: &StubTavus) -> String {
    within("the service is asked", async {
        loop {
            if let Some(body) = tavus.created().last() {
                return body["properties"]["livekit_room_token"].as_str().unwrap().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

async fn is_ended(tavus: &StubTavus) {
    within("the service is told that it is over", async {
        while tavus.ended() == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!((tavus.ended(), tavus.violations()), (1, Vec::new()));
}

fn nothing_is_told_of_secrets(scene: &Scene, token: &str) {
    let log = scene.stack.whole_log();
    assert!(
        log.contains("avatar") && !log.contains(STUB_TAVUS_KEY) && !log.contains(token),
        "a secret is in the log:\n{log}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_refuses_is_asked_once_and_the_agent_speaks_itself() {
    let tavus = StubTavus::start(&[402]).await.unwrap();
    let mut scene = Scene::with_face(FACE, environment(&tavus)).await;
    assert_eq!(scene.caption().await, GREETING);
    scene.type_text("One?").await;
    assert_eq!(scene.caption().await, REPLY);
    assert_eq!((tavus.created().len(), tavus.ended()), (1, 0));
    let mut late = Member::join(&scene.stack.sfu.url(), &scene.stack.sfu.token("late", ROOM)).await;
    let seen = late.participant("the agent is seen", |info| info.identity == scene.agent).await.attributes;
    let of = |key: &str| seen.get(key).map(String::as_str);
    assert_eq!((of(ATTRIBUTE_FACE), of(ATTRIBUTE_FACE_REASON)), (Some(FACE_LOCAL), Some("refused")));
    assert!(scene.stack.whole_log().contains("\\\"reason\\\":\\\"refused"), "{}", scene.stack.whole_log());
    nothing_is_told_of_secrets(&scene, &token(&tavus).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_fails_once_is_asked_again_and_told_to_go_when_its_avatar_leaves() {
    let tavus = StubTavus::start(&[500]).await.unwrap();
    let mut scene = Scene::with_face(FACE, environment(&tavus)).await;
    let asked = within("the service is asked again", async {
        while tavus.created().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tavus.created()
    })
    .await;
    assert_eq!((asked[1]["pal_id"].as_str(), asked[1]["face_id"].as_str()), (Some("p1"), Some("r1")));
    // The avatar joins with the token that the service was given, and leaves in mid-sentence.
    let token = token(&tavus).await;
    let puppet = Puppet::join_with(&scene, &token).await;
    assert_eq!(puppet.member.room.local().identity, "tavus-avatar-agent");
    scene.face_is(FACE_AVATAR).await;
    puppet.member.room.disconnect().await.unwrap();
    scene.face_is_local_because("left").await;
    is_ended(&tavus).await;
    assert_eq!(scene.caption().await, GREETING);
    nothing_is_told_of_secrets(&scene, &token);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_whose_avatar_never_joins_is_told_to_go() {
    let tavus = StubTavus::start(&[]).await.unwrap();
    let mut scene = Scene::with_face(FACE, environment(&tavus)).await;
    scene.face_is_local_because("never_joined").await;
    is_ended(&tavus).await;
    assert_eq!(scene.caption().await, GREETING);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_told_to_go_when_the_call_is_over() {
    let tavus = StubTavus::start(&[]).await.unwrap();
    let mut scene = Scene::with_face(FACE, environment(&tavus)).await;
    let token = token(&tavus).await;
    let _puppet = Puppet::join_with(&scene, &token).await;
    scene.face_is(FACE_AVATAR).await;
    assert_eq!(tavus.ended(), 0);
    scene.user.room.disconnect().await.unwrap();
    is_ended(&tavus).await;
}
