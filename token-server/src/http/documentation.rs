//! What describes this server: the document for programs, and a page of it for people.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The document for programs.
pub(super) const OPENAPI_PATH: &str = "/openapi.json";
/// The page for people.
pub(super) const DOCS_PATH: &str = "/docs";

const STYLE: &str = include_str!("documentation.css");
/// The fields of what has none.
static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// Whether a path is one of these.
pub(super) fn is_documentation(path: &str) -> bool {
    path == OPENAPI_PATH || path == DOCS_PATH
}

/// `GET /openapi.json`
pub(super) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], proto::openapi::DOCUMENT)
}

/// `GET /docs`
pub(super) async fn docs() -> impl IntoResponse {
    static PAGE: LazyLock<String> = LazyLock::new(|| {
        // A test reads the document; a broken one would give an empty page.
        page(&serde_json::from_str(proto::openapi::DOCUMENT).unwrap_or_default())
    });
    static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
        let style = STANDARD.encode(Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
        );
        HeaderValue::try_from(policy).ok()
    });
    let safe = [
        (header::CONTENT_SECURITY_POLICY, POLICY.clone().unwrap_or(HeaderValue::from_static("default-src 'none'"))),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    (safe, Html(PAGE.as_str()))
}

fn fields<'a>(value: &'a Value, name: &str) -> &'a Map<String, Value> {
    value[name].as_object().unwrap_or(&NOTHING)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The whole page. Writing to a `String` cannot fail.
fn page(document: &Value) -> String {
    let info = &document["info"];
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p>{about}</p><p>Version {version}. For programs: <a href=\"{OPENAPI_PATH}\">\
         OpenAPI 3.1</a>.</p>",
        title = escaped(text(info, "title")),
        about = prose(text(info, "description")),
        version = escaped(text(info, "version")),
    );
    for tag in tags(document) {
        let _ = write!(page, "<h2>{}</h2>", escaped(tag));
        for (path, operations) in fields(document, "paths") {
            for (method, operation) in operations.as_object().unwrap_or(&NOTHING) {
                if operation["tags"][0] == tag {
                    describe(&mut page, document, method, path, operation);
                }
            }
        }
    }
    page += "<h2>Types</h2>";
    for (name, schema) in fields(&document["components"], "schemas") {
        let _ = write!(
            page,
            "<section id=\"{0}\"><h3>{0}</h3><p>{1}</p>{2}</section>",
            escaped(name),
            prose(text(schema, "description")),
            table(schema)
        );
    }
    page + "</main></body></html>"
}

