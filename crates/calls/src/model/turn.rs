//! What was said, as it was really heard.

use chat::Role;

/// How many turns of a call are kept: the last ones.
pub const MAX_TURNS: usize = 200;
/// How much of one turn is kept: its beginning.
pub const MAX_TURN_BYTES: usize = 16 * 1024;

/// One turn. Its number says where it stands in the call; written twice it is kept once.
#[derive(Clone, PartialEq, Eq)]
pub struct Turn {
    number: u64,
    role: Role,
    text: String,
}

impl Turn {
    /// The largest number: every store can hold it exactly.
    pub const MAX_NUMBER: u64 = (1 << 53) - 1;

    /// A turn. Of a text longer than [`MAX_TURN_BYTES`] the beginning is kept; numbers end at [`Turn::MAX_NUMBER`].
    #[must_use]
    pub fn new(number: u64, role: Role, text: impl Into<String>) -> Self {
        let mut text = text.into();
        text.truncate(text.floor_char_boundary(MAX_TURN_BYTES));
        Self { number: number.min(Self::MAX_NUMBER), role, text }
    }

    /// A role as a store wrote it: only users and assistants have turns.
    pub(crate) fn stored_role(name: &str) -> Option<Role> {
        Role::from_name(name).filter(|role| matches!(role, Role::User | Role::Assistant))
    }

    /// Where it stands in the call.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Whose it is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// What was heard.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// What people say is not for logs.
impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Turn({}, {}, {} bytes)", self.number, self.role.name(), self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        let turn = Turn::new(1, Role::User, format!("a{}", "ä".repeat(MAX_TURN_BYTES)));
        assert_eq!(turn.text().len(), MAX_TURN_BYTES - 1);
        assert!(turn.text().ends_with('ä'));
        assert_eq!(Turn::new(1, Role::User, "x".repeat(MAX_TURN_BYTES)).text().len(), MAX_TURN_BYTES);
    }

    #[test]
    fn what_was_said_is_not_in_its_debug_text() {
        let shown = format!("{:?}", Turn::new(3, Role::Assistant, "my password is swordfish"));
        assert_eq!(shown, "Turn(3, assistant, 24 bytes)");
    }
}
