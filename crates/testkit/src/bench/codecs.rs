//! `codecs`: what encoding the face costs and how good it looks to a subscriber, for each codec and size, through a real SFU.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use assets::{Asset, Assets};
use face::I420Frame;
use room::ffi::FfiConnector;
use room::{
    ConnectOptions, Connection, FrameStamp, I420View, RemoteTrack, RoomConnector, RoomEvent, RoomEvents, TrackKind,
    VideoCodec, VideoFrame, VideoPublishOptions, VideoPublisher, VideoStream,
};

use super::render::Puppet;
use super::threads::{ThreadSampler, core_share};
use super::{Report, Row, percentile};
use crate::sfu::LivekitServer;

/// Sizes in pixels, and bits a second at most, as in calls.
const BITRATES: [(u32, u64); 3] = [(256, 424_000), (512, 1_200_000), (720, 2_000_000)];
/// The encoder and the SFU's estimate of the way settle.
const SETTLE: Duration = Duration::from_secs(14);
/// How long is measured.
const MEASURED: Duration = Duration::from_secs(12);
/// Between two pictures.
const PERIOD: Duration = Duration::from_millis(40);
/// Pictures that are kept to be compared with what arrives.
const KEPT: usize = 50;
/// Joining, and seeing the track.
const JOIN_DEADLINE: Duration = Duration::from_secs(15);

/// One way to publish.
#[derive(Debug, Clone, Copy)]
struct Setup {
    name: &'static str,
    codec: VideoCodec,
    size: u32,
    simulcast: bool,
}

const SETUPS: [Setup; 8] = [
    Setup { name: "h264_256", codec: VideoCodec::H264, size: 256, simulcast: false },
    Setup { name: "vp8_256", codec: VideoCodec::Vp8, size: 256, simulcast: false },
    Setup { name: "h264_512", codec: VideoCodec::H264, size: 512, simulcast: false },
    Setup { name: "vp8_512", codec: VideoCodec::Vp8, size: 512, simulcast: false },
    Setup { name: "h264_512_simulcast", codec: VideoCodec::H264, size: 512, simulcast: true },
    Setup { name: "vp8_512_simulcast", codec: VideoCodec::Vp8, size: 512, simulcast: true },
    Setup { name: "h264_720", codec: VideoCodec::H264, size: 720, simulcast: false },
    Setup { name: "vp8_720", codec: VideoCodec::Vp8, size: 720, simulcast: false },
];

/// The luma of pictures that were sent, by their number.
type Sent = Arc<Mutex<VecDeque<(u64, Vec<u8>)>>>;

/// What a subscriber of one setup saw.
#[derive(Debug, Default)]
struct Seen {
    pictures: u32,
    psnr: Vec<f64>,
    other_size: u32,
}

/// Publishes a speaking face in each way in turn, to one subscriber, and reports.
///
/// # Errors
/// When a room can't be joined.
pub async fn codecs(progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let connector = FfiConnector::load(&Assets::open()?.path(Asset::LivekitFfi)?)?;
    let mut rows = Vec::new();
    for setup in SETUPS {
        let found = measure(&connector, setup).await.with_context(|| setup.name.to_owned())?;
        progress(format!("{}: {}", setup.name, told(&found)));
        rows.extend(found);
    }
    Ok(Report::here("codecs", rows))
}

fn told(rows: &[Row]) -> String {
    let figures = rows.iter().map(|row| format!("{} {}", row.measured.unwrap_or_default(), row.unit));
    figures.collect::<Vec<_>>().join(", ")
}

async fn measure(connector: &FfiConnector, setup: Setup) -> anyhow::Result<Vec<Row>> {
    let sfu = LivekitServer::start().await?;
    let (url, options) = (sfu.url(), ConnectOptions { timeout: JOIN_DEADLINE, ..ConnectOptions::default() });
    let Connection { room: agent, events: _agent_events } =
        connector.connect(&url, &sfu.agent_token("agent", "codecs"), options.clone()).await?;
    let Connection { room: viewer, mut events } = connector.connect(&url, &sfu.token("ada", "codecs"), options).await?;
    let publisher: Arc<dyn VideoPublisher> = Arc::from(agent.publish_video(publish_options(setup)).await?);
    let sent = Sent::default();
    let drawing = std::thread::spawn({
        let (sent, publisher) = (sent.clone(), publisher.clone());
        move || draw(setup.size, &*publisher, &sent)
    });
    // The stream ends with its track.
    let (_track, mut stream) = subscribed(&mut events).await?;
    // All encoders of this process are of this one track.
    let sampler = ThreadSampler::start(|| Some(std::process::id()), |name| name.contains("Encoder"));
    watch(&mut stream, &sent, setup.size, SETTLE).await;
    let from = Instant::now();
    let seen = watch(&mut stream, &sent, setup.size, MEASURED).await;
    let until = Instant::now();
    let share = core_share(&sampler.finish(), &[(from, until)]);
    agent.disconnect().await?;
    viewer.disconnect().await?;
    // It ends with the room.
    if tokio::task::spawn_blocking(move || drawing.join()).await?.is_err() {
        bail!("drawing broke off");
    }
    let row = |what: &str, measured, unit| Row::new(&format!("{}_{what}", setup.name), measured, unit, None);
    Ok(vec![
        row("encode_core_share", share, "share"),
        row("fps", Some(f64::from(seen.pictures) / (until - from).as_secs_f64()), "frames/s"),
        row("psnr_p50_db", percentile(&seen.psnr, 0.5), "dB"),
        row("psnr_p5_db", percentile(&seen.psnr, 0.05), "dB"),
        row("pictures_of_another_size", Some(f64::from(seen.other_size)), "frames"),
    ])
}

