//! What became of the calls, by fault.

use std::collections::BTreeMap;
use std::time::Duration;

use super::FaultRun;
use super::fault::{Fault, Half};
use super::site::Left;
use crate::bench::{Row, percentile};

/// The target of a call's going on.
const GOES_ON_MS: f64 = 5000.0;
/// For longer than this two agents are not in a room.
const MOMENT: Duration = Duration::from_secs(1);

/// What asking everybody came to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked {
    pub(super) calls: usize,
    pub(super) answered: usize,
    pub(super) at_once: usize,
    pub(super) remembered: usize,
}

/// What one strike came to.
#[derive(Debug, Clone)]
pub(super) struct Round {
    /// Of each call that was struck: after how long it went on; `None` when it did not.
    pub(super) recovered: Vec<Option<Duration>>,
    pub(super) asked: Asked,
    /// How long a person who came in that moment waited for the agent; `None` when none came.
    pub(super) newcomer: Option<Duration>,
    /// Processes that nobody needed, afterwards.
    pub(super) strays: usize,
    /// The longest time for which a room had two agents.
    pub(super) crowd: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Outcomes {
    /// Faults that could not be brought about, as a call was lost before.
    pub(super) not_possible: usize,
    rounds: BTreeMap<(Half, Fault), Vec<Round>>,
    left: Vec<(Half, Left)>,
}

impl Outcomes {
    pub(super) fn add(&mut self, half: Half, fault: Fault, round: Round) {
        self.rounds.entry((half, fault)).or_default().push(round);
    }

    pub(super) fn finish(&mut self, half: Half, left: Left) {
        self.left.push((half, left));
    }

    pub(super) fn rows(&self, run: FaultRun) -> Vec<Row> {
        let all: Vec<&Round> = self.rounds.values().flatten().collect();
        let sum = |count: &dyn Fn(&Round) -> usize| Some(all.iter().map(|round| count(round)).sum::<usize>() as f64);
        let asked = |round: &Round| round.asked.calls;
        let mut rows = vec![
            Row::new("seed", Some(f64::from(run.seed)), "seed", None),
            Row::new("lasted", Some(run.lasts.as_secs_f64() / 60.0), "min", None),
            Row::new("calls_at_once", Some(run.calls as f64), "calls", None),
            Row::new("faults", Some(all.len() as f64), "faults", None),
            Row::new("faults_not_possible", Some(self.not_possible as f64), "faults", Some(0.0)),
            Row::new("calls_struck", sum(&|round| round.recovered.len()), "calls", None),
            Row::new(
                "calls_cut",
                sum(&|round| round.recovered.iter().filter(|after| after.is_none()).count()),
                "calls",
                Some(0.0),
            ),
            Row::new("goes_on_worst_ms", worst(&all), "ms", Some(GOES_ON_MS)),
            Row::new("questions", sum(&asked), "questions", None),
            Row::new(
                "questions_unanswered",
                sum(&|round| round.asked.calls - round.asked.answered),
                "questions",
                Some(0.0),
            ),
            Row::new(
                "questions_asked_twice",
                sum(&|round| round.asked.answered - round.asked.at_once),
                "questions",
                None,
            ),
            Row::new(
                "histories_lost",
                sum(&|round| round.asked.calls - round.asked.remembered),
                "questions",
                Some(0.0),
            ),
            Row::new("dispatches_lost", sum(&|round| usize::from(round.newcomer.is_none())), "calls", Some(0.0)),
            Row::new("rooms_with_two_agents", sum(&|round| usize::from(round.crowd > MOMENT)), "rooms", Some(0.0)),
            Row::new("strays", sum(&|round| round.strays), "processes", Some(0.0)),
            Row::new(
                "orphans",
                Some(self.left.iter().map(|(_, left)| left.orphans).sum::<usize>() as f64),
                "processes",
                Some(0.0),
            ),
            Row::new(
                "calls_left_in_store",
                Some(self.left.iter().map(|(_, left)| left.calls).sum::<usize>() as f64),
                "calls",
                Some(0.0),
            ),
        ];
        for ((half, fault), rounds) in &self.rounds {
            rows.extend(of_fault(*half, *fault, rounds));
        }
        rows
    }
}

fn of_fault(half: Half, fault: Fault, rounds: &[Round]) -> Vec<Row> {
    let row = |what: &str, figure: Option<f64>, unit: &str, limit| {
        Row::new(&format!("{}_{}_{what}", half.name(), fault.name()), figure, unit, limit)
    };
    let count = |count: &dyn Fn(&Round) -> usize| Some(rounds.iter().map(count).sum::<usize>() as f64);
    let all: Vec<&Round> = rounds.iter().collect();
    let newcomers: Vec<f64> = rounds.iter().filter_map(|round| round.newcomer).map(ms).collect();
    vec![
        row("times", Some(rounds.len() as f64), "faults", None),
        row("calls_struck", count(&|round| round.recovered.len()), "calls", None),
        row("goes_on_p50_ms", percentile(&times(&all), 0.5), "ms", None),
        row("goes_on_worst_ms", worst(&all), "ms", Some(GOES_ON_MS)),
        row("answered", count(&|round| round.asked.answered), "questions", None),
        row("asked", count(&|round| round.asked.calls), "questions", None),
        row("remembered", count(&|round| round.asked.remembered), "questions", None),
        row("newcomer_worst_ms", percentile(&newcomers, 1.0), "ms", None),
        row("two_agents_worst_ms", rounds.iter().map(|round| ms(round.crowd)).reduce(f64::max), "ms", None),
    ]
}

fn times(rounds: &[&Round]) -> Vec<f64> {
    rounds.iter().flat_map(|round| &round.recovered).flatten().map(|after| ms(*after)).collect()
}

fn worst(rounds: &[&Round]) -> Option<f64> {
    percentile(&times(rounds), 1.0)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_counted_and_the_worst_is_named() {
        let asked = Asked { calls: 10, answered: 9, at_once: 7, remembered: 8 };
        let round = |recovered: Vec<Option<Duration>>, newcomer| Round {
            recovered,
            asked,
            newcomer,
            strays: 0,
            crowd: Duration::from_millis(1500),
        };
        let after = |ms| Some(Duration::from_millis(ms));
        let mut outcomes = Outcomes::default();
        outcomes.add(Half::Process, Fault::WorkerKilled, round(vec![after(300)], after(900)));
        outcomes.add(Half::Dispatch, Fault::HostLost, round(vec![after(4000), None], None));
        outcomes.finish(Half::Dispatch, Left { orphans: 1, calls: 2 });
        let rows = outcomes.rows(FaultRun { seed: 7, lasts: Duration::from_secs(60), calls: 10, only: None });
        let of = |what: &str| rows.iter().find(|row| row.what == what).and_then(|row| row.measured);
        assert_eq!(of("calls_cut"), Some(1.0));
        assert_eq!(of("goes_on_worst_ms"), Some(4000.0));
        assert_eq!(of("questions_unanswered"), Some(2.0));
        assert_eq!(of("questions_asked_twice"), Some(4.0));
        assert_eq!(of("histories_lost"), Some(4.0));
        assert_eq!(of("dispatches_lost"), Some(1.0));
        assert_eq!(of("rooms_with_two_agents"), Some(2.0));
        assert_eq!((of("orphans"), of("calls_left_in_store")), (Some(1.0), Some(2.0)));
        assert_eq!(of("process_worker_killed_goes_on_worst_ms"), Some(300.0));
    }
}
