//! A service that films the face (a stub, in both forms), over a real SFU: what the caller sees and hears, and what becomes of the
//! call when the service fails.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use assets::{Asset, Assets};
use proto::avatar::FACE_LIP_SYNC;
use proto::worker::ENV_RECORDINGS;
use room::{RemoteTrack, TrackKind, VideoFrame};
use session::clause::ClauseSplitter;
use testkit::stub_lip_sync::{Answering, CHROMA, STUB_ENDPOINT, STUB_LIP_SYNC_KEY, StubLipSync, TURN_MS, time_of};
use testkit::stub_openai::speech_seconds;

use crate::avatars::scene::{GREETING, REPLY, Scene, is_whole, loud_seconds};
use crate::avatars::{Ear, within};

async fn scene(environment: &[(&str, &str)]) -> Scene {
    let photo = Assets::open().unwrap().path(Asset::SamplePortrait).expect("run `cargo xtask assets`");
    let face = format!("provider = \"lip_sync\"\nportrait = \"{}\"", photo.display());
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Scene::with_face(&face, environment.collect()).await
}

async fn plain(stub: &StubLipSync) -> Scene {
    scene(&[("LIP_SYNC_URL", &stub.url()), ("LIP_SYNC_API_KEY", STUB_LIP_SYNC_KEY)]).await
}

fn clauses(text: &str) -> usize {
    let mut splitter = ClauseSplitter::default();
    splitter.push(text).len() + splitter.finish().into_iter().count()
}

/// Milliseconds of sound that the service was given for some of its requests.
fn sound_ms(stub: &StubLipSync, requests: std::ops::Range<usize>) -> u64 {
    stub.asked()[requests].iter().map(|asked| asked.sound_ms).sum()
}

