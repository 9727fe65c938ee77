//! Snapshots of what users see: committed texts that tests make anew and compare, so that code can move without a visible change.

use std::path::PathBuf;

/// Set to anything, this makes [`assert_unchanged`] write the files instead of comparing them.
const ENV_WRITE: &str = "VISAVIS_WRITE_SNAPSHOTS";
/// What writes every snapshot anew.
const WRITE_COMMAND: &str =
    "cargo build --workspace && VISAVIS_WRITE_SNAPSHOTS=1 cargo test --workspace --test contract --test it";
/// Longest difference that is shown, in lines.
const MAX_SHOWN: usize = 80;

/// The folder with the snapshots.
#[must_use]
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// Compares each text with the committed file of that name, or writes the files if `VISAVIS_WRITE_SNAPSHOTS` is set.
///
/// # Panics
/// If a text differs from its file, showing every difference; or if a file can't be written.
pub fn assert_unchanged(snapshots: &[(String, String)]) {
    let folder = folder();
    let is_writing = std::env::var_os(ENV_WRITE).is_some();
    let mut differences = String::new();
    for (name, current) in snapshots {
        let file = folder.join(name);
        if is_writing {
            std::fs::write(&file, current).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            continue;
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        if &committed != current {
            differences += &format!("{name}\n{}\n", difference(&committed, current));
        }
    }
    assert!(
        differences.is_empty(),
        "users would see a change (- committed, + now):\n\n{differences}\nIf it is intended: {WRITE_COMMAND}"
    );
}

/// The lines that differ, each with its number in the text it stands in.
fn difference(committed: &str, current: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (committed.lines().collect(), current.lines().collect());
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let common = common_lengths(old, new);
    let (mut at, mut to) = (0, 0);
    let mut lines = Vec::new();
    while at < old.len() || to < new.len() {
        if at < old.len() && to < new.len() && old[at] == new[to] {
            (at, to) = (at + 1, to + 1);
        } else if to == new.len() || (at < old.len() && common[at + 1][to] >= common[at][to + 1]) {
            lines.push(format!("  {:>5} - {}", head + at + 1, old[at]));
            at += 1;
        } else {
            lines.push(format!("  {:>5} + {}", head + to + 1, new[to]));
            to += 1;
        }
    }
    if lines.is_empty() {
        return "  only white space at the end differs".to_owned();
    }
    let hidden = lines.len().saturating_sub(MAX_SHOWN);
    lines.truncate(MAX_SHOWN);
    if hidden > 0 {
        lines.push(format!("  … and {hidden} lines more"));
    }
    lines.join("\n")
}

/// The length of the longest common subsequence of what follows each pair of lines.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for at in (0..old.len()).rev() {
        for to in (0..new.len()).rev() {
            common[at][to] = if old[at] == new[to] {
                common[at + 1][to + 1] + 1
            } else {
                common[at + 1][to].max(common[at][to + 1])
            };
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_names_the_lines_that_changed_and_no_others() {
        let shown = difference("a\nb\nc\nd\ne\n", "a\nB\nc\nx\nd\n");
        assert_eq!(shown, "      2 - b\n      2 + B\n      4 + x\n      5 - e");
        assert_eq!(difference("a\n", ""), "      1 - a");
        assert_eq!(difference("a\n", "a"), "  only white space at the end differs");
    }

    #[test]
    fn a_long_difference_is_cut() {
        let shown = difference("", &"x\n".repeat(100));
        assert_eq!(shown.lines().count(), 81);
        assert!(shown.ends_with("and 20 lines more"), "{shown}");
    }
}
