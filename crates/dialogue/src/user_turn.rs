//! One turn of the user, from the first sound until it is answered or dropped.

use std::time::Duration;

use crate::language::plain_words;
use crate::policies::end_of_turn::SentenceEnd;
use crate::{Moment, TurnId};

/// How far a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The user speaks.
    Speaking,
    /// The user is silent, and may go on.
    Silent { since: Moment },
    /// The silence was long enough: only the transcript, or the floor, is missing.
    Over { since: Moment },
}

/// The latest transcript of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TranscriptState {
    /// None was asked for.
    None,
    /// Its result is outstanding.
    Outstanding,
    /// It is there.
    Known,
    /// It could not be had.
    Failed,
}

/// What is known of the user's current turn.
#[derive(Debug)]
pub(crate) struct UserTurn {
    pub(crate) id: TurnId,
    /// Under which turn its words are shown: that of the words it goes on with, if any were taken back.
    pub(crate) shown_as: TurnId,
    /// Spoken words whose audio is settled: taken back from the history, or cut off because the turn became long.
    settled: String,
    /// Written words of the same turn.
    typed: String,
    /// The words of the audio since then.
    text: String,
    /// What was last read ahead of time.
    read: String,
    /// The number of the latest transcription asked for.
    revision: u32,
    pub(crate) transcript: TranscriptState,
    /// The latest request covers everything that was said.
    covers_all: bool,
    /// When the latest request was made.
    pub(crate) asked: Moment,
    /// Since when the audio is kept that `text` stands for.
    pub(crate) audio_since: Moment,
    /// When the current stretch of speech began.
    pub(crate) started: Moment,
    /// How long there was a voice in the stretches before that.
    voiced_before: Duration,
    pub(crate) stage: Stage,
    /// When the latest transcript arrived.
    pub(crate) transcribed: Option<Moment>,
    /// What the turn detector said of the current silence, in thousandths.
    pub(crate) probability: Option<u16>,
    /// What the chat model said of the words of this silence.
    pub(crate) sentence_end: SentenceEnd,
    /// The words that it spoke of last, and what it said.
    judged: Option<(String, SentenceEnd)>,
    /// It began while the agent had the floor.
    pub(crate) overlapped: bool,
    /// The sound was judged to have no words in it: the agent speaks on while it lasts, and until its end was listened to.
    pub(crate) ignored: bool,
}

impl UserTurn {
    pub(crate) fn new(id: TurnId, started: Moment) -> Self {
        Self {
            id,
            shown_as: id,
            settled: String::new(),
            typed: String::new(),
            text: String::new(),
            read: String::new(),
            revision: 0,
            transcript: TranscriptState::None,
            covers_all: false,
            asked: started,
            audio_since: started,
            started,
            voiced_before: Duration::ZERO,
            stage: Stage::Speaking,
            transcribed: None,
            probability: None,
            sentence_end: SentenceEnd::Awaited,
            judged: None,
            overlapped: false,
            ignored: false,
        }
    }

    /// A turn without sound.
    pub(crate) fn written(id: TurnId, now: Moment) -> Self {
        Self { stage: Stage::Silent { since: now }, covers_all: true, ..Self::new(id, now) }
    }

