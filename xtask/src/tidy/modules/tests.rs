use super::super::file;
use super::*;

/// What is wrong with a crate of these files below `crates/a/src`.
fn broken(files: &[(&str, &str)]) -> Vec<String> {
    broken_except(files, &[])
}

fn broken_except(files: &[(&str, &str)], exceptions: &[(&str, &str)]) -> Vec<String> {
    let mut sources = vec![file("crates/a/Cargo.toml", "[package]\nname = \"a\"\n")];
    sources.extend(files.iter().map(|(path, text)| file(&format!("crates/a/src/{path}"), text)));
    let mut findings = Findings::default();
    check_except(&sources, exceptions, &mut findings);
    findings.broken
}

/// Asserts that there is one cycle, and that it is of these modules.
fn assert_cycle(files: &[(&str, &str)], names: &str) {
    let found = broken(files);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].lines().next().is_some_and(|line| line.ends_with(&format!(": {names}"))), "{found:#?}");
}

const ROOT: &str = "mod b;\nmod c;\n";

#[test]
fn modules_that_need_each_other_in_one_direction_pass() {
    let files = [
        ("lib.rs", "mod b;\nmod c;\nmod d;\npub struct A;\n"),
        ("b.rs", "use crate::c::C;\nuse super::d;\npub struct B(C, d::D);\n"),
        ("c.rs", "pub struct C(crate::d::D, std::io::Error);\n"),
        ("d.rs", "pub struct D(super::A);\n"),
    ];
    assert_eq!(broken(&files), [""; 0]);
}

#[test]
fn a_planted_cycle_is_told_with_its_lines() {
    let files = [
        ("lib.rs", ROOT),
        ("b.rs", "\nuse crate::c::{C, d as e};\npub struct B;\n"),
        ("c.rs", "pub struct C;\npub fn d() -> super::b::B { super::b::B }\n"),
    ];
    let expected = "crates/a/src: modules in a cycle: b -> c -> b
    b needs c
        crates/a/src/b.rs:2: crate::c::C
        crates/a/src/b.rs:2: crate::c::d
    c needs b
        crates/a/src/c.rs:2: super::b::B";
    assert_eq!(broken(&files), [expected]);
}

#[test]
fn every_way_of_writing_a_reference_counts() {
    for needs_b in [
        "use crate::b::B;",
        "use crate::b::{self as x, B};",
        "use crate::b::*;",
        "pub use super::b::B;",
        "fn x() { let _ = crate::b::f(); }",
        "fn x() { use super::b::B; }",
        "fn x(y: Vec<super::b::B>) {}",
        "impl super::b::T for u8 {}",
        "fn x() { if let super::b::B = y() {} }",
        "fn x() { println!(\"{}\", 1 + crate::b::f()); }",
        "macro_rules! x { () => { $crate::b::f() } }",
        "use crate as root; fn x() { root::b::f(); }",
        "#[derive(D)] struct X { #[serde(default = \"crate::b::f\")] y: u8 }",
        "#[command(value_parser = super::b::f)] struct X;",
        "use crate::B;",
        "use super::*; fn x() -> B { B }",
        "use super::*; fn x() { vec![B]; }",
        "mod inner { use super::super::b::B; }",
    ] {
        let b = "pub struct B;\npub trait T {}\npub fn f() -> crate::c::C { crate::c::C }\n";
        let c = format!("pub struct C;\n{needs_b}\n");
        let found = broken(&[("lib.rs", "mod b;\nmod c;\npub use b::B;\n"), ("b.rs", b), ("c.rs", &c)]);
        assert_eq!(found.len(), 1, "{needs_b}: {found:?}");
    }
}

#[test]
fn what_is_no_reference_does_not_count() {
    for harmless in [
        "#[cfg(test)] mod tests { use crate::b::B; }",
        "#[cfg(test)] mod tests;",
        "#[cfg(all(test, unix))] use crate::b::B;",
        "#[test] fn x() { crate::b::f(); }",
        "impl C { #[cfg(test)] fn x() { crate::b::f(); } }",
        "/// See [`crate::b::B`].\nfn x() {}",
        "fn x() { let b = \"crate::b::f()\"; }",
        "use ::b::B;",
        "use other::b::B;",
        "use self::b::B; mod b { pub struct B; }",
        "fn x(y: Y) { y.b(); dbg!(y.b); }",
        "use super::A; fn x(y: A) -> A { y }",
        "pub(in crate::c) fn x() {}",
    ] {
        let b = "pub struct B;\npub fn f() -> crate::c::C { crate::c::C }\n";
        let c = format!("pub struct C;\n{harmless}\n");
        let found = broken(&[("lib.rs", "mod b;\nmod c;\npub struct A;\n"), ("b.rs", b), ("c.rs", &c)]);
        assert_eq!(found, [""; 0], "{harmless}");
    }
}

