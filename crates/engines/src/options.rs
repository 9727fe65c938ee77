//! An engine's options: the table `stt_options`, `llm_options` or `tts_options` in `[engines]` of the persona file.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Table;

use crate::error::EngineError;

/// The options of an engine that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

/// Reads the options of an engine.
///
/// # Errors
/// [`EngineError::Option`] names the option that is wrong.
pub fn options<O: DeserializeOwned>(engine: &'static str, table: &Table) -> Result<O, EngineError> {
    O::deserialize(table.clone()).map_err(|error| {
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        EngineError::Option { engine, message }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn an_option_that_does_not_exist_is_named() {
        assert_eq!(options::<NoOptions>("piper", &Table::new()).unwrap(), NoOptions {});
        let table: Table = toml::from_str("speed = 2").unwrap();
        let error = options::<NoOptions>("piper", &table).unwrap_err().to_string();
        assert!(error.starts_with("piper: unknown field `speed`"), "{error}");
    }
}
