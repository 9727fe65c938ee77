//! What is said between a test and the browser's remote control, as `crates/testkit/browser/src/protocol.ts` has it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One command; each gets one answer.
#[derive(Debug, Serialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(super) enum Command<'a> {
    Launch { executable: &'a Path, microphone: Option<&'a Path>, loopback: bool, media: Permission },
    ServePages,
    Open(OpenPage<'a>),
    Goto { page: usize, url: &'a str, deadline_ms: u64 },
    Appear { page: usize, appearance: Appearance },
    Click { page: usize, selector: &'a str, deadline_ms: u64 },
    Fill { page: usize, selector: &'a str, text: &'a str, deadline_ms: u64 },
    Press { page: usize, key: &'a str },
    Wait { page: usize, selector: &'a str, wanted: Wanted<'a>, deadline_ms: u64 },
    Look { page: usize, selector: &'a str },
    Evaluate { page: usize, expression: &'a str },
    Media { page: usize },
    Intercept { page: usize, path: &'a str, answer: &'a Answer },
    LetThrough { page: usize },
    Offline { page: usize, offline: bool },
    Screenshot { page: usize, path: &'a Path },
    Console { page: usize },
    Close { page: usize },
}

#[derive(Debug, Serialize)]
pub(super) struct OpenPage<'a> {
    pub(super) url: &'a str,
    pub(super) appearance: Appearance,
    pub(super) locale: &'a str,
    pub(super) deadline_ms: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Appearance {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) dark: bool,
    pub(super) text_scale: f64,
}

/// What pages that ask for the microphone or the camera are told.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Permission {
    Granted,
    Denied,
}

/// What a wait ends with.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Wanted<'a> {
    Visible,
    Gone,
    Text { pattern: &'a str },
    Attribute { name: &'a str, pattern: &'a str },
}

/// What a page's request is answered with instead of asking the server.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// As if no server ran.
    Unreachable,
    /// This.
    Response {
        /// The status.
        status: u16,
        /// The type of the body.
        content_type: String,
        /// The body.
        body: String,
    },
}

impl Answer {
    /// A status with a JSON body, whatever it says.
    #[must_use]
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Response { status, content_type: "application/json".into(), body: body.into() }
    }
}

/// An answer of the remote control.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) ok: Value,
    pub(super) error: Option<String>,
}

/// An element's place, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Area {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// An element of a page as it was when it was looked at.
#[derive(Debug, Clone, Deserialize)]
pub struct Seen {
    /// Its text; what is typed into it, for a field.
    pub text: String,
    /// Whether a person can see it (it may still have to be scrolled to).
    pub visible: bool,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// Where it is.
    pub r#box: Option<Area>,
}
