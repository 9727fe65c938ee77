//! Which children of a module need which others, and the cycles among them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::path::{Place, Reference};
use super::resolve;
use super::tree::{Module, ModuleId, ModuleTree};

/// The lines that make one module need another, as `file:line: path`.
type Evidence = Vec<String>;

/// The children of one module, and why each needs others.
#[derive(Debug, Default)]
pub(super) struct Siblings {
    needs: BTreeMap<ModuleId, BTreeMap<ModuleId, Evidence>>,
}

/// Modules of which each needs the next, and the last the first.
pub(super) type Cycle = Vec<ModuleId>;

/// The graph of the children of each module that has such references.
pub(super) fn of_tree(tree: &ModuleTree) -> BTreeMap<ModuleId, Siblings> {
    let mut graphs: BTreeMap<ModuleId, Siblings> = BTreeMap::new();
    for from in tree.ids() {
        let module = tree.get(from);
        for reference in &module.names.references {
            for to in resolve::needs(tree, from, reference) {
                let Some((parent, from, to)) = meet(tree, from, to) else { continue };
                let evidence = graphs.entry(parent).or_default().needs.entry(from).or_default().entry(to).or_default();
                // A `use` speaks for what follows from it.
                if evidence.is_empty() || !is_imported(module, reference) {
                    let line = format!("{}:{}: {}", module.file, reference.line, reference.path.names.join("::"));
                    if evidence.last() != Some(&line) {
                        evidence.push(line);
                    }
                }
            }
        }
    }
    graphs
}

/// Whether the reference begins with a name that a `use` of the module brings in.
fn is_imported(module: &Module, reference: &Reference) -> bool {
    let first = reference.path.names.first();
    reference.place != Place::Use && module.names.imports.iter().any(|import| import.alias.as_ref() == first)
}

/// The module in whose subtree both lie, and the two children of it in which they do; `None` where one is around the
/// other.
fn meet(tree: &ModuleTree, from: ModuleId, to: ModuleId) -> Option<(ModuleId, ModuleId, ModuleId)> {
    let (from, to) = (tree.ancestry(from), tree.ancestry(to));
    let common = from.iter().rev().zip(to.iter().rev()).take_while(|(from, to)| from == to).count();
    let child = |ancestry: &[ModuleId]| ancestry.len().checked_sub(common + 1).map(|at| ancestry[at]);
    let parent = from[from.len() - common];
    Some((parent, child(&from)?, child(&to)?))
}

impl Siblings {
    /// For each reference that lies on a cycle the shortest one that it lies on; the shortest first.
    pub(super) fn cycles(&self) -> Vec<Cycle> {
        let mut cycles = BTreeSet::new();
        for (from, needed) in &self.needs {
            for to in needed.keys() {
                if let Some(back) = self.way(*to, *from) {
                    cycles.insert(from_its_least(back));
                }
            }
        }
        let mut cycles: Vec<Cycle> = cycles.into_iter().collect();
        cycles.sort_by_key(Vec::len);
        cycles
    }

    pub(super) fn evidence(&self, from: ModuleId, to: ModuleId) -> &[String] {
        self.needs.get(&from).and_then(|needed| needed.get(&to)).map_or(&[], Vec::as_slice)
    }

    /// The shortest way from one module to another, both included.
    fn way(&self, from: ModuleId, to: ModuleId) -> Option<Vec<ModuleId>> {
        let mut came_from = BTreeMap::from([(from, None)]);
        let mut waiting = VecDeque::from([from]);
        while let Some(at) = waiting.pop_front() {
            if at == to {
                let back = std::iter::successors(Some(at), |at| came_from.get(at).copied().flatten());
                let mut way: Vec<ModuleId> = back.collect();
                way.reverse();
                return Some(way);
            }
            for next in self.needs.get(&at).into_iter().flat_map(BTreeMap::keys) {
                if !came_from.contains_key(next) {
                    came_from.insert(*next, Some(at));
                    waiting.push_back(*next);
                }
            }
        }
        None
    }
}

/// The same cycle, begun at its least module, so that it is found only once.
fn from_its_least(mut cycle: Cycle) -> Cycle {
    let least = cycle.iter().enumerate().min_by_key(|(_, id)| **id).map_or(0, |(at, _)| at);
    cycle.rotate_left(least);
    cycle
}
