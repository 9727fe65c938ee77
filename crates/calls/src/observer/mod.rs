//! Who is silent? Pure: time is an input, as a duration since the observer began, by its own clock alone.
//!
//! ```text
//!   read: records ───────────> beats that changed, and when that was seen ──┐
//!   read, probe: how long? ──> does the store work, and since when? ────────┴──> silent: leases to be replaced
//! ```
//!
//! A store that is away, slow, or was not asked for a while (this process was stopped) says nothing about workers: they
//! could not be heard. From its return on each of them has the whole patience again.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::{Beat, CallId, CallRecord, CallState, Generation, Lease};

#[cfg(test)]
mod tests;

/// What an observer goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObserverSettings {
    /// How long a worker may be silent; the store's own delay is added. It beats twice a second, and one beat may take a
    /// second and fail: then the next one must still come in time. With the next worker's start a call is to go on within
    /// 5 s.
    pub patience: Duration,
    /// An operation that takes longer counts as one that failed.
    pub slow: Duration,
    /// How long after the last reading or probe the store counts as one that is away.
    pub gap: Duration,
}

impl Default for ObserverSettings {
    fn default() -> Self {
        Self { patience: Duration::from_secs(2), slow: Duration::from_secs(1), gap: Duration::from_secs(3) }
    }
}

/// Watches all calls of a store. It is to be fed about twice a second with a reading of all records and a probe.
#[derive(Debug)]
pub struct Observer {
    settings: ObserverSettings,
    calls: HashMap<CallId, Seen>,
    readings: Contact,
    probes: Contact,
    /// Since when both work; `None` while one does not.
    works_since: Option<Duration>,
    /// The longest that the store took lately.
    delay: Duration,
    /// When the last reading was asked for: what it did not show had not happened then.
    looked: Duration,
}

#[derive(Debug)]
struct Seen {
    lease: Lease,
    state: CallState,
    beat: Beat,
    changed: Duration,
}

impl Seen {
    fn is(&self, generation: Generation, beat: Beat) -> bool {
        self.lease.generation == generation && self.beat == beat
    }
}

/// One kind of operation: when it last went well.
#[derive(Debug, Default)]
struct Contact(Option<Duration>);

impl Observer {
    /// An observer that has seen nothing yet.
    #[must_use]
    pub fn new(settings: ObserverSettings) -> Self {
        Self {
            settings,
            calls: HashMap::new(),
            readings: Contact::default(),
            probes: Contact::default(),
            works_since: None,
            delay: Duration::ZERO,
            looked: Duration::ZERO,
        }
    }

    /// All records were read: asked for at `asked`, there at `now`.
    pub fn read(&mut self, asked: Duration, now: Duration, records: &[CallRecord]) {
        let mut before = std::mem::take(&mut self.calls);
        for record in records {
            let call = record.lease.call;
            let seen = before.remove(&call).filter(|seen| seen.is(record.lease.generation, record.beat));
            let changed = seen.map_or(now, |seen| seen.changed);
            let seen = Seen { lease: record.lease.clone(), state: record.state, beat: record.beat, changed };
            self.calls.insert(call, seen);
        }
        self.looked = asked;
        self.contact(asked, now, |observer| &mut observer.readings);
    }

    /// The probe was written: asked for at `asked`, done at `now`.
    pub fn probed(&mut self, asked: Duration, now: Duration) {
        self.contact(asked, now, |observer| &mut observer.probes);
    }

    /// Reading failed.
    pub fn read_failed(&mut self) {
        self.readings = Contact(None);
        self.works_since = None;
    }

    /// The probe failed.
    pub fn probe_failed(&mut self) {
        self.probes = Contact(None);
        self.works_since = None;
    }

    /// Whether the store works, so that silence means something.
    #[must_use]
    pub fn store_works(&self, now: Duration) -> bool {
        self.works_since.is_some() && self.is_fresh(&self.readings, now) && self.is_fresh(&self.probes, now)
    }

    /// The leases of the workers that are silent. They are named until they are replaced, ended or heard again.
    #[must_use]
    pub fn silent(&self, now: Duration) -> Vec<Lease> {
        let Some(since) = self.works_since.filter(|_| self.store_works(now)) else { return Vec::new() };
        let patience = self.settings.patience + self.delay;
        // Who has not been heard at all is still starting: whoever started it has a deadline for that.
        let served = self.calls.values().filter(|seen| seen.state == CallState::Served);
        let silent = served.filter(|seen| self.looked.saturating_sub(seen.changed.max(since)) > patience);
        let mut silent: Vec<Lease> = silent.map(|seen| seen.lease.clone()).collect();
        silent.sort_by(|one, other| one.room.cmp(&other.room));
        silent
    }

    fn is_fresh(&self, contact: &Contact, now: Duration) -> bool {
        contact.0.is_some_and(|last| now.saturating_sub(last) <= self.settings.gap)
    }

    fn contact(&mut self, asked: Duration, now: Duration, kind: fn(&mut Self) -> &mut Contact) {
        let took = now.saturating_sub(asked);
        if took > self.settings.slow {
            *kind(self) = Contact(None);
            self.works_since = None;
            return;
        }
        self.delay = took.max(self.delay - self.delay / 8);
        // Neither may have had a pause: the one that is told of now is the one that is asked about.
        if !self.store_works(now) {
            self.works_since = None;
        }
        *kind(self) = Contact(Some(now));
        if self.is_fresh(&self.readings, now) && self.is_fresh(&self.probes, now) {
            self.works_since.get_or_insert(now);
        }
    }
}
