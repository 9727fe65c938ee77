//! The scripted caller against a real LiveKit server and an agent whose truth is known.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::support::{FRAME, beep, beeping_agent, token_service};
use assets::{Asset, Assets};
use proto::http::JoinRoomResponse;
use proto::names::RoomName;
use room::ffi::FfiConnector;
use testkit::caller::{CallReport, CallerPlan, Outcome, run};
use testkit::sfu::LivekitServer;
use testkit::wav::write_stereo;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_measured_as_it_was() {
    let library = Assets::open().unwrap().path(Asset::LivekitFfi).expect("run `cargo xtask assets`");
    let connector = FfiConnector::load(&library).unwrap();
    let server = LivekitServer::start().await.unwrap();
    let answer = JoinRoomResponse {
        token: server.token("ada", "studio"),
        room_name: RoomName::parse("studio").unwrap(),
        identity: "ada".into(),
        livekit_url: server.url(),
        avatar_invited: true,
        avatar_name: "AI Assistant".into(),
    };
    let (url, service) = token_service(answer).await;
    let truth: Arc<[AtomicU64; 4]> = Arc::default();
    let (agent_url, agent_token, own_gaps) = (server.url(), server.agent_token("agent-1", "studio"), truth.clone());
    let agent = tokio::spawn(async move { beeping_agent(&connector, &agent_url, &agent_token, own_gaps).await });

    let folder = tempfile::tempdir().unwrap();
    let question = folder.path().join("question.wav");
    let spoken = [vec![0; 20 * FRAME], beep(0, 80), vec![0; 30 * FRAME]].concat();
    write_stereo(&question, &spoken, &spoken).unwrap();
    let out = folder.path().join("out");
    let plan = CallerPlan {
        interrupt_after: Duration::from_millis(700),
        patience: Duration::from_secs(20),
        out: Some(out.clone()),
        heard_back: false,
        ..CallerPlan::new(url, "studio").play(&question).play(&question).interrupting(1)
    };
    let report = run(plan).await.unwrap();
    agent.await.unwrap();
    service.await.unwrap();

    assert_eq!(report.outcome, Outcome::Answered, "{report:#?}");
    assert_eq!((report.room.as_str(), report.caller_identity.as_str()), ("studio", "ada"));
    assert_eq!(report.agent_identity.as_deref(), Some("agent-1"));
    assert_eq!(report.greeting.as_ref().unwrap().answered, "Beep beep, hello.");
    let late = report.microphone_late_ms;
    for (turn, report) in report.turns.iter().enumerate() {
        let own = truth[turn].load(Ordering::Relaxed) as f64 / 1000.0;
        let gap = report.gap_ms.unwrap();
        // The transport is on top of what the agent itself took: both ways on loopback, tens of milliseconds each.
        assert!(gap > own && gap < own + 1000.0, "turn {turn}: gap {gap} ms, the agent itself took {own} ms");
        assert_eq!(report.heard, "a beep was heard");
        assert_eq!(report.answered, format!("Answer {turn}."));
        assert!(report.stages.user_caption_ms.unwrap() > 0.0 && report.stages.thinking_ms.unwrap() > 0.0);
        let said = report.said_until_ms.unwrap() - report.said_from_ms.unwrap();
        // Its ends are the moments at which two frames were handed over, and either may have been late.
        let tolerance = 25.0 + late;
        assert!((said - 800.0).abs() < tolerance, "the 800 ms beep took {said} ms, tolerance {tolerance} ms");
    }
    let silence = report.interruptions[0].silence_ms.unwrap();
    assert!((20.0..1500.0).contains(&silence), "{silence}");
    let face = report.face.as_ref().unwrap();
    assert_eq!((face.width, face.height), (128, 128));
    // Of 25 pictures a second; the worst second is a matter of the machine, their number is not.
    assert!(face.fps_p5.is_some() && face.frames > 100, "{face:?}");
    assert!(face.mouth_motion_speaking.unwrap() > 5.0 * face.mouth_motion_resting.unwrap() + 1.0, "{face:?}");
    files_tell_the_same(&out, &report);
}

fn files_tell_the_same(out: &std::path::Path, report: &CallReport) {
    let json: CallReport = serde_json::from_slice(&std::fs::read(out.join("call.json")).unwrap()).unwrap();
    assert_eq!(json, *report);
    let mut wav = hound::WavReader::open(out.join("call.wav")).unwrap();
    let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
    let side = |channel: usize, from_ms: f64, to_ms: f64| {
        let range = (from_ms * 48.0) as usize..(to_ms * 48.0) as usize;
        range.map(|n| i64::from(samples[2 * n + channel].unsigned_abs())).max().unwrap()
    };
    let turn = &report.turns[1];
    let (from, until) = (turn.said_from_ms.unwrap(), turn.said_until_ms.unwrap());
    // A late frame was recorded where it was due, which is earlier than it was handed over.
    let late = report.microphone_late_ms;
    let before = side(0, from - late - 100.0, from - late - 20.0);
    let after = side(0, until + 20.0, until + 100.0);
    assert!(side(0, from, until) > 4000 && before < 10 && after < 10, "the caller is on the left: {before}, {after}");
    let answer = until + turn.gap_ms.unwrap();
    let begins = samples.iter().skip(1).step_by(2).skip((until * 48.0) as usize).position(|sample| *sample > 3000);
    let begins = until + begins.expect("the agent is on the right") as f64 / 48.0;
    assert!((begins - answer).abs() < 100.0 + late, "the answer is at {begins} ms, by the report at {answer} ms");
    let picture = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(out.join("call.png")).unwrap()));
    assert!(picture.read_info().unwrap().info().width > 700);
}
