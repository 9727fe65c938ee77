//! Push to talk: what the button of a frontend tells, by the calls of LiveKit's own example.

use std::time::{Duration, Instant};

use dialogue::Input;
use proto::room::PushToTalk;
use room::{Room, RoomError, RpcFault, RpcResponder};

use super::Call;

/// Sound takes longer than a call: when the button is released, so much of what was said may still be on its way, or in
/// the gate that looks for the end of the voice.
const SOUND_ON_ITS_WAY: Duration = Duration::from_millis(300);

/// Offers the calls of push to talk to everybody in the room; who makes them is checked when they come.
///
/// # Errors
/// [`RoomError::Closed`] when the room is over already.
pub fn offer_push_to_talk(room: &dyn Room) -> Result<(), RoomError> {
    PushToTalk::ALL.into_iter().try_for_each(|call| room.register_rpc(call.method()))
}

impl Call {
    /// Somebody calls a method of ours.
    pub(super) fn called(&mut self, caller: &str, method: &str, payload: &str, responder: RpcResponder) {
        let avatar = self.organs.avatar.as_ref();
        let of_avatar = avatar.and_then(|avatar| avatar.called(caller, method, payload, Instant::now()));
        let answer = of_avatar.unwrap_or_else(|| self.answer_call(caller, method));
        if let Err(fault) = &answer {
            tracing::info!(caller, method, %fault, "a call is refused");
        }
        if let Err(error) = responder.respond(answer) {
            tracing::debug!(%error, method, "a call could not be answered");
        }
    }

    fn answer_call(&mut self, caller: &str, method: &str) -> Result<String, RpcFault> {
        let Some(call) = PushToTalk::of_method(method) else {
            return Err(RpcFault::new(RpcFault::UNSUPPORTED_METHOD, "the agent does not offer this method"));
        };
        if self.linked.as_deref() != Some(caller) {
            return Err(RpcFault::new(RpcFault::APPLICATION, "the agent listens to somebody else"));
        }
        match call {
            PushToTalk::StartTurn => {
                self.end_released_turn();
                self.take(Input::TurnBegun);
            }
            // Released twice is released once.
            PushToTalk::EndTurn => {
                self.turn_ends.get_or_insert_with(|| Instant::now() + SOUND_ON_ITS_WAY);
            }
            PushToTalk::CancelTurn => {
                self.turn_ends = None;
                self.take(Input::TurnCancelled);
            }
        }
        Ok(String::new())
    }

    /// The turn whose button was released is over.
    pub(super) fn end_released_turn(&mut self) {
        if self.turn_ends.take().is_some() {
            self.take(Input::TurnEnded);
        }
    }
}
