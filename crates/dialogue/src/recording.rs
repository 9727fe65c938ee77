//! A call as a list of lines: what went in, what came out, and when. Playing it again must give the same.

use serde::{Deserialize, Serialize};

use crate::{Dialogue, Input, Moment, Output, PolicyError, PolicyRegistry, Settings};

/// The form of a recording; a file of another form is refused.
pub const RECORDING_VERSION: u32 = 1;

/// One line of a recording (in a file: one JSON object a line).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedLine {
    /// The first line: how the conversation was set up.
    Begun {
        /// [`RECORDING_VERSION`].
        version: u32,
        /// Its settings.
        settings: Box<Settings>,
    },
    /// Something happened.
    Input {
        /// When, in microseconds since the call began.
        at: Moment,
        /// What.
        input: Input,
    },
    /// Something was to be done, by the last input.
    Output {
        /// What.
        output: Output,
    },
}

/// What a replay found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// Inputs that were fed.
    pub inputs: usize,
    /// Outputs that were the same.
    pub outputs: usize,
}

/// Why a replay failed. Lines count from 1, as in the file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// The first line is not the beginning of a recording of this form.
    #[error("line 1: not the beginning of a recording of version {RECORDING_VERSION}")]
    NotARecording,
    /// Its settings name a policy or a language that is not known.
    #[error("line 1: {0}")]
    UnknownPolicy(#[from] PolicyError),
    /// A second beginning.
    #[error("line {line}: a recording begins only once")]
    BegunTwice {
        /// Where.
        line: usize,
    },
    /// Time ran backwards.
    #[error("line {line}: this input is earlier than the one before it")]
    Backwards {
        /// Where.
        line: usize,
    },
    /// The machine did something else than it did then.
    #[error("line {line}: the outputs differ\n  recorded: {recorded:?}\n  now:      {now:?}")]
    Different {
        /// Where.
        line: usize,
        /// What it did then; `None` for nothing more.
        recorded: Option<Box<Output>>,
        /// What it does now; `None` for nothing.
        now: Option<Box<Output>>,
    },
}

/// Feeds the inputs of a recording to a new machine and compares what comes out. `registry` holds the policies that its
/// settings name.
///
/// # Errors
/// The first line that differs, or is no recording.
pub fn replay(
    lines: impl IntoIterator<Item = RecordedLine>,
    registry: &PolicyRegistry,
) -> Result<Replayed, ReplayError> {
    let mut lines = lines.into_iter().enumerate().map(|(index, line)| (index + 1, line));
    let Some((_, RecordedLine::Begun { version: RECORDING_VERSION, settings })) = lines.next() else {
        return Err(ReplayError::NotARecording);
    };
    let policies = registry.select(&settings)?;
    let mut dialogue = Dialogue::new(*settings, policies);
    let mut done = Replayed { inputs: 0, outputs: 0 };
    let mut last = Moment::START;
    let mut end = 1;
    for (line, recorded) in lines {
        end = line;
        match recorded {
            RecordedLine::Begun { .. } => return Err(ReplayError::BegunTwice { line }),
            RecordedLine::Input { at, input } => {
                nothing_more(&mut dialogue, line)?;
                if at < last {
                    return Err(ReplayError::Backwards { line });
                }
                last = at;
                dialogue.handle(at, input);
                done.inputs += 1;
            }
            RecordedLine::Output { output } => match dialogue.poll() {
                Some(now) if now == output => done.outputs += 1,
                now => {
                    let (recorded, now) = (Some(Box::new(output)), now.map(Box::new));
                    return Err(ReplayError::Different { line, recorded, now });
                }
            },
        }
    }
    nothing_more(&mut dialogue, end + 1)?;
    Ok(done)
}

fn nothing_more(dialogue: &mut Dialogue, line: usize) -> Result<(), ReplayError> {
    match dialogue.poll() {
        None => Ok(()),
        Some(now) => Err(ReplayError::Different { line, recorded: None, now: Some(Box::new(now)) }),
    }
}
