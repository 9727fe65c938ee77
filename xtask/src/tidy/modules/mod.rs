//! The modules of each crate know each other in one direction only (DESIGN, rule 2).
//!
//! ```text
//!   roots ──> tree (mod declarations) ──> collect (definitions, imports, references of each module)
//!                                                │
//!   findings <── graph (children of each module, their cycles) <── resolve (whose definition a path names)
//! ```
//!
//! Only production code counts, and references between a module and those around it do not. What the checker cannot
//! see: calls of methods, and names that macros make.

mod collect;
mod exceptions;
mod graph;
mod path;
mod resolve;
mod roots;
mod tokens;
mod tree;

use std::collections::{BTreeSet, HashMap};

use self::exceptions::CYCLES_ALLOWED;
use self::graph::{Cycle, Siblings};
use self::tree::ModuleTree;
use super::{Findings, SourceFile};

/// How many lines are shown for one step of a cycle.
const LINES_SHOWN: usize = 6;

pub(super) fn check(files: &[SourceFile], findings: &mut Findings) {
    check_except(files, CYCLES_ALLOWED, findings);
}

/// `exceptions` are modules whose children may form cycles, each with the reason.
fn check_except(files: &[SourceFile], exceptions: &[(&str, &str)], findings: &mut Findings) {
    let sources: HashMap<&str, &str> = files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let mut needed = BTreeSet::new();
    let mut told: Vec<(usize, String)> = Vec::new();
    for manifest in files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        for root in roots::of_package(manifest, files) {
            let tree = match ModuleTree::load(root, &sources) {
                Ok(tree) => tree,
                Err(problem) => {
                    findings.broken.push(problem);
                    continue;
                }
            };
            for (parent, siblings) in graph::of_tree(&tree) {
                let label = &tree.get(parent).label;
                let cycles = siblings.cycles();
                match exceptions.iter().find(|(place, _)| place == label) {
                    Some((place, _)) if !cycles.is_empty() => {
                        needed.insert(*place);
                    }
                    _ => {
                        told.extend(cycles.iter().map(|cycle| (cycle.len(), describe(&tree, label, &siblings, cycle))))
                    }
                }
            }
        }
    }
    told.sort_by_key(|(length, _)| *length);
    findings.broken.extend(told.into_iter().map(|(_, text)| text));
    let idle = exceptions.iter().filter(|(place, _)| !needed.contains(place));
    findings.broken.extend(idle.map(|(place, _)| format!("{place}: no cycle any more, so its exception can go")));
}

fn describe(tree: &ModuleTree, label: &str, siblings: &Siblings, cycle: &Cycle) -> String {
    let name = |at: usize| tree.get(cycle[at % cycle.len()]).name.as_str();
    let names: Vec<&str> = (0..=cycle.len()).map(name).collect();
    let mut text = format!("{label}: modules in a cycle: {}", names.join(" -> "));
    for at in 0..cycle.len() {
        text.push_str(&format!("\n    {} needs {}", name(at), name(at + 1)));
        let lines = siblings.evidence(cycle[at], cycle[(at + 1) % cycle.len()]);
        for line in lines.iter().take(LINES_SHOWN) {
            text.push_str(&format!("\n        {line}"));
        }
        if lines.len() > LINES_SHOWN {
            text.push_str(&format!("\n        and {} more", lines.len() - LINES_SHOWN));
        }
    }
    text
}

#[cfg(test)]
mod tests;
