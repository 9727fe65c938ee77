//! `fleet`: the front door, greetings from standby and cold, how many rooms a machine carries, and what each of them takes.
//!
//! ```text
//!  doors    ── Door, open loop ──> Stack (token server)             ──> join_*, workers_started_per_s
//!  greeting ── one caller at a time ──> Stack (--standby 2 | cold)  ──> standby_greeting_*, cold_greeting_*
//!  rooms    ── load::run, K callers ──> Stack (voice | face | embedded) ──> Load ──> *_per_room_*, the knee
//!  beside   ── the same ──> Side::Ours, Side::Theirs                ──> pss_ratio, cpu_ratio
//! ```

mod beside;
mod door;
mod front_door;
mod greeting;
mod load;
mod machine;
mod rooms;
mod setting;
mod site;

use load::Questions;

pub(super) use door::Door;
pub(super) use setting::{Kind, Setup};

use super::engines::InstantEngines;
use super::overhead::SILENCE_MS;
use super::{Report, Row, echo, library, percentile};

/// Hears how far the benchmark is.
type Progress<'a> = &'a mut (dyn FnMut(String) + Send);

/// A part of this benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetPart {
    /// Tokens and starts of workers.
    Doors,
    /// From joining to the greeting.
    Greeting,
    /// Rooms on one machine.
    Rooms,
    /// Beside livekit-agents.
    Beside,
}

impl FleetPart {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Doors, Self::Greeting, Self::Rooms, Self::Beside];
}

/// Measures these parts.
///
/// # Errors
/// When something can't be started, or a call can't be made at all. A turn that is not answered is counted.
pub async fn fleet(parts: &[FleetPart], progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let connector = library::own_copy()?;
    let engines = InstantEngines::start()?;
    let setup = Setup::new(engines.setting(SILENCE_MS))?;
    let questions = tokio::task::spawn_blocking(Questions::speak).await??;
    let mut rows = Vec::new();
    for part in parts {
        match part {
            FleetPart::Doors => rows.extend(front_door::measure(progress).await?),
            FleetPart::Greeting => rows.extend(greeting::measure(&connector, &setup, progress).await?),
            FleetPart::Rooms => {
                let floor = percentile(&echo::round_trips(&connector).await?, 0.5).unwrap_or_default();
                rows.push(Row::new("echo_floor_p50_ms", Some(floor), "ms", None));
                rows.extend(rooms::measure(&connector, &setup, &questions, floor, progress).await?);
            }
            FleetPart::Beside => {
                rows.extend(beside::measure(&connector, &setup.setting, &questions, progress).await?);
            }
        }
    }
    engines.check()?;
    Ok(Report::here("fleet", rows))
}
