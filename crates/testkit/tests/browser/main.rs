//! Whole calls in a real browser.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod browser_app;
mod browser_frontends;
mod browser_trouble;
mod browsing;
