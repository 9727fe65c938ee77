//! The queue in front of the VAD: live audio and commands in one order. Live audio is bounded by how long it sounds, and the
//! oldest is dropped: what waits here makes the agent late. Commands are never dropped; audio that was held back for
//! pre-connect audio travels as a command and is not bounded here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::command::EarCommand;
use crate::ports::LISTEN_SAMPLE_RATE;

/// Live audio that may wait, in samples: 100 ms. With the transport's 200 ms that is 300 ms in all.
const MAX_LIVE: usize = LISTEN_SAMPLE_RATE as usize / 10;
/// The same while the VAD is still loading, and behind pre-connect audio: 1.5 s. The VAD is much faster than real time, so
/// that this delay is gone as soon as it reads again.
const MAX_CATCH_UP: usize = LISTEN_SAMPLE_RATE as usize * 3 / 2;
/// Commands that may wait. More means that the VAD hangs.
const MAX_COMMANDS: usize = 64;

/// The VAD takes no more commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HearingLost;

enum Item {
    Live { samples: Vec<i16>, arrived: Instant },
    Command(EarCommand),
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    live: usize,
    commands: usize,
    dropped: u64,
    /// The VAD has found the queue empty since it was loaded and since the last pre-connect audio.
    caught_up: bool,
    sender_gone: bool,
    receiver_gone: bool,
}

impl State {
    /// Drops the oldest live audio until the rest is short enough; one piece always stays.
    fn drop_oldest(&mut self) {
        let max_live = if self.caught_up { MAX_LIVE } else { MAX_CATCH_UP };
        while self.live > max_live {
            let mut pieces = self.items.iter().enumerate().filter(|(_, item)| matches!(item, Item::Live { .. }));
            let (Some((oldest, _)), Some(_)) = (pieces.next(), pieces.next()) else { return };
            if let Some(Item::Live { samples, .. }) = self.items.remove(oldest) {
                self.live -= samples.len();
                self.dropped += samples.len() as u64;
            }
        }
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    ready: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dropped with the last sender.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.lock().sender_gone = true;
        self.0.ready.notify_one();
    }
}

/// To the VAD. Clones share the queue.
#[derive(Clone)]
pub struct EarSender(Arc<Open>);

/// What the VAD reads.
pub struct EarReceiver(Arc<Shared>);

/// An empty queue.
#[must_use]
pub fn ear_queue() -> (EarSender, EarReceiver) {
    let shared = Arc::new(Shared::default());
    (EarSender(Arc::new(Open(shared.clone()))), EarReceiver(shared))
}

impl EarSender {
    /// Adds live audio, 16 kHz mono; drops the oldest when too much waits.
    ///
    /// # Errors
    /// [`HearingLost`] when the receiver is gone.
    pub fn hear(&self, samples: Vec<i16>, arrived: Instant) -> Result<(), HearingLost> {
        let mut state = self.0.0.lock();
        if state.receiver_gone {
            return Err(HearingLost);
        }
        state.live += samples.len();
        state.items.push_back(Item::Live { samples, arrived });
        state.drop_oldest();
        drop(state);
        self.0.0.ready.notify_one();
        Ok(())
    }

    /// Adds a command, behind the audio that came before it.
    ///
    /// # Errors
    /// [`HearingLost`] when too many wait, or the receiver is gone.
    pub fn send(&self, command: EarCommand) -> Result<(), HearingLost> {
        let mut state = self.0.0.lock();
        if state.receiver_gone || state.commands >= MAX_COMMANDS {
            return Err(HearingLost);
        }
        state.commands += 1;
        if matches!(command, EarCommand::Recall { .. }) {
            state.caught_up = false;
        }
        state.items.push_back(Item::Command(command));
        drop(state);
        self.0.0.ready.notify_one();
        Ok(())
    }

    /// Samples of live audio that were dropped so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.0.lock().dropped
    }
}

impl EarReceiver {
    /// The next command; `None` when all senders are gone and nothing waits.
    pub async fn recv(&mut self) -> Option<EarCommand> {
        loop {
            {
                let mut state = self.0.lock();
                match state.items.pop_front() {
                    Some(Item::Live { samples, arrived }) => {
                        state.live -= samples.len();
                        return Some(EarCommand::Audio { samples, arrived });
                    }
                    Some(Item::Command(command)) => {
                        state.commands -= 1;
                        return Some(command);
                    }
                    None if state.sender_gone => return None,
                    None => state.caught_up = true,
                }
            }
            self.0.ready.notified().await;
        }
    }
}

