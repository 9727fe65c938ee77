//! Holds a file against the schema and finds everything that does not fit, each with what would.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::document::Document;
use crate::error::PersonaError;

/// Everything in the document that does not fit `schema`, a JSON schema without references.
pub(crate) fn check(document: &Document<'_>, schema: &Value) -> Vec<PersonaError> {
    let mut check = Check { document, errors: Vec::new() };
    check.table("", 0..0, document.root(), schema);
    check.errors
}

/// Characters of a wrong string that an error shows.
const MAX_SHOWN: usize = 40;
/// A name that differs in so many letters may be meant.
const MAX_MISTYPED: usize = 2;

struct Check<'d> {
    document: &'d Document<'d>,
    errors: Vec<PersonaError>,
}

impl Check<'_> {
    fn found(&mut self, span: Range<usize>, key: &str, message: &str) {
        self.errors.push(self.document.error(span, key, message));
    }

    fn table(&mut self, path: &str, span: Range<usize>, table: &DeTable<'_>, schema: &Value) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        let inside = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match properties.get(name) {
                Some(schema) => self.value(&inside(name), value, schema),
                None => {
                    let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                    self.found(key.span(), &inside(name), &unknown_field(name, &known));
                }
            }
        }
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !table.iter().any(|(key, _)| key.get_ref() == name) {
                let wanted = properties.get(name).map(expected).unwrap_or_default();
                self.found(span.clone(), &inside(name), &format!("missing field `{name}`, expected {wanted}"));
            }
        }
    }

    fn value(&mut self, path: &str, value: &Spanned<DeValue<'_>>, schema: &Value) {
        let schema = not_null(schema);
        if let (DeValue::Table(table), Some(_)) = (value.get_ref(), schema.get("properties")) {
            return self.table(path, value.span(), table, schema);
        }
        if !fits(value.get_ref(), schema) {
            let names: Vec<&str> = allowed(not_null(schema)).into_iter().flatten().filter_map(Value::as_str).collect();
            let hint = value.get_ref().as_str().map(|name| suggestion(name, &names)).unwrap_or_default();
            let message = format!("expected {}, found {}{hint}", expected(schema), found(value.get_ref()));
            self.found(value.span(), path, &message);
        }
    }
}

/// What an optional value is when it is set: TOML has no null.
fn not_null(schema: &Value) -> &Value {
    let choices = schema.get("anyOf").and_then(Value::as_array);
    choices.into_iter().flatten().find(|choice| !has_type(choice, "null")).unwrap_or(schema)
}

fn has_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        Some(_) | None => false,
    }
}

/// The only values that are allowed, if not every one of the type is.
fn allowed(schema: &Value) -> Option<Vec<&Value>> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.iter().filter(|value| !value.is_null()).collect());
    }
    let choices = schema.get("oneOf").and_then(Value::as_array)?;
    Some(choices.iter().filter_map(|choice| choice.get("const")).collect())
}

fn fits(value: &DeValue<'_>, schema: &Value) -> bool {
    if let Some(allowed) = allowed(schema) {
        return match value {
            DeValue::String(text) => allowed.iter().any(|one| one.as_str() == Some(text.as_ref())),
            DeValue::Integer(_) => {
                integer(value).is_some_and(|number| allowed.iter().any(|one| one.as_i64() == Some(number)))
            }
            _ => false,
        };
    }
    match value {
        DeValue::String(_) => has_type(schema, "string"),
        DeValue::Boolean(_) => has_type(schema, "boolean"),
        DeValue::Integer(_) => {
            let numeric = has_type(schema, "integer") || has_type(schema, "number");
            numeric && integer(value).is_some_and(|number| in_range(number as f64, schema))
        }
        DeValue::Float(float) => {
            let number = float.as_str().parse().unwrap_or(f64::NAN);
            has_type(schema, "number") && in_range(number, schema)
        }
        DeValue::Array(_) => has_type(schema, "array"),
        DeValue::Table(_) => has_type(schema, "object"),
        DeValue::Datetime(_) => false,
    }
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn limit(schema: &Value, name: &str) -> Option<f64> {
    schema.get(name).and_then(Value::as_f64)
}

fn in_range(number: f64, schema: &Value) -> bool {
    let above = limit(schema, "minimum").is_none_or(|min| number >= min);
    above && limit(schema, "maximum").is_none_or(|max| number <= max) && !number.is_nan()
}

/// What the schema allows, for people.
fn expected(schema: &Value) -> String {
    let schema = not_null(schema);
    if let Some(allowed) = allowed(schema) {
        let names: Vec<String> = allowed
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), |name| format!("`{name}`")))
            .collect();
        return match names.as_slice() {
            [only] => only.clone(),
            several => format!("one of {}", several.join(", ")),
        };
    }
    let kinds = [
        ("string", "a string"),
        ("boolean", "true or false"),
        ("integer", "a whole number"),
        ("number", "a number"),
        ("array", "an array"),
        ("object", "a table"),
    ];
    let kind = kinds.iter().find(|(name, _)| has_type(schema, name)).map_or("another value", |(_, shown)| *shown);
    match (limit(schema, "minimum"), limit(schema, "maximum")) {
        (Some(min), Some(max)) => format!("{kind} from {min} to {max}"),
        (Some(min), None) => format!("{kind} from {min} on"),
        (None, Some(max)) => format!("{kind} up to {max}"),
        (None, None) => kind.to_owned(),
    }
}

/// A value as the file has it, shortened.
fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => {
            let shown: String = text.chars().take(MAX_SHOWN).collect();
            let rest = if shown.len() < text.len() { "…" } else { "" };
            format!("{:?}", format!("{shown}{rest}"))
        }
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn unknown_field(name: &str, known: &[&str]) -> String {
    let listed: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("unknown field `{name}`{}, expected one of {}", suggestion(name, known), listed.join(", "))
}

/// The known name that was probably meant, in brackets; empty when none is near.
fn suggestion(name: &str, known: &[&str]) -> String {
    let meant = known.iter().map(|known| (strsim::damerau_levenshtein(name, known), known)).min();
    match meant {
        Some((letters, known)) if letters <= MAX_MISTYPED && letters < name.chars().count() => {
            format!(" (did you mean {known}?)")
        }
        Some(_) | None => String::new(),
    }
}
