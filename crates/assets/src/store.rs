//! [`Assets`]: the cache folder, and the only way to a pinned file.

use std::io;
use std::path::{Path, PathBuf};

use crate::manifest::{AssetFacts, Carrier, Manifest, Recipe};
use crate::{Asset, AssetError, stamp};

/// The environment variable that names the cache folder.
pub const CACHE_VARIABLE: &str = "VISAVIS_CACHE";

/// The cache folder and what is pinned about its files.
#[derive(Debug, Clone)]
pub struct Assets {
    cache: PathBuf,
    platform: String,
    manifest: Manifest,
}

impl Assets {
    /// Opens the cache: `$VISAVIS_CACHE`, else the user's cache folder + `visavis`. Touches no file.
    ///
    /// A relative folder is taken from the current one, and stays that folder when the current one changes.
    pub fn open() -> Result<Assets, AssetError> {
        Assets::open_configured(std::env::var_os(CACHE_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from))
    }

    fn open_configured(configured: Option<PathBuf>) -> Result<Assets, AssetError> {
        let cache = configured
            .or_else(|| dirs::cache_dir().map(|folder| folder.join("visavis")))
            .ok_or(AssetError::NoCacheFolder)?;
        Assets::open_in(std::path::absolute(&cache).map_err(AssetError::io("make absolute", &cache))?)
    }

    /// Opens the cache in a folder of the caller's choice.
    pub fn open_in(cache: impl Into<PathBuf>) -> Result<Assets, AssetError> {
        Ok(Assets::with_manifest(cache, Manifest::embedded()?))
    }

    pub(crate) fn with_manifest(cache: impl Into<PathBuf>, manifest: Manifest) -> Assets {
        let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
        Assets { cache: cache.into(), platform, manifest }
    }

    /// The same cache as seen from another platform (`<os>-<architecture>`).
    #[cfg(test)]
    pub(crate) fn on_platform(mut self, platform: &str) -> Assets {
        self.platform = platform.to_owned();
        self
    }

    /// The cache folder itself. Other parts keep what they build or install there, each below a folder of its own.
    pub fn cache_dir(&self) -> &Path {
        &self.cache
    }

    pub(crate) fn assets_dir(&self) -> PathBuf {
        self.cache.join("assets")
    }

    pub(crate) fn downloads_dir(&self) -> PathBuf {
        self.cache.join("downloads")
    }

    /// What is pinned about a file.
    pub fn facts(&self, asset: Asset) -> Result<&AssetFacts, AssetError> {
        let missing = || AssetError::Manifest(format!("asset `{}` is not listed", asset.id()));
        self.manifest.assets.get(asset.id()).ok_or_else(missing)
    }

    /// What is pinned about a carrier, by its key.
    pub fn carrier(&self, id: &str) -> Result<&Carrier, AssetError> {
        let missing = || AssetError::Manifest(format!("carrier `{id}` is not listed"));
        self.manifest.carriers.get(id).ok_or_else(missing)
    }

    /// The file that this one is made of, and how; `None` when it arrives as it is.
    pub(crate) fn made_of(&self, asset: Asset) -> Result<Option<(Asset, Recipe)>, AssetError> {
        let Some(made) = &self.facts(asset)?.made else { return Ok(None) };
        let unknown = || AssetError::Manifest(format!("asset `{}` is not known", made.of));
        Ok(Some((Asset::by_id(&made.of).ok_or_else(unknown)?, made.recipe)))
    }

    /// Where a file belongs, whether or not it is there.
    pub fn location(&self, asset: Asset) -> Result<PathBuf, AssetError> {
        Ok(self.assets_dir().join(&self.facts(asset)?.file))
    }

