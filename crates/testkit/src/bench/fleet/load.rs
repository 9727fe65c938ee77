//! So many calls at once to one side: everybody is greeted, is silent for a while, and then talks in turns, out of step with
//! the others.
//!
//! ```text
//!  POST ── greeting ──┬── silence, 16 s ────────────┬── talk: four questions, each answered ──> good-bye
//!                     └ measured when all greeted ──┘  └ measured when all talk, until the first has three answers
//! ```

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use room::RoomConnector;
use tokio::time::{Instant, sleep, sleep_until};

use super::machine::{Cores, Snapshot};
use super::site::Site;
use crate::caller::{self, CallReport, CallerPlan, Narration, Utterance};
use crate::wav::ROOM_SAMPLE_RATE;

/// What is asked, in turns.
const QUESTIONS: [&str; 4] = [
    "What is the capital of France?",
    "How many legs does a spider have?",
    "Is water heavier than oil?",
    "Please tell me a short joke.",
];
/// How long everybody is silent after the first greeting.
const SILENCE: Duration = Duration::from_secs(16);
/// The least of it that is measured, when greetings were late.
const LEAST: Duration = Duration::from_secs(6);
/// How much later than the first caller each next one begins to talk, so that not all speak at the same time; round and round.
const STEP: Duration = Duration::from_millis(750);
const STEPS: usize = 8;
/// What follows a greeting: its last sounds, its last caption.
const SETTLE: Duration = Duration::from_secs(1);
/// How long the first greeting, and later the first three answers, may take.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// The questions as sounds, made once.
pub(super) struct Questions(Vec<Vec<i16>>);

impl Questions {
    /// Blocking, a second or two.
    pub(super) fn speak() -> anyhow::Result<Self> {
        Ok(Self(caller::speak(&QUESTIONS)?))
    }

    /// What the caller in this room says: a long silence first, and then everything, from another question on than in the next room.
    fn of(&self, room: usize) -> Vec<Utterance> {
        let wait = SILENCE + STEP * u32::try_from(room % STEPS).unwrap_or_default();
        let clip = |turn: usize| {
            let question = (room + turn) % QUESTIONS.len();
            let silence = if turn == 0 { samples(wait) } else { 0 };
            let mut sound = vec![0; silence];
            sound.extend_from_slice(&self.0[question]);
            Utterance::Clip { words: QUESTIONS[question].to_owned(), samples: Arc::new(sound) }
        };
        (0..QUESTIONS.len()).map(clip).collect()
    }
}

fn samples(time: Duration) -> usize {
    time.as_millis() as usize * ROOM_SAMPLE_RATE as usize / 1000
}

/// What so many calls came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Load {
    pub(super) rooms: usize,
    /// Turns that were to be answered, and those that were.
    pub(super) turns: usize,
    pub(super) answered: usize,
    /// From the `POST` to the first sound of the greeting, in ms.
    pub(super) greetings: Vec<f64>,
    /// From the caller's last voiced sample to the first sound of the answer, in ms.
    pub(super) gaps: Vec<f64>,
    /// While everybody is silent.
    pub(super) silent: Option<Cores>,
    /// While everybody talks.
    pub(super) talking: Option<Cores>,
    /// PSS of the family after three answers.
    pub(super) pss_mib: Option<f64>,
    /// Why some call could not be made at all.
    pub(super) failure: Option<String>,
}

/// Who got how far.
#[derive(Default)]
struct Board {
    first_greeted: Option<Instant>,
    greeted: usize,
    most_answers: usize,
    over: usize,
}

/// Makes the calls.
pub(super) async fn run(connector: &dyn RoomConnector, site: &Site, questions: &Questions, rooms: usize) -> Load {
    let board = Mutex::new(Board::default());
    let look = || board.lock().unwrap_or_else(PoisonError::into_inner);
    let calls = (0..rooms).map(|room| {
        let plan = CallerPlan {
            utterances: questions.of(room),
            heard_back: false,
            ..CallerPlan::new(site.url.clone(), format!("load-{rooms}-{room}"))
        };
        let look = &look;
        async move {
            let mut narrate = |narration| match narration {
                Narration::Greeted { .. } => {
                    let mut board = look();
                    board.greeted += 1;
                    board.first_greeted.get_or_insert_with(Instant::now);
                }
                Narration::Answered { turn, .. } => {
                    let mut board = look();
                    board.most_answers = board.most_answers.max(turn);
                }
                _ => {}
            };
            let report = caller::run_in(connector, plan, &mut narrate).await;
            look().over += 1;
            report
        }
    });
    let mut load = Load { rooms, turns: rooms * QUESTIONS.len(), ..Load::default() };
    let (reports, ()) = tokio::join!(join_all(calls), watch(site, rooms, &look, &mut load));
    for report in reports {
        match report {
            Ok(report) => load.add(&report),
            Err(error) => load.failure = Some(error.to_string()),
        }
    }
    load
}

impl Load {
    fn add(&mut self, report: &CallReport) {
        self.greetings.extend(report.greeting_ms);
        let in_time = report.turns.iter().filter(|turn| turn.early != Some(true)).filter_map(|turn| turn.gap_ms);
        self.gaps.extend(in_time);
        self.answered += report.turns.iter().filter(|turn| turn.gap_ms.is_some()).count();
    }
}

/// Measures while the calls go on.
async fn watch<'a>(site: &Site, rooms: usize, look: &impl Fn() -> std::sync::MutexGuard<'a, Board>, load: &mut Load) {
    let asked = Instant::now();
    let greeted = loop {
        // Two statements: the board is locked as long as a statement that looks at it.
        let first = look().first_greeted;
        let over = look().over;
        match first {
            Some(first) => break first,
            None if over == rooms || asked.elapsed() > PATIENCE => return,
            None => sleep(POLL).await,
        }
    };
    let talk_from = greeted + SILENCE;
    while look().greeted < rooms && Instant::now() + SETTLE + LEAST < talk_from {
        sleep(POLL).await;
    }
    sleep(SETTLE).await;
    let begun = Snapshot::take(site);
    sleep_until(talk_from).await;
    load.silent = Some(Snapshot::take(site).since(&begun));
    sleep_until(talk_from + STEP * u32::try_from(STEPS.min(rooms)).unwrap_or_default()).await;
    let begun = Snapshot::take(site);
    let talking_since = Instant::now();
    while look().most_answers < QUESTIONS.len() - 1 {
        if look().over > 0 || talking_since.elapsed() > PATIENCE {
            return;
        }
        sleep(POLL).await;
    }
    load.talking = Some(Snapshot::take(site).since(&begun));
    load.pss_mib = Some(site.family.memory_mib());
}
