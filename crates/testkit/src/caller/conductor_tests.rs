//! Whole conversations in virtual time.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use Observation::{AgentSilent, AgentSounds, CallerSilent, CallerSpeaks};

fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

/// A conductor and everything it asked for.
struct Call {
    conductor: Conductor,
    actions: Vec<(u64, Action)>,
}

impl Call {
    fn new(turns: usize, interrupt: &[usize]) -> Self {
        Self::with_back_channels(turns, interrupt, &[])
    }

    fn with_back_channels(turns: usize, interrupt: &[usize], back_channels: &[(usize, u64)]) -> Self {
        let script = Script {
            turns: vec![ms(1000); turns],
            interrupt: interrupt.iter().map(|turn| (*turn, ms(1500))).collect(),
            back_channels: back_channels.iter().map(|(turn, after)| (*turn, ms(*after))).collect(),
            taken_back: Vec::new(),
            patience: ms(20_000),
        };
        Self { conductor: Conductor::new(script, Duration::ZERO), actions: Vec::new() }
    }

    /// Lets time pass until `at`, waking the conductor when it asked to be, then notes something.
    fn at(&mut self, at: u64, what: Observation) {
        self.pass_until(at);
        self.conductor.note(ms(at), &what);
        self.drain(ms(at));
    }

    fn pass_until(&mut self, at: u64) {
        let mut now = self.actions.last().map_or(Duration::ZERO, |(last, _)| ms(*last));
        for _ in 0..1000 {
            now = self.conductor.next_wake(now).max(now);
            if now > ms(at) {
                return;
            }
            self.drain(now);
            if self.conductor.phase == Phase::Over {
                return;
            }
        }
        panic!("the conductor does not let time pass: {:?}", self.conductor);
    }

    fn drain(&mut self, now: Duration) {
        while let Some(action) = self.conductor.poll(now) {
            self.actions.push((now.as_millis() as u64, action));
        }
    }

    fn greeting(&mut self) {
        self.at(100, Observation::AgentJoined { identity: "agent-1".into() });
        self.at(110, Observation::State(AgentState::Speaking));
        self.at(200, AgentSounds);
        self.at(2000, Observation::State(AgentState::Listening));
        self.at(2050, AgentSilent);
    }

    fn back_channels(&self) -> Vec<(u64, usize)> {
        let made = self.actions.iter().filter_map(|(at, action)| match action {
            Action::BackChannel { index } => Some((*at, *index)),
            Action::Greeted
            | Action::Say { .. }
            | Action::Answered { .. }
            | Action::Unanswered { .. }
            | Action::HangUp(_) => None,
        });
        made.collect()
    }

    fn says(&self) -> Vec<u64> {
        self.actions.iter().filter(|(_, action)| matches!(action, Action::Say { .. })).map(|(at, _)| *at).collect()
    }
}

#[test]
fn speaks_after_the_greeting_and_leaves_after_the_answer() {
    let mut call = Call::new(1, &[]);
    call.greeting();
    call.at(3400, CallerSpeaks { turn: 0 });
    assert_eq!(call.actions, [(3250, Action::Greeted), (3250, Action::Say { turn: 0 })]);
    call.at(4400, CallerSilent { turn: 0 });
    call.at(4700, Observation::State(AgentState::Thinking));
    call.at(5200, AgentSounds);
    call.at(5210, Observation::State(AgentState::Speaking));
    call.at(6000, AgentSilent);
    call.at(6100, Observation::State(AgentState::Listening));
    call.pass_until(9000);
    let expected = [(7200, Action::Answered { turn: 0 }), (7200, Action::HangUp(Outcome::Answered))];
    assert_eq!(call.actions[2..], expected);
    let times = &call.conductor.turns[0];
    assert_eq!((times.answered_from, times.answered_until), (Some(ms(5200)), Some(ms(6000))));
    assert_eq!(call.conductor.greeting, (Some(ms(200)), Some(ms(2050))));
}

