//! `doctor`: checks everything a call needs, one thing after the other, and says what is wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engines::TextToSpeech;
use proto::names::RoomName;
use proto::worker::{ENV_LIVEKIT_URL, ExitCode};
use room::ffi::FfiConnector;
use room::{ConnectOptions, RoomConnector as _};
use serde::Serialize;
use session::engines::EngineLoader as _;
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, VAD_FRAME};

use crate::chosen_engines::ChosenEngines;
use crate::configuration::Configuration;
use crate::engines::{persona_schema, registry};
use crate::settings::mint;

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
pub async fn run(configuration: &Configuration, json: bool) -> ExitCode {
    let mut checks = Vec::new();
    let mut exit = ExitCode::Ended;
    let files = timed("assets", &mut checks, || {
        let persona = persona_schema().load(None).map_err(|error| error.to_string())?;
        let engines =
            ChosenEngines::prepare(&registry(), &persona, configuration).map_err(|error| error.to_string())?;
        Ok(("the files of the default engines are there, every one as pinned".to_owned(), Arc::new(engines)))
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
    if let Some(code) = server(files.as_ref(), configuration, &mut checks).await
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
async fn engines(files: &Arc<ChosenEngines>, checks: &mut Vec<Check>) -> bool {
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

fn engines_blocking(files: &Arc<ChosenEngines>, checks: &mut Vec<Check>) -> bool {
    let detector = timed("voice activity", checks, || {
        let mut detector = files.voice_activity().map_err(|error| error.to_string())?;
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
    files: Option<&Arc<ChosenEngines>>,
    configuration: &Configuration,
    checks: &mut Vec<Check>,
) -> Option<ExitCode> {
    if !configuration.names_livekit() {
        let detail = format!("not checked: {ENV_LIVEKIT_URL} is not set");
        checks.push(Check { what: "LiveKit server", ok: true, detail, ms: 0 });
        return None;
    }
    let started = Instant::now();
    let result = join(files, configuration).await;
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (ok, detail, code) = match result {
        Ok(detail) => (true, detail, None),
        Err((detail, code)) => (false, detail, Some(code)),
    };
    checks.push(Check { what: "LiveKit server", ok, detail, ms });
    code
}

async fn join(files: Option<&Arc<ChosenEngines>>, configuration: &Configuration) -> Result<String, (String, ExitCode)> {
    let usage = |message: String| (message, ExitCode::Usage);
    let url = configuration.livekit_url().map_err(|error| usage(error.to_string()))?;
    let room = RoomName::parse("visavis-doctor").map_err(|error| usage(error.to_string()))?;
    let identity = format!("agent-doctor-{:08x}", rand::random::<u32>());
    let token = mint(configuration, &room, &identity, "doctor").map_err(|error| usage(error.to_string()))?;
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
