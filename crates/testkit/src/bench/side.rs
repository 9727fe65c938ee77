//! The two sides of a comparison, and the same calls made to either: our worker, and livekit-agents.
//!
//! ```text
//!            same stub engines, same end-of-turn silence, same words, same caller
//!                    │                                  │
//!  Side::Ours  (token server + workers)      Side::Theirs (front desk + PythonPeer)
//!                    └────────── talk(), rooms() ───────┘──> Talk, RoomMemory
//! ```

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Context as _;
use assets::KokoroVoice;
use room::RoomConnector;
use tokio::sync::oneshot;

use super::family::{Family, Spent};
use super::python::PythonPeer;
use super::setting::{GREETING, INSTRUCTIONS, Setting};
use crate::caller::{self, CallReport, CallerPlan, Narration};
use crate::stack::{Stack, StackOptions};

/// How figures of ours are named: livekit-agents has a voice only, so our worker leaves its face out.
pub(super) const OURS: &str = "ours_voice_only";
/// What is said: one breath each, so that no pause inside is as long as the end-of-turn silence.
const UTTERANCES: [&str; 20] = [
    "What is the capital of France?",
    "How many legs does a spider have?",
    "Tell me something about the moon.",
    "Is water heavier than oil?",
    "Who wrote Romeo and Juliet?",
    "What color is the sky on a clear day?",
    "Please tell me a short joke.",
    "How many days are there in a week?",
    "Which animal is the king of the jungle?",
    "What is two plus two?",
    "My favorite food is pasta with tomato sauce.",
    "How do you say good morning in Spanish?",
    "What should I pack for a trip to the beach?",
    "I would like to learn how to play the guitar.",
    "Can people live on Mars one day?",
    "How far away is the sun?",
    "Which language do they speak in Brazil?",
    "Can you recommend a good book?",
    "I had a really long day at work.",
    "Thank you for all your help.",
];
/// Each voice makes one call with an equal share of the utterances.
pub(super) const VOICES: [KokoroVoice; 4] =
    [KokoroVoice::AfHeart, KokoroVoice::AmAdam, KokoroVoice::BfEmma, KokoroVoice::BmGeorge];
/// Turns of the caller in the first room, while memory is measured, and of the one in the second.
const TURNS_FIRST_ROOM: usize = 8;
const TURNS_SECOND_ROOM: usize = 2;

/// An agent that can be called.
pub(super) enum Side {
    Ours { stack: Box<Stack>, _persona: tempfile::TempPath },
    Theirs(Box<PythonPeer>),
}

impl Side {
    /// Our token server, whose workers talk with the stub engines.
    pub(super) async fn ours(setting: &Setting) -> anyhow::Result<Self> {
        let mut file = tempfile::Builder::new().prefix("visavis-persona-").suffix(".toml").tempfile()?;
        std::io::Write::write_all(&mut file, persona(setting).as_bytes())?;
        let path = file.into_temp_path();
        let options = StackOptions {
            arguments: vec!["--persona".into(), path.to_str().context("an odd temporary folder")?.into()],
            environment: vec![
                ("OPENAI_BASE_URL".into(), setting.engines_url.clone()),
                ("OPENAI_API_KEY".into(), setting.engines_key.clone()),
            ],
            ..StackOptions::default()
        };
        Ok(Self::Ours { stack: Box::new(Stack::start(options).await?), _persona: path })
    }

    /// livekit-agents, with the same engines.
    pub(super) async fn theirs(setting: &Setting) -> anyhow::Result<Self> {
        Ok(Self::Theirs(Box::new(PythonPeer::start(setting).await?)))
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::Ours { stack, .. } => stack.url(),
            Self::Theirs(peer) => peer.url(),
        }
    }

    pub(super) fn family(&self) -> anyhow::Result<Family> {
        match self {
            Self::Ours { stack, .. } => Ok(Family { head: stack.server_pid().context("the token server has ended")? }),
            Self::Theirs(peer) => peer.family(),
        }
    }

    /// The end of its log, for errors.
    fn last_words(&self) -> String {
        match self {
            Self::Ours { stack, .. } => stack.log(),
            Self::Theirs(peer) => peer.last_words(),
        }
    }
}

/// Our persona: engines at their remote addresses, a fixed silence, no face.
fn persona(setting: &Setting) -> String {
    let silence_ms = setting.silence_ms;
    format!(
        "name = \"AI Assistant\"\ngreeting = \"{GREETING}\"\ninstructions = \"{INSTRUCTIONS}\"\n\n\
         [face]\nenabled = false\n\n[engines]\npreset = \"openai\"\n\n[turns]\nend_of_turn = \"fixed\"\nsilence_ms = {silence_ms}\n"
    )
}

