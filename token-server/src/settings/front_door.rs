//! The settings of the locks and limits of the front door.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::{HeaderValue, Uri};
use ipnet::IpNet;

use super::variables::{SettingsError, Variables, malformed};
use crate::callers::peers::TrustedProxies;
use crate::callers::rates::{Rate, RateLimits};
use crate::callers::tokens::CallerTokens;
use crate::secret::Secret;

const VISAVIS_JWT_SECRET: &str = "VISAVIS_JWT_SECRET";
const VISAVIS_JWT_SECRET_FILE: &str = "VISAVIS_JWT_SECRET_FILE";
const VISAVIS_JWT_PUBLIC_KEY_FILE: &str = "VISAVIS_JWT_PUBLIC_KEY_FILE";
const CORS_ORIGINS: &str = "--cors-origins";

/// The default of `--rate-limit`, and how many seconds of it come at once when the flag does not say.
const CLIENT_RATE: (&str, u32) = ("20:60", 3);
/// The same of `--global-rate-limit`.
const GLOBAL_RATE: (&str, u32) = ("500:1000", 2);
/// The limit of each sender of webhooks: a LiveKit server reports each join, track and end.
const WEBHOOK_RATE: (&str, u32) = ("500:2000", 4);

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// The arrival of a request's headers; an idle connection is kept for as long.
    pub headers: Duration,
    /// A request, from its last header to its answer's first byte: the arrival of its body is part of it.
    pub request: Duration,
    /// A client that reads nothing of an answer that is more than the system's buffers hold.
    pub read: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { headers: Duration::from_secs(15), request: Duration::from_secs(10), read: Duration::from_secs(20) }
    }
}

/// Which pages of other sites browsers let call this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Those of every site.
    Any,
    /// Those of these sites.
    These(Vec<HeaderValue>),
}

/// Reads `--cors-origins`.
pub(super) fn origins(list: Option<&str>) -> Result<Origins, SettingsError> {
    let Some(list) = list.map(str::trim).filter(|list| *list != "*") else { return Ok(Origins::Any) };
    let texts = list.split(',').map(str::trim).filter(|text| !text.is_empty());
    let origins = texts.map(origin).collect::<Result<Vec<_>, _>>()?;
    if origins.is_empty() {
        return Err(malformed(CORS_ORIGINS, "names no origin; write * for every site"));
    }
    Ok(Origins::These(origins))
}

/// One origin as browsers write it: scheme, host, and the port unless it is the scheme's own.
fn origin(text: &str) -> Result<HeaderValue, SettingsError> {
    // Files and sandboxed frames have this one: whoever names it lets them all in.
    if text == "null" {
        return Ok(HeaderValue::from_static("null"));
    }
    let wrong = || malformed(CORS_ORIGINS, "must be origins such as https://app.example.org, without a path");
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(wrong()) };
    let is_origin = matches!(scheme, "http" | "https")
        && matches!(uri.path(), "" | "/")
        && uri.query().is_none()
        && !authority.as_str().contains(['@', '*'])
        && !text.contains('#');
    if !is_origin {
        return Err(wrong());
    }
    let own_port = if scheme == "https" { ":443" } else { ":80" };
    let host = authority.as_str().to_ascii_lowercase();
    let origin = format!("{scheme}://{}", host.strip_suffix(own_port).unwrap_or(&host));
    HeaderValue::from_str(&origin).map_err(|_| wrong())
}

/// Reads `--trusted-proxies`: networks, or single addresses.
pub(super) fn trusted_proxies(list: Option<&str>) -> Result<TrustedProxies, SettingsError> {
    let texts = list.unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty());
    let networks = texts.map(|text| match text.parse::<IpNet>() {
        Ok(network) => Ok(network),
        Err(_) => text.parse::<IpAddr>().map(IpNet::from).map_err(|_| {
            malformed("--trusted-proxies", "must be addresses or networks such as 10.0.0.0/8, separated by commas")
        }),
    });
    Ok(TrustedProxies::new(networks.collect::<Result<_, _>>()?))
}

/// Reads `--rate-limit` and `--global-rate-limit`.
pub(super) fn rate_limits(client: Option<&str>, global: Option<&str>) -> Result<RateLimits, SettingsError> {
    let read = |setting: &'static str, flag: Option<&str>, (default, seconds): (&str, u32)| {
        Rate::parse(flag.unwrap_or(default), seconds).ok_or_else(|| {
            malformed(setting, "must be requests a second such as 20, or 20:60 with a burst; 0 is no limit")
        })
    };
    Ok(RateLimits {
        client: read("--rate-limit", client, CLIENT_RATE)?,
        global: read("--global-rate-limit", global, GLOBAL_RATE)?,
        webhook: read("webhook", None, WEBHOOK_RATE)?,
    })
}

