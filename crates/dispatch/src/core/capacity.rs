//! Whether there is room for one more job.

use std::fmt;

use super::settings::Settings;

/// Why a job is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The worker is about to end.
    Draining,
    /// It has this job already.
    Duplicate,
    /// It has as many jobs as it may have.
    MaxJobs,
    /// The machine is too busy.
    Load,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Draining => "draining",
            Self::Duplicate => "it is here already",
            Self::MaxJobs => "as many jobs as there may be",
            Self::Load => "the machine is too busy",
        })
    }
}

/// What the decision depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Occupancy {
    /// Jobs that have a place: promised, starting, running, not yet gone.
    pub(super) jobs: usize,
    /// Those of them that the measured load cannot show yet.
    pub(super) unsettled: usize,
    /// The smoothed load of the machine.
    pub(super) measured: f32,
    /// Whether the worker is about to end.
    pub(super) draining: bool,
}

impl Occupancy {
    /// The measured load and what is on its way.
    pub(super) fn load(self, settings: &Settings) -> f32 {
        (self.measured + self.unsettled as f32 * settings.job_load).clamp(0.0, 1.0)
    }

    /// Why no job can be taken now; `None`: one can.
    pub(super) fn refusal(self, settings: &Settings) -> Option<Refusal> {
        if self.draining {
            Some(Refusal::Draining)
        } else if self.jobs >= settings.max_jobs {
            Some(Refusal::MaxJobs)
        } else if settings.load_threshold < 1.0 && self.load(settings) >= settings.load_threshold {
            Some(Refusal::Load)
        } else {
            None
        }
    }
}
