//! A call with a face to look at: an agent that recites whatever it is asked, and a caller that watches it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use assets::KokoroVoice;
use proto::room::AgentState;

use super::story::LONG_STORY;
use super::threads::{Sample, ThreadSampler, core_share};
use super::usage::pss_mib;
use crate::caller::{self, CallReport, CallerPlan, Narration, Utterance};
use crate::process::children_named;
use crate::speaker::Speaker;
use crate::stack::{Stack, StackOptions};
use crate::stub_openai::{Plan, StubOpenAi};

/// It is asked for by the stub and no secret.
const KEY: &str = "benchmark-key";
/// After each change of state figures are left out for so long: the machine is still at the change itself.
const SETTLE: Duration = Duration::from_millis(1_000);
/// The longest single wait.
const PATIENCE: Duration = Duration::from_secs(90);
/// Threads of the worker that draw and encode: ours, and libwebrtc's (`VideoEncoderQueue`, cut to 15 characters by the kernel).
const THREADS: [&str; 2] = ["face", "Encoder"];
/// How long each answer sounds before it is spoken over; taken in turns. About two a minute. One after the other they end in the
/// first, second and last third of a picture's 39 ms: the wait for the next picture would else decide when a mouth is seen shut.
const SPOKEN_OVER_AFTER: [Duration; 3] =
    [Duration::from_millis(20_007), Duration::from_millis(30_004), Duration::from_millis(38_012)];
/// What is said over the answers, in turns; each provokes the next one.
const SPOKEN_OVER: [&str; 4] = [
    "Stop, wait a moment please. Start the story again.",
    "No, hold on. Can you begin from the start?",
    "Sorry, can I interrupt? Tell me the story once more.",
    "One second please. I missed that, start again.",
];
/// How often the worker's memory is looked at.
const MEMORY_EVERY: Duration = Duration::from_secs(5);

/// Everything that such a call needs; ended when dropped.
pub(super) struct FaceCall {
    pub(super) stack: Stack,
    recordings: PathBuf,
    _mind: StubOpenAi,
    _folder: tempfile::TempDir,
}

/// What was seen and heard of a call.
pub(super) struct Watched {
    pub(super) report: CallReport,
    pub(super) began: Instant,
    threads: Vec<Sample>,
    /// The worker's memory (PSS, MiB), by the time since it was first seen.
    pub(super) memory: Vec<(Duration, f64)>,
}

impl FaceCall {
    /// An agent that greets with `greeting` and recites a long story whatever it is asked: its mind is a stub, its ears and its
    /// voice are the embedded ones.
    pub(super) async fn start(greeting: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let persona = folder.path().join("storyteller.toml");
        let mind = StubOpenAi::start(Plan::default().key(Some(KEY)).chat([LONG_STORY]))?;
        let reciter = format!(
            "name = \"Storyteller\"\ngreeting = \"{greeting}\"\ninstructions = \"You recite a story.\"\n\n\
             [engines]\nllm = \"openai\"\nllm_model = \"stub\"\n"
        );
        std::fs::write(&persona, reciter)?;
        let recordings = folder.path().join("recordings");
        std::fs::create_dir(&recordings)?;
        let arguments = vec!["--persona".to_owned(), persona.display().to_string()];
        let environment = vec![
            (proto::worker::ENV_RECORDINGS.to_owned(), recordings.display().to_string()),
            ("OPENAI_BASE_URL".to_owned(), mind.base_url()),
            ("OPENAI_API_KEY".to_owned(), KEY.to_owned()),
        ];
        let stack = Stack::start(StackOptions { arguments, environment, ..StackOptions::default() }).await?;
        Ok(Self { stack, recordings, _mind: mind, _folder: folder })
    }

    /// A plan that says nothing yet.
    pub(super) fn plan(&self) -> CallerPlan {
        CallerPlan {
            voice: KokoroVoice::AfHeart.into(),
            patience: PATIENCE,
            heard_back: false,
            recordings: Some(self.recordings.clone()),
            ..CallerPlan::new(self.stack.url(), "bench")
        }
    }

