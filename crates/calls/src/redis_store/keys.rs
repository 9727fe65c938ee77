//! The names of the keys.

use std::fmt::Write;

use crate::model::CallId;

/// All rooms that may have a call.
pub(super) const ROOMS: &str = "visavis:rooms";
/// What probes write.
pub(super) const PROBE: &str = "visavis:probe";

/// The keys of one room. What stands in braces decides about a cluster's slot, so it is the same in all of them.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) record: String,
    pub(super) ended: String,
    prefix: String,
}

impl Keys {
    pub(super) fn of(room: &str) -> Self {
        let prefix = format!("visavis:{{{}}}", tag(room));
        Self { record: format!("{prefix}:call"), ended: format!("{prefix}:ended"), prefix }
    }

    pub(super) fn turns(&self, call: CallId) -> String {
        format!("{}:turns:{call}", self.prefix)
    }
}

/// A room's name without characters that mean something in a key; never empty, never that of another room.
fn tag(room: &str) -> String {
    if room.is_empty() {
        return "%".to_owned();
    }
    let mut tag = String::with_capacity(room.len());
    for byte in room.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => tag.push(char::from(byte)),
            // Writing to a string does not fail.
            _ => _ = write!(tag, "%{byte:02x}"),
        }
    }
    tag
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_of_any_kind_make_keys_of_their_own_with_one_tag_each() {
        let rooms = ["", "%", "%25", "hall", "Hall", "a b", "a}b", "{a}", "}", "{", "a:call", "ä", "a\0b"];
        let mut seen = BTreeSet::new();
        for room in rooms {
            let key = Keys::of(room).record;
            assert_eq!((key.matches('{').count(), key.matches('}').count()), (1, 1), "{key}");
            assert!(!key.contains("{}"), "{key}");
            assert!(seen.insert(key), "{room:?} has the key of another room");
        }
        assert_eq!(Keys::of("hall").record, "visavis:{hall}:call");
    }
}
