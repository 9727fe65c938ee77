#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

fn sound(ms: usize) -> Vec<i16> {
    vec![1_000; ms * 48]
}

/// Plays on a clock of its own.
struct Play {
    segments: Segments,
    now: Instant,
    played: Vec<i16>,
    told: Vec<Progress>,
}

impl Play {
    fn new() -> Self {
        Self { segments: Segments::default(), now: Instant::now(), played: Vec::new(), told: Vec::new() }
    }

    fn push(&mut self, id: SegmentId, ms: usize) {
        self.segments.push(id, &sound(ms), self.now);
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            self.told.extend(self.segments.progress(self.now));
            while let Some(frame) = self.segments.next_frame(self.now) {
                self.played.extend(frame);
            }
            self.told.extend(self.segments.progress(self.now));
            if self.now >= until {
                return;
            }
            self.now = (self.now + 5 * MS).min(until);
        }
    }

    fn clear(&mut self) -> Vec<Progress> {
        self.segments.clear(self.now)
    }
}

fn over(seconds: f64, interrupted: bool) -> Progress {
    let finished = PlaybackFinished { playback_position: seconds, interrupted, synchronized_transcript: None };
    Progress::Finished(finished)
}

fn loud(samples: &[i16]) -> usize {
    samples.iter().filter(|sample| **sample != 0).count()
}

#[test]
fn a_segment_begins_and_ends_once_and_all_of_it_sounds() {
    let mut play = Play::new();
    let id = play.segments.open();
    play.push(id, 503);
    play.pass(30 * MS);
    assert_eq!(play.told, [Progress::Started]);
    play.segments.end(id);
    play.pass(470 * MS);
    assert_eq!(play.told.len(), 1, "500 ms have sounded: {:?}", play.told);
    play.pass(10 * MS);
    assert_eq!(play.told, [Progress::Started, over(0.503, false)]);
    assert_eq!(loud(&play.played), 503 * 48);
    assert!(play.segments.is_idle());
}

#[test]
fn frames_are_handed_over_shortly_before_they_sound() {
    let mut play = Play::new();
    let id = play.segments.open();
    play.push(id, 2_000);
    play.pass(Duration::ZERO);
    assert_eq!(play.played.len(), 90 * 48);
    play.pass(100 * MS);
    assert_eq!(play.played.len(), 190 * 48);
}

#[test]
fn a_clear_before_the_first_sound_finishes_at_zero_and_what_comes_then_is_thrown_away() {
    let mut play = Play::new();
    assert_eq!(play.clear(), [], "nothing was there");
    let id = play.segments.open();
    assert_eq!(play.clear(), [over(0.0, true)]);
    play.push(id, 500);
    play.pass(500 * MS);
    assert!(play.played.is_empty() && play.told.is_empty() && !play.segments.is_wanted(id));
}

#[test]
fn a_clear_tells_what_sounded_and_no_more_sounds() {
    let mut play = Play::new();
    let id = play.segments.open();
    play.push(id, 5_000);
    play.pass(400 * MS);
    let before = play.played.len();
    assert_eq!(play.clear(), [over(0.4, true)]);
    play.pass(300 * MS);
    assert_eq!(play.played.len(), before);
    // The stream goes on for a while; the next segment starts at its own beginning.
    play.push(id, 200);
    play.segments.end(id);
    let next = play.segments.open();
    play.push(next, 200);
    play.segments.end(next);
    play.pass(300 * MS);
    assert_eq!(play.told, [Progress::Started, Progress::Started, over(0.2, false)]);
}

#[test]
fn a_clear_after_the_end_has_nothing_to_finish() {
    let mut play = Play::new();
    let id = play.segments.open();
    play.push(id, 100);
    play.segments.end(id);
    play.pass(200 * MS);
    assert_eq!(play.told, [Progress::Started, over(0.1, false)]);
    assert_eq!(play.clear(), []);
}

