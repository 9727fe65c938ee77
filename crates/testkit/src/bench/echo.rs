//! The floor under every gap: how long a sound takes to a participant of the room and back, with nothing done to it.
//!
//! ```text
//!  caller ── burst, 10 ms frames ──> SFU ──> echo peer (sends each frame back at once) ──> SFU ──> caller's ear
//! ```

use std::time::Duration;

use anyhow::{Context as _, bail};
use room::{
    AudioPublishOptions, AudioStream, ConnectOptions, Connection, RoomConnector, RoomEvent, RoomEvents, TrackKind,
};
use tokio::time::Instant;

use crate::measure::{Arrival, gated_spans, place_frames, render};
use crate::sfu::LivekitServer;
use crate::wav::ROOM_SAMPLE_RATE;

/// Samples in 10 ms at 48 kHz.
const FRAME: usize = 480;
const FRAME_TIME: Duration = Duration::from_millis(10);
/// Frames before the first burst: the jitter buffers settle.
const SETTLE: usize = 200;
/// A burst begins every second and lasts 0.3 s.
const PERIOD: usize = 100;
const BURST: usize = 30;
/// How many bursts.
const BURSTS: usize = 15;
/// Silence of this many samples (100 ms) ends a burst.
const HANGOVER: u64 = 4_800;
/// Frames that may wait to be read: 2 s.
const QUEUE_FRAMES: usize = 200;
/// Joining, and hearing each other's track.
const JOIN_DEADLINE: Duration = Duration::from_secs(15);
/// One frame handed to the library.
const CAPTURE_DEADLINE: Duration = Duration::from_secs(2);

/// There and back, once for each burst that was heard, in milliseconds. Takes some 20 s, on a LiveKit server of its own.
///
/// # Errors
/// When the room can't be joined, or hardly a burst came back.
pub(super) async fn round_trips(connector: &dyn RoomConnector) -> anyhow::Result<Vec<f64>> {
    let sfu = LivekitServer::start().await?;
    let join = |who: &'static str| {
        let (url, token) = (sfu.url(), sfu.token(who, "echo"));
        let options = ConnectOptions { auto_subscribe: true, timeout: JOIN_DEADLINE };
        async move { connector.connect(&url, &token, options).await }
    };
    let Connection { room: echo_room, events: mut echo_events } = join("echo").await?;
    let Connection { room: caller_room, events: mut caller_events } = join("caller").await?;
    // A queue of 0 ms: a frame leaves in the moment in which it is handed over.
    let options = |name: &str| AudioPublishOptions { name: name.to_owned(), queue_ms: 0 };
    let mouth = echo_room.publish_audio(options("echo")).await?;
    let microphone = caller_room.publish_audio(options("microphone")).await?;

    let begun = Instant::now();
    let echo = async {
        let mut stream = subscribed(&mut echo_events).await?;
        while let Some(frame) = stream.1.next().await {
            if frame.samples.len() == FRAME {
                tokio::time::timeout(CAPTURE_DEADLINE, mouth.capture(&frame.samples)).await??;
            }
        }
        anyhow::Ok(())
    };
    let ear = async {
        let mut stream = subscribed(&mut caller_events).await?;
        let mut heard = Heard::default();
        let until = begun + FRAME_TIME * u32::try_from(SETTLE + (BURSTS + 1) * PERIOD)?;
        while let Ok(Some(frame)) = tokio::time::timeout_at(until, stream.1.next()).await {
            heard.arrivals.push(Arrival { at: samples(begun.elapsed()), len: frame.samples.len() });
            heard.frames.push(frame.samples);
        }
        anyhow::Ok(heard)
    };
    let speak = async {
        let mut sent = Vec::new();
        for number in 0..SETTLE + BURSTS * PERIOD {
            tokio::time::sleep_until(begun + FRAME_TIME * u32::try_from(number + 1)?).await;
            // As with a real microphone, the frame holds the 10 ms before it is handed over.
            let from = begun.elapsed().saturating_sub(FRAME_TIME);
            if starts_burst(number) {
                sent.push(samples(from));
            }
            tokio::time::timeout(CAPTURE_DEADLINE, microphone.capture(&frame(number))).await??;
        }
        anyhow::Ok(sent)
    };
    // The echo never ends by itself: it is dropped with the others' end.
    let (heard, sent) = tokio::select! {
        both = async { tokio::try_join!(ear, speak) } => both?,
        ended = echo => { ended?; bail!("the echo peer stopped hearing the caller") }
    };
    // Their tracks and streams go with them; a good-bye that fails changes no figure.
    drop((mouth, microphone));
    drop(tokio::join!(echo_room.disconnect(), caller_room.disconnect()));
    let delays = heard.delays(&sent);
    if delays.len() * 2 < BURSTS {
        bail!("only {} of {BURSTS} bursts came back from the echo peer", delays.len());
    }
    Ok(delays)
}

