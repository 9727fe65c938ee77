//! `--metrics-listen`: whether this worker shows its numbers to Prometheus, and to whom.

use std::net::SocketAddr;

use telemetry::prometheus::{self, Listener};

use crate::settings_error::SettingsError;

const SETTING: &str = "--metrics-listen (VISAVIS_METRICS_LISTEN)";

/// The flags about metrics, for any command that runs calls.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct MetricsArguments {
    /// Show metrics for Prometheus at this address, for example 127.0.0.1:9464 [default: not at all].
    ///
    /// Any address but a loopback one needs --insecure-open.
    #[arg(long, value_name = "ADDRESS", env = "VISAVIS_METRICS_LISTEN")]
    pub metrics_listen: Option<String>,
    /// Show metrics to everyone who can reach a non-loopback address: there is no lock on them.
    #[arg(long)]
    pub insecure_open: bool,
}

impl MetricsArguments {
    /// Where to listen; `None` when nobody asked for it.
    ///
    /// # Errors
    /// When the address can't be read, or is open to others and nobody said that it may be.
    pub fn address(&self) -> Result<Option<SocketAddr>, SettingsError> {
        let wrong = |message: String| SettingsError { setting: SETTING, message };
        let Some(text) = self.metrics_listen.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let address: SocketAddr = text
            .parse()
            .map_err(|_| wrong(format!("{text:?} is no IP address with a port; write for example 127.0.0.1:9464")))?;
        if !address.ip().is_loopback() && !self.insecure_open {
            return Err(wrong(format!("others can reach {address}, and there is no lock on it; say --insecure-open")));
        }
        Ok(Some(address))
    }

    /// Records and shows metrics, if somebody asked for it, until the [`Listener`] is dropped. When the address is taken (by
    /// another worker, for instance), the log says so, and there are no metrics: a call matters more.
    ///
    /// # Errors
    /// See [`MetricsArguments::address`].
    pub async fn start(&self) -> Result<Option<Listener>, SettingsError> {
        let Some(address) = self.address()? else { return Ok(None) };
        let served = match prometheus::install() {
            Ok(handle) => prometheus::serve(handle, address).await,
            Err(error) => Err(error),
        };
        match served {
            Ok(listener) => {
                tracing::info!(address = %listener.address(), "metrics listening");
                Ok(Some(listener))
            }
            Err(error) => {
                tracing::warn!(%error, "this worker shows no metrics");
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::MetricsArguments;

    fn arguments(text: Option<&str>, insecure_open: bool) -> MetricsArguments {
        MetricsArguments { metrics_listen: text.map(str::to_owned), insecure_open }
    }

    #[test]
    fn nobody_listens_unless_asked_to() {
        for text in [None, Some(""), Some(" ")] {
            assert_eq!(arguments(text, true).address().unwrap(), None, "{text:?}");
        }
    }

    #[test]
    fn loopback_is_fine_and_all_else_must_be_allowed_in_words() {
        for text in ["127.0.0.1:9464", "127.5.5.5:0", "[::1]:9464"] {
            assert_eq!(arguments(Some(text), false).address().unwrap(), Some(text.parse().unwrap()));
        }
        for text in ["0.0.0.0:9464", "[::]:9464", "192.0.2.1:9464"] {
            let refused = arguments(Some(text), false).address().unwrap_err().to_string();
            assert!(refused.contains("--insecure-open") && refused.contains(text), "{refused}");
            assert_eq!(arguments(Some(text), true).address().unwrap(), Some(text.parse().unwrap()));
        }
    }

    #[test]
    fn what_is_no_address_is_an_error_that_names_the_setting() {
        for text in ["9464", "localhost:9464", "127.0.0.1", "127.0.0.1:99999"] {
            let error = arguments(Some(text), true).address().unwrap_err().to_string();
            assert!(error.contains("--metrics-listen") && error.contains(text), "{error}");
        }
    }
}