#[test]
fn a_second_segment_follows_the_first_without_a_gap_and_is_told_when_it_sounds() {
    let mut play = Play::new();
    let (one, two) = (play.segments.open(), play.segments.open());
    play.push(one, 300);
    play.segments.end(one);
    play.push(two, 200);
    play.segments.end(two);
    play.pass(290 * MS);
    assert_eq!(play.told, [Progress::Started]);
    play.pass(20 * MS);
    assert_eq!(play.told[1..], [over(0.3, false), Progress::Started]);
    play.pass(200 * MS);
    assert_eq!(play.told[3..], [over(0.2, false)]);
    assert_eq!(loud(&play.played), 500 * 48);
}

#[test]
fn a_clear_finishes_the_waiting_segments_too() {
    let mut play = Play::new();
    let (one, two) = (play.segments.open(), play.segments.open());
    play.push(one, 300);
    play.segments.end(one);
    play.push(two, 300);
    play.pass(100 * MS);
    assert_eq!(play.clear(), [over(0.1, true), over(0.0, true)]);
}

#[test]
fn a_cut_stream_sounds_to_its_end_and_a_slow_one_pauses() {
    let mut play = Play::new();
    let id = play.segments.open();
    play.push(id, 200);
    play.pass(1_000 * MS);
    assert_eq!(play.told, [Progress::Started], "more may come");
    play.push(id, 200);
    play.pass(1_000 * MS);
    play.segments.end(id);
    play.pass(Duration::ZERO);
    assert_eq!(play.told, [Progress::Started, over(0.4, false)]);
}

#[test]
fn a_little_sound_waits_for_more_but_not_for_long() {
    let mut play = Play::new();
    let id = play.segments.open();
    play.push(id, 20);
    play.pass(100 * MS);
    assert!(play.told.is_empty(), "the network may bring more");
    play.pass(100 * MS);
    assert_eq!(play.told, [Progress::Started]);
}

#[test]
fn an_empty_segment_is_finished_as_well() {
    let mut play = Play::new();
    let id = play.segments.open();
    play.segments.end(id);
    play.pass(Duration::ZERO);
    assert_eq!(play.told, [over(0.0, false)]);
}

#[test]
fn so_much_waits_and_no_more_is_asked_for() {
    let mut play = Play::new();
    let id = play.segments.open();
    play.push(id, 299_000);
    assert!(play.segments.has_room());
    play.push(id, 1_000);
    assert!(!play.segments.has_room());
}

#[derive(Debug, Clone)]
enum Step {
    Open,
    Push(usize),
    End,
    Clear,
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Open),
        (1usize..400).prop_map(Step::Push),
        Just(Step::End),
        Just(Step::Clear),
        (1u64..500).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn every_segment_is_finished_exactly_once_and_no_position_is_beyond_its_sound(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut play = Play::new();
        let mut last = None;
        let mut lengths = Vec::new();
        for step in steps {
            match step {
                Step::Open => {
                    last.into_iter().for_each(|id| play.segments.end(id));
                    last = Some(play.segments.open());
                    lengths.push(0);
                }
                Step::Push(ms) => {
                    if let Some(id) = last.filter(|id| play.segments.is_wanted(*id)) {
                        play.push(id, ms);
                        *lengths.last_mut().unwrap() += ms;
                    }
                }
                Step::End => last.into_iter().for_each(|id| play.segments.end(id)),
                Step::Clear => {
                    let told = play.clear();
                    play.told.extend(told);
                }
                Step::Pass(ms) => play.pass(Duration::from_millis(ms)),
            }
        }
        last.into_iter().for_each(|id| play.segments.end(id));
        play.pass(Duration::from_millis(lengths.iter().sum::<usize>() as u64 + 500));
        prop_assert!(play.segments.is_idle());
        let finished: Vec<_> = play.told.iter().filter_map(|told| match told {
            Progress::Finished(finished) => Some(finished),
            Progress::Started => None,
        }).collect();
        prop_assert_eq!(finished.len(), lengths.len());
        for (finished, ms) in finished.iter().zip(lengths) {
            let length = ms as f64 / 1_000.0;
            if finished.interrupted {
                prop_assert!(finished.playback_position <= length);
            } else {
                prop_assert!((finished.playback_position - length).abs() < 1e-9);
            }
        }
    }
}
