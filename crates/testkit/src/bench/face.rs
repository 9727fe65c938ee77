//! `face`: what the face costs, how smoothly it comes, and how well its lips fit the sound, all as received in a room.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use assets::KokoroVoice;
use proto::room::AgentState;

use super::phrases::{self, PHRASES};
use super::render::render_p95_ms;
use super::story::STORY;
use super::threads::{Sample, ThreadSampler, core_share};
use super::{Report, Row};
use crate::caller::{self, CallReport, CallerPlan, Narration, Utterance};
use crate::odd_sounds::silence;
use crate::process::children_named;
use crate::stack::{Stack, StackOptions};
use crate::stub_openai::{Plan, StubOpenAi};

/// What the agent says first: words whose p and b stand between vowels, and hold no other sound that stops the voice.
const PROBES: &str = "Papa, puppy, baby, bobby, poppy, hobby, ruby, rubber, upper, happy, paper, pepper, people, bubble, \
    rabbi, lobby, hippo, zebra.";
/// It is asked for by the stub and no secret.
const KEY: &str = "benchmark-key";
/// The face is watched while nothing is said for so long.
const STILL: Duration = Duration::from_secs(20);
/// After each change of state figures are left out for so long: the machine is still at the change itself.
const SETTLE: Duration = Duration::from_millis(1_000);
/// How long each answer sounds before it is spoken over; taken in turns. About three a minute.
const SPOKEN_OVER_AFTER: [Duration; 4] =
    [Duration::from_secs(14), Duration::from_secs(22), Duration::from_secs(9), Duration::from_secs(27)];
/// What is said over the answers, in turns; each provokes the next one.
const SPOKEN_OVER: [&str; 4] = [
    "Stop, wait a moment please. Start the story again.",
    "No, hold on. Can you begin from the start?",
    "Sorry, can I interrupt? Tell me the story once more.",
    "One second please. I missed that, start again.",
];
/// The longest single wait.
const PATIENCE: Duration = Duration::from_secs(90);
/// Threads of the worker that draw and encode: ours, and libwebrtc's.
const THREADS: [&str; 2] = ["face", "Encoder"];

/// Makes one call with `interruptions` interruptions, about three a minute, and reports.
///
/// # Errors
/// When the stack can't be started, or the call can't be made at all.
pub async fn face(interruptions: usize, progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let render = tokio::task::spawn_blocking(render_p95_ms).await.context("drawing")??;
    progress(format!("drawn without a room: {render:.2} ms a picture at p95"));
    let folder = tempfile::tempdir()?;
    let persona = folder.path().join("storyteller.toml");
    let mind = StubOpenAi::start(Plan::default().key(Some(KEY)).chat([STORY]))?;
    std::fs::write(&persona, reciter())?;
    let recordings = folder.path().join("recordings");
    std::fs::create_dir(&recordings)?;
    let arguments = vec!["--persona".to_owned(), persona.display().to_string()];
    let environment = vec![
        (proto::worker::ENV_RECORDINGS.to_owned(), recordings.display().to_string()),
        ("OPENAI_BASE_URL".to_owned(), mind.base_url()),
        ("OPENAI_API_KEY".to_owned(), KEY.to_owned()),
    ];
    let stack = Stack::start(StackOptions { arguments, environment, ..StackOptions::default() }).await?;
    let server = stack.server_pid();
    let sampler = ThreadSampler::start(
        move || server.and_then(|server| children_named(server, "agent-worker").ok()?.first().copied()),
        |name| THREADS.iter().any(|wanted| name.starts_with(wanted)),
    );
    let began: Arc<Mutex<Option<Instant>>> = Arc::default();
    let clock = began.clone();
    let plan = CallerPlan { recordings: Some(recordings), ..plan(&stack.url(), late_question()?, interruptions) };
    let report = caller::run_narrated(plan, &mut |narration| {
        if let Narration::Joined { after_ms, .. } = narration {
            let origin = Instant::now() - Duration::from_secs_f64(after_ms / 1e3);
            *clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(origin);
        }
    })
    .await;
    let samples = sampler.finish();
    let report = report?;
    let began = began.lock().unwrap_or_else(PoisonError::into_inner).context("the caller never joined")?;
    if let Some(sync) = report.face.as_ref().and_then(|face| face.sync.as_ref()) {
        progress(format!(
            "skew by tenths of the call: {:?} ms; {} of {} pictures judged",
            sync.by_tenths_ms, sync.judged, sync.stamped
        ));
    }
    Ok(Report::here("face", rows(&report, &samples, began, render)))
}

