//! Stands in for a service that films a picture to a clause: checks what it is asked, and answers with a real video whose pictures
//! tell their time. Both forms of it: `POST /generate`, and RunPod's jobs.

mod video;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

pub use video::{CHROMA, FRAMES_PER_SECOND, TURN_MS, film, luma_at, time_of};

/// The key that it takes.
pub const STUB_LIP_SYNC_KEY: &str = "lip-sync-key-that-nobody-may-see";
/// The endpoint that it is, in RunPod's form.
pub const STUB_ENDPOINT: &str = "abc123";
/// Width and height of its videos: not what is asked for, which services need not give.
const SIDE: usize = 256;
/// The largest request: RunPod's limit.
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// How a clause is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// With the video.
    Film,
    /// With the video in JSON (the plain form alone).
    FilmAsJson,
    /// With this status, and a body that quotes the key.
    Status(u16),
    /// Never.
    Hang,
    /// With bytes that are no video.
    Rubbish,
    /// With a video whose pictures can't be decoded from its second half on.
    BreaksOff,
    /// RunPod's job fails.
    Fails,
}

/// What it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Width and height of the picture, decoded.
    pub image: (u32, u32),
    /// Milliseconds of sound.
    pub sound_ms: u64,
}

#[derive(Default)]
struct Record {
    /// How clauses to come are answered; with a film when none is left.
    plan: VecDeque<Answering>,
    asked: Vec<Asked>,
    jobs: HashMap<String, Job>,
    cancelled: Vec<String>,
    violations: Vec<String>,
}

struct Job {
    answering: Answering,
    polls: usize,
    video: Vec<u8>,
}

/// A running stub. It ends with its owner.
pub struct StubLipSync {
    address: String,
    record: Shared,
    server: tokio::task::JoinHandle<()>,
}

type Shared = Arc<Mutex<Record>>;

impl StubLipSync {
    /// Starts it on a free loopback port. Its first clauses are answered by this plan.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(plan: &[Answering]) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let record = Arc::new(Mutex::new(Record { plan: plan.iter().copied().collect(), ..Record::default() }));
        let router = Router::new()
            .route("/generate", post(generate))
            .route("/v2/{endpoint}/run", post(run))
            .route("/v2/{endpoint}/status/{id}", get(status))
            .route("/v2/{endpoint}/cancel/{id}", post(cancel))
            .layer(DefaultBodyLimit::max(MOST_BYTES))
            .with_state(record.clone());
        let server = tokio::spawn(async move {
            // Ends only with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, record, server })
    }

    /// What `LIP_SYNC_URL` is to be.
    #[must_use]
    pub fn url(&self) -> String {
        self.address.clone()
    }

    /// What `LIP_SYNC_RUNPOD_URL` is to be.
    #[must_use]
    pub fn runpod_url(&self) -> String {
        format!("{}/v2", self.address)
    }

    /// What it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.record).asked.clone()
    }

    /// The jobs that were cancelled.
    #[must_use]
    pub fn cancelled(&self) -> Vec<String> {
        lock(&self.record).cancelled.clone()
    }

    /// Requests that a real service would have refused.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        lock(&self.record).violations.clone()
    }
}

