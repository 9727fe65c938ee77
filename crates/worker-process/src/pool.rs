//! Keeps workers standing by, so that a call need not wait for engines to load.
//!
//! One loads at a time, and a while after the last one was taken: the call that took it is about to speak, and needs the
//! processor more. A worker serves one room in its life, so that none is used twice; one that has grown while it waited is
//! replaced.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::program::Program;
use crate::standby::Standby;
use crate::usage::Usage;

/// How often those that wait are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long loading may take on a busy machine.
const LOAD_DEADLINE: Duration = Duration::from_secs(120);
/// How long after a worker was taken the next one begins to load.
const REST: Duration = Duration::from_secs(3);
/// How long after a worker that could not be loaded the next one is tried: the shortest and the longest time.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How many stand by, and as whom.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolSettings {
    /// How many; 0 for none.
    pub size: usize,
    /// The persona that they load; `None` for the built-in one.
    pub persona: Option<PathBuf>,
    /// One that takes more memory than this, in MiB (PSS), is replaced; `None`: never.
    pub largest_mib: Option<f64>,
}

/// A handle to workers that stand by. Clones are the same pool.
#[derive(Clone)]
pub struct StandbyPool(Arc<Inner>);

struct Inner {
    program: Program,
    settings: PoolSettings,
    waiting: Mutex<VecDeque<Standby>>,
    taken: Notify,
}

impl StandbyPool {
    /// An empty pool; [`StandbyPool::keep`] fills it.
    #[must_use]
    pub fn new(program: Program, settings: PoolSettings) -> Self {
        Self(Arc::new(Inner { program, settings, waiting: Mutex::default(), taken: Notify::new() }))
    }

    /// The persona that its workers have loaded.
    #[must_use]
    pub fn persona(&self) -> Option<&std::path::Path> {
        self.0.settings.persona.as_deref()
    }

    /// How many stand by now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.waiting().len()
    }

    /// Whether nobody stands by now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes one out, if one stands by.
    #[must_use]
    pub fn take(&self) -> Option<Standby> {
        let mut waiting = self.0.waiting();
        // The dead are left to `keep`, which reports and reaps them; they are not handed out.
        let alive = waiting.iter_mut().position(Standby::is_alive)?;
        let standby = waiting.remove(alive);
        self.0.taken.notify_one();
        standby
    }

    /// Keeps the pool filled until `stop`, then ends those that still wait.
    pub async fn keep(&self, stop: CancellationToken) {
        if self.0.settings.size == 0 {
            return;
        }
        let mut backoff = BACKOFF.0;
        let mut not_before = Instant::now();
        loop {
            self.replace_the_unfit().await;
            if self.len() < self.0.settings.size && Instant::now() >= not_before {
                let loaded = tokio::select! {
                    () = stop.cancelled() => break,
                    loaded = self.load_one() => loaded,
                };
                if loaded {
                    backoff = BACKOFF.0;
                } else {
                    not_before = Instant::now() + backoff;
                    backoff = (backoff * 2).min(BACKOFF.1);
                }
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.0.taken.notified() => not_before = not_before.max(Instant::now() + REST),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        let rest: Vec<Standby> = self.0.waiting().drain(..).collect();
        for standby in rest {
            standby.end().await;
        }
    }

    /// Starts one and waits until it has loaded; it counts from then on.
    async fn load_one(&self) -> bool {
        let began = Instant::now();
        let standby = match self.0.program.stand_by(self.persona()) {
            Ok(standby) => standby,
            Err(error) => {
                warn!(%error, "no worker stands by");
                return false;
            }
        };
        let loaded = tokio::time::timeout(LOAD_DEADLINE, standby.loaded()).await;
        if loaded == Ok(true) {
            let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            info!(pid = standby.pid(), milliseconds, "a worker stands by");
            self.0.waiting().push_back(standby);
            return true;
        }
        warn!(pid = standby.pid(), "a worker that was to stand by could not load its engines; its log says why");
        standby.end().await;
        false
    }

    /// Takes out those that have ended or grown too large.
    async fn replace_the_unfit(&self) {
        let mut unfit = Vec::new();
        {
            let mut waiting = self.0.waiting();
            let mut fit = VecDeque::new();
            for mut standby in waiting.drain(..) {
                if standby.is_alive() && !self.is_too_large(&standby) {
                    fit.push_back(standby);
                } else {
                    unfit.push(standby);
                }
            }
            *waiting = fit;
        }
        for standby in unfit {
            warn!(pid = standby.pid(), "a worker that stood by is replaced: it ended, or has grown");
            standby.end().await;
        }
    }

    fn is_too_large(&self, standby: &Standby) -> bool {
        let Some(largest) = self.0.settings.largest_mib else { return false };
        standby.pid().and_then(Usage::of).is_some_and(|usage| usage.pss_mib > largest)
    }
}

impl Inner {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Standby>> {
        // Nothing that is done under the lock can leave it half done.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
