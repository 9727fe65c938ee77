//! `connect`: from a token to a call, and from the call's end to an exit code.

use std::time::Instant;

use assets::Assets;
use avatars::face_video::{LipSyncPlan, LipSyncSession};
use dialogue::{EndReason, Engine};
use persona::{Appearance, Face, Persona};
use proto::worker::ExitCode;
use session::face::Portrayal;
use session::generation::mind::MindCommand;
use session::ports::{Attributes, VideoOutput};
use session::recording::Recorder;
use session::transcript_store::TranscriptStore;
use session::{Ended, FaceFollows, OwnFace, Session};
use telemetry::events::{CallEnded, CallExit, CallStarted};
use telemetry::spans::CallSpan;
use transport_livekit::{Joined, PortOptions, Publish, join, leave};

use crate::call_book::{Book, BookPlan};
use crate::configuration::Configuration;
use crate::connect_error::{ConnectError, OrderedError};
use crate::ending::{Ending, announce_ending, asked_to_end, watch_for_end, watch_for_end_with_owner};
use crate::lifeline::{Owner, owner};
use crate::looks::{self, LookError};
use crate::prepared::{Portraying, Prepared, opening};
use crate::services::{Services, invite};
use crate::settings::ConnectSettings;

/// Joins, talks until the call is over, leaves.
///
/// # Errors
/// When the call could not be begun; [`ConnectError::exit_code`] tells the code.
pub async fn connect(
    settings: ConnectSettings,
    persona: Persona,
    configuration: &Configuration,
) -> Result<ExitCode, ConnectError> {
    let ending = watch_for_end();
    let prepared = Prepared::begin(persona, configuration)?;
    serve(prepared, settings, configuration, ending).await
}

/// The same, for a call that the program which started this one orders on standard input.
///
/// # Errors
/// [`OrderedError`].
pub async fn connect_as_ordered(persona: Persona, configuration: &Configuration) -> Result<ExitCode, OrderedError> {
    let Owner { orders, gone } = owner();
    let (ending, tell_tied) = watch_for_end_with_owner(gone);
    let orders = tokio::select! {
        orders = orders => match orders {
            Ok(orders) => orders?,
            // The owner went without orders.
            Err(_) => return Ok(ExitCode::OwnerGone),
        },
        reason = asked_to_end(ending.clone()) => return Ok(exit_code(reason)),
    };
    // The receiver is gone only when a signal came first.
    let _ = tell_tied.send(orders.lifeline);
    let settings = ConnectSettings::ordered(orders, configuration)?;
    let prepared = Prepared::begin(persona, configuration)?;
    Ok(serve(prepared, settings, configuration, ending).await?)
}

