//! The web app beside the endpoints: files, the page, what is no business of callers, headers, keys.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::common::{Behaviour, FakeWorker, PATIENCE, TestServer, settings};
use axum::http::{HeaderMap, header};
use reqwest::Response;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SCRIPT: &str = "/_expo/static/js/web/entry-0123456789abcdef0123456789abcdef.js";
const PAGE: &str = "<!doctype html><html><head><style>body{margin:0}</style></head><body>the page</body></html>";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A built app in `app/`, and a file beside that folder which is nobody's business.
fn built() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let app = folder.path().join("app");
    std::fs::create_dir_all(app.join("_expo/static/js/web")).unwrap();
    std::fs::create_dir_all(app.join("assets")).unwrap();
    std::fs::write(app.join("index.html"), PAGE).unwrap();
    std::fs::write(app.join(&SCRIPT[1..]), "let long = 'long';").unwrap();
    std::fs::write(app.join(format!("{}.gz", &SCRIPT[1..])), b"\x1f\x8bpacked").unwrap();
    std::fs::write(app.join("favicon.ico"), "icon").unwrap();
    std::fs::write(folder.path().join("secret.txt"), "the secret").unwrap();
    folder
}

async fn serving(folder: &tempfile::TempDir, env: &[(&str, &str)]) -> (FakeWorker, TestServer) {
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let app = folder.path().join("app");
    let server = TestServer::start(settings(&worker.program(), env, |args| args.web = Some(app))).await;
    (worker, server)
}

async fn browse(server: &TestServer, path: &str) -> Response {
    let request = server.client.get(format!("{}{path}", server.base)).header(header::ACCEPT, BROWSER);
    request.send().await.unwrap()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).unwrap_or_else(|| panic!("no {name} in {headers:?}")).to_str().unwrap()
}

#[tokio::test]
async fn the_page_is_at_the_root_and_wherever_a_browser_goes() {
    let folder = built();
    let (_worker, server) = serving(&folder, &[]).await;
    for path in ["/", "/index.html", "/call", "/call/room-1?mic=off", "/assets", "/assets/", "/api/unknown"] {
        let answer = browse(&server, path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let headers = answer.headers().clone();
        assert_eq!(
            (text(&headers, "content-type"), text(&headers, "cache-control")),
            ("text/html; charset=utf-8", "no-cache"),
            "{path}"
        );
        assert_eq!(answer.text().await.unwrap(), PAGE, "{path}");
    }
    // Without saying what it wants, a program gets the page at the root alone.
    assert_eq!(server.get("/").await.text().await.unwrap(), PAGE);
    let missing = server.get("/_expo/static/js/web/entry-ffffffffffffffffffffffffffffffff.js").await;
    assert_eq!(missing.status(), 404);
    assert_eq!(missing.json::<Value>().await.unwrap()["error"]["code"], "not_found");
    // A page that is built anew is served at once.
    std::fs::write(folder.path().join("app/index.html"), "newer").unwrap();
    assert_eq!(browse(&server, "/").await.text().await.unwrap(), "newer");
    server.shut_down().await;
}

#[tokio::test]
async fn files_have_their_kind_and_those_with_a_hash_are_kept_for_ever() {
    let folder = built();
    let (_worker, server) = serving(&folder, &[]).await;
    let script = server.get(SCRIPT).await;
    let headers = script.headers().clone();
    assert_eq!(text(&headers, "content-type"), "text/javascript");
    assert_eq!(text(&headers, "cache-control"), "public, max-age=31536000, immutable");
    assert!(!headers.contains_key(header::CONTENT_ENCODING));
    assert_eq!(script.text().await.unwrap(), "let long = 'long';");
    let packed = server.client.get(format!("{}{SCRIPT}", server.base)).header(header::ACCEPT_ENCODING, "gzip, br");
    let packed = packed.send().await.unwrap();
    assert_eq!(text(packed.headers(), "content-encoding"), "gzip");
    assert_eq!(packed.bytes().await.unwrap().as_ref(), b"\x1f\x8bpacked");

    let icon = server.get("/favicon.ico").await;
    assert_eq!(text(icon.headers(), "cache-control"), "no-cache");
    let etag = text(icon.headers(), "etag").to_owned();
    assert!(!text(icon.headers(), "last-modified").is_empty());
    let again = server.client.get(format!("{}/favicon.ico", server.base)).header(header::IF_NONE_MATCH, etag);
    assert_eq!(again.send().await.unwrap().status(), 304);

    let head = server.client.head(format!("{}{SCRIPT}", server.base)).send().await.unwrap();
    assert_eq!((head.status().as_u16(), text(head.headers(), "content-length")), (200, "18"));
    assert!(head.bytes().await.unwrap().is_empty());
    let head = server.client.head(format!("{}/", server.base)).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(text(head.headers(), "content-length"), PAGE.len().to_string());
    server.shut_down().await;
}

#[tokio::test]
async fn endpoints_win_over_the_app_and_other_methods_are_refused() {
    let folder = built();
    // A file in an endpoint's place is never served.
    std::fs::write(folder.path().join("app/healthz"), "not me").unwrap();
    let (_worker, server) = serving(&folder, &[]).await;
    let health: Value = browse(&server, "/healthz").await.json().await.unwrap();
    assert_eq!(health["status"], "ok");
    assert_eq!(browse(&server, "/join-room").await.status(), 405);
    assert_eq!(server.join("lobby").await["room_name"], "lobby");
    for method in ["POST", "PUT", "DELETE"] {
        let request = server.client.request(method.parse().unwrap(), format!("{}/favicon.ico", server.base));
        let answer = request.header(header::ACCEPT, BROWSER).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{method}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], "not_found", "{method}");
    }
    server.shut_down().await;
}

