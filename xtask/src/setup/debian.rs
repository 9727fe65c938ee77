//! The Debian packages of `debian-packages.txt`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::unistd::Uid;

use crate::command::{run_quiet, run_shown};
use crate::screen;

/// The committed list.
const LIST: &str = "debian-packages.txt";
/// How long asking dpkg may take.
const QUERY_DEADLINE: Duration = Duration::from_secs(60);
/// How long installing may take.
const INSTALL_DEADLINE: Duration = Duration::from_secs(20 * 60);

/// What a remark begins with when only tests want the package, and when the fast ones among them do.
const FOR_TESTS: &str = "tests:";
const FOR_FAST_TESTS: &str = "fast tests:";

/// What the packages are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Building and running.
    Run,
    /// That, and the tests that need no more than what is compiled here.
    FastTests,
    /// All.
    Tests,
}

/// Makes sure that the packages are there: installs them when allowed to, else says how.
pub(super) fn check(root: &Path, used: Use) -> Result<()> {
    let path = root.join(LIST);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let wanted = parse(&text, used);
    let Ok(installed) = installed(&wanted) else {
        screen::line(&format!("no dpkg here: make sure that you have the likes of {}", wanted.join(", ")));
        return Ok(());
    };
    let missing: Vec<&str> = wanted.iter().copied().filter(|package| !installed.contains(*package)).collect();
    if missing.is_empty() {
        screen::line(&format!("Debian packages: all {} installed", wanted.len()));
        return Ok(());
    }
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    if !Uid::effective().is_root() && !in_ci {
        bail!("Debian packages are missing; install them with\n  sudo apt-get install --yes {}", missing.join(" "));
    }
    screen::line(&format!("installing Debian packages: {}", missing.join(" ")));
    run_quiet(apt_get(&["update"]), INSTALL_DEADLINE)?;
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(missing);
    run_shown(apt_get(&arguments), INSTALL_DEADLINE)
}

fn apt_get(arguments: &[&str]) -> Command {
    let root = Uid::effective().is_root();
    let mut command = Command::new(if root { "apt-get" } else { "sudo" });
    if !root {
        // CI machines let their user become root without a password; anywhere else this must not stop and ask.
        command.args(["--non-interactive", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    }
    command.args(["-qq", "-o", "DPkg::Lock::Timeout=300"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Package names, one a line; what follows `#` is for people.
fn parse(text: &str, used: Use) -> Vec<&str> {
    text.lines()
        .map(|line| line.split_once('#').unwrap_or((line, "")))
        .map(|(package, remark)| (package.trim(), remark.trim()))
        .filter(|(package, remark)| !package.is_empty() && is_wanted(remark, used))
        .map(|(package, _)| package)
        .collect()
}

fn is_wanted(remark: &str, used: Use) -> bool {
    match used {
        Use::Run => !remark.starts_with(FOR_TESTS) && !remark.starts_with(FOR_FAST_TESTS),
        Use::FastTests => !remark.starts_with(FOR_TESTS),
        Use::Tests => true,
    }
}

/// Which of these packages are installed, as a list of names.
fn installed(wanted: &[&str]) -> Result<std::collections::BTreeSet<String>> {
    // dpkg-query answers with an error when it does not know one of the names, and still lists the others.
    let mut command = Command::new("sh");
    command.args(["-c", "command -v dpkg-query >&2 && { dpkg-query --show --showformat='${Package} ${db:Status-Status}\\n' \"$@\" 2>/dev/null; true; }", "dpkg-query"]);
    command.args(wanted);
    Ok(parse_query(&run_quiet(command, QUERY_DEADLINE)?))
}

fn parse_query(output: &str) -> std::collections::BTreeSet<String> {
    output.lines().filter_map(|line| line.strip_suffix(" installed")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn the_list_is_names_with_remarks() {
        let list = "# all\ncmake  # builds\n\nchromium # tests: a browser\n  g++\nredis # fast tests: a store\n";
        assert_eq!(parse(list, Use::Tests), ["cmake", "chromium", "g++", "redis"]);
        assert_eq!(parse(list, Use::FastTests), ["cmake", "g++", "redis"]);
        assert_eq!(parse(list, Use::Run), ["cmake", "g++"]);
    }

    #[test]
    fn a_removed_package_does_not_count() {
        let found = parse_query("cmake installed\ng++ config-files\nmake not-installed\n");
        assert!(found.contains("cmake") && found.len() == 1, "{found:?}");
    }
}
