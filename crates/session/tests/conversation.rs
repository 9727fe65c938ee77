//! Whole conversations on the transport in memory, in virtual time, without a native transport library.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use dialogue::{AgentState, EndReason, PolicyRegistry, Settings};
use face::{Character, DrawnFace};
use session::face::Portrayal;
use session::in_memory::{Call as InMemoryCall, CallOptions, ScriptedEngines, Told, spoken};
use session::ports::{Caption, PushToTalk};
use session::recording::{Recorder, replay_file};

const SECOND: Duration = Duration::from_secs(1);

/// A call under way.
struct Call {
    call: InMemoryCall,
    engines: ScriptedEngines,
    recording: tempfile::TempDir,
}

fn answer(question: &str) -> &'static str {
    match question {
        "What is the capital of France?" => "The capital of France is Paris, of course.",
        "Tell me a long story." => {
            "Once upon a time there was a king. He had a very large castle. In the castle lived a cat. The cat was old."
        }
        "Count to twelve." => "One. Two. Three. Four. Five. Six. Seven. Eight. Nine. Ten. Eleven. And that is twelve.",
        "No, stop that." => "All right, I am quiet.",
        "Hello there" | "Hello there my friend." => "[joy] Good day to you, my friend.",
        _ => "I do not know that.",
    }
}

fn begin(change: impl FnOnce(&mut Settings)) -> Call {
    let engines = ScriptedEngines::new(|messages| answer(&messages.last().unwrap().text()).to_owned());
    let mut settings = Settings { greeting: vec!["Hello, I am Joe.".into()], ..Settings::default() };
    change(&mut settings);
    let recording = tempfile::tempdir().unwrap();
    let recorder = Recorder::begin(recording.path(), &settings).unwrap();
    let character = Character::load(Character::names().next().unwrap()).unwrap();
    let renderer = Box::new(DrawnFace::new(&character, 64, 64).unwrap());
    let portrayal = Some(Portrayal { renderer, mood: None });
    let options = CallOptions { settings, portrayal, recorder: Some(recorder), ..CallOptions::default() };
    let call = InMemoryCall::begin(&engines, options).unwrap();
    Call { call, engines, recording }
}

impl Call {
    /// Waits until the agent was heard to say `words`.
    async fn hears(&self, words: &str) {
        assert!(self.call.hears(words).await, "{words:?} was not said: {:#?}", self.call.caller.log().all());
    }

    /// Everybody hangs up; the call must then end for that, and its recording must give the same again.
    async fn end(mut self) -> (Vec<(Duration, Told)>, serde_json::Value) {
        self.call.caller.leave("ada").await;
        let ended = self.call.ended().await.unwrap();
        assert_eq!(ended.reason, EndReason::EverybodyLeft);
        let file = self.recording.path().join("call.jsonl");
        let replayed = replay_file(&file, &PolicyRegistry::builtin()).unwrap_or_else(|error| panic!("{error}"));
        assert!(replayed.inputs > 10 && replayed.outputs > 10, "{replayed:?}");
        let report = std::fs::read_to_string(self.recording.path().join("report.json")).unwrap();
        (self.call.caller.log().all(), serde_json::from_str(&report).unwrap())
    }
}

fn states(told: &[(Duration, Told)]) -> Vec<AgentState> {
    let states = told.iter().filter_map(|(_, told)| match told {
        Told::State(state) => Some(*state),
        _ => None,
    });
    states.collect()
}

