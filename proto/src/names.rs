//! Names and identities: what is allowed, and how an identity is made from a name.
//!
//! A value of one of these types has been checked: it is trimmed, has 1 to [`MAX_NAME_CHARS`] characters and no
//! control characters. They deserialise through the same check, so a request body cannot carry a bad one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest name, in characters (Unicode scalar values) after trimming.
pub const MAX_NAME_CHARS: usize = 128;

/// How identities of agents begin. No caller may choose one that begins so.
pub const AGENT_IDENTITY_PREFIX: &str = "agent-";

/// Beginnings of identities that callers may not choose, compared without regard to ASCII case: our agents, and the
/// avatar participants of remote providers.
pub const RESERVED_IDENTITY_PREFIXES: [&str; 2] = [AGENT_IDENTITY_PREFIX, "tavus-"];

/// What an identity begins with when the name gives nothing to make one from.
const GUEST: &str = "guest";

/// The longest slug, in bytes: it leaves an identity short enough to read in a log line.
const MAX_SLUG_BYTES: usize = 48;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing is left after trimming.
    #[error("must not be empty")]
    Empty,
    /// More than [`MAX_NAME_CHARS`] characters after trimming.
    #[error("must have at most {MAX_NAME_CHARS} characters, has {chars}")]
    TooLong {
        /// How many characters it has.
        chars: usize,
    },
    /// A control character, such as a line break, inside.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// An identity that begins like those of agents.
    #[error("must not begin with `{prefix}`, which is reserved")]
    Reserved {
        /// The reserved beginning.
        prefix: &'static str,
    },
}

/// Trims `text` and checks it.
fn checked(text: &str) -> Result<String, NameError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(NameError::Empty);
    }
    let chars = trimmed.chars().count();
    if chars > MAX_NAME_CHARS {
        return Err(NameError::TooLong { chars });
    }
    if trimmed.chars().any(char::is_control) {
        return Err(NameError::ControlCharacter);
    }
    Ok(trimmed.to_owned())
}

/// Defines a checked text type with the conversions that every one of them has.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(as = "String"))]
        #[cfg_attr(test, schemars(extend("minLength" = 1, "maxLength" = MAX_NAME_CHARS)))]
        pub struct $name(String);

        impl $name {
            /// Trims and checks `text`.
            ///
            /// # Errors
            /// [`NameError`] says which rule it breaks.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                $check(text).map(Self)
            }

            /// The checked text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name_type!(
    /// The name of a room.
    RoomName,
    checked
);
name_type!(
    /// A participant's display name, as others see it. It need not be unique.
    ParticipantName,
    checked
);
name_type!(
    /// The name of an avatar, which is the name of a persona.
    AvatarName,
    checked
);
name_type!(
    /// An identity that a caller chose for itself: never one with a reserved beginning.
    CallerIdentity,
    checked_caller_identity
);
name_type!(
    /// A participant's identity in a room, unique there.
    Identity,
    checked
);

/// Checks an identity that comes from outside.
fn checked_caller_identity(text: &str) -> Result<String, NameError> {
    let identity = checked(text)?;
    match reserved_prefix(&identity) {
        Some(prefix) => Err(NameError::Reserved { prefix }),
        None => Ok(identity),
    }
}

/// The reserved beginning that `identity` has, if any.
fn reserved_prefix(identity: &str) -> Option<&'static str> {
    RESERVED_IDENTITY_PREFIXES
        .into_iter()
        .find(|prefix| identity.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
}

impl RoomName {
    /// The name of a room that nobody asked for by name: `room-` and 16 hexadecimal digits, which nobody guesses when
    /// `random` is.
    #[must_use]
    pub fn fresh(random: u64) -> Self {
        Self(format!("room-{random:016x}"))
    }
}

impl From<CallerIdentity> for Identity {
    fn from(identity: CallerIdentity) -> Self {
        Self(identity.0)
    }
}

impl ParticipantName {
    /// The name as the first half of an identity: ASCII letters and digits in lower case, anything else a single
    /// `-`; `guest` when there is no ASCII letter in it.
    #[must_use]
    pub fn slug(&self) -> String {
        slug(&self.0)
    }
}

