//! What `connect` was asked to do: flags and environment, checked before anything starts.

use std::path::PathBuf;
use std::time::Duration;

use livekit_api::access_token::{AccessToken, VideoGrants};
use proto::names::{AGENT_IDENTITY_PREFIX, ParticipantName, RoomName};
use proto::room::{
    ATTRIBUTE_AGENT_NAME, ATTRIBUTE_AGENT_STATE, ATTRIBUTE_PUBLISH_ON_BEHALF, AgentState, PARTICIPANT_KIND_AGENT,
};
use proto::worker::{ENV_LIVEKIT_API_KEY, ENV_LIVEKIT_API_SECRET, ENV_LIVEKIT_TOKEN, ENV_LIVEKIT_URL};

use persona::PictureSize;

/// How long a minted token is good for: longer than any call.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 3600);

/// A setting that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {message}")]
pub struct SettingsError {
    /// The flag or variable.
    pub setting: &'static str,
    /// What is wrong with it.
    pub message: String,
}

fn wrong(setting: &'static str, message: impl Into<String>) -> SettingsError {
    SettingsError { setting, message: message.into() }
}

/// How to reach the SFU and what to be there.
#[derive(Clone)]
pub struct ConnectSettings {
    /// The SFU's address.
    pub url: String,
    /// Grants one room.
    pub token: String,
    /// The room's name.
    pub room: RoomName,
    /// Who it is there, as far as the flags say: a token that was handed over is made for the same.
    pub identity: String,
    /// The persona file; `None` for the default one.
    pub persona: Option<PathBuf>,
    /// What people see instead of the persona's name.
    pub name: Option<ParticipantName>,
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
    /// `--persona`.
    pub persona: Option<PathBuf>,
    /// `--record`.
    pub record: Option<PathBuf>,
}

impl ConnectSettings {
    /// Checks flags and environment; mints a token from key and secret unless one was handed over.
    ///
    /// # Errors
    /// Names the first setting that is missing or malformed.
    pub fn resolve(
        flags: ConnectFlags,
        environment: &dyn Fn(&str) -> Option<String>,
        shown_name: &str,
    ) -> Result<Self, SettingsError> {
        let room = RoomName::parse(&flags.room).map_err(|error| wrong("--room", error.to_string()))?;
        let name = flags
            .name
            .as_deref()
            .map(ParticipantName::parse)
            .transpose()
            .map_err(|error| wrong("--name", error.to_string()))?;
        let url = sfu_url(environment)?;
        let identity = match flags.identity {
            Some(identity) => ParticipantName::parse(&identity)
                .map_err(|error| wrong("--identity", error.to_string()))?
                .as_str()
                .to_owned(),
            None => format!("{AGENT_IDENTITY_PREFIX}{:08x}", rand::random::<u32>()),
        };
        let token = match environment(ENV_LIVEKIT_TOKEN).filter(|token| !token.trim().is_empty()) {
            Some(token) => token.trim().to_owned(),
            None => {
                let shown = name.as_ref().map_or(shown_name, ParticipantName::as_str);
                mint(environment, &room, &identity, shown)?
            }
        };
        Ok(Self { url, token, room, identity, persona: flags.persona, name, record: flags.record })
    }
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
    /// Checks flags and environment; mints a token from key and secret unless one was handed over.
    ///
    /// # Errors
    /// Names the first setting that is missing or malformed.
    pub fn resolve(flags: AvatarFlags, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let checked = |flag: &'static str, value: Option<String>| {
            let parsed = value.as_deref().map(ParticipantName::parse).transpose();
            parsed.map(|name| name.map(|name| name.as_str().to_owned())).map_err(|error| wrong(flag, error.to_string()))
        };
        let room = RoomName::parse(&flags.room).map_err(|error| wrong("--room", error.to_string()))?;
        let on_behalf_of = checked("--on-behalf-of", flags.on_behalf_of)?;
        let name = checked("--name", flags.name)?.unwrap_or_else(|| "Avatar".to_owned());
        let identity = checked("--identity", flags.identity)?
            .unwrap_or_else(|| format!("{AGENT_IDENTITY_PREFIX}avatar-{:08x}", rand::random::<u32>()));
        let url = sfu_url(environment)?;
        let token = match (environment(ENV_LIVEKIT_TOKEN).filter(|token| !token.trim().is_empty()), &on_behalf_of) {
            (Some(token), _) => token.trim().to_owned(),
            (None, Some(agent)) => mint_avatar(environment, &room, &identity, &name, agent)?,
            (None, None) => {
                return Err(wrong("--on-behalf-of", "is not set; it is the identity of the agent to speak for"));
            }
        };
        Ok(Self { url, token, on_behalf_of, size: flags.size })
    }
}

