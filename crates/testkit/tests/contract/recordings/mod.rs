//! Makes the recorded calls of `crates/dialogue/tests/recordings` anew, by real calls with the programs of this workspace:
//! `cargo test --workspace --test contract recordings -- --ignored --test-threads=1`, or with `recordings::NAME` only one of them.
//!
//! The calls are kept so that later versions must read and repeat them. They are to be made anew only for a new kind of call.

mod scene;
mod visitor;

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::caller::{self, CallerPlan, Narration, Utterance};
use testkit::rooms::Rooms;
use testkit::stub_openai::{Behaviour, Route};

use scene::{AVATAR, Scene, avatar_process, record};
use visitor::Visitor;

/// Long enough to be spoken over.
const LONG_REPLY: &str = "That is a long story. It begins in a small town by the sea, where a fisherman lived with his three \
                          daughters. Each of them wanted to see the world, and each went another way.";
const SHORT_REPLY: &str = "The capital of France is Paris.";
/// Silences that leave time to begin an answer before the turn is over.
const SLOW_TURNS: &str = "[turns]\nsilence_ms = 2000\nsilence_if_finished_ms = 2000\nsilence_if_unfinished_ms = 2000\n";
const QUESTION: &str = "What is the capital of France?";

fn plan(scene: &Scene) -> CallerPlan {
    CallerPlan { heard_back: false, ..CallerPlan::new(scene.stack.url(), "recorded") }
}

async fn call(scene: &Scene, plan: CallerPlan) {
    let report = caller::run(plan).await.unwrap_or_else(|error| panic!("{error}\n{}", scene.stack.log()));
    assert!(report.is_answered(), "{report:?}\n{}", scene.stack.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a recorded call anew"]
async fn plain_turn() {
    record("plain_turn", "\"turn_measured\"", || async {
        let scene = Scene::with_embedded_engines().await;
        call(&scene, plan(&scene).say(QUESTION)).await;
        scene
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a recorded call anew"]
async fn interruption() {
    record("interruption", "\"interrupted\"", || async {
        let scene = Scene::begin("", &[LONG_REPLY]).await;
        call(
            &scene,
            plan(&scene).say("Please tell me a story.").say("Stop, that is enough for today.").interrupting(1),
        )
        .await;
        scene
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a recorded call anew"]
async fn false_interruption() {
    record("false_interruption", "\"falsely_interrupted\"", || async {
        let scene = Scene::begin("", &[LONG_REPLY]).await;
        let listener = |text: &str| Utterance::Say(text.to_owned());
        let plan = plan(&scene)
            .say("Please tell me a story.")
            .back_channel(listener("Uh-huh."), Duration::from_millis(1500))
            .back_channel(listener("Right."), Duration::from_millis(5000));
        call(&scene, plan).await;
        scene
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a recorded call anew"]
async fn speculation_committed() {
    record("speculation_committed", "\"speculation\":\"committed\"", || async {
        let scene = Scene::begin(SLOW_TURNS, &[SHORT_REPLY]).await;
        call(&scene, plan(&scene).say(QUESTION)).await;
        scene
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a recorded call anew"]
async fn speculation_discarded() {
    record("speculation_discarded", "\"speculation\":\"discarded\"", || async {
        let scene = Scene::begin(SLOW_TURNS, &[SHORT_REPLY]).await;
        call(&scene, plan(&scene).say("I have a question for you. [1000] What is the capital of France?")).await;
        scene
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a recorded call anew"]
async fn push_to_talk() {
    record("push_to_talk", "\"turn_ended\"", || async {
        let scene = Scene::begin("[turns]\nend_of_turn = \"manual\"\n", &[SHORT_REPLY]).await;
        let plan = plan(&scene).push_to_talk().say("Tell me about London.").taken_back().say(QUESTION);
        call(&scene, plan).await;
        scene
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a recorded call anew"]
async fn typed_input() {
    record("typed_input", "\"typed\"", || async {
        let scene = Scene::begin("", &[LONG_REPLY]).await;
        call(&scene, plan(&scene).type_text("Please tell me a story.").type_text(QUESTION).interrupting(1)).await;
        scene
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a recorded call anew"]
async fn engine_failure() {
    record("engine_failure", "\"engine_failed\"", || async {
        let scene = Scene::begin("", &[SHORT_REPLY]).await;
        let plan = plan(&scene).type_text("One?").type_text("Two?").type_text("Three?");
        // The key is refused from the second question on.
        let mut narrate = |narration: Narration| {
            if matches!(narration, Narration::Answered { turn: 1, .. }) {
                scene.stub.set_outage(Route::Chat, Some(Behaviour::Status(401)));
            }
        };
        caller::run_narrated(plan, &mut narrate).await.unwrap();
        scene
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a recorded call anew"]
async fn two_users() {
    record("two_users", "\"link\"", || async {
        let scene = Scene::begin("", &[SHORT_REPLY]).await;
        let first = Visitor::join(&scene, "Ada").await;
        scene.until("\"voice_finished\"", 1).await;
        first.types(QUESTION).await;
        scene.until("\"voice_finished\"", 2).await;
        let second = Visitor::join(&scene, "Bob").await;
        scene.until("\"person_arrived\"", 2).await;
        first.leave().await;
        scene.until("\"link\"", 2).await;
        second.types(QUESTION).await;
        scene.until("\"voice_finished\"", 3).await;
        second.leave().await;
        scene
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a recorded call anew"]
async fn avatar() {
    let face = format!("[face]\nprovider = \"avatar\"\nidentity = \"{AVATAR}\"\n");
    record("avatar", "\"interrupted\"", || async {
        let scene = Scene::begin(&face, &[LONG_REPLY]).await;
        let user = Visitor::join(&scene, "Ada").await;
        let agent = loop {
            let present = Rooms::of(&scene.stack.sfu).present(visitor::ROOM).await.unwrap();
            if let Some(agent) = present.into_iter().find(|one| one.is_agent) {
                break agent.identity;
            }
            tokio::time::sleep(scene::POLL).await;
        };
        let mut avatar = avatar_process(&scene.stack.sfu, visitor::ROOM, &agent);
        scene.until("\"voice_finished\"", 1).await;
        // Cut off by the next question, whose answer then loses the avatar: the agent's own voice goes on.
        user.types("Please tell me a story.").await;
        scene.until("\"heard\"", 12).await;
        user.types("Another one, please.").await;
        scene.until("\"voice_started\"", 3).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        kill(Pid::from_raw(i32::try_from(avatar.id().unwrap()).unwrap()), Signal::SIGTERM).unwrap();
        scene.until("\"voice_finished\"", 2).await;
        user.leave().await;
        avatar.wait().await.unwrap();
        scene
    })
    .await;
}
