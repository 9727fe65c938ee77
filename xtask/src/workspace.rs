//! Where things are: the repository and the built programs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The repository's root: where cargo says this package's parent is, else the nearest workspace above the current folder.
pub(crate) fn root() -> Result<PathBuf> {
    if let Some(package) = std::env::var_os("CARGO_MANIFEST_DIR")
        && let Some(root) = Path::new(&package).parent()
        && is_root(root)
    {
        return Ok(root.to_owned());
    }
    let here = std::env::current_dir().context("no current folder")?;
    match here.ancestors().find(|folder| is_root(folder)) {
        Some(root) => Ok(root.to_owned()),
        None => bail!("{} is not inside the Visavis repository: change into it", here.display()),
    }
}

fn is_root(folder: &Path) -> bool {
    folder.join("Cargo.lock").exists() && folder.join("xtask/Cargo.toml").exists()
}

/// The folder with the built programs: this one lies there too, whatever target folder is configured.
pub(crate) fn programs() -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program lies")?;
    own.parent().map(Path::to_owned).context("this program lies in no folder")
}

/// One of our own programs, built.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let path = programs()?.join(name);
    if !path.exists() {
        bail!("{} does not exist: run `cargo build --workspace --bins`", path.display());
    }
    Ok(path)
}
