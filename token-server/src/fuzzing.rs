//! What the fuzz targets run, one function for each parser that strangers reach; each panics when something is wrong.
//!
//! A test runs them too, with bytes from `proptest`: `cargo test` needs no fuzzer. See `fuzz/README.md`.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use proto::http::{InviteAvatarRequest, JoinRoomRequest, TokenQuery};
use proto::names::{CallerIdentity, Identity, MAX_NAME_CHARS, ParticipantName, RoomName};
use proto::token_source::{ConnectionDetailsQuery, TokenSourceRequest};

use crate::callers::peers::TrustedProxies;
use crate::callers::tokens::CallerTokens;
use crate::http::extract;
use crate::secret::Secret;
use crate::tokens::{Description, TokenMinter};
use crate::webhook::Webhooks;

const KEY: &str = "a-key";
const SECRET: &str = "a-secret-that-has-more-than-32-characters";

/// Bodies and queries of requests. What is taken makes a token, and that token makes nobody an agent.
pub fn bodies(bytes: &[u8]) {
    if let Ok(request) = extract::parse::<JoinRoomRequest>(bytes) {
        let identity = Identity::for_person(&request.participant_name, 7);
        check_token(&request.room_name, &identity, request.participant_name.as_str(), Description::default());
    }
    if let Ok(request) = extract::parse::<TokenSourceRequest>(bytes) {
        let identity = request.participant_identity.map_or_else(|| Identity::for_guest(7), Identity::from);
        let (metadata, attributes) = (request.participant_metadata, request.participant_attributes);
        let room = request.room_name.unwrap_or_else(|| RoomName::fresh(7));
        check_token(&room, &identity, "x", Description { metadata, attributes, agents: Vec::new() });
    }
    let _ = extract::parse::<InviteAvatarRequest>(bytes);
    if let Ok(query) = std::str::from_utf8(bytes) {
        let address = format!("/?{query}").parse::<axum::http::Uri>();
        if let Ok(uri) = address {
            let _ = axum::extract::Query::<TokenQuery>::try_from_uri(&uri);
            let _ = axum::extract::Query::<ConnectionDetailsQuery>::try_from_uri(&uri);
        }
    }
}

fn check_token(room: &RoomName, identity: &Identity, name: &str, description: Description) {
    let Ok(minter) = TokenMinter::new(KEY, &Secret::new(SECRET)) else { return };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    let Ok(token) = minter.described_person(now, room, identity, name, description) else { return };
    let claims = match livekit_api::access_token::Claims::from_unverified(&token) {
        Ok(claims) => claims,
        Err(error) => panic!("a token that cannot be read: {error}"),
    };
    assert!(claims.kind.is_empty(), "a person became a {}", claims.kind);
    assert!(!identity.as_str().to_ascii_lowercase().starts_with("agent-"), "{identity} looks like an agent");
    assert!(claims.attributes.keys().all(|key| !key.to_ascii_lowercase().starts_with("lk.")), "a reserved attribute");
    let video = claims.video;
    assert!(!video.room_admin && !video.agent && !video.hidden && video.can_update_own_metadata.is_none());
    assert_eq!(video.room, room.as_str());
}

/// Names, and identities made of them.
pub fn names(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(name) = ParticipantName::parse(text) {
        assert_eq!(ParticipantName::parse(name.as_str()), Ok(name.clone()), "a name that is none");
        assert!(name.as_str().chars().count() <= MAX_NAME_CHARS && !name.as_str().contains(['\r', '\n', '\0']));
        let identity = Identity::for_person(&name, 7);
        assert!(CallerIdentity::parse(identity.as_str()).is_ok(), "{identity} is reserved");
    }
    if let Ok(identity) = CallerIdentity::parse(text) {
        let lower = identity.as_str().to_ascii_lowercase();
        assert!(!lower.starts_with("agent-") && !lower.starts_with("tavus-"), "{identity} is reserved");
    }
    let _ = RoomName::parse(text);
}

/// Webhooks: the first line is the header, the rest the body. Nobody here has the key: nothing is admitted. The body
/// is read all the same, as if it had been.
pub fn webhook(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let (header, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let webhooks = Webhooks::new(KEY, &Secret::new(SECRET));
    let header = std::str::from_utf8(header).ok();
    assert!(webhooks.admit(header).is_err(), "a report that nobody signed was admitted");
    let _ = crate::webhook::read(body);
    let _ = crate::webhook::read(bytes);
}

/// JWTs of callers. Nobody here has the key: none is taken.
pub fn caller_token(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(tokens) = CallerTokens::with_secret(&Secret::new(SECRET)) else { return };
    assert!(tokens.caller(text, IpAddr::V4(Ipv4Addr::LOCALHOST)).is_err(), "a JWT that nobody signed was taken");
    let _ = CallerTokens::with_public_key(bytes);
}

/// The header in which proxies write addresses.
pub fn forwarded_for(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-forwarded-for"), value)]);
    let peer = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    assert_eq!(TrustedProxies::default().client(peer, &headers), peer, "a stranger's word was believed");
    let everyone = ["0.0.0.0/0", "::/0"].iter().filter_map(|network| network.parse().ok()).collect();
    let _ = TrustedProxies::new(everyone).client(peer, &headers);
}
