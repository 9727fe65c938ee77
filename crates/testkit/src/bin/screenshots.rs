//! Takes pictures of the served app in a real browser: join screen, call, errors, in every size and both themes.
//!
//! For: `cargo xtask screenshots`, which builds everything first. Never: judging them; whoever looks at them does.
//!
//! ```text
//!  screenshots FOLDER ──> Stack + Browser ──> FOLDER/SCENE-SIZE-THEME.png
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use testkit::browser::Tour;

/// Pictures of the web app.
#[derive(Parser)]
struct CommandLine {
    /// Where they go.
    folder: PathBuf,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments = CommandLine::parse();
    match Tour::new(&arguments.folder, &mut |scene| eprintln!("  {scene}")).take().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("screenshots: {error:#}");
            ExitCode::FAILURE
        }
    }
}
