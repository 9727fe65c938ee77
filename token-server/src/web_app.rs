//! The folder of a built web app: one page and the files that it asks for.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// The page, as bundlers name it.
const PAGE: &str = "index.html";

/// Why a folder is no web app.
#[derive(Debug, Error)]
pub enum WebAppError {
    /// The page can't be read.
    #[error("{} has no index.html that can be read ({source}); build the web app with `cargo xtask web`", folder.display())]
    NoPage {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// A folder with a page in it.
#[derive(Debug, Clone)]
pub struct WebApp {
    folder: PathBuf,
}

impl WebApp {
    /// Looks whether there is a page.
    ///
    /// # Errors
    /// [`WebAppError`] names the folder and says what to do.
    pub fn open(folder: PathBuf) -> Result<Self, WebAppError> {
        match std::fs::read_to_string(folder.join(PAGE)) {
            Ok(_) => Ok(Self { folder }),
            Err(source) => Err(WebAppError::NoPage { folder, source }),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The page as it is now: the app may be built anew while it is served.
    ///
    /// # Errors
    /// It can't be read any more.
    pub async fn page(&self) -> std::io::Result<String> {
        tokio::fs::read_to_string(self.folder.join(PAGE)).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn a_folder_without_a_page_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        for place in [folder.path().to_owned(), folder.path().join("nowhere")] {
            let message = WebApp::open(place.clone()).unwrap_err().to_string();
            assert!(message.starts_with(&place.display().to_string()), "{message}");
            assert!(message.contains("cargo xtask web"), "{message}");
        }
        std::fs::write(folder.path().join(PAGE), "<!doctype html>").unwrap();
        assert_eq!(WebApp::open(folder.path().to_owned()).unwrap().folder(), folder.path());
    }
}
