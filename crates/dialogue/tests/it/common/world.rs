//! A whole call on virtual time: simulated people, ears, engines and playout around the real machine.
//!
//! ```text
//!  people::Script ──> ears (voice activity, words) ──┐
//!                     speech-to-text, detector ──────┤          ┌──> the same engines, after random delays
//!                     language model ────────────────┼─> Dialogue ─> Rules (after every output)
//!                     voice::Voice (playout) ────────┘          └──> what must hold of a whole call
//! ```
//!
//! `engines.rs` does what the outputs say, `whole_call.rs` checks the call as a whole.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::ops::Range;
use std::time::Duration;

use chat::{FinishReason, Message};
use dialogue::{Dialogue, EndReason, Input, Moment, Settings, SpeechId, TurnId};

use super::people::{Deed, Script};
use super::random::Random;
use super::rules::Rules;
use super::voice::{Report, Voice};
use super::whole_call::plain;

/// How good the engines are.
#[derive(Debug, Clone)]
pub struct Engines {
    pub speech_to_text: Range<u64>,
    pub language_model: Range<u64>,
    pub text_to_speech: Range<u64>,
    /// How often each of them fails, in percent.
    pub failures: u64,
    /// How often a cancelled one answers all the same, in percent.
    pub late: u64,
}

/// Something that will happen.
#[derive(Debug)]
pub(super) enum Event {
    Deed(Deed),
    /// Something of the ears, which counts only while the same person is listened to.
    Ears(u32, Input),
    Transcript {
        turn: TurnId,
        revision: u32,
        text: Option<String>,
        stale: bool,
    },
    Engine(Input),
    Clause {
        speech: SpeechId,
        left: u32,
    },
    Synthesised {
        speech: SpeechId,
        text: String,
    },
    AllSynthesised(SpeechId),
    Playing(SpeechId),
}

#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub answered: u32,
    pub interrupted: u32,
    pub resumed: u32,
    pub committed: u32,
    pub discarded: u32,
    pub ended: u32,
}

pub struct World {
    pub(super) dialogue: Dialogue,
    pub(super) rules: Rules,
    pub(super) random: Random,
    pub(super) engines: Engines,
    pub(super) now: Moment,
    pub(super) agenda: BinaryHeap<Reverse<(Moment, u64, usize)>>,
    pub(super) events: Vec<Option<Event>>,
    // The ears.
    pub(super) person: u32,
    pub(super) present: bool,
    pub(super) voiced: Option<Moment>,
    /// The voice as it is known to the ears.
    pub(super) known_voiced: Option<Moment>,
    pub(super) heard: Vec<(Moment, String)>,
    pub(super) asked: Option<(TurnId, u32, Moment)>,
    // The mind and the voice.
    pub(super) cancelled: BTreeSet<SpeechId>,
    pub(super) generated: BTreeMap<SpeechId, Vec<Message>>,
    pub(super) voices: BTreeMap<SpeechId, Voice>,
    pub(super) voice_busy: Moment,
    pub(super) shown: BTreeMap<SpeechId, String>,
    // What must hold.
    pub(super) open_turns: BTreeSet<TurnId>,
    pub(super) excused: Option<SpeechId>,
    pub(super) resumed_at: Option<Moment>,
    pub(super) due: Vec<String>,
    pub(super) last_committed: Vec<Message>,
    pub ended: Option<EndReason>,
    pub tally: Tally,
    pub trace: Option<Vec<String>>,
}

impl World {
    pub fn new(settings: Settings, engines: Engines, random: Random, traced: bool) -> Self {
        // A greeting that may not be interrupted is the first speech.
        let excused = (!settings.greeting_interruptible).then_some(SpeechId(1));
        Self {
            dialogue: super::dialogue(settings),
            rules: Rules::default(),
            random,
            engines,
            now: Moment::START,
            agenda: BinaryHeap::new(),
            events: Vec::new(),
            person: 0,
            present: false,
            voiced: None,
            known_voiced: None,
            heard: Vec::new(),
            asked: None,
            cancelled: BTreeSet::new(),
            generated: BTreeMap::new(),
            voices: BTreeMap::new(),
            voice_busy: Moment::START,
            shown: BTreeMap::new(),
            open_turns: BTreeSet::new(),
            excused,
            resumed_at: None,
            due: Vec::new(),
            last_committed: Vec::new(),
            ended: None,
            tally: Tally::default(),
            trace: traced.then(Vec::new),
        }
    }

