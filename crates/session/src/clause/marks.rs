//! Which characters of an answer are never spoken: Markdown, list dashes, emoji, control characters.

/// What to do with a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nobody would read it aloud.
    Drop,
    /// It depends on the next character.
    Hold,
    /// Whitespace.
    Space,
    /// The end of a line.
    Newline,
    /// Part of the text.
    Keep,
    /// Part of the text, and so is the character held before.
    KeepWithHeld(char),
}

/// Knows whether the text is at the start of a line, where dashes and hashes are marks.
#[derive(Debug)]
pub(super) struct LineStart {
    at_start: bool,
    held: Option<char>,
}

impl Default for LineStart {
    fn default() -> Self {
        Self { at_start: true, held: None }
    }
}

impl LineStart {
    /// Sorts the next character of the text.
    pub(super) fn classify(&mut self, character: char) -> Mark {
        if character == '\n' {
            *self = Self::default();
            return Mark::Newline;
        }
        if character.is_whitespace() {
            // A held dash before a space is a list's dash.
            self.held = None;
            return Mark::Space;
        }
        if is_never_spoken(character) || (self.at_start && matches!(character, '#' | '>' | '•')) {
            return Mark::Drop;
        }
        if self.at_start && self.held.is_none() && matches!(character, '-' | '–' | '+') {
            self.held = Some(character);
            return Mark::Hold;
        }
        self.at_start = false;
        match self.held.take() {
            Some(held) => Mark::KeepWithHeld(held),
            None => Mark::Keep,
        }
    }
}

/// Emphasis, code marks, pictures (the Unicode blocks of emoji, their selectors, joiners and flags) and control characters.
fn is_never_spoken(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '*' | '`'
            | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' | '\u{FFFD}'
            | '\u{20E3}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E007F}'
            | '\u{2300}'..='\u{23FF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}'
            | '\u{1F000}'..='\u{1FAFF}'
        )
}
