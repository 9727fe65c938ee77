//! The configuration that this program reads from its environment: once, when it starts.

use std::path::PathBuf;

use ::engines::Variables;
use assets::{AssetError, Assets};
use proto::worker::{
    ENV_LIVEKIT_API_KEY, ENV_LIVEKIT_API_SECRET, ENV_LIVEKIT_PUBLIC_URL, ENV_LIVEKIT_TOKEN, ENV_LIVEKIT_URL,
    ENV_RECORDINGS, ENV_STORE,
};

use crate::secrets::{Environment, Found, text_or_file};
use crate::settings_error::SettingsError;

/// The operator's key.
pub(crate) const ENV_ADMIN_KEY: &str = "VISAVIS_ADMIN_KEY";
/// Files that hold what else would stand in the environment.
const ENV_ADMIN_KEY_FILE: &str = "VISAVIS_ADMIN_KEY_FILE";
const ENV_LIVEKIT_API_SECRET_FILE: &str = "LIVEKIT_API_SECRET_FILE";
const ENV_STORE_FILE: &str = "VISAVIS_STORE_FILE";
/// In place of the store's address: calls are not kept.
const NO_STORE: &str = "none";
/// The shortest operator's key, in bytes.
const MIN_ADMIN_KEY_BYTES: usize = 16;

/// Everything that the environment says to this program. An empty variable counts as absent.
#[derive(Clone)]
pub struct Configuration {
    livekit_url: Option<String>,
    /// The LiveKit server's address for those outside.
    pub(crate) livekit_public_url: Option<String>,
    /// A token for one room, for a worker started by hand.
    pub(crate) livekit_token: Option<String>,
    api_key: Option<String>,
    // An error in one of these is reported by the commands that need the value.
    api_secret: Result<Option<String>, SettingsError>,
    admin_key: Result<Option<String>, SettingsError>,
    store: Result<Option<calls::Address>, SettingsError>,
    /// The folder in which every call is recorded.
    pub(crate) recordings: Option<PathBuf>,
    /// What the engines read.
    pub(crate) engines: Variables,
    /// What the services behind a face read.
    pub(crate) avatars: Variables,
    /// The pinned files.
    pub(crate) assets: Assets,
}

/// The key pair that opens the LiveKit server.
#[derive(Clone, Copy)]
pub(crate) struct KeyPair<'a> {
    pub(crate) key: &'a str,
    pub(crate) secret: &'a str,
}

impl Configuration {
    /// Reads this process's environment.
    ///
    /// # Errors
    /// When there is no folder for the pinned files.
    pub fn read() -> Result<Self, AssetError> {
        // What is not UTF-8 is no name, address or key: it is shown as far as it can be where it is refused.
        let environment = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Ok(Self::of(&environment, Assets::open()?))
    }

    /// Reads an environment.
    #[must_use]
    pub fn of(environment: Environment<'_>, assets: Assets) -> Self {
        let read = |name: &str| environment(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let engines = crate::engines::registry();
        Self {
            livekit_url: read(ENV_LIVEKIT_URL),
            livekit_public_url: read(ENV_LIVEKIT_PUBLIC_URL),
            livekit_token: read(ENV_LIVEKIT_TOKEN),
            api_key: read(ENV_LIVEKIT_API_KEY),
            api_secret: api_secret(environment),
            admin_key: admin_key(environment),
            store: store(environment),
            recordings: read(ENV_RECORDINGS).map(PathBuf::from),
            engines: Variables::read(engines.variables().map(|variable| variable.name), environment),
            avatars: Variables::read(avatars::variables(), environment),
            assets,
        }
    }

    /// What the operator must show.
    ///
    /// # Errors
    /// When it is too short, or its file can't be read.
    pub(crate) fn admin_key(&self) -> Result<Option<String>, SettingsError> {
        self.admin_key.clone()
    }

    /// Where calls are kept.
    ///
    /// # Errors
    /// When that is no address, or its file can't be read.
    pub(crate) fn store(&self) -> Result<Option<calls::Address>, SettingsError> {
        self.store.clone()
    }

    /// The LiveKit server's address.
    ///
    /// # Errors
    /// When it is missing or no WebSocket address.
    pub fn livekit_url(&self) -> Result<String, SettingsError> {
        let wrong = |message: String| SettingsError { setting: ENV_LIVEKIT_URL, message };
        let url = self.livekit_url.as_ref();
        let url = url.ok_or_else(|| wrong("is not set; for a local server: ws://127.0.0.1:7880".to_owned()))?;
        let is_websocket =
            url.strip_prefix("ws://").or_else(|| url.strip_prefix("wss://")).is_some_and(|rest| !rest.is_empty());
        if is_websocket { Ok(url.clone()) } else { Err(wrong(format!("`{url}` is not a ws:// or wss:// address"))) }
    }

    /// The pinned files alone.
    #[must_use]
    pub fn into_assets(self) -> Assets {
        self.assets
    }

    /// Whether the LiveKit server is named at all.
    #[must_use]
    pub fn names_livekit(&self) -> bool {
        self.livekit_url.is_some()
    }

    /// The key pair that opens the LiveKit server.
    ///
    /// # Errors
    /// Names the variable that is wrong or not set, with the hint.
    pub(crate) fn key_pair(&self, hint: &str) -> Result<KeyPair<'_>, SettingsError> {
        let missing = |setting| SettingsError { setting, message: format!("is not set{hint}") };
        let key = self.api_key.as_deref().ok_or_else(|| missing(ENV_LIVEKIT_API_KEY))?;
        let secret = self.api_secret.as_ref().map_err(Clone::clone)?.as_deref();
        let secret = secret.ok_or_else(|| missing(ENV_LIVEKIT_API_SECRET))?;
        Ok(KeyPair { key, secret })
    }
}

