//! The language model waits while the first clause of a reply is made into sound: both want every core, and the user waits for
//! the sound, not for the second clause.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use dialogue::SpeechId;

/// The language model waits this long at most: a voice that takes longer is stuck, or is not wanted any more.
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// Tells the language model that a speech has begun to be sound. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct FirstSound(Arc<(Mutex<Option<SpeechId>>, Condvar)>);

impl FirstSound {
    /// The first samples of this speech are made, or never will be.
    pub fn made(&self, speech: SpeechId) {
        let (newest, changed) = &*self.0;
        let mut newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = (*newest).max(Some(speech));
        changed.notify_all();
    }

    /// Waits until the first samples of this speech, or of a later one, are made.
    pub fn wait_for(&self, speech: SpeechId) {
        let (newest, changed) = &*self.0;
        let newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
        // A time-out is as good: the model goes on.
        let _ = changed.wait_timeout_while(newest, LONGEST_WAIT, |newest| *newest < Some(speech));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_after_the_sound_does_not_wait() {
        let sound = FirstSound::default();
        sound.made(SpeechId(2));
        let began = std::time::Instant::now();
        sound.wait_for(SpeechId(1));
        sound.wait_for(SpeechId(2));
        assert!(began.elapsed() < LONGEST_WAIT, "it waited");
    }

    #[test]
    fn the_model_goes_on_when_the_sound_is_made() {
        let sound = FirstSound::default();
        let model = {
            let sound = sound.clone();
            std::thread::spawn(move || sound.wait_for(SpeechId(1)))
        };
        sound.made(SpeechId(1));
        assert!(model.join().is_ok());
    }
}
