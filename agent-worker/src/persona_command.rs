//! `persona check` and `persona schema`: for people who write persona files, and for their editors.

use std::path::PathBuf;

use clap::Subcommand;
use proto::worker::ExitCode;

use crate::engines::persona_schema;

/// What to do about persona files.
#[derive(Debug, Subcommand)]
pub enum PersonaCommand {
    /// Say everything that is wrong with persona files, as FILE:LINE:COL: KEY: message.
    Check {
        /// The persona files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the JSON schema of persona files, for editors.
    Schema,
}

/// Does it; [`ExitCode::Usage`] when a file is wrong.
#[must_use]
pub fn run(command: &PersonaCommand) -> ExitCode {
    let schema = persona_schema();
    match command {
        PersonaCommand::Schema => {
            println!("{:#}", schema.json());
            ExitCode::Ended
        }
        PersonaCommand::Check { files } => {
            let mut exit = ExitCode::Ended;
            for file in files {
                match schema.load(Some(file)) {
                    Ok(persona) => println!("{}: ok, {}", file.display(), persona.name),
                    Err(errors) => {
                        println!("{errors}");
                        exit = ExitCode::Usage;
                    }
                }
            }
            exit
        }
    }
}
