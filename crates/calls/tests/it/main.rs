//! Call stores and who keeps them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod keeper;
mod redis;
mod sqlite;
mod stores;
mod support;
