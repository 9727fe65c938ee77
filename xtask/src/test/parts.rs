//! The processes that an executable's tests run in. Each module of an integration test has one of its own, so that one
//! program can hold many test files and these still share nothing.

/// Tests that run in one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The module; none where the executable has one process for all.
    pub(super) module: Option<String>,
    pub(super) tests: Vec<String>,
}

/// Parts by module, from what `--list --format=terse` prints. Tests outside of modules share a process.
pub(super) fn by_module(list: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for test in list.lines().filter_map(|line| line.strip_suffix(": test")) {
        let module = test.split_once("::").map(|(module, _)| module.to_owned());
        match parts.iter_mut().find(|part| part.module == module) {
            Some(part) => part.tests.push(test.to_owned()),
            None => parts.push(Part { module, tests: vec![test.to_owned()] }),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_module_is_a_part() {
        let list =
            "audio::mutes: test\nalone: test\naudio::deep::plays: test\nlong_audio::mutes: test\nspeed: benchmark\n";
        let part = |module: Option<&str>, tests: &[&str]| Part {
            module: module.map(str::to_owned),
            tests: tests.iter().map(|test| (*test).to_owned()).collect(),
        };
        let expected = [
            part(Some("audio"), &["audio::mutes", "audio::deep::plays"]),
            part(None, &["alone"]),
            part(Some("long_audio"), &["long_audio::mutes"]),
        ];
        assert_eq!(by_module(list), expected);
        assert!(by_module("").is_empty());
    }
}
