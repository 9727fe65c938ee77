//! The processes that an integration test's executable runs in. Each module has one of its own, so that one program can hold
//! many test files and these still share nothing.

/// Tests that run in one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// What they have in common: a module, or the one test that it is. Empty where that is the executable alone.
    pub(super) name: String,
    pub(super) tests: Vec<String>,
}

/// A part for each module, from what `--list --format=terse` prints, and one for what is in none.
pub(super) fn by_module(list: &str) -> Vec<Part> {
    parts(list, |test| test.split_once("::").map_or("", |(module, _)| module))
}

/// A part for each test.
pub(super) fn by_test(list: &str) -> Vec<Part> {
    parts(list, |test| test)
}

fn parts(list: &str, name: impl Fn(&str) -> &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for test in list.lines().filter_map(|line| line.strip_suffix(": test")) {
        let name = name(test);
        match parts.iter_mut().find(|part| part.name == name) {
            Some(part) => part.tests.push(test.to_owned()),
            None => parts.push(Part { name: name.to_owned(), tests: vec![test.to_owned()] }),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str =
        "audio::mutes: test\nalone: test\naudio::deep::plays: test\nlong_audio::mutes: test\nspeed: benchmark\n";

    fn part(name: &str, tests: &[&str]) -> Part {
        Part { name: name.to_owned(), tests: tests.iter().map(|test| (*test).to_owned()).collect() }
    }

    #[test]
    fn each_module_is_a_part() {
        let expected = [
            part("audio", &["audio::mutes", "audio::deep::plays"]),
            part("", &["alone"]),
            part("long_audio", &["long_audio::mutes"]),
        ];
        assert_eq!(by_module(LIST), expected);
        assert!(by_module("").is_empty());
    }

    #[test]
    fn each_test_is_a_part() {
        let names: Vec<String> = by_test(LIST).into_iter().map(|part| part.name).collect();
        assert_eq!(names, ["audio::mutes", "alone", "audio::deep::plays", "long_audio::mutes"]);
    }
}
