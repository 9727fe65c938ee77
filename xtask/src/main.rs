//! The developer's and newcomer's commands: `cargo xtask setup | assets | test | tidy | demo | bench | codegen`.
//!
//! Everything here drives other programs (cargo, package clients, the LiveKit server, the token server) and says in
//! calm lines what happens. It is synchronous: a handful of child processes need no runtime.
//!
//! ```text
//!   setup ──► prerequisites ──► Debian packages ──► assets ──► livekit-server
//!     │                                                             │
//!     ├──► test:  fmt ─► tidy ─► clippy ─► build ─► cargo test      │ path of the binary
//!     └──► demo:  cargo build ─► SFU + token server (children) ◄────┘
//!                                   ├─► how to join, until Ctrl-C
//!                                   └─► --headless: a scripted caller, then its exit status
//! ```
//!
//! It must never: leave a process behind that it started, put a secret on a command line or into its output, or link
//! an inference engine or a LiveKit client.

mod assets_command;
mod bench;
mod cargo;
mod codegen;
mod command;
mod demo;
mod screen;
mod setup;
mod test_command;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Commands for working on and trying Visavis.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check what is needed, install or fetch what is missing
    Setup,
    /// Fetch and verify the pinned weights and native libraries
    Assets(assets_command::AssetsArgs),
    /// Everything that CI checks: setup, format, tidy, clippy, build, every test
    Test,
    /// Check the house rules: file sizes, crate docs, who depends on whom, forbidden words
    Tidy,
    /// Start everything and join a call with the AI person
    Demo(demo::DemoArgs),
    /// Make generated files anew from their pinned sources
    Codegen(codegen::CodegenArgs),
    /// Measure something with real rooms and keep the result in docs/benchmarks
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    let result = match CommandLine::parse().command {
        Command::Setup => setup::run(),
        Command::Assets(args) => assets_command::run(&args),
        Command::Test => test_command::run(),
        Command::Tidy => tidy::run(),
        Command::Codegen(args) => codegen::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Demo(args) => return demo::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen::failure(&error);
            ExitCode::FAILURE
        }
    }
}
