//! The developer's and newcomer's commands: `cargo xtask setup | assets | web | test | tidy | demo | doctor | face | bench | screenshots |
//! codegen`.
//!
//! Everything here drives other programs (cargo, package clients, the LiveKit server, the token server) and says in
//! calm lines what happens. It is synchronous: a handful of child processes need no runtime.
//!
//! ```text
//!   setup ──► prerequisites ──► Debian packages ──► assets ──► livekit-server
//!     │                                                             │
//!     ├──► test:  fmt ─► tidy ─► build and lint ─► clients ─► every test
//!     │                                                             │ path of the binary
//!     └──► demo:  cargo build ─► web app ─► SFU + token server (children) ◄────┘
//!                                   ├─► how to join, until Ctrl-C
//!                                   └─► --headless: a scripted caller, then its exit status
//!
//!   children: every process of all of these; ended with this one, whatever ends it
//! ```
//!
//! It must never: leave a process behind that it started, put a secret on a command line or into its output, or link
//! an inference engine or a LiveKit client.

mod assets_command;
mod bench;
mod cargo;
mod children;
mod clients;
mod codegen;
mod command;
mod demo;
mod doctor;
mod face;
mod peer;
mod screen;
mod screenshots;
mod setup;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
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
    /// Build the web app that the token server serves (kept until its sources change)
    Web,
    /// Everything that CI checks: setup, format, tidy, lint and build, the clients, every test; `--fast` for each commit
    Test(test::TestArgs),
    /// Check the house rules: file sizes, crate docs, who depends on whom, forbidden words, dead links
    Tidy,
    /// Start everything and join a call with the AI person
    Demo(demo::DemoArgs),
    /// Check models, engines and, where LIVEKIT_URL is set, the LiveKit server; say what is wrong
    Doctor(doctor::DoctorArgs),
    /// Film the face without a call: say a text, keep what is seen and heard
    Face(face::FaceArgs),
    /// Take pictures of the web app in a real browser, for docs/screenshots
    Screenshots,
    /// Make generated files anew from their pinned sources
    Codegen(codegen::CodegenArgs),
    /// Measure something with real rooms and keep the result in docs/benchmarks
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    let command = CommandLine::parse().command;
    // Ends what a stage that failed left running.
    let _end_all = children::EndAll;
    match children::watch_for_interrupts().and_then(|()| run(command)) {
        Ok(code) => code,
        Err(error) => {
            screen::failure(&error);
            if children::interrupted() { ExitCode::from(children::EXIT_INTERRUPTED) } else { ExitCode::FAILURE }
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let done = match command {
        Command::Setup => setup::run(),
        Command::Assets(args) => assets_command::run(&args),
        Command::Web => web(),
        Command::Test(args) => test::run(&args),
        Command::Tidy => tidy::run(),
        Command::Codegen(args) => codegen::run(&args),
        Command::Screenshots => screenshots::run(),
        Command::Bench(args) => bench::run(&args),
        Command::Face(args) => return face::run(&args),
        Command::Doctor(args) => return doctor::run(&args),
        Command::Demo(args) => return demo::run(&args),
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn web() -> Result<()> {
    let folder = clients::build_web()?;
    println!("{}", folder.display());
    Ok(())
}
