//! The names that a module's production code brings in, defines and refers to.

use std::collections::BTreeSet;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, Lit, Meta, UseTree};

use super::super::test_code::{attributes, is_test_only};
use super::path::{Import, NamePath, Place, Reference, name};
use super::tokens;

/// What was found in one module, its child modules left out.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) defined: BTreeSet<String>,
    /// Macros that `#[macro_export]` puts at the crate's root.
    pub(super) exported_macros: Vec<String>,
    pub(super) imports: Vec<Import>,
    pub(super) references: Vec<Reference>,
}

impl Names {
    /// Takes in an item of the module itself, one that is no `mod`.
    pub(super) fn add(&mut self, item: &Item) {
        if let Some(defined) = defined_name(item) {
            if let Item::Macro(item) = item
                && item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
            {
                self.exported_macros.push(defined.clone());
            }
            self.defined.insert(defined);
        }
        self.visit_item(item);
    }

    fn refer(&mut self, path: &syn::Path, place: Place) {
        if let Some(first) = path.segments.first() {
            let line = first.ident.span().start().line;
            self.references.push(Reference { path: NamePath::of(path), place, line });
        }
    }

    fn import(&mut self, tree: &UseTree, before: &NamePath) {
        let joined = |last: &syn::Ident| {
            let mut path = before.clone();
            // `a::{self}` is `a`.
            if last != "self" || path.names.is_empty() {
                path.names.push(name(last));
            }
            path
        };
        let (alias, path) = match tree {
            UseTree::Path(path) => return self.import(&path.tree, &joined(&path.ident)),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.import(tree, before)),
            UseTree::Glob(_) => (None, before.clone()),
            UseTree::Name(leaf) => {
                let path = joined(&leaf.ident);
                (path.names.last().cloned(), path)
            }
            UseTree::Rename(leaf) => (Some(name(&leaf.rename)), joined(&leaf.ident)),
        };
        let line = tree.span().start().line;
        self.references.push(Reference { path: path.clone(), place: Place::Use, line });
        self.imports.push(Import { alias, path });
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(&item.tree, &NamePath { names: Vec::new(), absolute: item.leading_colon.is_some() });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test_only(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        if !is_test_only(&item.attrs) {
            visit::visit_impl_item_const(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_test_only(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if !is_test_only(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if !is_test_only(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !is_test_only(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.refer(path, Place::Code);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.refer(&call.path, Place::Macro);
        tokens::paths(call.tokens.clone(), &mut self.references);
    }

    /// A place where something may be seen is no use of it.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            tokens::paths(list.tokens.clone(), &mut self.references);
            if list.path.is_ident("serde") {
                // Such as `#[serde(default = "super::defaults::port")]`.
                for literal in tokens::strings(list.tokens.clone()) {
                    let Lit::Str(text) = Lit::new(literal) else { continue };
                    let line = text.span().start().line;
                    if let Ok(path) = text.parse::<syn::Path>() {
                        self.references.push(Reference { path: NamePath::of(&path), place: Place::Code, line });
                    }
                }
            }
        }
    }
}

fn defined_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name(ident))
}
