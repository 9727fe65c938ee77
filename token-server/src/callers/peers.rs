//! Whose address a request comes from, when proxies stand in between.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The header to which each proxy adds the address that it was called from.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// The most addresses of the header that are looked at.
const MAX_HOPS: usize = 16;

/// The proxies whose word is believed. Everyone else may write into that header what they like.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of whoever called the outermost proxy that is trusted; `peer` itself, when it is no such proxy.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if self.0.is_empty() {
            return client;
        }
        // The last one was written by the nearest proxy.
        let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
        for hop in hops.iter().rev().take(MAX_HOPS) {
            if !self.trusts(client) {
                break;
            }
            // What can't be read was not written by a proxy that keeps to the form.
            let Some(address) = address(hop) else { break };
            client = address;
        }
        client
    }
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    bare.or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn client(trusted: &str, peer: &str, lines: &[&'static str]) -> String {
        let networks = trusted.split(' ').filter(|text| !text.is_empty()).map(|text| text.parse().unwrap()).collect();
        let lines = lines.iter().map(|line| (HeaderName::from_static(FORWARDED_FOR), HeaderValue::from_static(line)));
        let headers = lines.fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        });
        TrustedProxies::new(networks).client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_strangers_word_is_not_believed() {
        assert_eq!(client("", "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(client("10.0.0.0/8", "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_tells_who_called_it() {
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "::ffff:10.1.2.3", &["203.0.113.9:4711"]), "203.0.113.9");
        // What stands to the left of the caller was written by the caller.
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["198.51.100.1, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["198.51.100.1", "203.0.113.9, 10.9.9.9"]), "203.0.113.9");
        assert_eq!(client("fd00::/8", "fd00::1", &["[2001:db8::5]:80"]), "2001:db8::5");
    }

    #[test]
    fn a_header_that_cannot_be_read_counts_for_the_proxy() {
        for line in ["unknown", "", "203.0.113.9, ", "1.2.3", "203.0.113.9, _hidden"] {
            assert_eq!(client("10.0.0.0/8", "10.1.2.3", &[line]), "10.1.2.3", "{line}");
        }
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &[]), "10.1.2.3");
    }
}
