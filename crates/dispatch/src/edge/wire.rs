//! Between the core's messages and the protocol's: binary protobuf, `WorkerMessage` up and `ServerMessage` down.

use std::collections::HashMap;

use livekit_protocol as livekit;
use livekit_protocol::{server_message, worker_message};
use prost::Message as _;

use crate::core::{Assignment, FromServer, Job, JobId, JobStatus, ToServer};

/// The longest error text of a job that is sent.
const MAX_ERROR_CHARS: usize = 500;

/// Who the worker says that it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// The name under which it is asked for; empty: it is sent to every new room.
    pub agent_name: String,
    /// Its version, for the server's log.
    pub version: String,
    /// The name that the agent shows in a room.
    pub participant_name: String,
    /// The attributes that the agent has from the moment it joins.
    pub participant_attributes: HashMap<String, String>,
}

/// What is sent.
pub(super) fn encode(message: ToServer, profile: &Profile) -> Vec<u8> {
    let message = match message {
        ToServer::Register => worker_message::Message::Register(registration(profile)),
        ToServer::Availability { job, identity } => {
            worker_message::Message::Availability(livekit::AvailabilityResponse {
                job_id: job.as_str().to_owned(),
                available: identity.is_some(),
                participant_name: profile.participant_name.clone(),
                participant_identity: identity.unwrap_or_default(),
                participant_attributes: profile.participant_attributes.clone(),
                ..livekit::AvailabilityResponse::default()
            })
        }
        ToServer::WorkerStatus { full, draining, load, jobs } => {
            let status = if full { livekit::WorkerStatus::WsFull } else { livekit::WorkerStatus::WsAvailable };
            worker_message::Message::UpdateWorker(livekit::UpdateWorkerStatus {
                status: Some(status.into()),
                load,
                job_count: jobs,
                draining,
                ..livekit::UpdateWorkerStatus::default()
            })
        }
        ToServer::JobStatus { job, status } => {
            let (status, error) = match status {
                JobStatus::Running => (livekit::JobStatus::JsRunning, String::new()),
                JobStatus::Success => (livekit::JobStatus::JsSuccess, String::new()),
                JobStatus::Failed(why) => (livekit::JobStatus::JsFailed, why.chars().take(MAX_ERROR_CHARS).collect()),
            };
            worker_message::Message::UpdateJob(livekit::UpdateJobStatus {
                job_id: job.as_str().to_owned(),
                status: status.into(),
                error,
            })
        }
        ToServer::Resume(jobs) => worker_message::Message::MigrateJob(livekit::MigrateJobRequest {
            job_ids: jobs.iter().map(|job| job.as_str().to_owned()).collect(),
        }),
        ToServer::Ping { milliseconds } => {
            worker_message::Message::Ping(livekit::WorkerPing { timestamp: milliseconds })
        }
    };
    livekit::WorkerMessage { message: Some(message) }.encode_to_vec()
}

fn registration(profile: &Profile) -> livekit::RegisterWorkerRequest {
    livekit::RegisterWorkerRequest {
        r#type: livekit::JobType::JtRoom.into(),
        agent_name: profile.agent_name.clone(),
        version: profile.version.clone(),
        allowed_permissions: Some(livekit::ParticipantPermission {
            can_publish: true,
            can_subscribe: true,
            can_publish_data: true,
            can_update_metadata: true,
            ..livekit::ParticipantPermission::default()
        }),
        ..livekit::RegisterWorkerRequest::default()
    }
}

/// What was received; `None` for what this worker has no use for, such as messages of a later protocol.
pub(crate) fn decode(bytes: &[u8]) -> Result<Option<FromServer>, prost::DecodeError> {
    let message = livekit::ServerMessage::decode(bytes)?.message;
    Ok(match message {
        Some(server_message::Message::Register(registered)) => {
            Some(FromServer::Registered { worker_id: registered.worker_id })
        }
        Some(server_message::Message::Availability(request)) => request.job.and_then(job).map(FromServer::Availability),
        Some(server_message::Message::Assignment(assignment)) => assignment.job.and_then(job).map(|job| {
            let url = assignment.url.filter(|url| !url.is_empty());
            FromServer::Assignment(Assignment { job, url, token: assignment.token })
        }),
        Some(server_message::Message::Termination(termination)) => {
            Some(FromServer::Termination(JobId::new(termination.job_id)))
        }
        Some(server_message::Message::Pong(_)) => Some(FromServer::Pong),
        Some(server_message::Message::GoAway(_)) => Some(FromServer::GoAway),
        None => None,
    })
}

