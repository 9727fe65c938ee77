//! `face`: what the face costs, how smoothly it comes, and how well its lips fit the sound, all as received in a room.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use proto::room::AgentState;

use super::face_call::{FaceCall, Watched, interrupted};
use super::face_stalls::{self, Stalls};
use super::phrases::{self, PHRASES};
use super::render::render_p95_ms;
use super::report::percentile;
use super::{Report, Row};
use crate::caller::Utterance;
use crate::odd_sounds::silence;

/// What the agent says first: words whose p and b stand between vowels, and hold no other sound that stops the voice.
const PROBES: &str = "Papa, puppy, baby, bobby, poppy, hobby, ruby, rubber, upper, happy, paper, pepper, people, bubble, \
    rabbi, lobby, hippo, zebra.";
/// The face is watched while nothing is said for so long.
const STILL: Duration = Duration::from_secs(20);
/// Interruptions of an hour's call.
const SOAK_INTERRUPTIONS: usize = 115;
/// What a worker does first (engines warm up, caches fill) is no growth.
const WARM: Duration = Duration::from_secs(300);

/// Makes one call with `interruptions` interruptions, about two a minute, and one in which worker and room are held up, and
/// reports.
///
/// # Errors
/// When the stack can't be started, or a call can't be made at all.
pub async fn face(interruptions: usize, progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let render = tokio::task::spawn_blocking(render_p95_ms).await.context("drawing")??;
    progress(format!("drawn without a room: {render:.2} ms a picture at p95"));
    let stalls = face_stalls::watch(progress).await?;
    let watched = call(interruptions).await?;
    tell(&watched, progress);
    Ok(Report::here("face", rows(&watched, render, &stalls)))
}

/// Makes one call of an hour, and reports what changed in it.
///
/// # Errors
/// As [`face`].
pub async fn face_soak(progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let watched = call(SOAK_INTERRUPTIONS).await?;
    tell(&watched, progress);
    Ok(Report::here("face-soak", soak_rows(&watched)))
}

async fn call(interruptions: usize) -> anyhow::Result<Watched> {
    let call = FaceCall::start(PROBES).await?;
    let plan = call.plan();
    let plan = tokio::task::spawn_blocking(move || interrupted(plan.utter(late_question()?), interruptions)).await??;
    call.make(plan, &mut |_| {}).await
}

/// Silence, and then something to answer.
fn late_question() -> anyhow::Result<Utterance> {
    let Utterance::Clip { words, samples } = phrases::cut(PHRASES[0])? else {
        anyhow::bail!("a phrase is a clip");
    };
    Ok(Utterance::Clip { words, samples: Arc::new([silence(STILL).as_slice(), &samples].concat()) })
}

fn tell(watched: &Watched, progress: &mut (dyn FnMut(String) + Send)) {
    if let Some(sync) = watched.report.face.as_ref().and_then(|face| face.sync.as_ref()) {
        progress(format!(
            "skew by tenths of the call: {:?} ms; {} of {} pictures judged",
            sync.by_tenths_ms, sync.judged, sync.stamped
        ));
    }
    let shut: Vec<String> = watched
        .report
        .interruptions
        .iter()
        .map(|one| one.mouth_shut_ms.map_or("-".to_owned(), |ms| format!("{ms:.0}")))
        .collect();
    progress(format!("the mouth was shut after the last sound of each interruption: {} ms", shut.join(", ")));
}

fn rows(watched: &Watched, render: f64, stalls: &Stalls) -> Vec<Row> {
    let face = watched.report.face.as_ref();
    let sync = face.and_then(|face| face.sync.as_ref());
    let mut rows = vec![Row::new("render_p95_ms", Some(render), "ms", Some(6.0))];
    rows.extend(pace_rows(watched));
    rows.push(Row::new("first_frame_ms", face.and_then(|face| face.first_frame_ms), "ms", Some(300.0)));
    rows.extend(skew_rows(watched));
    rows.extend([
        Row::new(
            "skew_of_lips_seen_ms",
            sync.and_then(|sync| Some(sync.sound_leads_lips_ms? - sync.drawn_ahead_ms?)),
            "ms",
            None,
        ),
        Row::new("lips_drawn_ahead_ms", sync.and_then(|sync| sync.drawn_ahead_ms).map(|ms| -ms), "ms", None),
        Row::new(
            "closures_seen_share",
            sync.filter(|sync| sync.closures_heard > 0)
                .map(|sync| sync.closures_seen as f64 / sync.closures_heard as f64),
            "share",
            Some(1.0),
        ),
        Row::new("closures_heard", sync.map(|sync| sync.closures_heard as f64), "closures", None),
        Row::new("mouth_shut_p50_ms", mouth_shut(watched, 0.5), "ms", None),
        Row::new("mouth_shut_p95_ms", mouth_shut(watched, 0.95), "ms", Some(120.0)),
    ]);
    rows.extend(stalls.rows());
    rows.extend(extent_rows(watched));
    rows
}

