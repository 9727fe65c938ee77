//! What a person sees: calm lines on standard error, with colour only on a terminal.
//!
//! Standard output is left to results that machines or pipes read.

use std::io::IsTerminal;
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

const BOLD: &str = "1";
const RED: &str = "1;31";
const GREEN: &str = "32";
/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(120);

/// Every spinner on the screen; lines are printed above them.
static SPINNERS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

fn paint(code: &str, text: &str) -> String {
    let coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// The beginning of a stage.
pub(crate) fn heading(text: &str) {
    SPINNERS.suspend(|| eprintln!("{}", paint(BOLD, text)));
}

/// Something that is as it should be, or a plain remark.
pub(crate) fn line(text: &str) {
    SPINNERS.suspend(|| eprintln!("  {text}"));
}

/// Something that takes a while: turns on a terminal, with the time it has taken, until it is dropped.
pub(crate) fn working(text: &str) -> Working {
    if !std::io::stderr().is_terminal() {
        line(&format!("{text} …"));
        return Working(None);
    }
    let style = ProgressStyle::with_template("  {spinner} {msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let spinner = SPINNERS.add(ProgressBar::new_spinner().with_style(style).with_message(text.to_owned()));
    spinner.enable_steady_tick(TURN);
    Working(Some(spinner))
}

/// See [`working`].
#[derive(Debug)]
pub(crate) struct Working(Option<ProgressBar>);

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(spinner) = &self.0 {
            spinner.finish_and_clear();
        }
    }
}

/// Something that was achieved.
pub(crate) fn success(text: &str) {
    eprintln!("{}", paint(GREEN, text));
}

/// Why the command ends, with the causes below.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("{} {error:#}", paint(RED, "error:"));
}
