//! One half: everybody comes, things fail one after the other, everybody is asked each time, everybody leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use room::RoomConnector;
use room::ffi::FfiConnector;
use tokio::time::{Instant, sleep};

use super::Progress;
use super::fault::{Half, Strike};
use super::newcomer;
use super::outcome::{Asked, Round};
use super::resident::Resident;
use super::site::{Left, Site};
use crate::stub_openai::{Detail, Plan, StubOpenAi};

const KEY: &str = "fault-run-key";
const REPLY: &str = "I remember.";
/// How long everybody may take to be there in the beginning.
const BEGIN: Duration = Duration::from_secs(90);
/// How long a call may take to go on. The target is 5 s; what takes longer is waited for, and counted.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an answer may take; then it is asked once more, as a person would.
const ANSWER: Duration = Duration::from_secs(8);
const ATTEMPTS: usize = 2;
const POLL: Duration = Duration::from_millis(20);

/// The calls of a half.
pub(super) struct Run {
    half: Half,
    site: Site,
    connector: Arc<dyn RoomConnector>,
    stub: StubOpenAi,
    residents: Vec<Resident>,
    /// Of each call: how often it was asked, and which question was the last to be answered.
    asked: Vec<usize>,
    answered: Vec<usize>,
    rounds: usize,
    began: Instant,
}

impl Run {
    pub(super) async fn begin(
        half: Half,
        connector: &FfiConnector,
        calls: usize,
        progress: Progress<'_>,
    ) -> anyhow::Result<Self> {
        let stub = StubOpenAi::start(Plan::default().key(Some(KEY)).chat([REPLY]).transcripts(["hm"]))?;
        let site = Site::begin(half, &stub.base_url(), KEY).await?;
        let connector: Arc<dyn RoomConnector> = Arc::new(*connector);
        let come = |number| Resident::come(connector.clone(), site.url(), format!("faults-{}-{number}", half.name()));
        let residents: Vec<Resident> = (0..calls).map(come).collect();
        let began = Instant::now();
        let (asked, answered) = (vec![0; calls], vec![0; calls]);
        let mut run = Self { half, site, connector, stub, residents, asked, answered, rounds: 0, began };
        let everybody: Vec<usize> = (0..calls).collect();
        let there = run.recovered(&everybody, began, BEGIN, |resident, _| resident.view.alone().is_some()).await;
        let missing: Vec<_> = there.iter().filter(|(_, after)| after.is_none()).map(|(call, _)| *call).collect();
        anyhow::ensure!(missing.is_empty(), "{missing:?} have no agent; the log ends:\n{}", run.site.log());
        let asked = run.ask_everybody().await;
        progress(format!("{}: {calls} calls, {} answered", half.name(), asked.answered));
        Ok(run)
    }

    /// One fault and what follows. `None` when it could not be brought about: the call that was meant has no worker.
    pub(super) async fn round(&mut self, strike: &Strike, progress: Progress<'_>) -> anyhow::Result<Option<Round>> {
        self.rounds += 1;
        let name = strike.fault.name();
        let rooms: Vec<String> = self.residents.iter().map(|resident| resident.room.clone()).collect();
        let visitors = format!("visitor-{}-{}", self.half.name(), self.rounds);
        let visit = tokio::spawn(newcomer::visit(self.connector.clone(), self.site.url(), visitors));
        let struck = match self.site.strike(strike.fault, &rooms[strike.call], &rooms).await {
            Ok(struck) => struck,
            Err(error) => {
                progress(format!("{name}: could not be brought about: {error:#}"));
                visit.abort();
                self.site.mend(strike.fault).await?;
                return Ok(None);
            }
        };
        let affected = |room: &String| struck.everybody || struck.replaced.contains(room);
        let calls: Vec<usize> = (0..rooms.len()).filter(|call| affected(&rooms[*call])).collect();
        let everybody = struck.everybody;
        let recovered = self
            .recovered(&calls, struck.at, PATIENCE, |resident, at| match everybody {
                true => resident.view.is_connected_since(at) && resident.view.alone().is_some(),
                false => resident.view.alone_since(at).is_some(),
            })
            .await;
        let asked = self.ask_everybody().await;
        let newcomer = visit.await?;
        self.site.mend(strike.fault).await?;
        let strays = self.site.strays(rooms.len()).await;
        let now = Instant::now();
        let crowd = self.residents.iter().map(|resident| resident.view.take_longest_crowd(now)).max();
        let round = Round {
            recovered: recovered.values().copied().collect(),
            asked,
            newcomer,
            strays,
            crowd: crowd.unwrap_or_default(),
        };
        let worst = round.recovered.iter().flatten().max().copied().unwrap_or_default();
        let of = if calls.len() == 1 { format!(" ({})", rooms[calls[0]]) } else { String::new() };
        progress(format!(
            "{:>5.0} s {name}{of}: {} of {} go on, after {} ms at most; {} of {} answered, {} at once, {} remembered; \
             newcomer {}; two agents for {} ms, {strays} strays",
            self.began.elapsed().as_secs_f64(),
            round.recovered.iter().flatten().count(),
            calls.len(),
            worst.as_millis(),
            asked.answered,
            asked.calls,
            asked.at_once,
            asked.remembered,
            newcomer.map_or("lost".to_owned(), |after| format!("after {} ms", after.as_millis())),
            round.crowd.as_millis(),
        ));
        for (call, _) in recovered.iter().filter(|(_, after)| after.is_none()) {
            progress(format!("      {}: {}", rooms[*call], self.residents[*call].view.describe()));
        }
        Ok(Some(round))
    }

