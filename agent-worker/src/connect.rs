//! `connect`: from a token to a call, and from the call's end to an exit code.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dialogue::{AgentState, Dialogue, EndReason, Engine, Input, Settings};
use proto::worker::ExitCode;
use room::{Room, RoomError};
use telemetry::events::{CallEnded, CallExit, CallStarted};
use telemetry::spans::CallSpan;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::avatars::lip_sync::LipSyncPlan;
use crate::call_book::{Book, BookPlan};
use crate::ending::{Ending, announce_ending, asked_to_end, watch_for_end};
use crate::engines::{EngineError, Engines};
use crate::looks::LookError;
use crate::persona::{Captions, Persona};
use crate::prepared::{Prepared, Services, opening};
use crate::session::call_clock::CallClock;
use crate::session::conversation::{Call, Organs, offer_push_to_talk};
use crate::session::face::face_loop::ShownActivity;
use crate::session::generation::mind::MindCommand;
use crate::session::recording::{Recorder, RecordingError};
use crate::session::voice::{SharedClock, VoiceOutput, run_playout};
use crate::settings::ConnectSettings;
use crate::transport::avatar::peer::AvatarPeer;
use crate::transport::avatar::remote::RemoteVoice;
use crate::transport::avatar::takeover::{Takeover, VoiceTrack, decide};
use crate::transport::captions::{run_captions, run_states};
use crate::transport::chat_mirror::ChatMirror;
use crate::transport::join::{Joined, Stage, join, leave, start_face};

/// Captions that may wait for the room.
const CAPTION_QUEUE: usize = 128;
/// The last captions may take this long; the good-bye to the server has a deadline of its own, of two seconds.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why a call could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// An engine can't be had.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The room can't be joined or published to.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The call can't be recorded.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The face can't be drawn.
    #[error("face: {0}")]
    Look(#[from] LookError),
    /// An avatar has no agent.
    #[error(
        "--on-behalf-of: is not set, and the token does not say whom the avatar speaks for (attribute lk.publish_on_behalf)"
    )]
    NobodyToSpeakFor,
}

impl ConnectError {
    /// The exit code that says so.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Engine(EngineError::Asset(_) | EngineError::Speech(_) | EngineError::LanguageModel(_)) => {
                ExitCode::AssetMissing
            }
            Self::Room(RoomError::Library(_)) => ExitCode::AssetMissing,
            Self::Room(RoomError::Refused(_)) => ExitCode::Refused,
            Self::Room(RoomError::Connect(_) | RoomError::Timeout { .. }) => ExitCode::ServerUnreachable,
            Self::Room(RoomError::Closed | RoomError::Request { .. } | RoomError::TooLarge { .. }) => {
                ExitCode::ConnectionLost
            }
            Self::Look(LookError::Assets(_)) => ExitCode::AssetMissing,
            Self::Look(LookError::Broken(_) | LookError::Draw(_)) | Self::Engine(EngineError::Thread { .. }) => {
                ExitCode::Internal
            }
            Self::Look(LookError::Character(_) | LookError::Photo { .. } | LookError::Portrait { .. })
            | Self::Recording(_)
            | Self::Engine(EngineError::Settings(_))
            | Self::NobodyToSpeakFor => ExitCode::Usage,
        }
    }
}

/// Joins, talks until the call is over, leaves.
///
/// # Errors
/// When the call could not be begun; [`ConnectError::exit_code`] tells the code.
pub async fn connect(settings: ConnectSettings, persona: Persona) -> Result<ExitCode, ConnectError> {
    let ending = watch_for_end();
    let prepared = Prepared::begin(persona)?;
    serve(prepared, settings, &|name| std::env::var(name).ok(), ending).await
}

