//! Which service films the face, and how it is reached.

use std::time::Duration;

use remote::{Client, Deadlines, Endpoint, EndpointError, FailureKind, RemoteFailure, Secret};

use super::LipSyncProvider;
use super::plain::Plain;
use super::request::{Image, Template};
use super::runpod::RunPod;
use crate::ProviderSettingsError;

/// RunPod's own address.
const RUNPOD_URL: &str = "https://api.runpod.ai/v2";
/// The longest name of an endpoint that is believed.
const LONGEST_ENDPOINT: usize = 100;
/// How long a connection may take. What an answer may take is said with each request.
const DEADLINES: Deadlines = Deadlines {
    connect: Duration::from_secs(5),
    first: Duration::from_secs(30),
    between: Duration::from_secs(5),
    total: Duration::from_secs(30),
};
/// Nobody waits long for a good-bye.
const GOODBYE: Deadlines = Deadlines {
    connect: Duration::from_secs(1),
    first: Duration::from_secs(1),
    between: Duration::from_secs(1),
    total: Duration::from_secs(2),
};

/// The variables that [`LipSyncSettings::resolve`] reads.
pub(crate) const VARIABLES: &[&str] =
    &["LIP_SYNC_URL", "LIP_SYNC_API_KEY", "LIP_SYNC_RUNPOD_ENDPOINT", "LIP_SYNC_RUNPOD_URL", "RUNPOD_API_KEY"];

/// A service that films.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LipSyncSettings {
    endpoint: Endpoint,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    RunPod,
}

impl LipSyncSettings {
    /// Reads `LIP_SYNC_URL` and `LIP_SYNC_API_KEY` (optional); or `LIP_SYNC_RUNPOD_ENDPOINT`, `RUNPOD_API_KEY` and, for tests and
    /// gateways, `LIP_SYNC_RUNPOD_URL`.
    ///
    /// # Errors
    /// Names the first that is missing, malformed or too much.
    pub fn resolve(environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, ProviderSettingsError> {
        let read = |name: &str| environment(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let wrong = |variable, message: &str| ProviderSettingsError { variable, message: message.to_owned() };
        let name_it = |address: &'static str, key: &'static str| {
            move |error: EndpointError| match error {
                EndpointError::Key | EndpointError::KeyMissing => wrong(key, "holds characters that no key can have"),
                EndpointError::Address => wrong(address, "is no http:// or https:// address"),
                EndpointError::Extras => wrong(address, "must hold no user name, password, query or fragment"),
            }
        };
        match (read("LIP_SYNC_URL"), read("LIP_SYNC_RUNPOD_ENDPOINT")) {
            (Some(_), Some(_)) => {
                Err(wrong("LIP_SYNC_RUNPOD_ENDPOINT", "is set, and LIP_SYNC_URL too; leave one of them out"))
            }
            (None, None) => {
                let message =
                    "is not set, and a service is to film the persona's face; or set LIP_SYNC_RUNPOD_ENDPOINT";
                Err(wrong("LIP_SYNC_URL", message))
            }
            (Some(url), None) => {
                let key = read("LIP_SYNC_API_KEY").and_then(|key| Secret::new(&key));
                let endpoint = Endpoint::new(&url, key).map_err(name_it("LIP_SYNC_URL", "LIP_SYNC_API_KEY"))?;
                Ok(Self { endpoint, form: Form::Plain })
            }
            (None, Some(id)) => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
                if id.len() > LONGEST_ENDPOINT || !id.bytes().all(plain) {
                    return Err(wrong("LIP_SYNC_RUNPOD_ENDPOINT", "is no endpoint's id, such as abc123xyz"));
                }
                let key = read("RUNPOD_API_KEY").and_then(|key| Secret::new(&key));
                let key = key.ok_or_else(|| wrong("RUNPOD_API_KEY", "is not set, and RunPod needs it"))?;
                let base = read("LIP_SYNC_RUNPOD_URL").unwrap_or_else(|| RUNPOD_URL.to_owned());
                // Checked before the id is added: a query in it would swallow that.
                let name_it = name_it("LIP_SYNC_RUNPOD_URL", "RUNPOD_API_KEY");
                Endpoint::new(&base, Some(key.clone())).map_err(&name_it)?;
                let endpoint = Endpoint::new(&format!("{}/{id}", base.trim_end_matches('/')), Some(key));
                Ok(Self { endpoint: endpoint.map_err(name_it)?, form: Form::RunPod })
            }
        }
    }

    /// A service that is to film this picture; asks for nothing yet. Not for a thread that runs async tasks.
    ///
    /// # Errors
    /// When TLS or the like can't be set up.
    pub fn provider(&self, image: &Image) -> Result<Box<dyn LipSyncProvider>, RemoteFailure> {
        let client = |deadlines| {
            Client::new(self.endpoint.clone(), deadlines)
                .map_err(|message| RemoteFailure::new(FailureKind::Refused, message))
        };
        let template = Template::new(image);
        Ok(match self.form {
            Form::Plain => Box::new(Plain { client: client(DEADLINES)?, template }),
            Form::RunPod => Box::new(RunPod { client: client(DEADLINES)?, goodbye: client(GOODBYE)?, template }),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn resolve(pairs: &[(&str, &str)]) -> Result<LipSyncSettings, &'static str> {
        let read = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        LipSyncSettings::resolve(&read).map_err(|error| error.variable)
    }

    #[test]
    fn one_service_is_named_with_what_it_needs() {
        let url = ("LIP_SYNC_URL", "http://127.0.0.1:9000");
        let endpoint = ("LIP_SYNC_RUNPOD_ENDPOINT", "abc123");
        let key = ("RUNPOD_API_KEY", "k");
        assert_eq!(resolve(&[]), Err("LIP_SYNC_URL"));
        assert_eq!(resolve(&[key]), Err("LIP_SYNC_URL"), "a key alone chooses nothing");
        assert_eq!(resolve(&[url, endpoint, key]), Err("LIP_SYNC_RUNPOD_ENDPOINT"));
        assert_eq!(resolve(&[endpoint]), Err("RUNPOD_API_KEY"));
        assert_eq!(resolve(&[("LIP_SYNC_RUNPOD_ENDPOINT", "a/../b"), key]), Err("LIP_SYNC_RUNPOD_ENDPOINT"));
        assert_eq!(resolve(&[endpoint, key, ("LIP_SYNC_RUNPOD_URL", "http://h/?x=")]), Err("LIP_SYNC_RUNPOD_URL"));
        assert_eq!(resolve(&[("LIP_SYNC_URL", "ftp://h")]), Err("LIP_SYNC_URL"));
        assert_eq!(resolve(&[url, ("LIP_SYNC_API_KEY", "a\nb")]), Err("LIP_SYNC_API_KEY"));
        assert_eq!(resolve(&[url]).unwrap().form, Form::Plain);
        assert_eq!(resolve(&[endpoint, key]).unwrap().form, Form::RunPod);
    }

    #[test]
    fn nothing_shows_the_key() {
        let settings = resolve(&[("LIP_SYNC_RUNPOD_ENDPOINT", "abc"), ("RUNPOD_API_KEY", "secret-1")]).unwrap();
        assert!(!format!("{settings:?}").contains("secret-1"));
    }
}
