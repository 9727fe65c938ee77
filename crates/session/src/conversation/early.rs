//! What a user sends shortly before the agent listens to them. Pure: time is an argument.
//!
//! A transport may announce users who publish nothing some seconds late, while what they write comes at once; and a user may
//! write while the one before them is leaving. Refused at once, such a question would never be answered.
//!
//! ```text
//!  input of a user who is not linked ──> Early::hold ──┬─ they are linked ──> Early::of: read now
//!                                                      └─ timeout ──> Early::overdue: refused
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::ports::TransportEvent;

/// How long an input is held.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How many are held at the same time.
const MAX_HELD: usize = 8;

#[derive(Debug)]
struct Held {
    until: Instant,
    event: TransportEvent,
}

impl Held {
    fn is_from(&self, user: &str) -> bool {
        match &self.event {
            TransportEvent::Text { identity, .. } | TransportEvent::Preconnect { identity, .. } => identity == user,
            _ => false,
        }
    }
}

/// The inputs that are held, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Early(VecDeque<Held>);

impl Early {
    /// Holds an input. False when there is no place for it.
    pub(super) fn hold(&mut self, now: Instant, event: TransportEvent) -> bool {
        if self.0.len() >= MAX_HELD {
            return false;
        }
        self.0.push_back(Held { until: now + TIMEOUT, event });
        true
    }

    /// The inputs of a user who is listened to from now on, in the order they came.
    pub(super) fn of(&mut self, identity: &str) -> Vec<TransportEvent> {
        let (theirs, others) = self.0.drain(..).partition::<VecDeque<_>, _>(|held| held.is_from(identity));
        self.0 = others;
        theirs.into_iter().map(|held| held.event).collect()
    }

    /// When to ask for [`Early::overdue`].
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.front().map(|held| held.until)
    }

    /// The inputs of users who were not linked in time.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<TransportEvent> {
        let count = self.0.iter().take_while(|held| held.until <= now).count();
        self.0.drain(..count).map(|held| held.event).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{TextInput, TransportError};

    struct Unread;

    #[async_trait::async_trait]
    impl TextInput for Unread {
        async fn next(&mut self) -> Result<Option<String>, TransportError> {
            Err(TransportError::Closed)
        }
    }

    fn text(identity: &str) -> TransportEvent {
        TransportEvent::Text { identity: identity.to_owned(), input: Box::new(Unread) }
    }

    fn senders(events: &[TransportEvent]) -> Vec<&str> {
        let senders = events.iter().map(|event| match event {
            TransportEvent::Text { identity, .. } => identity.as_str(),
            _ => "another event",
        });
        senders.collect()
    }

    #[test]
    fn inputs_of_a_user_who_is_announced_in_time_are_read_and_no_others() {
        let (mut early, now) = (Early::default(), Instant::now());
        for identity in ["ada", "bob", "ada"] {
            assert!(early.hold(now, text(identity)));
        }
        assert_eq!(senders(&early.of("ada")), ["ada", "ada"]);
        assert!(early.of("ada").is_empty());
        assert_eq!(early.deadline(), Some(now + TIMEOUT));
        assert!(early.overdue(now + TIMEOUT - Duration::from_millis(1)).is_empty());
        assert_eq!(senders(&early.overdue(now + TIMEOUT)), ["bob"]);
        assert_eq!(early.deadline(), None);
    }

    #[test]
    fn a_flood_of_strangers_is_not_kept() {
        let (mut early, now) = (Early::default(), Instant::now());
        for _ in 0..MAX_HELD {
            assert!(early.hold(now, text("stranger")));
        }
        assert!(!early.hold(now, text("ada")));
    }
}
