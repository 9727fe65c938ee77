//! What somebody sends before the room has told that they are there. Pure: time is an argument.
//!
//! LiveKit gathers its news of people who publish nothing, and tells of them some seconds late; what they write comes at
//! once. A question typed on entering, or on coming back, would be a stranger's.
//!
//! ```text
//!  stream of somebody unknown, while nobody is listened to ──> Early::hold ──┬─ they are linked ──> Early::of: read now
//!                                                                            └─ patience over ──> Early::overdue: refused
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use room::RoomEvent;

/// How long a stream is held.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many are held at the same time.
const MOST: usize = 8;

#[derive(Debug)]
struct Held {
    until: Instant,
    stream: RoomEvent,
}

impl Held {
    fn is_from(&self, person: &str) -> bool {
        match &self.stream {
            RoomEvent::TextStream { identity, .. } | RoomEvent::ByteStream { identity, .. } => identity == person,
            _ => false,
        }
    }
}

/// The streams that are held, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Early(VecDeque<Held>);

impl Early {
    /// Holds a stream. Says whether there was a place for it.
    pub(super) fn hold(&mut self, now: Instant, stream: RoomEvent) -> bool {
        if self.0.len() >= MOST {
            return false;
        }
        self.0.push_back(Held { until: now + PATIENCE, stream });
        true
    }

    /// The streams of somebody who is listened to from now on, in the order they came.
    pub(super) fn of(&mut self, identity: &str) -> Vec<RoomEvent> {
        let (theirs, others) = self.0.drain(..).partition::<VecDeque<_>, _>(|held| held.is_from(identity));
        self.0 = others;
        theirs.into_iter().map(|held| held.stream).collect()
    }

    /// When to ask for [`Early::overdue`].
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.front().map(|held| held.until)
    }

    /// The streams of those who were not told of in time.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<RoomEvent> {
        let count = self.0.iter().take_while(|held| held.until <= now).count();
        self.0.drain(..count).map(|held| held.stream).collect()
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use room::{Attributes, RoomError, TextReader};

    use super::*;

    struct Unread;

    #[async_trait]
    impl TextReader for Unread {
        async fn next(&mut self) -> Result<Option<String>, RoomError> {
            Err(RoomError::Closed)
        }

        async fn read_all(&mut self, _limit: usize) -> Result<String, RoomError> {
            Err(RoomError::Closed)
        }
    }

    fn stream(identity: &str, topic: &str) -> RoomEvent {
        let (identity, topic) = (identity.to_owned(), topic.to_owned());
        RoomEvent::TextStream { identity, topic, attributes: Attributes::new(), reader: Box::new(Unread) }
    }

    fn topics(streams: &[RoomEvent]) -> Vec<&str> {
        let topics = streams.iter().map(|stream| match stream {
            RoomEvent::TextStream { topic, .. } => topic.as_str(),
            _ => "another event",
        });
        topics.collect()
    }

    #[test]
    fn who_is_told_of_in_time_is_read_in_order_and_nobody_else() {
        let (mut early, now) = (Early::default(), Instant::now());
        for (identity, topic) in [("ada", "first"), ("bob", "second"), ("ada", "third")] {
            assert!(early.hold(now, stream(identity, topic)));
        }
        assert_eq!(topics(&early.of("ada")), ["first", "third"]);
        assert!(early.of("ada").is_empty());
        assert_eq!(early.deadline(), Some(now + PATIENCE));
        assert!(early.overdue(now + PATIENCE - Duration::from_millis(1)).is_empty());
        assert_eq!(topics(&early.overdue(now + PATIENCE)), ["second"]);
        assert_eq!(early.deadline(), None);
    }

    #[test]
    fn a_flood_of_strangers_is_not_kept() {
        let (mut early, now) = (Early::default(), Instant::now());
        for _ in 0..MOST {
            assert!(early.hold(now, stream("stranger", "flood")));
        }
        assert!(!early.hold(now, stream("ada", "one more")));
    }
}