    /// Makes the call. `joined` is told when the caller is in the room, with the start of the call's clock.
    pub(super) async fn make(
        &self,
        plan: CallerPlan,
        joined: &mut (dyn FnMut(Instant) + Send),
    ) -> anyhow::Result<Watched> {
        let server = self.stack.server_pid();
        let find = move || server.and_then(|server| children_named(server, "agent-worker").ok()?.first().copied());
        let threads = ThreadSampler::start(find, |name| THREADS.iter().any(|wanted| name.contains(wanted)));
        let memory = MemorySampler::start(find);
        let mut began = None;
        let report = caller::run_narrated(plan, &mut |narration| {
            if let Narration::Joined { after_ms, .. } = narration {
                let origin = Instant::now() - Duration::from_secs_f64(after_ms / 1e3);
                began = Some(origin);
                joined(origin);
            }
        })
        .await;
        let (threads, memory) = (threads.finish(), memory.finish());
        Ok(Watched { report: report?, began: began.context("the caller never joined")?, threads, memory })
    }
}

/// Adds so many interruptions to a plan, each over the answer to the turn before it. Blocking: it synthesises.
pub(super) fn interrupted(mut plan: CallerPlan, interruptions: usize) -> anyhow::Result<CallerPlan> {
    let said = spoken(&SPOKEN_OVER, plan.voice)?;
    for index in 0..interruptions {
        let (over, after) = (said[index % said.len()].clone(), SPOKEN_OVER_AFTER[index % SPOKEN_OVER_AFTER.len()]);
        plan = plan.interrupted_after(after).utter(over);
    }
    Ok(plan)
}

/// Texts as sound: said often, made once.
fn spoken(texts: &[&str], voice: Speaker) -> anyhow::Result<Vec<Utterance>> {
    let mut mouth = voice.open()?;
    let mut say = |text: &&str| Ok(Utterance::Clip { words: (*text).to_owned(), samples: Arc::new(mouth.say(text)?) });
    texts.iter().map(&mut say).collect()
}

impl Watched {
    /// The share of a core that drawing and encoding took while the agent was in one of `states`.
    pub(super) fn core_share(&self, states: &[AgentState]) -> Option<f64> {
        core_share(&self.threads, &self.stretches(states))
    }

    /// The stretches of the call in which the agent was in one of `states`.
    fn stretches(&self, states: &[AgentState]) -> Vec<(Instant, Instant)> {
        let at = |ms: f64| self.began + Duration::from_secs_f64(ms.max(0.0) / 1e3);
        let report = &self.report;
        let ends = report.states.iter().skip(1).map(|state| state.at_ms).chain([report.length_ms]);
        let whole = report.states.iter().zip(ends).filter(|(state, _)| states.contains(&state.state));
        whole.map(|(state, end)| (at(state.at_ms) + SETTLE, at(end))).filter(|(from, until)| from < until).collect()
    }
}

/// Watches a process's memory until it is stopped.
struct MemorySampler {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<(Duration, f64)>>,
}

impl MemorySampler {
    fn start(find: impl Fn() -> Option<u32> + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let (mut samples, mut first) = (Vec::new(), None);
            while !stopped.load(Ordering::Relaxed) {
                if let Some(pss) = find().and_then(pss_mib) {
                    samples.push((first.get_or_insert_with(Instant::now).elapsed(), pss));
                }
                std::thread::park_timeout(MEMORY_EVERY);
            }
            samples
        });
        Self { stop, thread }
    }

    fn finish(self) -> Vec<(Duration, f64)> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn twenty_interruptions_fill_ten_minutes_of_a_plan_that_can_be_carried_out() {
        let opening = CallerPlan::new("http://127.0.0.1:1", "bench").type_text("Please recite the story.");
        let plan = interrupted(opening, 20).unwrap();
        assert!(plan.check().is_ok());
        assert_eq!(plan.interrupt.len(), 20);
        let spoken: Duration = plan.interrupt.iter().filter_map(|one| one.after).sum();
        assert!(spoken > Duration::from_secs(480), "{spoken:?}");
    }
}
