//! Characters: the art and the rig of a drawn person, shipped with the program or read from a folder.

use std::ops::Range;
use std::path::Path;

use resvg::usvg;

use super::art;
use super::rig::Rig;
use crate::CharacterError;

/// A character's name, art and rig, as they are when this is compiled.
macro_rules! shipped {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../characters/", $name, "/art.svg")),
            include_str!(concat!("../../characters/", $name, "/rig.toml")),
        )
    };
}

/// The characters that are shipped: name, art, rig.
const SHIPPED: [(&str, &str, &str); 4] = [shipped!("amara"), shipped!("joe"), shipped!("walter"), shipped!("mei")];

/// Art and rig files larger than this, in bytes, are refused.
const LARGEST_FILE: u64 = 1 << 20;

/// A drawn person: art and rig. `docs/face-drawn.md` says how to make one.
pub struct Character {
    pub(super) art: usvg::Tree,
    pub(super) rig: Rig,
}

impl Character {
    /// The names of the characters that are shipped. The first is the default.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, ..)| *name)
    }

    /// The shipped character of that name, or else the one in the folder of that path.
    ///
    /// # Errors
    /// [`CharacterError`] with the place and the key.
    pub fn load(name_or_folder: &str) -> Result<Self, CharacterError> {
        if let Some((name, art, rig)) = SHIPPED.iter().find(|(name, ..)| *name == name_or_folder) {
            return Self::parse(&format!("{name}/art.svg"), art, &format!("{name}/rig.toml"), rig);
        }
        let folder = Path::new(name_or_folder);
        if !folder.is_dir() {
            let known: Vec<_> = Self::names().collect();
            let message = format!(
                "is neither a folder nor one of the characters {}: name one of them, or a folder with art.svg and \
                 rig.toml",
                known.join(", ")
            );
            return Err(CharacterError::about(name_or_folder, "-", message));
        }
        let (art_file, rig_file) = (folder.join("art.svg"), folder.join("rig.toml"));
        let (art, rig) = (read(&art_file)?, read(&rig_file)?);
        Self::parse(&art_file.display().to_string(), &art, &rig_file.display().to_string(), &rig)
    }

    /// Parses the texts of an art and a rig file; the files are named in errors.
    ///
    /// # Errors
    /// [`CharacterError`] with the place and the key.
    pub fn parse(art_file: &str, art: &str, rig_file: &str, rig: &str) -> Result<Self, CharacterError> {
        let parsed: Rig =
            toml::from_str(rig).map_err(|error| at(rig_file, rig, error.span().unwrap_or(0..0), error.message()))?;
        if let Some((key, message)) = parsed.problem() {
            return Err(CharacterError::about(rig_file, key, message));
        }
        Ok(Self { art: art::parse(art_file, art)?, rig: parsed })
    }

    /// What the character is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.rig.name
    }

    /// Under which licence the art may be used.
    #[must_use]
    pub fn licence(&self) -> &str {
        &self.rig.licence
    }

    /// Who drew it.
    #[must_use]
    pub fn credit(&self) -> &str {
        &self.rig.credit
    }
}

impl std::fmt::Debug for Character {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Character").field("name", &self.rig.name).finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<String, CharacterError> {
    let file = path.display().to_string();
    let failed = |error: std::io::Error| CharacterError::about(&file, "-", format!("cannot be read: {error}"));
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > LARGEST_FILE {
        return Err(CharacterError::about(&file, "-", format!("has {length} bytes, more than {LARGEST_FILE}")));
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// An error at a byte range of the text; the key is read off the line, with its table's name before it.
fn at(file: &str, text: &str, span: Range<usize>, message: &str) -> CharacterError {
    let before = text.get(..span.start.min(text.len())).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default().trim();
    let table_of = |line: &str| Some(line.trim().strip_prefix('[')?.split(']').next()?.to_owned());
    let table = table_of(line).or_else(|| before[..line_start].lines().rev().find_map(table_of));
    // A missing key is reported for the whole file or table; its name is in the message, between back quotes.
    let missing = message.starts_with("missing field").then(|| message.split('`').nth(1)).flatten();
    let name = missing.or_else(|| line.split_once('=').map(|(name, _)| name.trim()));
    let key = match (table, name) {
        (Some(table), Some(name)) => format!("{table}.{name}"),
        (Some(key), None) => key,
        (None, name) => name.filter(|name| !name.is_empty()).unwrap_or("-").to_owned(),
    };
    CharacterError {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        key,
        message: message.lines().next().unwrap_or_default().to_owned(),
    }
}
