//! An end-of-turn policy of your own: who says "over" is answered at once, who does not has three seconds to go on.
//!
//! ```text
//!  RADIO ─> PolicyRegistry ─> Call: "Where are you over" ─> answered after 0.1 s, else after 3 s
//! ```

use std::time::Duration;

use dialogue::{BuildEndOfTurn, EndOfTurn, Evidence, PolicyRegistry, Registered, Settings};
use session::in_memory::{Call, CallOptions, ScriptedEngines};

#[derive(Debug)]
struct Radio;

impl EndOfTurn for Radio {
    fn silence_needed(&self, evidence: &Evidence<'_>) -> Option<Duration> {
        let is_over = evidence.words.trim_end_matches('.').ends_with("over");
        Some(if is_over { Duration::from_millis(100) } else { Duration::from_secs(3) })
    }
}

const RADIO: Registered<BuildEndOfTurn> =
    Registered { name: "radio", summary: "waits for `over`", build: |_| Box::new(Radio) };

/// How long the agent waits with its answer.
async fn gap(question: &str, answer: &str) -> Result<Duration, Box<dyn std::error::Error>> {
    let policies = Some(PolicyRegistry::builtin().with_end_of_turn(RADIO));
    let mut settings = Settings::default();
    settings.end_of_turn.policy = "radio".to_owned();
    let reply = answer.to_owned();
    let engines = ScriptedEngines::new(move |_| reply.clone());
    let mut call = Call::begin(&engines, CallOptions { settings, policies, ..CallOptions::default() })?;
    call.caller.join("ada").await;
    call.caller.say("ada", question).await;
    let asked = tokio::time::Instant::now();
    assert!(call.hears(answer).await, "{:?}", call.caller.log().all());
    Ok(asked.elapsed())
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (at_once, later) = (gap("Where are you over", "Here.").await?, gap("Where are you", "Here.").await?);
    println!("answered after {at_once:?} with the word, after {later:?} without it");
    assert!(later > at_once + Duration::from_secs(2));
    Ok(())
}