/// Serves one call with what was prepared.
pub(crate) async fn serve(
    prepared: Prepared,
    settings: ConnectSettings,
    environment: &dyn Fn(&str) -> Option<String>,
    ending: Ending,
) -> Result<ExitCode, ConnectError> {
    let begun = Instant::now();
    let Prepared {
        persona,
        dialogue: mut dialogue_settings,
        clock,
        engines,
        inputs,
        input_queue,
        services,
        connector,
        portrayal,
    } = prepared;
    let book = BookPlan::resolve(settings.room.as_str(), environment).map_err(EngineError::from)?;
    let book = match book {
        Some(plan) => Some(plan.open(Some(settings.identity.clone())).await),
        None => None,
    };
    if let Some(book) = &book {
        dialogue_settings.earlier = book.earlier();
        // A full queue only means that the language model reads them later.
        let _ = engines.mind.try_send(MindCommand::Prefill(opening(&dialogue_settings)));
    }
    clock.begin();
    let recorder = settings.record.as_deref().map(|at| Recorder::begin(at, &dialogue_settings)).transpose()?;
    let joined = tokio::select! {
        joined = join(&connector, &settings, &persona.face, portrayal) => joined?,
        reason = asked_to_end(ending.clone()) => {
            announce_ending();
            return Ok(exit_code(reason));
        }
    };
    CallStarted { room: settings.room.as_str() }.emit();
    let span = CallSpan::begin(settings.room.as_str(), &persona.name);
    let Services { provider, lip_sync } = services;
    let captions = persona.captions;
    let means =
        Means { clock, settings: dialogue_settings, recorder: recorder.clone(), book, span, lip_sync, captions };
    let provider = match (&joined.stage, provider) {
        (Stage::Avatar(peer, _), Some(provider)) => Some(provider.begin(&*joined.room, &settings, environment, peer)),
        (Stage::Avatar(..) | Stage::Own(..), _) => None,
    };
    let talked = talk(joined, engines, inputs, input_queue, means, ending).await;
    if let Some(provider) = provider {
        provider.end().await;
    }
    let reason = talked?;
    if let Some(recorder) = recorder
        && tokio::task::spawn_blocking(move || recorder.finish()).await.is_err()
    {
        tracing::warn!("the recording could not be finished");
    }
    CallEnded { exit: exit_for_telemetry(reason), seconds: begun.elapsed().as_secs_f64() }.emit();
    Ok(exit_code(reason))
}

/// What a conversation is held with.
struct Means {
    clock: CallClock,
    settings: Settings,
    recorder: Option<Recorder>,
    /// Where what is said is written down.
    book: Option<Book>,
    span: CallSpan,
    /// What films the face, if anything does.
    lip_sync: Option<LipSyncPlan>,
    /// Where what is said can be read.
    captions: Captions,
}

/// Runs the call and leaves the room.
async fn talk(
    joined: Joined,
    engines: Engines,
    inputs: mpsc::Sender<Input>,
    input_queue: mpsc::Receiver<Input>,
    means: Means,
    ending: Ending,
) -> Result<EndReason, ConnectError> {
    let Joined { room, events, stage } = joined;
    let Means { clock, settings, recorder, book, span, lip_sync, captions: shown } = means;
    if let Err(error) = offer_push_to_talk(&*room) {
        tracing::warn!(%error, "push to talk will not work");
    }
    let playout_clock = SharedClock::default();
    let activity = ShownActivity::default();
    let stop_face = Arc::new(AtomicBool::new(false));
    let (mut playout_commands, mut filming) = (engines.playout_commands, None);
    let (output, voice_track, avatar) = match stage {
        Stage::Own(voice, face) => {
            // The face's thread looks at the flag 25 times a second. It and the engines' threads end with the process: none
            // is worth waiting for.
            if let Some((face, mut portrayal)) = face {
                if let Some(plan) = lip_sync {
                    let (commands, session) = plan.begin(&mut portrayal, playout_commands, &playout_clock, &room)?;
                    (playout_commands, filming) = (commands, Some(session));
                }
                drop(start_face(face, portrayal, &playout_clock, &activity, &stop_face, &inputs)?);
            }
            (VoiceOutput::Own(voice.clone()), VoiceTrack::own(voice), None)
        }
        Stage::Avatar(peer, appearance) => {
            let voice = RemoteVoice::new(room.clone(), peer.clone(), playout_clock.clone());
            let track = VoiceTrack::of_avatar(peer.clone());
            let takeover = Takeover {
                room: room.clone(),
                appearance,
                track: track.clone(),
                clock: playout_clock.clone(),
                activity: activity.clone(),
                stop_face: stop_face.clone(),
                inputs: inputs.clone(),
            };
            (VoiceOutput::Avatar(Box::new(voice), takeover), track, Some(peer))
        }
    };
    let (captions, caption_commands) = mpsc::channel(CAPTION_QUEUE);
    let chat = shown.in_chat.then(|| ChatMirror::new(room.clone()));
    let caption_task = tokio::spawn(run_captions(room.clone(), caption_commands, chat));
    let (states, state_changes) = watch::channel(AgentState::Initializing);
    let lost = book.as_ref().map(Book::lost);
    let helpers = [
        tokio::spawn(run_playout(output, playout_commands, playout_clock, inputs.clone(), recorder.clone())),
        tokio::spawn(run_states(room.clone(), state_changes)),
        tokio::spawn(report_ready(
            engines.voice_ready,
            avatar.clone().map(|avatar| (room.clone(), avatar)),
            inputs.clone(),
        )),
        tokio::spawn(report_end(ending, inputs.clone())),
        tokio::spawn(report_loss(lost, inputs.clone())),
    ];
    let organs = Organs {
        ears: engines.ears,
        mind: engines.mind,
        voice: engines.voice,
        playout: engines.playout,
        captions,
        states,
        activity,
        inputs,
        voice_track,
        avatar,
        recorder,
        book,
        span,
    };
    let (reason, book) = Call::new(Dialogue::new(settings), clock, organs).run(events, input_queue).await;
    announce_ending();
    tracing::info!(?reason, "leaving");

    for task in helpers {
        task.abort();
    }
    stop_face.store(true, Ordering::Relaxed);
    if let Some(filming) = filming {
        filming.end().await;
    }
    finish_captions(caption_task).await;
    let close = async {
        if let Some(book) = book {
            book.close(reason).await;
        }
    };
    tokio::join!(leave(&room), close);
    Ok(reason)
}

