//! Frontends that know nothing of Visavis, in a real browser: what LiveKit's starters and LiveKit Meet are made of. Their
//! pages come from another origin than the token server.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::time::Duration;

use crate::browsing::{LONG, Recording, question, until_gone};
use serde::Deserialize;
use testkit::browser::{Browser, BrowserOptions, Page, PageOptions, Script, id};
use testkit::rooms::Rooms;
use testkit::stack::{Stack, StackOptions};

/// When a page first saw something.
#[derive(Debug, Deserialize)]
struct Step {
    what: String,
    at_ms: f64,
}

async fn timeline(page: &Page) -> Vec<Step> {
    let seen = page.look(&id("session")).await.unwrap();
    serde_json::from_str(&seen[0].attributes["data-timeline"]).unwrap()
}

fn at(steps: &[Step], what: &str) -> f64 {
    steps.iter().find(|step| step.what == what).unwrap_or_else(|| panic!("never `{what}`: {steps:?}")).at_ms
}

async fn browser(recording: &Recording, loopback: bool) -> (Browser, String) {
    let options = BrowserOptions { microphone: Some(recording.path.clone()), loopback, permitted: true };
    let browser = Browser::start(options).await.unwrap();
    let origin = browser.serve_pages().await.unwrap();
    (browser, origin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_the_official_starters_listens_soon_and_talks() {
    let recording = Recording::make(question(6));
    // As in production: the LiveKit server reports joins, and somebody stands by.
    let options = StackOptions { webhook: true, standby: 1, ..StackOptions::default() };
    let stack = Stack::start(options).await.unwrap();
    let (browser, origin) = browser(&recording, true).await;
    let page = format!("{origin}/session?endpoint={}/token", stack.url());
    let page = browser.open(&page, PageOptions::default()).await.unwrap();
    let session = id("session");
    // The starters themselves give up after 20 s.
    let listening = page.attribute(&session, "data-agent-state", "listening|failed", Duration::from_secs(25)).await;
    assert_eq!(listening.unwrap(), "listening", "{}", stack.log());
    let steps = timeline(&page).await;
    let took = at(&steps, "agent listening") - at(&steps, "connection connected");
    println!("agent state `listening` {took:.0} ms after the join ({steps:?})");

    let greeting = page.text(&id("caption-agent"), r"\w+", LONG).await.unwrap();
    let heard = page.text(&id("caption-user"), "capital", LONG).await.unwrap();
    let answer = page.text(&id("caption-agent"), "Paris", LONG).await.unwrap();
    println!("greeting: {greeting}\nheard: {heard}\nanswer: {answer}");
    let media = page.media().await.unwrap();
    assert!(media.audible_seconds() > 1.0 && media.frames_decoded() > 20.0, "{media:?}");

    // Ending fetches another token: it must not bring anyone.
    page.click(&id("end")).await.unwrap();
    page.attribute(&session, "data-connection", "^disconnected$", LONG).await.unwrap();
    until_gone(&stack).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_said_before_the_agent_is_there_are_answered() {
    // Its first words may come before the browser records.
    let said = "Hello there, my friend. What is the capital of France?";
    let recording = Recording::make(Script::new().say(said).silence(120));
    // A busy browser may begin to record when all is said.
    let first = said_before_the_call(&recording).await;
    let (heard, answer) = match first {
        Ok(told) => told,
        Err(first) => {
            said_before_the_call(&recording).await.unwrap_or_else(|error| panic!("{error}\nand before: {first}"))
        }
    };
    println!("heard: {heard}\nanswer: {answer}");
}

/// What a session is heard to say that speaks from its first moment on, and the answer. The starters send what was said
/// before the agent came.
async fn said_before_the_call(recording: &Recording) -> Result<(String, String), String> {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let (browser, origin) = browser(recording, true).await;
    let page = format!("{origin}/session?endpoint={}/token&preconnect=true", stack.url());
    let page = browser.open(&page, PageOptions::default()).await.unwrap();
    let heard = page.text(&id("caption-user"), "capital", LONG / 2).await;
    let steps = timeline(&page).await;
    let console = page.console().await.unwrap();
    let console: Vec<_> = console.iter().filter(|line| line.contains("preconnect")).collect();
    let log = stack.whole_log();
    let log: Vec<_> = log.lines().filter(|line| line.contains("before the call")).collect();
    let heard = heard.map_err(|error| format!("{error:#}\n{steps:?}\n{console:#?}\n{log:#?}"))?;
    let answer = page.text(&id("caption-agent"), "Paris", LONG).await.map_err(|error| format!("{error:#}"))?;
    assert!(steps.iter().any(|step| step.what == "agent pre-connect-buffering"), "{steps:?}");
    Ok((heard, answer))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meet_shows_the_face_and_plays_the_voice_and_the_agent_stays_until_the_last_person_leaves() {
    let recording = Recording::make(Script::new().silence(300));
    // Over a real network interface, without the browser's exception for the loopback, where there is one.
    let interface = crate::browsing::interface();
    println!("media goes through {}", interface.as_deref().unwrap_or("the loopback: there is no other interface"));
    let options = StackOptions { interface: interface.clone(), ..StackOptions::default() };
    let stack = Stack::start(options).await.unwrap();
    let (browser, origin) = browser(&recording, interface.is_none()).await;
    let details = format!("{}/api/connection-details", stack.url());
    let address = |name: &str, camera: bool| {
        format!("{origin}/video-conference?details={details}&room=studio&name={name}&camera={camera}")
    };
    let mia = browser.open(&address("Mia", true), PageOptions::default()).await.unwrap();

    let video = r#".lk-participant-tile[data-lk-local-participant="false"] video"#;
    mia.visible(video, LONG).await.unwrap_or_else(|error| panic!("{error:#}\n{}", stack.log()));
    let greeted =
        crate::browsing::until_media(&mia, |media| media.audible_seconds() > 1.0 && media.frames_decoded() > 30.0);
    let media = greeted.await;
    let rate = media.frames_a_second_while_audible().unwrap();
    println!("{rate:.1} frames a second while it speaks");
    // Its microphone and its camera make one tile: no second, empty one for either.
    let tiles = mia.look(r#".lk-participant-tile[data-lk-local-participant="false"]"#).await.unwrap();
    let (shown, empty): (Vec<_>, Vec<_>) =
        tiles.iter().filter(|tile| tile.visible).partition(|tile| tile.attributes["data-lk-source"] == "camera");
    assert_eq!((shown.len(), empty.len()), (1, 0), "{tiles:#?}");
    let placeholder = r#".lk-participant-tile[data-lk-local-participant="false"] .lk-participant-placeholder"#;
    mia.gone(placeholder, LONG).await.unwrap();

    // A second person comes, and the first one leaves.
    let bob = browser.open(&address("Bob", false), PageOptions::default()).await.unwrap();
    bob.visible(video, LONG).await.unwrap();
    let workers = stack.workers().unwrap();
    assert_eq!(workers.len(), 1, "{}", stack.log());
    mia.click(".lk-disconnect-button").await.unwrap();
    let rooms = Rooms::of(&stack.sfu);
    crate::browsing::until_present(&rooms, "studio", |present| {
        present.len() == 2 && present.iter().any(|one| one.is_agent)
    })
    .await;
    let before = bob.media().await.unwrap();
    let from = before.now_ms();
    // It listens to who is left: Bob's face of it goes on, and it answers what he types.
    bob.click(".lk-chat-toggle").await.unwrap();
    bob.fill(".lk-chat-form-input", "What is the capital of France?").await.unwrap();
    bob.press("Enter").await.unwrap();
    let spoken = crate::browsing::until_media(&bob, |media| media.since(from).audible_seconds() > 0.3).await;
    println!("to Bob alone: {:.1} s heard", spoken.since(from).audible_seconds());
    assert_eq!(stack.workers().unwrap(), workers, "the same worker serves on");
    bob.click(".lk-disconnect-button").await.unwrap();
    until_gone(&stack).await;
}
