//! One place that tells of an engine's failure.

use telemetry::events::{Engine, EngineFailed, EngineFaltered};

/// Logs and counts a failure: for good, or only this once.
pub fn report(engine: Engine, permanent: bool, error: &dyn std::error::Error) {
    let message = error.to_string();
    if permanent {
        EngineFailed { engine, message: &message }.emit();
    } else {
        EngineFaltered { engine, message: &message }.emit();
    }
}