/// LiveKit takes any text for a secret.
fn api_secret(environment: Environment<'_>) -> Result<Option<String>, SettingsError> {
    match text_or_file(environment, ENV_LIVEKIT_API_SECRET, ENV_LIVEKIT_API_SECRET_FILE)? {
        Some(secret) if secret.text.is_empty() => Err(secret.wrong("must not be empty")),
        secret => Ok(secret.map(|secret| secret.text)),
    }
}

fn admin_key(environment: Environment<'_>) -> Result<Option<String>, SettingsError> {
    match text_or_file(environment, ENV_ADMIN_KEY, ENV_ADMIN_KEY_FILE)? {
        Some(key) if key.text.len() < MIN_ADMIN_KEY_BYTES => {
            Err(key.wrong(format!("must have at least {MIN_ADMIN_KEY_BYTES} characters")))
        }
        key => key.map(Found::key).transpose(),
    }
}

fn store(environment: Environment<'_>) -> Result<Option<calls::Address>, SettingsError> {
    match text_or_file(environment, ENV_STORE, ENV_STORE_FILE)? {
        Some(address) if address.text == NO_STORE => Ok(None),
        Some(address) => {
            let parsed = address.text.parse().map_err(|error: calls::AddressError| address.wrong(error.to_string()));
            parsed.map(Some)
        }
        None => Ok(None),
    }
}

/// The variables that engines and services behind a face read, for programs that start workers.
#[must_use]
pub fn inherited_variables() -> Vec<String> {
    let engines = crate::engines::registry();
    let names = engines.variables().map(|variable| variable.name).chain(avatars::variables());
    let distinct: std::collections::BTreeSet<&str> = names.collect();
    distinct.into_iter().map(str::to_owned).collect()
}

/// For tests: a configuration of these variables.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) fn configuration(variables: &[(&str, &str)]) -> Configuration {
    let environment = |name: &str| {
        let pair = variables.iter().find(|(key, _)| *key == name);
        pair.map(|(_, value)| (*value).to_owned())
    };
    Configuration::of(&environment, Assets::open_in("unused").unwrap())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    /// The first thing that is wrong for a program that needs everything.
    fn wrong_with(variables: &[(&str, &str)]) -> Option<SettingsError> {
        let read = configuration(variables);
        read.key_pair("").err().or(read.admin_key().err()).or(read.store().err())
    }

    #[test]
    fn secrets_may_stand_in_files() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let (secret, key) = (file("secret", " a-secret\n"), file("key", "a-key-of-16-bytes\n"));
        let store = file("store", "redis://:word@h\n");
        let server = [("LIVEKIT_URL", "ws://h"), ("LIVEKIT_API_KEY", "k"), ("LIVEKIT_API_SECRET_FILE", &secret)];
        let others = [("VISAVIS_ADMIN_KEY_FILE", key.as_str()), ("VISAVIS_STORE_FILE", &store)];
        let read = configuration(&[server.as_slice(), &others].concat());
        assert_eq!(read.key_pair("").map(|pair| (pair.key, pair.secret)).unwrap(), ("k", "a-secret"));
        assert_eq!(read.admin_key().unwrap().as_deref(), Some("a-key-of-16-bytes"));
        assert_eq!(read.store().unwrap().unwrap().expose(), "redis://:word@h");
        let read = configuration(&[server.as_slice(), &[("VISAVIS_STORE", "none")]].concat());
        assert_eq!((read.store().unwrap().is_none(), read.admin_key()), (true, Ok(None)));

        let (empty, short) = (file("empty", "\n"), file("short", "short"));
        let nowhere = folder.path().join("nowhere").display().to_string();
        for (name, value, wrong) in [
            ("LIVEKIT_API_SECRET", "s", "LIVEKIT_API_SECRET_FILE"),
            ("VISAVIS_ADMIN_KEY_FILE", &short, "VISAVIS_ADMIN_KEY_FILE"),
            ("VISAVIS_ADMIN_KEY_FILE", &empty, "VISAVIS_ADMIN_KEY_FILE"),
            ("VISAVIS_ADMIN_KEY", "a key of sixteen bytes", "VISAVIS_ADMIN_KEY"),
            ("VISAVIS_STORE_FILE", &empty, "VISAVIS_STORE_FILE"),
            ("VISAVIS_STORE_FILE", &nowhere, "VISAVIS_STORE_FILE"),
        ] {
            let error = wrong_with(&[server.as_slice(), &[(name, value)]].concat()).unwrap();
            assert_eq!(error.setting, wrong, "{name}={value}: {error}");
            assert!(!error.to_string().contains("a-secret"), "{error}");
        }
        let empty_secret = [server[0], server[1], ("LIVEKIT_API_SECRET_FILE", empty.as_str())];
        assert_eq!(wrong_with(&empty_secret).unwrap().setting, "LIVEKIT_API_SECRET_FILE");
        assert_eq!(wrong_with(&server[..2]).unwrap().setting, "LIVEKIT_API_SECRET");
    }

    #[test]
    fn workers_inherit_what_engines_and_avatars_read_and_nothing_of_the_servers() {
        let names = inherited_variables();
        assert!(names.iter().any(|name| name == "OPENAI_API_KEY"), "{names:?}");
        assert!(names.iter().all(|name| proto::worker::may_be_handed_on(name)), "{names:?}");
    }
}
