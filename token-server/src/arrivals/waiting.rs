//! Whose tokens are out, and when to look whether they have joined: a pure state machine, time is an input.
//!
//! ```text
//!  issued ──> hurried: a look each 0.4 s ── two minutes ──> patient: each 5 s ── the token expires ──> (forgotten)
//!                 ^         └── seen in the room: Arrival ── served ──> occupied: each 2 s ──┐
//!                 └───────────────────────────── nobody of them is seen any more ────────────┘
//! ```
//!
//! A participant's SID tells one join from the next: someone who leaves and comes back with the same token, as clients
//! that keep their token do, is an arrival again; someone who stays is one only once, also when the agent has left.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use proto::names::{AvatarName, Identity, RoomName};

/// A time, since the server began.
pub type Moment = Duration;

/// How often a room is looked at whose token was handed out, or whose people left, not long ago.
const HURRIED: Duration = Duration::from_millis(400);
/// How long that goes on.
const HURRY: Duration = Duration::from_secs(120);
/// How often a room is looked at where those who are there have been served.
const OCCUPIED: Duration = Duration::from_secs(2);
/// How often any other room is looked at.
const PATIENT: Duration = Duration::from_secs(5);
/// When to try again after no worker could be had.
const DECLINED: Duration = Duration::from_secs(15);

/// The most tokens that are remembered; the oldest is forgotten first.
pub const MAX_TOKENS: usize = 10_000;
/// The most rooms that one look is about.
pub const MAX_ROOMS_PER_LOOK: usize = 100;

/// Someone in a room, as the LiveKit server tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Their identity.
    pub identity: String,
    /// The SID of this one presence of theirs.
    pub sid: String,
}

/// Someone joined with a token of ours, and the avatar is to be brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Who.
    pub identity: Identity,
    /// Which presence of theirs.
    pub sid: String,
    /// Whom their token asked for.
    pub avatar: Option<AvatarName>,
}

#[derive(Debug)]
struct Token {
    avatar: Option<AvatarName>,
    expires: Moment,
    /// The presence for which the avatar was brought.
    served: Option<String>,
}

#[derive(Debug)]
struct Room {
    tokens: HashMap<Identity, Token>,
    next_look: Moment,
    hurried_until: Moment,
    /// Whether the last look saw someone who has been served.
    occupied: bool,
}

impl Room {
    fn interval(&self, now: Moment) -> Duration {
        if now < self.hurried_until {
            HURRIED
        } else if self.occupied {
            OCCUPIED
        } else {
            PATIENT
        }
    }

    fn token(&self, person: &Present) -> Option<(Identity, &Token)> {
        let identity = Identity::parse(&person.identity).ok()?;
        let token = self.tokens.get(&identity)?;
        Some((identity, token))
    }

    /// Whether the avatar was brought for this presence of theirs.
    fn is_served(&self, person: &Present) -> bool {
        self.token(person).is_some_and(|(_, token)| token.served.as_ref() == Some(&person.sid))
    }

