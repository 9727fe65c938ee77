//! The example runs, and finds what it looks for.

use std::process::Command;

#[test]
fn it_runs() -> Result<(), std::io::Error> {
    assert!(Command::new(env!("CARGO_BIN_EXE_custom-policy")).status()?.success());
    Ok(())
}