    /// A file whose bytes are the pinned ones.
    ///
    /// Cheap when the file was verified before and not touched since; otherwise it is hashed again. Fails when the file
    /// is missing, has other bytes, or is native code for another platform.
    pub fn path(&self, asset: Asset) -> Result<PathBuf, AssetError> {
        self.check_platform(asset)?;
        let facts = self.facts(asset)?;
        let path = self.location(asset)?;
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(AssetError::Missing { asset: asset.id(), path });
            }
            Err(error) => return Err(AssetError::io("look at", path)(error)),
        };
        if metadata.len() != facts.size {
            let (expected, found) = (format!("{} bytes", facts.size), format!("{} bytes", metadata.len()));
            return Err(AssetError::Corrupt { asset: asset.id(), path, expected, found });
        }
        if stamp::matches(&path, &metadata, &facts.sha256) {
            return Ok(path);
        }
        let found = stamp::hash_file(&path).map_err(AssetError::io("read", &path))?;
        if found != facts.sha256 {
            let (expected, found) = (format!("sha256 {}", facts.sha256), format!("sha256 {found}"));
            return Err(AssetError::Corrupt { asset: asset.id(), path, expected, found });
        }
        // A cache that may only be read still serves: the next look then costs a hash again.
        let _ = stamp::write(&path, &facts.sha256);
        Ok(path)
    }

    /// Refuses native code that was pinned for another platform than this one.
    pub(crate) fn check_platform(&self, asset: Asset) -> Result<(), AssetError> {
        match &self.facts(asset)?.platform {
            Some(needed) if *needed != self.platform => {
                Err(AssetError::Platform { asset: asset.id(), needed: needed.clone(), found: self.platform.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::test_support::{PIPER_BYTES, fake_assets};

    const ASSET: Asset = Asset::PiperJoeConfig;

    fn put(assets: &Assets, bytes: &[u8]) -> PathBuf {
        fs::create_dir_all(assets.assets_dir()).unwrap();
        let path = assets.location(ASSET).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn a_right_file_is_handed_out_and_stamped() {
        let (_folder, assets) = fake_assets();
        let path = put(&assets, PIPER_BYTES);
        assert_eq!(assets.path(ASSET).unwrap(), path);
        assert!(stamp::stamp_path(&path).exists());
    }

    #[test]
    fn a_relative_cache_folder_becomes_absolute() {
        let assets = Assets::open_configured(Some(PathBuf::from("cache"))).unwrap();
        assert_eq!(assets.cache_dir(), std::env::current_dir().unwrap().join("cache"));
    }

    #[test]
    fn a_missing_file_is_named_with_the_command_that_brings_it() {
        let (_folder, assets) = fake_assets();
        let error = assets.path(ASSET).unwrap_err();
        assert!(matches!(error, AssetError::Missing { .. }));
        let message = error.to_string();
        assert!(message.ends_with("run `cargo xtask assets`") && message.contains("piper.json"), "{message}");
        let message = assets.path(Asset::QwenLargeChatEnglish).unwrap_err().to_string();
        assert!(message.ends_with("run `cargo xtask assets --group choice`"), "{message}");
    }

    #[test]
    fn a_file_of_the_wrong_size_or_content_is_corrupt() {
        let (_folder, assets) = fake_assets();
        for bytes in [&b"short"[..], &vec![b'x'; PIPER_BYTES.len()][..]] {
            put(&assets, bytes);
            let error = assets.path(ASSET).unwrap_err();
            assert!(matches!(error, AssetError::Corrupt { .. }), "{error}");
            assert!(error.to_string().contains("cargo xtask assets"), "{error}");
        }
    }

    #[test]
    fn a_file_that_changes_after_its_verification_is_hashed_again() {
        let (_folder, assets) = fake_assets();
        let path = put(&assets, PIPER_BYTES);
        assets.path(ASSET).unwrap();
        // Same size, other bytes, other modification time.
        fs::write(&path, vec![b'x'; PIPER_BYTES.len()]).unwrap();
        let later = SystemTime::now() + Duration::from_secs(5);
        File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        assert!(matches!(assets.path(ASSET).unwrap_err(), AssetError::Corrupt { .. }));
    }

    #[test]
    fn a_stamp_spares_the_hashing() {
        let (_folder, assets) = fake_assets();
        let path = put(&assets, PIPER_BYTES);
        assets.path(ASSET).unwrap();
        let verified = fs::metadata(&path).unwrap().modified().unwrap();
        // Other bytes behind an untouched size and time: only a look that trusts the stamp lets this pass.
        fs::write(&path, vec![b'x'; PIPER_BYTES.len()]).unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(verified).unwrap();
        assert!(assets.path(ASSET).is_ok());
    }

    #[test]
    fn a_stamp_for_another_hash_is_not_trusted() {
        let (_folder, assets) = fake_assets();
        let path = put(&assets, &vec![b'x'; PIPER_BYTES.len()]);
        stamp::write(&path, &"0".repeat(64)).unwrap();
        assert!(matches!(assets.path(ASSET).unwrap_err(), AssetError::Corrupt { .. }));
    }

    #[test]
    fn native_code_is_refused_on_another_platform_and_data_is_not() {
        let (_folder, assets) = fake_assets();
        let assets = assets.on_platform("beos-m68k");
        put(&assets, PIPER_BYTES);
        assert!(assets.path(ASSET).is_ok());
        let message = assets.path(Asset::LivekitFfi).unwrap_err().to_string();
        assert!(message.contains("livekit-ffi") && message.contains("beos-m68k"), "{message}");
    }
}
