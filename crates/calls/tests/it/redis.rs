//! What is special about the store in Redis.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use crate::support::redis_server::RedisServer;
use crate::support::{PATIENCE, Store, begun, later, new_call, turn};
use calls::{Replacement, Standing, StoreError};

fn open(server: &RedisServer) -> Store {
    open_within(server, PATIENCE)
}

fn open_within(server: &RedisServer, deadline: Duration) -> Store {
    calls::open_with_deadline(&server.address().parse().unwrap(), deadline).unwrap()
}

/// Repeats an operation until it works: what a keeper and an observer do, too.
async fn until_works<T, F: Future<Output = Result<T, StoreError>>>(operation: impl Fn() -> F) -> T {
    let began = Instant::now();
    loop {
        match operation().await {
            Ok(value) => return value,
            Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_connections_that_replace_a_worker_at_once_one_succeeds() {
    let server = RedisServer::start(&[]);
    let lease = begun(&open(&server), "hall").await.lease;
    for generation in 0..10 {
        let lease = later(&lease, generation);
        let tries = (0..4).map(|number| {
            let (store, lease) = (open(&server), lease.clone());
            tokio::spawn(async move { store.replace(&lease, &format!("agent-{number}")).await.unwrap() })
        });
        let mut replaced = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Replacement::Replaced(_) => replaced += 1,
                other => assert_eq!(other, Replacement::Superseded),
            }
        }
        assert_eq!(replaced, 1);
    }
}

#[tokio::test]
async fn nothing_stays_for_ever() {
    let server = RedisServer::start(&[]);
    let store = open(&server);
    let lease = begun(&store, "hall").await.lease;
    store.beat(&lease).await.unwrap();
    store.append(&lease, &[turn(1, "hello")]).await.unwrap();
    store.probe().await.unwrap();
    let other = begun(&store, "cellar").await.lease;
    store.end(&other).await.unwrap();
    let keys: Vec<String> = server.ask(&["KEYS", "*"]).await;
    assert_eq!(keys.len(), 5, "{keys:?}");
    for key in keys {
        assert!(key.starts_with("visavis:"), "{key}");
        let seconds: i64 = server.ask(&["TTL", &key]).await;
        assert!((1..=24 * 3600).contains(&seconds), "{key}: {seconds}");
    }
}

#[tokio::test]
async fn a_room_whose_record_has_expired_is_taken_off_the_list() {
    let server = RedisServer::start(&[]);
    let store = open(&server);
    begun(&store, "hall").await;
    let cellar = begun(&store, "cellar").await;
    let _: i64 = server.ask(&["DEL", "visavis:{hall}:call"]).await;
    assert_eq!(store.calls(None).await.unwrap().records, [cellar]);
    let listed: Vec<String> = server.ask(&["ZRANGE", "visavis:rooms", "0", "-1"]).await;
    assert_eq!(listed, ["cellar"]);
}

#[tokio::test]
async fn a_room_that_was_lost_from_the_list_is_put_back_by_its_workers_beats() {
    let server = RedisServer::start(&[]);
    let store = open(&server);
    let lease = begun(&store, "hall").await.lease;
    let _: i64 = server.ask(&["DEL", "visavis:rooms"]).await;
    for _ in 0..10 {
        store.beat(&lease).await.unwrap();
    }
    assert_eq!(store.calls(None).await.unwrap().records.len(), 1);
}

#[tokio::test]
async fn a_redis_that_is_started_again_with_its_files_goes_on_where_it_was() {
    let mut server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = open_within(&server, Duration::from_secs(2));
    let lease = begun(&store, "hall").await.lease;
    store.append(&lease, &[turn(1, "hello")]).await.unwrap();
    server.kill();
    let error = store.beat(&lease).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let error = store.beat(&lease).await.unwrap_err();
    assert!(error.to_string().contains("nobody listens"), "{error}");
    server.start_again();
    assert_eq!(until_works(|| store.beat(&lease)).await, Standing::Yours);
    assert_eq!(store.history(&lease).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_redis_that_is_started_again_without_its_files_is_told_again() {
    let mut server = RedisServer::start(&[]);
    let store = open_within(&server, Duration::from_secs(2));
    let record = begun(&store, "hall").await;
    server.kill();
    server.start_again();
    assert_eq!(until_works(|| store.beat(&record.lease)).await, Standing::Forgotten);
    assert_eq!(store.restore(&record).await.unwrap(), Standing::Yours);
    assert_eq!(store.calls(None).await.unwrap().records, [record]);
}

#[tokio::test]
async fn a_redis_that_hangs_makes_the_store_slow_and_it_works_again_afterwards() {
    let server = RedisServer::start(&[]);
    let deadline = Duration::from_millis(500);
    let store = open_within(&server, deadline);
    let lease = begun(&store, "hall").await.lease;
    let signal = |name: &str| {
        let status = std::process::Command::new("kill").args([name, &server.process().to_string()]).status();
        assert!(status.unwrap().success());
    };
    signal("-STOP");
    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(store.beat(&lease).await, Err(StoreError::Slow(deadline)));
        assert!(began.elapsed() < PATIENCE);
    }
    signal("-CONT");
    assert_eq!(until_works(|| store.beat(&lease)).await, Standing::Yours);
}

#[tokio::test]
async fn a_full_redis_says_so_and_is_still_read() {
    let server = RedisServer::start(&["--maxmemory-policy", "noeviction"]);
    let store = open(&server);
    let lease = begun(&store, "hall").await.lease;
    let _: () = server.ask(&["CONFIG", "SET", "maxmemory", "1"]).await;
    for error in [store.beat(&lease).await.map(drop), store.begin(&new_call("a")).await.map(drop), store.probe().await]
    {
        let error = error.unwrap_err();
        assert!(matches!(error, StoreError::Full(_)), "{error:?}");
    }
    assert_eq!(store.find("hall").await.unwrap().unwrap().lease, lease);
    let _: () = server.ask(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(store.beat(&lease).await.unwrap(), Standing::Yours);
}

#[tokio::test]
async fn a_wrong_password_and_a_key_of_somebody_elses_are_said_without_the_address() {
    let server = RedisServer::start(&[]);
    let address = server.address().replace(crate::support::redis_server::PASSWORD, "sesame");
    let error = calls::open(&address).unwrap().probe().await.unwrap_err();
    assert!(error.to_string().contains("password"), "{error}");
    assert!(!format!("{error} {error:?}").contains("sesame"), "{error:?}");
    let _: () = server.ask(&["SET", "visavis:{hall}:call", "mine"]).await;
    let error = open(&server).find("hall").await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
}
