//! Takes Markdown's longer marks out of a stream of characters: links, code fences, tables, underscores, strike-through.
//!
//! `[text](address)` and `![text](address)` leave their text, ```` ```rust ```` loses its language, a table's bars are
//! spaces, `_so_` and `~~so~~` lose their marks while `snake_case` and `~5` keep theirs. What turns out to be no mark
//! comes out as it was written.

/// A bracket that has not become a link by then is none.
const LONGEST_LABEL: usize = 120;
/// See [`LONGEST_LABEL`].
const LONGEST_ADDRESS: usize = 500;
/// The backticks of a code fence.
const FENCE: u8 = 3;

/// What has been seen and may still become a mark.
#[derive(Debug, Default)]
enum Held {
    #[default]
    Nothing,
    /// `!`: of an image, or of a sentence.
    Exclamation,
    /// One `~`.
    Tilde,
    /// So many `_` behind a letter or digit.
    Underscores(usize),
    /// What follows a fence. A backtick in it makes it code: ```` ```like this``` ````.
    Language(String),
    /// `[` or `![` and what follows.
    Label(String),
    /// A label with its closing `]`.
    Labelled(String),
    /// The label with its brackets, and the address after `(`.
    Address { label: String, address: String, depth: usize },
}

/// The filter.
#[derive(Debug)]
pub(super) struct Markdown {
    held: Held,
    before: char,
    /// Backticks since the start of the line; `None` once something else stood there.
    fence: Option<u8>,
    /// Inside `scheme://…`, where an underscore or a bar is no mark.
    in_address: bool,
    slashes: u8,
}

impl Default for Markdown {
    fn default() -> Self {
        Self { held: Held::Nothing, before: '\n', fence: Some(0), in_address: false, slashes: 0 }
    }
}

impl Markdown {
    /// Takes one character and appends to `out` what is now known to be text.
    pub(super) fn push(&mut self, next: char, out: &mut String) {
        if self.follows_fence(next) {
            self.held = Held::Language(String::from(next));
            return;
        }
        match std::mem::take(&mut self.held) {
            Held::Nothing => self.begin(next, out),
            Held::Exclamation if next == '[' => self.held = Held::Label("![".to_owned()),
            Held::Exclamation => {
                self.text("!", out);
                self.begin(next, out);
            }
            Held::Tilde if next == '~' => {}
            Held::Tilde => {
                self.text("~", out);
                self.begin(next, out);
            }
            Held::Underscores(count) if next == '_' => self.held = Held::Underscores(count + 1),
            Held::Underscores(count) => {
                if next.is_alphanumeric() {
                    self.text(&"_".repeat(count), out);
                }
                self.begin(next, out);
            }
            Held::Language(_) if next == '\n' => self.text("\n", out),
            Held::Language(mut language) => {
                language.push(next);
                if next == '`' || language.len() > LONGEST_LABEL {
                    self.text(&language, out);
                } else {
                    self.held = Held::Language(language);
                }
            }
            Held::Label(label) => self.label(label, next, out),
            Held::Labelled(label) if next == '(' => {
                self.held = Held::Address { label, address: String::new(), depth: 0 };
            }
            Held::Labelled(label) => {
                self.text(&label, out);
                self.begin(next, out);
            }
            Held::Address { label, address, depth } => self.address(label, address, depth, next, out),
        }
    }

    /// Ends the text: what was held is none of the marks.
    pub(super) fn finish(&mut self, out: &mut String) {
        match std::mem::take(&mut self.held) {
            Held::Nothing | Held::Underscores(_) => {}
            Held::Exclamation => out.push('!'),
            Held::Tilde => out.push('~'),
            Held::Language(text) | Held::Label(text) | Held::Labelled(text) => out.push_str(&text),
            Held::Address { label, address, .. } => out.push_str(&format!("{label}({address}")),
        }
        *self = Self::default();
    }

    /// Counts the backticks at a line's start. Whether `next` stands behind a fence, where a language is named. The
    /// backticks themselves are dropped later, wherever they stand.
    fn follows_fence(&mut self, next: char) -> bool {
        let follows = matches!(self.fence, Some(FENCE..)) && next != '`' && next != '\n';
        self.fence = match self.fence {
            _ if next == '\n' => Some(0),
            Some(count) if next == '`' => Some(count.saturating_add(1)),
            Some(0) if next.is_whitespace() => Some(0),
            Some(_) | None => None,
        };
        follows
    }

    fn begin(&mut self, next: char, out: &mut String) {
        match next {
            '!' => self.held = Held::Exclamation,
            '[' => self.held = Held::Label("[".to_owned()),
            '~' if !self.in_address => self.held = Held::Tilde,
            '_' if self.in_address => self.text("_", out),
            '_' if self.before.is_alphanumeric() => self.held = Held::Underscores(1),
            '_' => {}
            '|' if !self.in_address => self.text(" ", out),
            _ => self.text(next.encode_utf8(&mut [0; 4]), out),
        }
    }

    fn label(&mut self, mut label: String, next: char, out: &mut String) {
        label.push(next);
        match next {
            ']' => self.held = Held::Labelled(label),
            '[' | '\n' => self.text(&label, out),
            _ if label.len() > LONGEST_LABEL => self.text(&label, out),
            _ => self.held = Held::Label(label),
        }
    }

    fn address(&mut self, label: String, mut address: String, depth: usize, next: char, out: &mut String) {
        if next == ')' && depth == 0 {
            // `[1](see below)` is no link: nothing that somebody may want to hear is lost.
            let target = address.split_whitespace().next().unwrap_or_default();
            if target.is_empty() || target.contains(['.', '/', '#', ':']) {
                let text = label.trim_start_matches('!').trim_start_matches('[').trim_end_matches(']');
                self.text(text, out);
            } else {
                self.text(&format!("{label}({address})"), out);
            }
            return;
        }
        address.push(next);
        if next == '\n' || address.len() > LONGEST_ADDRESS {
            self.text(&format!("{label}({address}"), out);
            return;
        }
        let depth = match next {
            '(' => depth + 1,
            ')' => depth - 1,
            _ => depth,
        };
        self.held = Held::Address { label, address, depth };
    }

    fn text(&mut self, text: &str, out: &mut String) {
        for character in text.chars() {
            self.slashes = match (self.slashes, character) {
                (_, ':') => 1,
                (1, '/') => 2,
                (2, '/') => {
                    self.in_address = true;
                    0
                }
                _ => 0,
            };
            self.in_address &= !character.is_whitespace();
            self.before = character;
            out.push(character);
        }
    }
}
