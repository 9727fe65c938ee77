//! Access tokens (JWT, HS256) for people and for workers, with exactly the grants of WIRE section 1; and for this server's own
//! requests to the LiveKit server, each with the one permission that it needs.
//!
//! The clocks of this machine and of the LiveKit server may be up to [`CLOCK_TOLERANCE`] apart, either way: a token begins to
//! be good a day before it is made, and is good for that much longer than it is wanted.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use livekit_api::access_token::{AccessToken, AccessTokenError, Claims, VideoGrants};
use livekit_protocol::{RoomAgentDispatch, RoomConfiguration};
use proto::names::{Identity, RoomName};
use proto::room::{
    ATTRIBUTE_AGENT_NAME, ATTRIBUTE_AGENT_STATE, ATTRIBUTE_PUBLISH_ON_BEHALF, AgentState, PARTICIPANT_KIND_AGENT,
};
use proto::token_source::{AgentDispatch, Attributes, Metadata};
use thiserror::Error;

use crate::secret::Secret;

const HOUR: Duration = Duration::from_secs(3600);

/// How far this machine's clock may be off from that of the LiveKit server.
pub const CLOCK_TOLERANCE: Duration = HOUR.saturating_mul(12);
/// How far `nbf` lies in the past, for a clock that is ahead of others: more than is tolerated, as this makes no token good
/// for longer.
pub const BACKDATE: Duration = HOUR.saturating_mul(24);
/// How long a person's token is good: it is wanted for six hours.
pub const PERSON_TTL: Duration = HOUR.saturating_mul(6).saturating_add(CLOCK_TOLERANCE);
/// How long a worker's token is good: it reconnects with the same one for as long as its call lasts, at most a day.
pub const AGENT_TTL: Duration = HOUR.saturating_mul(24).saturating_add(CLOCK_TOLERANCE);
/// How long a token is good that is made for one request.
pub const REQUEST_TTL: Duration = Duration::from_secs(60).saturating_add(CLOCK_TOLERANCE);

/// Why no token could be made.
#[derive(Debug, Error)]
pub enum TokenError {
    /// The key or secret can't sign.
    #[error("cannot sign tokens with this LIVEKIT_API_KEY and LIVEKIT_API_SECRET: {0}")]
    Keys(#[from] AccessTokenError),
    /// Signing failed.
    #[error("cannot sign the token: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
    /// The clock of this machine stands before 1970.
    #[error("the clock of this machine is wrong: it stands before 1970")]
    Clock,
}

/// What a person's token says beside who they are. It has been checked while it was read.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// For others to read.
    pub metadata: Option<Metadata>,
    /// For others to read.
    pub attributes: Option<Attributes>,
    /// The agents that the LiveKit server is to send for when the room is created. Only names that the operator allows.
    pub agents: Vec<AgentDispatch>,
}

/// What a request of this server to the LiveKit server may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission<'a> {
    /// To ask which rooms there are.
    ListRooms,
    /// To ask about this room and its people, and to change them; nothing in any other room.
    Administer(&'a RoomName),
}

/// Makes tokens. Time and identities are arguments: the same arguments make the same token.
#[derive(Clone)]
pub struct TokenMinter {
    api_key: String,
    signing_key: EncodingKey,
}

impl TokenMinter {
    /// A minter for this key pair.
    ///
    /// # Errors
    /// [`TokenError::Keys`] when the pair can't sign, for example when half of it is empty.
    pub fn new(api_key: &str, api_secret: &Secret) -> Result<Self, TokenError> {
        // `AccessToken` cannot backdate `nbf`, so claims are signed here. Its first use also installs the process-wide
        // crypto provider of `jsonwebtoken` (HMAC only), which signing needs: hence a trial token first.
        AccessToken::with_api_key(api_key, api_secret.expose()).to_jwt()?;
        Ok(Self { api_key: api_key.to_owned(), signing_key: EncodingKey::from_secret(api_secret.expose().as_bytes()) })
    }

    /// A token for a person: join, publish, subscribe and send data in that one room, and nothing else.
    ///
    /// # Errors
    /// [`TokenError::Sign`] or [`TokenError::Clock`].
    pub fn person(
        &self,
        now: SystemTime,
        room: &RoomName,
        identity: &Identity,
        display_name: &str,
    ) -> Result<String, TokenError> {
        self.described_person(now, room, identity, display_name, Description::default())
    }