    /// Whoever joined with a token of ours, unless the avatar was brought for them.
    fn arrival(&self, person: &Present) -> Option<Arrival> {
        let (identity, token) = self.token(person)?;
        let is_new = token.served.as_ref() != Some(&person.sid);
        is_new.then(|| Arrival { identity, sid: person.sid.clone(), avatar: token.avatar.clone() })
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Waiting {
    rooms: HashMap<RoomName, Room>,
    /// Every token in the order of issue, which is that of expiry as all live equally long.
    order: VecDeque<(Moment, RoomName, Identity)>,
}

impl Waiting {
    /// A token was handed out that is good until `expires`. Returns how many good ones are forgotten for it.
    pub fn issued(
        &mut self,
        now: Moment,
        expires: Moment,
        room: &RoomName,
        identity: &Identity,
        avatar: Option<AvatarName>,
    ) -> usize {
        self.forget_expired(now);
        let entry = self.rooms.entry(room.clone()).or_insert_with(|| Room {
            tokens: HashMap::new(),
            next_look: now + HURRIED,
            hurried_until: now,
            occupied: false,
        });
        entry.hurried_until = now + HURRY;
        // A room that was looked at patiently is hurried from now on.
        entry.next_look = entry.next_look.min(now + HURRIED);
        let served = entry.tokens.remove(identity).and_then(|earlier| earlier.served);
        entry.tokens.insert(identity.clone(), Token { avatar, expires, served });
        self.order.push_back((expires, room.clone(), identity.clone()));
        let mut forgotten = 0;
        while self.order.len() > MAX_TOKENS {
            self.forget_oldest();
            forgotten += 1;
        }
        forgotten
    }

    /// The rooms to look at now, those that have waited longest first. Each is then due again after its interval.
    pub fn due(&mut self, now: Moment) -> Vec<RoomName> {
        self.forget_expired(now);
        let waited = self.rooms.iter().filter(|(_, room)| room.next_look <= now);
        let mut due: Vec<(Moment, RoomName)> = waited.map(|(name, room)| (room.next_look, name.clone())).collect();
        due.sort_unstable();
        due.truncate(MAX_ROOMS_PER_LOOK);
        for (_, name) in &due {
            if let Some(room) = self.rooms.get_mut(name) {
                room.next_look = now + room.interval(now);
            }
        }
        due.into_iter().map(|(_, name)| name).collect()
    }

    /// When the next look is due; `None` while no token is out.
    #[must_use]
    pub fn next_look(&self) -> Option<Moment> {
        self.rooms.values().map(|room| room.next_look).min()
    }

    /// Who was seen in `room`. Returns those for whom the avatar is to be brought: report [`Self::served`] or
    /// [`Self::declined`] then.
    pub fn seen(&mut self, now: Moment, name: &RoomName, present: &[Present]) -> Vec<Arrival> {
        let Some(room) = self.rooms.get_mut(name) else { return Vec::new() };
        let arrivals = present.iter().filter_map(|person| room.arrival(person)).collect();
        let occupied = present.iter().any(|person| room.is_served(person));
        if room.occupied && !occupied {
            // They may come back at once.
            room.hurried_until = now + HURRY;
            room.next_look = room.next_look.min(now + HURRIED);
        }
        room.occupied = occupied;
        arrivals
    }

    /// The same, of one person alone: it tells nothing about who else is there.
    pub fn joined(&mut self, now: Moment, name: &RoomName, person: &Present) -> Option<Arrival> {
        self.forget_expired(now);
        self.rooms.get(name)?.arrival(person)
    }

    /// The avatar is in the room of this arrival, or on its way there.
    pub fn served(&mut self, now: Moment, name: &RoomName, arrival: &Arrival) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        if let Some(token) = room.tokens.get_mut(&arrival.identity) {
            token.served = Some(arrival.sid.clone());
            room.occupied = true;
            room.hurried_until = now;
            room.next_look = now + OCCUPIED;
        }
    }

    /// No worker can be had for this room now.
    pub fn declined(&mut self, now: Moment, name: &RoomName) {
        if let Some(room) = self.rooms.get_mut(name) {
            room.next_look = now + DECLINED;
        }
    }

    fn forget_expired(&mut self, now: Moment) {
        while self.order.front().is_some_and(|(expires, ..)| *expires <= now) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((expires, name, identity)) = self.order.pop_front() else { return };
        let Some(room) = self.rooms.get_mut(&name) else { return };
        // The same identity may have a younger token.
        if room.tokens.get(&identity).is_some_and(|token| token.expires == expires) {
            room.tokens.remove(&identity);
        }
        if room.tokens.is_empty() {
            self.rooms.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use proptest::prelude::*;

    const TTL: Duration = Duration::from_secs(6 * 3600);

    fn room(name: &str) -> RoomName {
        RoomName::parse(name).unwrap()
    }

    fn person(name: &str) -> Identity {
        Identity::parse(name).unwrap()
    }

    fn present(identity: &str, sid: &str) -> Present {
        Present { identity: identity.to_owned(), sid: sid.to_owned() }
    }

    fn at(seconds: f64) -> Moment {
        Duration::from_secs_f64(seconds)
    }

    fn issue(waiting: &mut Waiting, seconds: f64, name: &str, identity: &str) -> usize {
        waiting.issued(at(seconds), at(seconds) + TTL, &room(name), &person(identity), None)
    }

    #[test]
    fn only_who_joined_with_such_a_token_is_an_arrival_and_only_once() {
        let mut waiting = Waiting::default();
        issue(&mut waiting, 0.0, "a", "ada");
        assert_eq!(waiting.seen(at(1.0), &room("a"), &[present("bob", "PA_1"), present("agent-1", "PA_2")]), []);
        assert_eq!(waiting.seen(at(1.0), &room("b"), &[present("ada", "PA_3")]), []);
        let arrivals = waiting.seen(at(1.0), &room("a"), &[present("ada", "PA_4")]);
        assert_eq!(arrivals, [Arrival { identity: person("ada"), sid: "PA_4".to_owned(), avatar: None }]);
        waiting.served(at(1.0), &room("a"), &arrivals[0]);
        assert_eq!(waiting.seen(at(3.0), &room("a"), &[present("ada", "PA_4")]), []);
    }

    #[test]
    fn a_join_that_is_reported_is_an_arrival_once_and_changes_nothing_for_the_others() {
        let mut waiting = Waiting::default();
        issue(&mut waiting, 0.0, "a", "ada");
        issue(&mut waiting, 0.0, "a", "bob");
        let ada = waiting.joined(at(1.0), &room("a"), &present("ada", "PA_1")).unwrap();
        waiting.served(at(1.0), &room("a"), &ada);
        let (next_look, bob) = (waiting.next_look(), present("bob", "PA_2"));
        assert!(waiting.joined(at(2.0), &room("a"), &bob).is_some());
        assert_eq!(waiting.next_look(), next_look, "ada has not left");
        assert_eq!(waiting.joined(at(2.0), &room("a"), &present("ada", "PA_1")), None);
        assert_eq!(waiting.seen(at(3.0), &room("a"), &[present("ada", "PA_1")]), [], "polling sees her too");
        for (name, who) in [("a", "eve"), ("b", "ada"), ("a", "")] {
            assert_eq!(waiting.joined(at(2.0), &room(name), &present(who, "PA_3")), None, "{name} {who}");
        }
        assert_eq!(waiting.joined(at(0.0) + TTL, &room("a"), &bob), None, "the token has expired");
    }

    #[test]
    fn who_comes_back_with_the_same_token_is_an_arrival_again() {
        let mut waiting = Waiting::default();
        issue(&mut waiting, 0.0, "a", "ada");
        let first = waiting.seen(at(1.0), &room("a"), &[present("ada", "PA_1")]);
        waiting.served(at(1.0), &room("a"), &first[0]);
        assert_eq!(waiting.seen(at(600.0), &room("a"), &[]), []);
        let second = waiting.seen(at(600.5), &room("a"), &[present("ada", "PA_2")]);
        assert_eq!(second.len(), 1);
        // Even when nobody looked while they were away, and the page fetched another token for the same identity.
        waiting.served(at(601.0), &room("a"), &second[0]);
        issue(&mut waiting, 602.0, "a", "ada");
        assert_eq!(waiting.seen(at(602.5), &room("a"), &[present("ada", "PA_2")]), []);
        assert_eq!(waiting.seen(at(603.0), &room("a"), &[present("ada", "PA_3")]).len(), 1);
    }

    #[test]
    fn an_arrival_without_a_worker_is_tried_again_later() {
        let mut waiting = Waiting::default();
        issue(&mut waiting, 0.0, "a", "ada");
        assert_eq!(waiting.due(at(0.4)), [room("a")]);
        assert_eq!(waiting.seen(at(0.4), &room("a"), &[present("ada", "PA_1")]).len(), 1);
        waiting.declined(at(0.4), &room("a"));
        assert_eq!(waiting.next_look(), Some(at(15.4)));
        assert_eq!(waiting.seen(at(15.4), &room("a"), &[present("ada", "PA_1")]).len(), 1);
    }

    #[test]
    fn looks_become_rarer_and_hurry_again_when_people_leave() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.next_look(), None);
        issue(&mut waiting, 0.0, "a", "ada");
        assert_eq!(waiting.next_look(), Some(at(0.4)));
        assert_eq!(waiting.due(at(0.3)), []);
        assert_eq!((waiting.due(at(0.4)), waiting.next_look()), (vec![room("a")], Some(at(0.8))));
        assert_eq!((waiting.due(at(130.0)), waiting.next_look()), (vec![room("a")], Some(at(135.0))));
        let arrivals = waiting.seen(at(130.1), &room("a"), &[present("ada", "PA_1")]);
        waiting.served(at(130.1), &room("a"), &arrivals[0]);
        assert_eq!(waiting.next_look(), Some(at(132.1)));
        waiting.due(at(132.1));
        waiting.seen(at(132.2), &room("a"), &[]);
        assert_eq!(waiting.next_look(), Some(at(132.6)));
        // A fresh token for a room that was looked at patiently makes it hurried.
        waiting.due(at(300.0));
        issue(&mut waiting, 300.0, "a", "bob");
        assert_eq!(waiting.next_look(), Some(at(300.4)));
    }

    #[test]
    fn expired_tokens_are_forgotten_and_a_younger_one_of_the_same_identity_is_kept() {
        let mut waiting = Waiting::default();
        issue(&mut waiting, 0.0, "a", "ada");
        issue(&mut waiting, 10.0, "a", "ada");
        let after_first = TTL + at(5.0);
        assert_eq!(waiting.due(after_first), [room("a")]);
        assert_eq!(waiting.seen(after_first, &room("a"), &[present("ada", "PA_1")]).len(), 1);
        let after_both = TTL + at(10.0);
        assert_eq!((waiting.due(after_both), waiting.next_look()), (vec![], None));
        assert_eq!(waiting.seen(after_both, &room("a"), &[present("ada", "PA_2")]), []);
    }

    #[test]
    fn a_flood_of_tokens_is_bounded_and_forgets_the_oldest() {
        let mut waiting = Waiting::default();
        let forgotten: usize = (0..MAX_TOKENS + 3).map(|n| issue(&mut waiting, 0.0, &format!("r{n}"), "ada")).sum();
        assert_eq!((forgotten, waiting.order.len(), waiting.rooms.len()), (3, MAX_TOKENS, MAX_TOKENS));
        assert_eq!(waiting.seen(at(1.0), &room("r2"), &[present("ada", "PA_1")]), []);
        assert_eq!(waiting.seen(at(1.0), &room("r3"), &[present("ada", "PA_1")]).len(), 1);
        assert_eq!(waiting.due(at(1.0)).len(), MAX_ROOMS_PER_LOOK);
        // The next look is about others.
        assert!(waiting.due(at(1.0)).iter().all(|name| waiting.rooms[name].next_look == at(1.4)));
    }

    proptest! {
        #[test]
        fn every_room_with_a_good_token_is_looked_at_within_the_patient_interval(
            issues in proptest::collection::vec((0..5u8, 0..4u8, 0..300u32), 1..40)
        ) {
            let mut waiting = Waiting::default();
            let mut issues = issues;
            issues.sort_by_key(|(.., second)| *second);
            let mut now = at(0.0);
            for (number, who, second) in issues {
                now = at(f64::from(second));
                issue(&mut waiting, f64::from(second), &format!("r{number}"), &format!("p{who}"));
                waiting.due(now);
            }
            let rooms = waiting.rooms.len();
            let mut looked = std::collections::HashSet::new();
            let until = now + PATIENT;
            while let Some(next) = waiting.next_look().filter(|next| *next <= until) {
                looked.extend(waiting.due(next));
            }
            prop_assert_eq!(looked.len(), rooms);
        }
    }
}