/// The SFU's address from the environment.
///
/// # Errors
/// When it is missing or no WebSocket address.
pub fn sfu_url(environment: &dyn Fn(&str) -> Option<String>) -> Result<String, SettingsError> {
    let url = environment(ENV_LIVEKIT_URL)
        .map(|url| url.trim().to_owned())
        .filter(|url| !url.is_empty())
        .ok_or_else(|| wrong(ENV_LIVEKIT_URL, "is not set; for a local server: ws://127.0.0.1:7880"))?;
    let is_websocket =
        url.strip_prefix("ws://").or_else(|| url.strip_prefix("wss://")).is_some_and(|rest| !rest.is_empty());
    if !is_websocket {
        return Err(wrong(ENV_LIVEKIT_URL, format!("`{url}` is not a ws:// or wss:// address")));
    }
    Ok(url)
}

/// A token for an agent in one room, made from the API key and secret of the environment.
///
/// # Errors
/// When key or secret is missing.
pub fn mint(
    environment: &dyn Fn(&str) -> Option<String>,
    room: &RoomName,
    identity: &str,
    name: &str,
) -> Result<String, SettingsError> {
    let attributes = [(ATTRIBUTE_AGENT_STATE, AgentState::Initializing.as_str()), (ATTRIBUTE_AGENT_NAME, name)];
    sign(environment, room, identity, name, &attributes)
}

/// A token for an avatar that speaks for the agent `on_behalf_of`, made as [`mint`] does.
///
/// # Errors
/// When key or secret is missing.
pub fn mint_avatar(
    environment: &dyn Fn(&str) -> Option<String>,
    room: &RoomName,
    identity: &str,
    name: &str,
    on_behalf_of: &str,
) -> Result<String, SettingsError> {
    sign(environment, room, identity, name, &[(ATTRIBUTE_PUBLISH_ON_BEHALF, on_behalf_of)])
}

/// A token of kind agent for one room.
fn sign(
    environment: &dyn Fn(&str) -> Option<String>,
    room: &RoomName,
    identity: &str,
    name: &str,
    attributes: &[(&str, &str)],
) -> Result<String, SettingsError> {
    let read = |variable: &'static str| {
        environment(variable)
            .filter(|value| !value.trim().is_empty())
            .ok_or_else(|| wrong(variable, format!("is not set (set it, or hand over a token in {ENV_LIVEKIT_TOKEN})")))
    };
    let (key, secret) = (read(ENV_LIVEKIT_API_KEY)?, read(ENV_LIVEKIT_API_SECRET)?);
    let grants = VideoGrants {
        room_join: true,
        room: room.as_str().to_owned(),
        can_publish: Some(true),
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        can_update_own_metadata: Some(true),
        ..VideoGrants::default()
    };
    AccessToken::with_api_key(key.trim(), secret.trim())
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

    fn environment(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    fn resolve(room: &str, pairs: &'static [(&'static str, &'static str)]) -> Result<ConnectSettings, SettingsError> {
        let flags = ConnectFlags { room: room.into(), ..ConnectFlags::default() };
        ConnectSettings::resolve(flags, &environment(pairs), "AI Assistant")
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
        assert_eq!(settings.token, "abc");
    }
    #[test]
    fn an_avatar_needs_somebody_to_speak_for_unless_its_token_says_whom() {
        let avatar = |agent: Option<&str>, pairs| {
            let flags =
                AvatarFlags { room: "demo".into(), on_behalf_of: agent.map(str::to_owned), ..AvatarFlags::default() };
            AvatarSettings::resolve(flags, &environment(pairs)).map_err(|error| error.setting)
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
