//! What a call needs before it has a room: engines that load, the LiveKit library, a face.
//!
//! `connect` begins it and joins meanwhile; `standby` begins it and waits for a room.

use std::sync::Arc;

use assets::Assets;
use avatars::face_video::FIRST_PATIENCE;
use chat::Message;
use dialogue::{Engine, Input, Policies, PolicyRegistry, Settings};
use face::emotion::tags;
use persona::{Face, Persona};
use room::ffi::FfiConnector;
use session::call_clock::CallClock;
use session::clause::ClauseSplitter;
use session::engines::{EngineLoader, Engines};
use session::face::Portrayal;
use session::generation::mind::MindCommand;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::chosen_engines::ChosenEngines;
use crate::configuration::Configuration;
use crate::connect_error::ConnectError;
use crate::engines::registry;
use crate::looks::{self, LookError};
use crate::services::Services;

/// Reports that may wait for the call.
const INPUT_QUEUE: usize = 256;

/// Everything of a call but its room.
pub(crate) struct Prepared {
    pub(crate) persona: Persona,
    /// How the conversation is led.
    pub(crate) dialogue: Settings,
    pub(crate) policies: Policies,
    /// Stands still until the call begins.
    pub(crate) clock: CallClock,
    pub(crate) engines: Engines,
    /// To the conversation, from everyone.
    pub(crate) inputs: mpsc::Sender<Input>,
    pub(crate) input_queue: mpsc::Receiver<Input>,
    pub(crate) services: Services,
    pub(crate) connector: FfiConnector,
    pub(crate) portrayal: Option<Portraying>,
}

/// A face that is being made ready, which takes as long as joining a room does.
pub(crate) type Portraying = JoinHandle<Result<Portrayal, LookError>>;

/// Begins to make the face ready, if the agent has one of its own.
fn portray(face: &Face, assets: &Assets) -> Option<Portraying> {
    let own_face = face.enabled && face.avatar().is_none();
    own_face.then(|| tokio::spawn(looks::portray(face.appearance(), assets.clone())))
}

impl Prepared {
    /// Checks settings and files, and lets everything load. Returns before that has happened.
    ///
    /// # Errors
    /// When a setting is wrong, a file is missing, or the LiveKit library can't be loaded.
    pub(crate) fn begin(persona: Persona, configuration: &Configuration) -> Result<Self, ConnectError> {
        let services = Services::resolve(&persona.face, &configuration.avatars)?;
        let chosen = ChosenEngines::prepare(&registry(), &persona, configuration)?;
        let (inputs, input_queue) = mpsc::channel(INPUT_QUEUE);
        let clock = CallClock::default();
        let dialogue = dialogue_settings(&persona);
        let policies = PolicyRegistry::builtin().select(&dialogue)?;
        let (options, livekit_ffi) = (chosen.options(policies.uses_turn_detector()), chosen.livekit_ffi.clone());
        let loader: Arc<dyn EngineLoader> = Arc::new(chosen);
        let engines = Engines::start(&loader, options, &inputs, &clock)?;
        if engines.mind.try_send(MindCommand::Prefill(opening(&dialogue))).is_err() {
            tracing::debug!("the mind is gone already");
        }
        let connector = FfiConnector::load(&livekit_ffi)?;
        let portrayal = portray(&persona.face, &configuration.assets);
        Ok(Self { persona, dialogue, policies, clock, engines, inputs, input_queue, services, connector, portrayal })
    }

    /// Tells how many engines still load.
    pub(crate) fn loading(&self) -> watch::Receiver<usize> {
        self.engines.loading.clone()
    }

    /// Resolves when an engine could not be loaded, or failed, while there was no call.
    pub(crate) async fn failed(&mut self) -> Engine {
        loop {
            match self.input_queue.recv().await {
                Some(Input::EngineFailed { engine }) => return engine,
                Some(_) => {}
                // We hold a sender ourselves.
                None => std::future::pending().await,
            }
        }
    }
}

/// What the language model can read before anything is said: its instructions, and what was said before this process came.
pub(crate) fn opening(settings: &Settings) -> Vec<Message> {
    let instructions = Message::system(settings.instructions.trim());
    std::iter::once(instructions).chain(settings.earlier.iter().cloned()).collect()
}

/// What the language model is told first.
fn instructions(persona: &Persona) -> String {
    if persona.face.emotion_tags {
        format!("{}\n{}", persona.instructions.trim_end(), tags::INSTRUCTION)
    } else {
        persona.instructions.clone()
    }
}

/// How the conversation with this persona is led.
pub(crate) fn dialogue_settings(persona: &Persona) -> Settings {
    let mut splitter = ClauseSplitter::default();
    let mut greeting = splitter.push(&tags::split(&persona.greeting).text);
    greeting.extend(splitter.finish());
    let mut settings = Settings {
        instructions: instructions(persona),
        greeting,
        budget: persona.budget.settings(),
        language: persona.language.clone(),
        ..Settings::default()
    };
    persona.turns.apply(&mut settings);
    if persona.face.is_filmed() {
        // A voice that waits for its pictures makes no progress meanwhile.
        settings.voice_deadline += FIRST_PATIENCE;
    }
    settings
}
