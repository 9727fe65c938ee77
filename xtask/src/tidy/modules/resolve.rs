//! Which modules of a crate a path leads to.

use std::collections::BTreeSet;

use super::path::{NamePath, Place, Reference};
use super::tree::{ModuleId, ModuleTree, ROOT};

/// What a path can end at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Module(ModuleId),
    /// Something that this module defines.
    Item(ModuleId),
}

/// The modules that a reference needs: the one that defines what it names, and those whose re-exports it goes through.
pub(super) fn needs(tree: &ModuleTree, from: ModuleId, reference: &Reference) -> BTreeSet<ModuleId> {
    let mut walk = Walk { tree, from, needed: BTreeSet::new(), under_way: Vec::new() };
    let ends = match reference.place {
        Place::Macro => walk.macro_path(&reference.path),
        Place::Use | Place::Code => walk.path(from, &reference.path),
    };
    for end in ends {
        match end {
            Target::Item(module) => {
                walk.needed.insert(module);
            }
            Target::Module(module) if reference.place == Place::Use => {
                walk.needed.insert(module);
            }
            Target::Module(_) => {}
        }
    }
    walk.needed.remove(&from);
    walk.needed
}

struct Walk<'a> {
    tree: &'a ModuleTree,
    from: ModuleId,
    needed: BTreeSet<ModuleId>,
    /// Names that are being looked up, so that imports in a circle come to an end.
    under_way: Vec<(ModuleId, String)>,
}

impl Walk<'_> {
    fn path(&mut self, from: ModuleId, path: &NamePath) -> Vec<Target> {
        let Some((first, rest)) = path.names.split_first() else { return Vec::new() };
        if path.absolute {
            return Vec::new();
        }
        let mut ends = match first.as_str() {
            "crate" => vec![Target::Module(ROOT)],
            "self" => vec![Target::Module(from)],
            "super" => self.parent(from),
            _ => self.look_up(from, first),
        };
        for name in rest {
            ends = ends.into_iter().flat_map(|end| self.step(end, name)).collect();
        }
        ends
    }

    fn step(&mut self, end: Target, name: &str) -> Vec<Target> {
        let Target::Module(module) = end else { return vec![end] };
        if name == "super" {
            return self.parent(module);
        }
        let found = self.look_up(module, name);
        if found.is_empty() {
            // Another crate's item that this module re-exports, or one that a macro makes.
            self.needed.insert(module);
        }
        found
    }

    fn parent(&self, module: ModuleId) -> Vec<Target> {
        self.tree.get(module).parent.map(Target::Module).into_iter().collect()
    }

    /// Everything that has this name in a module.
    fn look_up(&mut self, module: ModuleId, name: &str) -> Vec<Target> {
        let key = (module, name.to_owned());
        if self.under_way.contains(&key) {
            return Vec::new();
        }
        self.under_way.push(key);
        let found = self.look_up_anew(module, name);
        self.under_way.pop();
        found
    }

    fn look_up_anew(&mut self, module: ModuleId, name: &str) -> Vec<Target> {
        let tree = self.tree;
        let here = tree.get(module);
        let mut found = Vec::new();
        found.extend(here.children.get(name).copied().map(Target::Module));
        if here.names.defined.contains(name) {
            found.push(Target::Item(module));
        }
        for import in here.names.imports.iter().filter(|import| import.alias.as_deref() == Some(name)) {
            if module != self.from {
                self.needed.insert(module);
            }
            found.extend(self.path(module, &import.path));
        }
        if found.is_empty() {
            for import in here.names.imports.iter().filter(|import| import.alias.is_none()) {
                for end in self.path(module, &import.path) {
                    if let Target::Module(module) = end {
                        found.extend(self.look_up(module, name));
                    }
                }
            }
            if !found.is_empty() && module != self.from {
                self.needed.insert(module);
            }
        }
        if module == ROOT {
            found.extend(tree.ids().filter(|id| exports_macro(tree, *id, name)).map(Target::Item));
        }
        found
    }

    /// A macro without a path may also stand in a module around this one, further up in the file.
    fn macro_path(&mut self, path: &NamePath) -> Vec<Target> {
        let found = self.path(self.from, path);
        let [name] = path.names.as_slice() else { return found };
        if !found.is_empty() {
            return found;
        }
        let around = self.tree.ancestry(self.from);
        let defines = |id: &ModuleId| self.tree.get(*id).names.defined.contains(name);
        around.into_iter().find(defines).map(Target::Item).into_iter().collect()
    }
}

fn exports_macro(tree: &ModuleTree, module: ModuleId, name: &str) -> bool {
    tree.get(module).names.exported_macros.iter().any(|exported| exported == name)
}
