//! What goes wrong around the served app: each time it says so and offers a way on, and the way works.
//!
//! The workers of these stacks never come, so that no engine is needed.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::time::Duration;

use crate::browsing::{LONG, until, until_present};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proto::http::JoinRoomResponse;
use proto::names::RoomName;
use testkit::browser::app::{self, in_call, join, leave};
use testkit::browser::{Answer, Browser, BrowserOptions, Page, PageOptions, id};
use testkit::rooms::{Present, Rooms};
use testkit::stack::Stack;

/// How long the network is lost.
const LOST: Duration = Duration::from_secs(10);

struct Scene {
    stack: Stack,
    browser: Browser,
    page: Page,
    _folder: tempfile::TempDir,
}

/// The app's join screen, over a stack whose agents never come.
async fn scene(arguments: &[&str], browser: BrowserOptions) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let mut options = app::options_without_agents(folder.path()).unwrap();
    options.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let stack = Stack::start(options).await.unwrap();
    let browser = Browser::start(browser).await.unwrap();
    let page = browser.open(&stack.url(), PageOptions::default()).await.unwrap();
    Scene { stack, browser, page, _folder: folder }
}

fn sfu(scene: &Scene) -> Pid {
    Pid::from_raw(i32::try_from(scene.stack.sfu.pid().unwrap()).unwrap())
}

fn is_heard(present: &[Present]) -> bool {
    present.iter().any(|one| one.muted("MICROPHONE") == Some(false))
}

