//! Two LiveKit servers on one Redis: whichever is asked, a worker of either comes; when one is lost, the other goes on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../../calls/tests/it/support/redis_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "another crate's tests use all of it")]
mod redis_server;

use std::time::{Duration, Instant};

use crate::support::balancer::Balancer;
use crate::support::participant::Participant;
use crate::support::sfu::{API_KEY, API_SECRET, Sfu};
use crate::support::{PATIENCE, StartedJob, TestWorker, soon};
use dispatch::JobEnd;
use livekit_protocol::participant_info::Kind;
use redis_server::{PASSWORD, RedisServer};

const AGENT: &str = "helper";
/// How long a dispatch after the loss of a node may go unanswered before another one is made, as the token server does:
/// the room may have been laid on the node that is gone.
const RETRY_AFTER: Duration = Duration::from_secs(3);

/// The nodes go before the Redis that they share.
struct Nodes {
    one: Sfu,
    other: Sfu,
    _redis: RedisServer,
}

impl Nodes {
    async fn start() -> Self {
        let redis = RedisServer::start(&[]);
        let address = redis.address();
        let (_, address) = address.rsplit_once('@').unwrap();
        let (one, other) = tokio::join!(Sfu::node(address, PASSWORD), Sfu::node(address, PASSWORD));
        Self { one, other, _redis: redis }
    }
}

/// The next job of any of these workers, and whose it is.
async fn next_job(workers: &mut [&mut TestWorker]) -> (usize, StartedJob) {
    let received = std::future::poll_fn(|context| {
        for (number, worker) in workers.iter_mut().enumerate() {
            if let std::task::Poll::Ready(job) = worker.jobs.poll_recv(context) {
                return std::task::Poll::Ready((number, job.unwrap()));
            }
        }
        std::task::Poll::Pending
    });
    soon("a job on any", received).await
}

/// The agent of a job joins through one server, a user through another, and sees it. Both are returned, as they leave
/// when they are dropped.
async fn meet(job: &StartedJob, agent_through: &str, user_through: &Sfu) -> [Participant; 2] {
    let room = &job.assignment.job.room;
    let agent = Participant::join(agent_through, &job.assignment.token).await;
    let mut user = user_through.enter(room, "ada").await;
    let seen = user.sees(&format!("agent-{}", job.assignment.job.id)).await;
    assert_eq!(seen.kind(), Kind::Agent);
    [agent, user]
}

#[tokio::test]
async fn whichever_node_is_asked_a_worker_of_either_comes_and_is_seen_through_the_other() {
    let nodes = Nodes::start().await;
    let mut at_one = TestWorker::registered(&nodes.one, AGENT, 1).await;
    let mut at_other = TestWorker::registered(&nodes.other, AGENT, 1).await;
    for (name, asked) in [("one", &nodes.one), ("other", &nodes.other)] {
        let mut jobs = Vec::new();
        for number in 0..2 {
            asked.dispatch(&format!("{name}-{number}"), AGENT, "").await;
            jobs.push(next_job(&mut [&mut at_one, &mut at_other]).await);
        }
        // There is a place at each, so that one of the two was given to the node that was not asked.
        jobs.sort_by_key(|(worker, _)| *worker);
        let [(0, near), (1, far)] = <[_; 2]>::try_from(jobs).ok().unwrap() else { panic!("one worker has both") };
        let _first = meet(&near, &nodes.one.url(), &nodes.other).await;
        let _second = meet(&far, &nodes.other.url(), &nodes.one).await;
        for job in [near, far] {
            job.end.send(JobEnd::Success).unwrap();
        }
        for worker in [&mut at_one, &mut at_other] {
            worker.until("a free place", |snapshot| snapshot.jobs.is_empty() && snapshot.available).await;
        }
    }
}

#[tokio::test]
async fn when_a_node_is_lost_its_workers_go_to_the_other_and_new_calls_find_them() {
    let mut nodes = Nodes::start().await;
    // A balancer in front of both sends everybody to the first one, as long as that is there.
    let balancer = Balancer::start(vec![nodes.one.address(), nodes.other.address()]).await;
    let server = dispatch::Server::new(&balancer.url(), API_KEY, API_SECRET).unwrap();
    let mut moving = TestWorker::begin(server, AGENT, 2);
    let before = moving.until("registered", |snapshot| snapshot.worker_id.is_some()).await.worker_id;
    nodes.other.dispatch("kitchen", AGENT, "").await;
    let kitchen = moving.next_job().await;
    let mut staying = TestWorker::registered(&nodes.other, AGENT, 1).await;
    let mut cut_off = TestWorker::registered(&nodes.one, AGENT, 1).await;

    nodes.one.kill();
    let lost = Instant::now();
    let moved = moving
        .until("registered with the other", |snapshot| snapshot.worker_id.is_some() && snapshot.worker_id != before);
    assert_eq!(moved.await.jobs.len(), 1, "its call goes on");
    println!("the worker was registered with the other node after {:?}", lost.elapsed());
    // With the address of the node alone there is nowhere to go.
    cut_off.until("disconnected", |snapshot| snapshot.worker_id.is_none()).await;

    let mut served = [None, None];
    for number in 0.. {
        assert!(lost.elapsed() < PATIENCE, "new calls found {:?}", served.map(|job: Option<StartedJob>| job.is_some()));
        // Fails while the node that is gone is taken for one that could have the room.
        let dispatched = nodes.other.try_dispatch(&format!("new-{number}"), AGENT, "").await;
        let job = tokio::time::timeout(RETRY_AFTER, next_job(&mut [&mut moving, &mut staying])).await;
        if let Ok((worker, job)) = job {
            println!(
                "call {number} (dispatched: {}) was with worker {worker} after {:?}",
                dispatched.is_ok(),
                lost.elapsed()
            );
            served[worker] = Some(job);
        }
        if served.iter().all(Option::is_some) {
            break;
        }
    }
    let [with_moved, with_staying] = served.map(Option::unwrap);
    let _first = meet(&with_moved, &balancer.url(), &nodes.other).await;
    let _second = meet(&with_staying, &nodes.other.url(), &nodes.other).await;
    assert!(cut_off.jobs.try_recv().is_err() && !kitchen.end.is_closed());
}
