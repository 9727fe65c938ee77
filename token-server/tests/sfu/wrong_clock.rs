//! Tokens of a server whose clock is wrong, before a real LiveKit server, whose clock is right.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, SystemTime};

use crate::common::{API_KEY, API_SECRET};
use crate::real_sfu::Sfu;
use livekit_api::services::room::RoomClient;
use proto::names::{Identity, RoomName};
use token_server::room_service::RoomService;
use token_server::secret::Secret;
use token_server::server_api::{ApiError, ServerApi};
use token_server::settings::SfuAddress;
use token_server::tokens::{BACKDATE, CLOCK_TOLERANCE, TokenMinter};

fn minter() -> TokenMinter {
    TokenMinter::new(API_KEY, &Secret::new(API_SECRET)).unwrap()
}

fn rooms(sfu: &Sfu, clock: fn() -> SystemTime) -> RoomService {
    let url = SfuAddress::parse(&sfu.url("ws")).unwrap();
    RoomService::new(ServerApi::with_clock(&url, minter(), clock).unwrap())
}

/// Whether the LiveKit server would let the owner of a token in.
async fn lets_in(sfu: &Sfu, token: &str) -> bool {
    let question = crate::common::http_client().get(format!("{}/rtc/validate", sfu.url("http"))).bearer_auth(token);
    question.send().await.unwrap().status().is_success()
}

#[tokio::test]
async fn a_clock_that_is_half_a_day_off_keeps_nobody_out() {
    let sfu = Sfu::start("http://127.0.0.1:9/webhook").await;
    let (lobby, nowhere) = (RoomName::parse("lobby").unwrap(), RoomName::parse("nowhere").unwrap());
    let owner = RoomClient::with_api_key(&sfu.url("http"), API_KEY, API_SECRET);
    owner.create_room("lobby", Default::default()).await.unwrap();
    let clocks: [fn() -> SystemTime; 3] =
        [|| SystemTime::now() - CLOCK_TOLERANCE, SystemTime::now, || SystemTime::now() + CLOCK_TOLERANCE];
    for clock in clocks {
        let rooms = rooms(&sfu, clock);
        let existing = rooms.existing(&[lobby.clone(), nowhere.clone()]).await.unwrap();
        assert_eq!(existing.into_iter().collect::<Vec<_>>(), ["lobby"]);
        assert!(rooms.participants(&lobby).await.unwrap().is_empty());
        assert!(!rooms.remove(&lobby, "nobody").await.unwrap());
        assert!(rooms.send(&lobby, "topic", b"hello".to_vec()).await.unwrap());
        let (guest, agent) = (Identity::for_guest(1), Identity::for_agent(1));
        assert!(lets_in(&sfu, &minter().person(clock(), &lobby, &guest, "x").unwrap()).await);
        assert!(lets_in(&sfu, &minter().agent(clock(), &lobby, &agent, "x").unwrap()).await);
    }
}

#[tokio::test]
async fn a_clock_that_is_days_off_is_refused() {
    let sfu = Sfu::start("http://127.0.0.1:9/webhook").await;
    let lobby = RoomName::parse("lobby").unwrap();
    let clocks: [fn() -> SystemTime; 2] =
        [|| SystemTime::now() - BACKDATE, || SystemTime::now() + BACKDATE + Duration::from_secs(600)];
    for clock in clocks {
        let answer = rooms(&sfu, clock).participants(&lobby).await;
        let Err(ApiError::Refused(why)) = answer else { panic!("{answer:?}") };
        assert!(why.code.starts_with("401"), "{why}");
        assert!(!lets_in(&sfu, &minter().person(clock(), &lobby, &Identity::for_guest(1), "x").unwrap()).await);
    }
}
