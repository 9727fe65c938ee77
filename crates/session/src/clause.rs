//! Cuts a streamed answer into clauses that a voice can speak one by one.
//!
//! The first clause comes as early as it makes sense, as the caller is waiting for it; later ones come whole sentence by
//! whole sentence, as they sound better so. Marks that nobody would read aloud are dropped on the way.
//!
//! ```text
//!  "Sure" ", I" " can" " do that" ". Now" …
//!     └─> Markdown: links, fences, tables ──> per character: drop marks, fold whitespace ──> end of a clause?
//!                                                                           └─> "Sure, I can do that." …
//! ```
//!
//! A clause is both caption and speech: web addresses, sums and signs stay as written, as the voice says them its own way
//! ("example dot com").
//!
//! Pure, and independent of how the text was chopped into pieces: every decision is made at a character, and needs at
//! most the next visible one (a bracket waits for its link's end).

mod boundary;
mod markdown;
mod marks;

use boundary::Break;
use markdown::Markdown;
use marks::{LineStart, Mark};

/// The first clause holds at least this many words, or [`FIRST_CHARS`] characters: less sounds chopped off.
const FIRST_WORDS: usize = 3;
/// See [`FIRST_WORDS`].
const FIRST_CHARS: usize = 12;
/// A first clause of more than this many characters (about two seconds of speech) is cut before the next phrase: the voice
/// has time enough to prepare the rest.
const FIRST_LONG_CHARS: usize = 24;
/// A sentence longer than this many characters (about four seconds of speech) may be cut at a comma.
const LONG_CHARS: usize = 60;
/// A clause longer than this many characters (about ten seconds of speech) is cut before its last conjunction, else at the
/// next space.
const MAX_CHARS: usize = 160;

/// Cuts streamed text into clauses. Feed it with [`ClauseSplitter::push`] and end with [`ClauseSplitter::finish`].
///
/// Joined by a space, the clauses are the text again, apart from whitespace, dropped marks (Markdown with the addresses of
/// its links, emoji), lines of punctuation only, and trailing punctuation that no word of its own clause precedes. A comma ends a first clause at once, so that a closing mark right
/// behind it (`word,)` with nothing opened before) goes to the next clause. No clause is without a letter or digit. Nothing is cut inside a number, a web
/// address, or after an abbreviation or an initial.
#[derive(Debug, Default)]
pub struct ClauseSplitter {
    markdown: Markdown,
    clause: String,
    gap: bool,
    mark_in_gap: bool,
    line_start: LineStart,
    past_first: bool,
}

impl ClauseSplitter {
    /// A splitter for one answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece of text and returns the clauses that are now complete.
    pub fn push(&mut self, text: &str) -> Vec<String> {
        let mut plain = String::with_capacity(text.len());
        for character in text.chars() {
            self.markdown.push(character, &mut plain);
        }
        self.take(&plain)
    }

    /// Ends the text: what is left, unless there is nothing in it to say. The splitter is then ready for another text.
    pub fn finish(&mut self) -> Option<String> {
        let mut held = String::new();
        self.markdown.finish(&mut held);
        let mut clauses = self.take(&held);
        let rest = std::mem::take(self).clause;
        // Only an unclosed bracket can hold more than one clause; they are then said in one go.
        clauses.extend(boundary::is_speakable(&rest).then_some(rest));
        (!clauses.is_empty()).then(|| clauses.join(" "))
    }

    fn take(&mut self, plain: &str) -> Vec<String> {
        let mut clauses = Vec::new();
        for character in plain.chars() {
            match self.line_start.classify(character) {
                Mark::Drop => self.mark_in_gap = self.gap,
                Mark::Hold => {}
                Mark::Space => self.space(),
                Mark::Newline => clauses.extend(self.newline()),
                Mark::Keep => clauses.extend(self.visible(character)),
                Mark::KeepWithHeld(held) => {
                    clauses.extend(self.visible(held));
                    clauses.extend(self.visible(character));
                }
            }
        }
        clauses
    }

    fn space(&mut self) {
        if !self.clause.is_empty() {
            self.gap = true;
        }
    }

    /// A line's end ends a clause too: lists and headings have no full stops. A line of marks only is a rule.
    fn newline(&mut self) -> Option<String> {
        if !boundary::is_speakable(&self.clause) {
            self.clause.clear();
        }
        self.gap = !self.clause.is_empty();
        boundary::ends_line(&self.clause).then(|| self.cut())
    }

    fn visible(&mut self, next: char) -> Option<String> {
        let mut done = None;
        if self.gap {
            let only_a_mark_between = self.mark_in_gap && boundary::closes(next);
            if self.cuts_before(next) {
                done = Some(self.cut());
            } else if let Some(phrase) = self.next_phrase() {
                done = Some(self.cut_before(phrase));
            } else if self.is_too_long() {
                done = Some(self.cut_long());
            } else if !only_a_mark_between {
                self.clause.push(' ');
            }
        }
        self.gap = false;
        self.mark_in_gap = false;
        self.clause.push(next);
        if done.is_none() && self.cuts_now() {
            done = Some(self.cut());
        }
        done
    }

    /// Whether the clause ends at the whitespace that `next` follows.
    fn cuts_before(&self, next: char) -> bool {
        match boundary::at_space(&self.clause, next) {
            Break::Sentence => self.is_long_enough_to_begin_with(),
            Break::Comma => self.cuts_at_comma(),
            Break::None => false,
        }
    }

    /// Whether the clause ends right here, with no need to see what follows.
    fn cuts_now(&self) -> bool {
        match boundary::at_once(&self.clause) {
            Break::Sentence => self.is_long_enough_to_begin_with(),
            Break::Comma => self.cuts_at_comma(),
            Break::None => false,
        }
    }

    /// Where the next phrase begins, when the first clause is long enough without it.
    fn next_phrase(&self) -> Option<usize> {
        if self.past_first { None } else { boundary::phrase(&self.clause, FIRST_LONG_CHARS) }
    }

    fn is_too_long(&self) -> bool {
        self.length() > MAX_CHARS && boundary::is_speakable(&self.clause)
    }

    fn cuts_at_comma(&self) -> bool {
        if self.past_first { self.length() > LONG_CHARS } else { self.is_long_enough_to_begin_with() }
    }

    fn is_long_enough_to_begin_with(&self) -> bool {
        self.past_first || self.length() >= FIRST_CHARS || self.clause.split(' ').count() >= FIRST_WORDS
    }

    fn length(&self) -> usize {
        self.clause.chars().count()
    }

    fn cut(&mut self) -> String {
        self.gap = false;
        self.past_first = true;
        std::mem::take(&mut self.clause)
    }

    /// Cuts a clause that found no better place: before its last conjunction, whose words stay for the next clause.
    fn cut_long(&mut self) -> String {
        match boundary::conjunction(&self.clause, LONG_CHARS) {
            Some(conjunction) => self.cut_before(conjunction),
            None => self.cut(),
        }
    }

    /// Cuts before the word at byte `start`, which belongs to the next clause with all that follows.
    fn cut_before(&mut self, start: usize) -> String {
        let rest = self.clause.split_off(start);
        let mut done = self.cut();
        done.truncate(done.trim_end().len());
        self.clause = rest + " ";
        done
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