#[test]
fn a_pause_while_the_agent_still_speaks_is_not_the_end() {
    let mut call = Call::new(2, &[]);
    call.greeting();
    call.at(3400, CallerSpeaks { turn: 0 });
    call.at(4400, CallerSilent { turn: 0 });
    call.at(4500, Observation::State(AgentState::Speaking));
    call.at(5000, AgentSounds);
    call.at(6000, AgentSilent);
    call.pass_until(8500);
    assert_eq!(call.says().len(), 1, "the state still says speaking");
    call.at(8600, AgentSounds);
    call.at(9000, AgentSilent);
    call.at(9010, Observation::State(AgentState::Listening));
    call.pass_until(11_000);
    assert_eq!(call.says(), [3250, 10_200]);
}

#[test]
fn speaks_over_the_answer_when_asked_to() {
    let mut call = Call::new(2, &[0]);
    call.greeting();
    call.at(3400, CallerSpeaks { turn: 0 });
    call.at(4400, CallerSilent { turn: 0 });
    call.at(5000, AgentSounds);
    call.at(6600, CallerSpeaks { turn: 1 });
    assert_eq!(call.says(), [3250, 6500]);
    call.at(6900, AgentSilent);
    call.at(7600, CallerSilent { turn: 1 });
    call.at(8000, AgentSounds);
    call.at(9000, AgentSilent);
    call.pass_until(12_000);
    assert_eq!(call.actions.last().unwrap().1, Action::HangUp(Outcome::Answered));
    assert!(call.conductor.turns[1].interrupting);
    assert_eq!(call.conductor.turns[1].answered_from, Some(ms(8000)));
}

#[test]
fn an_answer_left_over_from_before_is_not_the_answer() {
    let mut call = Call::new(2, &[0]);
    call.greeting();
    call.at(3400, CallerSpeaks { turn: 0 });
    call.at(4400, CallerSilent { turn: 0 });
    call.at(5000, AgentSounds);
    call.at(6600, CallerSpeaks { turn: 1 });
    call.at(7600, CallerSilent { turn: 1 });
    call.at(9900, AgentSilent);
    call.pass_until(40_000);
    assert_eq!(call.actions.last().unwrap().1, Action::HangUp(Outcome::Unanswered));
    assert!(call.actions.contains(&(27_600, Action::Unanswered { turn: 1 })));
}

#[test]
fn an_answer_that_began_too_early_counts_when_no_other_comes() {
    let mut call = Call::new(1, &[]);
    call.greeting();
    call.at(3400, CallerSpeaks { turn: 0 });
    call.at(4300, AgentSounds);
    call.at(4400, CallerSilent { turn: 0 });
    call.at(6000, AgentSilent);
    call.pass_until(30_000);
    assert_eq!(call.actions.last().unwrap(), &(10_000, Action::HangUp(Outcome::Answered)));
    assert!(call.conductor.turns[0].early);
}

#[test]
fn gives_up_when_nobody_comes_or_nobody_speaks() {
    let mut call = Call::new(1, &[]);
    call.pass_until(30_000);
    assert_eq!(call.actions, [(20_000, Action::HangUp(Outcome::NoAgent))]);
    let mut call = Call::new(1, &[]);
    call.at(100, Observation::AgentJoined { identity: "agent-1".into() });
    call.at(150, Observation::State(AgentState::Initializing));
    call.pass_until(30_000);
    assert_eq!(call.actions, [(20_000, Action::HangUp(Outcome::AgentSilent))]);
}

#[test]
fn an_agent_that_listens_without_greeting_is_spoken_to() {
    let mut call = Call::new(1, &[]);
    call.at(100, Observation::AgentJoined { identity: "agent-1".into() });
    call.at(500, Observation::State(AgentState::Listening));
    call.pass_until(10_000);
    assert_eq!(call.says(), [6500]);
}

#[test]
fn without_turns_the_greeting_is_the_call() {
    let mut call = Call::new(0, &[]);
    call.greeting();
    call.pass_until(9000);
    assert_eq!(call.actions, [(3250, Action::Greeted), (3250, Action::HangUp(Outcome::Answered))]);
}

