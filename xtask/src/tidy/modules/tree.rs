//! The modules of a crate, with the names in each.

use std::collections::{BTreeMap, HashMap};

use syn::{Attribute, Expr, Item, ItemMod, Lit, Meta};

use super::super::SourceFile;
use super::super::test_code::{attributes, is_test_only};
use super::collect::Names;
use super::path::name;

/// A module's place in its tree; the crate's root is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ModuleId(usize);

pub(super) const ROOT: ModuleId = ModuleId(0);

#[derive(Debug)]
pub(super) struct Module {
    /// The folders and names that lead to it, as in `crates/room/src/ffi`.
    pub(super) label: String,
    pub(super) name: String,
    /// The file that holds its code.
    pub(super) file: String,
    pub(super) parent: Option<ModuleId>,
    pub(super) children: BTreeMap<String, ModuleId>,
    pub(super) names: Names,
}

#[derive(Debug)]
pub(super) struct ModuleTree {
    modules: Vec<Module>,
}

impl ModuleTree {
    /// Follows the `mod` declarations from the crate's root.
    pub(super) fn load(root: &SourceFile, sources: &HashMap<&str, &str>) -> Result<Self, String> {
        let folder = folder_of(&root.path);
        let named_by_folder = ["/lib.rs", "/main.rs"].iter().any(|end| root.path.ends_with(end));
        let label = if named_by_folder { folder } else { &root.path };
        let mut loader = Loader { sources, tree: Self { modules: Vec::new() } };
        let id = loader.add(label, "crate", &root.path, None);
        loader.fill_from_file(id, folder)?;
        Ok(loader.tree)
    }

    pub(super) fn get(&self, id: ModuleId) -> &Module {
        &self.modules[id.0]
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ModuleId> + use<> {
        (0..self.modules.len()).map(ModuleId)
    }

    /// The module and those around it, the root last.
    pub(super) fn ancestry(&self, id: ModuleId) -> Vec<ModuleId> {
        std::iter::successors(Some(id), |id| self.get(*id).parent).collect()
    }
}

struct Loader<'a> {
    sources: &'a HashMap<&'a str, &'a str>,
    tree: ModuleTree,
}

impl Loader<'_> {
    fn add(&mut self, label: &str, name: &str, file: &str, parent: Option<ModuleId>) -> ModuleId {
        let id = ModuleId(self.tree.modules.len());
        self.tree.modules.push(Module {
            label: label.to_owned(),
            name: name.to_owned(),
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            names: Names::default(),
        });
        id
    }

    /// Reads the module's own file; `below` is where its child modules lie.
    fn fill_from_file(&mut self, id: ModuleId, below: &str) -> Result<(), String> {
        let path = self.tree.get(id).file.clone();
        let text = self.sources.get(path.as_str()).ok_or_else(|| format!("{path}: no such file"))?;
        let parsed = syn::parse_file(text)
            .map_err(|error| format!("{path}:{}: cannot be parsed: {error}", error.span().start().line))?;
        if is_test_only(&parsed.attrs) {
            return Ok(());
        }
        self.fill(id, &parsed.items, below, folder_of(&path))
    }

    /// `beside` is where the paths of `#[path]` attributes begin.
    fn fill(&mut self, id: ModuleId, items: &[Item], below: &str, beside: &str) -> Result<(), String> {
        for item in items.iter().filter(|item| !is_test_only(attributes(item))) {
            match item {
                Item::Mod(item) => self.descend(id, item, below, beside)?,
                _ => self.tree.modules[id.0].names.add(item),
            }
        }
        Ok(())
    }

    fn descend(&mut self, parent: ModuleId, item: &ItemMod, below: &str, beside: &str) -> Result<(), String> {
        let name = name(&item.ident);
        let label = format!("{}/{name}", self.tree.get(parent).label);
        let file = self.tree.get(parent).file.clone();
        let given = given_path(&item.attrs);
        let below = format!("{below}/{name}");
        let child = self.add(&label, &name, &file, Some(parent));
        self.tree.modules[parent.0].children.insert(name, child);
        if let Some((_, items)) = &item.content {
            return self.fill(child, items, &below, &below);
        }
        let (file, below) = match given {
            Some(given) => {
                let file = format!("{beside}/{given}");
                let below = folder_of(&file).to_owned();
                (file, below)
            }
            None => {
                let choices = [format!("{below}.rs"), format!("{below}/mod.rs")];
                let found = choices.into_iter().find(|path| self.sources.contains_key(path.as_str()));
                (found.ok_or_else(|| format!("{file}: `mod` of {label} has no file"))?, below)
            }
        };
        self.tree.modules[child.0].file = file;
        self.fill_from_file(child, &below)
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The file that a `#[path = "…"]` gives.
fn given_path(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}
