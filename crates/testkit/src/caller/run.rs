//! A whole call: prepare, join, talk, leave, report.

use std::sync::Arc;
use std::time::Duration;

use assets::{Asset, Assets};
use room::ffi::FfiConnector;
use room::{AudioPublishOptions, ConnectOptions, Connection, Room, RoomConnector};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::button::Button;
use super::captions::segments;
use super::conductor::{Action, Conductor, Script};
use super::evidence::Record;
use super::notes::{Clock, Note, Notebook};
use super::pacer::{Cue, Pacer, Spoken};
use super::pump::{Pump, Received};
use super::report::{CallReport, Outcome};
use super::voice::{self, Repertoire};
use super::{CallerError, CallerPlan, Narration, Utterance, join, summary, typing};
use crate::wav::ROOM_SAMPLE_RATE;

/// How long joining the room may take.
const JOIN_DEADLINE: Duration = Duration::from_secs(15);
/// How long leaving, and each task that then ends, may take.
const LEAVE_DEADLINE: Duration = Duration::from_secs(4);

/// Utterances that may wait for the microphone.
const MOST_REQUESTS: usize = 4;

/// Carries out a plan over the official SDK's library, as the `assets` crate finds it.
///
/// # Errors
/// [`CallerError`] when there was no call to speak of. What goes wrong in a call is the report's [`Outcome`].
pub async fn run(plan: CallerPlan) -> anyhow::Result<CallReport> {
    run_narrated(plan, &mut |_| {}).await
}

/// As [`run`], telling what happens while it happens.
///
/// # Errors
/// As [`run`].
pub async fn run_narrated(plan: CallerPlan, narrate: &mut (dyn FnMut(Narration) + Send)) -> anyhow::Result<CallReport> {
    let library = Assets::open().and_then(|assets| assets.path(Asset::LivekitFfi)).map_err(CallerError::from)?;
    let connector = FfiConnector::load(&library).map_err(CallerError::from)?;
    Ok(run_in(&connector, plan, narrate).await?)
}

/// As [`run_narrated`], through a connector of the caller's choice.
///
/// # Errors
/// As [`run`].
pub async fn run_in(
    connector: &dyn RoomConnector,
    plan: CallerPlan,
    narrate: &mut (dyn FnMut(Narration) + Send),
) -> Result<CallReport, CallerError> {
    plan.check()?;
    let plan = Arc::new(plan);
    let voice_plan = plan.clone();
    let repertoire = blocking("voice", move || voice::prepare(&voice_plan)).await?;
    let preconnect_plan = plan.clone();
    let preconnect = blocking("pre-connect audio", move || typing::Preconnect::read(&preconnect_plan)).await?;
    let clock = Clock::start();
    let join_plan = plan.clone();
    let joined = blocking("join request", move || join::join_room(&join_plan)).await?;
    let options = ConnectOptions { auto_subscribe: true, timeout: JOIN_DEADLINE };
    let Connection { room, events } = connector.connect(&joined.livekit_url, &joined.token, options).await?;
    let join_ms = summary::ms(clock.now());
    narrate(Narration::Joined { room: room.name(), after_ms: join_ms });

    let (notebook, inbox) = Notebook::open();
    let (stop, stopped) = watch::channel(false);
    let identity = room.local().identity;
    let pump = Pump::new(identity.clone(), notebook.clone(), clock, stopped.clone());
    let pump = Task::new("event reader", tokio::spawn(pump.run(events)));
    let script = (&*plan, &repertoire, preconnect);
    let talked = talk(room.as_ref(), script, clock, (notebook, inbox), stopped, narrate).await;
    let end = clock.now();
    // Leaving comes first, so that the agent knows at once; also when the call went wrong.
    if let Err(error) = room.disconnect().await {
        tracing::warn!("leaving the room: {error}");
    }
    stop.send_replace(true);
    let received: Received = pump.finish().await?;
    let Talked { outcome, conductor, notes, microphone } = talked?;
    let spoken: Spoken = microphone.finish().await?;
    drop(room);
    narrate(Narration::Ended { outcome });
    let record = Record {
        plan: plan.clone(),
        repertoire,
        room: joined.room_name.as_str().to_owned(),
        identity,
        join_ms,
        outcome,
        conductor,
        notes,
        received,
        spoken,
        end,
    };
    blocking("report", move || super::record::report(record)).await
}

/// A task that ends with whoever holds this.
struct Task<T> {
    name: &'static str,
    handle: JoinHandle<T>,
}

impl<T> Task<T> {
    fn new(name: &'static str, handle: JoinHandle<T>) -> Self {
        Self { name, handle }
    }

