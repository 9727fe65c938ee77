//! The names of environment variables that the programs know, wherever in the sources they stand.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use testkit::snapshot::assert_unchanged;

/// Names of one word, which no rule could tell from other literals.
const ONE_WORD: [&str; 6] = ["CI", "HOME", "LANG", "PATH", "PORT", "TMPDIR"];
/// Literals that look like names of variables and are none.
const OTHERS: [&str; 6] = ["AGENT_STATES", "ERROR_CODES", "IN_PROGRESS", "IN_QUEUE", "TIMED_OUT", "OUT_DIR"];
/// How such literals begin: names of face blend shapes, and of what cargo tells the compiler.
const OTHER_PREFIXES: [&str; 3] = ["XR_FACE_", "CARGO_MANIFEST_", "CARGO_PKG_"];

#[test]
fn environment_names_are_unchanged() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let listed = Command::new("git")
        .current_dir(&root)
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.rs"])
        .output()
        .unwrap();
    let paths = String::from_utf8(listed.stdout).unwrap();
    let mut names = BTreeSet::new();
    // A file that was moved and not yet staged is still listed at its old place.
    for path in paths.split('\0').filter(|path| is_production(path) && root.join(path).is_file()) {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        names.extend(names_in(&text).into_iter().map(str::to_owned));
    }
    assert!(names.contains("LIVEKIT_URL") && names.contains("VISAVIS_STORE"), "the sources were not found: {names:?}");
    let lines: String = names.into_iter().map(|name| name + "\n").collect();
    assert_unchanged(&[("environment-names.txt".to_owned(), lines)]);
}

fn is_production(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_folder = |folder: &str| path.split('/').any(|part| part == folder);
    !(path.is_empty()
        || ["tests", "examples", "benches", "fuzz"].into_iter().any(in_folder)
        || name == "build.rs"
        || name == "tests.rs"
        || name.ends_with("_tests.rs"))
}

/// The string literals of a file that are names of variables, without its tests.
fn names_in(text: &str) -> Vec<&str> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split('"')).filter(|literal| is_name(literal)).collect()
}

fn is_name(literal: &str) -> bool {
    let has_form = literal.starts_with(|c: char| c.is_ascii_uppercase())
        && literal.contains('_')
        && literal.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let is_other = OTHERS.contains(&literal) || OTHER_PREFIXES.iter().any(|prefix| literal.starts_with(prefix));
    (has_form && !is_other) || ONE_WORD.contains(&literal)
}

#[test]
fn names_are_found_in_constants_and_attributes_and_not_in_tests_or_prose() {
    let text = "/// reads \"IN_PROSE\"\nconst A: &str = \"VISAVIS_A\";\n#[arg(env = \"B_C\")] x(\"PORT\", \"no\", \"X\");\n\
                #[cfg(test)]\nmod tests {\n  x(\"IN_TEST\");\n}\n";
    assert_eq!(names_in(text), ["VISAVIS_A", "B_C", "PORT"]);
    assert!(is_production("crates/chat/src/fit.rs") && !is_production("crates/chat/tests/fit.rs"));
    assert!(!is_production("crates/chat/src/fit_tests.rs") && !is_production("crates/chat/build.rs"));
}
