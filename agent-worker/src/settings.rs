//! The calls and rooms that commands are to join: flags and configuration, checked before anything starts.

use std::path::PathBuf;
use std::time::Duration;

use livekit_api::access_token::{AccessToken, VideoGrants};
use persona::PictureSize;
use proto::names::{AGENT_IDENTITY_PREFIX, ParticipantName, RoomName};
use proto::orders::Orders;
use proto::room::{
    ATTRIBUTE_AGENT_NAME, ATTRIBUTE_AGENT_STATE, ATTRIBUTE_PUBLISH_ON_BEHALF, AgentState, PARTICIPANT_KIND_AGENT,
};
use proto::worker::ENV_LIVEKIT_API_SECRET;

use crate::configuration::Configuration;
use crate::recordings_folder::folder_within;
use crate::settings_error::SettingsError;

/// How long a minted token is good for: longer than any call.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 3600);

fn wrong(setting: &'static str, message: impl Into<String>) -> SettingsError {
    SettingsError { setting, message: message.into() }
}

/// One call: which, and whether it is recorded. The same for a worker that was started by hand, by a program, or that stood by.
#[derive(Clone)]
pub struct ConnectSettings {
    /// The room, the token for it and the rest.
    pub orders: Orders,
    /// Where the call is recorded, if it is.
    pub record: Option<PathBuf>,
}

/// The flags of `connect`, unchecked.
#[derive(Debug, Clone, Default)]
pub struct ConnectFlags {
    /// `--room`.
    pub room: String,
    /// `--identity`.
    pub identity: Option<String>,
    /// `--name`.
    pub name: Option<String>,
    /// `--record`.
    pub record: Option<PathBuf>,
}

impl ConnectSettings {
    /// Checks the flags of a worker that was started by hand; mints a token from key and secret unless one was handed over.
    ///
    /// # Errors
    /// Names the first setting that is missing or malformed.
    pub fn resolve(
        flags: ConnectFlags,
        configuration: &Configuration,
        shown_name: &str,
    ) -> Result<Self, SettingsError> {
        let room = RoomName::parse(&flags.room).map_err(|error| wrong("--room", error.to_string()))?;
        let name = checked("--name", flags.name.as_deref())?;
        let url = configuration.livekit_url()?;
        let identity = checked("--identity", flags.identity.as_deref())?;
        let identity = identity.unwrap_or_else(|| format!("{AGENT_IDENTITY_PREFIX}{:08x}", rand::random::<u32>()));
        let token = match &configuration.livekit_token {
            Some(token) => token.clone(),
            None => mint(configuration, &room, &identity, name.as_deref().unwrap_or(shown_name))?,
        };
        let orders = Orders {
            room,
            identity,
            name,
            url,
            token,
            avatar_token: None,
            public_url: configuration.livekit_public_url.clone(),
            call: None,
            lifeline: false,
        };
        Ok(Self::record_to(flags.record, orders, configuration))
    }

    /// Checks the orders of the program that started this one.
    ///
    /// # Errors
    /// Names the first part that is malformed.
    pub fn ordered(orders: Orders, configuration: &Configuration) -> Result<Self, SettingsError> {
        checked("identity", Some(&orders.identity))?;
        checked("name", orders.name.as_deref())?;
        Ok(Self::record_to(None, orders, configuration))
    }

    /// Without a folder of its own the call is recorded in the folder that is meant for all of them, if there is one.
    fn record_to(folder: Option<PathBuf>, orders: Orders, configuration: &Configuration) -> Self {
        let all = configuration.recordings.as_deref();
        let record = folder.or_else(|| all.map(|all| folder_within(all, orders.room.as_str())));
        Self { orders, record }
    }
}

/// A name that people may have in a room.
fn checked(setting: &'static str, value: Option<&str>) -> Result<Option<String>, SettingsError> {
    let parsed = value.map(ParticipantName::parse).transpose().map_err(|error| wrong(setting, error.to_string()))?;
    Ok(parsed.map(|name| name.as_str().to_owned()))
}

/// How an avatar reaches the SFU, and for whom it speaks.
#[derive(Clone)]
pub struct AvatarSettings {
    /// The SFU's address.
    pub url: String,
    /// Grants one room.
    pub token: String,
    /// The agent's identity; `None` when the token names it.
    pub on_behalf_of: Option<String>,
    /// How large its picture is.
    pub size: PictureSize,
}

/// The flags of `avatar`, unchecked.
#[derive(Debug, Clone, Default)]
pub struct AvatarFlags {
    /// `--room`.
    pub room: String,
    /// `--on-behalf-of`.
    pub on_behalf_of: Option<String>,
    /// `--identity`.
    pub identity: Option<String>,
    /// `--name`.
    pub name: Option<String>,
    /// `--size`.
    pub size: PictureSize,
}

impl AvatarSettings {
    /// Checks the flags; mints a token from key and secret unless one was handed over.
    ///
    /// # Errors
    /// Names the first setting that is missing or malformed.
    pub fn resolve(flags: AvatarFlags, configuration: &Configuration) -> Result<Self, SettingsError> {
        let room = RoomName::parse(&flags.room).map_err(|error| wrong("--room", error.to_string()))?;
        let on_behalf_of = checked("--on-behalf-of", flags.on_behalf_of.as_deref())?;
        let name = checked("--name", flags.name.as_deref())?.unwrap_or_else(|| "Avatar".to_owned());
        let identity = checked("--identity", flags.identity.as_deref())?
            .unwrap_or_else(|| format!("{AGENT_IDENTITY_PREFIX}avatar-{:08x}", rand::random::<u32>()));
        let url = configuration.livekit_url()?;
        let token = match (&configuration.livekit_token, &on_behalf_of) {
            (Some(token), _) => token.clone(),
            (None, Some(agent)) => mint_avatar(configuration, &room, &identity, &name, agent)?,
            (None, None) => {
                return Err(wrong("--on-behalf-of", "is not set; it is the identity of the agent to speak for"));
            }
        };
        Ok(Self { url, token, on_behalf_of, size: flags.size })
    }
}