    /// Waits until the task has ended, at most [`LEAVE_DEADLINE`].
    async fn finish(mut self) -> Result<T, CallerError> {
        let failed = |message: String| CallerError::Task { task: self.name, message };
        match tokio::time::timeout(LEAVE_DEADLINE, &mut self.handle).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed(format!("did not end within {LEAVE_DEADLINE:?}"))),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

struct Talked {
    outcome: Outcome,
    conductor: Conductor,
    notes: Vec<Note>,
    microphone: Task<Spoken>,
}

/// The conversation itself: feeds the conductor with notes and does what it says.
async fn talk(
    room: &dyn Room,
    (plan, repertoire, mut preconnect): (&CallerPlan, &Repertoire, typing::Preconnect),
    clock: Clock,
    (notebook, mut inbox): (Notebook, mpsc::Receiver<Note>),
    stopped: watch::Receiver<bool>,
    narrate: &mut (dyn FnMut(Narration) + Send),
) -> Result<Talked, CallerError> {
    let options = AudioPublishOptions { name: "microphone".to_owned(), queue_ms: 0 };
    let publisher = room.publish_audio(options).await?;
    preconnect.belongs_to(publisher.track_sid());
    let typist = notebook.clone();
    let (requests, waiting) = mpsc::channel(MOST_REQUESTS);
    let pacer = Pacer { publisher, requests: waiting, notebook, clock, stop: stopped };
    let microphone = Task::new("microphone", tokio::spawn(pacer.run()));
    let script = Script {
        turns: repertoire.turns.iter().map(|utterance| length(&utterance.samples)).collect(),
        interrupt: plan.interrupt.iter().map(|one| (one.turn - 1, one.after.unwrap_or(plan.interrupt_after))).collect(),
        back_channels: plan.back_channels.iter().map(|one| (one.turn - 1, one.after)).collect(),
        taken_back: plan.taken_back.iter().map(|turn| turn - 1).collect(),
        patience: plan.patience,
    };
    let mut button = Button::of(plan);
    let mut conductor = Conductor::new(script, clock.now());
    let mut notes: Vec<Note> = Vec::new();
    loop {
        let now = clock.now();
        while let Some(action) = conductor.poll(now) {
            let request = match action {
                Action::Say { turn } if matches!(plan.utterances[turn], Utterance::Typed(_)) => {
                    typing::send(room, &repertoire.turns[turn], turn, clock, &typist).await?;
                    None
                }
                Action::Say { turn } => {
                    button.press(room).await?;
                    Some((Cue::Turn(turn), repertoire.turns[turn].clone()))
                }
                Action::BackChannel { index } => {
                    Some((Cue::BackChannel(index), repertoire.back_channels[index].clone()))
                }
                Action::Greeted | Action::Answered { .. } | Action::Unanswered { .. } | Action::HangUp(_) => None,
            };
            // The channel is longer than what can be asked for at once; a dead microphone is noted by itself.
            if request.is_some_and(|request| requests.try_send(request).is_err()) {
                tracing::warn!("the microphone takes no more utterances");
            }
            if let Action::HangUp(outcome) = action {
                if plan.die_without_leaving {
                    vanish();
                }
                return Ok(Talked { outcome, conductor, notes, microphone });
            }
            if let Some(narration) = tell(&action, &conductor, &notes, repertoire) {
                narrate(narration);
            }
        }
        let wake = clock.instant(conductor.next_wake(now));
        let Ok(note) = tokio::time::timeout_at(wake, inbox.recv()).await else { continue };
        let Some(note) = note else {
            return Err(CallerError::Task {
                task: "notebook",
                message: "everybody who writes to it is gone".to_owned(),
            });
        };
        tracing::debug!(at_ms = summary::ms(note.at), what = ?note.what, "noticed");
        conductor.note(note.at, &note.what);
        preconnect.note(room, &note.what).await?;
        button.note(room, &note.what).await?;
        notes.push(note);
    }
}

fn tell(action: &Action, conductor: &Conductor, notes: &[Note], repertoire: &Repertoire) -> Option<Narration> {
    let segments = segments(notes);
    let turns = &conductor.turns;
    match action {
        Action::Greeted => Some(Narration::Greeted {
            text: summary::greeting(&segments, turns),
            after_ms: conductor.greeting.0.map(summary::ms),
        }),
        Action::Say { turn } => Some(Narration::Said {
            turn: turn + 1,
            text: repertoire.turns[*turn].text.clone(),
            over_the_answer: turns[*turn].interrupting,
        }),
        Action::BackChannel { index } => {
            Some(Narration::BackChannel { text: repertoire.back_channels[*index].text.clone() })
        }
        Action::Answered { turn } => Some(Narration::Answered {
            turn: turn + 1,
            heard: summary::heard(&segments, turns, *turn),
            text: summary::answered(&segments, turns, *turn),
            stages: summary::stages(notes, &segments, turns, *turn, turns[*turn].answered_from),
        }),
        Action::Unanswered { turn } => {
            Some(Narration::Unanswered { turn: turn + 1, heard: summary::heard(&segments, turns, *turn) })
        }
        Action::HangUp(_) => None,
    }
}

fn length(samples: &[i16]) -> Duration {
    Duration::from_secs_f64(samples.len() as f64 / f64::from(ROOM_SAMPLE_RATE))
}

/// Ends this process as if it had lost power: nothing is said to anybody.
fn vanish() {
    if let Err(error) = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL) {
        tracing::warn!("could not kill this process: {error}");
    }
}

/// Runs blocking work off the async threads.
async fn blocking<T: Send + 'static>(
    task: &'static str,
    work: impl FnOnce() -> Result<T, CallerError> + Send + 'static,
) -> Result<T, CallerError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| CallerError::Task { task, message: error.to_string() })?
}
