//! The contract between the token server and a worker process.
//!
//! The server starts `agent-worker connect --orders [--persona=FILE]` (the value is glued to its flag with `=`, as a file's name
//! may begin with `-`) and writes one line on its standard input: the [`crate::orders::Orders`]. A worker that loads its
//! engines before a room wants it gets the same line later. Of its own environment the server hands on what
//! [`INHERITED_ENV`] lists and the variables that the worker's engines read, which `agent-worker variables` prints, one a
//! line. It never hands on the API secret: see [`may_be_handed_on`].
//!
//! - Lifeline: when the orders say so, the worker goes on reading its standard input and ends, with
//!   [`ExitCode::OwnerGone`], within [`LIFELINE_GRACE`] of its end of file. The server writes nothing more to it; its
//!   death, however sudden, closes it.
//! - Ending: a worker that begins to leave by itself prints [`ENDING_LINE`] on standard output, so that an
//!   invitation that arrives while it leaves starts another one. A failure to write there is to be ignored.
//! - The end: [`ExitCode`].

use std::fmt;
use std::time::Duration;

/// Environment: the address of the LiveKit server, for servers and workers (`ws://` or `wss://`).
pub const ENV_LIVEKIT_URL: &str = "LIVEKIT_URL";
/// Environment: a token for one room, for a worker started by hand.
pub const ENV_LIVEKIT_TOKEN: &str = "LIVEKIT_TOKEN";
/// Environment: the API key, for the server and for a worker started by hand.
pub const ENV_LIVEKIT_API_KEY: &str = "LIVEKIT_API_KEY";
/// Environment: the API secret, for the server and for a worker started by hand; never handed on.
pub const ENV_LIVEKIT_API_SECRET: &str = "LIVEKIT_API_SECRET";
/// Environment: where calls are kept, so that they outlive a worker: `sqlite:FILE` or `redis://HOST`. It may hold a password.
pub const ENV_STORE: &str = "VISAVIS_STORE";

/// The name under which workers of LiveKit's dispatch are asked for, unless the operator chooses another.
pub const DEFAULT_AGENT_NAME: &str = "visavis";

/// How long a worker may take to end after its lifeline is gone.
pub const LIFELINE_GRACE: Duration = Duration::from_secs(5);

/// The line on standard output that says: this worker is leaving and will not serve anyone who comes now.
pub const ENDING_LINE: &str = "visavis: ending";

/// Environment: a folder in which every call is recorded, each in a folder of its own; for development.
pub const ENV_RECORDINGS: &str = "VISAVIS_RECORDINGS";
/// Environment: where traces go (OpenTelemetry's own name).
pub const ENV_OTLP_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Environment: headers for it, perhaps with a secret (OpenTelemetry's own name).
pub const ENV_OTLP_HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

/// Environment: the address of the LiveKit server for those outside; [`ENV_LIVEKIT_URL`] without it.
pub const ENV_LIVEKIT_PUBLIC_URL: &str = "LIVEKIT_PUBLIC_URL";

/// The variables of its own environment that a server hands on to every worker, beside those that the worker's engines read.
/// Everything else stays behind.
pub const INHERITED_ENV: [&str; 11] = [
    "PATH",
    "HOME",
    "LANG",
    "XDG_CACHE_HOME",
    "VISAVIS_CACHE",
    "RUST_LOG",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    ENV_RECORDINGS,
    ENV_OTLP_ENDPOINT,
    ENV_OTLP_HEADERS,
];

/// Whether a worker that asks for a variable may have it: not those of the server itself, which hold its secrets, and nothing
/// that is no name of a variable.
#[must_use]
pub fn may_be_handed_on(name: &str) -> bool {
    let is_name = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let is_ours = name.starts_with("LIVEKIT") || name.starts_with("VISAVIS");
    !name.is_empty() && is_name && !is_ours
}

/// How a worker process ended, as its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// The call is over: the people left, or the room was closed.
    Ended = 0,
    /// A fault of our own.
    Internal = 1,
    /// The command line or a setting is wrong.
    Usage = 2,
    /// The LiveKit server could not be reached.
    ServerUnreachable = 10,
    /// The LiveKit server refused the token or the join.
    Refused = 11,
    /// A model or a native library is missing or not the pinned one.
    AssetMissing = 12,
    /// An engine (speech, language, face) failed in mid-call.
    EngineLost = 13,
    /// Nobody came within the deadline.
    NobodyArrived = 14,
    /// The connection to the room was lost and did not come back.
    ConnectionLost = 15,
    /// The process that started it is gone.
    OwnerGone = 16,
    /// The call was given to another worker.
    Superseded = 17,
}

impl ExitCode {
    /// Every code.
    pub const ALL: [Self; 11] = [
        Self::Ended,
        Self::Internal,
        Self::Usage,
        Self::ServerUnreachable,
        Self::Refused,
        Self::AssetMissing,
        Self::EngineLost,
        Self::NobodyArrived,
        Self::ConnectionLost,
        Self::OwnerGone,
        Self::Superseded,
    ];

    /// The exit status, for `std::process::ExitCode::from`.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The meaning of an exit status, if it is one of ours.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|known| i32::from(known.code()) == code)
    }

    /// One line for people: what happened and, where something can be done, what to do.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Ended => "the call ended",
            Self::Internal => "internal fault; see the worker's last log lines",
            Self::Usage => "wrong command line or setting",
            Self::ServerUnreachable => "the LiveKit server cannot be reached; check LIVEKIT_URL and that it runs",
            Self::Refused => "the LiveKit server refused the join; check the API key and secret",
            Self::AssetMissing => "a model or native library is missing or corrupt; run `agent-worker doctor`",
            Self::EngineLost => "an engine could not be loaded, or failed in mid-call",
            Self::NobodyArrived => "nobody arrived in time",
            Self::ConnectionLost => "the connection to the room was lost",
            Self::OwnerGone => "the process that started it is gone",
            Self::Superseded => "another worker serves its call",
        }
    }
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> u8 {
        code.code()
    }
}

impl fmt::Display for ExitCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.description())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_read_back() {
        for code in ExitCode::ALL {
            assert_eq!(ExitCode::from_code(i32::from(code.code())), Some(code));
            assert!(!code.description().is_empty() && !code.description().contains('\n'));
        }
        assert_eq!(ExitCode::from_code(9), None);
        assert_eq!(ExitCode::from_code(-1), None);
        assert_eq!(ExitCode::from_code(256), None);
    }

    #[test]
    fn no_secret_is_handed_on() {
        assert!(INHERITED_ENV.iter().all(|name| !name.starts_with("LIVEKIT")));
        for name in ["LIVEKIT_API_SECRET", "VISAVIS_ADMIN_KEY", "VISAVIS_STORE", "", "A=B", "LD PRELOAD", "path"] {
            assert!(!may_be_handed_on(name), "{name}");
        }
        assert!(may_be_handed_on("OPENAI_API_KEY"));
    }
}
