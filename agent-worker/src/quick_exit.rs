//! Ends the process at once, without tearing down the engines.
//!
//! Engine threads may be in the middle of a long computation in C++ code. `std::process::exit` would run the destructors of
//! those libraries' globals under their feet, which is undefined behaviour: a model that was just being loaded then failed with
//! nonsense in the log. Nothing that they hold outlives the process, so there is nothing to tear down.

use std::io::Write as _;

use proto::worker::ExitCode;

/// Flushes standard output and error, and ends the process with this code.
#[expect(unsafe_code, reason = "the standard library has no exit that leaves destructors alone")]
pub fn quick_exit(exit: ExitCode) -> ! {
    // Whoever read them may be gone; there is nobody left to tell.
    let _ = std::io::stdout().flush();
    let _ = std::io::stderr().flush();
    // SAFETY: `_exit` takes any number, touches no memory of ours and does not return. Destructors and exit handlers do
    // not run: the streams that need flushing were flushed above, the room was left before, files are only read.
    unsafe { nix::libc::_exit(i32::from(exit.code())) }
}
