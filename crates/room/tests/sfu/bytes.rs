//! Byte streams: the audio that clients keep before the call connects, and voices for a separate avatar.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::common::{Peer, within};
use room::{Attributes, ByteOptions, ByteReader, RoomError, RoomEvent, TextOptions};
use testkit::sfu::LivekitServer;

const TOPIC: &str = "lk.agent.pre-connect-audio-buffer";

fn attributes(entries: &[(&str, &str)]) -> Attributes {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn on(topic: &str) -> ByteOptions {
    ByteOptions { topic: topic.into(), ..ByteOptions::default() }
}

/// Bytes of which no two pieces are alike.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

struct Received {
    identity: String,
    name: String,
    mime_type: String,
    attributes: Attributes,
    total_length: Option<u64>,
    reader: Box<dyn ByteReader>,
}

/// The next byte stream of a topic.
async fn stream(peer: &mut Peer, wanted: &str) -> Received {
    peer.event("a byte stream opens", |event| match event {
        RoomEvent::ByteStream { identity, topic, name, mime_type, attributes, total_length, reader }
            if topic == wanted =>
        {
            Some(Received { identity, name, mime_type, attributes, total_length, reader })
        }
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_arrive_whole_with_what_they_are() {
    let server = LivekitServer::start().await.unwrap();
    let ada = Peer::join(&server, "ada").await;
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    let sent = attributes(&[("trackId", "TR_1"), ("sampleRate", "48000"), ("channels", "1")]);
    let content = noise(700_000);
    let options = ByteOptions {
        name: "buffer".into(),
        mime_type: "audio/webm;codecs=opus".into(),
        attributes: sent.clone(),
        ..on(TOPIC)
    };
    ada.room.send_bytes(&content, options).await.unwrap();

    let mut received = stream(&mut agent, TOPIC).await;
    assert_eq!((received.identity.as_str(), received.attributes), ("ada", sent));
    assert_eq!((received.name.as_str(), received.mime_type.as_str()), ("buffer", "audio/webm;codecs=opus"));
    assert_eq!(received.total_length, Some(700_000));
    let read = received.reader.read_all(content.len()).await.unwrap();
    assert!(read == content, "{} bytes came instead of {}, or others", read.len(), content.len());
    assert!(received.reader.next().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_in_pieces_are_read_while_they_are_written() {
    let server = LivekitServer::start().await.unwrap();
    let agent = Peer::join_as_agent(&server, "agent").await;
    let mut avatar = Peer::join(&server, "avatar").await;
    let mut writer = agent.room.open_bytes(on("lk.audio_stream")).await.unwrap();
    let mut received = stream(&mut avatar, "lk.audio_stream").await;
    assert_eq!(received.total_length, None);
    for piece in [noise(960), noise(1_920), vec![0; 4]] {
        writer.write(&piece).await.unwrap();
        // Each piece is there before the next is written.
        let read = within("the piece arrives", received.reader.next()).await.unwrap();
        assert_eq!(read, Some(piece));
    }
    assert!(received.reader.final_attributes().is_empty());
    writer.close(attributes(&[("done", "yes")])).await.unwrap();
    assert!(within("the stream ends", received.reader.next()).await.unwrap().is_none());
    assert_eq!(received.reader.final_attributes(), attributes(&[("done", "yes")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_for_one_are_not_sent_to_others() {
    let server = LivekitServer::start().await.unwrap();
    let ada = Peer::join(&server, "ada").await;
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    let mut bob = Peer::join(&server, "bob").await;
    let private = ByteOptions { destination_identities: vec!["agent".into()], ..on(TOPIC) };
    let mut writer = ada.room.open_bytes(private.clone()).await.unwrap();
    writer.write(b"for the agent").await.unwrap();
    writer.close(Attributes::new()).await.unwrap();
    ada.room.send_bytes(b"for the agent too", private).await.unwrap();
    ada.room.send_bytes(b"for all", on(TOPIC)).await.unwrap();
    assert_eq!(stream(&mut agent, TOPIC).await.reader.read_all(100).await.unwrap(), b"for the agent");
    assert_eq!(stream(&mut agent, TOPIC).await.reader.read_all(100).await.unwrap(), b"for the agent too");
    assert_eq!(stream(&mut bob, TOPIC).await.reader.read_all(100).await.unwrap(), b"for all");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_above_the_readers_limit_are_refused() {
    let server = LivekitServer::start().await.unwrap();
    let mallory = Peer::join(&server, "mallory").await;
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    mallory.room.send_bytes(&noise(50_000), on(TOPIC)).await.unwrap();
    let refused = stream(&mut agent, TOPIC).await.reader.read_all(16 * 1024).await;
    assert!(matches!(refused, Err(RoomError::TooLarge { limit: 16_384, .. })), "{:?}", refused.err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unread_stream_is_cut_and_the_room_goes_on() {
    let server = LivekitServer::start().await.unwrap();
    let mallory = Peer::join(&server, "mallory").await;
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    let mut writer = mallory.room.open_bytes(on(TOPIC)).await.unwrap();
    let mut unread = stream(&mut agent, TOPIC).await.reader;
    for _ in 0..5 {
        writer.write(&noise(500_000)).await.unwrap();
    }
    writer.close(Attributes::new()).await.unwrap();
    // What is sent later arrives later: by then the first stream is all here, or cut.
    mallory.room.send_text("over", TextOptions { topic: "lk.chat".into(), ..TextOptions::default() }).await.unwrap();
    agent.event("the text arrives", |event| matches!(event, RoomEvent::TextStream { .. }).then_some(())).await;
    let mut kept = 0;
    let cut = loop {
        match within("the stream is cut", unread.next()).await {
            Ok(Some(piece)) => kept += piece.len(),
            Ok(None) => panic!("{kept} bytes were kept and nothing was cut"),
            Err(error) => break error,
        }
    };
    assert!(matches!(cut, RoomError::TooLarge { .. }), "{cut}");
    assert!(kept <= 1024 * 1024, "{kept} bytes were kept unread");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_whose_writer_leaves_end_with_an_error() {
    let server = LivekitServer::start().await.unwrap();
    let ada = Peer::join(&server, "ada").await;
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    let mut writer = ada.room.open_bytes(on(TOPIC)).await.unwrap();
    let mut reader = stream(&mut agent, TOPIC).await.reader;
    writer.write(b"half a wo").await.unwrap();
    assert!(within("the piece arrives", reader.next()).await.unwrap().is_some());
    ada.room.disconnect().await.unwrap();
    assert!(matches!(writer.write(b"rd").await, Err(RoomError::Closed)));
    assert!(within("the stream ends", reader.next()).await.is_err());
}