/// Waits for somebody's audio track; the track has to live as long as its stream.
async fn subscribed(events: &mut RoomEvents) -> anyhow::Result<(std::sync::Arc<dyn room::RemoteTrack>, AudioStream)> {
    let deadline = Instant::now() + JOIN_DEADLINE;
    loop {
        let event = tokio::time::timeout_at(deadline, events.recv()).await.context("nobody's track came")?;
        let event = event.context("the room ended")?;
        if let RoomEvent::TrackSubscribed { track, .. } = event
            && track.kind() == TrackKind::Audio
        {
            let stream = track.audio(ROOM_SAMPLE_RATE, 10, QUEUE_FRAMES)?;
            return Ok((track, stream));
        }
    }
}

/// What came back, with arrival times.
#[derive(Default)]
struct Heard {
    arrivals: Vec<Arrival>,
    frames: Vec<Vec<i16>>,
}

impl Heard {
    /// For each burst sent at one of these samples: until its first sample was heard, in milliseconds.
    fn delays(&self, sent: &[u64]) -> Vec<f64> {
        let starts = place_frames(&self.arrivals);
        let end =
            starts.iter().zip(&self.frames).map(|(start, frame)| *start as usize + frame.len()).max().unwrap_or(0);
        let track = render(starts.into_iter().zip(self.frames.iter().map(Vec::as_slice)), end);
        let heard = gated_spans(&track, FRAME, HANGOVER);
        let delay = |sent: &u64| {
            let after = heard.iter().map(|span| span.start as u64).find(|start| start >= sent)?;
            (after - sent < (PERIOD * FRAME) as u64)
                .then(|| (after - sent) as f64 * 1000.0 / f64::from(ROOM_SAMPLE_RATE))
        };
        sent.iter().filter_map(delay).collect()
    }
}

fn starts_burst(number: usize) -> bool {
    number >= SETTLE && (number - SETTLE).is_multiple_of(PERIOD)
}

/// The frame with this number: a tone rich in harmonics (150 Hz) within a burst, a very low noise otherwise.
fn frame(number: usize) -> [i16; FRAME] {
    let sounding = number >= SETTLE && (number - SETTLE) % PERIOD < BURST;
    std::array::from_fn(|index| {
        let position = number * FRAME + index;
        let ramp = i16::try_from(position % 320).unwrap_or_default();
        if sounding { (ramp - 160) * 50 } else { i16::from(position.is_multiple_of(7)) }
    })
}

/// A time as samples.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time of some seconds, never negative")]
fn samples(time: Duration) -> u64 {
    (time.as_secs_f64() * f64::from(ROOM_SAMPLE_RATE)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_that_comes_back_later_is_found_and_one_that_is_lost_is_left_out() {
        let late = 40;
        let mut heard = Heard::default();
        let lost = SETTLE + PERIOD..SETTLE + 2 * PERIOD;
        for number in 0..SETTLE + 3 * PERIOD {
            let came = if lost.contains(&number) { [0; FRAME] } else { frame(number) };
            heard.arrivals.push(Arrival { at: ((number + 1 + late) * FRAME) as u64, len: FRAME });
            heard.frames.push(came.to_vec());
        }
        let sent: Vec<u64> = (0..SETTLE + 3 * PERIOD)
            .filter(|number| starts_burst(*number))
            .map(|number| (number * FRAME) as u64)
            .collect();
        let delays = heard.delays(&sent);
        assert_eq!(delays.len(), 2, "{delays:?}");
        assert!(delays.iter().all(|delay| (delay - 400.0).abs() < 2.0), "{delays:?}");
    }
}
