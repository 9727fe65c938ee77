//! `doctor`: checks everything a call needs, one thing after the other, and says what is wrong.

use std::time::{Duration, Instant};

use proto::names::RoomName;
use proto::worker::{ENV_LIVEKIT_URL, ExitCode};
use room::ffi::FfiConnector;
use room::{ConnectOptions, RoomConnector as _};
use serde::Serialize;
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, TextToSpeech, VAD_FRAME};

use crate::engines::EngineFiles;
use crate::settings::{mint, sfu_url};

/// How long the server may take to let the doctor in.
const JOIN: Duration = Duration::from_secs(5);
/// What the voice says and the ears must understand.
const SENTENCE: &str = "The quick brown fox jumps over the lazy dog.";

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found, in one line.
    pub detail: String,
    /// How long it took.
    pub ms: u64,
}

/// Checks everything, prints the result, returns the code of the first failure.
pub async fn run(json: bool) -> ExitCode {
    let environment = |name: &str| std::env::var(name).ok();
    let mut checks = Vec::new();
    let mut exit = ExitCode::Ended;
    let files = timed("assets", &mut checks, || {
        let files = EngineFiles::check().map_err(|error| error.to_string())?;
        let count = assets::Group::Worker.assets().len();
        Ok((format!("{count} files, every one as pinned"), files))
    });
    match &files {
        Some(files) => {
            let engines_ok = engines(files, &mut checks).await;
            if !engines_ok {
                exit = ExitCode::AssetMissing;
            }
        }
        None => exit = ExitCode::AssetMissing,
    }
    if let Some(code) = server(files.as_ref(), &environment, &mut checks).await
        && exit == ExitCode::Ended
    {
        exit = code;
    }
    print(&checks, json);
    exit
}

fn timed<T>(
    what: &'static str,
    checks: &mut Vec<Check>,
    check: impl FnOnce() -> Result<(String, T), String>,
) -> Option<T> {
    let started = Instant::now();
    let result = check();
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match result {
        Ok((detail, value)) => {
            checks.push(Check { what, ok: true, detail, ms });
            Some(value)
        }
        Err(detail) => {
            checks.push(Check { what, ok: false, detail, ms });
            None
        }
    }
}

/// Loads every engine and lets the ears hear the voice.
async fn engines(files: &EngineFiles, checks: &mut Vec<Check>) -> bool {
    let files = files.clone();
    let outcome = tokio::task::spawn_blocking(move || {
        let mut checks = Vec::new();
        let ok = engines_blocking(&files, &mut checks);
        (ok, checks)
    })
    .await;
    match outcome {
        Ok((ok, found)) => {
            checks.extend(found);
            ok
        }
        Err(error) => {
            checks.push(Check { what: "engines", ok: false, detail: error.to_string(), ms: 0 });
            false
        }
    }
}

fn engines_blocking(files: &EngineFiles, checks: &mut Vec<Check>) -> bool {
    let detector = timed("voice activity", checks, || {
        let mut detector = files.detector().map_err(|error| error.to_string())?;
        let silence = detector.process(&[0.0; VAD_FRAME]).map_err(|error| error.to_string())?;
        if silence > 0.5 {
            return Err(format!("takes silence for speech ({silence:.2})"));
        }
        Ok((format!("silence is {silence:.2}"), ()))
    });
    let spoken = timed("text-to-speech", checks, || {
        let mut voice = files.text_to_speech().map_err(|error| error.to_string())?;
        let samples = speak(voice.as_mut())?;
        Ok((format!("{:.1} s of speech", samples.len() as f64 / f64::from(LISTEN_SAMPLE_RATE)), samples))
    });
    let heard = timed("speech-to-text", checks, || {
        let mut ears = files.speech_to_text().map_err(|error| error.to_string())?;
        let samples = spoken.as_deref().unwrap_or_default();
        let text = ears.transcribe(samples, &CancelFlag::default()).map_err(|error| error.to_string())?;
        if !samples.is_empty() && !text.to_lowercase().contains("brown fox") {
            return Err(format!("heard \"{text}\" where \"{SENTENCE}\" was said"));
        }
        Ok((format!("heard \"{text}\""), ()))
    });
    let thought = timed("language model", checks, || {
        let mut mind = files.chat_model().map_err(|error| error.to_string())?;
        let question = chat::Message::user("What is the capital of France?");
        let mut answer = String::new();
        mind.generate(&[question], &|| false, &mut |delta| answer.extend(delta.as_text()))
            .map_err(|error| error.to_string())?;
        if answer.trim().is_empty() {
            return Err("has nothing to say".into());
        }
        Ok((format!("says \"{}\"", answer.trim().lines().next().unwrap_or_default()), ()))
    });
    detector.is_some() && spoken.is_some() && heard.is_some() && thought.is_some()
}