    /// The same, with what the person said about themselves and which agents they want.
    ///
    /// # Errors
    /// [`TokenError::Sign`] or [`TokenError::Clock`].
    pub fn described_person(
        &self,
        now: SystemTime,
        room: &RoomName,
        identity: &Identity,
        display_name: &str,
        description: Description,
    ) -> Result<String, TokenError> {
        let Description { metadata, attributes, agents } = description;
        let agents: Vec<RoomAgentDispatch> = agents.into_iter().map(dispatch).collect();
        self.sign(
            now,
            PERSON_TTL,
            Claims {
                sub: identity.to_string(),
                name: display_name.to_owned(),
                video: room_grants(room),
                metadata: metadata.map(String::from).unwrap_or_default(),
                attributes: BTreeMap::from(attributes.unwrap_or_default()).into_iter().collect(),
                room_config: (!agents.is_empty()).then(|| RoomConfiguration { agents, ..RoomConfiguration::default() }),
                ..Claims::default()
            },
        )
    }

    /// A token for a worker: an agent in that one room, which may also change its own attributes.
    ///
    /// # Errors
    /// [`TokenError::Sign`] or [`TokenError::Clock`].
    pub fn agent(
        &self,
        now: SystemTime,
        room: &RoomName,
        identity: &Identity,
        display_name: &str,
    ) -> Result<String, TokenError> {
        self.sign(
            now,
            AGENT_TTL,
            Claims {
                sub: identity.to_string(),
                name: display_name.to_owned(),
                kind: PARTICIPANT_KIND_AGENT.to_owned(),
                video: VideoGrants { can_update_own_metadata: Some(true), ..room_grants(room) },
                attributes: HashMap::from([
                    (ATTRIBUTE_AGENT_STATE.to_owned(), AgentState::Initializing.as_str().to_owned()),
                    (ATTRIBUTE_AGENT_NAME.to_owned(), display_name.to_owned()),
                ]),
                ..Claims::default()
            },
        )
    }

    /// A token for the avatar that a service sends to speak for a worker.
    ///
    /// # Errors
    /// [`TokenError::Sign`] or [`TokenError::Clock`].
    pub fn avatar(
        &self,
        now: SystemTime,
        room: &RoomName,
        identity: &str,
        on_behalf_of: &Identity,
    ) -> Result<String, TokenError> {
        self.sign(
            now,
            AGENT_TTL,
            Claims {
                sub: identity.to_owned(),
                name: identity.to_owned(),
                kind: PARTICIPANT_KIND_AGENT.to_owned(),
                video: room_grants(room),
                attributes: HashMap::from([(ATTRIBUTE_PUBLISH_ON_BEHALF.to_owned(), on_behalf_of.to_string())]),
                ..Claims::default()
            },
        )
    }

    /// A token for a request of this server. It lets nobody join.
    ///
    /// # Errors
    /// [`TokenError::Sign`] or [`TokenError::Clock`].
    pub fn request(&self, now: SystemTime, permission: Permission<'_>) -> Result<String, TokenError> {
        let video = match permission {
            Permission::ListRooms => VideoGrants { room_list: true, ..VideoGrants::default() },
            Permission::Administer(room) => {
                VideoGrants { room_admin: true, room: room.to_string(), ..VideoGrants::default() }
            }
        };
        self.sign(now, REQUEST_TTL, Claims { video, ..Claims::default() })
    }

    /// Fills in issuer and times, and signs.
    fn sign(&self, now: SystemTime, ttl: Duration, claims: Claims) -> Result<String, TokenError> {
        let claims = Claims {
            iss: self.api_key.clone(),
            nbf: unix_seconds(now.checked_sub(BACKDATE))?,
            exp: unix_seconds(now.checked_add(ttl))?,
            ..claims
        };
        Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing_key)?)
    }
}

fn dispatch(agent: AgentDispatch) -> RoomAgentDispatch {
    RoomAgentDispatch {
        agent_name: agent.agent_name.unwrap_or_default(),
        metadata: agent.metadata.map(String::from).unwrap_or_default(),
        ..RoomAgentDispatch::default()
    }
}

/// What everyone in a room may do.
fn room_grants(room: &RoomName) -> VideoGrants {
    VideoGrants {
        room_join: true,
        room: room.to_string(),
        can_publish: Some(true),
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        ..VideoGrants::default()
    }
}

