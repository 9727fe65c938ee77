//! The tries, by what they are meant to get around.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use livekit_api::access_token::AccessToken;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use token_server::settings::{Args, Settings};

use super::table::Table;
use super::wire::{drip, send};
use crate::common::{API_KEY, API_SECRET, Behaviour, FakeWorker, TestServer, settings, verified};

const JWT_SECRET: &str = "a-secret-of-the-operators-own-service";
const CALLER_KEY: &str = "a-callers-key";
const ADMIN_KEY: &str = "an-operators-key-of-some-length";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A server with a worker that must never be started.
struct Door {
    server: TestServer,
    worker: FakeWorker,
}

impl Door {
    async fn open(env: &[(&str, &str)], change: impl FnOnce(&mut Args)) -> Self {
        Self::with(env, change, |_| {}).await
    }

    async fn with(env: &[(&str, &str)], args: impl FnOnce(&mut Args), change: impl FnOnce(&mut Settings)) -> Self {
        let worker = FakeWorker::new(&Behaviour::Obedient);
        let mut settings = settings(&worker.program(), env, |all| {
            all.rate_limit = Some("0".to_owned());
            args(all);
        });
        change(&mut settings);
        Self { server: TestServer::start(settings).await, worker }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.server.client.get(format!("{}{path}", self.server.base))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.server.client.post(format!("{}{path}", self.server.base))
    }

    async fn close(self) {
        self.server.shut_down().await;
        assert!(self.worker.records().is_empty(), "a try started a worker");
    }
}

/// Sends, and shows what was answered. No answer tells a secret.
async fn answer(request: RequestBuilder) -> String {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    for secret in [API_SECRET, JWT_SECRET, ADMIN_KEY, CALLER_KEY] {
        assert!(!text.contains(secret), "an answer tells a secret: {text}");
    }
    format!("{status}{}", super::message(&text))
}

pub async fn webhooks(table: &mut Table) {
    table.heading("Webhooks");
    let door = Door::open(&[], |_| {}).await;
    let body =
        json!({"event": "room_started", "id": "EV_1", "createdAt": now(), "room": {"name": "lobby"}}).to_string();
    let hash = |body: &str| STANDARD.encode(Sha256::digest(body));
    let signed = |secret: &str, body: &str| {
        AccessToken::with_api_key(API_KEY, secret).with_sha256(&hash(body)).to_jwt().unwrap()
    };
    let report = |token: Option<String>, body: &str| {
        let request = door.post("/webhook").header(header::CONTENT_TYPE, "application/webhook+json");
        let request = request.body(body.to_owned());
        if let Some(token) = token { request.header(header::AUTHORIZATION, token) } else { request }
    };
    let expired = jwt(
        &json!({"iss": API_KEY, "sha256": hash(&body), "exp": now() - 600, "nbf": now() - 900}),
        Algorithm::HS256,
        API_SECRET,
    );
    let joined: Value = door.server.post("/token", &json!({})).await.json().await.unwrap();
    let room_token = joined["participant_token"].as_str().unwrap().to_owned();
    for (attempt, expected, token) in [
        ("no signature", "401", None),
        ("signed with another key", "401", Some(signed("another-secret", &body))),
        ("algorithm `none`", "401", Some(unsigned(&json!({"iss": API_KEY, "sha256": hash(&body), "exp": now() + 60})))),
        ("a token that has expired", "401", Some(expired)),
        ("a token for a room, as clients have it", "401", Some(room_token)),
        ("the hash of another body", "401", Some(signed(API_SECRET, "another"))),
    ] {
        table.row(attempt, expected, &answer(report(token, &body)).await);
    }
    let old = json!({"event": "room_started", "id": "EV_0", "createdAt": now() - 400, "room": {"name": "lobby"}});
    let old = old.to_string();
    table.row("a true report from 400 s ago", "400", &answer(report(Some(signed(API_SECRET, &old)), &old)).await);
    let good = || report(Some(signed(API_SECRET, &body)), &body);
    assert_eq!(answer(good()).await, "200: ok");
    table.row("a true report for the second time", "409", &answer(good()).await);
    door.close().await;
}

