//! Every crate says at its root what it is for, what it must never do, and how data flows through it.

use super::{Findings, SourceFile};

/// A crate's first words must be longer than this many lines.
const MORE_THAN_LINES: usize = 3;
const DIAGRAM: &str = "```text";
/// How the manifest of a folder of fuzz targets says that it is one.
const FUZZ_TARGETS: &str = "cargo-fuzz = true";

pub(super) fn check(files: &[SourceFile], findings: &mut Findings) {
    // Fuzz targets are programs without a crate of their own: a README beside them says what they are.
    let is_crate = |file: &&SourceFile| file.path.ends_with("/Cargo.toml") && !file.text.contains(FUZZ_TARGETS);
    for manifest in files.iter().filter(is_crate) {
        let folder = manifest.path.trim_end_matches("Cargo.toml");
        let at = |name: &str| files.iter().find(|file| file.path == format!("{folder}src/{name}"));
        match (at("lib.rs"), at("main.rs")) {
            (Some(library), program) => {
                check_full(library, findings);
                // The program beside a library only starts it: a line is enough.
                if let Some(program) = program
                    && docs(&program.text).is_empty()
                {
                    findings.broken.push(format!("{}: does not open with `//!` docs", program.path));
                }
            }
            (None, Some(program)) => check_full(program, findings),
            (None, None) => findings.broken.push(format!("{}: neither src/lib.rs nor src/main.rs", manifest.path)),
        }
    }
}

fn check_full(root: &SourceFile, findings: &mut Findings) {
    let docs = docs(&root.text);
    if docs.len() <= MORE_THAN_LINES {
        let problem = format!("opens with {} lines of `//!` docs, more than {MORE_THAN_LINES} are wanted", docs.len());
        findings.broken.push(format!("{}: {problem}", root.path));
    }
    if !docs.iter().any(|line| line.trim() == DIAGRAM) {
        findings.broken.push(format!("{}: its opening docs hold no {DIAGRAM} diagram of the data flow", root.path));
    }
}

/// The lines of the docs that a file opens with.
fn docs(text: &str) -> Vec<&str> {
    text.lines().map_while(|line| line.strip_prefix("//!")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    const GOOD: &str = "//! What it is for.\n//!\n//! ```text\n//! a -> b\n//! ```\n\nmod a;\n";

    fn broken(files: &[SourceFile]) -> Vec<String> {
        let mut findings = Findings::default();
        check(files, &mut findings);
        findings.broken
    }

    #[test]
    fn a_documented_crate_passes() {
        let manifest = file("crates/a/Cargo.toml", "");
        assert!(
            broken(&[manifest, file("crates/a/src/lib.rs", GOOD), file("crates/a/src/main.rs", "//! Starts it.\n")])
                .is_empty()
        );
    }

    #[test]
    fn missing_docs_short_docs_and_missing_diagrams_are_found() {
        let long = "//! 1\n//! 2\n//! 3\n//! 4\n";
        for (text, problems) in [("mod a;\n", 2), ("//! Short.\n", 2), (long, 1), (GOOD, 0)] {
            let files = [file("a/Cargo.toml", ""), file("a/src/main.rs", text)];
            assert_eq!(broken(&files).len(), problems, "{text}");
        }
    }

    #[test]
    fn a_folder_of_fuzz_targets_is_no_crate() {
        assert!(broken(&[file("fuzz/Cargo.toml", "[package.metadata]\ncargo-fuzz = true\n")]).is_empty());
        assert_eq!(broken(&[file("fuzz/Cargo.toml", "[package.metadata]\n")]).len(), 1);
    }

    #[test]
    fn a_program_beside_a_library_says_at_least_a_line() {
        let files = [file("a/Cargo.toml", ""), file("a/src/lib.rs", GOOD), file("a/src/main.rs", "fn main() {}\n")];
        assert_eq!(broken(&files).len(), 1);
    }
}
