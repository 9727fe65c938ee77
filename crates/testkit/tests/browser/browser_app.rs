//! The served app in a real browser, in whole calls: the real SFU, token server, worker and engines.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use crate::browsing::{LONG, Recording, question, until_gone, until_media, until_present};
use testkit::browser::app::{self, in_call, join, leave};
use testkit::browser::{Browser, BrowserOptions, Page, PageOptions, id};
use testkit::rooms::{Present, Rooms};
use testkit::stack::Stack;

/// The greeting is heard, the question is understood and answered, and all of it is on screen.
async fn converse(page: &Page, stack: &Stack) {
    let from = page.media().await.unwrap().now_ms();
    in_call(page, stack).await.unwrap();
    let greeting = page.text(&id("caption-agent"), r"\w+", LONG).await;
    let greeting = greeting.unwrap_or_else(|error| panic!("{error:#}\n{}", stack.log()));
    until_media(page, |media| media.since(from).audible_seconds() > 0.8).await;
    page.attribute(&id("agent-state"), "data-agent-state", "listening|thinking", LONG).await.unwrap();
    let heard = page.text(&id("caption-user"), "capital.* France", LONG).await;
    let heard = heard.unwrap_or_else(|error| panic!("{error:#}\n{}", stack.log()));
    let before = page.media().await.unwrap().now_ms();
    let answer = page.text(&id("caption-agent"), "Paris", LONG).await.unwrap();
    let media = until_media(page, |media| media.since(before).audible_seconds() > 0.8).await.since(from);
    let rate = media.frames_a_second_while_audible().unwrap();
    println!("greeting: {greeting}\nheard: {heard}\nanswer: {answer}");
    println!("{rate:.1} frames a second while it speaks, loudest {:.3}", media.loudest());
    assert!(rate >= 20.0, "the face moves too rarely while it speaks: {rate}\n{media:?}");
    page.visible(&format!("{} video", id("avatar-tile")), LONG).await.unwrap();
}

fn person(present: &[Present]) -> Option<&Present> {
    present.iter().find(|one| !one.is_agent)
}

/// Whether the only person's track of this source is muted, as everyone else in the room gets it.
async fn until_muted(rooms: &Rooms, room: &str, source: &str, muted: bool) {
    until_present(rooms, room, |present| person(present).and_then(|one| one.muted(source)) == Some(muted)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_app_holds_a_call_mutes_leaves_and_holds_a_second_one_right_after() {
    let recording = Recording::make(question(9));
    let stack = Stack::start(app::options().unwrap()).await.unwrap();
    let options = BrowserOptions { microphone: Some(recording.path.clone()), ..BrowserOptions::default() };
    let browser = Browser::start(options).await.unwrap();
    let page = browser.open(&stack.url(), PageOptions::default()).await.unwrap();
    let rooms = Rooms::of(&stack.sfu);

    join(&page, "first").await.unwrap();
    converse(&page, &stack).await;

    until_muted(&rooms, "first", "MICROPHONE", false).await;
    page.click(&id("microphone-button")).await.unwrap();
    until_muted(&rooms, "first", "MICROPHONE", true).await;
    page.click(&id("microphone-button")).await.unwrap();
    until_muted(&rooms, "first", "MICROPHONE", false).await;
    until_muted(&rooms, "first", "CAMERA", false).await;
    until_media(&page, |media| media.frames_sent() > 0.0).await;
    page.click(&id("camera-button")).await.unwrap();
    until_muted(&rooms, "first", "CAMERA", true).await;
    page.click(&id("camera-button")).await.unwrap();
    until_muted(&rooms, "first", "CAMERA", false).await;
    let from = page.media().await.unwrap().now_ms();
    until_media(&page, |media| media.since(from).frames_sent() > 3.0).await;

    leave(&page).await.unwrap();
    until_gone(&stack).await;

    // Again from the same page; the microphone plays from its start.
    join(&page, "second").await.unwrap();
    converse(&page, &stack).await;
    leave(&page).await.unwrap();
    until_gone(&stack).await;

    let console = page.console().await.unwrap();
    let blocked: Vec<_> = console.iter().filter(|line| line.contains("Content Security Policy")).collect();
    assert!(blocked.is_empty(), "{blocked:#?}");
    let uncaught: Vec<_> = console.iter().filter(|line| line.starts_with("uncaught")).collect();
    assert!(uncaught.is_empty(), "{uncaught:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_without_the_agent_writes_to_it_once_it_is_invited() {
    let stack = Stack::start(app::options().unwrap()).await.unwrap();
    let browser = Browser::start(BrowserOptions::default()).await.unwrap();
    let page =
        browser.open(&stack.url(), PageOptions { width: 390, height: 844, ..PageOptions::default() }).await.unwrap();
    for toggle in ["toggle-invite", "toggle-microphone", "toggle-camera"] {
        page.click(&id(toggle)).await.unwrap();
    }
    join(&page, "quiet").await.unwrap();
    in_call(&page, &stack).await.unwrap();
    page.attribute(&id("agent-state"), "data-agent-state", "absent", LONG).await.unwrap();
    assert_eq!(stack.workers().unwrap(), [] as [u32; 0]);
    page.click(&id("invite-button")).await.unwrap();
    page.text(&id("caption-agent"), r"\w+", LONG).await.unwrap_or_else(|error| panic!("{error:#}\n{}", stack.log()));
    page.fill(&id("chat-input"), "What is the capital of France?").await.unwrap();
    page.click(&id("chat-send")).await.unwrap();
    page.text(&id("caption-user"), "capital of France", LONG).await.unwrap();
    page.text(&id("caption-agent"), "Paris", LONG).await.unwrap();
    page.click(&id("details-button")).await.unwrap();
    page.visible(&id("details-sheet"), LONG).await.unwrap();
    page.click(&id("details-close")).await.unwrap();
    page.gone(&id("details-sheet"), LONG).await.unwrap();
    // A tab that is closed leaves too.
    page.close().await.unwrap();
    until_gone(&stack).await;
}
