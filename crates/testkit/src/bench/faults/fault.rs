//! What can fail, and in which order it does.

use std::str::FromStr;
use std::time::Duration;

use crate::random::Noise;

/// How the service is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Half {
    /// The token server starts workers on its machine; calls are kept in an SQLite file.
    Process,
    /// Worker hosts take calls from LiveKit's scheduler; calls are kept in Redis.
    Dispatch,
}

impl Half {
    pub(super) const BOTH: [Self; 2] = [Self::Process, Self::Dispatch];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Dispatch => "dispatch",
        }
    }

    /// What is tried in this half.
    fn faults(self) -> &'static [Fault] {
        match self {
            Self::Process => &[
                Fault::WorkerKilled,
                Fault::WorkerStopped,
                Fault::TokenServerRestarted,
                Fault::WorkerLostMeanwhile,
                Fault::SfuRestarted,
                Fault::DiskFull,
                Fault::ClockAhead,
                Fault::ClockBehind,
            ],
            Self::Dispatch => &[
                Fault::WorkerKilled,
                Fault::WorkerStopped,
                Fault::TokenServerRestarted,
                Fault::SfuRestarted,
                Fault::RedisRestarted,
                Fault::StoreDelayed,
                Fault::HostLost,
                Fault::ClockAhead,
            ],
        }
    }
}

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL to a worker.
    WorkerKilled,
    /// SIGSTOP to a worker.
    WorkerStopped,
    /// SIGKILL to the token server; it is back after two seconds.
    TokenServerRestarted,
    /// The same, and a worker is killed while it is away.
    WorkerLostMeanwhile,
    /// SIGKILL to the LiveKit server; it is back after a second.
    SfuRestarted,
    /// SIGKILL to Redis, then to a worker; it is back after two seconds, with what it had written.
    RedisRestarted,
    /// Redis answers each request 0.3 s late, and a worker is killed.
    StoreDelayed,
    /// SIGKILL to a worker host and all its workers; another host comes after five seconds.
    HostLost,
    /// No byte is left where the calls are kept, and a worker is killed.
    DiskFull,
    /// The token server's clock is an hour ahead, and a worker is killed.
    ClockAhead,
    /// The token server's clock is an hour behind, and a worker is killed.
    ClockBehind,
}

impl Fault {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::WorkerKilled => "worker_killed",
            Self::WorkerStopped => "worker_stopped",
            Self::TokenServerRestarted => "token_server_restarted",
            Self::WorkerLostMeanwhile => "worker_killed_while_token_server_away",
            Self::SfuRestarted => "sfu_restarted",
            Self::RedisRestarted => "redis_restarted",
            Self::StoreDelayed => "store_delayed",
            Self::HostLost => "host_lost",
            Self::DiskFull => "disk_full",
            Self::ClockAhead => "clock_ahead",
            Self::ClockBehind => "clock_behind",
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all: Vec<Self> = Half::BOTH.iter().flat_map(|half| half.faults()).copied().collect();
        all.iter().copied().find(|fault| fault.name() == name).ok_or_else(|| {
            let names: std::collections::BTreeSet<&str> = all.iter().map(|fault| fault.name()).collect();
            format!("no such fault; there are {}", Vec::from_iter(names).join(", "))
        })
    }
}

/// One fault, and whom it strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strike {
    pub(super) fault: Fault,
    /// The call whose worker is meant, where one is.
    pub(super) call: usize,
    /// How long nothing happens afterwards.
    pub(super) pause: Duration,
}

/// The order of faults: each once, shuffled, and again.
pub(super) struct Schedule {
    all: Vec<Fault>,
    noise: Noise,
    calls: usize,
    faults: Vec<Fault>,
    victims: Vec<usize>,
}

impl Schedule {
    /// Of the faults of a half, or of the only one that is wanted; `None` when the half does not have it.
    pub(super) fn new(half: Half, seed: u32, calls: usize, only: Option<Fault>) -> Option<Self> {
        let wanted = |fault: &Fault| only.is_none_or(|only| only == *fault);
        let all: Vec<Fault> = half.faults().iter().copied().filter(wanted).collect();
        if all.is_empty() {
            return None;
        }
        let noise = Noise::new(seed.wrapping_mul(2).wrapping_add(u32::from(half == Half::Dispatch)));
        Some(Self { all, noise, calls: calls.max(1), faults: Vec::new(), victims: Vec::new() })
    }

    /// What comes next. Victims take turns, so that no call is struck more often than its restarts allow.
    pub(super) fn next(&mut self) -> Strike {
        if self.faults.is_empty() {
            self.faults = shuffled(self.all.clone(), &mut self.noise);
        }
        if self.victims.is_empty() {
            self.victims = shuffled((0..self.calls).collect(), &mut self.noise);
        }
        let fault = self.faults.pop().unwrap_or(Fault::WorkerKilled);
        let call = self.victims.pop().unwrap_or_default();
        Strike { fault, call, pause: Duration::from_millis(u64::from(2_000 + self.noise.below(6_000))) }
    }
}

/// Fisher and Yates's shuffle.
fn shuffled<T>(mut list: Vec<T>, noise: &mut Noise) -> Vec<T> {
    for last in (1..list.len()).rev() {
        let other = noise.below(u32::try_from(last + 1).unwrap_or(1)) as usize;
        list.swap(last, other);
    }
    list
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use super::*;

    fn strikes(seed: u32, count: usize) -> Vec<Strike> {
        let mut schedule = Schedule::new(Half::Process, seed, 10, None).unwrap();
        (0..count).map(|_| schedule.next()).collect()
    }

    #[test]
    fn a_seed_gives_the_same_faults_again_and_another_one_gives_others() {
        assert_eq!(strikes(7, 20), strikes(7, 20));
        assert_ne!(strikes(7, 20), strikes(8, 20));
    }

    #[test]
    fn each_fault_comes_once_before_any_comes_again_and_so_do_the_calls() {
        let one_round: BTreeSet<Fault> = strikes(3, 8).into_iter().map(|strike| strike.fault).collect();
        assert_eq!(one_round.len(), Half::Process.faults().len());
        let calls: BTreeSet<usize> = strikes(3, 10).into_iter().map(|strike| strike.call).collect();
        assert_eq!(calls.len(), 10);
    }
    #[test]
    fn a_fault_can_be_the_only_one_where_a_half_has_it() {
        let lost: Fault = "host_lost".parse().unwrap();
        assert!(Schedule::new(Half::Process, 1, 10, Some(lost)).is_none());
        let mut schedule = Schedule::new(Half::Dispatch, 1, 10, Some(lost)).unwrap();
        assert!((0..20).all(|_| schedule.next().fault == Fault::HostLost));
        assert!("meteor".parse::<Fault>().unwrap_err().contains("host_lost"));
    }
}
