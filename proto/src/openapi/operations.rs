//! The endpoints, one by one. A test of the token server compares them with its routes.

use serde_json::{Value, json};

use super::write::Schemas;
use crate::http::{self, ErrorCode};
use crate::{personas, token_source};

/// Who may call.
#[derive(Clone, Copy)]
pub(super) enum Lock {
    Open,
    Caller,
    Operator,
    LiveKit,
}

pub(super) struct Body {
    pub(super) content_type: &'static str,
    pub(super) schema: Value,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) description: &'static str,
    pub(super) content: Option<(&'static str, Value)>,
}

pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) tag: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) lock: Lock,
    /// Whether it counts for the limits of rates.
    pub(super) is_counted: bool,
    pub(super) parameters: Vec<Value>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<Answer>,
    pub(super) failures: Vec<ErrorCode>,
}

const JSON: &str = "application/json";
const CLIENTS: &str = "Clients";
const FRONTENDS: &str = "Stock LiveKit frontends";
const OPERATOR: &str = "Operator";
const SERVER: &str = "The server";

/// What may be wrong with a body.
const BODY_FAILURES: [ErrorCode; 4] =
    [ErrorCode::MalformedJson, ErrorCode::InvalidField, ErrorCode::BodyTooLarge, ErrorCode::UnsupportedMediaType];

fn operation(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        method,
        path,
        tag: CLIENTS,
        id,
        summary,
        lock: Lock::Caller,
        is_counted: true,
        parameters: Vec::new(),
        body: None,
        answers: Vec::new(),
        failures: Vec::new(),
    }
}

impl Operation {
    fn tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    fn lock(self, lock: Lock) -> Self {
        Self { lock, ..self }
    }

    fn query(self, parameters: Vec<Value>) -> Self {
        Self { parameters, ..self }
    }

    fn in_path(self, name: &str, description: &str) -> Self {
        let parameter = json!({"name": name, "in": "path", "required": true, "description": description,
                               "schema": {"type": "string"}});
        Self { parameters: vec![parameter], ..self }
    }

    fn json_body(self, schema: Value) -> Self {
        let failures = [self.failures, BODY_FAILURES.to_vec()].concat();
        Self { body: Some(Body { content_type: JSON, schema }), failures, ..self }
    }

    fn answer(mut self, status: u16, description: &'static str, schema: Value) -> Self {
        self.answers.push(Answer { status, description, content: Some((JSON, schema)) });
        self
    }

    fn other_answer(mut self, status: u16, description: &'static str, content_type: &'static str) -> Self {
        self.answers.push(Answer { status, description, content: Some((content_type, json!({"type": "string"}))) });
        self
    }

    fn fails(self, codes: &[ErrorCode]) -> Self {
        Self { failures: [self.failures, codes.to_vec()].concat(), ..self }
    }
}

pub(super) fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let mut all = clients(schemas);
    all.extend(frontends(schemas));
    all.extend(operator());
    all.extend(server(schemas));
    all
}

fn clients(schemas: &mut Schemas) -> Vec<Operation> {
    use ErrorCode::{Forbidden, IdentityTaken, InvalidField, NotFound, QuotaReached, SfuUnreachable, UnknownAvatar};
    vec![
        operation(
            "post",
            http::JOIN_ROOM_PATH,
            "joinRoom",
            "A token for a room, and the avatar unless it is not wanted",
        )
        .json_body(schemas.read::<http::JoinRoomRequest>())
        .answer(200, "The token.", schemas.written::<http::JoinRoomResponse>())
        .fails(&[Forbidden, UnknownAvatar]),
        operation("get", http::TOKEN_PATH, "token", "A token alone; no avatar comes")
            .query(schemas.query::<http::TokenQuery>())
            .answer(200, "The token.", schemas.written::<http::TokenResponse>())
            .fails(&[InvalidField, Forbidden, IdentityTaken, SfuUnreachable]),
        operation("post", http::INVITE_AVATAR_PATH, "inviteAvatar", "The avatar, for a room where someone is already")
            .json_body(schemas.read::<http::InviteAvatarRequest>())
            .answer(200, "What became of it.", schemas.written::<http::InviteAvatarResponse>())
            .fails(&[Forbidden, UnknownAvatar, QuotaReached]),
        operation("get", personas::PERSONAS_PATH, "personas", "Whom a client may invite").answer(
            200,
            "Everyone.",
            schemas.written::<personas::PersonasResponse>(),
        ),
        operation("get", "/personas/pictures/{file}", "personaPicture", "What a shipped character looks like")
            .lock(Lock::Open)
            .in_path("file", "`NAME.png`, as `GET /personas` names it")
            .other_answer(200, "A picture.", "image/png")
            .fails(&[NotFound]),
    ]
}

