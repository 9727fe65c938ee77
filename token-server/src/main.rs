//! The `token-server` program: reads settings, serves, ends in order.
//!
//! For: turning flags, environment and signals into calls of the library. Never: anything that a test would want to
//! reach.
//!
//! ```text
//!  flags + environment ──> Settings ──> Server::bind ──> one line on stdout ──> Server::run
//!  SIGTERM, SIGINT: first ──> stop; again ──> hurry (kill the workers at once)
//! ```

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use token_server::serve::Server;
use token_server::settings::{Args, Settings};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit status for a missing or wrong setting.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let settings = match Settings::resolve(Args::parse(), &|name| std::env::var_os(name)) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("token-server: {error}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    if let Err(error) = telemetry::init("token-server", settings.log_format) {
        eprintln!("token-server: {error}");
        return ExitCode::from(EXIT_USAGE);
    }
    match serve(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("token-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(settings: Settings) -> anyhow::Result<()> {
    let interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let metrics = telemetry::prometheus::install().context("cannot count")?;
    let server = Server::bind_with_metrics(settings, Some(metrics)).await?;
    // A closed standard output is no reason to die: the log has the address too.
    let _ = writeln!(std::io::stdout(), "token-server listening on http://{}", server.address());
    tracing::info!(address = %server.address(), "listening");

    let (stop, hurry) = (CancellationToken::new(), CancellationToken::new());
    let signals = pass_on_signals(interrupt, terminate, stop.clone(), hurry.clone());
    tokio::select! {
        () = server.run(stop, hurry) => Ok(()),
        () = signals => Ok(()),
    }
}

/// The first signal stops, the second hurries. Never returns.
async fn pass_on_signals(
    mut interrupt: Signal,
    mut terminate: Signal,
    stop: CancellationToken,
    hurry: CancellationToken,
) {
    for token in [stop, hurry] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        token.cancel();
    }
    std::future::pending().await
}
