//! A whole conversation on the transport in memory.

use std::sync::Arc;
use std::time::Duration;

use dialogue::{PolicyError, PolicyRegistry, Settings};
use telemetry::spans::CallSpan;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::caller::{Caller, transport};
use super::engines::ScriptedEngines;
use crate::call_clock::CallClock;
use crate::engine_host::EngineHost;
use crate::engines::{EngineLoader, EngineOptions, EngineStartError, Engines};
use crate::face::Portrayal;
use crate::recording::Recorder;
use crate::{Ended, FaceFollows, OwnFace, Session};

/// Reports that may wait for the conversation.
const INPUT_QUEUE: usize = 256;
/// How long a conversation may take to end once all users have left.
const END_TIMEOUT: Duration = Duration::from_secs(60);

/// A conversation under way. Dropping it ends it.
pub struct Call {
    /// Its users.
    pub caller: Caller,
    session: JoinHandle<Ended>,
}

/// Why a conversation in memory could not begin or end.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The settings name a policy or a language that does not exist.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// An engine can't be started.
    #[error(transparent)]
    Engine(#[from] EngineStartError),
    /// The face can't be started.
    #[error("cannot start the face: {0}")]
    Face(std::io::Error),
    /// It goes on though all users have left, or its task failed.
    #[error("the conversation did not end")]
    NoEnd,
}

/// What a conversation has besides its engines.
#[derive(Default)]
pub struct CallOptions {
    /// How it is led.
    pub settings: Settings,
    /// Where its policies come from; those of `dialogue` if there are no others.
    pub policies: Option<PolicyRegistry>,
    /// Its face.
    pub portrayal: Option<Portrayal>,
    /// Keeps everything.
    pub recorder: Option<Recorder>,
}

impl Call {
    /// Begins a conversation, on a runtime whose time may be paused.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn begin(engines: &ScriptedEngines, options: CallOptions) -> Result<Self, CallError> {
        let CallOptions { settings, policies, portrayal, recorder } = options;
        let policies = policies.unwrap_or_else(PolicyRegistry::builtin).select(&settings)?;
        let (caller, ports) = transport(engines);
        let (inputs, input_queue) = mpsc::channel(INPUT_QUEUE);
        let clock = CallClock::default();
        let engine_options = EngineOptions {
            detect_turns: policies.uses_turn_detector(),
            transcribe_ahead: true,
            share_cores: false,
            host: EngineHost::Tasks,
        };
        let loader: Arc<dyn EngineLoader> = Arc::new(engines.clone());
        let engines = Engines::start(&loader, engine_options, &inputs, &clock)?;
        let face = FaceFollows::default();
        if let Some(portrayal) = portrayal {
            let own_face = OwnFace { output: caller.screen(), portrayal };
            face.start(own_face, EngineHost::Tasks, &inputs).map_err(CallError::Face)?;
        }
        clock.begin();
        let span = CallSpan::begin("call", "agent");
        let session = Session {
            settings,
            policies,
            engines,
            clock,
            inputs,
            input_queue,
            face,
            recorder: recorder.clone(),
            transcripts: None,
            span,
        };
        let session = tokio::spawn(async move {
            let ended = session.run(ports, |_| {}).await;
            if let Some(recorder) = recorder {
                recorder.finish();
            }
            ended
        });
        Ok(Self { caller, session })
    }

    /// Waits until the agent was heard to say `words`; false after 20 s.
    pub async fn hears(&self, words: &str) -> bool {
        const TIMEOUT: Duration = Duration::from_secs(20);
        self.caller.wait_for(TIMEOUT, |log| log.agent_said().iter().any(|said| said.contains(words))).await
    }

    /// Waits until the conversation is over, which it soon is once all users have left.
    ///
    /// # Errors
    /// [`CallError::NoEnd`].
    pub async fn ended(&mut self) -> Result<Ended, CallError> {
        let ended = tokio::time::timeout(END_TIMEOUT, &mut self.session).await;
        ended.map_err(|_| CallError::NoEnd)?.map_err(|_| CallError::NoEnd)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.session.abort();
    }
}