fn frontends(schemas: &mut Schemas) -> Vec<Operation> {
    use ErrorCode::{Forbidden, IdentityTaken, SfuUnreachable};
    let token_source = |path, id, summary, schemas: &mut Schemas| {
        operation("post", path, id, summary)
            .tag(FRONTENDS)
            .json_body(schemas.read::<token_source::TokenSourceRequest>())
            .answer(201, "The token.", schemas.written::<token_source::TokenSourceResponse>())
            .fails(&[Forbidden, IdentityTaken, SfuUnreachable])
    };
    vec![
        token_source(
            http::TOKEN_PATH,
            "tokenSource",
            "A token for `TokenSource.endpoint`; the avatar comes when its owner has joined",
            schemas,
        ),
        token_source(token_source::SANDBOX_PATH, "sandbox", "The same for LiveKit's sandbox clients", schemas),
        operation("get", token_source::CONNECTION_DETAILS_PATH, "connectionDetails", "A token for LiveKit Meet")
            .tag(FRONTENDS)
            .query(schemas.query::<token_source::ConnectionDetailsQuery>())
            .answer(200, "The token.", schemas.written::<token_source::ConnectionDetails>())
            .other_answer(400, "What is wrong with the query, as Meet expects it.", "text/plain")
            .other_answer(403, "The JWT is for other rooms.", "text/plain"),
    ]
}

/// The answers are those of the token server's own types, which are not part of this crate: a test of it compares.
fn operator() -> Vec<Operation> {
    use ErrorCode::InvalidField;
    let worker = json!({"type": "object", "required": ["state", "avatar_name", "seconds"], "properties": {
        "state": {"type": "string", "enum": ["starting", "running", "ending"]},
        "identity": {"type": "string", "description": "The agent's identity in the room."},
        "avatar_name": {"type": "string", "description": "Whom it plays."},
        "pid": {"type": "integer", "description": "Its process."},
        "seconds": {"type": "integer", "description": "How long ago it was invited."},
        "usage": {"type": "object", "description": "What its process takes of the machine, where that is known."},
    }});
    let room = json!({"type": "object", "required": ["room_name", "workers"], "properties": {
        "room_name": {"type": "string"},
        "workers": {"type": "array", "items": worker},
        "last_error": {"type": "object", "required": ["message", "at"], "properties": {
            "message": {"type": "string"},
            "at": {"type": "integer", "description": "Seconds since 1970."},
        }},
    }});
    let rooms = json!({"type": "object", "required": ["rooms", "workers", "max_workers"], "properties": {
        "rooms": {"type": "array", "items": room},
        "workers": {"type": "integer"},
        "max_workers": {"type": "integer"},
    }});
    let ended = json!({"type": "object", "required": ["room_name", "state"], "properties": {
        "room_name": {"type": "string"},
        "state": {"type": "string", "enum": ["ending"]},
    }});
    let operators = |method, path, id, summary| operation(method, path, id, summary).tag(OPERATOR).lock(Lock::Operator);
    vec![
        operators("get", "/rooms", "rooms", "Every room that has a worker, or whose last one failed").answer(
            200,
            "The rooms.",
            rooms,
        ),
        operators("get", "/rooms/{name}", "room", "One room")
            .in_path("name", "The room's name")
            .answer(200, "The room.", room)
            .fails(&[InvalidField]),
        operators("delete", "/rooms/{name}/agent", "endAgent", "Ends the worker of a room")
            .in_path("name", "The room's name")
            .answer(202, "It ends.", ended)
            .fails(&[InvalidField]),
        operators("get", "/metrics", "metrics", "The server's numbers for Prometheus").other_answer(
            200,
            "Prometheus' text format.",
            "text/plain",
        ),
    ]
}

fn server(schemas: &mut Schemas) -> Vec<Operation> {
    let open = |method, path, id, summary| operation(method, path, id, summary).tag(SERVER).lock(Lock::Open);
    let mut webhook = operation("post", "/webhook", "webhook", "Reports of the LiveKit server")
        .tag(SERVER)
        .lock(Lock::LiveKit)
        .other_answer(200, "The report is taken.", "text/plain")
        .other_answer(400, "It cannot be read, or is more than 5 minutes from now.", "text/plain")
        .other_answer(401, "The LiveKit server did not sign it.", "text/plain")
        .other_answer(409, "It was taken before.", "text/plain")
        .other_answer(413, "It is longer than 256 KiB.", "text/plain")
        .other_answer(415, "It is not declared as a webhook.", "text/plain")
        .fails(&[ErrorCode::RateLimited]);
    webhook.body = Some(Body { content_type: "application/webhook+json", schema: json!({"type": "object"}) });
    let mut health =
        open("get", http::HEALTH_PATH, "health", "That the server takes requests, and how many workers it has").answer(
            200,
            "It does.",
            schemas.written::<http::HealthResponse>(),
        );
    health.is_counted = false;
    vec![
        health,
        webhook,
        open("get", "/openapi.json", "openapi", "This description, for programs").answer(
            200,
            "OpenAPI 3.1.",
            json!({"type": "object"}),
        ),
        open("get", "/docs", "docs", "This description, for people").other_answer(200, "A page.", "text/html"),
    ]
}