fn jwt(claims: &Value, algorithm: Algorithm, secret: &str) -> String {
    jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(claims))
}

fn join(door: &Door, token: Option<&str>, room: &str) -> RequestBuilder {
    let body = json!({"room_name": room, "participant_name": "Abel", "invite_avatar": false});
    let request = door.post("/join-room").json(&body);
    if let Some(token) = token { request.bearer_auth(token) } else { request }
}

pub async fn callers(table: &mut Table) {
    table.heading("Callers: API keys and JWTs");
    let env = [("VISAVIS_JWT_SECRET", JWT_SECRET), ("VISAVIS_API_KEYS", CALLER_KEY), ("VISAVIS_ADMIN_KEY", ADMIN_KEY)];
    let door = Door::open(&env, |args| {
        args.jwt_audience = Some("visavis".to_owned());
        args.jwt_issuer = Some("our-shop".to_owned());
    })
    .await;
    let claims = |more: Value| {
        let mut claims = json!({"exp": now() + 60, "aud": "visavis", "iss": "our-shop", "sub": "ada", "room": "lobby"});
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    };
    let signed = |more: Value| jwt(&claims(more), Algorithm::HS256, JWT_SECRET);
    let good = signed(json!({}));
    for token in
        [&good, CALLER_KEY, &signed(json!({"room": null})), &signed(json!({"room": null, "rooms": ["a", "lobby"]}))]
    {
        assert_eq!(answer(join(&door, Some(token), "lobby")).await, "200");
    }
    let room_token = AccessToken::with_api_key(API_KEY, API_SECRET).to_jwt().unwrap();
    for (attempt, expected, token) in [
        ("no key and no JWT", "401", None),
        ("a key that is none", "401", Some("another-key".to_owned())),
        ("the operator's key", "401", Some(ADMIN_KEY.to_owned())),
        ("a JWT that has expired", "401 `unauthorized`: the JWT has expired", Some(signed(json!({"exp": now() - 60})))),
        ("a JWT that is not valid yet", "401", Some(signed(json!({"nbf": now() + 600})))),
        ("a JWT that never expires", "401", Some(signed(json!({"exp": null})))),
        ("a JWT signed with another key", "401", Some(jwt(&claims(json!({})), Algorithm::HS256, "another-secret"))),
        ("a LiveKit token for a room, as clients have it", "401", Some(room_token)),
        ("a JWT with the algorithm `none`", "401", Some(unsigned(&claims(json!({}))))),
        ("a JWT with HS512 and the right secret", "401", Some(jwt(&claims(json!({})), Algorithm::HS512, JWT_SECRET))),
        ("a JWT whose last byte is another", "401", Some(altered(&good))),
        ("a JWT for another audience", "401", Some(signed(json!({"aud": "elsewhere"})))),
        ("a JWT of another issuer", "401", Some(signed(json!({"iss": "another-shop"})))),
        ("a JWT with claims of the wrong type", "401", Some(signed(json!({"rooms": 7})))),
        ("a JWT of 9 KiB", "401", Some(signed(json!({"sub": "x".repeat(6900)})))),
    ] {
        table.row(attempt, expected, &answer(join(&door, token.as_deref(), "lobby")).await);
    }
    let forbidden = "403";
    table.row(
        "`POST /join-room` for another room than the JWT's",
        forbidden,
        &answer(join(&door, Some(&good), "vault")).await,
    );
    let other = json!({"room_name": "vault"});
    let request = door.post("/invite-avatar").json(&other).bearer_auth(&good);
    table.row("`POST /invite-avatar` there", forbidden, &answer(request).await);
    let request = door.post("/token").json(&other).bearer_auth(&good);
    table.row("`POST /token` there", forbidden, &answer(request).await);
    table.row("`GET /token` there", forbidden, &answer(door.get("/token?roomName=vault").bearer_auth(&good)).await);
    let meet = door.get("/api/connection-details?roomName=vault&participantName=A").bearer_auth(&good);
    table.row("Meet's endpoint there", forbidden, &answer(meet).await);
    let two = signed(json!({"room": null, "rooms": ["a", "b"]}));
    let fresh = door.post("/token").json(&json!({})).bearer_auth(&two);
    table.row("a fresh room with a JWT for two others", forbidden, &answer(fresh).await);
    let none = signed(json!({"room": null, "rooms": []}));
    table.row("any room with a JWT for none", forbidden, &answer(join(&door, Some(&none), "lobby")).await);
    // Who names no room means the one that the JWT is for.
    let only: Value =
        door.post("/token").json(&json!({})).bearer_auth(&good).send().await.unwrap().json().await.unwrap();
    assert_eq!(verified(&only["participant_token"]).video.room, "lobby");
    door.close().await;
}