/// A persona that recites whatever it is asked: its mind is a stub, its ears and voice are the embedded ones.
fn reciter() -> String {
    format!(
        "name = \"Storyteller\"\ngreeting = \"{PROBES}\"\ninstructions = \"You recite a story.\"\n\n\
         [engines]\nllm = \"openai\"\nllm_model = \"stub\"\n"
    )
}

/// Silence, and then something to answer.
fn late_question() -> anyhow::Result<Utterance> {
    let Utterance::Clip { words, samples } = phrases::cut(PHRASES[0])? else {
        anyhow::bail!("a phrase is a clip");
    };
    Ok(Utterance::Clip { words, samples: Arc::new([silence(STILL).as_slice(), &samples].concat()) })
}

fn plan(server: &str, opening: Utterance, interruptions: usize) -> CallerPlan {
    let mut plan = CallerPlan {
        voice: KokoroVoice::AfHeart,
        patience: PATIENCE,
        heard_back: false,
        ..CallerPlan::new(server, "bench")
    };
    plan = plan.utter(opening);
    for index in 0..interruptions {
        plan = plan
            .interrupted_after(SPOKEN_OVER_AFTER[index % SPOKEN_OVER_AFTER.len()])
            .say(SPOKEN_OVER[index % SPOKEN_OVER.len()]);
    }
    plan
}

/// The stretches of the call in which the agent was in one of `states`.
fn stretches(report: &CallReport, began: Instant, states: &[AgentState]) -> Vec<(Instant, Instant)> {
    let at = |ms: f64| began + Duration::from_secs_f64(ms.max(0.0) / 1e3);
    let ends = report.states.iter().skip(1).map(|state| state.at_ms).chain([report.length_ms]);
    let whole = report.states.iter().zip(ends).filter(|(state, _)| states.contains(&state.state));
    whole.map(|(state, end)| (at(state.at_ms) + SETTLE, at(end))).filter(|(from, until)| from < until).collect()
}

fn rows(report: &CallReport, samples: &[Sample], began: Instant, render: f64) -> Vec<Row> {
    let share = |states: &[AgentState]| core_share(samples, &stretches(report, began, states));
    let face = report.face.as_ref();
    let sync = face.and_then(|face| face.sync.as_ref());
    let silences = report.interruptions.iter().filter(|one| one.silence_ms.is_some()).count();
    vec![
        Row::new("render_p95_ms", Some(render), "ms", Some(6.0)),
        Row::new("speaking_core_share", share(&[AgentState::Speaking]), "share", Some(0.20)),
        Row::new("idle_core_share", share(&[AgentState::Listening, AgentState::Idle]), "share", Some(0.08)),
        Row::new("fps_p5", face.and_then(|face| face.fps_p5), "frames/s", Some(25.0)),
        Row::new("fps_idle_p5", face.and_then(|face| face.fps_idle_p5), "frames/s", Some(15.0)),
        Row::new("first_frame_ms", face.and_then(|face| face.first_frame_ms), "ms", Some(300.0)),
        Row::new("skew_p1_ms", sync.and_then(|sync| sync.skew_p1_ms), "ms", Some(-60.0)),
        Row::new("skew_p50_ms", sync.and_then(|sync| sync.skew_p50_ms), "ms", None),
        Row::new("skew_p99_ms", sync.and_then(|sync| sync.skew_p99_ms), "ms", Some(40.0)),
        Row::new(
            "skew_of_lips_seen_ms",
            sync.and_then(|sync| Some(sync.sound_leads_lips_ms? - sync.drawn_ahead_ms?)),
            "ms",
            None,
        ),
        Row::new("lips_drawn_ahead_ms", sync.and_then(|sync| sync.drawn_ahead_ms).map(|ms| -ms), "ms", None),
        Row::new(
            "closures_seen_share",
            sync.filter(|sync| sync.closures_heard > 0)
                .map(|sync| sync.closures_seen as f64 / sync.closures_heard as f64),
            "share",
            Some(1.0),
        ),
        Row::new("closures_heard", sync.map(|sync| sync.closures_heard as f64), "closures", None),
        Row::new("pictures_judged", sync.map(|sync| sync.judged as f64), "frames", None),
        Row::new("interruptions", Some(silences as f64), "turns", None),
        Row::new("length_s", Some(report.length_ms / 1e3), "s", None),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn twenty_interruptions_fill_ten_minutes_of_a_plan_that_can_be_carried_out() {
        let plan = plan("http://127.0.0.1:1", Utterance::Typed("Please recite the story.".into()), 20);
        assert!(plan.check().is_ok());
        assert_eq!(plan.interrupt.len(), 20);
        let spoken: Duration = plan.interrupt.iter().filter_map(|one| one.after).sum();
        assert!(spoken > Duration::from_secs(300), "{spoken:?}");
    }
}
