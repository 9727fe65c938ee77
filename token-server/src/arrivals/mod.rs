//! Brings the avatar to those who have joined with a token that alone starts no worker; and again to those who invited it,
//! were cut off, and come back when it has left.
//!
//! [`waiting`] decides, without I/O; this module asks the LiveKit server and invites. It polls, so that it works with
//! every server that answers `RoomService`; where the server reports joins by itself ([`crate::webhook`]), nobody waits
//! for the next look.

pub mod waiting;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use proto::names::{AvatarName, Identity, RoomName};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::callers::quotas::Quotas;
use crate::fleet::Fleet;
use crate::personas::Personas;
use crate::room_service::{Present, RoomService};
use crate::server_api::ApiError;
use crate::tokens::PERSON_TTL;
use waiting::{Arrival, Moment, Waiting};

/// The least time between the end of a look and the next one.
const PAUSE: Duration = Duration::from_millis(100);
/// The time after a look that failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(3);
/// How long one look may take in all.
const LOOK_DEADLINE: Duration = Duration::from_secs(30);
/// How many rooms are asked about at the same time.
const AT_ONCE: usize = 8;

struct Inner {
    waiting: Mutex<Waiting>,
    /// Something became due earlier than it was.
    changed: Notify,
    began: Instant,
    quotas: Quotas,
}

/// A handle to those who are waited for. Clones are the same.
#[derive(Clone)]
pub struct Arrivals(Arc<Inner>);

impl Default for Arrivals {
    fn default() -> Self {
        Self::with_quotas(Quotas::default())
    }
}

impl Arrivals {
    /// Nobody is waited for; whoever asked for a room has no more agents than `quotas` allows.
    #[must_use]
    pub fn with_quotas(quotas: Quotas) -> Self {
        let waiting = Mutex::new(Waiting::default());
        Self(Arc::new(Inner { waiting, changed: Notify::new(), began: Instant::now(), quotas }))
    }

    /// A token was handed out just now: `avatar`, else the default persona, comes when its owner has joined.
    pub fn issued(&self, room: &RoomName, identity: &Identity, avatar: Option<AvatarName>) {
        let now = self.now();
        let forgotten = self.lock().issued(now, now + PERSON_TTL, room, identity, avatar);
        self.noted(forgotten);
    }

    fn noted(&self, forgotten: usize) {
        if forgotten > 0 {
            warn!(forgotten, max = waiting::MAX_TOKENS, "more tokens are out than can be waited for");
        }
        self.0.changed.notify_one();
    }

    /// The avatar was invited just now, by the owner of a fresh token or by somebody in the room: whoever that was finds it
    /// again when they come back.
    pub fn invited(&self, room: &RoomName, inviter: Option<&Identity>, avatar: Option<AvatarName>) {
        let now = self.now();
        let forgotten = self.lock().invited(now, now + PERSON_TTL, room, inviter, avatar);
        self.noted(forgotten);
    }

    /// Watches until `stop`.
    pub async fn watch(&self, rooms: RoomService, personas: Arc<Personas>, fleet: Fleet, stop: CancellationToken) {
        let mut failing = false;
        loop {
            let next = self.lock().next_look();
            let due = async {
                match next {
                    Some(next) => tokio::time::sleep_until(self.0.began + next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.changed.notified() => continue,
                () = due => {}
            }
            let look = tokio::time::timeout(LOOK_DEADLINE, self.look(&rooms, &personas, &fleet));
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = look => outcome.unwrap_or(Err(ApiError::Timeout(LOOK_DEADLINE))),
            };
            match &outcome {
                Err(error) if !failing => warn!(%error, "cannot tell who has joined; trying on"),
                Err(error) => debug!(%error, "still cannot tell who has joined"),
                Ok(()) if failing => info!("can tell again who has joined"),
                Ok(()) => {}
            }
            failing = outcome.is_err();
            let pause = if failing { PAUSE_AFTER_FAILURE } else { PAUSE };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One look at the rooms that are due: one question which of them exist, then one for each that does.
    async fn look(&self, rooms: &RoomService, personas: &Personas, fleet: &Fleet) -> Result<(), ApiError> {
        let now = self.now();
        let due = self.lock().due(now);
        if due.is_empty() {
            return Ok(());
        }
        let existing = rooms.existing(&due).await?;
        let (existing, empty): (Vec<_>, Vec<_>) = due.into_iter().partition(|room| existing.contains(room.as_str()));
        for room in empty {
            self.lock().seen(now, &room, &[]);
        }
        // A room that cannot be asked about keeps nobody in the others waiting.
        let mut outcome = Ok(());
        for some in existing.chunks(AT_ONCE) {
            let mut questions = JoinSet::new();
            for room in some.iter().cloned() {
                let rooms = rooms.clone();
                questions.spawn(async move { (rooms.present(&room).await, room) });
            }
            while let Some(answered) = questions.join_next().await {
                // A question neither panics nor is aborted while it is waited for.
                let Ok((present, room)) = answered else { continue };
                match present {
                    Ok(present) => self.welcome(personas, fleet, &room, &present).await,
                    Err(error) => outcome = Err(error),
                }
            }
        }
        outcome
    }

    /// Brings the avatar to whoever has newly come.
    async fn welcome(&self, personas: &Personas, fleet: &Fleet, room: &RoomName, present: &[Present]) {
        let now = self.now();
        let arrivals = self.lock().seen(now, room, present);
        self.bring(personas, fleet, room, arrivals).await;
    }

    /// Someone is reported to have joined: the avatar is brought at once, if a token of ours let them in.
    pub async fn joined(&self, personas: &Personas, fleet: &Fleet, room: &RoomName, person: &Present) {
        let now = self.now();
        let arrival = self.lock().joined(now, room, person);
        self.bring(personas, fleet, room, arrival).await;
    }

    async fn bring(
        &self,
        personas: &Personas,
        fleet: &Fleet,
        room: &RoomName,
        arrivals: impl IntoIterator<Item = Arrival>,
    ) {
        for arrival in arrivals {
            let identity = &arrival.identity;
            let named = arrival.avatar.as_ref().and_then(|name| personas.named(name));
            let persona = named.unwrap_or_else(|| personas.default_persona());
            let Some(place) = self.0.quotas.reserve_for_owner(room, |room| fleet.present(room).is_some()) else {
                info!(%room, %identity, "someone joined whose client has as many agents as it may");
                let now = self.now();
                self.lock().declined(now, room);
                return;
            };
            let was_there = fleet.present(room).is_some();
            if fleet.invite(room, persona).await.is_invited() {
                place.keep();
                if was_there {
                    debug!(%room, %identity, "someone joined, the avatar is there");
                } else {
                    info!(%room, %identity, "someone joined, the avatar is invited");
                }
                let now = self.now();
                self.lock().served(now, room, &arrival);
            } else {
                let now = self.now();
                self.lock().declined(now, room);
                return;
            }
        }
    }

    fn now(&self) -> Moment {
        self.0.began.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that is done under the lock can leave it half done.
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
