//! What our agent knows of the participant that is to be its voice and face. Pure but for a lock and a wake-up: it is told what
//! happens in the room, and is asked by playout and by whoever waits for the avatar.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use proto::avatar::{ANSWER_OK, ANSWER_REJECT, METHOD_PLAYBACK_FINISHED, METHOD_PLAYBACK_STARTED, PlaybackFinished};
use room::{ParticipantKind, RoomEvent, RpcFault, TrackKind};
use telemetry::events::AvatarLoss;
use tokio::sync::watch;

/// News that may wait for playout: two for each segment, of which few are ever under way.
const MOST_NEWS: usize = 64;

/// What the avatar told of the voice.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// A segment begins to sound.
    Started(Instant),
    /// A segment is over.
    Finished(PlaybackFinished),
    /// It was asked to be silent, and could not be reached.
    NotCleared,
}

/// How things stand with the avatar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has not joined, or shows nothing yet.
    Awaited,
    /// It is there, and it is seen.
    Ready,
    /// It is given up; for good.
    Lost(AvatarLoss),
}

struct State {
    present: bool,
    has_video: bool,
    audio_sid: Option<String>,
    news: VecDeque<News>,
}

/// A remote avatar, shared between the call, playout and those who wait for it.
#[derive(Clone)]
pub struct AvatarPeer {
    identity: Arc<str>,
    state: Arc<Mutex<State>>,
    standing: Arc<watch::Sender<Standing>>,
}

impl AvatarPeer {
    /// An avatar that is to join under this identity.
    #[must_use]
    pub fn new(identity: &str) -> Self {
        let state = State { present: false, has_video: false, audio_sid: None, news: VecDeque::new() };
        Self {
            identity: identity.into(),
            state: Arc::new(Mutex::new(state)),
            standing: Arc::new(watch::channel(Standing::Awaited).0),
        }
    }

    /// Its identity.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Takes what happens in the room. Only a participant of kind agent is taken for the avatar: people can't pose as it.
    pub fn observe(&self, event: &RoomEvent) {
        match event {
            RoomEvent::ParticipantConnected(info) if *info.identity == *self.identity => {
                if info.kind == ParticipantKind::Agent {
                    self.lock().present = true;
                } else {
                    tracing::warn!(identity = info.identity, "a participant with the avatar's identity is no agent");
                }
            }
            RoomEvent::TrackSubscribed { identity, info, .. } if **identity == *self.identity => {
                let mut state = self.lock();
                match info.kind {
                    TrackKind::Video => state.has_video = true,
                    TrackKind::Audio => state.audio_sid = Some(info.sid.clone()),
                }
            }
            RoomEvent::ParticipantDisconnected { identity, .. } if **identity == *self.identity => {
                let mut state = self.lock();
                (state.present, state.has_video, state.audio_sid) = (false, false, None);
                drop(state);
                if self.standing() == Standing::Ready {
                    self.lose(AvatarLoss::Left);
                }
            }
            _ => return,
        }
        let seen = {
            let state = self.lock();
            state.present && state.has_video
        };
        if seen {
            self.standing.send_if_modified(|standing| {
                let awaited = *standing == Standing::Awaited;
                if awaited {
                    *standing = Standing::Ready;
                }
                awaited
            });
        }
    }

    /// Answers a call of a method of ours; `None` when the method has nothing to do with avatars.
    pub fn called(&self, caller: &str, method: &str, payload: &str, now: Instant) -> Option<Result<String, RpcFault>> {
        if method != METHOD_PLAYBACK_STARTED && method != METHOD_PLAYBACK_FINISHED {
            return None;
        }
        if *caller != *self.identity || !self.lock().present {
            return Some(Ok(ANSWER_REJECT.to_owned()));
        }
        let news = if method == METHOD_PLAYBACK_STARTED {
            News::Started(now)
        } else {
            match PlaybackFinished::parse(payload) {
                Some(finished) => News::Finished(finished),
                None => return Some(Err(RpcFault::new(RpcFault::APPLICATION, "the payload is no end of a segment"))),
            }
        };
        self.add(news);
        Some(Ok(ANSWER_OK.to_owned()))
    }

    /// What was told since the last call.
    pub(super) fn take_news(&self) -> VecDeque<News> {
        std::mem::take(&mut self.lock().news)
    }

    /// It could not be reached when it was asked to be silent.
    pub(super) fn not_cleared(&self) {
        self.add(News::NotCleared);
    }

    fn add(&self, news: News) {
        let mut state = self.lock();
        // An avatar that tells ever more without being spoken to loses the oldest of it.
        if state.news.len() == MOST_NEWS {
            state.news.pop_front();
        }
        state.news.push_back(news);
    }

    /// The id of the track that carries the voice, as captions name it; empty when there is none.
    #[must_use]
    pub fn audio_sid(&self) -> String {
        self.lock().audio_sid.clone().unwrap_or_default()
    }

    /// How things stand.
    #[must_use]
    pub fn standing(&self) -> Standing {
        *self.standing.borrow()
    }

