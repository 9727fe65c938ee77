//! Tavus: <https://docs.tavus.io/api-reference/conversations/create-conversation>.
//!
//! The newer names are pal (formerly persona) and face (formerly replica); requests use those.

use std::time::Duration;

use proto::avatar::TAVUS_IDENTITY;
use remote::{
    Body, Call, Client, Deadlines, Ending, Endpoint, EndpointError, FailureKind, Progress, Reader, RemoteFailure,
    Secret,
};
use serde_json::{Value, json};

use crate::{AvatarProvider, Invitation, ProviderSettingsError};

/// Tavus' own address.
const TAVUS_URL: &str = "https://tavusapi.com/v2";
/// The header that carries the key.
const KEY_HEADER: &str = "x-api-key";
/// Tavus starts machines before it answers.
const DEADLINES: Deadlines = Deadlines {
    connect: Duration::from_secs(5),
    first: Duration::from_secs(10),
    between: Duration::from_secs(5),
    total: Duration::from_secs(15),
};
/// Nobody waits long for a good-bye.
const GOODBYE: Deadlines = Deadlines {
    connect: Duration::from_secs(1),
    first: Duration::from_secs(2),
    between: Duration::from_secs(1),
    total: Duration::from_secs(3),
};
/// Bytes of an answer at most.
const MOST_BYTES: usize = 64 * 1024;
/// The longest id of a conversation that is believed.
const LONGEST_ID: usize = 100;

/// The variables that [`TavusSettings::resolve`] reads.
pub(crate) const VARIABLES: &[&str] =
    &["TAVUS_API_KEY", "TAVUS_API_URL", "TAVUS_PAL_ID", "TAVUS_PERSONA_ID", "TAVUS_FACE_ID", "TAVUS_REPLICA_ID"];

/// How Tavus is reached, and who shall come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TavusSettings {
    base_url: String,
    key: Secret,
    pal: String,
    face: Option<String>,
}

