//! A server that says exactly what a test wants, on the real wire.

use futures_util::{SinkExt, StreamExt};
use livekit_protocol::{
    AvailabilityRequest, Job, JobAssignment, JobStatus, RegisterWorkerResponse, Room, ServerMessage, UpdateJobStatus,
    WorkerMessage, server_message, worker_message,
};
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::soon;

pub struct FakeServer(pub TcpListener);

/// One connection of a worker.
pub struct Connection(WebSocketStream<TcpStream>);

impl FakeServer {
    pub async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub fn server(&self) -> dispatch::Server {
        dispatch::Server::new(&format!("ws://{}", self.0.local_addr().unwrap()), "key", "a secret").unwrap()
    }

    /// The next connection, registered.
    pub async fn registered(&self, worker_id: &str) -> Connection {
        let (stream, _) = soon("a connection", self.0.accept()).await.unwrap();
        let socket = soon("a handshake", tokio_tungstenite::accept_async(stream)).await.unwrap();
        let mut connection = Connection(socket);
        let message = connection.next().await;
        assert!(matches!(message, worker_message::Message::Register(_)), "{message:?}");
        let registered = RegisterWorkerResponse { worker_id: worker_id.to_owned(), ..Default::default() };
        connection.send(server_message::Message::Register(registered)).await;
        connection
    }
}

fn job(id: &str) -> Option<Job> {
    let room = Room { name: format!("room-{id}"), ..Room::default() };
    Some(Job { id: id.to_owned(), room: Some(room), ..Job::default() })
}

impl Connection {
    pub async fn send(&mut self, message: server_message::Message) {
        self.send_bytes(ServerMessage { message: Some(message) }.encode_to_vec()).await;
    }

    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.0.send(Message::binary(bytes)).await.unwrap();
    }

    /// What the worker says next.
    pub async fn next(&mut self) -> worker_message::Message {
        self.next_or_end().await.expect("the worker ended the connection")
    }

    /// The same; `None` once the worker has said good-bye.
    pub async fn next_or_end(&mut self) -> Option<worker_message::Message> {
        loop {
            match soon("a message", self.0.next()).await {
                Some(Ok(Message::Binary(bytes))) => {
                    return Some(WorkerMessage::decode(bytes).unwrap().message.unwrap());
                }
                Some(Ok(Message::Close(_))) | None => return None,
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }

    /// Offers a job. Returns whether it was accepted.
    pub async fn offer(&mut self, id: &str) -> bool {
        let request = AvailabilityRequest { job: job(id), resuming: false };
        self.send(server_message::Message::Availability(request)).await;
        loop {
            if let worker_message::Message::Availability(answer) = self.next().await {
                assert_eq!(answer.job_id, id);
                return answer.available;
            }
        }
    }

    /// Offers a job and assigns it.
    pub async fn assign(&mut self, id: &str) {
        assert!(self.offer(id).await, "{id} was declined");
        let assignment = JobAssignment { job: job(id), url: None, token: "a token".to_owned() };
        self.send(server_message::Message::Assignment(assignment)).await;
    }

    /// The next thing that is said of a job.
    pub async fn job_status(&mut self) -> (String, JobStatus, String) {
        loop {
            if let worker_message::Message::UpdateJob(update) = self.next().await {
                let UpdateJobStatus { ref job_id, ref error, .. } = update;
                return (job_id.clone(), update.status(), error.clone());
            }
        }
    }
}