/// A token for an agent in one room, made from the API key and secret.
///
/// # Errors
/// When key or secret is missing.
pub fn mint(
    configuration: &Configuration,
    room: &RoomName,
    identity: &str,
    name: &str,
) -> Result<String, SettingsError> {
    let attributes = [(ATTRIBUTE_AGENT_STATE, AgentState::Initializing.as_str()), (ATTRIBUTE_AGENT_NAME, name)];
    sign(configuration, room, identity, name, &attributes)
}

/// A token for an avatar that speaks for the agent `on_behalf_of`, made as [`mint`] does.
///
/// # Errors
/// When key or secret is missing.
pub fn mint_avatar(
    configuration: &Configuration,
    room: &RoomName,
    identity: &str,
    name: &str,
    on_behalf_of: &str,
) -> Result<String, SettingsError> {
    sign(configuration, room, identity, name, &[(ATTRIBUTE_PUBLISH_ON_BEHALF, on_behalf_of)])
}

/// A token of kind agent for one room.
fn sign(
    configuration: &Configuration,
    room: &RoomName,
    identity: &str,
    name: &str,
    attributes: &[(&str, &str)],
) -> Result<String, SettingsError> {
    let pair = configuration.key_pair(" (set it, or hand over a token in LIVEKIT_TOKEN)")?;
    let grants = VideoGrants {
        room_join: true,
        room: room.as_str().to_owned(),
        can_publish: Some(true),
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        can_update_own_metadata: Some(true),
        ..VideoGrants::default()
    };
    AccessToken::with_api_key(pair.key, pair.secret)
        .with_identity(identity)
        .with_name(name)
        .with_kind(PARTICIPANT_KIND_AGENT)
        .with_attributes(attributes.iter().copied())
        .with_ttl(TOKEN_LIFE)
        .with_grants(grants)
        .to_jwt()
        .map_err(|error| wrong(ENV_LIVEKIT_API_SECRET, error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::configuration::configuration;

    fn resolve(room: &str, pairs: &'static [(&'static str, &'static str)]) -> Result<ConnectSettings, SettingsError> {
        let flags = ConnectFlags { room: room.into(), ..ConnectFlags::default() };
        ConnectSettings::resolve(flags, &configuration(pairs), "AI Assistant")
    }

    #[test]
    fn every_missing_or_malformed_setting_is_named() {
        let setting = |room: &str, pairs| resolve(room, pairs).err().map(|error| error.setting);
        assert_eq!(setting(" ", &[]), Some("--room"));
        assert_eq!(setting("demo", &[]), Some("LIVEKIT_URL"));
        assert_eq!(setting("demo", &[("LIVEKIT_URL", "http://x")]), Some("LIVEKIT_URL"));
        assert_eq!(setting("demo", const { &[("LIVEKIT_URL", "ws://127.0.0.1:7880")] }), Some("LIVEKIT_API_KEY"));
        assert_eq!(
            setting("demo", const { &[("LIVEKIT_URL", "ws://h"), ("LIVEKIT_API_KEY", "k")] }),
            Some("LIVEKIT_API_SECRET")
        );
    }

    #[test]
    fn a_token_that_was_handed_over_needs_no_secret() {
        let settings = resolve("demo", &[("LIVEKIT_URL", "wss://h"), ("LIVEKIT_TOKEN", "abc")]).unwrap();
        assert_eq!(settings.orders.token, "abc");
    }

    #[test]
    fn an_avatar_needs_somebody_to_speak_for_unless_its_token_says_whom() {
        let avatar = |agent: Option<&str>, pairs| {
            let flags =
                AvatarFlags { room: "demo".into(), on_behalf_of: agent.map(str::to_owned), ..AvatarFlags::default() };
            AvatarSettings::resolve(flags, &configuration(pairs)).map_err(|error| error.setting)
        };
        let server = const { &[("LIVEKIT_URL", "ws://h"), ("LIVEKIT_API_KEY", "k"), ("LIVEKIT_API_SECRET", "s")] };
        assert_eq!(avatar(None, server).err(), Some("--on-behalf-of"));
        assert_eq!(avatar(Some(" "), server).err(), Some("--on-behalf-of"));
        let minted = avatar(Some("agent-1"), server).unwrap();
        let claims = livekit_api::access_token::TokenVerifier::with_api_key("k", "s").verify(&minted.token).unwrap();
        assert_eq!(claims.kind, PARTICIPANT_KIND_AGENT);
        assert_eq!(claims.attributes.get(ATTRIBUTE_PUBLISH_ON_BEHALF).map(String::as_str), Some("agent-1"));
        let handed = avatar(None, const { &[("LIVEKIT_URL", "ws://h"), ("LIVEKIT_TOKEN", "abc")] }).unwrap();
        assert_eq!(handed.token, "abc");
    }
}