async fn says(page: &Page, pattern: &str) {
    let message = page.text(&id("error-message"), pattern, LONG).await.unwrap();
    println!("{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_down_fails_or_talks_nonsense_is_told_apart_and_tried_again() {
    let scene = scene(&[], BrowserOptions::default()).await;
    let page = &scene.page;
    let html = Answer::Response { status: 200, content_type: "text/html".into(), body: "<p>hello</p>".into() };
    let refused = r#"{"error":{"code":"invalid_request","message":"No such room today."}}"#;
    let failures = [
        (Answer::Unreachable, "cannot be reached"),
        (Answer::json(500, r#"{"error":{"code":"internal","message":"it broke"}}"#), "error 500|it broke"),
        (Answer::json(200, r#"{"hello":1}"#), "not the answer"),
        (Answer::json(200, "{"), "not the answer"),
        (html, "not the answer"),
        (Answer::json(400, refused), "No such room today"),
    ];
    for (answer, pattern) in failures {
        page.intercept("/join-room", &answer).await.unwrap();
        join(page, "den").await.unwrap();
        says(page, pattern).await;
        page.visible(&id("retry-button"), LONG).await.unwrap();
        page.click(&id("back-button")).await.unwrap();
        page.visible(&id("join-submit"), LONG).await.unwrap();
        page.let_through().await.unwrap();
    }
    // Nothing that was typed is lost, and trying again works once the server does.
    page.intercept("/join-room", &Answer::Unreachable).await.unwrap();
    page.click(&id("join-submit")).await.unwrap();
    says(page, "cannot be reached").await;
    page.let_through().await.unwrap();
    page.click(&id("retry-button")).await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
    let present = Rooms::of(&scene.stack.sfu).present("den").await.unwrap();
    assert_eq!(present.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Ada"]);
    leave(page).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_never_comes_or_cannot_be_had_is_said_and_can_be_invited_again() {
    let scene = scene(&["--max-workers", "1"], BrowserOptions::default()).await;
    let page = &scene.page;
    join(page, "den").await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
    page.attribute(&id("agent-state"), "data-agent-state", "coming", LONG).await.unwrap();
    says(page, "did not come").await;
    page.visible(&id("invite-again"), LONG).await.unwrap();

    // The only worker waits in that room: nobody is left for another one.
    let other = scene.browser.open(&scene.stack.url(), PageOptions::default()).await.unwrap();
    join(&other, "elsewhere").await.unwrap();
    in_call(&other, &scene.stack).await.unwrap();
    says(&other, "cannot come right now").await;
    other.visible(&id("invite-again"), LONG).await.unwrap();
    leave(&other).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_smallest_phone_the_line_to_write_in_and_the_buttons_are_always_on_screen() {
    let scene = scene(&[], BrowserOptions::default()).await;
    let page = &scene.page;
    join(page, "den").await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
    // The notice takes room too.
    says(page, "did not come").await;
    page.fill(&id("chat-input"), "half a").await.unwrap();
    let upright = [(320, 640), (390, 844)];
    for (width, height) in upright.into_iter().chain(upright.map(|(width, height)| (height, width))) {
        for text_scale in [1.0, 2.0] {
            page.appear(&PageOptions { width, height, text_scale, ..PageOptions::default() }).await.unwrap();
            for control in ["chat-input", "chat-send", "microphone-button", "camera-button", "leave-button"] {
                let whole = wholly_seen(control);
                // The layout follows the window a moment later.
                until(async || (control, page.evaluate(&whole).await.unwrap()), |(_, seen)| *seen == true).await;
            }
            let draft = page.look(&id("chat-input")).await.unwrap();
            assert_eq!(draft[0].text, "half a", "{width} x {height}");
        }
    }
}

/// Whether the middle of each edge of an element is in the window, and nothing hides it.
fn wholly_seen(test_id: &str) -> String {
    format!(
        "(() => {{ const element = document.querySelector({:?});
            const {{ left, right, top, bottom }} = element.getBoundingClientRect();
            const [x, y] = [(left + right) / 2, (top + bottom) / 2];
            return [[left + 1, y], [right - 1, y], [x, top + 1], [x, bottom - 1]]
                .every(([x, y]) => element.contains(document.elementFromPoint(x, y))); }})()",
        id(test_id)
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_is_taken_away_is_said_and_comes_back_and_who_is_thrown_out_may_rejoin() {
    let scene = scene(&[], BrowserOptions::default()).await;
    let (page, rooms) = (&scene.page, Rooms::of(&scene.stack.sfu));
    join(page, "den").await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
    let camera = |muted: bool| {
        until_present(&rooms, "den", move |present| {
            present.iter().any(|one| one.muted("CAMERA").unwrap_or(true) == muted)
        })
    };
    camera(false).await;
    assert_eq!(page.lose_camera().await.unwrap(), 1);
    says(page, "camera (is gone|could not be opened)").await;
    page.click(&id("camera-again")).await.unwrap();
    says(page, "camera could not be opened").await;
    page.give_camera_back().await.unwrap();
    page.click(&id("camera-again")).await.unwrap();
    page.gone(&id("camera-again"), LONG).await.unwrap();
    camera(false).await;

    let present = rooms.present("den").await.unwrap();
    rooms.remove("den", &present[0].identity).await.unwrap();
    says(page, "closed|removed").await;
    page.click(&id("retry-button")).await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
    let again = until_present(&rooms, "den", |present| present.len() == 1).await;
    assert_ne!(again[0].identity, present[0].identity);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_microphone_is_said_and_one_can_join_without_it() {
    let scene = scene(&[], BrowserOptions { permitted: false, ..BrowserOptions::default() }).await;
    let page = &scene.page;
    join(page, "den").await.unwrap();
    says(page, "not allowed").await;
    page.visible(&id("retry-button"), LONG).await.unwrap();
    page.click(&id("join-without-button")).await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
    let rooms = Rooms::of(&scene.stack.sfu);
    let present = until_present(&rooms, "den", |present| present.len() == 1).await;
    assert!(present[0].tracks.is_empty(), "{present:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_is_lost_for_ten_seconds_is_said_and_the_call_goes_on() {
    let scene = scene(&[], BrowserOptions::default()).await;
    let page = &scene.page;
    join(page, "den").await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
    let sfu = sfu(&scene);
    // The page's requests are cut off by the browser; what goes over UDP only by nobody taking it.
    page.offline(true).await.unwrap();
    kill(sfu, Signal::SIGSTOP).unwrap();
    let until = tokio::time::Instant::now() + LOST;
    let banner = page.visible(&id("reconnecting-banner"), LOST).await;
    // The network stays away for the whole time, however soon the page said so.
    tokio::time::sleep_until(until).await;
    kill(sfu, Signal::SIGCONT).unwrap();
    page.offline(false).await.unwrap();
    banner.unwrap();
    page.gone(&id("reconnecting-banner"), LONG).await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
    let rooms = Rooms::of(&scene.stack.sfu);
    until_present(&rooms, "den", is_heard).await;
    leave(page).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_microphone_that_opens_while_the_network_is_lost_is_heard_once_that_is_back() {
    let scene = scene(&[], BrowserOptions::default()).await;
    let page = &scene.page;
    page.visible(&id("join-submit"), LONG).await.unwrap();
    page.hold_microphone().await.unwrap();
    join(page, "den").await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
    let sfu = sfu(&scene);
    kill(sfu, Signal::SIGSTOP).unwrap();
    page.let_microphone_go().await.unwrap();
    // What is published meanwhile is given up by the client library after ten seconds (`RTCEngine.addTrack`). After fifteen it
    // would see that nobody negotiates, and try again by itself.
    tokio::time::sleep(LOST + Duration::from_secs(3)).await;
    kill(sfu, Signal::SIGCONT).unwrap();
    let rooms = Rooms::of(&scene.stack.sfu);
    until_present(&rooms, "den", is_heard).await;
    assert!(page.look(&id("microphone-again")).await.unwrap().is_empty());
    leave(page).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_expired_while_the_call_was_interrupted_is_said_and_rejoining_gets_another() {
    let mut scene = scene(&[], BrowserOptions::default()).await;
    let page = &scene.page;
    let answer = JoinRoomResponse {
        token: scene.stack.sfu.short_token("ada-1", "den", Duration::from_secs(15)),
        room_name: RoomName::parse("den").unwrap(),
        identity: "ada-1".into(),
        livekit_url: scene.stack.sfu.url(),
        avatar_invited: true,
        avatar_name: "AI Assistant".into(),
    };
    page.intercept("/join-room", &Answer::json(200, serde_json::to_string(&answer).unwrap())).await.unwrap();
    join(page, "den").await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
    scene.stack.sfu.kill();
    page.visible(&id("reconnecting-banner"), LONG).await.unwrap();
    page.text(&id("error-message"), "ran out|expired", Duration::from_secs(100)).await.unwrap();
    scene.stack.sfu.restart().await.unwrap();
    page.let_through().await.unwrap();
    page.click(&id("retry-button")).await.unwrap();
    in_call(page, &scene.stack).await.unwrap();
}
