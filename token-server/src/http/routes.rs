//! Which path is whose. A test compares these with the description of the endpoints (`proto::openapi`).

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, delete, get, post};
use proto::http::{HEALTH_PATH, INVITE_AVATAR_PATH, JOIN_ROOM_PATH, TOKEN_PATH};
use proto::personas::{PERSONAS_PATH, PICTURES_PATH};
use proto::token_source::{CONNECTION_DETAILS_PATH, SANDBOX_PATH};

use super::admin::{self, METRICS_PATH, ROOMS_PATH};
use super::documentation::{self, DOCS_PATH, OPENAPI_PATH};
use super::{App, frontends, handlers, personas, webhook};
use crate::webhook::{MAX_WEBHOOK_BYTES, WEBHOOK_PATH};

type Routes = Vec<(String, MethodRouter<App>)>;

fn route(path: impl Into<String>, methods: MethodRouter<App>) -> (String, MethodRouter<App>) {
    (path.into(), methods)
}

/// What only the operator may ask for.
pub(super) fn of_operators() -> Routes {
    vec![
        route(ROOMS_PATH, get(admin::rooms)),
        route(format!("{ROOMS_PATH}/{{name}}"), get(admin::room)),
        route(format!("{ROOMS_PATH}/{{name}}/agent"), delete(admin::end_agent)),
        route(METRICS_PATH, get(admin::metrics)),
    ]
}

/// Everything else.
pub(super) fn of_everyone() -> Routes {
    vec![
        route(JOIN_ROOM_PATH, post(handlers::join_room)),
        route(TOKEN_PATH, get(handlers::token).post(frontends::token_source)),
        route(SANDBOX_PATH, post(frontends::token_source)),
        route(CONNECTION_DETAILS_PATH, get(frontends::connection_details)),
        route(INVITE_AVATAR_PATH, post(handlers::invite_avatar)),
        route(PERSONAS_PATH, get(personas::personas)),
        route(format!("{PICTURES_PATH}{{file}}"), get(personas::picture)),
        route(HEALTH_PATH, get(handlers::health)),
        route(WEBHOOK_PATH, post(webhook::webhook).layer(DefaultBodyLimit::max(MAX_WEBHOOK_BYTES))),
        route(OPENAPI_PATH, get(documentation::openapi)),
        route(DOCS_PATH, get(documentation::docs)),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_description_names_every_path_and_no_other() {
        let document: serde_json::Value = serde_json::from_str(proto::openapi::DOCUMENT).unwrap();
        let described: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
        let routed: BTreeSet<String> = of_operators().into_iter().chain(of_everyone()).map(|(path, _)| path).collect();
        assert_eq!(described, routed);
    }
}