fn publish_options(setup: Setup) -> VideoPublishOptions {
    let bitrate = BITRATES.iter().find(|(size, _)| *size == setup.size);
    VideoPublishOptions {
        name: "face".into(),
        width: setup.size,
        height: setup.size,
        max_framerate: 30.0,
        max_bitrate: bitrate.map_or(0, |(_, bits)| *bits),
        codec: setup.codec,
        simulcast: setup.simulcast,
        user_timestamps: true,
    }
}

/// Draws until the room is over.
fn draw(size: u32, publisher: &dyn VideoPublisher, sent: &Sent) -> anyhow::Result<()> {
    let (mut puppet, mut frame) = (Puppet::new(size)?, I420Frame::new(size, size));
    let began = Instant::now();
    for number in 1.. {
        let at = PERIOD * number;
        std::thread::sleep((began + at).saturating_duration_since(Instant::now()));
        puppet.draw(at, &mut frame)?;
        let number = u64::from(number);
        {
            let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
            if sent.len() == KEPT {
                sent.pop_front();
            }
            sent.push_back((number, frame.y.clone()));
        }
        let timestamp_us = i64::try_from(at.as_micros())?;
        let view = I420View {
            width: size,
            height: size,
            y: &frame.y,
            u: &frame.u,
            v: &frame.v,
            stride_y: size,
            stride_uv: size / 2,
        };
        if publisher.capture(view, FrameStamp { timestamp_us, user_timestamp: Some(number) }).is_err() {
            break;
        }
    }
    Ok(())
}

async fn subscribed(events: &mut RoomEvents) -> anyhow::Result<(Arc<dyn RemoteTrack>, VideoStream)> {
    let found = async {
        while let Some(event) = events.recv().await {
            if let RoomEvent::TrackSubscribed { track, .. } = event
                && track.kind() == TrackKind::Video
            {
                let stream = track.video(8)?;
                return Ok((track, stream));
            }
        }
        bail!("the room is over")
    };
    tokio::time::timeout(JOIN_DEADLINE, found).await.context("the face was not seen")?
}

async fn watch(stream: &mut VideoStream, sent: &Sent, size: u32, length: Duration) -> Seen {
    let until = tokio::time::Instant::now() + length;
    let mut seen = Seen::default();
    while let Ok(Some(frame)) = tokio::time::timeout_at(until, stream.next()).await {
        seen.pictures += 1;
        if (frame.width, frame.height) != (size, size) {
            seen.other_size += 1;
            continue;
        }
        let sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
        seen.psnr.extend(original(&sent, &frame).map(|luma| psnr(luma, &frame.data[..luma.len()])));
    }
    seen
}

fn original<'a>(sent: &'a VecDeque<(u64, Vec<u8>)>, frame: &VideoFrame) -> Option<&'a [u8]> {
    let wanted = frame.user_timestamp?;
    sent.iter().find(|(number, _)| *number == wanted).map(|(_, luma)| luma.as_slice())
}

/// The peak signal-to-noise ratio of two planes of the same size, in dB; the same plane twice has 100.
fn psnr(a: &[u8], b: &[u8]) -> f64 {
    let squares: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    let mean = squares as f64 / a.len().max(1) as f64;
    if mean > 0.0 { (10.0 * (255.0 * 255.0 / mean).log10()).min(100.0) } else { 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_is_off_by_one_everywhere_has_48_db() {
        assert!((psnr(&[10; 64], &[11; 64]) - 48.13).abs() < 0.01);
        assert_eq!(psnr(&[10; 64], &[10; 64]), 100.0);
    }
}