impl Drop for StubLipSync {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(record: &Mutex<Record>) -> std::sync::MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes what is asked, and says how it is to be answered and how long the sound is.
fn take(record: &Shared, headers: &HeaderMap, input: &Value) -> (Answering, u64) {
    let looked_at = look_at(input);
    let mut record = lock(record);
    check_key(&mut record, headers);
    let asked = match looked_at {
        Ok(asked) => asked,
        Err(error) => {
            record.violations.push(error.to_string());
            Asked { image: (0, 0), sound_ms: 1_000 }
        }
    };
    record.asked.push(asked);
    (record.plan.pop_front().unwrap_or(Answering::Film), asked.sound_ms)
}

fn check_key(record: &mut Record, headers: &HeaderMap) {
    let wanted = format!("Bearer {STUB_LIP_SYNC_KEY}");
    if headers.get(header::AUTHORIZATION).and_then(|key| key.to_str().ok()) != Some(wanted.as_str()) {
        record.violations.push("no key, or another one".to_owned());
    }
}

fn look_at(input: &Value) -> anyhow::Result<Asked> {
    let file = |key: &str| anyhow::Ok(BASE64_STANDARD.decode(input[key].as_str().unwrap_or_default())?);
    anyhow::ensure!(input["image_type"] == "image/jpeg", "image_type is {}", input["image_type"]);
    anyhow::ensure!(input["audio_type"] == "audio/wav", "audio_type is {}", input["audio_type"]);
    anyhow::ensure!(input["fps"] == FRAMES_PER_SECOND, "fps is {}", input["fps"]);
    let image = image::load_from_memory(&file("image")?)?;
    let wished = (input["width"].as_u64(), input["height"].as_u64());
    anyhow::ensure!(wished == (Some(image.width().into()), Some(image.height().into())), "size is {wished:?}");
    let wav = file("audio")?;
    let reader = hound::WavReader::new(wav.as_slice())?;
    let spec = reader.spec();
    anyhow::ensure!((spec.channels, spec.bits_per_sample) == (1, 16), "audio is {spec:?}");
    let sound_ms = u64::from(reader.duration()) * 1000 / u64::from(spec.sample_rate);
    anyhow::ensure!(sound_ms > 0, "audio is empty");
    Ok(Asked { image: (image.width(), image.height()), sound_ms })
}

/// The video of a clause. Encoding takes its time: it has a thread of its own.
async fn filmed(answering: Answering, sound_ms: u64) -> Vec<u8> {
    if answering == Answering::Rubbish {
        return b"ftyp: this is no video".to_vec();
    }
    let made = tokio::task::spawn_blocking(move || {
        let pictures = sound_ms.div_ceil(1000 / FRAMES_PER_SECOND);
        let lumas: Vec<u8> = (0..pictures).map(luma_at).collect();
        match answering {
            Answering::BreaksOff => video::film_that_breaks(SIDE, SIDE, &lumas),
            _ => film(SIDE, SIDE, &lumas),
        }
    });
    match made.await {
        Ok(Ok(video)) => video,
        // An empty answer fails the test that waits for a video.
        _ => Vec::new(),
    }
}

fn refusal(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({ "error": format!("you sent the key {STUB_LIP_SYNC_KEY}") }))).into_response()
}

async fn generate(State(record): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let input: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (answering, sound_ms) = take(&record, &headers, &input);
    match answering {
        Answering::Status(status) => refusal(status),
        Answering::Hang => std::future::pending().await,
        Answering::FilmAsJson => {
            let video = BASE64_STANDARD.encode(filmed(answering, sound_ms).await);
            Json(json!({ "video": video })).into_response()
        }
        _ => ([(header::CONTENT_TYPE, "video/mp4")], filmed(answering, sound_ms).await).into_response(),
    }
}

async fn run(
    State(record): State<Shared>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let (answering, sound_ms) = take(&record, &headers, &body["input"]);
    if let Answering::Status(status) = answering {
        return refusal(status);
    }
    // Of these nobody gets a video.
    let hollow = matches!(answering, Answering::Hang | Answering::Fails);
    let video = if hollow { Vec::new() } else { filmed(answering, sound_ms).await };
    let mut record = lock(&record);
    // The shortest that RunPod takes.
    let policy = |key: &str, least: u64| body["policy"][key].as_u64().is_some_and(|milliseconds| milliseconds >= least);
    if endpoint != STUB_ENDPOINT || !policy("executionTimeout", 5_000) || !policy("ttl", 10_000) {
        record.violations.push(format!("endpoint {endpoint}, policy {}", body["policy"]));
    }
    let id = format!("job-{}-u1", record.jobs.len());
    record.jobs.insert(id.clone(), Job { answering, polls: 0, video });
    Json(json!({ "id": id, "status": "IN_QUEUE" })).into_response()
}

async fn status(State(record): State<Shared>, headers: HeaderMap, Path((_, id)): Path<(String, String)>) -> Response {
    let mut record = lock(&record);
    check_key(&mut record, &headers);
    let Some(job) = record.jobs.get_mut(&id) else { return StatusCode::NOT_FOUND.into_response() };
    job.polls += 1;
    let answer = match (job.polls, job.answering) {
        (1, _) => json!({ "id": id, "status": "IN_QUEUE" }),
        (2, _) | (_, Answering::Hang) => json!({ "id": id, "status": "IN_PROGRESS" }),
        (_, Answering::Fails) => {
            json!({ "id": id, "status": "FAILED", "error": format!("out of memory, key {STUB_LIP_SYNC_KEY}") })
        }
        _ => json!({ "id": id, "status": "COMPLETED", "output": { "video": BASE64_STANDARD.encode(&job.video) } }),
    };
    Json(answer).into_response()
}

async fn cancel(
    State(record): State<Shared>,
    headers: HeaderMap,
    Path((_, id)): Path<(String, String)>,
) -> Json<Value> {
    let mut record = lock(&record);
    check_key(&mut record, &headers);
    if !record.jobs.contains_key(&id) {
        record.violations.push(format!("no such job: {id}"));
    }
    record.cancelled.push(id.clone());
    Json(json!({ "id": id, "status": "CANCELLED" }))
}
