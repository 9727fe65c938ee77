//! Push to talk: what a client's button does, as inputs of the dialogue.

use std::time::Duration;

use dialogue::Input;

use super::Conversation;
use crate::clock;
use crate::ports::{PushToTalk, PushToTalkRefused, PushToTalkResponder};

/// Sound takes longer than a press of the button: when it is released, so much of what was said may still be on its way, or in
/// the gate that looks for the end of the voice.
const SOUND_ON_ITS_WAY: Duration = Duration::from_millis(300);

impl Conversation {
    /// A user pressed or released the button.
    pub(super) fn push_to_talk(&mut self, identity: &str, action: PushToTalk, responder: PushToTalkResponder) {
        if self.linked.as_deref() != Some(identity) {
            tracing::info!(identity, ?action, "push to talk is refused: the agent listens to another user");
            return responder.respond(Err(PushToTalkRefused));
        }
        match action {
            PushToTalk::Start => {
                self.end_released_turn();
                self.take(Input::TurnBegun);
            }
            // Released twice is released once.
            PushToTalk::End => {
                self.turn_ends.get_or_insert_with(|| clock::now() + SOUND_ON_ITS_WAY);
            }
            PushToTalk::Cancel => {
                self.turn_ends = None;
                self.take(Input::TurnCancelled);
            }
        }
        responder.respond(Ok(()));
    }

    /// The turn whose button was released is over.
    pub(super) fn end_released_turn(&mut self) {
        if self.turn_ends.take().is_some() {
            self.take(Input::TurnEnded);
        }
    }
}
