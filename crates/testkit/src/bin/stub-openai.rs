//! Runs the stand-in for paid services, for peers that are not Rust.
//!
//! For: benchmarks that call the same stub from another language. Never: anything that is not on loopback.
//!
//! ```text
//!  stub-openai ──> one line: its base URL ──> serves until stdin closes, SIGTERM or SIGINT
//! ```

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use testkit::stub_openai::{Plan, StubOpenAi};
use tokio::signal::unix::{SignalKind, signal};

/// A stand-in for OpenAI's chat, transcription and speech on a free loopback port. Prints its base URL.
#[derive(Parser)]
struct Arguments {
    /// The key that requests must carry; empty: none is asked for. It is no secret.
    #[arg(long, default_value = "test-key")]
    key: String,
    /// What chat answers; several are taken in turn.
    #[arg(long)]
    reply: Vec<String>,
    /// Milliseconds before each token of chat.
    #[arg(long, default_value_t = 0)]
    token_delay_ms: u64,
    /// What transcription answers; several are taken in turn.
    #[arg(long)]
    transcript: Vec<String>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stub-openai: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut plan = Plan::default()
        .key(Some(arguments.key.as_str()).filter(|key| !key.is_empty()))
        .token_delay(Duration::from_millis(arguments.token_delay_ms));
    if !arguments.reply.is_empty() {
        plan = plan.chat(arguments.reply);
    }
    if !arguments.transcript.is_empty() {
        plan = plan.transcripts(arguments.transcript);
    }
    let stub = StubOpenAi::start(plan)?;
    println!("{}", stub.base_url());
    std::io::stdout().flush()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let waited: anyhow::Result<()> = runtime.block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = stdin_closed() => {}
        }
        Ok(())
    });
    waited?;
    for violation in stub.violations() {
        eprintln!("stub-openai: violation: {violation}");
    }
    Ok(())
}

/// Resolves when standard input ends. The thread that reads it ends with the process: a read can't be taken back.
async fn stdin_closed() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let reader = std::thread::Builder::new().name("stdin".into()).spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = tell.send(());
    });
    if reader.is_ok() {
        // An error says that the thread is gone, which is the end of the input too.
        let _ = told.await;
    } else {
        std::future::pending::<()>().await;
    }
}
