//! How many rooms with an agent one client may have at once.
//!
//! ```text
//!  reserve ── the agent is there: nothing to count ── fewer than the quota: Reservation ── keep ──> counted until it is gone
//!         └── as many as may: None                                                └── dropped: not counted
//! ```

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto::names::RoomName;

use super::ClientId;

/// The most rooms of which is remembered who asked for them; the oldest is forgotten first.
const MAX_OWNERS: usize = 10_000;
/// How many clients may be remembered before it is looked whose agents are gone.
const SWEEP_ABOVE: usize = 256;

/// Where an agent stands that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    /// It is being invited: it need not be there yet.
    Reserved,
    /// It was there: it counts for as long as it is.
    Kept,
}

#[derive(Debug, Default)]
struct Held {
    rooms: HashMap<ClientId, HashMap<RoomName, Count>>,
    /// Who asked for a room whose agent comes when somebody has joined.
    owners: HashMap<RoomName, ClientId>,
    order: VecDeque<RoomName>,
}

#[derive(Debug, Default)]
struct Inner {
    max: Option<NonZeroUsize>,
    held: Mutex<Held>,
}

/// A handle to what clients have. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Quotas(Arc<Inner>);

/// A place for one agent, given back unless it is kept.
#[derive(Debug)]
pub struct Reservation(Option<(Arc<Inner>, ClientId, RoomName)>);

impl Quotas {
    /// Each client may have `max` rooms with an agent; as many as there are workers, when there is none.
    #[must_use]
    pub fn new(max: Option<NonZeroUsize>) -> Self {
        Self(Arc::new(Inner { max, held: Mutex::default() }))
    }

    /// A place for an agent that `client` invites to `room`; `None` when it has as many as it may.
    #[must_use]
    pub fn reserve(
        &self,
        client: &ClientId,
        room: &RoomName,
        is_present: impl Fn(&RoomName) -> bool,
    ) -> Option<Reservation> {
        let nothing = Some(Reservation(None));
        let Some(max) = self.0.max else { return nothing };
        if is_present(room) {
            return nothing;
        }
        let mut held = self.0.lock();
        if held.rooms.len() > SWEEP_ABOVE {
            held.rooms.retain(|_, rooms| {
                forget_gone(rooms, &is_present);
                !rooms.is_empty()
            });
        }
        let rooms = held.rooms.entry(client.clone()).or_default();
        forget_gone(rooms, &is_present);
        if rooms.contains_key(room) {
            // Another call of the same client has the place.
            return nothing;
        }
        if rooms.len() >= max.get() {
            return None;
        }
        rooms.insert(room.clone(), Count::Reserved);
        Some(Reservation(Some((Arc::clone(&self.0), client.clone(), room.clone()))))
    }

    /// The same, for whoever asked for the room.
    #[must_use]
    pub fn reserve_for_owner(&self, room: &RoomName, is_present: impl Fn(&RoomName) -> bool) -> Option<Reservation> {
        let owner = self.0.lock().owners.get(room).cloned();
        match owner {
            Some(client) => self.reserve(&client, room, is_present),
            None => Some(Reservation(None)),
        }
    }

    /// `client` was handed a token for `room`: an agent that comes there is theirs.
    pub fn asked(&self, client: &ClientId, room: &RoomName) {
        if self.0.max.is_none() {
            return;
        }
        let mut held = self.0.lock();
        if held.owners.insert(room.clone(), client.clone()).is_none() {
            held.order.push_back(room.clone());
        }
        if held.order.len() > MAX_OWNERS
            && let Some(oldest) = held.order.pop_front()
        {
            held.owners.remove(&oldest);
        }
    }
}