/// Every tag, in the order of first use; clients come first.
fn tags(document: &Value) -> Vec<&str> {
    let mut tags = vec!["Clients"];
    let operations = fields(document, "paths").values().flat_map(|path| path.as_object().unwrap_or(&NOTHING).values());
    for tag in operations.filter_map(|operation| operation["tags"][0].as_str()) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn describe(page: &mut String, document: &Value, method: &str, path: &str, operation: &Value) {
    let method = method.to_uppercase();
    let _ = write!(
        page,
        "<section><h3><code>{method} {}</code></h3><p>{}</p>",
        escaped(path),
        prose(text(operation, "summary"))
    );
    if let Some(lock) = operation["security"][0].as_object().and_then(|lock| lock.keys().next()) {
        let scheme = &document["components"]["securitySchemes"][lock];
        let _ = write!(page, "<p class=\"lock\">Lock: {}</p>", prose(text(scheme, "description")));
    }
    if let Some(parameters) = operation["parameters"].as_array() {
        *page += "<table><tr><th>parameter</th><th>type</th><th>meaning</th></tr>";
        for parameter in parameters {
            let required = parameter["required"] == true;
            row(page, text(parameter, "name"), required, &parameter["schema"], text(parameter, "description"));
        }
        *page += "</table>";
    }
    for (content_type, content) in fields(&operation["requestBody"], "content") {
        let _ = write!(page, "<p>Body: {} {}</p>", escaped(content_type), type_of(&content["schema"]));
    }
    *page += "<table><tr><th>answer</th><th>body</th><th>meaning</th></tr>";
    for (status, answer) in fields(operation, "responses") {
        let bodies =
            fields(answer, "content").iter().map(|(content_type, content)| match type_of(&content["schema"]) {
                kind if content_type == "application/json" => kind,
                _ => escaped(content_type),
            });
        let bodies: Vec<String> = bodies.collect();
        let meaning = prose(text(answer, "description"));
        let _ = write!(page, "<tr><td>{}</td><td>{}</td><td>{meaning}</td></tr>", escaped(status), bodies.join(", "));
    }
    *page += "</table></section>";
}

/// The fields of an object, or the values of a choice.
fn table(schema: &Value) -> String {
    let mut table = String::new();
    if let Some(choices) = schema["oneOf"].as_array() {
        table += "<table><tr><th>value</th><th>meaning</th></tr>";
        for choice in choices {
            let (value, meaning) = (escaped(text(choice, "const")), prose(text(choice, "description")));
            let _ = write!(table, "<tr><td><code>{value}</code></td><td>{meaning}</td></tr>");
        }
        return table + "</table>";
    }
    let properties = fields(schema, "properties");
    if properties.is_empty() {
        return format!("<p>{}</p>", type_of(schema));
    }
    table += "<table><tr><th>field</th><th>type</th><th>meaning</th></tr>";
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in properties {
        row(&mut table, name, required.contains(&name.as_str()), field, text(field, "description"));
    }
    table + "</table>"
}

fn row(table: &mut String, name: &str, required: bool, schema: &Value, meaning: &str) {
    let optional = if required { "" } else { ", optional" };
    let _ = write!(
        table,
        "<tr><td><code>{}</code></td><td>{}{optional}</td><td>{}</td></tr>",
        escaped(name),
        type_of(schema),
        prose(meaning)
    );
}

/// The name of a type, as a link where it has one.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", escaped(name));
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let names: Vec<String> = choices.iter().filter(|choice| choice["type"] != "null").map(type_of).collect();
        return names.join(" or ");
    }
    let names = match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        Value::String(name) => vec![name.as_str()],
        _ => Vec::new(),
    };
    match names.join(" or ").as_str() {
        "array" => format!("list of {}", type_of(&schema["items"])),
        "" => "text".to_owned(),
        "string" => "text".to_owned(),
        name => escaped(name),
    }
}

/// Text whose `names` stand in the type of code.
fn prose(text: &str) -> String {
    let parts = escaped(text);
    let mut html = String::new();
    for (place, part) in parts.split('`').enumerate() {
        let (open, close) = if place % 2 == 1 { ("<code>", "</code>") } else { ("", "") };
        let _ = write!(html, "{open}{part}{close}");
    }
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use serde_json::json;

    #[test]
    fn text_of_the_document_never_becomes_markup() {
        let hostile = json!({
            "info": {"title": "<script>a</script>", "description": "b `<i>` & \"c\"", "version": "1"},
            "paths": {"/<p>": {"get": {"tags": ["Clients"], "summary": "<b>", "responses": {"200": {"description": "<u>"}}}}},
            "components": {"schemas": {"<S>": {"type": "<t>", "description": "<d>"}}},
        });
        let page = page(&hostile);
        for markup in ["<script", "<i>", "<b>", "<u>", "<S>", "<t>", "<d>"] {
            assert!(!page.contains(markup), "{markup} in {page}");
        }
        assert!(page.contains("<code>&lt;i&gt;</code> &amp; &quot;c&quot;"), "{page}");
    }

    #[test]
    fn every_path_code_and_type_stands_on_the_page() {
        let document: Value = serde_json::from_str(proto::openapi::DOCUMENT).unwrap();
        let page = page(&document);
        for path in fields(&document, "paths").keys() {
            assert!(page.contains(&format!(" {path}</code>")), "{path}");
        }
        for code in proto::http::ErrorCode::ALL {
            let name = serde_json::to_value(code).unwrap();
            assert!(page.contains(&format!("<code>{}</code>", name.as_str().unwrap())), "{name}");
        }
        for name in fields(&document["components"], "schemas").keys() {
            assert!(page.contains(&format!("<section id=\"{name}\">")), "{name}");
        }
    }
}
