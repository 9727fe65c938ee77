//! The call's book: what was said is written into the store of calls, so that another process can go on from there.
//!
//! Nothing waits for the store. Without one (`VISAVIS_STORE` is not set) there is no book, and a call that loses its
//! process begins anew.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use calls::{CallId, CallStore, Generation, Holding, Keeper, Lease, Post, StoreError, Turn, WorkerPlace};
use chat::{Message, Role};
use dialogue::{EndReason, TurnId};
use proto::orders::CallOrders;
use proto::worker::ENV_STORE;
use session::transcript_store::TranscriptStore;
use tokio::time::{Instant, sleep};

use crate::settings_error::SettingsError;

/// How long the store may take for anything: a beat that hangs must not keep the next ones from coming in time.
const STORE_DEADLINE: Duration = Duration::from_secs(1);
/// How long a worker that follows another one waits for what was said: a call goes on within five seconds.
const HISTORY_PATIENCE: Duration = Duration::from_secs(3);
const HISTORY_AGAIN: Duration = Duration::from_millis(200);

/// Which call this process serves, and where that is written down.
pub(crate) struct BookPlan {
    store: Arc<dyn CallStore>,
    lease: Lease,
}

impl BookPlan {
    /// The plan for the call that the orders name; `None` when calls are not kept.
    ///
    /// # Errors
    /// When the orders or the store's address say something that can't be.
    pub(crate) fn resolve(
        room: &str,
        call: Option<&CallOrders>,
        store: Option<&calls::Address>,
    ) -> Result<Option<Self>, SettingsError> {
        let (Some(address), Some(CallOrders { id, generation })) = (store, call) else { return Ok(None) };
        let wrong = |setting: &'static str, message: String| SettingsError { setting, message };
        let call: CallId = id.parse().map_err(|error: calls::NotACallId| wrong("call", error.to_string()))?;
        let generation = Generation::new(*generation);
        let generation = generation.ok_or_else(|| wrong("generation", calls::NotAGeneration.to_string()))?;
        let store = calls::open_with_deadline(address, STORE_DEADLINE);
        let store = store.map_err(|error| wrong(ENV_STORE, error.to_string()))?;
        Ok(Some(Self { store, lease: Lease { room: room.to_owned(), call, generation } }))
    }

    /// Opens the book: says that this process lives, and reads what was said before it came. A store that is just being
    /// started again is waited for, as a memory is worth a moment; one that stays away costs it: the call goes on.
    pub(crate) async fn open(self, identity: Option<String>) -> Book {
        let history = if self.lease.generation == Generation::FIRST {
            Vec::new()
        } else {
            self.history().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "what was said before this worker came can't be read");
                Vec::new()
            })
        };
        let earlier = history.iter().map(message).collect();
        let post = Post { lease: self.lease, place: WorkerPlace::here().ok(), holder: identity, history };
        Book { keeper: Keeper::start(self.store, post), earlier, said: None, heard: String::new() }
    }
}

impl BookPlan {
    async fn history(&self) -> Result<Vec<Turn>, StoreError> {
        let begun = Instant::now();
        loop {
            match self.store.history(&self.lease).await {
                Ok(history) => return Ok(history),
                Err(error) if begun.elapsed() + HISTORY_AGAIN > HISTORY_PATIENCE => return Err(error),
                Err(_) => sleep(HISTORY_AGAIN).await,
            }
        }
    }
}

fn message(turn: &Turn) -> Message {
    Message::new(turn.role(), turn.text())
}

/// The book of a call under way.
pub struct Book {
    keeper: Keeper,
    earlier: Vec<Message>,
    /// What the user said last, as it was written.
    said: Option<(TurnId, String)>,
    /// What was heard of the agent's speech so far.
    heard: String,
}

impl Book {
    /// What was said before this process came.
    #[must_use]
    pub(crate) fn earlier(&self) -> Vec<Message> {
        self.earlier.clone()
    }

    /// Resolves when the call is another worker's, or was given up: this one is to leave at once.
    pub(crate) fn lost(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut holding = self.keeper.holding();
        async move {
            let lost = |holding: &Holding| matches!(holding, Holding::Superseded | Holding::Gone);
            // The keeper has ended with the call.
            if holding.wait_for(lost).await.map(drop).is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[async_trait]
impl TranscriptStore for Book {
    fn user_said(&mut self, turn: TurnId, text: &str) {
        let text = text.trim();
        let written =
            self.said.as_ref().filter(|(known, _)| *known == turn).map_or("", |(_, written)| written.as_str());
        // The turn stands in the store already: only what is new follows it.
        let new = text.strip_prefix(written).unwrap_or(text).trim();
        if !new.is_empty() {
            self.keeper.note_turn(Role::User, new);
        }
        self.said = Some((turn, text.to_owned()));
    }

    fn user_typed(&mut self, text: &str) {
        self.agent_ended();
        self.keeper.note_turn(Role::User, text.trim());
    }

    fn agent_heard(&mut self, words: &str) {
        self.heard.push_str(words);
    }

    fn agent_ended(&mut self) {
        let heard = std::mem::take(&mut self.heard);
        if !heard.trim().is_empty() {
            self.keeper.note_turn(Role::Assistant, heard.trim());
        }
    }

    async fn close(self: Box<Self>, reason: EndReason) {
        let closed = if another_follows(reason) { self.keeper.leave().await } else { self.keeper.end().await };
        if let Err(error) = closed {
            tracing::warn!(%error, "the store of calls does not know how this call ended");
        }
    }
}

/// Whether the call goes on with another worker.
fn another_follows(reason: EndReason) -> bool {
    match reason {
        EndReason::EngineLost(_) | EndReason::ConnectionLost | EndReason::OwnerGone | EndReason::Superseded => true,
        EndReason::EverybodyLeft
        | EndReason::UserVanished
        | EndReason::Idle
        | EndReason::SessionLimit
        | EndReason::BudgetSpent
        | EndReason::Asked
        | EndReason::NobodyArrived => false,
    }
}
