//! Who may depend on whom: the only list of it. Names within a row are in alphabetical order.

/// A crate of the workspace and what of the workspace it may use.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What its `[dependencies]` may name.
    pub(super) uses: &'static [&'static str],
    /// What its `[dev-dependencies]` may name besides. Build scripts use nothing of ours.
    pub(super) tests_use: &'static [&'static str],
}

/// Every crate of the workspace, from the base to the programs.
pub(super) const CRATES: &[Row] = &[
    row("proto", &[], &[]),
    row("chat", &[], &[]),
    row("assets", &[], &[]),
    row("remote", &[], &[]),
    row("telemetry", &[], &[]),
    row("calls", &["chat"], &[]),
    row("dispatch", &[], &[]),
    row("worker-process", &["proto"], &[]),
    row("dialogue", &["chat", "proto"], &[]),
    row("face", &[], &["assets"]),
    row("persona", &["dialogue", "face", "proto"], &[]),
    row("speech", &["remote"], &[]),
    row("engines", &["assets", "chat", "remote", "speech"], &[]),
    row("engines-onnx", &["assets", "engines", "speech"], &["testkit"]),
    row("engines-llama", &["assets", "chat", "engines"], &["testkit"]),
    row("engines-openai", &["chat", "engines", "remote", "speech"], &["testkit"]),
    row("room", &[], &["assets", "testkit"]),
    row("session", &["chat", "dialogue", "engines", "face", "speech", "telemetry"], &[]),
    row("transport-livekit", &["dialogue", "face", "proto", "room", "session", "speech", "telemetry"], &[]),
    row("avatars", &["dialogue", "face", "proto", "remote", "session", "speech", "telemetry"], &["testkit"]),
    row("testkit", OF_THE_TESTKIT, &["telemetry"]),
    row("agent-worker", OF_THE_WORKER, &["testkit"]),
    row("token-server", &["calls", "persona", "proto", "telemetry", "worker-process"], &["chat"]),
    row("xtask", &["assets"], &[]),
    row("custom-engine", &["assets", "engines", "session", "speech"], &[]),
    row("custom-policy", &["dialogue", "session"], &[]),
];

const OF_THE_TESTKIT: &[&str] = &[
    "assets",
    "calls",
    "chat",
    "dialogue",
    "engines",
    "engines-llama",
    "engines-onnx",
    "face",
    "proto",
    "room",
    "speech",
];

const OF_THE_WORKER: &[&str] = &[
    "assets",
    "avatars",
    "calls",
    "chat",
    "dialogue",
    "dispatch",
    "engines",
    "engines-llama",
    "engines-onnx",
    "engines-openai",
    "face",
    "persona",
    "proto",
    "remote",
    "room",
    "session",
    "speech",
    "telemetry",
    "transport-livekit",
    "worker-process",
];

/// A crate of somebody else's that only some of ours may name in their `[dependencies]`.
pub(super) struct Guarded {
    pub(super) name: &'static str,
    pub(super) owners: &'static [&'static str],
}

pub(super) const GUARDED: &[Guarded] = &[
    Guarded { name: "ort", owners: &["engines-onnx"] },
    Guarded { name: "llama-cpp-2", owners: &["engines-llama"] },
    Guarded { name: "livekit", owners: &[] },
    Guarded {
        name: "livekit-api",
        owners: &["agent-worker", "dispatch", "testkit", "token-server", "transport-livekit"],
    },
    Guarded { name: "livekit-protocol", owners: &["dispatch", "token-server"] },
];

/// What crates must not reach, by any detour.
pub(super) struct OutOfReach {
    pub(super) crates: &'static [&'static str],
    pub(super) forbidden: &'static [&'static str],
    pub(super) reason: &'static str,
}

pub(super) const OUT_OF_REACH: &[OutOfReach] = &[
    OutOfReach {
        crates: &["chat", "dialogue", "proto"],
        forbidden: &["axum", "hyper", "reqwest", "tokio", "ureq"],
        reason: "it does no I/O",
    },
    OutOfReach {
        crates: &[
            "avatars",
            "calls",
            "chat",
            "dialogue",
            "engines",
            "engines-llama",
            "engines-onnx",
            "engines-openai",
            "face",
            "persona",
            "proto",
            "remote",
            "session",
            "speech",
        ],
        forbidden: &["dispatch", "livekit", "livekit-api", "livekit-protocol", "room", "transport-livekit"],
        reason: "it knows nothing of LiveKit",
    },
    OutOfReach {
        crates: &["token-server", "xtask"],
        forbidden: &["avatars", "engines", "llama-cpp-2", "ort", "remote", "session", "speech"],
        reason: "it never links an inference engine",
    },
    OutOfReach { crates: &["face"], forbidden: &["ort"], reason: "a face is given its weights, and runs them itself" },
];

const fn row(name: &'static str, uses: &'static [&'static str], tests_use: &'static [&'static str]) -> Row {
    Row { name, uses, tests_use }
}
