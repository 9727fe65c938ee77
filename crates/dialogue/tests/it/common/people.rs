//! What simulated people do in a call, laid out in time.

use std::time::Duration;

use dialogue::Moment;

use super::random::Random;

/// One thing that a person does, or that is heard of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Real words are about to be said or written: everything from here to the next of these belongs together.
    RealWordsBegin,
    /// The voice sets in.
    VoiceOn,
    /// The voice ends.
    VoiceOff,
    /// A word was just said. A real one is meant for the agent.
    Word { text: String, real: bool },
    /// A message was sent.
    Typed { text: String },
    /// The talk button goes down.
    ButtonDown,
    /// The talk button goes up.
    ButtonUp,
    /// The linked person is gone.
    Leaves { on_purpose: bool },
    /// They are back.
    ComesBack,
    /// Another one comes, and the linked one leaves.
    IsReplaced,
}

/// What people do, in order of time.
pub struct Script {
    pub deeds: Vec<(Moment, Deed)>,
    pub end: Moment,
}

struct Writer<'a> {
    random: &'a mut Random,
    now: Moment,
    deeds: Vec<(Moment, Deed)>,
    words: u32,
}

impl Writer<'_> {
    fn deed(&mut self, deed: Deed) {
        self.deeds.push((self.now, deed));
    }

    fn wait(&mut self, duration: Duration) {
        self.now = self.now + duration;
    }

    fn word(&mut self) -> String {
        self.words += 1;
        format!("w{}", self.words)
    }

    /// A stretch of voice with these words in it.
    fn voice(&mut self, words: Vec<String>, real: bool) {
        self.deed(Deed::VoiceOn);
        for text in words {
            let duration = self.random.ms(200..450);
            self.wait(duration);
            self.deed(Deed::Word { text, real });
        }
        self.deed(Deed::VoiceOff);
    }

    fn utterance(&mut self, button: bool) {
        self.deed(Deed::RealWordsBegin);
        if button {
            self.deed(Deed::ButtonDown);
            let reaction = self.random.ms(0..300);
            self.wait(reaction);
        }
        // Now and then so many that the turn is transcribed piece by piece.
        let parts = if self.random.chance(4) { 16 } else { self.random.pick(&[1, 1, 1, 2, 2, 3]) };
        for part in 0..parts {
            if part > 0 {
                let pause = self.random.ms(150..1500);
                self.wait(pause);
            }
            let count = self.random.within(1..6);
            let mut words: Vec<String> = (0..count).map(|_| self.word()).collect();
            let ending = self.random.pick(&["", "", ".", "?", ",", "..."]);
            if words.len() < 3 {
                // So short a sound over the agent counts only with a word that asks for the floor.
                words.insert(0, "no".to_owned());
            }
            if let Some(last) = words.last_mut() {
                last.push_str(ending);
            }
            self.voice(words, true);
        }
        if button {
            let reaction = self.random.ms(0..300);
            self.wait(reaction);
            self.deed(Deed::ButtonUp);
        }
    }

    fn sound(&mut self, length: std::ops::Range<u64>) {
        self.deed(Deed::VoiceOn);
        let length = self.random.ms(length);
        self.wait(length);
        self.deed(Deed::VoiceOff);
    }

    fn act(&mut self, button: bool) {
        match self.random.within(0..100) {
            0..45 => self.utterance(button),
            45..60 => {
                let word = self.random.pick(&["mhm", "right", "okay", "yeah"]);
                self.voice(vec![word.to_owned()], false);
            }
            60..73 => self.sound(60..700),
            73..78 => self.sound(1500..5000),
            78..88 => {
                self.deed(Deed::RealWordsBegin);
                let text = [self.word(), self.word()].join(" ");
                self.deed(Deed::Typed { text });
            }
            88..93 => {
                let on_purpose = self.random.chance(50);
                self.deed(Deed::Leaves { on_purpose });
                let away = self.random.ms(200..2500);
                self.wait(away);
                self.deed(Deed::ComesBack);
            }
            93..97 => self.deed(Deed::IsReplaced),
            _ if button => self.utterance(button),
            // Somebody writes while they speak.
            _ => {
                self.deed(Deed::RealWordsBegin);
                self.deed(Deed::VoiceOn);
                let before = self.random.ms(150..900);
                self.wait(before);
                let (said, text) = (self.word(), self.word());
                self.deed(Deed::Word { text: said, real: true });
                self.deed(Deed::Typed { text });
                let after = self.random.ms(150..900);
                self.wait(after);
                let text = self.word();
                self.deed(Deed::Word { text, real: true });
                self.deed(Deed::VoiceOff);
            }
        }
    }
}

impl Script {
    /// A call's worth of deeds. With a button they push to talk.
    pub fn new(random: &mut Random, begin: Moment, button: bool) -> Self {
        let acts = random.within(2..9);
        let mut writer = Writer { random, now: begin, deeds: Vec::new(), words: 0 };
        for _ in 0..acts {
            let gap = match writer.random.within(0..10) {
                0..3 => writer.random.ms(150..600),
                3..7 => writer.random.ms(600..2500),
                _ => writer.random.ms(2500..8000),
            };
            writer.wait(gap);
            writer.act(button);
        }
        Self { end: writer.now, deeds: writer.deeds }
    }
}