/// Says the sentence, as the ears would hear it.
fn speak(voice: &mut dyn TextToSpeech) -> Result<Vec<f32>, String> {
    let mut samples = Vec::new();
    let rate = voice.sample_rate();
    voice
        .synthesize(SENTENCE, &CancelFlag::default(), &mut |chunk| samples.extend(chunk.samples))
        .map_err(|error| error.to_string())?;
    let mut heard = Vec::new();
    let mut resampler =
        speech::resample::Resampler::new(rate, LISTEN_SAMPLE_RATE).map_err(|error| error.to_string())?;
    resampler.push(&samples, &mut heard).map_err(|error| error.to_string())?;
    resampler.finish(&mut heard).map_err(|error| error.to_string())?;
    Ok(heard)
}

/// Joins a room of its own for a moment. The exit code when that fails.
async fn server(
    files: Option<&EngineFiles>,
    environment: &dyn Fn(&str) -> Option<String>,
    checks: &mut Vec<Check>,
) -> Option<ExitCode> {
    if environment(ENV_LIVEKIT_URL).is_none() {
        let detail = format!("not checked: {ENV_LIVEKIT_URL} is not set");
        checks.push(Check { what: "LiveKit server", ok: true, detail, ms: 0 });
        return None;
    }
    let started = Instant::now();
    let result = join(files, environment).await;
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (ok, detail, code) = match result {
        Ok(detail) => (true, detail, None),
        Err((detail, code)) => (false, detail, Some(code)),
    };
    checks.push(Check { what: "LiveKit server", ok, detail, ms });
    code
}

async fn join(
    files: Option<&EngineFiles>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<String, (String, ExitCode)> {
    let usage = |message: String| (message, ExitCode::Usage);
    let url = sfu_url(environment).map_err(|error| usage(error.to_string()))?;
    let room = RoomName::parse("visavis-doctor").map_err(|error| usage(error.to_string()))?;
    let identity = format!("agent-doctor-{:08x}", rand::random::<u32>());
    let token = mint(environment, &room, &identity, "doctor").map_err(|error| usage(error.to_string()))?;
    let Some(files) = files else { return Err(("needs the assets above".into(), ExitCode::AssetMissing)) };
    let failed = |error: room::RoomError| {
        let error = crate::connect_error::ConnectError::from(error);
        (format!("{error} ({ENV_LIVEKIT_URL}={url})"), error.exit_code())
    };
    let connector = FfiConnector::load(&files.livekit_ffi).map_err(failed)?;
    let options = ConnectOptions { timeout: JOIN, ..ConnectOptions::default() };
    let connection = connector.connect(&url, &token, options).await.map_err(failed)?;
    connection.room.disconnect().await.map_err(failed)?;
    Ok(format!("{url} let us in"))
}

fn print(checks: &[Check], json: bool) {
    if json {
        let ok = checks.iter().all(|check| check.ok);
        println!("{}", serde_json::json!({ "ok": ok, "checks": checks }));
        return;
    }
    for check in checks {
        let mark = if check.ok { "ok  " } else { "FAIL" };
        println!("{mark}  {:<16} {:>6} ms  {}", check.what, check.ms, check.detail);
    }
}
