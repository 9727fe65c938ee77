//! Node.js and npm, which build and check the clients.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::run_quiet;

/// The oldest Node.js that the clients' tools run on.
const OLDEST: u32 = 20;
/// How long a program may take to say its version.
const DEADLINE: Duration = Duration::from_secs(30);
const ADVICE: &str = "install Node.js 20 or later, with npm, and run this again";

/// Fails when Node.js or npm is missing or too old, with what to do.
pub(crate) fn check() -> Result<()> {
    version("npm").context(ADVICE)?;
    judge(version("node").context(ADVICE)?.trim())
}

fn version(program: &str) -> Result<String> {
    let mut command = Command::new(program);
    command.arg("--version");
    run_quiet(command, DEADLINE)
}

fn judge(version: &str) -> Result<()> {
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST => Ok(()),
        Some(_) | None => bail!("Node.js {version} is too old: {ADVICE}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn node_20_is_the_oldest_that_will_do() {
        assert!(judge("v20.0.0").is_ok() && judge("v22.11.0").is_ok());
        for old in ["v18.20.4", "v9.0.0", "", "unknown"] {
            let message = judge(old).unwrap_err().to_string();
            assert!(message.contains("install Node.js 20"), "{old}: {message}");
        }
    }
}