impl Reservation {
    /// The agent is there.
    pub fn keep(mut self) {
        if let Some((inner, client, room)) = self.0.take()
            && let Some(count) = inner.lock().rooms.get_mut(&client).and_then(|rooms| rooms.get_mut(&room))
        {
            *count = Count::Kept;
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let Some((inner, client, room)) = self.0.take() else { return };
        let mut held = inner.lock();
        if let Some(rooms) = held.rooms.get_mut(&client) {
            rooms.remove(&room);
            if rooms.is_empty() {
                held.rooms.remove(&client);
            }
        }
    }
}

fn forget_gone(rooms: &mut HashMap<RoomName, Count>, is_present: impl Fn(&RoomName) -> bool) {
    rooms.retain(|room, count| *count == Count::Reserved || is_present(room));
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Held> {
        // Nothing that is done under the lock can leave it half done.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn room(name: &str) -> RoomName {
        RoomName::parse(name).unwrap()
    }

    fn quotas(max: usize) -> Quotas {
        Quotas::new(NonZeroUsize::new(max))
    }

    fn nobody(_: &RoomName) -> bool {
        false
    }

    #[test]
    fn a_client_has_its_quota_and_no_more_until_one_is_gone() {
        let (quotas, one, other) = (quotas(2), ClientId::Key(0), ClientId::Key(1));
        let all = |_: &RoomName| true;
        let only_a = |known: &RoomName| known.as_str() == "a";
        quotas.reserve(&one, &room("a"), nobody).unwrap().keep();
        quotas.reserve(&one, &room("b"), only_a).unwrap().keep();
        let present = |known: &RoomName| known.as_str() != "c" && known.as_str() != "x";
        assert!(quotas.reserve(&one, &room("c"), present).is_none());
        assert!(quotas.reserve(&one, &room("a"), all).is_some(), "who is there is not counted again");
        assert!(quotas.reserve(&other, &room("x"), present).is_some(), "others have their own");
        assert!(quotas.reserve(&one, &room("c"), only_a).is_some(), "the agent of b is gone");
    }

    #[test]
    fn a_place_that_is_not_kept_is_given_back() {
        let (quotas, client) = (quotas(1), ClientId::Key(0));
        let first = quotas.reserve(&client, &room("a"), nobody).unwrap();
        assert!(quotas.reserve(&client, &room("b"), nobody).is_none(), "an invitation under way has its place");
        drop(first);
        assert!(quotas.reserve(&client, &room("b"), nobody).is_some());
        assert!(quotas.0.lock().rooms.is_empty());
    }

    #[test]
    fn an_agent_that_comes_later_counts_for_whoever_asked_for_the_room() {
        let (quotas, client) = (quotas(1), ClientId::Key(0));
        quotas.asked(&client, &room("a"));
        quotas.asked(&client, &room("b"));
        quotas.reserve_for_owner(&room("a"), nobody).unwrap().keep();
        let only_a = |known: &RoomName| known.as_str() == "a";
        assert!(quotas.reserve_for_owner(&room("b"), only_a).is_none());
        assert!(quotas.reserve_for_owner(&room("of nobody"), only_a).is_some());
    }

    #[test]
    fn without_a_quota_nothing_is_remembered() {
        let quotas = Quotas::default();
        quotas.asked(&ClientId::Key(0), &room("a"));
        for number in 0..100 {
            quotas.reserve(&ClientId::Key(0), &room(&number.to_string()), nobody).unwrap().keep();
        }
        let held = quotas.0.lock();
        assert!(held.rooms.is_empty() && held.owners.is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let quotas = quotas(1);
        for number in 0..MAX_OWNERS + 10 {
            let (client, room) = (ClientId::Key(number), room(&number.to_string()));
            quotas.asked(&client, &room);
            quotas.reserve(&client, &room, nobody).unwrap().keep();
        }
        let held = quotas.0.lock();
        assert_eq!((held.owners.len(), held.order.len()), (MAX_OWNERS, MAX_OWNERS));
        assert!(held.rooms.len() <= SWEEP_ABOVE + 2, "{}", held.rooms.len());
    }
}
