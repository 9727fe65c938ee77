//! `engines`: which engines there are, which are installed, what each can do, and what each takes on this machine.

mod measure;

use ::engines::{Engine, EngineRegistry, Place, Role};
use assets::Assets;
use clap::Args;
use measure::Measured;
use proto::worker::ExitCode;
use serde::Serialize;

use crate::engines::registry;

/// What to say about engines.
#[derive(Debug, Args)]
pub struct EnginesArguments {
    /// Let each installed engine do one piece of work, and say what that took.
    #[arg(long)]
    measure: bool,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Measure this engine alone, in this process, and print what that took as JSON.
    #[arg(long, hide = true, num_args = 2, value_names = ["KIND", "NAME"])]
    measure_one: Option<Vec<String>>,
}

/// One engine, as it is shown.
#[derive(Debug, Serialize)]
struct Row {
    kind: String,
    name: &'static str,
    summary: &'static str,
    /// Whether its files are there; always for a service.
    installed: bool,
    /// Whether it runs here, and can be measured.
    embedded: bool,
    /// What it can do, in a few words.
    capabilities: String,
    /// Its voices, the default one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    voices: Vec<String>,
    /// The environment variables that it reads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variables: Vec<String>,
    licence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<Measured>,
}

/// Prints them.
#[must_use]
pub fn run(arguments: &EnginesArguments) -> ExitCode {
    let registry = registry();
    if let Some([kind, name]) = arguments.measure_one.as_deref() {
        let Some(role) = Role::ALL.into_iter().find(|role| role.to_string() == *kind) else {
            eprintln!("agent-worker: no engine is a {kind}");
            return ExitCode::Usage;
        };
        return measure::print_one(&registry, role, name);
    }
    let assets = match Assets::open() {
        Ok(assets) => assets,
        Err(error) => {
            eprintln!("agent-worker: {error}");
            return ExitCode::AssetMissing;
        }
    };
    let mut rows = rows(&registry, &assets);
    if arguments.measure {
        for row in &mut rows {
            if row.installed && row.embedded {
                row.measured = measure::in_a_process(&row.kind, row.name);
            }
        }
    }
    if arguments.json {
        println!("{}", serde_json::json!({ "engines": rows }));
    } else {
        print(&rows, arguments.measure);
    }
    ExitCode::Ended
}

fn rows(registry: &EngineRegistry, assets: &Assets) -> Vec<Row> {
    let mut rows = Vec::new();
    for engine in registry.all_voice_activity() {
        rows.push(row(Role::VoiceActivity, engine, assets, (Place::Embedded, languages(&[]))));
    }
    for engine in registry.all_turn_detectors() {
        rows.push(row(Role::TurnDetector, engine, assets, (Place::Embedded, languages(&[]))));
    }
    for engine in registry.all_speech_to_text() {
        let can = engine.capabilities;
        let extras = named(&[(can.streams_partials, "partial transcripts"), (can.word_times, "word times")]);
        let known = languages(can.languages);
        rows.push(row(Role::SpeechToText, engine, assets, (can.place, format!("{known}{extras}"))));
    }
    for engine in registry.all_chat() {
        let can = engine.capabilities;
        let extras = named(&[(can.images, "images"), (can.tools, "tools")]);
        rows.push(row(Role::ChatModel, engine, assets, (can.place, format!("text{extras}"))));
    }
    for engine in registry.all_text_to_speech() {
        let can = engine.capabilities;
        let extras = named(&[(can.exact_times, "exact word times")]);
        let (known, rate) = (languages(can.languages), f64::from(can.sample_rate) / 1e3);
        let voices = can.voices.iter().map(|voice| format!("{} ({})", voice.name, voice.summary)).collect();
        let row = row(Role::TextToSpeech, engine, assets, (can.place, format!("{known}, {rate} kHz{extras}")));
        rows.push(Row { voices, ..row });
    }
    rows
}

fn row<E: ?Sized, C>(role: Role, engine: &Engine<E, C>, assets: &Assets, (place, can): (Place, String)) -> Row {
    let capabilities = match place {
        Place::Embedded => can,
        Place::Remote => format!("a service, {can}"),
    };
    Row {
        kind: role.to_string(),
        name: engine.name,
        summary: engine.summary,
        installed: engine.assets.iter().all(|asset| assets.path(*asset).is_ok()),
        embedded: place == Place::Embedded,
        capabilities,
        voices: Vec::new(),
        variables: engine.variables.iter().map(|one| format!("{}: {}", one.name, one.summary)).collect(),
        licence: engine.licence,
        measured: None,
    }
}

fn languages(names: &[&str]) -> String {
    if names.is_empty() { "any language".to_owned() } else { names.join(" ") }
}

/// Those that an engine has, each behind a comma.
fn named(extras: &[(bool, &str)]) -> String {
    extras.iter().filter(|(has, _)| *has).map(|(_, name)| format!(", {name}")).collect()
}

fn print(rows: &[Row], measured: bool) {
    let mut kind = "";
    for row in rows {
        if row.kind != kind {
            kind = &row.kind;
            println!("{kind}");
        }
        let installed = if row.installed { "installed" } else { "missing  " };
        println!("  {:<14} {installed}  {}; {}; {}", row.name, row.summary, row.capabilities, row.licence);
        if !row.voices.is_empty() {
            println!("  {:<14} voices: {}", "", row.voices.join(", "));
        }
        row.variables.iter().for_each(|variable| println!("  {:<14} reads {variable}", ""));
        match &row.measured {
            Some(taken) => println!("  {:<14} {taken}", ""),
            None if measured && row.installed && row.embedded => {
                println!("  {:<14} could not be measured; `agent-worker doctor` says why", "");
            }
            None => {}
        }
    }
    if rows.iter().any(|row| !row.installed) {
        println!(
            "What is missing comes with `cargo xtask assets`, models of choice with `cargo xtask assets --group choice`."
        );
    }
}