/// Serves one call with what was prepared.
pub(crate) async fn serve(
    prepared: Prepared,
    settings: ConnectSettings,
    configuration: &Configuration,
    ending: Ending,
) -> Result<ExitCode, ConnectError> {
    let ConnectSettings { orders, record } = settings;
    let begun = Instant::now();
    let Prepared {
        persona,
        dialogue: mut dialogue_settings,
        policies,
        clock,
        engines,
        inputs,
        input_queue,
        services,
        connector,
        portrayal,
    } = prepared;
    let book = BookPlan::resolve(orders.room.as_str(), orders.call.as_ref(), configuration.store()?.as_ref())?;
    let book = match book {
        Some(plan) => Some(plan.open(Some(orders.identity.clone())).await),
        None => None,
    };
    if let Some(book) = &book {
        dialogue_settings.earlier = book.earlier();
        // A full queue only means that the language model reads them later.
        let _ = engines.mind.try_send(MindCommand::Prefill(opening(&dialogue_settings)));
    }
    clock.begin();
    let recorder = record.as_deref().map(|at| Recorder::begin(at, &dialogue_settings)).transpose()?;
    let appearance = persona.face.appearance();
    let publish = publish(&persona.face, &appearance, record.is_some());
    let joined = tokio::select! {
        joined = join(&connector, &orders.url, &orders.token, publish) => joined?,
        reason = asked_to_end(ending.clone()) => {
            announce_ending();
            return Ok(exit_code(reason));
        }
    };
    let room = joined.room().clone();
    let portrayed = tokio::select! {
        portrayed = portrayed(portrayal) => portrayed,
        reason = asked_to_end(ending.clone()) => {
            announce_ending();
            leave(&room).await;
            return Ok(exit_code(reason));
        }
    };
    let portrayal = match portrayed {
        Ok(portrayal) => portrayal,
        Err(error) => {
            leave(&room).await;
            return Err(error.into());
        }
    };
    CallStarted { room: orders.room.as_str() }.emit();
    let Services { provider, lip_sync } = services;
    let provider = provider
        .zip(joined.avatar())
        .and_then(|(tavus, peer)| invite(tavus, &orders, &room.local().identity, configuration, peer));
    let mut session = Session {
        settings: dialogue_settings,
        policies,
        engines,
        clock,
        inputs,
        input_queue,
        face: FaceFollows::default(),
        recorder: recorder.clone(),
        transcripts: None,
        span: CallSpan::begin(orders.room.as_str(), &persona.name),
    };
    let helpers = Helpers::start(&session, book.as_ref(), ending);
    session.transcripts = book.map(|book| Box::new(book) as Box<dyn TranscriptStore>);
    let own_face = OwnFaceLook { appearance, assets: configuration.assets.clone() };
    let talked = talk(joined, session, persona.captions.in_chat, own_face, portrayal, lip_sync).await;
    drop(helpers);
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

/// Who is to be heard and seen in the room.
fn publish(face: &Face, appearance: &Appearance, recorded: bool) -> Publish {
    match face.avatar() {
        Some(identity) => Publish::Avatar(identity.to_owned()),
        None => Publish::Own(face.enabled.then(|| looks::track(appearance, recorded))),
    }
}

async fn portrayed(portrayal: Option<Portraying>) -> Result<Option<Portrayal>, LookError> {
    let Some(portrayal) = portrayal else { return Ok(None) };
    portrayal.await.map_err(|error| LookError::Broken(error.to_string()))?.map(Some)
}

/// Tasks that end the conversation from outside; they end with it.
struct Helpers([tokio::task::JoinHandle<()>; 2]);

impl Helpers {
    fn start(session: &Session, book: Option<&Book>, ending: Ending) -> Self {
        let lost = book.map(Book::lost);
        let (asked, superseded) = (session.inputs.clone(), session.inputs.clone());
        Self([
            tokio::spawn(async move {
                let reason = asked_to_end(ending).await;
                let _ = asked.send(dialogue::Input::HangUp(reason)).await;
            }),
            // Another worker has the call, or it was given up.
            tokio::spawn(async move {
                if let Some(lost) = lost {
                    lost.await;
                    let _ = superseded.send(dialogue::Input::HangUp(EndReason::Superseded)).await;
                }
            }),
        ])
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        self.0.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// The face that the agent shows when an avatar's participant is lost.
struct OwnFaceLook {
    appearance: Appearance,
    assets: Assets,
}

/// Holds the conversation and leaves the room.
async fn talk(
    joined: Joined,
    mut session: Session,
    captions_in_chat: bool,
    own_face: OwnFaceLook,
    portrayal: Option<Portrayal>,
    lip_sync: Option<LipSyncPlan>,
) -> Result<EndReason, ConnectError> {
    let room = joined.room().clone();
    let options = PortOptions {
        captions_in_chat,
        face: session.face.clone(),
        inputs: session.inputs.clone(),
        own_face: (looks::track(&own_face.appearance, false), looks::factory(own_face.appearance, own_face.assets)),
    };
    let (ports, face) = joined.ports(options);
    let filming = match face.zip(portrayal) {
        Some((output, portrayal)) => show_face(&mut session, output, portrayal, lip_sync, &ports.attributes)?,
        None => None,
    };
    let leaving = |reason| {
        announce_ending();
        tracing::info!(?reason, "leaving");
    };
    let Ended { reason, transcripts } = session.run(ports, leaving).await;
    if let Some(filming) = filming {
        filming.end().await;
    }
    let close = async {
        if let Some(transcripts) = transcripts {
            transcripts.close(reason).await;
        }
    };
    tokio::join!(leave(&room), close);
    Ok(reason)
}

/// Starts the face, and the service that films it, if there is one.
fn show_face(
    session: &mut Session,
    output: std::sync::Arc<dyn VideoOutput>,
    mut portrayal: Portrayal,
    lip_sync: Option<LipSyncPlan>,
    attributes: &std::sync::Arc<dyn Attributes>,
) -> Result<Option<LipSyncSession>, ConnectError> {
    let mut filming = None;
    if let Some(plan) = lip_sync {
        // The service stands between the voice and playout: what playout reads from now on comes from it.
        let (_, nothing) = tokio::sync::mpsc::channel(1);
        let commands = std::mem::replace(&mut session.engines.playout_commands, nothing);
        let (commands, started) = plan.begin(&mut portrayal, commands, &session.face.clock, attributes)?;
        session.engines.playout_commands = commands;
        filming = Some(started);
    }
    let face = OwnFace { output, portrayal };
    session
        .face
        .start(face, session.engines.host, &session.inputs)
        .map_err(|error| ConnectError::Thread(format!("cannot start the face thread: {error}")))?;
    Ok(filming)
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
        EndReason::ConnectionLost => ExitCode::ConnectionLost,
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
        EndReason::ConnectionLost => CallExit::ServerLost,
    }
}