/// One call's figures.
pub(super) struct Talk {
    pub(super) report: CallReport,
    /// Cores that all processes of the side kept busy, from the greeting's end to the last answer's.
    pub(super) cores: Option<f64>,
}

/// One call: a voice's share of the utterances, at most `turns`, speaking over the answers to the turns in `interrupt`.
pub(super) async fn talk(
    connector: &dyn RoomConnector,
    side: &Side,
    round: usize,
    turns: usize,
    interrupt: &[usize],
) -> anyhow::Result<Talk> {
    let share = UTTERANCES.len() / VOICES.len();
    let said = UTTERANCES.iter().skip(round * share).take(turns.min(share));
    let mut plan = plan(side, &format!("bench-{round}"), round, said);
    let turns = plan.utterances.len();
    plan = interrupt.iter().filter(|turn| **turn < turns).fold(plan, |plan, turn| plan.interrupting(*turn));
    let family = side.family()?;
    let mut begun: Option<(Instant, Spent)> = None;
    let mut cores = None;
    let report = caller::run_in(connector, plan, &mut |narration| {
        if matches!(narration, Narration::Greeted { .. }) && begun.is_none() {
            begun = Some((Instant::now(), family.spent()));
        } else if let (Narration::Answered { .. }, Some((since, before))) = (&narration, &begun) {
            cores = Some(family.spent().since(before) / since.elapsed().as_secs_f64());
        }
    })
    .await;
    let report = report.with_context(|| format!("the call failed; the agent's log ends:\n{}", side.last_words()))?;
    if report.turns.iter().all(|turn| turn.gap_ms.is_none()) {
        anyhow::bail!("no turn was answered ({:?}); the agent's log ends:\n{}", report.outcome, side.last_words());
    }
    Ok(Talk { report, cores })
}

fn plan<'a>(side: &Side, room: &str, round: usize, said: impl Iterator<Item = &'a &'a str>) -> CallerPlan {
    let voice = VOICES[round % VOICES.len()];
    let plan = CallerPlan { voice: voice.into(), heard_back: false, ..CallerPlan::new(side.url(), room) };
    said.fold(plan, |plan, text| plan.say(*text))
}

/// What rooms take of memory (PSS of all processes of the side), in MiB.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct RoomMemory {
    /// Ready, without a room.
    pub(super) none: f64,
    /// With one call, after two answers.
    pub(super) one: Option<f64>,
    /// With a second call, after two answers there.
    pub(super) two: Option<f64>,
}

impl RoomMemory {
    /// What the second room added.
    pub(super) fn further(self) -> Option<f64> {
        Some(self.two? - self.one?)
    }
}

/// Two calls at once, the second one begun when the first has had two answers.
pub(super) async fn rooms(connector: &dyn RoomConnector, side: &Side) -> anyhow::Result<RoomMemory> {
    let family = side.family()?;
    let none = family.memory_mib();
    let (mut one, mut two) = (None, None);
    let (begin_second, second_may_begin) = oneshot::channel();
    let mut begin_second = Some(begin_second);
    let first_is_over = AtomicBool::new(false);
    let mut first_narration = |narration| {
        if let Narration::Answered { turn: TURNS_SECOND_ROOM, .. } = narration {
            one = Some(family.memory_mib());
            if let Some(begin) = begin_second.take() {
                // Nobody waits only when everything is being given up.
                let _ = begin.send(());
            }
        }
    };
    let mut second_narration = |narration| {
        if let Narration::Answered { turn: TURNS_SECOND_ROOM, .. } = narration
            && !first_is_over.load(Ordering::Relaxed)
        {
            two = Some(family.memory_mib());
        }
    };
    let first = async {
        let plan = plan(side, "memory-1", 0, UTTERANCES.iter().take(TURNS_FIRST_ROOM));
        let report = caller::run_in(connector, plan, &mut first_narration).await;
        first_is_over.store(true, Ordering::Relaxed);
        report
    };
    let second = async {
        // The call's own patience bounds this: with the first call the sender goes.
        let plan = plan(side, "memory-2", 1, UTTERANCES.iter().skip(TURNS_FIRST_ROOM).take(TURNS_SECOND_ROOM));
        second_may_begin.await.ok()?;
        Some(caller::run_in(connector, plan, &mut second_narration).await)
    };
    let (first, second) = tokio::join!(first, second);
    first.context("the call in the first room")?;
    second.context("the first room's turns were not answered")?.context("the call in the second room")?;
    Ok(RoomMemory { none, one, two })
}
