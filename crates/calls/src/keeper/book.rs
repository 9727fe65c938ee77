//! The last turns of a call, and which of them are written down.

use std::collections::VecDeque;

use chat::Role;

use crate::model::{Generation, MAX_TURNS, Turn};

/// How many turns go to the store at once.
const BATCH: usize = 20;
/// How many numbers each worker of a call has for its turns, so that one who could not read what was said before does
/// not give a number twice.
const NUMBERS: u64 = 1_000_000;

/// The last [`MAX_TURNS`] turns. Those that were written are kept, too, for a store that loses its memory.
#[derive(Debug)]
pub(super) struct Book {
    turns: VecDeque<Turn>,
    /// How many, from the first on, are written.
    written: usize,
    next: u64,
}

impl Book {
    pub(super) fn new(generation: Generation, history: Vec<Turn>) -> Self {
        let first = u64::from(generation.get() - 1) * NUMBERS + 1;
        let next = history.last().map_or(first, |last| first.max(last.number() + 1));
        let mut turns = VecDeque::from(history);
        turns.drain(..turns.len().saturating_sub(MAX_TURNS));
        Self { written: turns.len(), turns, next }
    }

    /// Notes a turn. Returns whether one was lost for it that had not been written.
    pub(super) fn note(&mut self, role: Role, text: String) -> bool {
        self.turns.push_back(Turn::new(self.next, role, text));
        self.next += 1;
        if self.turns.len() <= MAX_TURNS {
            return false;
        }
        self.turns.pop_front();
        let lost = self.written == 0;
        self.written = self.written.saturating_sub(1);
        lost
    }

    /// What to write next; empty when all is written.
    pub(super) fn to_write(&self) -> Vec<Turn> {
        self.turns.iter().skip(self.written).take(BATCH).cloned().collect()
    }

    /// These are written.
    pub(super) fn wrote(&mut self, turns: &[Turn]) {
        if let Some(last) = turns.last() {
            self.written = self.turns.iter().take_while(|turn| turn.number() <= last.number()).count();
        }
    }

    /// The store has lost them all.
    pub(super) fn write_again(&mut self) {
        self.written = 0;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn numbers(turns: &[Turn]) -> Vec<u64> {
        turns.iter().map(Turn::number).collect()
    }

    fn noted(book: &mut Book, count: usize) -> usize {
        (0..count).filter(|_| book.note(Role::User, "hello".to_owned())).count()
    }

    #[test]
    fn turns_are_written_in_batches_and_once() {
        let mut book = Book::new(Generation::FIRST, Vec::new());
        assert_eq!(noted(&mut book, 25), 0);
        let first = book.to_write();
        assert_eq!(numbers(&first), (1..=20).collect::<Vec<_>>());
        book.wrote(&first);
        assert_eq!(numbers(&book.to_write()), (21..=25).collect::<Vec<_>>());
        book.wrote(&book.to_write());
        assert!(book.to_write().is_empty());
        book.wrote(&[]);
        assert!(book.to_write().is_empty());
    }

    #[test]
    fn of_what_is_not_written_the_last_turns_stay() {
        let mut book = Book::new(Generation::FIRST, Vec::new());
        assert_eq!(noted(&mut book, MAX_TURNS + 7), 7);
        assert_eq!(book.to_write()[0].number(), 8);
    }

    #[test]
    fn a_turn_that_pushes_out_a_written_one_loses_nothing() {
        let mut book = Book::new(Generation::FIRST, Vec::new());
        noted(&mut book, MAX_TURNS);
        let batch = book.to_write();
        assert_eq!(noted(&mut book, 3), 3, "nothing was written yet");
        book.wrote(&batch);
        assert_eq!(noted(&mut book, 17), 0);
        assert_eq!(book.to_write()[0].number(), 21);
        assert_eq!(noted(&mut book, 1), 1);
    }

    #[test]
    fn the_next_worker_goes_on_counting_and_writes_the_history_of_the_last_one_only_again() {
        let history = vec![Turn::new(1, Role::User, "a"), Turn::new(2, Role::Assistant, "b")];
        let mut book = Book::new(Generation::FIRST.next(), history);
        noted(&mut book, 1);
        assert_eq!(numbers(&book.to_write()), [1_000_001]);
        book.write_again();
        assert_eq!(numbers(&book.to_write()), [1, 2, 1_000_001]);
    }

    #[test]
    fn two_workers_never_give_the_same_number_even_if_the_second_could_not_read() {
        let mut first = Book::new(Generation::FIRST, Vec::new());
        let mut second = Book::new(Generation::FIRST.next(), Vec::new());
        noted(&mut first, 200);
        noted(&mut second, 1);
        assert!(first.turns.back().unwrap().number() < second.to_write()[0].number());
        assert!(Book::new(Generation::new(u32::MAX).unwrap(), Vec::new()).next < Turn::MAX_NUMBER);
    }
}
