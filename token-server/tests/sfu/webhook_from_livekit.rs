//! Reports as a real LiveKit server sends them: its signature, its form, its header.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::SystemTime;

use crate::common::{API_KEY, API_SECRET, PATIENCE};
use crate::real_sfu::Sfu;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use livekit_api::services::room::RoomClient;
use token_server::secret::Secret;
use token_server::webhook::{CONTENT_TYPE, Event, Webhooks};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

#[tokio::test]
async fn a_real_livekit_servers_reports_are_believed() {
    let _ = crate::common::http_client();
    let webhooks = Arc::new(Webhooks::new(API_KEY, &Secret::new(API_SECRET)));
    let (sender, mut events) = mpsc::channel(16);
    let receive = move |headers: HeaderMap, body: Bytes| async move {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let admitted = webhooks.admit(text(header::AUTHORIZATION).as_deref());
        let event = admitted.and_then(|admitted| webhooks.open(SystemTime::now(), &admitted, &body));
        sender.send((text(header::CONTENT_TYPE), event)).await.unwrap();
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/webhook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/webhook", post(receive))).await });

    let sfu = Sfu::start(&url).await;
    let rooms = RoomClient::with_api_key(&sfu.url("http"), API_KEY, API_SECRET);
    rooms.create_room("kitchen", Default::default()).await.unwrap();
    rooms.delete_room("kitchen").await.unwrap();
    for expected in
        [Event::RoomStarted { room: "kitchen".to_owned() }, Event::RoomFinished { room: "kitchen".to_owned() }]
    {
        let (content_type, event) = tokio::time::timeout(PATIENCE, events.recv()).await.unwrap().unwrap();
        assert_eq!((content_type.as_deref(), event), (Some(CONTENT_TYPE), Ok(expected)));
    }
}