#[test]
fn hangs_up_when_the_call_breaks() {
    let mut call = Call::new(1, &[]);
    call.greeting();
    call.at(2100, Observation::AgentLeft);
    assert_eq!(call.actions, [(2100, Action::HangUp(Outcome::AgentLeft))]);
    call.pass_until(90_000);
    assert_eq!(call.actions.len(), 1);
}

#[test]
fn back_channels_fall_into_the_answer_and_do_not_end_it() {
    let mut call = Call::with_back_channels(2, &[], &[(0, 1000), (0, 1200), (0, 60_000)]);
    call.greeting();
    call.at(3400, CallerSpeaks { turn: 0 });
    call.at(4400, CallerSilent { turn: 0 });
    call.at(5000, AgentSounds);
    call.at(6020, Observation::BackChannelBegins { index: 0 });
    call.at(6320, Observation::BackChannelEnds { index: 0 });
    assert_eq!(call.back_channels(), [(6000, 0)]);
    call.at(6400, AgentSilent);
    call.at(6900, AgentSounds);
    call.at(7840, Observation::BackChannelBegins { index: 1 });
    call.at(8140, Observation::BackChannelEnds { index: 1 });
    assert_eq!(call.back_channels(), [(6000, 0), (7820, 1)], "the second waits 1.5 s after the end of the first");
    call.at(8200, AgentSilent);
    call.pass_until(11_000);
    assert_eq!(call.says().len(), 1, "what the agent makes of the last one may still come");
    call.pass_until(12_000);
    assert_eq!(call.says(), [3250, 11_140]);
    assert_eq!(call.back_channels().len(), 2, "the answer ended before the third");
}

#[test]
fn a_back_channel_waits_for_the_agent_to_sound() {
    let mut call = Call::with_back_channels(1, &[], &[(0, 1000)]);
    call.greeting();
    call.at(3400, CallerSpeaks { turn: 0 });
    call.at(4400, CallerSilent { turn: 0 });
    call.at(4500, Observation::State(AgentState::Speaking));
    call.at(5000, AgentSounds);
    call.at(5900, AgentSilent);
    call.pass_until(6800);
    assert_eq!(call.back_channels(), []);
    call.at(6900, AgentSounds);
    assert_eq!(call.back_channels(), [(6900, 0)]);
}

#[test]
fn an_utterance_is_spoken_to_its_end_and_the_whole_is_answered() {
    let mut call = Call::new(1, &[]);
    call.greeting();
    call.at(3400, CallerSpeaks { turn: 0 });
    call.at(3900, AgentSounds);
    call.at(4200, AgentSilent);
    call.at(4400, CallerSilent { turn: 0 });
    call.at(5100, AgentSounds);
    call.at(6000, AgentSilent);
    call.pass_until(20_000);
    assert_eq!(call.actions.last().unwrap().1, Action::HangUp(Outcome::Answered));
    assert_eq!(call.conductor.turns[0].answered_from, Some(ms(5100)));
    assert!(!call.conductor.turns[0].early, "the answer to the whole came after its end");
}

#[test]
fn a_turn_that_was_taken_back_is_rightly_not_answered() {
    let mut call = Call::new(2, &[]);
    call.conductor.script.taken_back = vec![0];
    call.greeting();
    call.at(3400, CallerSpeaks { turn: 0 });
    call.at(4400, CallerSilent { turn: 0 });
    call.pass_until(12_399);
    assert_eq!(call.says().len(), 1, "an answer may still come");
    call.pass_until(12_400);
    assert_eq!(call.says().len(), 2);
    call.at(12_500, CallerSpeaks { turn: 1 });
    call.at(13_500, CallerSilent { turn: 1 });
    call.at(14_000, AgentSounds);
    call.at(15_000, AgentSilent);
    call.pass_until(17_000);
    assert_eq!(call.actions.last().unwrap().1, Action::HangUp(Outcome::Answered));
    assert_eq!(
        (call.conductor.turns[0].answered_from, call.conductor.turns[1].answered_from),
        (None, Some(ms(14_000)))
    );
}
