//! Relative links in Markdown lead to files that are there.

use std::collections::BTreeSet;

use super::code::is_word;
use super::{Findings, SourceFile};

/// `paths` are all files of the repository, pictures included.
pub(super) fn check(files: &[SourceFile], paths: &[String], findings: &mut Findings) {
    let mut known: BTreeSet<&str> = BTreeSet::from([""]);
    for path in paths {
        known.insert(path);
        known.extend(path.match_indices('/').map(|(at, _)| &path[..at]));
    }
    for file in files.iter().filter(|file| file.has_extension(&["md"])) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (number, target) in targets(&file.text) {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty()
                && !has_scheme(path)
                && !resolve(folder, path).is_some_and(|path| known.contains(path.as_str()))
            {
                findings.broken.push(format!("{}:{number}: the link to {target} leads nowhere", file.path));
            }
        }
    }
}

/// What the links `[text](target)` outside of code point to, with their line numbers.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            // An odd number of backticks before it: inside `code`.
            if line[..at].matches('`').count() % 2 == 0
                && let Some((target, _)) = line[at + 2..].split_once(')')
            {
                // What follows a space is a title.
                found.push((number + 1, target.split(' ').next().unwrap_or_default()));
            }
        }
    }
    found
}

/// Whether a target begins like `https:` or `mailto:`.
fn has_scheme(target: &str) -> bool {
    target.split_once(':').is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.chars().all(is_word))
}

/// The path below the root that `target` means in a file of `folder`; none when it leads outside.
fn resolve(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn broken(text: &str) -> Vec<String> {
        let paths = ["README.md", "docs/guide.md", "docs/images/face.png"].map(str::to_owned);
        let mut findings = Findings::default();
        check(&[file("docs/guide.md", text)], &paths, &mut findings);
        findings.broken
    }

    #[test]
    fn links_to_files_and_folders_that_are_there_pass() {
        for target in
            ["../README.md", "images/face.png", "./guide.md#part", "images/", "#part", "..", "images/face.png \"x\""]
        {
            assert!(broken(&format!("see [it]({target})")).is_empty(), "{target}");
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_found_with_their_line() {
        for target in ["README.md", "images/other.png", "../../README.md", "/README.md", "guide.md/x"] {
            assert_eq!(broken(&format!("one\n[a](guide.md) and [it]({target})")).len(), 1, "{target}");
        }
        assert!(broken("one\n[it](gone.md)")[0].starts_with("docs/guide.md:2: "));
    }

    #[test]
    fn the_web_and_code_are_left_alone() {
        for text in
            ["[a](https://example.org/x)", "[a](mailto:a@example.org)", "`[a](gone.md)`", "```\n[a](gone.md)\n```"]
        {
            assert!(broken(text).is_empty(), "{text}");
        }
    }
}
