//! Dependencies between the crates come from an allow-list (DESIGN, rule 1).
//!
//! ```text
//!   manifests ──> every crate has a row, every row a crate
//!             ──> a crate names no crate of ours but those of its row      (table::CRATES)
//!             ──> some crates of others are named by their owners alone    (table::GUARDED)
//!             ──> some are out of reach by any detour through ours         (table::OUT_OF_REACH)
//! ```
//!
//! What only tests or build scripts use has its own columns; detours lead through `[dependencies]`.

mod manifest;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use self::manifest::Manifest;
use self::table::{CRATES, GUARDED, OUT_OF_REACH, Row};
use super::{Findings, SourceFile};

const TABLE: &str = "xtask/src/tidy/dependencies/table.rs";

pub(super) fn check(files: &[SourceFile], findings: &mut Findings) {
    let (manifests, problems) = manifest::read_all(files);
    findings.broken.extend(problems);
    findings.broken.extend(missing_crates(&manifests));
    for manifest in &manifests {
        match row_of(&manifest.name) {
            Some(row) => findings.broken.extend(not_listed(manifest, row)),
            None => findings.broken.push(format!("{}: `{}` is not in {TABLE}", manifest.path, manifest.name)),
        }
        findings.broken.extend(guarded(manifest));
    }
    findings.broken.extend(detours(&manifests));
}

fn row_of(name: &str) -> Option<&'static Row> {
    CRATES.iter().find(|row| row.name == name)
}

/// Rows whose crate does not exist.
fn missing_crates(manifests: &[Manifest]) -> Vec<String> {
    let exists = |row: &&Row| manifests.iter().any(|manifest| manifest.name == row.name);
    let missing = CRATES.iter().filter(|row| !exists(row));
    missing.map(|row| format!("{TABLE}: `{}` is no crate of the workspace", row.name)).collect()
}

/// Crates of ours that a manifest names although its row does not.
fn not_listed(manifest: &Manifest, row: &Row) -> Vec<String> {
    let dev: Vec<&str> = row.uses.iter().chain(row.tests_use).copied().collect();
    let tables = [
        ("dependencies", &manifest.uses, row.uses),
        ("dev-dependencies", &manifest.tests_use, dev.as_slice()),
        ("build-dependencies", &manifest.builds_use, &[]),
    ];
    let mut problems = Vec::new();
    for (table, named, listed) in tables {
        for name in named.iter().filter(|name| row_of(name).is_some() && !listed.contains(&name.as_str())) {
            let problem = format!("[{table}] may not name `{name}`: it is not in the row of `{}`", row.name);
            problems.push(format!("{}: {problem} in {TABLE}", manifest.path));
        }
    }
    problems
}

/// Crates of others that belong to other crates of ours.
fn guarded(manifest: &Manifest) -> Vec<String> {
    let trespassed = GUARDED
        .iter()
        .filter(|guarded| manifest.uses.contains(guarded.name) && !guarded.owners.contains(&manifest.name.as_str()));
    let problem = |guarded: &table::Guarded| match guarded.owners {
        [] => format!("{}: no crate may depend on `{}`", manifest.path, guarded.name),
        owners => format!("{}: only {} may depend on `{}`", manifest.path, owners.join(", "), guarded.name),
    };
    trespassed.map(problem).collect()
}

/// Ways to what is out of reach.
fn detours(manifests: &[Manifest]) -> Vec<String> {
    let graph: BTreeMap<&str, &BTreeSet<String>> =
        manifests.iter().map(|manifest| (manifest.name.as_str(), &manifest.uses)).collect();
    let mut problems = Vec::new();
    for rule in OUT_OF_REACH {
        for name in rule.crates {
            let ways = rule.forbidden.iter().filter_map(|forbidden| way(&graph, name, forbidden));
            problems.extend(ways.map(|way| format!("{}: {}", way.join(" -> "), rule.reason)));
        }
    }
    problems
}

/// The way from one crate to another, if there is one.
fn way<'a>(graph: &BTreeMap<&'a str, &'a BTreeSet<String>>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![from]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        let Some(uses) = way.last().and_then(|last| graph.get(last)) else { continue };
        for next in uses.iter() {
            let mut longer = way.clone();
            longer.push(next);
            if next == to {
                return Some(longer);
            }
            if seen.insert(next) {
                ways.push(longer);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