impl TavusSettings {
    /// Reads `TAVUS_API_KEY`, `TAVUS_PAL_ID` (or the older `TAVUS_PERSONA_ID`), `TAVUS_FACE_ID` (or `TAVUS_REPLICA_ID`;
    /// optional) and `TAVUS_API_URL` (for tests and gateways).
    ///
    /// # Errors
    /// Names the first that is missing or malformed.
    pub fn resolve(environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, ProviderSettingsError> {
        let read = |name: &str| environment(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let wrong = |variable, message: &str| ProviderSettingsError { variable, message: message.to_owned() };
        let key = read("TAVUS_API_KEY")
            .and_then(|key| Secret::new(&key))
            .ok_or_else(|| wrong("TAVUS_API_KEY", "is not set, and the persona's face is Tavus'"))?;
        let pal = read("TAVUS_PAL_ID").or_else(|| read("TAVUS_PERSONA_ID")).ok_or_else(|| {
            wrong("TAVUS_PAL_ID", "is not set; it is the id of the Tavus PAL (formerly persona: TAVUS_PERSONA_ID)")
        })?;
        let face = read("TAVUS_FACE_ID").or_else(|| read("TAVUS_REPLICA_ID"));
        let base_url = read("TAVUS_API_URL").unwrap_or_else(|| TAVUS_URL.to_owned());
        let settings = Self { base_url, key, pal, face };
        settings.endpoint(&settings.base_url).map_err(|error| match error {
            EndpointError::Key | EndpointError::KeyMissing => wrong("TAVUS_API_KEY", &error.to_string()),
            EndpointError::Address | EndpointError::Extras => wrong("TAVUS_API_URL", "is no plain https:// address"),
        })?;
        Ok(settings)
    }

    fn endpoint(&self, base_url: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::with_key_header(base_url, self.key.clone(), KEY_HEADER)
    }

    fn client(&self, base_url: &str, deadlines: Deadlines) -> Result<Client, RemoteFailure> {
        let broken = |message: String| RemoteFailure::new(FailureKind::Refused, message);
        let endpoint = self.endpoint(base_url).map_err(|error| broken(error.to_string()))?;
        Client::new(endpoint, deadlines).map_err(broken)
    }
}

/// Tavus, and the conversation that it holds for us.
#[derive(Debug)]
pub struct Tavus {
    settings: TavusSettings,
    conversation: Option<String>,
}

impl Tavus {
    /// Asks for nothing yet.
    #[must_use]
    pub fn new(settings: TavusSettings) -> Self {
        Self { settings, conversation: None }
    }

    fn ask(&self, invitation: &Invitation, cancelled: &dyn Fn() -> bool) -> Result<Option<String>, RemoteFailure> {
        let mut body = json!({
            "pal_id": self.settings.pal,
            "conversation_name": invitation.name,
            "properties": {
                "livekit_ws_url": invitation.livekit_url,
                "livekit_room_token": invitation.livekit_token,
            },
        });
        if let Some(face) = &self.settings.face {
            body["face_id"] = json!(face);
        }
        let call = Call { path: "conversations".into(), body: Body::Json(body), most_bytes: MOST_BYTES };
        let mut client = self.settings.client(&self.settings.base_url, DEADLINES)?;
        let mut answer = Answer::default();
        match client.exchange(&call, cancelled, &mut answer)? {
            Ending::Cancelled => Ok(None),
            Ending::Complete => answer.conversation().map(Some),
        }
    }
}

impl AvatarProvider for Tavus {
    fn identity(&self) -> &str {
        TAVUS_IDENTITY
    }

    fn start(&mut self, invitation: &Invitation, cancelled: &dyn Fn() -> bool) -> Result<(), RemoteFailure> {
        // The client itself tries once more after a server's failure, but not after a time-out.
        let asked = match self.ask(invitation, cancelled) {
            Err(failure) if failure.kind == FailureKind::TimedOut => self.ask(invitation, cancelled),
            asked => asked,
        };
        self.conversation = asked.map_err(|mut failure| {
            // A service may quote what it was sent.
            failure.message = failure.message.replace(&invitation.livekit_token, "(token)");
            failure
        })?;
        Ok(())
    }

    fn end(&mut self) -> Result<(), RemoteFailure> {
        let Some(conversation) = self.conversation.take() else { return Ok(()) };
        let base_url = format!("{}/conversations/{conversation}", self.settings.base_url.trim_end_matches('/'));
        let mut client = self.settings.client(&base_url, GOODBYE)?;
        let call = Call { path: "end".into(), body: Body::Json(json!({})), most_bytes: MOST_BYTES };
        client.exchange(&call, &|| false, &mut Answer::default()).map(drop)
    }
}

/// A whole JSON answer.
#[derive(Default)]
struct Answer(Vec<u8>);

impl Answer {
    fn conversation(&self) -> Result<String, RemoteFailure> {
        let body: Value = serde_json::from_slice(&self.0).unwrap_or_default();
        let id = body["conversation_id"].as_str().filter(|id| {
            // It becomes a part of an address.
            (1..=LONGEST_ID).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
        id.map(str::to_owned)
            .ok_or_else(|| RemoteFailure::new(FailureKind::Garbage, "the answer names no conversation"))
    }
}

impl Reader for Answer {
    fn begin(&mut self, _media_type: &str) -> Result<(), RemoteFailure> {
        self.0.clear();
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> Result<Progress, RemoteFailure> {
        self.0.extend_from_slice(bytes);
        Ok(Progress::Nothing)
    }

    fn end(&mut self) -> Result<(), RemoteFailure> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn resolve(pairs: &'static [(&'static str, &'static str)]) -> Result<TavusSettings, &'static str> {
        let read = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        TavusSettings::resolve(&read).map_err(|error| error.variable)
    }

    #[test]
    fn a_key_and_a_pal_are_needed_under_their_newer_or_older_names() {
        assert_eq!(resolve(&[]), Err("TAVUS_API_KEY"));
        assert_eq!(resolve(&[("TAVUS_API_KEY", "k")]), Err("TAVUS_PAL_ID"));
        assert_eq!(resolve(&[("TAVUS_API_KEY", "a\nb"), ("TAVUS_PAL_ID", "p")]), Err("TAVUS_API_KEY"));
        let older = resolve(&[("TAVUS_API_KEY", "k"), ("TAVUS_PERSONA_ID", "p"), ("TAVUS_REPLICA_ID", "r")]).unwrap();
        assert_eq!((older.pal.as_str(), older.face.as_deref()), ("p", Some("r")));
        assert_eq!(older.base_url, TAVUS_URL);
        let both = resolve(&[("TAVUS_API_KEY", "k"), ("TAVUS_PERSONA_ID", "old"), ("TAVUS_PAL_ID", "new")]).unwrap();
        assert_eq!((both.pal.as_str(), both.face), ("new", None));
        let odd = [("TAVUS_API_KEY", "k"), ("TAVUS_PAL_ID", "p"), ("TAVUS_API_URL", "ftp://x")];
        assert_eq!(resolve(Box::leak(Box::new(odd))), Err("TAVUS_API_URL"));
    }

    #[test]
    fn nothing_shows_the_key_or_the_token() {
        let settings = resolve(&[("TAVUS_API_KEY", "secret-1"), ("TAVUS_PAL_ID", "p")]).unwrap();
        assert!(!format!("{:?}", Tavus::new(settings)).contains("secret-1"));
        let invitation =
            Invitation { livekit_url: "ws://h".into(), livekit_token: "secret-2".into(), name: "n".into() };
        assert!(!format!("{invitation:?}").contains("secret-2"));
    }

    #[test]
    fn an_id_that_would_be_more_than_a_part_of_an_address_is_refused() {
        let id = |text: &str| Answer(json!({ "conversation_id": text }).to_string().into_bytes()).conversation();
        assert_eq!(id("c0b934942640d424").unwrap(), "c0b934942640d424");
        for odd in ["", "../x", "a/b", "a?b", &"c".repeat(101)] {
            assert_eq!(id(odd).unwrap_err().kind, FailureKind::Garbage, "{odd}");
        }
        assert!(Answer(b"<html>".to_vec()).conversation().is_err());
    }
}
