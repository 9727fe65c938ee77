//! What a person sees: calm lines on standard error, with colour only on a terminal.
//!
//! Standard output is left to results that machines or pipes read.

use std::io::IsTerminal;

const BOLD: &str = "1";
const RED: &str = "1;31";
const GREEN: &str = "32";

fn paint(code: &str, text: &str) -> String {
    let coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// The beginning of a stage.
pub(crate) fn heading(text: &str) {
    eprintln!("{}", paint(BOLD, text));
}

/// Something that is as it should be, or a plain remark.
pub(crate) fn line(text: &str) {
    eprintln!("  {text}");
}

/// Something that was achieved.
pub(crate) fn success(text: &str) {
    eprintln!("{}", paint(GREEN, text));
}

/// Why the command ends, with the causes below.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("{} {error:#}", paint(RED, "error:"));
}