#[tokio::test(start_paused = true)]
async fn a_whole_conversation() {
    let mut call = begin(|_| {});
    call.call.caller.join("ada").await;

    // Greeting.
    call.hears("Hello, I am Joe.").await;

    // Question. The answer is made while the user's silence is still waited for, and captions follow what was heard.
    call.call.caller.say("ada", "What is the capital of France?").await;
    let asked = tokio::time::Instant::now();
    call.hears("The capital").await;
    let gap = asked.elapsed() - spoken("The capital");
    assert!(gap < Duration::from_millis(600), "{gap:?}");
    call.hears("Paris, of course.").await;
    assert_eq!(call.call.caller.log().users_said(), ["What is the capital of France?"]);

    // Barge-in: the story ends where it was interrupted, in the caption too.
    call.call.caller.say("ada", "Tell me a long story.").await;
    call.hears("Once upon a time").await;
    call.call.caller.say("ada", "No, stop that.").await;
    call.hears("I am quiet.").await;
    let said = call.call.caller.log().agent_said();
    assert!(said[2].starts_with("Once upon a time") && !said[2].contains("castle lived"), "{said:?}");

    // The face was seen all along.
    assert!(call.call.caller.log().pictures() > 100, "{} pictures", call.call.caller.log().pictures());
    let (told, report) = call.end().await;
    assert_eq!(report["counts"]["interruptions"], 1, "{report}");
    assert!(told.iter().any(|(_, told)| *told == Told::Cleared), "an interruption takes back what has not sounded");
    use AgentState::{Idle, Initializing, Listening, Speaking, Thinking};
    let seen = states(&told);
    assert_eq!(seen[0], Initializing);
    for state in [Idle, Listening, Thinking, Speaking] {
        assert!(seen.contains(&state), "{state:?}: {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_made_ahead_of_time_is_discarded_when_the_user_goes_on() {
    let mut call = begin(|settings| settings.greeting.clear());
    call.call.caller.join("ada").await;
    call.engines.set_turn_probability(0.5);
    call.call.caller.say("ada", "Hello there").await;
    // Silence long enough for a speculative answer, too short for the end of the turn.
    tokio::time::sleep(Duration::from_millis(300)).await;
    call.engines.set_turn_probability(0.95);
    call.call.caller.say("ada", "my friend.").await;
    call.hears("Good day to you, my friend.").await;
    assert_eq!(call.call.caller.log().users_said(), ["Hello there my friend."]);
    assert_eq!(call.call.caller.log().agent_said(), ["Good day to you, my friend."], "the tag is felt, not spoken");
    let report = call.end().await.1;
    assert_eq!(report["counts"]["speculations_discarded"], 1, "{report}");
    assert_eq!(report["counts"]["speculations_committed"], 1, "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_made_ahead_of_time_is_said_whole() {
    let mut call = begin(|settings| settings.greeting.clear());
    call.call.caller.join("ada").await;
    // All of its clauses are released at once.
    call.call.caller.say("ada", "Count to twelve.").await;
    call.hears("And that is twelve.").await;
    assert_eq!(call.call.caller.log().agent_said(), [answer("Count to twelve.")]);
    let report = call.end().await.1;
    assert_eq!(report["counts"]["speculations_committed"], 1, "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_cough_over_the_agent_is_a_false_interruption() {
    let mut call = begin(|_| {});
    call.call.caller.join("ada").await;
    call.hears("Hello, I am Joe.").await;
    call.call.caller.say("ada", "Tell me a long story.").await;
    call.hears("Once upon a time").await;
    call.call.caller.make_noise("ada", Duration::from_millis(400)).await;
    call.hears("The cat was old.").await;
    let said = call.call.caller.log().agent_said();
    assert_eq!(said[1], answer("Tell me a long story."), "nothing is lost or said twice");
    let (_, report) = call.end().await;
    assert_eq!(report["counts"]["false_interruptions"], 1, "{report}");
}

#[tokio::test(start_paused = true)]
async fn typed_words_are_answered_and_push_to_talk_ends_a_turn() {
    let mut call = begin(|settings| settings.end_of_turn.policy = "manual".into());
    call.call.caller.join("ada").await;
    call.hears("Hello, I am Joe.").await;
    call.call.caller.write("ada", "What is the capital of France?").await;
    call.hears("Paris, of course.").await;
    call.call.caller.push_to_talk("ada", PushToTalk::Start).await.unwrap();
    call.call.caller.say("ada", "Hello there").await;
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(call.call.caller.log().agent_said().len(), 2, "silence means nothing while the button is held");
    assert!(call.call.caller.push_to_talk("bob", PushToTalk::End).await.is_err(), "it is not bob's turn");
    call.call.caller.push_to_talk("ada", PushToTalk::End).await.unwrap();
    call.hears("Good day to you, my friend.").await;
    let finals = |told: &Told| matches!(told, Told::Caption(Caption::User { is_final: true, .. }));
    let (told, _) = call.end().await;
    assert_eq!(told.iter().filter(|(_, told)| finals(told)).count(), 1, "what is written has no caption");
}

#[tokio::test(start_paused = true)]
async fn a_question_written_while_the_user_before_leaves_is_answered() {
    let mut call = begin(|_| {});
    call.call.caller.join("ada").await;
    call.hears("Hello, I am Joe.").await;
    call.call.caller.join("bob").await;
    // The agent listens to ada for longer than bob's first words are kept.
    call.call.caller.write("bob", "Tell me a long story.").await;
    tokio::time::sleep(6 * SECOND).await;
    call.call.caller.write("bob", "What is the capital of France?").await;
    tokio::time::sleep(SECOND).await;
    assert_eq!(call.call.caller.log().agent_said(), ["Hello, I am Joe."], "it listens to ada");
    call.call.caller.leave("ada").await;
    call.hears("Paris, of course.").await;
    assert_eq!(call.call.caller.log().agent_said().len(), 2);
    call.call.caller.leave("bob").await;
    assert_eq!(call.call.ended().await.unwrap().reason, EndReason::EverybodyLeft);
}
