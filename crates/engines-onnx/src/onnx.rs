//! The one ONNX Runtime of this process, loaded from a shared library by path, and sessions on it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use assets::{Asset, Assets};
use ort::environment::Environment;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session, SessionOutputs};
use speech::SpeechError;

const ENGINE: &str = "onnxruntime";

struct Runtime {
    library: PathBuf,
    environment: Environment,
}

static RUNTIME: OnceLock<Runtime> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

/// Loads ONNX Runtime from `library` (a `libonnxruntime.so`, API version 22 or newer).
///
/// Call it before any engine is loaded. Further calls do nothing; one that names another file is an error, as a
/// process holds a single runtime.
pub fn init(library: &Path) -> Result<(), SpeechError> {
    let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = RUNTIME.get() {
        if runtime.library == library {
            return Ok(());
        }
        let message = format!("already running from {}; use that file", runtime.library.display());
        return Err(load_error(ENGINE, library, message));
    }
    let environment = ort::init_from(library)
        .map_err(|error| load_error(ENGINE, library, error))?
        .with_name("visavis")
        .with_telemetry(false)
        .build()
        .map_err(|error| load_error(ENGINE, library, error))?;
    // The lock is held, so nobody else can have set it.
    let _ = RUNTIME.set(Runtime { library: library.to_owned(), environment });
    Ok(())
}

/// Loads the pinned ONNX Runtime, as [`init`] does.
pub(crate) fn init_from(assets: &Assets) -> Result<(), SpeechError> {
    init(&asset(ENGINE, assets, Asset::OnnxRuntime)?)
}

/// The path of a pinned file of `engine`.
pub(crate) fn asset(engine: &'static str, assets: &Assets, asset: Asset) -> Result<PathBuf, SpeechError> {
    assets.path(asset).map_err(|error| SpeechError::Load {
        engine,
        path: asset.id().to_owned(),
        message: error.to_string(),
    })
}

/// Opens the model in the file `path` for `engine` on `threads` threads (at least one).
pub(crate) fn open_file(engine: &'static str, path: &Path, threads: usize) -> Result<Session, SpeechError> {
    if !path.is_file() {
        return Err(load_error(engine, path, "no such file; fetch the models with `cargo xtask assets`"));
    }
    options(engine, path, threads)?.commit_from_file(path).map_err(|error| load_error(engine, path, error))
}

/// Opens a model from its bytes; `path` only serves messages.
pub(crate) fn open_bytes(
    engine: &'static str,
    path: &Path,
    bytes: &[u8],
    threads: usize,
) -> Result<Session, SpeechError> {
    options(engine, path, threads)?.commit_from_memory(bytes).map_err(|error| load_error(engine, path, error))
}

/// How long a thread of a running model spins before it sleeps, in microseconds. Longer, and it burns the core that the
/// language model needs; not at all, and two threads are hardly faster than one (docs/benchmarks.md).
const SPIN_MICROSECONDS: &str = "20";

/// Threads that spin for a moment only, and never between two runs; and no plan of memory per input length, which would
/// be kept for every length ever seen (Piper after a clause of 42 words: 494 MiB with it, 317 without, as fast). The keys are those of ONNX Runtime's
/// `onnxruntime_session_options_config_keys.h`.
fn options(engine: &'static str, path: &Path, threads: usize) -> Result<SessionBuilder, SpeechError> {
    let runtime = RUNTIME
        .get()
        .ok_or_else(|| load_error(engine, path, "ONNX Runtime is not loaded; call engines_onnx::onnx::init first"))?;
    let build = || -> Result<SessionBuilder, ort::Error> {
        Ok(Session::builder(&runtime.environment)?
            .with_optimization_level(GraphOptimizationLevel::Level3)?
            .with_intra_threads(threads.max(1))?
            .with_inter_threads(1)?
            .with_memory_pattern(false)?
            .with_intra_op_spinning(true)?
            .with_config_entry("session.intra_op.spin_duration_us", SPIN_MICROSECONDS)?
            .with_config_entry("session.force_spinning_stop", "1")?)
    };
    build().map_err(|error| load_error(engine, path, error))
}

/// The numbers in the output called `name`.
pub(crate) fn floats<'a>(outputs: &'a SessionOutputs<'_>, name: &str) -> Result<&'a [f32], ort::Error> {
    let value = outputs.get(name).ok_or_else(|| ort::Error::new(format!("the model has no output `{name}`")))?;
    Ok(value.try_extract_tensor::<f32>()?.1)
}

/// A [`SpeechError::Load`] about `path`.
pub(crate) fn load_error(engine: &'static str, path: &Path, message: impl ToString) -> SpeechError {
    SpeechError::Load { engine, path: path.display().to_string(), message: message.to_string() }
}

/// A [`SpeechError::Run`].
pub(crate) fn run_error(engine: &'static str, message: impl ToString) -> SpeechError {
    SpeechError::Run { engine, message: message.to_string() }
}

/// Refuses samples that are not numbers: a model would answer nonsense for the rest of its life.
pub(crate) fn check_finite(engine: &'static str, samples: &[f32]) -> Result<(), SpeechError> {
    match samples.iter().position(|sample| !sample.is_finite()) {
        None => Ok(()),
        Some(at) => Err(SpeechError::Input { engine, message: format!("sample {at} is not a number") }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_missing_library_is_named_in_the_error() {
        let error = init(Path::new("/nowhere/libonnxruntime.so")).unwrap_err();
        assert!(matches!(error, SpeechError::Load { .. }));
        assert!(error.to_string().contains("/nowhere/libonnxruntime.so"), "{error}");
    }

    #[test]
    fn samples_that_are_no_numbers_are_refused_with_their_place() {
        let error = check_finite("test", &[0.0, f32::NAN]).unwrap_err();
        assert_eq!(error.to_string(), "test: sample 1 is not a number");
        assert!(check_finite("test", &[0.0, f32::INFINITY]).is_err());
        assert!(check_finite("test", &[0.0, -1.0]).is_ok());
    }
}