#[test]
fn a_re_export_counts_as_the_module_that_defines_and_as_the_one_that_hands_on() {
    let root = "mod b;\nmod c;\npub use c::deep::{D as E, *};\n";
    let c = "pub mod deep;\npub use deep::D;\n";
    for needs_c in ["use crate::E;", "use crate::c::D;", "use crate::D;", "use crate::c::deep::D;"] {
        let b = format!("{needs_c}\npub struct B;\n");
        let deep = "pub struct D(crate::b::B);\n";
        assert_cycle(&[("lib.rs", root), ("b.rs", &b), ("c/mod.rs", c), ("c/deep.rs", deep)], "b -> c -> b");
    }
    // `d` hands on what `c` defines: whoever takes it there needs both.
    let files = [
        ("lib.rs", "mod b;\nmod c;\nmod d;\n"),
        ("b.rs", "use crate::d::C;\npub struct B(C);\n"),
        ("c.rs", "pub struct C;\n"),
        ("d.rs", "pub use crate::c::C;\npub fn f(b: crate::b::B) {}\n"),
    ];
    assert_cycle(&files, "b -> d -> b");
}

#[test]
fn an_outer_crate_of_a_modules_name_is_not_that_module() {
    let files = [
        ("lib.rs", "mod hall;\n"),
        ("hall/mod.rs", "pub mod room;\npub mod door;\n"),
        ("hall/room.rs", "use super::door::Door;\n"),
        ("hall/door.rs", "use room::Room;\npub struct Door(Room);\n"),
    ];
    assert_eq!(broken(&files), [""; 0]);
}

#[test]
fn cycles_are_found_at_every_depth_and_between_subtrees() {
    let files = [
        ("lib.rs", "mod b;\nmod c;\n"),
        ("b/mod.rs", "mod x;\nmod y;\npub struct B;\n"),
        ("b/x.rs", "use super::y::Y;\npub struct X;\n"),
        ("b/y.rs", "use super::x::X;\nuse crate::c::deep::deeper::D;\npub struct Y;\n"),
        ("c.rs", "pub mod deep { pub mod deeper; }\n"),
        ("c/deep/deeper.rs", "use crate::b::B;\npub struct D;\n"),
    ];
    let found = broken(&files);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("crates/a/src: modules in a cycle: b -> c -> b\n"), "{found:#?}");
    assert!(found[0].contains("crates/a/src/c/deep/deeper.rs:1: crate::b::B"), "{found:#?}");
    assert!(found[1].starts_with("crates/a/src/b: modules in a cycle: x -> y -> x\n"), "{found:#?}");
}

#[test]
fn the_shortest_cycle_comes_first() {
    let files = [
        ("lib.rs", "mod b;\nmod c;\nmod d;\nmod e;\n"),
        ("b.rs", "use crate::c::C;\npub struct B;\n"),
        ("c.rs", "use crate::d::D;\npub struct C;\n"),
        ("d.rs", "use crate::b::B;\nuse crate::e::E;\npub struct D;\n"),
        ("e.rs", "use crate::d::D;\npub struct E;\n"),
    ];
    let found: Vec<String> =
        broken(&files).iter().filter_map(|found| found.lines().next().map(str::to_owned)).collect();
    assert_eq!(
        found,
        ["crates/a/src: modules in a cycle: d -> e -> d", "crates/a/src: modules in a cycle: b -> c -> d -> b",]
    );
}

#[test]
fn files_are_found_where_the_compiler_finds_them() {
    let files = [
        ("main.rs", "#[path = \"odd/place.rs\"]\nmod b;\nmod c;\n"),
        ("odd/place.rs", "mod inner;\npub struct B;\n"),
        ("odd/inner.rs", "use crate::c::C;\n"),
        ("c/mod.rs", "use crate::b::B;\npub struct C;\n"),
    ];
    assert_cycle(&files, "b -> c -> b");
    assert_eq!(broken(&[("lib.rs", "mod b;\n")]), ["crates/a/src/lib.rs: `mod` of crates/a/src/b has no file"]);
    assert!(broken(&[("lib.rs", "mod b;\n"), ("b.rs", "\nfn (")])[0].starts_with("crates/a/src/b.rs:2: cannot be"));
}

#[test]
fn an_exception_is_for_one_place_and_must_be_needed() {
    let files =
        [("lib.rs", ROOT), ("b.rs", "use crate::c::C;\npub struct B;\n"), ("c.rs", "pub struct C(crate::b::B);\n")];
    assert_eq!(broken_except(&files, &[("crates/a/src", "why")]), [""; 0]);
    let found = broken_except(&files, &[("crates/a/src/b", "why")]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].starts_with("crates/a/src/b: no cycle any more"), "{found:?}");
}

#[test]
fn exactly_one_cycle_is_allowed_for_good() {
    let places: Vec<&str> = CYCLES_ALLOWED.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, ["crates/room/src/ffi"]);
}