    /// Gives the avatar up. Only the first reason counts.
    pub fn lose(&self, loss: AvatarLoss) {
        self.standing.send_if_modified(|standing| {
            let first = !matches!(standing, Standing::Lost(_));
            if first {
                *standing = Standing::Lost(loss);
            }
            first
        });
    }

    /// Resolves when the avatar is lost.
    pub async fn lost(&self) -> AvatarLoss {
        let mut standing = self.standing.subscribe();
        loop {
            if let Standing::Lost(loss) = *standing.borrow_and_update() {
                return loss;
            }
            if standing.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until it is there and seen; gives it up when it is not within `patience`.
    pub async fn await_ready(&self, patience: Duration) -> Standing {
        let mut standing = self.standing.subscribe();
        // The sender is ours too: the wait can't fail.
        let decided = standing.wait_for(|standing| *standing != Standing::Awaited);
        if tokio::time::timeout(patience, decided).await.is_err() {
            let joined = self.lock().present;
            self.lose(if joined { AvatarLoss::NoVideo } else { AvatarLoss::NeverJoined });
        }
        self.standing()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use room::{Attributes, DisconnectReason, ParticipantInfo};

    use super::*;

    const FINISHED: &str = r#"{"playback_position":1.5,"interrupted":false,"synchronized_transcript":null}"#;

    fn joins(identity: &str, kind: ParticipantKind) -> RoomEvent {
        RoomEvent::ParticipantConnected(ParticipantInfo {
            identity: identity.into(),
            name: String::new(),
            sid: "PA_1".into(),
            kind,
            attributes: Attributes::new(),
        })
    }

    fn leaves(identity: &str) -> RoomEvent {
        RoomEvent::ParticipantDisconnected { identity: identity.into(), reason: DisconnectReason::ClientInitiated }
    }

    fn ready() -> AvatarPeer {
        let peer = AvatarPeer::new("tavus-avatar-agent");
        peer.observe(&joins("tavus-avatar-agent", ParticipantKind::Agent));
        peer.lock().has_video = true;
        peer.observe(&joins("tavus-avatar-agent", ParticipantKind::Agent));
        peer
    }

    #[tokio::test]
    async fn an_avatar_that_does_not_come_or_is_not_seen_is_given_up() {
        let peer = AvatarPeer::new("a");
        peer.observe(&joins("b", ParticipantKind::Agent));
        peer.observe(&joins("a", ParticipantKind::Standard));
        assert_eq!(peer.await_ready(Duration::ZERO).await, Standing::Lost(AvatarLoss::NeverJoined));
        let peer = AvatarPeer::new("a");
        peer.observe(&joins("a", ParticipantKind::Agent));
        assert_eq!(peer.await_ready(Duration::ZERO).await, Standing::Lost(AvatarLoss::NoVideo));
    }

    #[tokio::test]
    async fn an_avatar_that_leaves_is_lost_for_good() {
        let peer = ready();
        assert_eq!(peer.await_ready(Duration::ZERO).await, Standing::Ready);
        peer.observe(&leaves("somebody"));
        assert_eq!(peer.standing(), Standing::Ready);
        peer.observe(&leaves("tavus-avatar-agent"));
        assert_eq!(peer.lost().await, AvatarLoss::Left);
        peer.observe(&joins("tavus-avatar-agent", ParticipantKind::Agent));
        peer.lose(AvatarLoss::Unresponsive);
        assert_eq!(peer.standing(), Standing::Lost(AvatarLoss::Left));
    }

    #[test]
    fn only_the_avatar_itself_tells_of_its_playing() {
        let peer = ready();
        let now = Instant::now();
        let called = |caller: &str, method: &str, payload: &str| peer.called(caller, method, payload, now);
        assert_eq!(called("mallory", METHOD_PLAYBACK_STARTED, ""), Some(Ok("reject".into())));
        assert_eq!(called("tavus-avatar-agent", "start_turn", ""), None);
        assert_eq!(called("tavus-avatar-agent", METHOD_PLAYBACK_STARTED, ""), Some(Ok("ok".into())));
        assert_eq!(called("tavus-avatar-agent", METHOD_PLAYBACK_FINISHED, FINISHED), Some(Ok("ok".into())));
        assert!(called("tavus-avatar-agent", METHOD_PLAYBACK_FINISHED, "{}").unwrap().is_err());
        let finished = PlaybackFinished { playback_position: 1.5, interrupted: false, synchronized_transcript: None };
        assert_eq!(peer.take_news(), [News::Started(now), News::Finished(finished)]);
        assert!(peer.take_news().is_empty());
    }

    #[test]
    fn a_flood_of_news_is_bounded() {
        let peer = ready();
        for _ in 0..1_000 {
            peer.called("tavus-avatar-agent", METHOD_PLAYBACK_FINISHED, FINISHED, Instant::now());
        }
        assert_eq!(peer.take_news().len(), MOST_NEWS);
    }
}
