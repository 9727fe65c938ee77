//! The web app: built once for its sources, then taken from where it lies.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::project::Project;
use super::{fingerprint, install, node};
use crate::screen;

/// Where the script puts it, and the file beside it that says for which sources.
const OUTPUT: &str = "dist/web";
const RECORD: &str = "dist/web.sha256";
/// How long the bundler may take on a slow machine.
const DEADLINE: Duration = Duration::from_secs(20 * 60);
/// Files worth packing (fonts in this form too), and the size below which it gains nothing.
const PACKED: [&str; 6] = ["js", "css", "svg", "json", "map", "ttf"];
const WORTH_PACKING: u64 = 1024;

/// Builds the web app unless it is there for these very sources. Returns its folder.
pub(crate) fn run() -> Result<PathBuf> {
    build(&Project::clients()?)
}

/// The folder of the web app as it was built last, if it ever was.
pub(crate) fn last_built() -> Option<PathBuf> {
    let output = Project::clients().ok()?.folder().join(OUTPUT);
    is_web_app(&output).then_some(output)
}

fn build(project: &Project) -> Result<PathBuf> {
    let (output, record) = (project.folder().join(OUTPUT), project.folder().join(RECORD));
    // Sources that git cannot list are built each time.
    let sources = fingerprint::of_folder(project.folder()).ok();
    if let Some(sources) = &sources
        && is_web_app(&output)
        && fs::read_to_string(&record).is_ok_and(|built| built == *sources)
    {
        screen::line("web app: built already");
        return Ok(output);
    }
    node::check()?;
    install::run(project)?;
    // What is half built must not pass for built.
    let _ = fs::remove_file(&record);
    project.npm(&["run", "export:web"], DEADLINE)?;
    if !is_web_app(&output) {
        bail!("`npm run export:web` left no index.html in {}", output.display());
    }
    pack(&output)?;
    if let Some(sources) = sources {
        fs::write(&record, sources).with_context(|| format!("cannot write {}", record.display()))?;
    }
    Ok(output)
}

fn is_web_app(folder: &Path) -> bool {
    folder.join("index.html").is_file()
}

/// Puts a packed copy beside each large text file; the token server sends it to whoever can unpack it.
fn pack(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            pack(&path)?;
        } else if path.extension().and_then(OsStr::to_str).is_some_and(|extension| PACKED.contains(&extension))
            && path.metadata()?.len() >= WORTH_PACKING
        {
            let mut name = path.clone().into_os_string();
            name.push(".gz");
            let mut packed = GzEncoder::new(File::create(&name)?, Compression::best());
            io::copy(&mut File::open(&path)?, &mut packed)?;
            packed.finish().with_context(|| format!("cannot pack {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::process::Command;

    use super::*;

    /// A project without packages, whose web app is a copy of `source.txt` with a script. Each build is counted.
    fn project(export: &str) -> (tempfile::TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let package = serde_json::json!({"name": "tiny", "version": "1.0.0", "scripts": {"export:web": export}});
        let lock = serde_json::json!({"name": "tiny", "version": "1.0.0", "lockfileVersion": 3,
                                      "packages": {"": {"name": "tiny", "version": "1.0.0"}}});
        write("package.json", &package.to_string());
        write("package-lock.json", &lock.to_string());
        write("source.txt", "first");
        write(".gitignore", "node_modules/\ndist/\nbuilds\n");
        assert!(Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status().unwrap().success());
        let project = Project::open(folder.path().to_owned()).unwrap();
        (folder, project)
    }

    const EXPORT: &str = "mkdir -p dist/web/js && cp source.txt dist/web/index.html && echo built >> builds && \
                          yes line | head -c 5000 > dist/web/js/entry.js";

    fn builds(folder: &tempfile::TempDir) -> usize {
        fs::read_to_string(folder.path().join("builds")).unwrap_or_default().lines().count()
    }

    #[test]
    fn it_is_built_again_for_other_sources_alone() {
        let (folder, project) = project(EXPORT);
        let output = build(&project).unwrap();
        assert_eq!((fs::read_to_string(output.join("index.html")).unwrap().as_str(), builds(&folder)), ("first", 1));
        build(&project).unwrap();
        assert_eq!(builds(&folder), 1);
        fs::write(folder.path().join("source.txt"), "second").unwrap();
        let output = build(&project).unwrap();
        assert_eq!((fs::read_to_string(output.join("index.html")).unwrap().as_str(), builds(&folder)), ("second", 2));
        // A new file counts too, and so does an output that somebody removed.
        fs::write(folder.path().join("more.txt"), "").unwrap();
        build(&project).unwrap();
        fs::remove_dir_all(&output).unwrap();
        build(&project).unwrap();
        assert_eq!(builds(&folder), 4);

        let packed = fs::read(output.join("js/entry.js.gz")).unwrap();
        assert!(packed.starts_with(b"\x1f\x8b") && packed.len() < 200, "{}", packed.len());
        assert!(!output.join("index.html.gz").exists());
    }

    #[test]
    fn a_build_that_fails_says_why_and_does_not_count_as_built() {
        let (folder, project) =
            project("mkdir -p dist/web; echo > dist/web/index.html; echo no such module >&2; exit 3");
        for _ in 0..2 {
            let message = format!("{:#}", build(&project).unwrap_err());
            assert!(message.contains("export:web") && message.contains("no such module"), "{message}");
        }
        fs::write(folder.path().join("package.json"), r#"{"scripts":{"export:web":"true"}}"#).unwrap();
        fs::remove_dir_all(folder.path().join("dist")).unwrap();
        let message = format!("{:#}", build(&project).unwrap_err());
        assert!(message.contains("index.html"), "{message}");
    }
}
