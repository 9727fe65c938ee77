//! Where cycles are allowed, by the module whose children form them. An exception that is not needed fails the check.

/// Cycles that may stay for now.
pub(super) const CYCLES_ALLOWED: &[(&str, &str)] = &[(
    "crates/room/src/ffi",
    "requests, events and handles of the native library find each other through one registry",
)];
