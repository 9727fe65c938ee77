//! What a test program needs, and how much of the machine it takes: read from its name, so that there is no list to keep.
//!
//! An integration test (a file or folder in `tests`) is called after what it needs, up to the first `_`:
//!
//! | name | needs | runs |
//! |---|---|---|
//! | `call` | the LiveKit server and the weights of the engines | alone |
//! | `call_stub` | the same, but the heavy engines are stand-ins | beside others |
//! | `weights…` | weights | beside what waits |
//! | `browser…` | the LiveKit server, weights and Chromium | alone |
//! | `sfu…` | the LiveKit server and LiveKit's native library | beside others |
//! | anything else | nothing that is not compiled here | beside others |
//!
//! Unit tests need nothing, except for [`UNIT_TESTS_WITH_ASSETS`].

use super::executables::{Executable, Kind};

/// Calls that mostly wait.
const CALL_STUB: &str = "call_stub";
/// Unit tests that need a file of the cache or the LiveKit server: package, and parts of their paths.
const UNIT_TESTS_WITH_ASSETS: [(&str, &[&str]); 3] = [
    ("agent-worker", &["looks::tests::a_photo", "looks::tests::the_person_in_a_photo"]),
    ("face", &["portrait::"]),
    ("testkit", &["bench::face_call::", "bench::phrases::", "caller::listen::", "sfu::"]),
];

/// How much of the machine a test program takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// Waits for servers and clocks most of the time.
    Waits,
    /// Keeps a core busy.
    Computes,
    /// Computes with several threads.
    Infers,
    /// Uses every core, or measures what others would disturb.
    Alone,
}

impl Load {
    /// In hundredths of the machine.
    pub(super) fn share(self) -> u32 {
        match self {
            Load::Waits => 20,
            Load::Computes => 50,
            Load::Infers => 60,
            Load::Alone => 100,
        }
    }
}

/// Whether it needs only what is compiled here.
pub(super) fn is_fast(executable: &Executable) -> bool {
    executable.kind != Kind::Integration || !matches!(prefix(executable), "call" | "weights" | "browser" | "sfu")
}

pub(super) fn load(executable: &Executable) -> Load {
    match (executable.kind, executable.target.as_str(), prefix(executable)) {
        (Kind::Integration, CALL_STUB, _) | (Kind::Integration, _, "sfu") => Load::Waits,
        (Kind::Integration, _, "weights") => Load::Infers,
        (Kind::Integration, _, "call" | "browser") => Load::Alone,
        _ => Load::Computes,
    }
}

/// Whether each of its tests has a process: calls take turns in one.
pub(super) fn is_split(executable: &Executable) -> bool {
    executable.kind == Kind::Integration && executable.target == CALL_STUB
}

/// The unit tests of an executable that need more than that; matched as libtest's `--skip` does.
pub(super) fn unit_tests_with_assets(executable: &Executable) -> &'static [&'static str] {
    let of_package = UNIT_TESTS_WITH_ASSETS.into_iter().find(|(package, _)| *package == executable.package);
    of_package.filter(|_| executable.kind == Kind::Library).map_or(&[], |(_, tests)| tests)
}

fn prefix(executable: &Executable) -> &str {
    executable.target.split('_').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn executable(package: &str, kind: Kind, target: &str) -> Executable {
        Executable { package: package.into(), target: target.into(), kind, folder: "/w".into(), file: "/t".into() }
    }

    #[test]
    fn an_integration_test_needs_what_its_name_says() {
        let needs = |target: &str| {
            let executable = executable("room", Kind::Integration, target);
            (is_fast(&executable), load(&executable))
        };
        assert_eq!(needs("it"), (true, Load::Computes));
        assert_eq!(needs("sfu"), (false, Load::Waits));
        assert_eq!(needs("sfu_leaks"), (false, Load::Waits));
        assert_eq!(needs("call"), (false, Load::Alone));
        assert_eq!(needs("call_stub"), (false, Load::Waits));
        assert_eq!(needs("browser"), (false, Load::Alone));
        assert_eq!(needs("weights_portrait"), (false, Load::Infers));
        // Only the whole word counts.
        assert_eq!(needs("callers"), (true, Load::Computes));
    }

    #[test]
    fn unit_tests_are_fast_but_for_those_that_are_named() {
        let face = executable("face", Kind::Library, "face");
        assert!(is_fast(&face) && unit_tests_with_assets(&face) == ["portrait::"]);
        assert!(unit_tests_with_assets(&executable("face", Kind::Integration, "it")).is_empty());
        assert!(unit_tests_with_assets(&executable("room", Kind::Library, "room")).is_empty());
        // A package may be called like a need.
        assert!(is_fast(&executable("call", Kind::Library, "call")));
    }
}