    /// Everybody leaves; what is left then.
    pub(super) async fn end(mut self, progress: Progress<'_>) -> anyhow::Result<Left> {
        for left in join_all(self.residents.drain(..).map(Resident::leave)).await {
            left?;
        }
        if let Some(folder) = std::env::var_os("VISAVIS_FAULTS_LOGS") {
            self.site.keep_logs(std::path::Path::new(&folder))?;
        }
        let violations = self.stub.violations();
        anyhow::ensure!(violations.is_empty(), "the engines were asked wrongly:\n{}", violations.join("\n"));
        let left = self.site.end().await?;
        progress(format!("{}: {} processes and {} calls left", self.half.name(), left.orphans, left.calls));
        Ok(left)
    }

    /// When each of these calls fulfils a condition, since `at`; `None` when it never does.
    async fn recovered(
        &self,
        calls: &[usize],
        at: Instant,
        patience: Duration,
        condition: impl Fn(&Resident, Instant) -> bool,
    ) -> BTreeMap<usize, Option<Duration>> {
        let mut recovered: BTreeMap<usize, Option<Duration>> = calls.iter().map(|call| (*call, None)).collect();
        while recovered.values().any(Option::is_none) && at.elapsed() < patience {
            for (call, after) in recovered.iter_mut().filter(|(_, after)| after.is_none()) {
                *after = condition(&self.residents[*call], at).then(|| at.elapsed());
            }
            sleep(POLL).await;
        }
        recovered
    }

    /// Everybody asks a question at the same time; whether the language model was shown the one before.
    async fn ask_everybody(&mut self) -> Asked {
        for number in &mut self.asked {
            *number += 1;
        }
        let asks =
            self.residents.iter().enumerate().map(|(call, resident)| ask(resident, question(call, self.asked[call])));
        let attempts = join_all(asks).await;
        let shown = self.shown();
        // Two questions in a row of which the first had no answer yet are one message.
        let in_any = |messages: &BTreeSet<String>, question: &str| messages.iter().any(|text| text.contains(question));
        let mut asked = Asked { calls: attempts.len(), ..Asked::default() };
        for (call, attempt) in attempts.iter().enumerate() {
            let this = question(call, self.asked[call]);
            let before = question(call, self.answered[call]);
            let remembers = |messages: &&BTreeSet<String>| {
                in_any(messages, &this) && (self.answered[call] == 0 || in_any(messages, &before))
            };
            let reached = shown.iter().any(|messages| in_any(messages, &this));
            asked.remembered += usize::from(shown.iter().any(|messages| remembers(&messages)));
            if let Some(attempt) = attempt
                && reached
            {
                asked.answered += 1;
                asked.at_once += usize::from(*attempt == 1);
                self.answered[call] = self.asked[call];
            }
        }
        asked
    }

    /// What the language model was shown, request by request.
    fn shown(&self) -> Vec<BTreeSet<String>> {
        let chats = self.stub.requests().into_iter().filter_map(|request| match request.detail {
            Detail::Chat { messages, .. } => Some(messages.into_iter().map(|(_, text)| text).collect()),
            _ => None,
        });
        chats.collect()
    }
}

fn question(call: usize, number: usize) -> String {
    format!("I am Ada {call}, and this is question {number}.")
}

/// Asks until something is said, twice at most; which attempt it was.
async fn ask(resident: &Resident, question: String) -> Option<usize> {
    for attempt in 1..=ATTEMPTS {
        let begun = Instant::now();
        if let Err(error) = resident.type_text(&question).await {
            tracing::debug!("{}: {error:#}", resident.room);
        }
        while begun.elapsed() < ANSWER {
            if resident.view.has_spoken_since(begun) {
                return Some(attempt);
            }
            sleep(POLL).await;
        }
    }
    None
}
