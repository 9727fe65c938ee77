//! Ten calls as they were once made and recorded: each holds what its name says, can still be read, and does the same again.
//!
//! What they hold is looked up in the text itself, so that it does not depend on how the types of today are built. To make one
//! anew, see `recordings` in the `contract` test of `testkit`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use dialogue::{PolicyRegistry, RecordedLine, replay};
use serde_json::Value;

/// Largest recording, in bytes.
const MAX_BYTES: usize = 300_000;

/// Where in a line something must stand (a JSON pointer), the value that it must have (if any), and in how many lines at least.
type Part = (&'static str, Option<&'static str>, usize);

const ANSWERED: Part = ("/output/output/turn_measured", None, 1);
const SPOKEN: Part = ("/input/input/speech_started", None, 1);
const GREETED_AND_ANSWERED: Part = ("/input/input/voice_finished", None, 2);
const TYPED: Part = ("/input/input/typed", None, 1);
const INTERRUPTED: Part = ("/output/output/interrupted", None, 1);
const COMMITTED: Part = ("/output/output/speculation", Some("committed"), 1);
const DISCARDED: Part = ("/output/output/speculation", Some("discarded"), 1);
const STOPPED: Part = ("/output/output/stop_speech", None, 1);

struct Call {
    name: &'static str,
    holds: &'static [Part],
    lacks: &'static [Part],
    ends: &'static str,
}

const CALLS: [Call; 10] = [
    Call {
        name: "plain_turn",
        holds: &[SPOKEN, ANSWERED, GREETED_AND_ANSWERED, ("/output/output/generate", None, 1)],
        lacks: &[INTERRUPTED, STOPPED, TYPED],
        ends: "\"everybody_left\"",
    },
    Call {
        name: "interruption",
        holds: &[SPOKEN, ANSWERED, INTERRUPTED, STOPPED, ("/output/output/playout/order", Some("pause"), 1)],
        lacks: &[],
        ends: "\"everybody_left\"",
    },
    Call {
        name: "false_interruption",
        holds: &[
            ANSWERED,
            ("/output/output/falsely_interrupted", None, 1),
            ("/output/output/playout/order", Some("resume"), 1),
        ],
        lacks: &[INTERRUPTED],
        ends: "\"everybody_left\"",
    },
    Call {
        name: "speculation_committed",
        holds: &[ANSWERED, COMMITTED],
        lacks: &[DISCARDED],
        ends: "\"everybody_left\"",
    },
    Call {
        name: "speculation_discarded",
        holds: &[ANSWERED, DISCARDED, STOPPED],
        lacks: &[],
        ends: "\"everybody_left\"",
    },
    Call {
        name: "avatar",
        // An avatar is no user: no input says that it arrived, and its audio counts as the agent's. One says that it left.
        holds: &[
            TYPED,
            GREETED_AND_ANSWERED,
            INTERRUPTED,
            ("/input/input/heard", None, 20),
            ("/input/input/person_left/identity", Some("agent-avatar-recorded"), 1),
        ],
        lacks: &[("/input/input/person_arrived", None, 2)],
        ends: "\"everybody_left\"",
    },
    Call {
        name: "two_users",
        holds: &[
            ("/input/input/person_arrived", None, 2),
            ("/input/input/person_left", None, 2),
            ("/output/output/link", None, 2),
            ("/output/output/turn_measured", None, 2),
        ],
        lacks: &[],
        ends: "\"everybody_left\"",
    },
    Call {
        name: "push_to_talk",
        holds: &[
            ("/begun/settings/end_of_turn/mode", Some("manual"), 1),
            ("/input/input", Some("turn_begun"), 2),
            ("/input/input", Some("turn_cancelled"), 1),
            ("/input/input", Some("turn_ended"), 1),
            ANSWERED,
        ],
        lacks: &[],
        ends: "\"everybody_left\"",
    },
    Call {
        name: "typed_input",
        holds: &[("/input/input/typed", None, 2), STOPPED, ANSWERED],
        lacks: &[SPOKEN],
        ends: "\"everybody_left\"",
    },
    Call {
        name: "engine_failure",
        holds: &[("/input/input/engine_failed/engine", None, 1), ("/output/output/notice", None, 1)],
        lacks: &[],
        ends: "{\"engine_lost\":\"language_model\"}",
    },
];

fn text_of(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(format!("{name}.jsonl"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Whether enough lines hold this.
fn holds(lines: &[Value], (pointer, wanted, least): &Part) -> bool {
    let found = lines.iter().filter_map(|line| line.pointer(pointer));
    found.filter(|found| wanted.is_none_or(|wanted| *found == wanted)).count() >= *least
}

#[test]
fn each_recorded_call_holds_what_its_name_says() {
    for Call { name, holds: parts, lacks, ends } in &CALLS {
        let lines: Vec<Value> = text_of(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for part in *parts {
            assert!(holds(&lines, part), "{name} lacks {part:?}");
        }
        for part in *lacks {
            assert!(!holds(&lines, part), "{name} holds {part:?}");
        }
        let end = lines.last().and_then(|line| line.pointer("/output/output/end")).map(Value::to_string);
        assert_eq!(end.as_deref(), Some(*ends), "the end of {name}");
    }
}

#[test]
fn each_recorded_call_can_be_read_and_does_the_same_again() {
    for Call { name, .. } in &CALLS {
        let text = text_of(name);
        let lines: Vec<RecordedLine> = text
            .lines()
            .enumerate()
            .map(|(at, line)| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}:{}: {error}", at + 1)))
            .collect();
        let count = lines.len();
        let replayed = replay(lines, &PolicyRegistry::builtin()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(replayed.inputs + replayed.outputs + 1, count, "{name}: every line but the first is one of them");
    }
}

#[test]
fn no_recording_is_large_or_names_a_folder_of_a_machine() {
    for Call { name, .. } in &CALLS {
        let text = text_of(name);
        assert!(text.len() <= MAX_BYTES, "{name} has {} bytes", text.len());
        for folder in ["home", "root", "tmp", "var"] {
            assert!(!text.contains(&format!("/{folder}/")), "{name} names a folder below /{folder}");
        }
    }
}