impl Drop for EarReceiver {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.receiver_gone = true;
        state.items.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn ms(count: usize) -> Vec<i16> {
        vec![0; count * LISTEN_SAMPLE_RATE as usize / 1000]
    }

    /// What waits: the length of audio in milliseconds, `c` for a command.
    async fn waiting(receiver: &mut EarReceiver) -> Vec<String> {
        let mut found = Vec::new();
        while let Some(command) = receiver.recv().await {
            found.push(match command {
                EarCommand::Audio { samples, .. } => (samples.len() / 16).to_string(),
                _ => "c".to_owned(),
            });
        }
        found
    }

    /// A queue whose reader has found it empty once.
    async fn caught_up() -> (EarSender, EarReceiver) {
        let (sender, mut receiver) = ear_queue();
        assert!(timeout(Duration::ZERO, receiver.recv()).await.is_err(), "nothing was sent yet");
        (sender, receiver)
    }

    #[tokio::test]
    async fn while_the_vad_loads_and_behind_preconnect_audio_more_may_wait() {
        let (sender, mut receiver) = ear_queue();
        for _ in 0..16 {
            sender.hear(ms(100), Instant::now()).unwrap();
        }
        assert_eq!(sender.dropped(), 1_600, "of 1.6 s, 1.5 s wait");
        while timeout(Duration::ZERO, receiver.recv()).await.is_ok() {}
        for _ in 0..2 {
            sender.hear(ms(100), Instant::now()).unwrap();
        }
        assert_eq!(sender.dropped(), 3_200, "the VAD has caught up: 100 ms wait");
        sender.send(EarCommand::Recall { samples: ms(500), arrived: Instant::now() }).unwrap();
        for _ in 0..3 {
            sender.hear(ms(100), Instant::now()).unwrap();
        }
        assert_eq!(sender.dropped(), 3_200, "the VAD is busy with the pre-connect audio");
    }

    #[tokio::test]
    async fn the_oldest_live_audio_is_dropped_and_counted_and_no_command_is() {
        let (sender, mut receiver) = caught_up().await;
        sender.send(EarCommand::Reset).unwrap();
        for length in [10, 15, 20, 25, 30] {
            sender.hear(ms(length), Instant::now()).unwrap();
            sender.send(EarCommand::CloseTurn).unwrap();
        }
        assert_eq!(sender.dropped(), 0);
        sender.hear(ms(10), Instant::now()).unwrap();
        assert_eq!(sender.dropped(), 160, "the first 10 ms");
        sender.hear(ms(15), Instant::now()).unwrap();
        assert_eq!(sender.dropped(), 400, "and the 15 ms behind them");
        drop(sender);
        assert_eq!(waiting(&mut receiver).await, ["c", "c", "c", "20", "c", "25", "c", "30", "c", "10", "15"]);
    }

    #[tokio::test]
    async fn one_long_piece_stays() {
        let (sender, mut receiver) = ear_queue();
        sender.hear(ms(500), Instant::now()).unwrap();
        drop(sender);
        assert_eq!(waiting(&mut receiver).await, ["500"]);
    }

    #[tokio::test]
    async fn too_many_commands_and_a_reader_that_is_gone_are_errors() {
        let (sender, receiver) = ear_queue();
        for _ in 0..MAX_COMMANDS {
            sender.send(EarCommand::Reset).unwrap();
        }
        assert_eq!(sender.send(EarCommand::Reset), Err(HearingLost));
        sender.hear(ms(10), Instant::now()).unwrap();
        drop(receiver);
        assert_eq!(sender.hear(ms(10), Instant::now()), Err(HearingLost));
    }

    #[tokio::test]
    async fn a_reader_that_waits_is_woken() {
        let (sender, mut receiver) = ear_queue();
        let reader = tokio::spawn(async move { (receiver.recv().await.is_some(), receiver.recv().await.is_none()) });
        tokio::task::yield_now().await;
        sender.send(EarCommand::Reset).unwrap();
        tokio::task::yield_now().await;
        drop(sender);
        assert_eq!(reader.await.unwrap(), (true, true));
    }
}
