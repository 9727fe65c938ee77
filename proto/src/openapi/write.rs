//! Makes the document, and finds a stale one.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::operations::{Answer, Body, Lock, Operation, operations};
use crate::http::{ErrorBody, ErrorCode};

/// Set (to anything) it makes the test write the file rather than compare it.
const ENV_WRITE: &str = "VISAVIS_WRITE_CONTRACT";
/// Where the document is, from the repository's root.
const FILE: &str = "proto/openapi.json";

#[test]
fn the_description_of_the_endpoints_is_what_the_types_say() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FILE);
    let fresh = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os(ENV_WRITE).is_some() {
        std::fs::write(&file, fresh).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let change = fresh.lines().zip(committed.lines()).find(|(fresh, committed)| fresh != committed);
    assert!(fresh == committed, "{FILE} is stale: run `cargo xtask codegen` and commit it (first change: {change:?})");
}

/// Collects the types that the operations name.
pub(super) struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            let settings = SchemaSettings::draft2020_12();
            settings.with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self { read: settings().into_generator(), written: settings().for_serialize().into_generator() }
    }

    /// A type that callers send.
    pub(super) fn read<T: JsonSchema>(&mut self) -> Value {
        self.read.subschema_for::<T>().to_value()
    }

    /// A type that they are answered with.
    pub(super) fn written<T: JsonSchema>(&mut self) -> Value {
        self.written.subschema_for::<T>().to_value()
    }

    /// The fields of a query.
    pub(super) fn query<T: JsonSchema>(&mut self) -> Vec<Value> {
        let schema = self.read.root_schema_for::<T>().to_value();
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let fields = schema["properties"].as_object().unwrap().iter();
        let parameter = |(name, field): (&String, &Value)| {
            let mut field = field.clone();
            let description = field.as_object_mut().unwrap().remove("description");
            json!({"name": name, "in": "query", "required": required.contains(&name.as_str()),
                   "description": description, "schema": field})
        };
        fields.map(parameter).collect()
    }

    fn definitions(mut self) -> Map<String, Value> {
        let mut all = self.read.take_definitions(true);
        for (name, schema) in self.written.take_definitions(true) {
            let known = all.insert(name.clone(), schema.clone());
            assert!(known.is_none_or(|known| known == schema), "{name} is not written as it is read");
        }
        all
    }
}

fn document() -> Value {
    let mut schemas = Schemas::new();
    let error = schemas.written::<ErrorBody>();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in operations(&mut schemas) {
        let known = paths.entry(operation.path).or_default();
        known.insert(operation.method.to_owned(), described(&operation, &error));
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Visavis token server",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Hands out tokens for LiveKit rooms and brings an AI person into each. Every failure but \
                those of the webhook and of LiveKit Meet's endpoint, which are plain text, has the body `ErrorBody`.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.definitions(),
            "securitySchemes": {
                "caller": {"type": "http", "scheme": "bearer",
                    "description": "An API key of the server, or a JWT that it knows; not asked for where the server has neither."},
                "operator": {"type": "http", "scheme": "bearer",
                    "description": "The admin key. Without one in the settings these paths are answered with 404."},
                "livekit": {"type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "A JWT of the LiveKit server, with the hash of the body."},
            },
        },
    });
    without_links(&mut document);
    document
}

fn described(operation: &Operation, error: &Value) -> Value {
    let mut answers: BTreeMap<String, Value> = BTreeMap::new();
    for answer in &operation.answers {
        answers.insert(answer.status.to_string(), content(answer));
    }
    for code in every_failure(operation) {
        let name = serde_json::to_value(code).unwrap();
        let entry = answers
            .entry(code.http_status().to_string())
            .or_insert_with(|| json!({"description": "", "content": {"application/json": {"schema": error}}}));
        let description = entry["description"].as_str().unwrap();
        let separator = if description.is_empty() { "" } else { ", " };
        entry["description"] = json!(format!("{description}{separator}`{}`", name.as_str().unwrap()));
        if code == ErrorCode::RateLimited {
            entry["headers"] =
                json!({"Retry-After": {"schema": {"type": "integer"}, "description": "seconds to wait"}});
        }
    }
    let mut described = json!({
        "tags": [operation.tag],
        "summary": operation.summary,
        "operationId": operation.id,
        "responses": answers,
    });
    let security = match operation.lock {
        Lock::Open => json!([]),
        Lock::Caller => json!([{"caller": []}]),
        Lock::Operator => json!([{"operator": []}]),
        Lock::LiveKit => json!([{"livekit": []}]),
    };
    described["security"] = security;
    if !operation.parameters.is_empty() {
        described["parameters"] = json!(operation.parameters);
    }
    if let Some(Body { content_type, schema }) = &operation.body {
        described["requestBody"] = json!({"required": true, "content": {*content_type: {"schema": schema}}});
    }
    described
}

/// What goes wrong there, with what may go wrong behind that lock.
fn every_failure(operation: &Operation) -> Vec<ErrorCode> {
    let more: &[ErrorCode] = match operation.lock {
        Lock::Caller => &[ErrorCode::Unauthorized, ErrorCode::Timeout, ErrorCode::UriTooLong, ErrorCode::RateLimited],
        Lock::Operator => &[ErrorCode::Unauthorized, ErrorCode::NotFound, ErrorCode::RateLimited],
        Lock::Open if operation.is_counted => &[ErrorCode::RateLimited],
        Lock::Open | Lock::LiveKit => &[],
    };
    let mut codes: Vec<ErrorCode> = operation.failures.iter().chain(more).copied().collect();
    codes.sort_by_key(|code| ErrorCode::ALL.iter().position(|known| known == code));
    codes.dedup();
    codes
}

fn content(answer: &Answer) -> Value {
    let mut described = json!({"description": answer.description});
    if let Some((content_type, schema)) = &answer.content {
        described["content"] = json!({*content_type: {"schema": schema}});
    }
    described
}

/// Turns links of rustdoc into plain names, and lines into text, in every description.
fn without_links(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::String(text) if name == "description" => *text = plain(text),
                    _ => without_links(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_links),
        _ => {}
    }
}

fn plain(text: &str) -> String {
    let text = text.replace("[`", "`").replace("`]", "`").replace('\n', " ");
    ["http", "names", "personas", "room", "token_source"]
        .iter()
        .fold(text, |text, module| text.replace(&format!("`crate::{module}::"), "`"))
}
