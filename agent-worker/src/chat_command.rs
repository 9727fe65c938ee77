//! `chat`: talk with a persona in writing, in the terminal or from a program. Engines for hearing and speaking stay unloaded.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use ::engines::EngineError;
use clap::Args;
use dialogue::{PolicyRegistry, Settings};
use persona::Persona;
use proto::worker::ExitCode;
use serde_json::json;
use session::engine_host::EngineHost;
use session::written::{WrittenAnswer, WrittenCall, WrittenError, WrittenModel};

use crate::chosen_engines::prepare_chat;
use crate::configuration::Configuration;
use crate::connect_error::ConnectError;
use crate::engines::registry;
use crate::prepared::dialogue_settings;

/// What to talk about.
#[derive(Debug, Args)]
pub struct ChatArguments {
    /// Who the agent is: a persona file [default: the built-in assistant].
    #[arg(long, value_name = "FILE")]
    pub persona: Option<PathBuf>,
    /// A language model instead of the persona's, by its name in `agent-worker engines`.
    #[arg(long, value_name = "NAME")]
    pub engine: Option<String>,
    /// For programs: each line of standard input is a JSON array of what a user says in one conversation, each line of
    /// standard output an object with the answers and their times.
    #[arg(long)]
    pub json: bool,
}

/// Why there is no conversation, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The engine or a policy cannot be used.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The conversation ended.
    #[error(transparent)]
    Written(#[from] WrittenError),
    /// Standard input, standard output, or a thread.
    #[error("standard input or output: {0}")]
    Io(#[from] std::io::Error),
    /// A line is no array of strings.
    #[error("line {line}: {error}; expected a JSON array of strings, such as [\"Hello.\", \"How are you?\"]")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        error: serde_json::Error,
    },
}

impl ChatError {
    /// The code that the worker exits with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Connect(error) => error.exit_code(),
            Self::Line { .. } => ExitCode::Usage,
            Self::Written(_) => ExitCode::EngineLost,
            Self::Io(_) => ExitCode::Internal,
        }
    }
}

impl From<EngineError> for ChatError {
    fn from(error: EngineError) -> Self {
        Self::Connect(error.into())
    }
}

/// Talks until standard input ends.
///
/// # Errors
/// When the engine cannot be used, or is lost.
pub async fn run(
    arguments: &ChatArguments,
    persona: &Persona,
    configuration: &Configuration,
) -> Result<ExitCode, ChatError> {
    let settings = dialogue_settings(persona);
    let prepared = prepare_chat(&registry(), persona, arguments.engine.as_deref(), configuration)?;
    // It blocks, and a client of a service must not be made inside the runtime.
    let model = tokio::task::spawn_blocking(move || prepared.load()).await.map_err(std::io::Error::other)??;
    let mut model = WrittenModel::start(model, EngineHost::Threads)?;
    if arguments.json {
        answer_lines(&mut model, &settings).await?;
    } else {
        talk(&mut model, settings, &persona.name).await?;
    }
    Ok(ExitCode::Ended)
}

async fn talk(model: &mut WrittenModel, settings: Settings, name: &str) -> Result<(), ChatError> {
    let policies = PolicyRegistry::builtin().select(&settings).map_err(ConnectError::from)?;
    let (mut call, greeting) = WrittenCall::begin(model, settings, policies)?;
    let mut out = std::io::stdout();
    let is_terminal = std::io::stdin().is_terminal();
    if !greeting.is_empty() {
        writeln!(out, "{name}: {greeting}")?;
    }
    loop {
        if is_terminal {
            write!(out, "you: ")?;
            out.flush()?;
        }
        let Some(line) = next_line()? else { return Ok(()) };
        if line.trim().is_empty() {
            continue;
        }
        write!(out, "{name}: ")?;
        out.flush()?;
        // A terminal that is gone ends the conversation with the line break below.
        let mut show = |words: &str| drop(write!(out, "{words}").and_then(|()| out.flush()));
        call.say(&line, &mut show).await?;
        writeln!(out)?;
    }
}

async fn answer_lines(model: &mut WrittenModel, settings: &Settings) -> Result<(), ChatError> {
    let mut number = 0;
    while let Some(text) = next_line()? {
        number += 1;
        let said: Vec<String> = serde_json::from_str(&text).map_err(|error| ChatError::Line { line: number, error })?;
        let policies = PolicyRegistry::builtin().select(settings).map_err(ConnectError::from)?;
        let (mut call, greeting) = WrittenCall::begin(model, settings.clone(), policies)?;
        let mut answers = Vec::new();
        for words in &said {
            answers.push(told(&call.say(words, &mut |_| {}).await?));
        }
        writeln!(std::io::stdout(), "{}", json!({ "greeting": greeting, "answers": answers }))?;
    }
    Ok(())
}

fn told(answer: &WrittenAnswer) -> serde_json::Value {
    let ms = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
    json!({ "text": answer.text, "first_clause_ms": answer.first_clause.map(ms), "whole_ms": ms(answer.whole) })
}

/// Blocks: while a person types there is nothing else to do here.
fn next_line() -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line)?;
    Ok((read > 0).then_some(line))
}
