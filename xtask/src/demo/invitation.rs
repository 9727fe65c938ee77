//! How to join: the web app's page; and for any other client a link for LiveKit Meet, and the request that brings the AI
//! person.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;

use super::network::Reach;
use super::servers::{Plan, loopback_agent};

/// How long the token server may take to answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// LiveKit Meet's page for any server: it joins at once.
const MEET: &str = "https://meet.livekit.io/custom";

/// The part of the answer to `GET /token` that is used here.
#[derive(Deserialize)]
struct Token {
    token: String,
    livekit_url: String,
}

/// Prints how to join `room`, on standard output.
pub(super) fn print(plan: &Plan, room: &str, as_json: bool) -> Result<()> {
    let token = fresh_token(plan, room)?;
    let link = format!("{MEET}?liveKitUrl={}&token={}", query_value(&token.livekit_url), query_value(&token.token));
    let curl = curl_line(plan, room);
    if as_json {
        let object = json!({
            "web_app": plan.page(),
            "room_name": room,
            "meet_link": link,
            "join_room": curl,
            "token_server": plan.public_token_server(),
            "livekit_url": token.livekit_url,
            "api_key": plan.keys.token_server_key,
        });
        println!("{object}");
    } else {
        println!("{}", text(plan, room, &link, &curl));
    }
    Ok(())
}

fn fresh_token(plan: &Plan, room: &str) -> Result<Token> {
    let agent = loopback_agent(DEADLINE);
    let mut request = agent.get(format!("{}/token", plan.token_server())).query("roomName", room).query("name", "You");
    if let Some(key) = &plan.keys.token_server_key {
        request = request.header("Authorization", format!("Bearer {key}"));
    }
    let mut response = request.call().context("the token server gave no token")?;
    response.body_mut().read_json().context("the token server's answer to GET /token cannot be read")
}

/// The line that gives the caller a token and brings the AI person into the room.
fn curl_line(plan: &Plan, room: &str) -> String {
    let body = json!({ "room_name": room, "participant_name": "You" });
    let key = plan.keys.token_server_key.as_ref();
    let authorization = key.map(|key| format!(" -H 'Authorization: Bearer {key}'")).unwrap_or_default();
    let url = plan.public_token_server();
    // The loopback address must not be looked for behind a proxy that the person's shell names.
    let past_proxies = match plan.reach {
        Reach::Loopback => " --noproxy '*'",
        Reach::Lan(_) => "",
    };
    format!("curl -s{past_proxies} {url}/join-room -H 'Content-Type: application/json'{authorization} -d '{body}'")
}

fn text(plan: &Plan, room: &str, link: &str, curl: &str) -> String {
    let note = match plan.reach {
        Reach::Loopback => "",
        Reach::Lan(_) => {
            "\nOther machines: browsers give no microphone to a page served by http from another machine, and refuse ws:// \
             to\nanother machine from a page served by https. There use the phone app, or an app or page of your own with \
             the token\nand livekit_url that the curl line prints.\n"
        }
    };
    let page = plan.page().map(|page| {
        let key = plan.keys.token_server_key.as_ref();
        let key = key
            .map(|key| format!("\n\nIt asks for the access key, as the phone app does:\n\n{key}"))
            .unwrap_or_default();
        format!(
            "\nTalk to the AI person: open\n\n{page}\n\nin Chrome or Chromium on this machine \
                 (Firefox cannot reach media on it), and allow the microphone.{key}\n"
        )
    });
    let others = match page {
        Some(_) => "Any other LiveKit client can join too. With LiveKit Meet",
        None => "Talk to the AI person",
    };
    format!(
        "{}\n{others} in the room `{room}`, in two steps:\n\n  \
         1. Open this link in Chrome or Chromium, and allow the microphone and the local network \
         (Firefox cannot reach media on this machine):\n\n{link}\n\n  \
         2. Then bring the AI person into the room, in another terminal; it leaves when everybody has left, \
         so run this again for the next call:\n\n{curl}\n{note}\nCtrl-C ends everything.",
        page.as_deref().unwrap_or_default()
    )
}

/// Percent-encodes a value of a query (RFC 3986: everything but the unreserved characters).
fn query_value(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn loopback_is_asked_past_proxies_and_the_network_with_the_key() {
        let local = curl_line(&Plan::example(Reach::Loopback), "demo");
        assert!(local.contains("--noproxy '*'") && !local.contains("Authorization"), "{local}");
        let lan = curl_line(&Plan::example(Reach::Lan(Ipv4Addr::new(192, 168, 1, 2))), "demo");
        assert!(!lan.contains("--noproxy") && lan.contains("Authorization: Bearer "), "{lan}");
    }

    #[test]
    fn the_page_comes_first_where_there_is_one_and_says_the_key_that_it_asks_for() {
        let address = |text: &str| text.find("http://localhost:3001");
        let mut plan = Plan::example(Reach::Loopback);
        let without = text(&plan, "demo", "LINK", "CURL");
        assert!(address(&without).is_none() && without.contains("\nTalk to the AI person in the room"), "{without}");
        plan.web_app = Some("dist/web".into());
        let with = text(&plan, "demo", "LINK", "CURL");
        assert!(address(&with) < with.find("LINK") && address(&with).is_some(), "{with}");
        assert!(!with.contains("access key"), "{with}");
        let mut plan = Plan::example(Reach::Lan(Ipv4Addr::new(192, 168, 1, 2)));
        plan.web_app = Some("dist/web".into());
        let key = plan.keys.token_server_key.clone().unwrap_or_default();
        let lan = text(&plan, "demo", "LINK", "CURL");
        assert!(lan.contains(&format!("access key, as the phone app does:\n\n{key}\n")), "{lan}");
    }

    #[test]
    fn query_values_survive_the_link() {
        assert_eq!(query_value("ws://127.0.0.1:7880"), "ws%3A%2F%2F127.0.0.1%3A7880");
        assert_eq!(query_value("eyJh.b-c_d~"), "eyJh.b-c_d~");
        assert_eq!(query_value("ä&="), "%C3%A4%26%3D");
    }
}
