//! Who calls, and what they may: the locks of the front door.
//!
//! ```text
//!  request ── peers: whose address? ── API key or JWT? ── Caller { client, rooms }
//!                                         └─ tokens       └── rates: how often ── quotas: how many agents at once
//! ```

pub mod peers;
pub mod quotas;
pub mod rates;
mod signatures;
pub mod tokens;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use proto::names::RoomName;

use crate::secret::Secret;
pub use signatures::install as install_signatures;
use tokens::CallerTokens;

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClientId {
    /// Everyone who shows this API key, by its place in the list.
    Key(usize),
    /// Everyone whose JWT has this `sub`.
    Subject(Arc<str>),
    /// Everyone at this address, or in this network of IPv6.
    Peer(IpAddr),
}

impl ClientId {
    /// The client at an address. A network of IPv6 with 64 bits is one client: whoever has one has all its addresses.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self::Peer(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            IpAddr::V4(address) => IpAddr::V4(address),
        })
    }
}

/// Someone who may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose requests are counted together with this one.
    pub client: ClientId,
    /// The rooms that they may ask for; `None`: every room.
    rooms: Option<Arc<BTreeSet<RoomName>>>,
}

impl Caller {
    /// Someone who may ask for every room.
    #[must_use]
    pub fn for_any_room(client: ClientId) -> Self {
        Self { client, rooms: None }
    }

    /// Someone who may ask for these rooms alone.
    #[must_use]
    pub fn for_rooms(client: ClientId, rooms: BTreeSet<RoomName>) -> Self {
        Self { client, rooms: Some(Arc::new(rooms)) }
    }

    /// Whether they may ask for `room`.
    #[must_use]
    pub fn may_enter(&self, room: &RoomName) -> bool {
        self.rooms.as_ref().is_none_or(|rooms| rooms.contains(room))
    }

    /// Whether they may ask for every room, those included that nobody has thought of.
    #[must_use]
    pub fn may_enter_any(&self) -> bool {
        self.rooms.is_none()
    }

    /// The room that they mean when they name none.
    #[must_use]
    pub fn only_room(&self) -> Option<&RoomName> {
        let rooms = self.rooms.as_ref().filter(|rooms| rooms.len() == 1)?;
        rooms.first()
    }
}

/// The locks: API keys and JWTs. None of either: everyone may call.
#[derive(Debug, Default)]
pub struct Callers {
    /// The API keys.
    pub keys: Vec<Secret>,
    /// Checks JWTs.
    pub tokens: Option<CallerTokens>,
}

impl Callers {
    /// Who shows `bearer` from `address`.
    ///
    /// # Errors
    /// Says what to do about it.
    pub fn identify(&self, bearer: Option<&str>, address: IpAddr) -> Result<Caller, String> {
        if self.keys.is_empty() && self.tokens.is_none() {
            return Ok(Caller::for_any_room(ClientId::at(address)));
        }
        let Some(shown) = bearer else {
            return Err(format!("send {} as Authorization: Bearer …", self.wanted()));
        };
        if let Some(place) = self.key(shown) {
            return Ok(Caller::for_any_room(ClientId::Key(place)));
        }
        match &self.tokens {
            Some(tokens) if is_jwt(shown) => tokens.caller(shown, address).map_err(|refusal| refusal.to_string()),
            Some(_) | None => Err(format!("this is not {}", self.wanted())),
        }
    }

    /// Which key it is. Every key is compared, so that the time does not tell which one came close.
    fn key(&self, shown: &str) -> Option<usize> {
        let places = self.keys.iter().enumerate();
        places.fold(None, |found, (place, key)| if key.matches(shown) { Some(place) } else { found })
    }

    fn wanted(&self) -> &'static str {
        match (self.keys.is_empty(), self.tokens.is_some()) {
            (false, true) => "one of this server's API keys or a JWT",
            (true, true) => "a JWT that this server knows",
            (_, false) => "one of this server's API keys",
        }
    }
}

/// Whether a text has the form of a signed JWT.
fn is_jwt(text: &str) -> bool {
    text.split('.').count() == 3
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn room(name: &str) -> RoomName {
        RoomName::parse(name).unwrap()
    }

    #[test]
    fn addresses_of_one_network_are_one_client() {
        let client = |text: &str| ClientId::at(text.parse().unwrap());
        assert_eq!(client("2001:db8:1:2:3:4:5:6"), client("2001:db8:1:2::9"));
        assert_ne!(client("2001:db8:1:2::9"), client("2001:db8:1:3::9"));
        assert_eq!(client("::ffff:192.0.2.7"), client("192.0.2.7"));
        assert_ne!(client("192.0.2.7"), client("192.0.2.8"));
    }

    #[test]
    fn a_caller_of_some_rooms_enters_no_other_and_means_the_only_one() {
        let client = ClientId::Key(0);
        let any = Caller::for_any_room(client.clone());
        assert!(any.may_enter(&room("a")) && any.only_room().is_none());
        let one = Caller::for_rooms(client.clone(), BTreeSet::from([room("a")]));
        assert!(one.may_enter(&room("a")) && !one.may_enter(&room("A")) && one.only_room() == Some(&room("a")));
        let none = Caller::for_rooms(client.clone(), BTreeSet::new());
        assert!(!none.may_enter(&room("a")) && none.only_room().is_none());
        assert!(Caller::for_rooms(client, BTreeSet::from([room("a"), room("b")])).only_room().is_none());
    }

    #[test]
    fn keys_are_clients_of_their_own() {
        let callers = Callers { keys: vec![Secret::new("one"), Secret::new("two")], tokens: None };
        let address = "192.0.2.7".parse().unwrap();
        assert_eq!(callers.identify(Some("two"), address).unwrap().client, ClientId::Key(1));
        for (shown, part) in [(None, "send one of"), (Some("three"), "is not one of"), (Some("a.b.c"), "is not one of")]
        {
            let message = callers.identify(shown, address).unwrap_err();
            assert!(message.contains(part), "{shown:?}: {message}");
        }
        let open = Callers::default();
        assert_eq!(open.identify(Some("x"), address).unwrap().client, ClientId::at(address));
    }
}