/// Reads `--max-agents-per-client`.
pub(super) fn max_agents(text: Option<&str>) -> Result<Option<NonZeroUsize>, SettingsError> {
    let Some(text) = text else { return Ok(None) };
    let number = text.trim().parse::<usize>();
    number.map(NonZeroUsize::new).map_err(|_| malformed("--max-agents-per-client", "is not a number; 0 is no limit"))
}

/// Reads the key of the callers' JWTs, and what these must say.
pub(super) fn caller_tokens(
    env: &Variables<'_>,
    audience: Option<String>,
    issuer: Option<String>,
    api_secret: &Secret,
) -> Result<Option<CallerTokens>, SettingsError> {
    let audience = env.or_flag(audience, "VISAVIS_JWT_AUDIENCE")?;
    let issuer = env.or_flag(issuer, "VISAVIS_JWT_ISSUER")?;
    let secret = env.text_or_file(VISAVIS_JWT_SECRET, VISAVIS_JWT_SECRET_FILE)?;
    let tokens = match (secret, env.raw(VISAVIS_JWT_PUBLIC_KEY_FILE)) {
        (Some((setting, _)), Some(_)) => {
            let problem = format!("is set beside {VISAVIS_JWT_PUBLIC_KEY_FILE}: set only one of the two");
            return Err(malformed(setting, problem));
        }
        (Some((setting, text)), None) => {
            // Else the tokens that this server hands out for rooms would open its door.
            if api_secret.matches(&text) {
                return Err(malformed(setting, "is also LIVEKIT_API_SECRET; make another one"));
            }
            CallerTokens::with_secret(&Secret::new(text)).map_err(|error| malformed(setting, error.to_string()))?
        }
        (None, Some(file)) => {
            let file = PathBuf::from(file);
            let wrong =
                |problem: String| malformed(VISAVIS_JWT_PUBLIC_KEY_FILE, format!("{} {problem}", file.display()));
            let pem = std::fs::read(&file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
            CallerTokens::with_public_key(&pem).map_err(|error| wrong(error.to_string()))?
        }
        (None, None) if audience.is_some() || issuer.is_some() => {
            return Err(malformed(
                if audience.is_some() { "--jwt-audience" } else { "--jwt-issuer" },
                "has no meaning without VISAVIS_JWT_SECRET or VISAVIS_JWT_PUBLIC_KEY_FILE",
            ));
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(tokens.expecting(audience.as_deref(), issuer.as_deref())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        assert_eq!(origins(None).unwrap(), Origins::Any);
        assert_eq!(origins(Some(" * ")).unwrap(), Origins::Any);
        let these =
            |list: &[&'static str]| Origins::These(list.iter().copied().map(HeaderValue::from_static).collect());
        for (list, expected) in [
            (
                "https://App.Example.org/, http://localhost:3000",
                &["https://app.example.org", "http://localhost:3000"][..],
            ),
            ("https://a:443,http://b:80,http://c:443", &["https://a", "http://b", "http://c:443"]),
            ("null", &["null"]),
        ] {
            assert_eq!(origins(Some(list)).unwrap(), these(expected), "{list}");
        }
        for wrong in
            ["", ",", "example.org", "https://a/b", "ftp://a", "https://*.a", "https://u@a", "https://a?b", "Null"]
        {
            assert!(origins(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn proxies_are_networks_or_addresses() {
        assert!(trusted_proxies(Some("10.0.0.0/8, ::1, 192.0.2.7")).is_ok() && trusted_proxies(None).is_ok());
        for wrong in ["10.0.0.0/33", "proxy.example.org", "10.0.0"] {
            assert!(trusted_proxies(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits_have_defaults_and_zero_is_none() {
        let rate = |text: &str| Rate::parse(text, 1).unwrap();
        let limits = rate_limits(None, None).unwrap();
        assert_eq!((limits.client, limits.global), (rate("20:60"), rate("500:1000")));
        let limits = rate_limits(Some("0"), Some("7")).unwrap();
        assert_eq!((limits.client, limits.global), (None, rate("7:14")));
        assert!(limits.webhook.is_some() && rate_limits(Some("fast"), None).is_err());
        assert_eq!((max_agents(None).unwrap(), max_agents(Some("0")).unwrap()), (None, None));
        assert_eq!(max_agents(Some(" 3 ")).unwrap(), NonZeroUsize::new(3));
        assert!(max_agents(Some("-1")).is_err());
    }
}