    pub(crate) fn is_speaking(&self) -> bool {
        self.stage == Stage::Speaking
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over { .. })
    }

    /// When the user fell silent; `None` while speaking.
    pub(crate) fn stopped(&self) -> Option<Moment> {
        match self.stage {
            Stage::Speaking => None,
            Stage::Silent { since } | Stage::Over { since } => Some(since),
        }
    }

    /// The turn is over; it was silent from `now` on at the latest.
    pub(crate) fn close(&mut self, now: Moment) {
        self.stage = Stage::Over { since: self.stopped().unwrap_or(now) };
    }

    /// A transcript is outstanding.
    pub(crate) fn is_transcribing(&self) -> bool {
        self.transcript == TranscriptState::Outstanding
    }

    /// How long there was a voice in it until now.
    pub(crate) fn voiced(&self, now: Moment) -> Duration {
        self.voiced_before + self.stopped().unwrap_or(now).since(self.started)
    }

    /// Whether it began before the call did, so that its length is not known: moments are never earlier than that.
    pub(crate) fn began_before_the_call(&self) -> bool {
        self.audio_since == Moment::START
    }

    /// Whether all that was said in it took less time. Not known of a turn that goes on, that goes on from an earlier one, or
    /// that began before the call did: moments are never earlier than that.
    pub(crate) fn is_shorter_than(&self, least: Duration) -> bool {
        let known = self.settled.is_empty() && !self.began_before_the_call();
        known && self.stopped().is_some_and(|stopped| self.voiced(stopped) < least)
    }

    pub(crate) fn resumed(&mut self, at: Moment) {
        if self.was_heard() {
            self.voiced_before = self.voiced(at);
        }
        self.started = at;
        self.stage = Stage::Speaking;
        self.ignored = false;
        self.covers_all = false;
        self.probability = None;
        self.sentence_end = SentenceEnd::Awaited;
    }

    /// The chat model has spoken of the words of this silence.
    pub(crate) fn judge(&mut self, sentence_end: SentenceEnd) {
        self.sentence_end = sentence_end;
        self.judged = Some((self.words(), sentence_end));
    }

    /// What it said of these words, if it was of them that it spoke last.
    pub(crate) fn judged_before(&self, words: &str) -> Option<SentenceEnd> {
        self.judged.as_ref().filter(|(judged, _)| same_words(judged, words)).map(|(_, sentence_end)| *sentence_end)
    }

    /// Asks for a transcript of everything so far; returns its number.
    pub(crate) fn ask_transcript(&mut self, now: Moment) -> u32 {
        self.revision += 1;
        self.transcript = TranscriptState::Outstanding;
        self.asked = now;
        self.covers_all = !self.is_speaking();
        self.revision
    }

    /// The number of the latest request.
    pub(crate) fn revision(&self) -> u32 {
        self.revision
    }

    /// Whether `revision` is the result that is waited for.
    pub(crate) fn expects(&self, revision: u32) -> bool {
        self.is_transcribing() && revision == self.revision
    }

    /// Takes the transcript that was waited for.
    pub(crate) fn take_transcript(&mut self, now: Moment, text: String) {
        self.transcript = TranscriptState::Known;
        self.transcribed = Some(now);
        self.text = text;
    }

    /// The transcript that was waited for can't be had.
    pub(crate) fn transcript_failed(&mut self) {
        self.transcript = TranscriptState::Failed;
    }

    /// The words that are known are all that was said.
    pub(crate) fn is_complete(&self) -> bool {
        !self.is_transcribing() && self.covers_all
    }

    /// Puts words before everything else: they were thought to be answered already.
    pub(crate) fn prepend(&mut self, words: &str) {
        self.settled = join([words, self.settled.as_str()]);
    }

    pub(crate) fn wrote(&mut self, words: &str) {
        self.typed = join([self.typed.as_str(), words]);
    }

    /// Whether there was any sound in it, as opposed to written words only.
    pub(crate) fn was_heard(&self) -> bool {
        self.revision > 0
    }

    /// The words of the current audio are left to another turn.
    pub(crate) fn leave_words(&mut self) {
        self.text.clear();
    }

    /// The words so far are settled; what comes is transcribed on its own.
    pub(crate) fn settle(&mut self) {
        self.settled = join([&self.settled, &self.text]);
        self.text.clear();
        self.audio_since = self.asked;
    }

    /// Everything said and written in this turn.
    pub(crate) fn words(&self) -> String {
        join([&self.settled, &self.text, &self.typed])
    }

    /// Whether these words, at least two, differ from those that were last asked about.
    pub(crate) fn is_news(&mut self, words: &str) -> bool {
        let news = plain_words(words).len() >= 2 && !same_words(&self.read, words);
        if news {
            words.clone_into(&mut self.read);
        }
        news
    }

    /// Everything said in this turn.
    pub(crate) fn spoken(&self) -> String {
        join([&self.settled, &self.text])
    }

    /// What comes before the words of the current audio.
    pub(crate) fn settled(&self) -> &str {
        &self.settled
    }

    /// What the audio since the last cut says.
    pub(crate) fn latest(&self) -> &str {
        &self.text
    }
}

/// Whether two transcripts say the same.
pub(crate) fn same_words(one: &str, other: &str) -> bool {
    plain_words(one) == plain_words(other)
}

pub(crate) fn join<'a>(parts: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>) -> String {
    let parts = parts.into_iter().map(|part| part.as_ref().trim()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}
