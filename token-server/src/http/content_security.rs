//! What a page of ours may load, run and talk to: the Content-Security-Policy, made for the page and the LiveKit server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::settings::SfuAddress;

/// Where LiveKit's own cloud is: it answers from one host of many.
const LIVEKIT_CLOUD: &str = "livekit.cloud";

/// The policy for `page`, whose app talks to this server and to the LiveKit server `livekit`.
///
/// Inline scripts and styles run when they stand in the page as it was built, by their hashes. An empty style element is
/// allowed as well: style sheet libraries insert their rules into one by script, which no policy limits.
pub(super) fn policy(page: &str, livekit: &SfuAddress) -> String {
    let scripts = hashes(inline(page, "script").into_iter());
    let styles = hashes(inline(page, "style").into_iter().chain([""]));
    let connect = sources(livekit);
    format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; img-src 'self' data: blob:; \
         media-src 'self' blob: mediastream:; font-src 'self'; worker-src 'self' blob:; connect-src 'self'{connect}; \
         manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// Each text's hash, as a source.
fn hashes<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(|text| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text)))).collect()
}

/// The texts of all `<name>…</name>` in a page; an element that loads its text (`src=`) has an empty one.
fn inline<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    // ASCII letters keep their length, so that positions fit both.
    let lower = page.to_ascii_lowercase();
    let (opening, closing) = (format!("<{name}"), format!("</{name}"));
    let mut texts = Vec::new();
    let mut from = 0;
    while let Some(start) = lower[from..].find(&opening).map(|at| from + at + opening.len()) {
        from = start;
        let is_element = lower[start..].starts_with(|next: char| next == '>' || next.is_ascii_whitespace());
        let Some(text) = lower[start..].find('>').map(|at| start + at + 1).filter(|_| is_element) else { continue };
        let Some(end) = lower[text..].find(&closing).map(|at| text + at) else { break };
        if text < end {
            texts.push(&page[text..end]);
        }
        from = end;
    }
    texts
}

/// The LiveKit server as sources: the socket, and the requests that clients make to see why a socket failed.
fn sources(livekit: &SfuAddress) -> String {
    let (socket, requests) = if livekit.is_secure() { ("wss:", "https:") } else { ("ws:", "http:") };
    let authority = livekit.authority();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    if !authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte)) {
        // A policy can name no host of this form, such as an IPv6 address.
        return format!(" {socket} {requests}");
    }
    let mut sources = format!(" {socket}//{authority} {requests}//{authority}");
    if host == LIVEKIT_CLOUD || host.ends_with(&format!(".{LIVEKIT_CLOUD}")) {
        sources += &format!(" wss://*.{LIVEKIT_CLOUD} https://*.{LIVEKIT_CLOUD}");
    }
    sources
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn directive(policy: &str, name: &str) -> String {
        let found = policy.split("; ").find_map(|directive| directive.strip_prefix(&format!("{name} ")));
        found.unwrap_or_else(|| panic!("no {name} in {policy}")).to_owned()
    }

    fn connect(livekit: &str) -> String {
        directive(&policy("", &SfuAddress::parse(livekit).unwrap()), "connect-src")
    }

    #[test]
    fn a_page_may_talk_to_this_server_and_its_livekit_server_alone() {
        assert_eq!(connect("ws://localhost:7880"), "'self' ws://localhost:7880 http://localhost:7880");
        assert_eq!(connect("wss://sfu.example.org/rtc"), "'self' wss://sfu.example.org https://sfu.example.org");
        assert_eq!(
            connect("wss://mine.livekit.cloud"),
            "'self' wss://mine.livekit.cloud https://mine.livekit.cloud wss://*.livekit.cloud https://*.livekit.cloud"
        );
        assert!(!connect("wss://notlivekit.cloud").contains('*'));
        assert_eq!(connect("ws://[::1]:7880"), "'self' ws: http:");
        assert_eq!(connect("wss://a;script-src"), "'self' wss: https:");
    }

    #[test]
    fn only_inline_text_of_the_page_itself_is_let_in() {
        let page = "<!doctype html><STYLE id=\"reset\">a{b:c}</STYLE><script src=\"/a.js\" defer></script>\
                    <script >let a = 1 < 2;</script ><scripty>x</scripty><style>";
        let policy = policy(page, &SfuAddress::parse("ws://h").unwrap());
        // Computed with `printf … | openssl dgst -sha256 -binary | base64`.
        let (style, empty, script) = (
            "sha256-0cRUVYRKwNwnl1hkfkPGjkht16b039TjFdJzmXfFK2o=",
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "sha256-Xd/xFl+DmsVqHczJvGQWMh7nLH7H7r5iGmQKRm0JimU=",
        );
        assert_eq!(directive(&policy, "style-src"), format!("'self' '{style}' '{empty}'"));
        assert_eq!(directive(&policy, "script-src"), format!("'self' '{script}'"));
    }

    #[test]
    fn nothing_is_allowed_that_is_not_named() {
        let policy = policy("", &SfuAddress::parse("ws://h").unwrap());
        assert_eq!(directive(&policy, "default-src"), "'none'");
        assert_eq!(directive(&policy, "frame-ancestors"), "'none'");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    }
}
