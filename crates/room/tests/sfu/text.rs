//! Text streams: captions and chat.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::common::{Peer, within};
use room::{Attributes, RoomError, RoomEvent, TextOptions, TextReader};
use testkit::sfu::LivekitServer;

fn attributes(entries: &[(&str, &str)]) -> Attributes {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn on(topic: &str) -> TextOptions {
    TextOptions { topic: topic.into(), ..TextOptions::default() }
}

struct Received {
    identity: String,
    attributes: Attributes,
    reader: Box<dyn TextReader>,
}

/// The next stream of a topic.
async fn stream(peer: &mut Peer, wanted: &str) -> Received {
    peer.event("a text stream opens", |event| match event {
        RoomEvent::TextStream { identity, topic, attributes, reader } if topic == wanted => {
            Some(Received { identity, attributes, reader })
        }
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_text_arrives_with_its_attributes() {
    let server = LivekitServer::start().await.unwrap();
    let agent = Peer::join_as_agent(&server, "agent").await;
    let mut ada = Peer::join(&server, "ada").await;
    let sent = attributes(&[("lk.segment_id", "SG_1"), ("lk.transcription_final", "true")]);
    let text = "Grüße aus Köln, ".repeat(2_000);
    let options = TextOptions { attributes: sent.clone(), ..on("lk.transcription") };
    agent.room.send_text(&text, options).await.unwrap();

    let mut received = stream(&mut ada, "lk.transcription").await;
    assert_eq!((received.identity.as_str(), received.attributes), ("agent", sent));
    assert_eq!(received.reader.read_all(text.len()).await.unwrap(), text);
    assert!(received.reader.next().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_pieces_is_read_piece_by_piece_while_it_is_written() {
    let server = LivekitServer::start().await.unwrap();
    let agent = Peer::join_as_agent(&server, "agent").await;
    let mut ada = Peer::join(&server, "ada").await;
    let options = TextOptions { attributes: attributes(&[("lk.segment_id", "SG_2")]), ..on("lk.transcription") };
    let mut writer = agent.room.open_text(options).await.unwrap();
    let mut reader = stream(&mut ada, "lk.transcription").await.reader;
    for piece in ["The capital ", "of France ", "is Paris."] {
        writer.write(piece).await.unwrap();
        // Each piece is there before the next is written.
        let read = within("the piece arrives", reader.next()).await.unwrap();
        assert_eq!(read.as_deref(), Some(piece));
    }
    assert!(reader.final_attributes().is_empty());
    writer.close(attributes(&[("lk.transcription_final", "true")])).await.unwrap();
    assert!(within("the stream ends", reader.next()).await.unwrap().is_none());
    let expected = attributes(&[("lk.segment_id", "SG_2"), ("lk.transcription_final", "true")]);
    assert_eq!(reader.final_attributes(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caption_of_what_the_user_said_comes_from_the_user() {
    let server = LivekitServer::start().await.unwrap();
    let agent = Peer::join_as_agent(&server, "agent").await;
    let mut ada = Peer::join(&server, "ada").await;
    let options = TextOptions { sender_identity: Some("ada".into()), ..on("lk.transcription") };
    agent.room.send_text("hello", options).await.unwrap();
    let mut received = stream(&mut ada, "lk.transcription").await;
    assert_eq!(received.identity, "ada");
    assert_eq!(received.reader.read_all(100).await.unwrap(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_for_one_is_not_sent_to_others() {
    let server = LivekitServer::start().await.unwrap();
    let agent = Peer::join_as_agent(&server, "agent").await;
    let mut ada = Peer::join(&server, "ada").await;
    let mut bob = Peer::join(&server, "bob").await;
    let private = TextOptions { destination_identities: vec!["ada".into()], ..on("lk.chat") };
    agent.room.send_text("for ada", private).await.unwrap();
    agent.room.send_text("for all", on("lk.chat")).await.unwrap();
    for (peer, expected) in [(&mut ada, "for ada"), (&mut bob, "for all")] {
        let mut received = stream(peer, "lk.chat").await;
        assert_eq!(received.reader.read_all(100).await.unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_above_the_readers_limit_is_refused() {
    let server = LivekitServer::start().await.unwrap();
    let mallory = Peer::join(&server, "mallory").await;
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    mallory.room.send_text(&"x".repeat(50_000), on("lk.chat")).await.unwrap();
    let mut received = stream(&mut agent, "lk.chat").await;
    let refused = received.reader.read_all(16 * 1024).await;
    assert!(matches!(refused, Err(RoomError::TooLarge { limit: 16_384, .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_whose_writer_leaves_ends_with_an_error() {
    let server = LivekitServer::start().await.unwrap();
    let agent = Peer::join_as_agent(&server, "agent").await;
    let mut ada = Peer::join(&server, "ada").await;
    let mut writer = agent.room.open_text(on("lk.transcription")).await.unwrap();
    let mut reader = stream(&mut ada, "lk.transcription").await.reader;
    writer.write("I was about to").await.unwrap();
    assert!(within("the piece arrives", reader.next()).await.unwrap().is_some());
    agent.room.disconnect().await.unwrap();
    assert!(matches!(writer.write("say").await, Err(RoomError::Closed)));
    assert!(within("the stream ends", reader.next()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_a_thousand_texts_that_nobody_reads_is_survived() {
    let server = LivekitServer::start().await.unwrap();
    let mallory = Peer::join(&server, "mallory").await;
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    // The readers of the flood wait in the events, which nobody takes meanwhile.
    for n in 0..1_000 {
        mallory.room.send_text(&format!("message {n}"), on("lk.chat")).await.unwrap();
    }
    let mut kept = 1;
    let first = stream(&mut agent, "lk.chat").await;
    assert_eq!(first.identity, "mallory");
    drop(first);
    while let Ok(event) = agent.events.try_recv() {
        kept += usize::from(matches!(event, RoomEvent::TextStream { .. }));
    }
    assert!(kept <= 300, "{kept} streams were kept");
    mallory.room.send_text("after the flood", on("lk.chat")).await.unwrap();
    let mut received = stream(&mut agent, "lk.chat").await.reader;
    while received.read_all(100).await.unwrap() != "after the flood" {
        received = stream(&mut agent, "lk.chat").await.reader;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_megabytes_no_more_than_the_limit_is_kept_and_the_room_goes_on() {
    let server = LivekitServer::start().await.unwrap();
    let mallory = Peer::join(&server, "mallory").await;
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    let mut writer = mallory.room.open_text(on("lk.chat")).await.unwrap();
    let mut reader = stream(&mut agent, "lk.chat").await.reader;
    let page = "All work and no play makes Jack a dull boy. ".repeat(2_400);
    for _ in 0..100 {
        writer.write(&page).await.unwrap();
    }
    writer.close(Attributes::new()).await.unwrap();
    mallory.room.send_text("over", on("lk.end")).await.unwrap();
    let end = stream(&mut agent, "lk.end").await.reader.read_all(10).await.unwrap();
    assert_eq!(end, "over");
    let mut kept = 0;
    let cut = loop {
        match within("the stream is cut", reader.next()).await {
            Ok(Some(piece)) => kept += piece.len(),
            Ok(None) => panic!("{kept} bytes were kept and nothing was cut"),
            Err(error) => break error,
        }
    };
    assert!(matches!(cut, RoomError::TooLarge { .. }), "{cut}");
    assert!(kept <= 1024 * 1024, "{kept} bytes were kept unread");
}