/// What drawing and encoding cost, and how smoothly the pictures come.
fn pace_rows(watched: &Watched) -> [Row; 4] {
    let face = watched.report.face.as_ref();
    [
        Row::new("speaking_core_share", watched.core_share(&[AgentState::Speaking]), "share", Some(0.20)),
        Row::new(
            "idle_core_share",
            watched.core_share(&[AgentState::Listening, AgentState::Idle]),
            "share",
            Some(0.08),
        ),
        Row::new("fps_p5", face.and_then(|face| face.fps_p5), "frames/s", Some(25.0)),
        Row::new("fps_idle_p5", face.and_then(|face| face.fps_idle_p5), "frames/s", Some(15.0)),
    ]
}

fn skew_rows(watched: &Watched) -> [Row; 3] {
    let sync = watched.report.face.as_ref().and_then(|face| face.sync.as_ref());
    [
        Row::new("skew_p1_ms", sync.and_then(|sync| sync.skew_p1_ms), "ms", Some(-60.0)),
        Row::new("skew_p50_ms", sync.and_then(|sync| sync.skew_p50_ms), "ms", None),
        Row::new("skew_p99_ms", sync.and_then(|sync| sync.skew_p99_ms), "ms", Some(40.0)),
    ]
}

fn extent_rows(watched: &Watched) -> [Row; 3] {
    let sync = watched.report.face.as_ref().and_then(|face| face.sync.as_ref());
    let silences = watched.report.interruptions.iter().filter(|one| one.silence_ms.is_some()).count();
    [
        Row::new("pictures_judged", sync.map(|sync| sync.judged as f64), "frames", None),
        Row::new("interruptions", Some(silences as f64), "turns", None),
        Row::new("length_s", Some(watched.report.length_ms / 1e3), "s", None),
    ]
}

/// From the last sound to a shut mouth, of all interruptions.
fn mouth_shut(watched: &Watched, share: f64) -> Option<f64> {
    let all: Vec<f64> = watched.report.interruptions.iter().filter_map(|one| one.mouth_shut_ms).collect();
    percentile(&all, share)
}

fn soak_rows(watched: &Watched) -> Vec<Row> {
    let face = watched.report.face.as_ref();
    let tenths = face.and_then(|face| face.sync.as_ref()).map(|sync| sync.by_tenths_ms.as_slice()).unwrap_or_default();
    let drift = tenths.first().zip(tenths.last()).map(|(first, last)| last - first);
    let warm: Vec<f64> = watched.memory.iter().filter(|(at, _)| *at >= WARM).map(|(_, pss)| *pss).collect();
    let tenth = (warm.len() / 10).max(1).min(warm.len());
    let (early, late) = (percentile(&warm[..tenth], 0.5), percentile(&warm[warm.len() - tenth..], 0.5));
    let mut rows = vec![
        Row::new("pss_after_5_min_mib", early, "MiB", None),
        Row::new("pss_at_end_mib", late, "MiB", None),
        Row::new("pss_peak_mib", percentile(&warm, 1.0), "MiB", None),
        Row::new("pss_growth_mib", late.zip(early).map(|(late, early)| late - early), "MiB", None),
        Row::new("drift_ms", drift, "ms", None),
        Row::new("longest_freeze_ms", face.and_then(|face| face.longest_freeze_ms), "ms", None),
        Row::new("mouth_shut_p95_ms", mouth_shut(watched, 0.95), "ms", Some(120.0)),
    ];
    rows.extend(pace_rows(watched));
    rows.extend(skew_rows(watched));
    rows.extend(extent_rows(watched));
    rows
}
