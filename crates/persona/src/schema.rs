//! The schema of the persona file: its parser checks it, and editors read it.

use std::path::Path;

use schemars::generate::SchemaSettings;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::check::check;
use crate::choices::{Choice, Choices, EngineChoice};
use crate::document::Document;
use crate::engines::{chosen_name, find};
use crate::error::{PersonaError, PersonaErrors};
use crate::{DEFAULT_PERSONA, Persona};

/// Which keys there are, and what each takes: the parser of persona files.
#[derive(Debug, Clone)]
pub struct PersonaSchema {
    schema: Value,
    choices: Choices,
}

impl PersonaSchema {
    /// The schema with what a persona can name.
    #[must_use]
    pub fn new(choices: Choices) -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut schema = settings.into_generator().into_root_schema_for::<Persona>().to_value();
        for (key, engines) in choices.engines() {
            set_names(&mut schema, "engines", key, engines.iter().map(|engine| &engine.choice));
        }
        set_names(&mut schema, "turns", "end_of_turn", choices.end_of_turn.iter());
        set_names(&mut schema, "turns", "interruption", choices.interruption.iter());
        set_names(&mut schema, "turns", "back_channel", choices.back_channel.iter());
        Self { schema, choices }
    }

    /// As a JSON schema (draft 2020-12), for editors.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.schema
    }

    /// Reads a persona file, or the default one.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(&self, path: Option<&Path>) -> Result<Persona, PersonaErrors> {
        let Some(path) = path else { return self.parse("assistant.toml", DEFAULT_PERSONA) };
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| PersonaError {
            file: file.clone(),
            line: 1,
            column: 1,
            key: "-".into(),
            message: format!("cannot be read: {error}"),
        })?;
        let mut persona = self.parse(&file, &text)?;
        persona.face.begin_paths_at(path.parent().unwrap_or(Path::new("")));
        Ok(persona)
    }

    /// Parses the text of a persona file, which errors name `file`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(&self, file: &str, text: &str) -> Result<Persona, PersonaErrors> {
        let document = Document::parse(file, text)?;
        let mut errors = check(&document, &self.with_options(&document));
        // Without the keys that are wrong, the others can be read and held against each other all the same.
        let wrong: Vec<&str> = errors.iter().map(|error| error.key.as_str()).collect();
        let persona = match Persona::deserialize(toml::Deserializer::from(document.root_without(&wrong))) {
            Ok(persona) => Some(persona),
            Err(error) if errors.is_empty() => {
                return Err(document.error(error.span().unwrap_or(0..0), "", error.message()).into());
            }
            // A key that every persona needs is missing.
            Err(_) => None,
        };
        let problems = persona.as_ref().map(|persona| persona.problems(&self.choices)).unwrap_or_default();
        let known: Vec<String> = errors.iter().map(|error| error.key.clone()).collect();
        let new = problems.into_iter().filter(|(key, _)| !known.contains(key));
        errors.extend(new.map(|(key, message)| document.error_about(&key, &message)));
        match (PersonaErrors::all(errors), persona) {
            (None, Some(persona)) => Ok(persona),
            (Some(errors), _) => Err(errors),
            (None, None) => Err(document.error(0..0, "", "is no persona").into()),
        }
    }
}

impl PersonaSchema {
    /// The schema for this file: with the options of the engines that it names.
    fn with_options(&self, document: &Document<'_>) -> Value {
        let mut schema = self.schema.clone();
        let preset = document.string(["engines", "preset"]);
        for (key, engines) in self.choices.engines() {
            let name = chosen_name(preset, document.string(["engines", key]));
            if let Some(EngineChoice { options, .. }) = find(engines, name)
                && let Some(place) = key_of(&mut schema, "engines", &format!("{key}_options"))
            {
                *place = options.clone();
            }
        }
        schema
    }
}

/// The schema of a key in a table.
fn key_of<'s>(schema: &'s mut Value, table: &str, key: &str) -> Option<&'s mut Value> {
    schema.pointer_mut(&format!("/properties/{table}/properties/{key}"))
}

/// Lets a key take these names only; every name when there are none.
fn set_names<'c>(schema: &mut Value, table: &str, key: &str, names: impl Iterator<Item = &'c Choice>) {
    let names: Vec<Value> = names.map(|choice| json!({"const": choice.name, "description": choice.summary})).collect();
    if let Some(key) = key_of(schema, table, key).and_then(Value::as_object_mut)
        && !names.is_empty()
    {
        key.insert("oneOf".to_owned(), Value::Array(names));
    }
}
