//! Where spans go, and that nothing goes anywhere unasked.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{SpanError, endpoint};

fn found(variables: &[(&str, &str)]) -> Result<Option<String>, SpanError> {
    endpoint(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn nothing_is_exported_unless_an_endpoint_is_named() {
    for variables in [
        &[][..],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318"), ("OTEL_SDK_DISABLED", "TRUE")],
    ] {
        assert_eq!(found(variables).unwrap(), None, "{variables:?}");
    }
}

#[test]
fn the_path_of_spans_is_appended_unless_the_whole_address_is_named() {
    for base in ["http://a:4318", "http://a:4318/"] {
        let spans = found(&[("OTEL_EXPORTER_OTLP_ENDPOINT", base)]).unwrap();
        assert_eq!(spans.as_deref(), Some("http://a:4318/v1/traces"));
    }
    let both =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://b/x")];
    assert_eq!(found(&both).unwrap().as_deref(), Some("https://b/x"));
}

#[test]
fn an_endpoint_that_is_no_url_or_holds_a_password_is_an_error_that_keeps_its_value_to_itself() {
    for value in ["a:4318/secret", "http:///secret", "http://user:secret@a:4318", "ftp://secret"] {
        let text = found(&[("OTEL_EXPORTER_OTLP_ENDPOINT", value)]).unwrap_err().to_string();
        assert!(text.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && !text.contains("secret"), "{text}");
    }
}
