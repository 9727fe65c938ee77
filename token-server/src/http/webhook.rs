//! `POST /webhook`: reports of the LiveKit server. Answers are for its log: plain text.

use std::time::SystemTime;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use proto::names::RoomName;
use tracing::{debug, warn};

use super::App;
use super::extract::declares_more_than;
use crate::room_service::Present;
use crate::webhook::{CONTENT_TYPE, Event, MAX_WEBHOOK_BYTES, Refusal};

type Answer = (StatusCode, String);

pub(super) async fn webhook(State(app): State<App>, request: Request) -> Answer {
    match receive(&app, request).await {
        Ok(event) => {
            debug!(?event, "the LiveKit server reports");
            act(&app, event).await;
            (StatusCode::OK, "ok\n".to_owned())
        }
        Err((status, why)) => {
            warn!(status = status.as_u16(), why, "a webhook was refused");
            (status, format!("{why}\n"))
        }
    }
}

async fn receive(app: &App, request: Request) -> Result<Event, Answer> {
    if !is_report(request.headers()) {
        let why = format!("send it with the header Content-Type: {CONTENT_TYPE}");
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    // Nothing is read of a stranger's body.
    let admitted = app.webhooks.admit(authorization).map_err(answer)?;
    let too_large = || (StatusCode::PAYLOAD_TOO_LARGE, format!("the body is longer than {MAX_WEBHOOK_BYTES} bytes"));
    if declares_more_than(&request, MAX_WEBHOOK_BYTES) {
        return Err(too_large());
    }
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => (StatusCode::BAD_REQUEST, "the body did not arrive whole".to_owned()),
    })?;
    app.webhooks.open(SystemTime::now(), &admitted, &body).map_err(answer)
}

fn is_report(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(CONTENT_TYPE) || essence.eq_ignore_ascii_case("application/json")
}

fn answer(refusal: Refusal) -> Answer {
    let status = match refusal {
        Refusal::Unauthorized(_) | Refusal::Altered => StatusCode::UNAUTHORIZED,
        Refusal::Malformed(_) | Refusal::Stale => StatusCode::BAD_REQUEST,
        // Not a server's fault: the sender is not to try again.
        Refusal::Replayed => StatusCode::CONFLICT,
    };
    (status, refusal.to_string())
}

async fn act(app: &App, event: Event) {
    if let Event::ParticipantJoined { room, participant } = event
        && let Ok(room) = RoomName::parse(&room)
    {
        let person = Present { identity: participant.identity, sid: participant.sid };
        app.arrivals.joined(&app.personas, &app.fleet, &room, &person).await;
    }
}
