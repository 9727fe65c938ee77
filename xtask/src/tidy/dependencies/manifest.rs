//! What the manifests of the workspace say.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::super::SourceFile;

/// A package of the workspace, and the packages it names.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) uses: BTreeSet<String>,
    pub(super) tests_use: BTreeSet<String>,
    pub(super) builds_use: BTreeSet<String>,
}

/// The members' manifests; folders that the workspace excludes are none of its members.
pub(super) fn read_all(files: &[SourceFile]) -> (Vec<Manifest>, Vec<String>) {
    let root = files.iter().find(|file| file.path == "Cargo.toml").and_then(|file| file.text.parse::<Table>().ok());
    let root = Workspace::of(root.as_ref());
    let mut manifests = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        let Some(folder) = file.path.strip_suffix("/Cargo.toml") else { continue };
        if root.excluded.contains(folder) {
            continue;
        }
        match read(file, &root.packages) {
            Ok(manifest) => manifests.push(manifest),
            Err(problem) => problems.push(format!("{}: {problem}", file.path)),
        }
    }
    (manifests, problems)
}

/// What the workspace's own manifest says about its members.
#[derive(Default)]
struct Workspace {
    excluded: BTreeSet<String>,
    /// The packages of the shared dependencies that go by another name.
    packages: BTreeMap<String, String>,
}

impl Workspace {
    fn of(manifest: Option<&Table>) -> Self {
        let Some(workspace) = manifest.and_then(|manifest| manifest.get("workspace")) else { return Self::default() };
        let excluded = workspace.get("exclude").and_then(Value::as_array);
        let shared = workspace.get("dependencies").and_then(Value::as_table);
        Self {
            excluded: excluded.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            packages: shared
                .into_iter()
                .flatten()
                .filter_map(|(key, value)| Some((key.clone(), value.get("package")?.as_str()?.to_owned())))
                .collect(),
        }
    }
}

fn read(file: &SourceFile, shared: &BTreeMap<String, String>) -> Result<Manifest, String> {
    let manifest: Table = file.text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    let named = |kind: &str| packages(&manifest, kind, shared);
    Ok(Manifest {
        path: file.path.clone(),
        name: name.ok_or("no package name")?.to_owned(),
        uses: named("dependencies"),
        tests_use: named("dev-dependencies"),
        builds_use: named("build-dependencies"),
    })
}

/// The packages in every table of that kind, those for some platforms too.
fn packages(manifest: &Table, kind: &str, shared: &BTreeMap<String, String>) -> BTreeSet<String> {
    let platforms = manifest.get("target").and_then(Value::as_table);
    let tables = platforms.into_iter().flat_map(|platforms| platforms.values().filter_map(Value::as_table));
    let listed = tables.chain([manifest]).filter_map(|table| table.get(kind)?.as_table());
    let package = |(key, value): (&String, &Value)| {
        let renamed = value.get("package").and_then(Value::as_str).or_else(|| shared.get(key).map(String::as_str));
        renamed.unwrap_or(key).to_owned()
    };
    listed.flat_map(|table| table.iter().map(package)).collect()
}