/// The same token with another last byte of its signature.
fn altered(token: &str) -> String {
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    format!("{rest}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

pub async fn public_keys(table: &mut Table) {
    table.heading("Callers: JWTs with a public key");
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys");
    let read = |name: &str| std::fs::read_to_string(format!("{keys}/{name}")).unwrap();
    let kinds = [("rsa", "RS256"), ("p256", "ES256"), ("ed25519", "EdDSA")];
    for (kind, algorithm) in kinds {
        let file = format!("{keys}/{kind}.pem");
        let door = Door::open(&[("VISAVIS_JWT_PUBLIC_KEY_FILE", file.as_str())], |_| {}).await;
        let token = read(&format!("{kind}.jwt")).trim().to_owned();
        assert_eq!(answer(join(&door, Some(&token), "lobby")).await, "200", "{algorithm}");
        let mut row = |attempt: &str, expected: &str, answer: &str| {
            table.row(&format!("{algorithm}: {attempt}"), expected, answer);
        };
        row("the right signature, another room", "403", &answer(join(&door, Some(&token), "vault")).await);
        row("another byte in the signature", "401", &answer(join(&door, Some(&altered(&token)), "lobby")).await);
        let claims = json!({"exp": now() + 60, "sub": "ada"});
        let confused = jwt(&claims, Algorithm::HS256, &read(&format!("{kind}.pem")));
        row("HS256 with the public key as its secret", "401", &answer(join(&door, Some(&confused), "lobby")).await);
        let (other, _) = kinds.into_iter().find(|(other, _)| *other != kind).unwrap();
        let other = read(&format!("{other}.jwt"));
        row("a good JWT of another kind of key", "401", &answer(join(&door, Some(other.trim()), "lobby")).await);
        door.close().await;
    }
}

pub async fn spoofing(table: &mut Table) {
    table.heading("Acting as an agent");
    let door = Door::open(&[], |_| {}).await;
    for identity in ["agent-1", "AGENT-1", "tavus-avatar-agent"] {
        let request = door.get("/token").query(&[("roomName", "lobby"), ("identity", identity)]);
        table.row(&format!("`GET /token` with `identity={identity}`"), "400", &answer(request).await);
    }
    for (attempt, body) in [
        ("`participant_identity: agent-1`", json!({"participant_identity": "agent-1"})),
        ("the attribute `lk.agent.state`", json!({"participant_attributes": {"lk.agent.state": "listening"}})),
        (
            "the attribute `LK.publish_on_behalf`",
            json!({"participant_attributes": {"LK.publish_on_behalf": "agent-1"}}),
        ),
    ] {
        table.row(&format!("`POST /token` with {attempt}"), "400", &answer(door.post("/token").json(&body)).await);
    }
    for (attempt, body) in [
        ("`kind: agent`", json!({"kind": "agent", "participant_kind": "AGENT"})),
        ("grants of its own", json!({"video": {"roomAdmin": true, "agent": true, "canUpdateOwnMetadata": true}})),
        ("agents that nobody allowed", json!({"room_config": {"agents": [{"agent_name": "spy"}]}})),
        ("the name `Agent Smith`", json!({"participant_name": "Agent Smith"})),
    ] {
        let answer: Value = door.post("/token").json(&body).send().await.unwrap().json().await.unwrap();
        let claims = verified(&answer["participant_token"]);
        let video = &claims.video;
        let more = video.room_admin || video.agent || video.can_update_own_metadata.is_some();
        let is_person = claims.kind.is_empty() && !more && claims.room_config.is_none();
        assert!(is_person && !claims.sub.starts_with("agent-"), "{attempt}: {claims:?}");
        let identity = claims.sub.rsplit_once('-').unwrap().0;
        let shown = format!("201: a person's token, identity `{identity}-…`, no grant but those of a person");
        table.row(&format!("`POST /token` with {attempt}"), "201", &shown);
    }
    door.close().await;
}

pub async fn paths(table: &mut Table) {
    table.heading("Paths");
    let folder = tempfile::tempdir().unwrap();
    let app = folder.path().join("app");
    std::fs::create_dir(&app).unwrap();
    std::fs::write(app.join("index.html"), "<!doctype html>").unwrap();
    std::fs::write(folder.path().join("secret.txt"), API_SECRET).unwrap();
    let app = app.to_str().unwrap().to_owned();
    let env = [("VISAVIS_ADMIN_KEY", ADMIN_KEY), ("VISAVIS_API_KEYS", CALLER_KEY), ("VISAVIS_WEB", app.as_str())];
    let door = Door::open(&env, |_| {}).await;
    let long = "x".repeat(129);
    for (shown, path, expected) in [
        ("`/rooms/..%2f..%2fetc%2fpasswd`", "/rooms/..%2f..%2fetc%2fpasswd", "404"),
        ("`/rooms/a%2fagent`", "/rooms/a%2fagent", "404"),
        ("`/rooms/%00`", "/rooms/%00", "400"),
        ("`/rooms/a%0d%0ab`", "/rooms/a%0d%0ab", "400"),
        ("`/rooms/%ff`", "/rooms/%ff", "400"),
        ("`/rooms/` and 129 letters", &format!("/rooms/{long}"), "400"),
    ] {
        table.row(
            &format!("{shown} with the operator's key"),
            expected,
            &answer(door.get(path).bearer_auth(ADMIN_KEY)).await,
        );
    }
    for path in ["/rooms%2flobby", "/ROOMS", "//rooms", "/rooms;x", "/./rooms/../rooms"] {
        let raw =
            send(&door.server, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await;
        table.row(&format!("`{path}` without a key"), "404", &raw);
    }
    for path in [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/a/..%5c..%5csecret.txt",
        "/%00",
        "/personas/pictures/..%2f..%2fsecret.png",
    ] {
        let raw =
            send(&door.server, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await;
        table.row(&format!("`{path}` beside a web app"), "404", &raw);
    }
    let long = format!("/token?roomName={}", "x".repeat(9000));
    table.row("an address of 9 KB", "414", &answer(door.get(&long).bearer_auth(CALLER_KEY)).await);
    door.close().await;
}

pub async fn headers(table: &mut Table) {
    table.heading("Headers and line breaks");
    let door = Door::open(&[], |_| {}).await;
    let body = json!({"room_name": "a\r\nSet-Cookie: x=1", "participant_name": "Abel"});
    table.row("CR LF in a room's name", "400", &answer(door.post("/join-room").json(&body)).await);
    let request = door.get("/token?roomName=a&name=b%0d%0aSet-Cookie:%20x=1");
    table.row("CR LF in a name of a query", "400", &answer(request).await);
    let forged = door.get("/healthz").header("x-request-id", "forged").send().await.unwrap();
    let id = forged.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(id != "forged" && id.len() == 36, "{id}");
    table.row("`X-Request-Id: forged`", "200", "200, with an id of the server's own");
    let close = "Host: x\r\nConnection: close\r\n";
    for (attempt, request, expected) in [
        (
            "a line break inside a header",
            format!("GET /healthz HTTP/1.1\r\n{close}X-Request-Id: a\rSet-Cookie: x=1\r\n\r\n"),
            "400",
        ),
        ("a NUL inside a header", format!("GET /healthz HTTP/1.1\r\n{close}A: b\0c\r\n\r\n"), "400"),
        ("a folded header", format!("GET /healthz HTTP/1.1\r\n{close}A: b\r\n c\r\n\r\n"), "400"),
        ("a space before a colon", format!("GET /healthz HTTP/1.1\r\n{close}Content-Length : 5\r\n\r\n"), "400"),
        (
            "two lengths that differ",
            format!("POST /token HTTP/1.1\r\n{close}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"),
            "400",
        ),
        (
            "a length and chunks at once: the chunks count",
            format!(
                "POST /token HTTP/1.1\r\n{close}Content-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            ),
            "400",
        ),
        ("HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), "closed"),
        ("no HTTP at all", "\x16\x03\x01\x02\0\x01\0\x01\x7c\x03\x03\r\n\r\n".to_owned(), "400"),
    ] {
        table.row(attempt, expected, &send(&door.server, request.as_bytes()).await);
    }
    door.close().await;
}

pub async fn sizes(table: &mut Table) {
    table.heading("Sizes");
    let door = Door::open(&[], |_| {}).await;
    let start = "POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let declared = format!("{start}Content-Length: 100000000\r\n\r\n{{");
    table.row("a body of 100 MB, as declared", "413", &send(&door.server, declared.as_bytes()).await);
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    let chunks = format!("{start}Transfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(5));
    table.row("chunks of 20 KB", "413", &send(&door.server, chunks.as_bytes()).await);
    let nested = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let request = door.post("/token").header(header::CONTENT_TYPE, "application/json").body(nested);
    table.row("JSON 5000 lists deep", "400", &answer(request).await);
    let request = door.post("/token").json(&json!({"participant_metadata": "x".repeat(2049)}));
    table.row("metadata of 2049 bytes", "400", &answer(request).await);
    let many = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(100));
    table.row("101 headers", "431", &send(&door.server, many.as_bytes()).await);
    let long = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: {}\r\n\r\n", "b".repeat(40_000));
    table.row("a header of 40 KB", "431", &send(&door.server, long.as_bytes()).await);
    let line = format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "b".repeat(40_000));
    let answered = send(&door.server, line.as_bytes()).await;
    table.row("a first line of 40 KB", "4", &answered);
    door.close().await;
}

pub async fn slowness(table: &mut Table) {
    table.heading("Slowness (with the deadlines at 0.4 s; they are 15 s for headers and 10 s for a request)");
    let door = Door::with(
        &[],
        |_| {},
        |settings| {
            settings.deadlines.headers = Duration::from_millis(400);
            settings.deadlines.request = Duration::from_millis(400);
        },
    )
    .await;
    let head = "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    table.row("a connection that says nothing", "closed", &send(&door.server, b"").await);
    table.row("headers byte by byte", "closed", &drip(&door.server, head.as_bytes(), b"A").await);
    let body = format!("{head}Content-Length: 10000\r\n\r\n");
    table.row("a body byte by byte", "408", &drip(&door.server, body.as_bytes(), b" ").await);
    let chunks = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    table.row("a body in chunks of one byte", "408", &drip(&door.server, chunks.as_bytes(), b"1\r\n \r\n").await);
    let short = format!("{head}Content-Length: 10\r\n\r\n{{");
    table.row("a body that stops half-way", "408", &send(&door.server, short.as_bytes()).await);
    // Each request of a pipeline has its own time, and the connection ends with the last one.
    let pipeline = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20);
    let answered = send(&door.server, pipeline.as_bytes()).await;
    table.row("20 requests at once in one connection", "200 to 20 of 20", &answered);
    door.close().await;
}

pub async fn floods(table: &mut Table) {
    table.heading("Floods (with `--rate-limit 1:3`)");
    let env = [("VISAVIS_API_KEYS", CALLER_KEY)];
    let door = Door::open(&env, |args| args.rate_limit = Some("1:3".to_owned())).await;
    let rooms = || door.get("/token?roomName=lobby").bearer_auth(CALLER_KEY);
    // A bucket fills while requests are made, however quick they are.
    let mut last = String::new();
    for _ in 0..12 {
        last = answer(rooms()).await;
    }
    table.row("twelve requests at once, the last one", "429", &last);
    let refused = rooms().send().await.unwrap();
    assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
    let forwarded = rooms().header("x-forwarded-for", "203.0.113.9");
    table.row("the same with another address in `X-Forwarded-For`", "429", &answer(forwarded).await);
    for number in 0..12 {
        last = answer(door.get("/token?roomName=lobby").bearer_auth(format!("guess-{number}"))).await;
    }
    table.row("twelve guesses of a key, the last one", "429", &last);
    for _ in 0..9 {
        last = answer(door.get("/healthz")).await;
    }
    table.row("a monitor that asks for `/healthz` ten times", "200", &last);
    door.close().await;
}

pub async fn operators(table: &mut Table) {
    table.heading("The operator's paths");
    let routes = [
        (Method::GET, "/rooms"),
        (Method::GET, "/rooms/lobby"),
        (Method::DELETE, "/rooms/lobby/agent"),
        (Method::GET, "/metrics"),
    ];
    let open = Door::open(&[("VISAVIS_API_KEYS", CALLER_KEY)], |_| {}).await;
    let env = [("VISAVIS_ADMIN_KEY", ADMIN_KEY), ("VISAVIS_API_KEYS", CALLER_KEY), ("VISAVIS_JWT_SECRET", JWT_SECRET)];
    let locked = Door::open(&env, |_| {}).await;
    let token = jwt(&json!({"exp": now() + 60, "sub": "ada"}), Algorithm::HS256, JWT_SECRET);
    for (method, path) in routes {
        let ask = |door: &Door, key: &str| {
            let request = door.server.client.request(method.clone(), format!("{}{path}", door.server.base));
            if key.is_empty() { request } else { request.bearer_auth(key) }
        };
        let name = format!("`{method} {path}`");
        table.row(&format!("{name}, no admin key set, any key shown"), "404", &answer(ask(&open, ADMIN_KEY)).await);
        table.row(&format!("{name}, no key shown"), "401", &answer(ask(&locked, "")).await);
        for key in [CALLER_KEY, &token, "an-operators-key-of-some-lengtH"] {
            let answered = answer(ask(&locked, key)).await;
            assert!(answered.starts_with("401"), "{name} with {key}: {answered}");
        }
        table.row(&format!("{name}, a caller's key, a caller's JWT, nearly the right key"), "401", "401 to each");
    }
    open.close().await;
    locked.close().await;
}

pub async fn other_sites(table: &mut Table) {
    table.heading("Pages of other sites (with `--cors-origins https://app.example.org`)");
    let door = Door::open(&[], |args| args.cors_origins = Some("https://app.example.org".to_owned())).await;
    for (origin, is_allowed) in [
        ("https://app.example.org", true),
        ("https://evil.example.org", false),
        ("http://app.example.org", false),
        ("https://app.example.org.evil.com", false),
        ("null", false),
    ] {
        let request = door.server.client.request(Method::OPTIONS, format!("{}/join-room", door.server.base));
        let request = request.header(header::ORIGIN, origin).header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
        let answer = request.send().await.unwrap();
        let allowed = answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).map(|value| value.to_str().unwrap());
        assert_eq!(allowed, is_allowed.then_some(origin), "{origin}");
        assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
        let shown =
            if is_allowed { "allowed, without credentials" } else { "not allowed: the browser keeps the request back" };
        table.row(&format!("a page of `{origin}` asks for `POST /join-room`"), shown, shown);
    }
    door.close().await;
}