/// The agent is ready once its voice is, and it is clear who speaks: the other engines are waited for where they are needed.
async fn report_ready(
    voice_ready: oneshot::Receiver<()>,
    avatar: Option<(Arc<dyn Room>, AvatarPeer)>,
    inputs: mpsc::Sender<Input>,
) {
    let decided = async {
        if let Some((room, avatar)) = avatar {
            decide(room, avatar).await;
            // Nobody is known to have subscribed to a track of ours; an avatar does not tell either.
            let _ = inputs.send(Input::VoiceSubscribed).await;
        }
    };
    if tokio::join!(voice_ready, decided).0.is_ok() {
        let _ = inputs.send(Input::Ready).await;
    }
}

async fn report_end(ending: Ending, inputs: mpsc::Sender<Input>) {
    let reason = asked_to_end(ending).await;
    let _ = inputs.send(Input::HangUp(reason)).await;
}

/// Another worker has the call, or it was given up.
async fn report_loss(lost: Option<impl Future<Output = ()>>, inputs: mpsc::Sender<Input>) {
    if let Some(lost) = lost {
        lost.await;
        let _ = inputs.send(Input::HangUp(EndReason::Superseded)).await;
    }
}

async fn finish_captions(task: JoinHandle<()>) {
    let abort = task.abort_handle();
    if tokio::time::timeout(FAREWELL, task).await.is_err() {
        tracing::warn!("the last captions could not be sent in time");
        abort.abort();
    }
}

fn exit_code(reason: EndReason) -> ExitCode {
    match reason {
        EndReason::EverybodyLeft
        | EndReason::UserVanished
        | EndReason::Idle
        | EndReason::SessionLimit
        | EndReason::BudgetSpent
        | EndReason::Asked => ExitCode::Ended,
        EndReason::NobodyArrived => ExitCode::NobodyArrived,
        EndReason::EngineLost(
            Engine::VoiceActivity
            | Engine::SpeechToText
            | Engine::TurnDetector
            | Engine::LanguageModel
            | Engine::TextToSpeech
            | Engine::Face,
        ) => ExitCode::EngineLost,
        EndReason::RoomLost => ExitCode::ConnectionLost,
        EndReason::OwnerGone => ExitCode::OwnerGone,
        EndReason::Superseded => ExitCode::Superseded,
    }
}

fn exit_for_telemetry(reason: EndReason) -> CallExit {
    match reason {
        EndReason::EverybodyLeft | EndReason::UserVanished => CallExit::CallerLeft,
        EndReason::Idle
        | EndReason::SessionLimit
        | EndReason::BudgetSpent
        | EndReason::Asked
        | EndReason::OwnerGone
        | EndReason::Superseded => CallExit::Stopped,
        EndReason::NobodyArrived => CallExit::NobodyCame,
        EndReason::EngineLost(_) => CallExit::EngineFailed,
        EndReason::RoomLost => CallExit::ServerLost,
    }
}
