//! Which code is compiled for tests alone.

use syn::punctuated::Punctuated;
use syn::{Attribute, Item, Meta, Token};

/// Whether these attributes take the item out of production builds.
pub(super) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg") && attribute.parse_args::<Meta>().is_ok_and(|meta| needs_test(&meta))
    })
}

/// Whether a condition holds in tests alone.
fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => {
            let Ok(parts) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else { return false };
            list.path.is_ident("all") && parts.iter().any(needs_test)
                || list.path.is_ident("any") && !parts.is_empty() && parts.iter().all(needs_test)
        }
        Meta::NameValue(_) => false,
    }
}

/// The attributes of any item.
pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether a file holds nothing but tests, by where it lies and what it is called.
pub(super) fn is_test_file(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    folders.split('/').any(|folder| folder == "tests") || name == "tests.rs" || name.ends_with("_tests.rs")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn conditions_that_hold_in_tests_alone_are_known() {
        for (condition, expected) in [
            ("test", true),
            ("all(test, unix)", true),
            ("any(test, all(unix, test))", true),
            ("any(test, fuzzing)", false),
            ("not(test)", false),
            ("unix", false),
            ("feature = \"test\"", false),
        ] {
            let item: syn::ItemFn = syn::parse_str(&format!("#[cfg({condition})] fn a() {{}}")).unwrap();
            assert_eq!(is_test_only(&item.attrs), expected, "{condition}");
        }
        let item: syn::ItemFn = syn::parse_str("#[test] fn a() {}").unwrap();
        assert!(is_test_only(&item.attrs));
    }

    #[test]
    fn test_files_are_known_by_their_names() {
        for path in ["crates/a/tests/b.rs", "a/src/tests.rs", "a/src/b_tests.rs", "a/src/tests/b.rs"] {
            assert!(is_test_file(path), "{path}");
        }
        for path in ["a/src/b.rs", "a/src/test_command.rs", "a/src/contests.rs"] {
            assert!(!is_test_file(path), "{path}");
        }
    }
}
