//! Push to talk: the button that is pressed before each spoken turn and released after it.

use std::time::Duration;

use proto::room::PushToTalk;
use room::{Room, RpcRequest};

use super::notes::Observation;
use super::{CallerError, CallerPlan, Utterance};

/// How long the agent may take to say that it noticed the button.
const DEADLINE: Duration = Duration::from_secs(10);

/// The button, if the plan has one.
#[derive(Debug)]
pub(super) struct Button<'plan> {
    plan: &'plan CallerPlan,
    agent: Option<String>,
}

impl<'plan> Button<'plan> {
    pub(super) fn of(plan: &'plan CallerPlan) -> Self {
        Self { plan, agent: None }
    }

    /// A turn is about to be spoken.
    pub(super) async fn press(&self, room: &dyn Room) -> Result<(), CallerError> {
        self.call(room, PushToTalk::StartTurn).await
    }

    /// Lets go of the button when a turn was spoken; or takes the turn back, when the plan says so.
    pub(super) async fn note(&mut self, room: &dyn Room, what: &Observation) -> Result<(), CallerError> {
        if let Observation::AgentJoined { identity } = what {
            self.agent = Some(identity.clone());
        }
        let Observation::CallerSilent { turn } = what else { return Ok(()) };
        if matches!(self.plan.utterances.get(*turn), None | Some(Utterance::Typed(_))) {
            return Ok(());
        }
        let taken_back = self.plan.taken_back.contains(&(turn + 1));
        self.call(room, if taken_back { PushToTalk::CancelTurn } else { PushToTalk::EndTurn }).await
    }

    async fn call(&self, room: &dyn Room, call: PushToTalk) -> Result<(), CallerError> {
        if !self.plan.push_to_talk {
            return Ok(());
        }
        let method = call.method();
        let failed = |message: String| CallerError::Button { method, message };
        let Some(agent) = self.agent.clone() else { return Err(failed("there is no agent".to_owned())) };
        let request = RpcRequest {
            destination_identity: agent,
            method: method.to_owned(),
            payload: String::new(),
            timeout: DEADLINE,
        };
        room.perform_rpc(request).await.map(drop).map_err(|error| failed(error.to_string()))
    }
}
