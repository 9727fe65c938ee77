//! Who finds workers: this server, or LiveKit's scheduler.

use proto::worker::{DEFAULT_AGENT_NAME, ENV_STORE};

use super::store::STORE_FILE;
use super::variables::{SettingsError, Variables, malformed};

/// The name of the agents to dispatch; `None`: this server starts workers itself.
pub(super) fn resolve(
    launcher: Option<&str>,
    agent_name: Option<String>,
    variables: &Variables<'_>,
) -> Result<Option<String>, SettingsError> {
    match (launcher, agent_name) {
        (Some("process") | None, None) => Ok(None),
        (Some("process") | None, Some(_)) => Err(malformed("--agent-name", "is for --launcher dispatch")),
        (Some("dispatch"), name) => {
            let name = name.unwrap_or_else(|| DEFAULT_AGENT_NAME.to_owned());
            if name.trim().is_empty() {
                return Err(malformed("--agent-name", "must not be empty: the scheduler would send no agent"));
            }
            if variables.raw(ENV_STORE).is_none() && variables.raw(STORE_FILE).is_none() {
                let message =
                    "must be set with --launcher dispatch, to the same as the workers', for example redis://HOST";
                return Err(malformed(ENV_STORE, message));
            }
            Ok(Some(name))
        }
        (Some(_), _) => Err(malformed("--launcher", "must be process or dispatch")),
    }
}
