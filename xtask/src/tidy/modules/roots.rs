//! The files in which the crates of production code begin: libraries and programs, not tests and examples.

use toml::{Table, Value};

use super::super::SourceFile;

/// The root files of the package whose manifest this is.
pub(super) fn of_package<'a>(manifest: &SourceFile, files: &'a [SourceFile]) -> Vec<&'a SourceFile> {
    let folder = manifest.path.trim_end_matches("Cargo.toml");
    let source = format!("{folder}src/");
    let named = named_paths(&manifest.text);
    let is_root = |file: &&SourceFile| {
        let Some(below) = file.path.strip_prefix(folder) else { return false };
        named.iter().any(|path| path == below) || file.path.strip_prefix(&source).is_some_and(is_found_by_cargo)
    };
    files.iter().filter(is_root).collect()
}

/// Whether cargo finds this path below `src` without being told.
fn is_found_by_cargo(path: &str) -> bool {
    let program = path.strip_prefix("bin/");
    let file = program.is_some_and(|name| name.ends_with(".rs") && !name.contains('/'));
    let folder = program.and_then(|name| name.strip_suffix("/main.rs")).is_some_and(|name| !name.contains('/'));
    path == "lib.rs" || path == "main.rs" || file || folder
}

/// Paths that the manifest gives for its library and programs.
fn named_paths(manifest: &str) -> Vec<String> {
    let Ok(manifest) = manifest.parse::<Table>() else { return Vec::new() };
    let programs = manifest.get("bin").and_then(Value::as_array).into_iter().flatten();
    let targets = programs.chain(manifest.get("lib"));
    targets.filter_map(|target| target.get("path")?.as_str()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::file;
    use super::*;

    #[test]
    fn libraries_and_programs_are_roots() {
        let manifest = file("crates/a/Cargo.toml", "[package]\n[[bin]]\nname = \"b\"\npath = \"odd/b.rs\"\n");
        let paths = [
            "crates/a/src/lib.rs",
            "crates/a/src/main.rs",
            "crates/a/src/bin/c.rs",
            "crates/a/src/bin/d/main.rs",
            "crates/a/odd/b.rs",
            "crates/a/src/e.rs",
            "crates/a/src/bin/d/f.rs",
            "crates/a/tests/g.rs",
            "crates/ab/src/lib.rs",
        ];
        let files: Vec<SourceFile> = paths.iter().map(|path| file(path, "")).collect();
        let roots: Vec<&str> = of_package(&manifest, &files).iter().map(|file| file.path.as_str()).collect();
        assert_eq!(roots, paths[..5]);
    }
}
