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
//!
//! Those who have invited the agent themselves are waited for as well: they find it again when they were cut off and it has
//! left meanwhile. A room with such tokens alone is looked at patiently while they are there, and is forgotten when they have
//! been gone for two minutes.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use proto::names::{AvatarName, Identity, RoomName};

use crate::room_service::Present;

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
    /// Its owner has invited the avatar, and needs nobody to do that unless they come back.
    invited: bool,
    /// The presence for which the avatar was brought.
    served: Option<String>,
}

/// Whoever is there counts as having invited this avatar, until this moment.
#[derive(Debug)]
struct Everybody {
    avatar: Option<AvatarName>,
    expires: Moment,
}

#[derive(Debug)]
struct Room {
    tokens: HashMap<Identity, Token>,
    /// Somebody invited the avatar and did not say who they are: the next look tells who is there.
    everybody: Option<Everybody>,
    next_look: Moment,
    hurried_until: Moment,
    /// Whether the last look saw someone who has been served.
    occupied: bool,
}

impl Room {
    fn interval(&self, now: Moment) -> Duration {
        if now < self.hurried_until {
            HURRIED
        } else if self.occupied && !self.is_only_invited() {
            OCCUPIED
        } else {
            PATIENT
        }
    }

    fn is_only_invited(&self) -> bool {
        self.tokens.values().all(|token| token.invited)
    }

    /// Whether those who invited the avatar are gone for good.
    fn is_left(&self, now: Moment) -> bool {
        now >= self.hurried_until && !self.occupied && self.is_only_invited()
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
    /// Every token in the order of issue, which is that of expiry as all live equally long. (Those of [`Everybody`] may come
    /// a little late.)
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
        self.remember(now, room, identity, Token { avatar, expires, invited: false, served: None })
    }

    /// The avatar was invited by the owner of a token that is good until `expires`, or by somebody in the room.
    pub fn invited(
        &mut self,
        now: Moment,
        expires: Moment,
        room: &RoomName,
        inviter: Option<&Identity>,
        avatar: Option<AvatarName>,
    ) -> usize {
        self.forget_expired(now);
        match inviter {
            Some(identity) => {
                self.remember(now, room, identity, Token { avatar, expires, invited: true, served: None })
            }
            None => {
                self.hurried(now, room).everybody = Some(Everybody { avatar, expires });
                0
            }
        }
    }

    /// The room, which is looked at in a hurry from now on.
    fn hurried(&mut self, now: Moment, name: &RoomName) -> &mut Room {
        let room = self.rooms.entry(name.clone()).or_insert_with(|| Room {
            tokens: HashMap::new(),
            everybody: None,
            next_look: now + HURRIED,
            hurried_until: now,
            occupied: false,
        });
        room.hurried_until = now + HURRY;
        room.next_look = room.next_look.min(now + HURRIED);
        room
    }

    fn remember(&mut self, now: Moment, name: &RoomName, identity: &Identity, token: Token) -> usize {
        let expires = token.expires;
        let room = self.hurried(now, name);
        let served = room.tokens.remove(identity).and_then(|earlier| earlier.served);
        room.tokens.insert(identity.clone(), Token { served, ..token });
        self.order.push_back((expires, name.clone(), identity.clone()));
        self.forget_surplus()
    }

    fn forget_surplus(&mut self) -> usize {
        let surplus = self.order.len().saturating_sub(MAX_TOKENS);
        (0..surplus).for_each(|_| self.forget_oldest());
        surplus
    }

    /// The rooms to look at now, those that have waited longest first. Each is then due again after its interval.
    pub fn due(&mut self, now: Moment) -> Vec<RoomName> {
        self.forget_expired(now);
        self.forget_left(now);
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
        let everybody = if present.is_empty() { None } else { room.everybody.take() };
        if let Some(Everybody { avatar, expires }) = everybody {
            for person in present {
                let Ok(identity) = Identity::parse(&person.identity) else { continue };
                room.tokens.entry(identity.clone()).or_insert_with(|| {
                    self.order.push_back((expires, name.clone(), identity));
                    Token { avatar: avatar.clone(), expires, invited: true, served: Some(person.sid.clone()) }
                });
            }
        }
        let arrivals = present.iter().filter_map(|person| room.arrival(person)).collect();
        let occupied = present.iter().any(|person| room.is_served(person));
        if room.occupied && !occupied {
            // They may come back at once.
            room.hurried_until = now + HURRY;
            room.next_look = room.next_look.min(now + HURRIED);
        }
        room.occupied = occupied;
        self.forget_surplus();
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
            room.next_look = now + room.interval(now);
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

    fn forget_left(&mut self, now: Moment) {
        let before = self.rooms.len();
        self.rooms.retain(|_, room| !room.is_left(now));
        if self.rooms.len() < before {
            self.order.retain(|(_, name, _)| self.rooms.contains_key(name));
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
mod tests;