/// A time as claims have it.
fn unix_seconds(time: Option<SystemTime>) -> Result<usize, TokenError> {
    time.and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .and_then(|since| usize::try_from(since.as_secs()).ok())
        .ok_or(TokenError::Clock)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use livekit_api::access_token::TokenVerifier;
    use proto::names::ParticipantName;

    fn minter() -> TokenMinter {
        TokenMinter::new("key", &Secret::new("a secret")).unwrap()
    }

    fn room() -> RoomName {
        RoomName::parse("lobby").unwrap()
    }

    fn verified(token: &str) -> Claims {
        TokenVerifier::with_api_key("key", "a secret").verify(token).unwrap()
    }

    #[test]
    fn a_person_gets_the_room_and_nothing_else() {
        let identity = Identity::for_person(&ParticipantName::parse("Abel").unwrap(), 1);
        let claims = verified(&minter().person(SystemTime::now(), &room(), &identity, "Abel").unwrap());
        assert_eq!((claims.sub.as_str(), claims.name.as_str(), claims.kind.as_str()), ("abel-00000001", "Abel", ""));
        let expected = VideoGrants {
            room_join: true,
            room: "lobby".to_owned(),
            can_publish: Some(true),
            can_subscribe: Some(true),
            can_publish_data: Some(true),
            ..VideoGrants::default()
        };
        assert_eq!(claims.video, expected);
        assert!(claims.attributes.is_empty() && claims.room_config.is_none());
    }

    #[test]
    fn a_worker_is_an_agent_that_may_update_itself() {
        let claims =
            verified(&minter().agent(SystemTime::now(), &room(), &Identity::for_agent(7), "AI Assistant").unwrap());
        assert_eq!((claims.sub.as_str(), claims.kind.as_str()), ("agent-00000007", "agent"));
        assert_eq!(claims.video.can_update_own_metadata, Some(true));
        assert!(claims.video.room_join && !claims.video.room_admin && !claims.video.agent && !claims.video.hidden);
        assert_eq!(claims.attributes["lk.agent.state"], "initializing");
        assert_eq!(claims.exp - claims.nbf, (AGENT_TTL + BACKDATE).as_secs() as usize);
    }

    #[test]
    fn an_avatar_speaks_for_its_worker_and_may_not_update_itself() {
        let worker = Identity::for_agent(7);
        let token = minter().avatar(SystemTime::now(), &room(), "tavus-avatar-agent", &worker).unwrap();
        let claims = verified(&token);
        assert_eq!((claims.sub.as_str(), claims.kind.as_str()), ("tavus-avatar-agent", "agent"));
        assert_eq!(claims.attributes["lk.publish_on_behalf"], worker.to_string());
        assert_eq!((claims.video.room_join, claims.video.can_update_own_metadata), (true, None));
    }

    #[test]
    fn a_request_may_do_the_one_thing_that_it_is_for() {
        let now = SystemTime::now();
        let claims = verified(&minter().request(now, Permission::ListRooms).unwrap());
        assert_eq!(claims.video, VideoGrants { room_list: true, ..VideoGrants::default() });
        let claims = verified(&minter().request(now, Permission::Administer(&room())).unwrap());
        let expected = VideoGrants { room_admin: true, room: "lobby".to_owned(), ..VideoGrants::default() };
        assert_eq!((claims.video, claims.sub.as_str(), claims.kind.as_str()), (expected, "", ""));
    }

    #[test]
    fn every_token_is_good_while_it_is_wanted_though_the_clock_is_half_a_day_off() {
        let now = SystemTime::now();
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs() as usize;
        let (minter, agent) = (minter(), Identity::for_agent(7));
        for ours in [now - CLOCK_TOLERANCE, now, now + CLOCK_TOLERANCE] {
            for (wanted, token) in [
                (HOUR * 6, minter.person(ours, &room(), &Identity::for_guest(1), "x")),
                (HOUR * 24, minter.agent(ours, &room(), &agent, "x")),
                (HOUR * 24, minter.avatar(ours, &room(), "tavus-avatar-agent", &agent)),
                (Duration::from_secs(60), minter.request(ours, Permission::ListRooms)),
            ] {
                // Its times are checked against the true one.
                let claims = verified(&token.unwrap());
                assert!(claims.nbf < seconds(now) && claims.exp >= seconds(now + wanted), "{claims:?}");
                assert!(claims.exp <= seconds(ours + wanted + CLOCK_TOLERANCE), "it is good for no longer: {claims:?}");
            }
        }
    }

    #[test]
    fn an_empty_pair_is_refused() {
        assert!(matches!(TokenMinter::new("", &Secret::new("s")), Err(TokenError::Keys(_))));
        assert!(matches!(TokenMinter::new("k", &Secret::new("")), Err(TokenError::Keys(_))));
    }

    #[test]
    fn a_clock_before_1970_is_an_error() {
        let minted = minter().person(UNIX_EPOCH, &room(), &Identity::for_guest(1), "x");
        assert!(matches!(minted, Err(TokenError::Clock)));
    }
}