/// A job without an id or a room is none.
fn job(job: livekit::Job) -> Option<Job> {
    let room = job.room?.name;
    (!job.id.is_empty() && !room.is_empty()).then(|| Job {
        id: JobId::new(job.id),
        dispatch_id: job.dispatch_id,
        room,
        metadata: job.metadata,
        agent_name: job.agent_name,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use proptest::prelude::*;

    fn sent(message: ToServer) -> worker_message::Message {
        let profile = Profile {
            agent_name: "helper".to_owned(),
            participant_name: "Helper".to_owned(),
            participant_attributes: HashMap::from([("lk.agent.state".to_owned(), "initializing".to_owned())]),
            ..Profile::default()
        };
        livekit::WorkerMessage::decode(encode(message, &profile).as_slice()).unwrap().message.unwrap()
    }

    fn received(message: server_message::Message) -> Option<FromServer> {
        decode(&livekit::ServerMessage { message: Some(message) }.encode_to_vec()).unwrap()
    }

    fn wire_job(id: &str, room: Option<&str>) -> livekit::Job {
        let room = room.map(|name| livekit::Room { name: name.to_owned(), ..livekit::Room::default() });
        livekit::Job { id: id.to_owned(), room, metadata: "m".to_owned(), ..livekit::Job::default() }
    }

    #[test]
    fn a_promise_carries_the_agents_identity_and_a_refusal_none() {
        let worker_message::Message::Availability(promise) =
            sent(ToServer::Availability { job: JobId::new("AJ_1"), identity: Some("agent-AJ_1".to_owned()) })
        else {
            panic!("another message")
        };
        assert!(promise.available);
        assert_eq!(
            (promise.participant_identity.as_str(), promise.participant_name.as_str()),
            ("agent-AJ_1", "Helper")
        );
        assert_eq!(promise.participant_attributes["lk.agent.state"], "initializing");
        let worker_message::Message::Availability(refusal) =
            sent(ToServer::Availability { job: JobId::new("AJ_1"), identity: None })
        else {
            panic!("another message")
        };
        assert!(!refusal.available && !refusal.terminate && refusal.participant_identity.is_empty());
    }

    #[test]
    fn a_failed_job_says_why_in_a_few_words() {
        let status = JobStatus::Failed("é".repeat(10_000));
        let worker_message::Message::UpdateJob(update) = sent(ToServer::JobStatus { job: JobId::new("a"), status })
        else {
            panic!("another message")
        };
        assert_eq!(update.status(), livekit::JobStatus::JsFailed);
        assert_eq!(update.error.chars().count(), MAX_ERROR_CHARS);
    }

    #[test]
    fn an_assignment_is_read_and_its_token_is_not_shown() {
        let assignment = livekit::JobAssignment {
            job: Some(wire_job("AJ_1", Some("kitchen"))),
            url: Some(String::new()),
            token: "very secret".to_owned(),
        };
        let Some(FromServer::Assignment(read)) = received(server_message::Message::Assignment(assignment)) else {
            panic!("another message")
        };
        assert_eq!((read.job.room.as_str(), read.job.metadata.as_str(), read.url.as_deref()), ("kitchen", "m", None));
        assert_eq!(read.token, "very secret");
        assert!(!format!("{read:?}").contains("secret"));
    }

    #[test]
    fn a_job_without_a_room_is_left_aside() {
        for job in [None, Some(wire_job("AJ_1", None)), Some(wire_job("AJ_1", Some(""))), Some(wire_job("", Some("r")))]
        {
            let request = livekit::AvailabilityRequest { job, resuming: false };
            assert_eq!(received(server_message::Message::Availability(request)), None);
        }
        assert_eq!(decode(&[]).unwrap(), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_read_as_what_they_cannot_be(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..4),
        ) {
            crate::fuzzing::message(&bytes);
            let assignment = livekit::JobAssignment {
                job: Some(wire_job("AJ_1", Some("kitchen"))),
                url: Some("ws://h".to_owned()),
                token: "t".to_owned(),
            };
            let message = Some(server_message::Message::Assignment(assignment));
            let mut near = livekit::ServerMessage { message }.encode_to_vec();
            for (place, byte) in changes {
                let place = usize::from(place) % near.len();
                near[place] = byte;
            }
            crate::fuzzing::message(&near);
        }
    }
}
