//! A path as it is written in the source.

use syn::Ident;

/// The names of a path, as in `crate::a::b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamePath {
    pub(super) names: Vec<String>,
    /// It begins with `::` and so with another crate.
    pub(super) absolute: bool,
}

impl NamePath {
    pub(super) fn of(path: &syn::Path) -> Self {
        let names = path.segments.iter().map(|segment| name(&segment.ident)).collect();
        Self { names, absolute: path.leading_colon.is_some() }
    }
}

/// An identifier without the `r#` that makes a keyword one.
pub(super) fn name(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or(text.clone(), str::to_owned)
}

/// Where a path stands, which decides what its last name can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A `use`: anything of that name.
    Use,
    /// A type, an expression, a pattern: anything but a module.
    Code,
    /// The name of a macro that is called.
    Macro,
}

/// A path somewhere in a module.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) path: NamePath,
    pub(super) place: Place,
    pub(super) line: usize,
}

/// A `use`, or one branch of it.
#[derive(Debug, Clone)]
pub(super) struct Import {
    /// The name it brings into the module; `None` for `*`.
    pub(super) alias: Option<String>,
    pub(super) path: NamePath,
}