    pub(super) fn later(&mut self, at: Moment, event: Event) {
        self.agenda.push(Reverse((at, self.events.len() as u64, self.events.len())));
        self.events.push(Some(event));
    }

    pub(super) fn soon(&mut self, delay: Range<u64>, event: Event) {
        let at = self.now + self.random.ms(delay);
        self.later(at, event);
    }

    pub(super) fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9.3} s  {}", self.now.since_start().as_secs_f64(), what()));
        }
    }

    /// Runs the script and a quiet minute after it.
    pub fn run(&mut self, script: Script) -> Result<(), String> {
        self.feed(Input::Ready)?;
        self.feed(Input::PersonArrived { identity: "person 0".into() })?;
        self.present = true;
        self.soon(0..500, Event::Engine(Input::VoiceSubscribed));
        for (at, deed) in script.deeds {
            self.later(at, Event::Deed(deed));
        }
        let end = script.end + Duration::from_secs(60);
        while self.ended.is_none() {
            let next = self.agenda.peek().map(|Reverse((at, ..))| *at);
            let wake = self.dialogue.next_wake().map(|(at, _)| at);
            let at = match (next, wake) {
                (Some(next), Some(wake)) => next.min(wake),
                (next, wake) => next.or(wake).ok_or("nothing would ever happen again")?,
            };
            if at > end {
                break;
            }
            self.now = at;
            // A deadline that has come comes first, as in the machine.
            if wake != Some(at) {
                let Some(Reverse((_, _, index))) = self.agenda.pop() else { break };
                if let Some(event) = self.events[index].take() {
                    self.happens(event)?;
                }
            } else {
                self.feed(Input::Wake)?;
            }
        }
        self.now = end;
        self.whole_call()
    }

    fn happens(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Deed(deed) => self.deed(deed),
            Event::Ears(person, input) if person == self.person && self.present => {
                match input {
                    Input::SpeechStarted { at } => self.known_voiced = Some(at),
                    Input::SpeechStopped { .. } => self.known_voiced = None,
                    _ => {}
                }
                self.feed(input)
            }
            Event::Ears(..) => Ok(()),
            Event::Transcript { turn, revision, text, stale } => {
                let current = self.asked.is_some_and(|(asked, latest, _)| (asked, latest) == (turn, revision));
                if !current && !stale {
                    return Ok(());
                }
                match text {
                    Some(text) => self.feed(Input::Transcript { turn, revision, text }),
                    None => self.feed(Input::TranscriptFailed { turn, revision }),
                }
            }
            Event::Engine(input) => self.feed(input),
            Event::Clause { speech, left } => self.clause(speech, left),
            Event::Synthesised { speech, text } => {
                let random = &mut self.random;
                let Some(voice) = self.voices.get_mut(&speech).filter(|voice| !voice.over) else { return Ok(()) };
                if random.chance(self.engines.failures) {
                    voice.failed = true;
                    return self.feed(Input::VoiceFailed { speech, text });
                }
                voice.add(&text, || random.ms(120..400));
                self.feed(Input::VoiceReady { speech })?;
                self.play(speech)
            }
            Event::AllSynthesised(speech) => {
                if let Some(voice) = self.voices.get_mut(&speech) {
                    voice.finished = true;
                }
                self.play(speech)
            }
            Event::Playing(speech) => self.play(speech),
        }
    }

    fn deed(&mut self, deed: Deed) -> Result<(), String> {
        self.note(|| format!("{deed:?}"));
        if !self.present && deed != Deed::ComesBack {
            return Ok(());
        }
        let (person, now) = (self.person, self.now);
        match deed {
            Deed::RealWordsBegin => self.due.clear(),
            Deed::VoiceOn => {
                self.voiced = Some(now);
                self.soon(40..100, Event::Ears(person, Input::SpeechStarted { at: now }));
            }
            Deed::VoiceOff => {
                self.voiced = None;
                self.soon(96..110, Event::Ears(person, Input::SpeechStopped { at: now }));
            }
            Deed::Word { text, real } => {
                self.heard.push((now, text.clone()));
                if real {
                    self.due.push(plain(&text));
                }
            }
            Deed::Typed { text } => {
                self.due.extend(text.split(' ').map(plain));
                return self.feed(Input::Typed { text });
            }
            Deed::ButtonDown => return self.feed(Input::TurnBegun),
            Deed::ButtonUp => return self.feed(Input::TurnEnded),
            Deed::Leaves { on_purpose } => {
                self.present = false;
                self.due.clear();
                return self.feed(Input::PersonLeft { identity: format!("person {person}"), on_purpose });
            }
            Deed::ComesBack => {
                self.present = true;
                return self.feed(Input::PersonArrived { identity: format!("person {person}") });
            }
            Deed::IsReplaced => {
                self.due.clear();
                self.feed(Input::PersonArrived { identity: format!("person {}", person + 1) })?;
                self.person += 1;
                return self.feed(Input::PersonLeft { identity: format!("person {person}"), on_purpose: true });
            }
        }
        Ok(())
    }

    fn clause(&mut self, speech: SpeechId, left: u32) -> Result<(), String> {
        if self.cancelled.contains(&speech) && !self.random.chance(self.engines.late) {
            return Ok(());
        }
        if self.random.chance(self.engines.failures / 2) {
            return self.feed(Input::ReplyFailed { speech });
        }
        if left == 0 {
            return self.feed(Input::ReplyFinished { speech, finish: FinishReason::Stop });
        }
        let count = self.random.within(1..7);
        let ending = self.random.pick(&[".", ".", "?", "!"]);
        let words: Vec<String> = (0..count).map(|word| format!("s{}c{left}w{word}", speech.0)).collect();
        self.feed(Input::ReplyClause { speech, clause: (words.join(" ") + ending).into() })?;
        let next = self.engines.language_model.clone();
        self.soon(next, Event::Clause { speech, left: left - 1 });
        Ok(())
    }

    /// Playout goes on until now.
    fn play(&mut self, speech: SpeechId) -> Result<(), String> {
        let Some(voice) = self.voices.get_mut(&speech) else { return Ok(()) };
        let (was_sounding, now) = (voice.is_sounding(), self.now);
        let (reports, next) = voice.advance(now);
        let others = self.voices.iter().any(|(other, voice)| *other != speech && voice.is_sounding());
        if others && next.is_some() {
            return Err(format!("two voices at once, one of them {speech:?}"));
        }
        if was_sounding {
            self.not_over_the_user(speech)?;
        }
        if let Some(next) = next {
            self.later(next, Event::Playing(speech));
        }
        for report in reports {
            self.feed(match report {
                Report::Started => Input::VoiceStarted { speech },
                Report::Heard(text) => Input::Heard { speech, text },
                Report::Finished => Input::VoiceFinished { speech },
            })?;
        }
        Ok(())
    }

    fn feed(&mut self, input: Input) -> Result<(), String> {
        self.note(|| format!("-> {input:?}"));
        self.rules.input(&input)?;
        let finished = if let Input::VoiceFinished { speech } = &input { Some(*speech) } else { None };
        self.dialogue.handle(self.now, input);
        if let Some(speech) = finished {
            self.rules.finished(speech);
        }
        while let Some(output) = self.dialogue.poll() {
            self.note(|| format!("   <- {output:?}"));
            self.rules.output(&output)?;
            self.act(output)?;
        }
        self.rules.settled()?;
        match self.dialogue.next_wake() {
            Some((at, why)) if at <= self.now => Err(format!("a deadline that has passed was left behind: {why:?}")),
            Some(_) | None => Ok(()),
        }
    }
}
