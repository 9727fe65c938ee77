//! What somebody in a room sees of the agents there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// An agent in the room.
#[derive(Debug, Clone)]
pub(super) struct Agent {
    /// Whether it says what it is doing: then it serves.
    serves: bool,
    /// When it came.
    came: Instant,
    /// When it began to speak last: its captions.
    spoke: Option<Instant>,
}

#[derive(Debug, Default)]
struct Seen {
    connected: bool,
    /// When the connection was made or mended last.
    connected_at: Option<Instant>,
    agents: BTreeMap<String, Agent>,
    /// Since when there is more than one.
    crowded_since: Option<Instant>,
    longest_crowd: Duration,
}

/// What is seen in one room; clones are the same view.
#[derive(Debug, Clone, Default)]
pub(super) struct View(Arc<Mutex<Seen>>);

impl View {
    pub(super) fn connected(&self, now: Instant) {
        let mut seen = self.seen();
        seen.connected = true;
        seen.connected_at = Some(now);
    }

    pub(super) fn reconnecting(&self) {
        self.seen().connected = false;
    }

    /// Nobody is seen any more.
    pub(super) fn disconnected(&self, now: Instant) {
        let mut seen = self.seen();
        seen.connected = false;
        seen.agents.clear();
        seen.count(now);
    }

    pub(super) fn came(&self, identity: &str, serves: bool, now: Instant) {
        let mut seen = self.seen();
        seen.agents.insert(identity.to_owned(), Agent { serves, came: now, spoke: None });
        seen.count(now);
    }

    pub(super) fn left(&self, identity: &str, now: Instant) {
        let mut seen = self.seen();
        seen.agents.remove(identity);
        seen.count(now);
    }

    pub(super) fn serves(&self, identity: &str) {
        if let Some(agent) = self.seen().agents.get_mut(identity) {
            agent.serves = true;
        }
    }

    pub(super) fn spoke(&self, identity: &str, now: Instant) {
        if let Some(agent) = self.seen().agents.get_mut(identity) {
            agent.spoke = Some(now);
        }
    }

    /// Who serves here alone, as far as a connected person can see.
    pub(super) fn alone(&self) -> Option<String> {
        let seen = self.seen();
        let mut agents = seen.agents.iter();
        let (identity, agent) = agents.next()?;
        (seen.connected && agents.next().is_none() && agent.serves).then(|| identity.clone())
    }

    /// The same, of one that came since then.
    pub(super) fn alone_since(&self, since: Instant) -> Option<String> {
        let identity = self.alone()?;
        self.seen().agents.get(&identity).is_some_and(|agent| agent.came >= since).then_some(identity)
    }

    /// Whether an agent has spoken since then.
    pub(super) fn has_spoken_since(&self, since: Instant) -> bool {
        self.seen().agents.values().any(|agent| agent.spoke.is_some_and(|at| at >= since))
    }

    /// Whether the connection was made or mended since then, and stands.
    pub(super) fn is_connected_since(&self, since: Instant) -> bool {
        let seen = self.seen();
        seen.connected && seen.connected_at.is_some_and(|at| at >= since)
    }

    /// The longest time that two agents were here, since this was asked last.
    pub(super) fn take_longest_crowd(&self, now: Instant) -> Duration {
        let mut seen = self.seen();
        let present = seen.crowded_since.map_or(Duration::ZERO, |since| now.duration_since(since));
        std::mem::take(&mut seen.longest_crowd).max(present)
    }

    /// For people.
    pub(super) fn describe(&self) -> String {
        let seen = self.seen();
        let agents = seen.agents.iter().map(|(identity, agent)| format!("{identity} (serves: {})", agent.serves));
        format!("connected: {}, agents: {}", seen.connected, agents.collect::<Vec<_>>().join(", "))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn count(&mut self, now: Instant) {
        if self.agents.len() > 1 {
            self.crowded_since.get_or_insert(now);
        } else if let Some(since) = self.crowded_since.take() {
            self.longest_crowd = self.longest_crowd.max(now.duration_since(since));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_alone_when_it_serves_and_the_other_one_is_gone() {
        let (view, begun) = (View::default(), Instant::now());
        let after = |ms| begun + Duration::from_millis(ms);
        view.came("a", true, after(0));
        assert_eq!(view.alone(), None, "not connected");
        view.connected(after(1));
        assert_eq!(view.alone().as_deref(), Some("a"));
        view.came("b", false, after(10));
        assert_eq!(view.alone(), None, "two");
        assert_eq!(view.take_longest_crowd(after(15)), Duration::from_millis(5));
        view.left("a", after(40));
        assert_eq!(view.alone(), None, "the other one does not serve yet");
        view.serves("b");
        assert_eq!(view.alone().as_deref(), Some("b"));
        assert_eq!(view.alone_since(after(10)).as_deref(), Some("b"));
        assert_eq!(view.alone_since(after(11)), None);
        assert_eq!(view.take_longest_crowd(after(100)), Duration::from_millis(30));
        assert_eq!(view.take_longest_crowd(after(100)), Duration::ZERO);
        view.spoke("b", after(50));
        assert!(view.has_spoken_since(after(50)) && !view.has_spoken_since(after(51)));
        view.disconnected(after(60));
        assert_eq!(view.alone(), None);
        assert!(!view.is_connected_since(after(0)));
    }
}