async fn is_asked(stub: &StubLipSync, times: usize) {
    within(&format!("the service is asked {times} times"), async {
        while stub.asked().len() < times {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

fn nothing_is_told_of_the_key(scene: &Scene) {
    let log = scene.stack.whole_log();
    assert!(log.contains("avatar") && !log.contains(STUB_LIP_SYNC_KEY), "the key is in the log:\n{log}");
}

/// A picture as it arrived.
#[derive(Clone, Copy)]
struct Seen {
    /// What of the voice it was sent for, in milliseconds from the call's first word.
    voice_ms: Option<u64>,
    /// Brightness in the middle.
    luma: f64,
    is_film: bool,
}

/// Looks at the agent's face.
struct Eye {
    /// Without it the track would be let go.
    _track: Arc<dyn RemoteTrack>,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Eye {
    fn on(track: &Arc<dyn RemoteTrack>) -> Self {
        let mut stream = track.video(100).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = seen.clone();
        let task = tokio::spawn(async move {
            while let Some(frame) = stream.next().await {
                shared.lock().unwrap().push(look(&frame));
            }
        });
        Self { _track: track.clone(), seen, task }
    }

    fn pictures(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until a picture of the service's was seen at all.
    async fn has_seen_film(&self) {
        within("a picture of the service's is seen", async {
            while !self.seen.lock().unwrap().iter().any(|seen| seen.is_film) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// Waits until the newest picture is one of the service's, or of the agent's own face.
    async fn sees_film(&self, wanted: bool) {
        within(if wanted { "the service's pictures are seen" } else { "the own face is seen" }, async {
            while self.seen.lock().unwrap().last().is_none_or(|last| last.is_film != wanted) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

impl Drop for Eye {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn look(frame: &VideoFrame) -> Seen {
    let (width, height) = (frame.width as usize, frame.height as usize);
    let middle: Vec<u8> = (height * 2 / 5..height * 3 / 5)
        .flat_map(|row| frame.data[row * width + width * 2 / 5..row * width + width * 3 / 5].iter().copied())
        .collect();
    let luma = middle.iter().map(|luma| f64::from(*luma)).sum::<f64>() / middle.len() as f64;
    let chroma = &frame.data[width * height..];
    let green = chroma.iter().filter(|value| value.abs_diff(CHROMA) < 8).count();
    Seen { voice_ms: frame.user_timestamp.map(|sample| sample / 48), luma, is_film: green * 10 > chroma.len() * 9 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_services_pictures_are_seen_with_the_sound_and_the_own_face_between() {
    // A failure is tried again, whatever form the answer has.
    let stub = StubLipSync::start(&[Answering::Status(500), Answering::FilmAsJson]).await.unwrap();
    let recordings = tempfile::tempdir().unwrap();
    let folder = recordings.path().display().to_string();
    // In calls that are recorded pictures are stamped.
    let environment =
        [("LIP_SYNC_URL", stub.url()), ("LIP_SYNC_API_KEY", STUB_LIP_SYNC_KEY.into()), (ENV_RECORDINGS, folder)];
    let mut scene = scene(&environment.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    let agent = scene.agent.clone();
    let (_, voice) = scene.user.track(&agent, TrackKind::Audio).await;
    let (_, video) = scene.user.track(&agent, TrackKind::Video).await;
    let (ear, eye) = (Ear::on(&voice), Eye::on(&video));
    scene.face_is(FACE_LIP_SYNC).await;
    assert_eq!(scene.caption().await, GREETING);
    assert!(is_whole(ear.silence().await, GREETING));
    eye.sees_film(false).await;

    // Every sample was sent, with the picture that is seen between.
    let asked = clauses(GREETING) + 1;
    assert_eq!((stub.asked().len(), stub.violations()), (asked, Vec::new()));
    assert_eq!(stub.asked()[0].image, (512, 512));
    let sent = sound_ms(&stub, 1..asked) as f64 / 1000.0;
    assert!((sent - speech_seconds(GREETING)).abs() < 0.2, "{sent} s of {} s", speech_seconds(GREETING));

    // Each picture tells the time in its clause, and its stamp the sample of the voice that it was sent for.
    let ends: Vec<u64> = (2..=asked).map(|next| sound_ms(&stub, 1..next)).collect();
    let apart = |seen: &Seen| {
        let voice_ms = seen.voice_ms.filter(|_| seen.is_film)?;
        let clause = ends.iter().position(|end| voice_ms < *end)?;
        let begun = clause.checked_sub(1).map_or(0, |before| ends[before]);
        Some(time_of(seen.luma) - (voice_ms - begun) as f64 % TURN_MS)
    };
    let apart: Vec<f64> = eye.pictures().iter().filter_map(apart).collect();
    let together = apart.iter().filter(|apart| (-60.0..20.0).contains(*apart)).count();
    println!("{together} of {} pictures lie where they belong, clauses end at {ends:?} ms: {apart:.0?}", apart.len());
    // Where a clause begins a picture may still be of the one before.
    let astray = apart.len() - together;
    assert!(together >= 5 && astray <= (apart.len() / 10).max(ends.len()), "{together} of {apart:?}");
    nothing_is_told_of_the_key(&scene);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_asked_once_and_the_greeting_is_spoken_by_the_own_face() {
    let stub = StubLipSync::start(&[Answering::Status(401)]).await.unwrap();
    let mut scene = plain(&stub).await;
    scene.face_is_local_because("refused").await;
    assert_eq!(scene.caption().await, GREETING);
    scene.type_text("One?").await;
    assert_eq!(scene.caption().await, REPLY);
    assert_eq!((stub.asked().len(), stub.violations()), (1, Vec::new()));
    assert!(scene.stack.whole_log().contains("\\\"reason\\\":\\\"refused"), "{}", scene.stack.whole_log());
    nothing_is_told_of_the_key(&scene);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_fails_twice_is_given_up() {
    let stub = StubLipSync::start(&[Answering::Status(503), Answering::Status(500)]).await.unwrap();
    let mut scene = plain(&stub).await;
    scene.face_is_local_because("service_failed").await;
    assert_eq!(scene.caption().await, GREETING);
    assert_eq!(stub.asked().len(), 2);
    nothing_is_told_of_the_key(&scene);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_video_costs_the_pictures_and_no_word() {
    let stub = StubLipSync::start(&[Answering::Rubbish]).await.unwrap();
    let mut scene = plain(&stub).await;
    scene.face_is_local_because("broken_video").await;
    assert_eq!(scene.caption().await, GREETING);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_that_breaks_in_mid_sentence_gives_way_to_the_own_face_and_the_sound_goes_on() {
    let stub = StubLipSync::start(&[Answering::BreaksOff]).await.unwrap();
    let mut scene = plain(&stub).await;
    let agent = scene.agent.clone();
    let (_, voice) = scene.user.track(&agent, TrackKind::Audio).await;
    let (_, video) = scene.user.track(&agent, TrackKind::Video).await;
    let (ear, eye) = (Ear::on(&voice), Eye::on(&video));
    scene.face_is(FACE_LIP_SYNC).await;
    eye.has_seen_film().await;
    scene.face_is_local_because("broken_video").await;
    eye.sees_film(false).await;
    let since = eye.pictures().len();
    assert_eq!(scene.caption().await, GREETING);
    let heard = ear.silence().await;
    assert!(is_whole(heard, GREETING), "{heard} s of {} s", loud_seconds(GREETING));
    let after = &eye.pictures()[since..];
    assert!(
        !after.is_empty() && after.iter().all(|seen| !seen.is_film),
        "a film is seen after the service was given up"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_dies_in_mid_call_is_waited_for_no_longer_than_it_may_take() {
    let plan: Vec<Answering> =
        std::iter::repeat_n(Answering::Film, clauses(GREETING)).chain([Answering::Hang]).collect();
    let stub = StubLipSync::start(&plan).await.unwrap();
    let mut scene = plain(&stub).await;
    scene.face_is(FACE_LIP_SYNC).await;
    assert_eq!(scene.caption().await, GREETING);
    scene.type_text("One?").await;
    scene.face_is_local_because("too_slow").await;
    assert_eq!(scene.caption().await, REPLY);
    scene.type_text("Two?").await;
    assert_eq!(scene.caption().await, REPLY);
    assert_eq!((stub.asked().len(), stub.violations()), (plan.len(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runpods_jobs_are_run_tried_again_and_cancelled_with_the_speech_and_with_the_call() {
    let greeting = clauses(GREETING);
    let films = |count| std::iter::repeat_n(Answering::Film, count);
    let plan: Vec<Answering> = [Answering::Fails]
        .into_iter()
        .chain(films(greeting))
        .chain([Answering::Hang])
        .chain(films(clauses(REPLY)))
        .chain([Answering::Hang])
        .collect();
    let stub = StubLipSync::start(&plan).await.unwrap();
    let mut scene = scene(&[
        ("LIP_SYNC_RUNPOD_ENDPOINT", STUB_ENDPOINT),
        ("LIP_SYNC_RUNPOD_URL", &stub.runpod_url()),
        ("RUNPOD_API_KEY", STUB_LIP_SYNC_KEY),
    ])
    .await;
    let agent = scene.agent.clone();
    let (_, video) = scene.user.track(&agent, TrackKind::Video).await;
    let eye = Eye::on(&video);
    scene.face_is(FACE_LIP_SYNC).await;
    eye.has_seen_film().await;
    assert_eq!(scene.caption().await, GREETING);
    assert_eq!(stub.cancelled(), [] as [String; 0], "jobs that are over need no good-bye");

    scene.type_text("One?").await;
    is_asked(&stub, greeting + 2).await;
    scene.type_text("Two?").await;
    assert_eq!(scene.caption().await, REPLY);
    assert_eq!(stub.cancelled().len(), 1);

    scene.type_text("Three?").await;
    is_asked(&stub, plan.len()).await;
    scene.user.room.disconnect().await.unwrap();
    within("the job is cancelled with the call", async {
        while stub.cancelled().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!((stub.asked().len(), stub.violations()), (plan.len(), Vec::new()));
    nothing_is_told_of_the_key(&scene);
}
