//! `bench llm`: what the embedded language models answer, and how fast, in conversations as a call has them.
//!
//! ```text
//!  questions ──> agent-worker chat --engine NAME --json ──> answers, times ──> rules ──> rows
//!                                   └── UsageSampler: memory
//! ```
//!
//! Answers are drawn at random (temperature 0.4): runs of one model differ by some questions.

mod questions;

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{Report, Row, UsageSampler, percentile};
use crate::stack::worker_program;
use questions::{KINDS, Question, questions};

/// One conversation may take this long, the loading of the model included.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What `agent-worker engines --json` says of engines, as far as it matters here.
#[derive(Deserialize)]
struct Listed {
    engines: Vec<ListedEngine>,
}

#[derive(Deserialize)]
struct ListedEngine {
    kind: String,
    name: String,
    installed: bool,
    embedded: bool,
}

/// What `agent-worker chat --json` says of a conversation.
#[derive(Deserialize)]
struct Told {
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    text: String,
    first_clause_ms: Option<f64>,
    whole_ms: f64,
}

/// Asks every embedded language model that is installed; `only` names one of them. Wrong answers go to `progress`.
///
/// # Errors
/// When there is no such model, or the worker does not answer.
pub async fn llm(only: Option<&str>, progress: &mut dyn FnMut(&str)) -> anyhow::Result<Report> {
    let questions = questions()?;
    let names = installed().await?;
    let names: Vec<String> = names.into_iter().filter(|name| only.is_none_or(|only| only == name)).collect();
    anyhow::ensure!(!names.is_empty(), "no such language model is embedded and installed; see `agent-worker engines`");
    let mut rows = Vec::new();
    for name in &names {
        progress(&format!("{name}: {} conversations", questions.len()));
        rows.extend(ask_all(name, &questions, progress).await?);
    }
    Ok(Report::here("llm", rows))
}

async fn installed() -> anyhow::Result<Vec<String>> {
    let output = Command::new(worker_program()?).args(["engines", "--json"]).output();
    let output = tokio::time::timeout(TIMEOUT, output).await.context("`agent-worker engines` takes too long")??;
    let listed: Listed = serde_json::from_slice(&output.stdout).context("`agent-worker engines --json` is no list")?;
    let models = listed.engines.into_iter();
    Ok(models
        .filter(|engine| engine.kind == "language model" && engine.installed && engine.embedded)
        .map(|engine| engine.name)
        .collect())
}

/// A worker that answers in writing.
struct Writer {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Writer {
    fn start(engine: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(worker_program()?);
        command.args(["chat", "--json", "--engine", engine]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        let input = process.stdin.take().context("no standard input")?;
        let output = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        Ok(Self { process, input, output })
    }

    async fn converse(&mut self, say: &[String]) -> anyhow::Result<Vec<Answer>> {
        let exchange = async {
            self.input.write_all(format!("{}\n", serde_json::to_string(say)?).as_bytes()).await?;
            let line = self.output.next_line().await?.context("`agent-worker chat` has ended; run it to see why")?;
            Ok::<_, anyhow::Error>(serde_json::from_str::<Told>(&line)?.answers)
        };
        tokio::time::timeout(TIMEOUT, exchange).await.with_context(|| format!("no answer to {say:?}"))?
    }
}

/// How many of some questions were answered right.
#[derive(Default)]
struct Score {
    right: usize,
    asked: usize,
}

impl Score {
    fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.asked += 1;
    }

    fn share(&self) -> Option<f64> {
        (self.asked > 0).then(|| self.right as f64 / self.asked as f64)
    }
}

async fn ask_all(engine: &str, questions: &[Question], progress: &mut dyn FnMut(&str)) -> anyhow::Result<Vec<Row>> {
    let mut writer = Writer::start(engine)?;
    // The model loads with the first conversation, which is asked twice for that.
    writer.converse(&questions[0].say).await?;
    let pid = writer.process.id();
    let sampler = UsageSampler::start(move || pid);
    let (mut all, mut held_out) = (Score::default(), Score::default());
    let mut kinds: [Score; KINDS.len()] = Default::default();
    let (mut first_clauses, mut words, mut seconds) = (Vec::new(), 0, 0.0);
    for question in questions {
        let answers = writer.converse(&question.say).await?;
        for answer in &answers {
            first_clauses.extend(answer.first_clause_ms);
            words += answer.text.split_whitespace().count();
            seconds += answer.whole_ms / 1e3;
        }
        let last = answers.last().map_or("", |answer| answer.text.as_str());
        let right = question.is_right(last);
        if !right {
            progress(&format!("{engine}, {}: {:?}: {last:?}", question.kind, question.say));
        }
        all.add(right);
        if question.held_out {
            held_out.add(right);
        }
        if let Some(kind) = KINDS.iter().position(|kind| *kind == question.kind) {
            kinds[kind].add(right);
        }
    }
    let usage = sampler.finish();
    let row = |what: &str, measured, unit: &str| Row::new(&format!("{engine}: {what}"), measured, unit, None);
    let mut rows =
        vec![row("right_share", all.share(), "share"), row("right_share_held_out", held_out.share(), "share")];
    for (kind, score) in KINDS.iter().zip(&kinds) {
        rows.push(row(&format!("right_share_{kind}"), score.share(), "share"));
    }
    rows.push(row("first_clause_p50_ms", percentile(&first_clauses, 0.5), "ms"));
    rows.push(row("first_clause_p95_ms", percentile(&first_clauses, 0.95), "ms"));
    rows.push(row("words_per_second", (seconds > 0.0).then(|| words as f64 / seconds), "words/s"));
    rows.push(row("pss_peak_mib", Some(usage.peak_pss_mib), "MiB"));
    Ok(rows)
}
