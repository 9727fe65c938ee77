//! Files stay small enough to be read in one sitting.

use super::{Findings, SourceFile};

/// Above this a file is worth a thought.
const NOTED: usize = 350;
/// Above this a file is too large.
const LIMIT: usize = 600;
const EXTENSIONS: [&str; 4] = ["rs", "ts", "tsx", "py"];

pub(super) fn check(files: &[SourceFile], findings: &mut Findings) {
    for file in files.iter().filter(|file| file.has_extension(&EXTENSIONS)) {
        let lines = file.text.lines().count();
        if lines > LIMIT {
            findings.broken.push(format!("{}: {lines} lines, above {LIMIT}: split it", file.path));
        } else if lines > NOTED {
            findings.notes.push(format!("{}: {lines} lines", file.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn long_code_is_noted_and_too_long_code_is_broken() {
        let lines = |count: usize| "x\n".repeat(count);
        let files = [
            file("a.rs", &lines(350)),
            file("b.rs", &lines(351)),
            file("c.tsx", &lines(601)),
            file("d.md", &lines(5000)),
        ];
        let mut findings = Findings::default();
        check(&files, &mut findings);
        assert_eq!(findings.notes, ["b.rs: 351 lines"]);
        assert_eq!(findings.broken.len(), 1);
        assert!(findings.broken[0].starts_with("c.tsx"));
    }
}
