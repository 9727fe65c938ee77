//! The text of a persona file as a tree whose parts know their places.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{PersonaError, PersonaErrors};

/// A file that is TOML.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    file: &'t str,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    /// Reads TOML.
    ///
    /// # Errors
    /// Everything that is not TOML in it.
    pub(crate) fn parse(file: &'t str, text: &'t str) -> Result<Self, PersonaErrors> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let document = Self { file, text, root };
        let errors = errors.iter().map(|error| {
            let span = error.span().unwrap_or(0..0);
            document.error(span, "", error.message())
        });
        match PersonaErrors::all(errors.collect()) {
            Some(errors) => Err(errors),
            None => Ok(document),
        }
    }

    pub(crate) fn root(&self) -> &DeTable<'t> {
        self.root.get_ref()
    }

    /// The string that a key of a table is set to.
    pub(crate) fn string(&self, [table, key]: [&str; 2]) -> Option<&str> {
        let (_, table) = self.root().iter().find(|(name, _)| name.get_ref() == table)?;
        let (_, value) = table.get_ref().as_table()?.iter().find(|(name, _)| name.get_ref() == key)?;
        value.get_ref().as_str()
    }

    /// The whole tree but for these keys, each with the names of its tables before it.
    pub(crate) fn root_without(&self, keys: &[&str]) -> Spanned<DeTable<'t>> {
        let mut root = self.root.clone();
        for key in keys {
            remove(root.get_mut(), &key.split('.').collect::<Vec<_>>());
        }
        root
    }

    /// An error at a place. Without a key it is about the file, or about the line's key if that can be read off it.
    pub(crate) fn error(&self, span: Range<usize>, key: &str, message: &str) -> PersonaError {
        let start = (0..=span.start.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at));
        let before = &self.text[..start.unwrap_or_default()];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let written = line.split_once('=').map_or("", |(name, _)| name.trim());
        let key = [key, written].into_iter().find(|name| !name.is_empty()).unwrap_or("-");
        PersonaError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            key: key.to_owned(),
            message: message.lines().next().unwrap_or_default().to_owned(),
        }
    }

    /// An error about a key, at the place where it or the table around it is set.
    pub(crate) fn error_about(&self, key: &str, message: &str) -> PersonaError {
        let mut place = 0..0;
        let mut table = Some(self.root());
        for name in key.split('.') {
            let Some(inner) = table else { break };
            let Some((found, value)) = inner.iter().find(|(found, _)| found.get_ref() == name) else { break };
            place = found.span();
            table = match value.get_ref() {
                DeValue::Table(inner) => Some(inner),
                _ => None,
            };
        }
        self.error(place, key, message)
    }
}

fn remove(table: &mut DeTable<'_>, path: &[&str]) {
    match path {
        [] => {}
        [name] => drop(table.remove(*name)),
        [name, rest @ ..] => {
            for (key, value) in table.iter_mut() {
                if key.get_ref() == name
                    && let DeValue::Table(inner) = value.get_mut()
                {
                    remove(inner, rest);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn an_error_stands_where_its_key_is_set() {
        let document = Document::parse("p.toml", "name = \"Ä\"\n[face]\nsize = 3\n").unwrap();
        let shown = |key| document.error_about(key, "no").to_string();
        assert_eq!(shown("face.size"), "p.toml:3:1: face.size: no");
        assert_eq!(shown("face.mood"), "p.toml:2:2: face.mood: no", "its table");
        assert_eq!(shown("greeting"), "p.toml:1:1: greeting: no");
        let inline = Document::parse("p.toml", "a = 1\nface = { size = 3 }").unwrap();
        assert_eq!(inline.error_about("face.size", "no").to_string(), "p.toml:2:10: face.size: no");
    }

    #[test]
    fn columns_are_characters_and_every_syntax_error_is_told() {
        let errors = Document::parse("p.toml", "name = \"Ä\" x\ngreeting = \n").unwrap_err();
        let shown: Vec<String> = errors.iter().map(|error| format!("{}:{}", error.line, error.key)).collect();
        assert_eq!(shown, ["1:name", "2:greeting"], "{errors}");
    }
}
