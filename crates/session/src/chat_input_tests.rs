//! Typed messages as they should and should not be.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use proptest::prelude::*;

use super::*;

/// A stream made of pieces; counts what was asked of it.
struct Script {
    pieces: VecDeque<Result<Option<String>, TransportError>>,
    asked: Arc<AtomicUsize>,
    hangs: bool,
}

impl Script {
    fn of(pieces: impl IntoIterator<Item = String>) -> Self {
        Self { pieces: pieces.into_iter().map(|piece| Ok(Some(piece))).collect(), asked: Arc::default(), hangs: false }
    }

    async fn read(self) -> Result<String, ChatRefusal> {
        read(Box::new(self)).await
    }
}

#[async_trait]
impl TextInput for Script {
    async fn next(&mut self) -> Result<Option<String>, TransportError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.pieces.pop_front() {
            None if self.hangs => std::future::pending().await,
            None => Ok(None),
            Some(piece) => piece,
        }
    }
}

async fn message(text: &str) -> Result<String, ChatRefusal> {
    Script::of([text.to_owned()]).read().await
}

#[tokio::test]
async fn a_message_is_trimmed_and_loses_what_can_not_be_seen() {
    assert_eq!(message("  What is\n2+2?\t \u{7}\u{1b}[31m\u{0}").await.unwrap(), "What is 2+2?  [31m");
    assert_eq!(message("\u{feff}ab\u{202e}cd\u{2069}").await.unwrap(), "abcd");
    assert_eq!(message("Grüße, 你好 👋🏽").await.unwrap(), "Grüße, 你好 👋🏽");
    assert_eq!(Script::of(["What is ".into(), "this?".into()]).read().await.unwrap(), "What is this?");
}

#[tokio::test]
async fn a_message_without_words_is_refused_without_a_notice() {
    for text in ["", " \n\t ", "\u{0}\u{1}\u{7f}\u{85}"] {
        let refusal = message(text).await.unwrap_err();
        assert!(matches!(refusal, ChatRefusal::Empty), "{refusal}");
        assert_eq!(refusal.notice(), None);
    }
}

#[tokio::test]
async fn the_limit_counts_characters_not_bytes_and_nothing_is_cut_off_silently() {
    let longest = "😀".repeat(LONGEST_MESSAGE);
    assert_eq!(message(&longest).await.unwrap(), longest);
    assert_eq!(message(&format!("  {longest}  ")).await.unwrap(), longest);
    let refusal = message(&format!("{longest}x")).await.unwrap_err();
    assert!(matches!(refusal, ChatRefusal::TooLong), "{refusal}");
    assert!(refusal.notice().unwrap().contains("4000 characters"));
}

#[tokio::test]
async fn a_huge_message_is_not_read_to_its_end() {
    let stream = Script::of((0..1_000).map(|_| "x".repeat(10_000)));
    let asked = stream.asked.clone();
    assert!(matches!(stream.read().await, Err(ChatRefusal::TooLong)));
    assert_eq!(asked.load(Ordering::Relaxed), 4, "32,000 bytes are the most that is kept");
}

#[tokio::test]
async fn a_stream_that_the_transport_cut_was_too_long() {
    let mut stream = Script::of(["x".to_owned()]);
    stream.pieces.push_back(Err(TransportError::TooLarge("the unread text of a stream is larger than 1 byte".into())));
    assert!(matches!(stream.read().await, Err(ChatRefusal::TooLong)));
}

#[tokio::test]
async fn half_a_message_is_not_answered() {
    let mut stream = Script::of(["please delete".to_owned()]);
    stream.pieces.push_back(Err(TransportError::Closed));
    assert!(matches!(stream.read().await, Err(ChatRefusal::Broken(TransportError::Closed))));
}

#[tokio::test]
async fn a_message_that_never_ends_is_given_up() {
    let mut stream = Script::of(["well".to_owned()]);
    stream.hangs = true;
    let refusal = read_within(Box::new(stream), Duration::ZERO).await.unwrap_err();
    assert!(matches!(refusal, ChatRefusal::TooSlow), "{refusal}");
    assert!(refusal.notice().is_some());
}

#[test]
fn five_messages_at_once_then_one_every_two_seconds() {
    let begin = Instant::now();
    let mut input = ChatInput::default();
    let mut at = |ms: u64| input.accept(begin + Duration::from_millis(ms));
    assert!((0..5).all(|_| at(0) == Admission::Accepted));
    assert_eq!(
        [at(0), at(1_999), at(2_000), at(2_001)],
        [Admission::Dropped, Admission::Dropped, Admission::Accepted, Admission::Dropped]
    );
    assert_eq!((0..10).filter(|_| at(3_600_000) == Admission::Accepted).count(), 5, "no more saved up than a burst");
    assert_eq!(input.dropped(), 3 + 5);
}

#[test]
fn a_flood_of_a_thousand_within_ten_seconds_is_answered_at_most_ten_times() {
    let begin = Instant::now();
    let mut input = ChatInput::default();
    let accepted = (0..1_000).filter(|n| input.accept(begin + Duration::from_millis(n * 10)) == Admission::Accepted);
    assert_eq!(accepted.count(), 5 + 4);
    assert_eq!(input.dropped(), 1_000 - 9);
}

proptest! {
    #[test]
    fn whatever_is_read_is_short_trimmed_and_visible(pieces in prop::collection::vec(".{0,3000}", 0..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let whole = pieces.concat();
        match runtime.block_on(Script::of(pieces).read()) {
            Ok(message) => {
                prop_assert!(!message.is_empty() && message.chars().count() <= LONGEST_MESSAGE);
                prop_assert_eq!(message.trim(), &message);
                prop_assert!(!message.chars().any(char::is_control));
            }
            Err(ChatRefusal::TooLong) => prop_assert!(whole.chars().count() > LONGEST_MESSAGE),
            Err(ChatRefusal::Empty) => prop_assert!(whole.chars().all(|c| c.is_whitespace() || c.is_control() || reorders(c))),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn no_order_of_times_lets_more_through_than_burst_and_refill(steps in prop::collection::vec(0_u64..5_000, 1..300)) {
        let begin = Instant::now();
        let (mut input, mut now, mut accepted) = (ChatInput::default(), 0, 0_u64);
        for step in steps {
            now += step;
            accepted += u64::from(input.accept(begin + Duration::from_millis(now)) == Admission::Accepted);
            prop_assert!(accepted <= 5 + now / 2_000);
        }
    }
}
