//! What the scripted caller says, in the order of the command line: `--say` and `--wav` may alternate.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};

const SAY: &str = "say";
const WAV: &str = "wav";

/// One thing that the caller says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Turn {
    Say(String),
    Wav(PathBuf),
}

/// What the caller says, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Turns(Vec<Turn>);

impl Turns {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The same with absolute file names; fails where a file is not there.
    pub(super) fn with_absolute_files(&self) -> Result<Turns> {
        let mut turns = Vec::with_capacity(self.0.len());
        for turn in &self.0 {
            turns.push(match turn {
                Turn::Say(text) => Turn::Say(text.clone()),
                Turn::Wav(path) => Turn::Wav(path.canonicalize().with_context(|| format!("--wav {}", path.display()))?),
            });
        }
        Ok(Turns(turns))
    }

    /// The flags that hand them on to the scripted caller.
    pub(super) fn to_flags(&self) -> Vec<OsString> {
        let flags = self.0.iter().map(|turn| match turn {
            Turn::Say(text) => [format!("--{SAY}").into(), text.into()],
            Turn::Wav(path) => [format!("--{WAV}").into(), path.into()],
        });
        flags.flatten().collect()
    }
}

impl Args for Turns {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new(SAY)
                    .long(SAY)
                    .value_name("TEXT")
                    .action(ArgAction::Append)
                    .help("The caller says this, in a voice that is not the agent's (repeatable)"),
            )
            .arg(
                Arg::new(WAV)
                    .long(WAV)
                    .value_name("FILE")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(PathBuf))
                    .help("The caller plays this recording (repeatable)"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Turns::augment_args(command)
    }
}

impl FromArgMatches for Turns {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Turns, clap::Error> {
        let mut turns: Vec<(usize, Turn)> = Vec::new();
        if let (Some(texts), Some(places)) = (matches.get_many::<String>(SAY), matches.indices_of(SAY)) {
            turns.extend(places.zip(texts.map(|text| Turn::Say(text.clone()))));
        }
        if let (Some(files), Some(places)) = (matches.get_many::<PathBuf>(WAV), matches.indices_of(WAV)) {
            turns.extend(places.zip(files.map(|file| Turn::Wav(file.clone()))));
        }
        turns.sort_by_key(|(place, _)| *place);
        Ok(Turns(turns.into_iter().map(|(_, turn)| turn).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Turns::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn parse(arguments: &[&str]) -> Turns {
        let command = Turns::augment_args(Command::new("demo").no_binary_name(true));
        Turns::from_arg_matches(&command.get_matches_from(arguments)).unwrap()
    }

    #[test]
    fn texts_and_files_keep_the_order_of_the_command_line() {
        let arguments = ["--say", "one", "--wav", "two.wav", "--say", "three"];
        assert_eq!(parse(&arguments).to_flags(), arguments);
        assert!(parse(&[]).is_empty());
    }

    #[test]
    fn a_recording_that_is_not_there_is_named() {
        let error = parse(&["--wav", "no/such.wav"]).with_absolute_files().unwrap_err();
        assert!(error.to_string().contains("no/such.wav"), "{error}");
    }
}