/// See [`ParticipantName::slug`].
fn slug(name: &str) -> String {
    if !name.chars().any(|character| character.is_ascii_alphabetic()) {
        return GUEST.to_owned();
    }
    let mut slug = String::with_capacity(name.len().min(MAX_SLUG_BYTES));
    for character in name.chars() {
        if slug.len() == MAX_SLUG_BYTES {
            break;
        }
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    // A long run of digits can push the only letters out of the kept part; the digits are still a fine slug.
    slug
}

impl Identity {
    /// The identity of a person called `name`: `SLUG-XXXXXXXX`, with `random` as the eight hexadecimal digits. It
    /// never has a reserved beginning, even for someone called "Agent".
    #[must_use]
    pub fn for_person(name: &ParticipantName, random: u32) -> Self {
        let plain = format!("{}-{random:08x}", name.slug());
        match reserved_prefix(&plain) {
            Some(_) => Self(format!("{GUEST}-{plain}")),
            None => Self(plain),
        }
    }

    /// The identity of someone who gave no name: `guest-XXXXXXXX`.
    #[must_use]
    pub fn for_guest(random: u32) -> Self {
        Self(format!("{GUEST}-{random:08x}"))
    }

    /// The identity of an agent of ours: `agent-XXXXXXXX`.
    #[must_use]
    pub fn for_agent(random: u32) -> Self {
        Self(format!("{AGENT_IDENTITY_PREFIX}{random:08x}"))
    }

    /// An identity of an agent as it was written down; `None` for a text that is none.
    #[must_use]
    pub fn of_agent(text: &str) -> Option<Self> {
        let name = checked(text).ok()?;
        (name == text && text.starts_with(AGENT_IDENTITY_PREFIX)).then_some(Self(name))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_trimmed_and_keep_the_rest() {
        assert_eq!(RoomName::parse("  my room \n").unwrap().as_str(), "my room");
        assert_eq!(ParticipantName::parse("Ωmega 日本").unwrap().as_str(), "Ωmega 日本");
    }

    #[test]
    fn the_limits_are_1_and_128_characters_not_bytes() {
        assert_eq!(RoomName::parse(" \t "), Err(NameError::Empty));
        assert!(RoomName::parse(&"語".repeat(128)).is_ok());
        assert_eq!(RoomName::parse(&"a".repeat(129)), Err(NameError::TooLong { chars: 129 }));
        assert!(RoomName::parse(&format!("   {}   ", "a".repeat(128))).is_ok());
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["a\nb", "a\0b", "a\u{7f}b", "a\u{85}b", "a\u{1b}[31mb"] {
            assert_eq!(ParticipantName::parse(text), Err(NameError::ControlCharacter), "{text:?}");
        }
    }

    #[test]
    fn callers_may_not_look_like_agents() {
        for text in ["agent-1", "Agent-x", " AGENT-", "tavus-avatar-agent"] {
            assert!(matches!(CallerIdentity::parse(text), Err(NameError::Reserved { .. })), "{text:?}");
        }
        for text in ["agent", "agentsmith", "abel-a1b2c3d4", "é"] {
            assert_eq!(CallerIdentity::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn identities_come_from_names() {
        let identity = |name: &str| Identity::for_person(&ParticipantName::parse(name).unwrap(), 0xa1b2_c3d4);
        for (name, expected) in [
            ("Abel", "abel-a1b2c3d4"),
            ("Mary  O'Hara-Smith!", "mary-o-hara-smith-a1b2c3d4"),
            ("日本", "guest-a1b2c3d4"),
            ("42", "guest-a1b2c3d4"),
            ("Agent", "guest-agent-a1b2c3d4"),
            ("Agent Smith", "guest-agent-smith-a1b2c3d4"),
            ("TAVUS", "guest-tavus-a1b2c3d4"),
        ] {
            assert_eq!(identity(name).as_str(), expected, "{name}");
        }
        assert_eq!(Identity::for_guest(1).as_str(), "guest-00000001");
        assert_eq!(Identity::for_agent(255).as_str(), "agent-000000ff");
    }

    #[test]
    fn a_bad_name_in_json_says_which_rule_it_breaks() {
        let error = serde_json::from_str::<RoomName>("\"\"").unwrap_err().to_string();
        assert!(error.contains("must not be empty"), "{error}");
    }

    proptest! {
        #[test]
        fn an_accepted_name_parses_to_itself(text in "\\PC{0,140}") {
            if let Ok(name) = RoomName::parse(&text) {
                prop_assert_eq!(RoomName::parse(name.as_str()), Ok(name.clone()));
                prop_assert!((1..=MAX_NAME_CHARS).contains(&name.as_str().chars().count()));
            }
        }

        #[test]
        fn every_identity_of_a_person_is_one_that_a_caller_could_choose(text in any::<String>(), random in any::<u32>()) {
            if let Ok(name) = ParticipantName::parse(&text) {
                let identity = Identity::for_person(&name, random);
                prop_assert!(CallerIdentity::parse(identity.as_str()).is_ok(), "{identity}");
                prop_assert!(identity.as_str().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
                let suffix = format!("-{random:08x}");
                prop_assert!(identity.as_str().ends_with(&suffix));
                prop_assert!(identity.as_str().len() > suffix.len());
                prop_assert!(!identity.as_str().contains("--"));
            }
        }
    }
}
