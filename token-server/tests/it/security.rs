//! Tries to get more than one may, and what is answered. The table in `docs/security.md` is written by this test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fuzz;
mod privilege;
mod table;
mod tries;
mod wire;

use std::path::Path;

use serde_json::Value;
use table::Table;

/// The part of an answer's body that tells: the code and message of an error, or a plain text; nothing of a success.
fn message(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(json) => match json.get("error") {
            Some(error) => format!(" `{}`: {}", error["code"].as_str().unwrap(), error["message"].as_str().unwrap()),
            None => String::new(),
        },
        Err(_) if body.trim().is_empty() => String::new(),
        Err(_) => format!(": {}", body.lines().next().unwrap_or_default()),
    }
}

#[tokio::test]
async fn every_try_is_answered_as_the_page_says() {
    let mut table = Table::default();
    tries::webhooks(&mut table).await;
    tries::callers(&mut table).await;
    tries::public_keys(&mut table).await;
    tries::spoofing(&mut table).await;
    tries::paths(&mut table).await;
    tries::headers(&mut table).await;
    tries::sizes(&mut table).await;
    tries::slowness(&mut table).await;
    tries::floods(&mut table).await;
    tries::operators(&mut table).await;
    tries::other_sites(&mut table).await;
    table.check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security.md"));
}