#[tokio::test]
async fn with_keys_set_the_app_is_open_and_the_endpoints_are_not() {
    let folder = built();
    let (_worker, server) = serving(&folder, &[("VISAVIS_API_KEYS", "key-one")]).await;
    for path in ["/", "/call", SCRIPT] {
        assert_eq!(browse(&server, path).await.status(), 200, "{path}");
    }
    for path in ["/personas", "/token?roomName=r", "/api/connection-details?roomName=r&participantName=A"] {
        assert_eq!(browse(&server, path).await.status(), 401, "{path}");
    }
    let body = serde_json::json!({"room_name": "r", "participant_name": "A"});
    for path in ["/join-room", "/invite-avatar", "/token", "/api/v2/sandbox/connection-details"] {
        assert_eq!(server.post(path, &body).await.status(), 401, "{path}");
    }
    assert_eq!(server.workers().await, 0);
    server.shut_down().await;
}

#[tokio::test]
async fn a_browser_is_told_what_the_page_may_do() {
    let folder = built();
    let (_worker, server) = serving(&folder, &[("LIVEKIT_PUBLIC_URL", "wss://sfu.example.org")]).await;
    for path in ["/", "/call", SCRIPT] {
        let answer = browse(&server, path).await;
        let headers = answer.headers();
        let policy = text(headers, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self' 'sha256-"), "{policy}");
        assert!(policy.contains("connect-src 'self' wss://sfu.example.org https://sfu.example.org;"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(
            text(headers, "permissions-policy").starts_with("camera=(self), microphone=(self), display-capture=()")
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(text(headers, name), value, "{path}");
        }
    }
    // `printf 'body{margin:0}' | openssl dgst -sha256 -binary | base64`
    let answer = browse(&server, "/").await;
    assert!(
        text(answer.headers(), "content-security-policy")
            .contains("'sha256-IAdwN3biDCQ3brrgp1m8kBEsPQYyqfREKOEfeoREopc='")
    );
    assert!(!server.get("/healthz").await.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    server.shut_down().await;
}

/// Sends a path exactly as it is: clients would tidy it up first.
async fn raw(server: &TestServer, path: &str) -> String {
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: visavis\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let folder = built();
    let (_worker, server) = serving(&folder, &[]).await;
    assert!(raw(&server, "/favicon.ico").await.contains("icon"));
    let outside = folder.path().join("secret.txt");
    for path in [
        "/../secret.txt".to_owned(),
        "/assets/../../secret.txt".to_owned(),
        "/%2e%2e/secret.txt".to_owned(),
        "/..%2fsecret.txt".to_owned(),
        "/%2e%2e%2fsecret.txt".to_owned(),
        "/assets/..%2f..%2fsecret.txt".to_owned(),
        "/%252e%252e/secret.txt".to_owned(),
        "/..%5csecret.txt".to_owned(),
        "/....//secret.txt".to_owned(),
        format!("/{}", outside.display()),
        format!("/{}", outside.display().to_string().replace('/', "%2f")),
        "/favicon.ico%00.js".to_owned(),
        "/%ff%fe".to_owned(),
        "/%".to_owned(),
        format!("/{}", "a".repeat(5000)),
        format!("/{}", "a/".repeat(2500)),
        "/favicon.ico/more".to_owned(),
        "/assets".to_owned(),
    ] {
        let answer = raw(&server, &path).await;
        let shown: String = path.chars().take(60).collect();
        assert!(answer.starts_with("HTTP/1.1 404 ") || answer.starts_with("HTTP/1.1 400 "), "{shown}: {answer}");
        assert!(!answer.contains("the secret"), "{shown}");
    }
    server.shut_down().await;
}
