//! Runs one conversation on a transport's ports, from the first event to the last caption.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dialogue::{AgentState, Dialogue, EndReason, Input, Policies, Settings};
use face::Animator;
use futures_util::future::BoxFuture;
use telemetry::spans::CallSpan;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::call_clock::CallClock;
use crate::captions::{run_captions, run_states};
use crate::conversation::{Conversation, Links};
use crate::engine_host::EngineHost;
use crate::engines::Engines;
use crate::face::{FaceLoop, Portrayal, ShownActivity};
use crate::ports::{Attributes, AudioOutput, TextOutput, TransportEvents, VideoOutput};
use crate::recording::Recorder;
use crate::transcript_store::TranscriptStore;
use crate::voice::{SharedClock, run_playout};

/// Captions that may wait for the transport.
const CAPTION_QUEUE: usize = 128;
/// The last captions may take this long.
const CAPTIONS_TIMEOUT: Duration = Duration::from_secs(1);

/// The agent's face and where it is shown.
pub struct OwnFace {
    /// Where its pictures go.
    pub output: Arc<dyn VideoOutput>,
    /// What it looks like.
    pub portrayal: Portrayal,
}

/// What the face's thread follows. Clones share it: a face that starts later must get a clone.
#[derive(Debug, Clone, Default)]
pub struct FaceFollows {
    /// The playout clock.
    pub clock: SharedClock,
    /// What the agent is doing.
    pub activity: ShownActivity,
    /// Set at the end of the call.
    pub stop: Arc<AtomicBool>,
}

impl FaceFollows {
    /// Starts the face's thread. It draws until the call is over.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(&self, face: OwnFace, host: EngineHost, inputs: &mpsc::Sender<Input>) -> std::io::Result<()> {
        let OwnFace { output, portrayal } = face;
        let face = FaceLoop {
            output,
            portrayal,
            animator: Animator::new(rand::random()),
            clock: self.clock.clone(),
            activity: self.activity.clone(),
            stop: self.stop.clone(),
        };
        face.start(host, inputs)
    }
}

/// The transport's side of a conversation.
pub struct Ports {
    /// What happens.
    pub events: TransportEvents,
    /// Where the agent's voice goes.
    pub voice: Box<dyn AudioOutput>,
    /// Where captions go.
    pub text: Box<dyn TextOutput>,
    /// Shows the agent's state.
    pub attributes: Arc<dyn Attributes>,
    /// Resolves when it is clear who speaks and is seen; `None` when it is clear from the start.
    pub voice_decided: Option<BoxFuture<'static, ()>>,
}

/// What a conversation is held with.
pub struct Session {
    /// How it is led.
    pub settings: Settings,
    /// The policies that the settings name.
    pub policies: Policies,
    /// Its engines, which may still load.
    pub engines: Engines,
    /// Stands still until the call begins.
    pub clock: CallClock,
    /// To the conversation, from everyone.
    pub inputs: mpsc::Sender<Input>,
    /// The receiving end of `inputs`.
    pub input_queue: mpsc::Receiver<Input>,
    /// What the face follows.
    pub face: FaceFollows,
    /// Keeps everything, when that was asked for.
    pub recorder: Option<Recorder>,
    /// Keeps what was said, when calls are kept.
    pub transcripts: Option<Box<dyn TranscriptStore>>,
    /// What traces of this call hang on.
    pub span: CallSpan,
}

/// Why a conversation ended, and what is left to close.
pub struct Ended {
    /// Why.
    pub reason: EndReason,
    /// Where it was kept: still open.
    pub transcripts: Option<Box<dyn TranscriptStore>>,
}

impl Session {
    /// Holds the conversation until it is over. `ending` is called once the agent begins to leave.
    pub async fn run(self, ports: Ports, ending: impl FnOnce(EndReason)) -> Ended {
        let Self { settings, policies, engines, clock, inputs, input_queue, face, recorder, transcripts, span } = self;
        let Ports { events, voice, text, attributes, voice_decided } = ports;
        let (captions, caption_queue) = mpsc::channel(CAPTION_QUEUE);
        let caption_task = tokio::spawn(run_captions(text, caption_queue));
        let (states, state_changes) = watch::channel(AgentState::Initializing);
        let playout =
            run_playout(voice, engines.playout_commands, face.clock.clone(), inputs.clone(), recorder.clone());
        let helpers = [
            tokio::spawn(playout),
            tokio::spawn(run_states(attributes, state_changes)),
            tokio::spawn(report_ready(engines.voice_ready, voice_decided, inputs.clone())),
        ];
        let links = Links {
            ears: engines.ears,
            mind: engines.mind,
            voice: engines.voice,
            playout: engines.playout,
            captions,
            states,
            activity: face.activity.clone(),
            inputs,
            recorder,
            transcripts,
            span,
        };
        let conversation = Conversation::new(Dialogue::new(settings, policies), clock, links);
        let (reason, transcripts) = conversation.run(events, input_queue).await;
        ending(reason);
        for task in helpers {
            task.abort();
        }
        face.stop.store(true, Ordering::Relaxed);
        finish_captions(caption_task).await;
        Ended { reason, transcripts }
    }
}

/// The agent is ready once its voice is, and it is clear who speaks: the other engines are waited for where they are needed.
async fn report_ready(
    voice_ready: oneshot::Receiver<()>,
    voice_decided: Option<BoxFuture<'static, ()>>,
    inputs: mpsc::Sender<Input>,
) {
    let decided = async {
        if let Some(decided) = voice_decided {
            decided.await;
            // No event tells whether a user subscribed to another participant's voice, so it is assumed.
            let _ = inputs.send(Input::VoiceSubscribed).await;
        }
    };
    if tokio::join!(voice_ready, decided).0.is_ok() {
        let _ = inputs.send(Input::Ready).await;
    }
}

async fn finish_captions(task: JoinHandle<()>) {
    let abort = task.abort_handle();
    if tokio::time::timeout(CAPTIONS_TIMEOUT, task).await.is_err() {
        tracing::warn!("the last captions could not be sent in time");
        abort.abort();
    }
}
