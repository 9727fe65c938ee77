//! Joining, and the joined room.

use std::time::Duration;

use async_trait::async_trait;

use super::call::{call, unexpected};
use super::library::Library;
use super::membership::Membership;
use super::proto::{self, ffi_request};
use super::registry::lock;
use super::reply::Reply;
use super::{REQUEST_TIMEOUT, bytes, publish, rpc, text};
use crate::{
    Attributes, AudioPublishOptions, AudioPublisher, ByteOptions, ByteWriter, ConnectOptions, Connection,
    ParticipantInfo, Room, RoomError, RpcError, RpcRequest, TextOptions, TextWriter, VideoPublishOptions,
    VideoPublisher,
};

/// The longest data stream that is taken in, in bytes; longer ones are broken off by the library.
const LONGEST_STREAM: u64 = 8 * 1024 * 1024;

/// Joins a room.
pub(super) async fn connect(
    library: &'static Library,
    url: &str,
    token: &str,
    options: ConnectOptions,
) -> Result<Connection, RoomError> {
    const ACTION: &str = "joining the room";
    let room_options = proto::RoomOptions {
        auto_subscribe: Some(options.auto_subscribe),
        // What nobody watches is not encoded.
        dynacast: Some(true),
        connect_timeout_ms: u64::try_from(options.timeout.as_millis()).ok(),
        data_stream: Some(proto::RoomDataStreamOptions {
            max_payload_byte_length: Some(LONGEST_STREAM),
            use_legacy_client_implementation: None,
        }),
        ..Default::default()
    };
    let reply = call(library, ACTION, options.timeout, |id| {
        ffi_request::Message::Connect(proto::ConnectRequest {
            url: url.to_owned(),
            token: token.to_owned(),
            options: room_options,
            request_async_id: Some(id),
        })
    });
    match reply.await {
        Ok(Reply::Joined(joined)) => {
            let room = Box::new(FfiRoom { membership: joined.membership, name: joined.name });
            Ok(Connection { room, events: joined.events })
        }
        Ok(_) => Err(unexpected(ACTION)),
        Err(RoomError::Request { message, .. }) if is_refusal(&message) => Err(RoomError::Refused(message)),
        Err(RoomError::Request { message, .. }) => Err(RoomError::Connect(message)),
        Err(error) => Err(error),
    }
}

/// The library hands on the server's status only inside its message, as `client error: 401 Unauthorized - …`.
fn is_refusal(message: &str) -> bool {
    ["client error: 401", "client error: 403"].iter().any(|status| message.contains(status))
}

/// How often it is looked whether attributes that were set are there.
const GLANCE: Duration = Duration::from_millis(10);

/// A joined room.
struct FfiRoom {
    membership: Membership,
    name: String,
}

impl FfiRoom {
    /// Resolves once our own attributes, as the server tells them, are these; an empty one is none.
    async fn shows(&self, wanted: &Attributes) {
        let is_shown = |(name, value): (&String, &String)| {
            lock(&self.membership.state.local).attributes.get(name).map_or("", String::as_str) == value
        };
        while !wanted.iter().all(is_shown) {
            tokio::time::sleep(GLANCE).await;
        }
    }
}

#[async_trait]
impl Room for FfiRoom {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn local(&self) -> ParticipantInfo {
        lock(&self.membership.state.local).clone()
    }

    async fn publish_audio(&self, options: AudioPublishOptions) -> Result<Box<dyn AudioPublisher>, RoomError> {
        Ok(Box::new(publish::audio(&self.membership, options).await?))
    }

    async fn publish_video(&self, options: VideoPublishOptions) -> Result<Box<dyn VideoPublisher>, RoomError> {
        Ok(Box::new(publish::video(&self.membership, options).await?))
    }

    async fn send_text(&self, text: &str, options: TextOptions) -> Result<(), RoomError> {
        text::send(&self.membership, text, options).await
    }

    async fn open_text(&self, options: TextOptions) -> Result<Box<dyn TextWriter>, RoomError> {
        Ok(Box::new(text::open(&self.membership, options).await?))
    }

    async fn send_bytes(&self, content: &[u8], options: ByteOptions) -> Result<(), RoomError> {
        bytes::send(&self.membership, content, options).await
    }

    async fn open_bytes(&self, options: ByteOptions) -> Result<Box<dyn ByteWriter>, RoomError> {
        Ok(Box::new(bytes::open(&self.membership, options).await?))
    }

    async fn set_attributes(&self, attributes: Attributes) -> Result<(), RoomError> {
        self.membership.state.check_open()?;
        let local_participant_handle = self.membership.local();
        let wanted = attributes.clone();
        let attributes = attributes.into_iter().map(|(key, value)| proto::AttributesEntry { key, value }).collect();
        let reply = call(self.membership.library(), "setting attributes", REQUEST_TIMEOUT, |id| {
            ffi_request::Message::SetLocalAttributes(proto::SetLocalAttributesRequest {
                local_participant_handle,
                attributes,
                request_async_id: Some(id),
            })
        });
        tokio::select! {
            reply = reply => reply.map(drop),
            // Now and then the server shows them to everybody and never confirms them.
            () = self.shows(&wanted) => Ok(()),
        }
    }

    fn register_rpc(&self, method: &str) -> Result<(), RoomError> {
        rpc::register(&self.membership, method)
    }

    async fn perform_rpc(&self, request: RpcRequest) -> Result<String, RpcError> {
        rpc::perform(&self.membership, request).await
    }

    async fn disconnect(&self) -> Result<(), RoomError> {
        self.membership.leave().await
    }
}
