//! A folder of personas: who is listed, what they look like, and who comes when a name is given.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use axum::http::header;
use serde_json::{Value, json};

use crate::common::{Behaviour, FakeWorker, TestServer, settings};

const ADA: &str =
    "name = \"Ada\"\ninstructions = \"Be kind.\"\ngreeting = \"Good day.\"\n[face]\ncharacter = \"amara\"\n";
const BOB: &str = "name = \"Bob\"\ninstructions = \"Be kind.\"\n[face]\nportrait = \"bob.jpg\"\n";

struct House {
    worker: FakeWorker,
    server: TestServer,
    folder: tempfile::TempDir,
}

async fn house(env: &[(&str, &str)]) -> House {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ada.toml"), ADA).unwrap();
    std::fs::write(folder.path().join("bob.toml"), BOB).unwrap();
    let worker = FakeWorker::new(&Behaviour::Obedient);
    let path = folder.path().to_owned();
    let server = TestServer::start(settings(&worker.program(), env, |args| args.personas = Some(path))).await;
    House { worker, server, folder }
}

#[tokio::test]
async fn personas_are_listed_with_greeting_and_picture() {
    let house = house(&[("VISAVIS_API_KEYS", "key-one")]).await;
    assert_eq!(house.server.get("/personas").await.status(), 401);
    let request = house.server.client.get(format!("{}/personas", house.server.base));
    let answer: Value = request.bearer_auth("key-one").send().await.unwrap().json().await.unwrap();
    let personas = answer["personas"].as_array().unwrap();
    assert_eq!(personas[0]["name"], "AI Assistant");
    assert!(personas[0]["greeting"].as_str().unwrap().starts_with("Hello!"), "{answer}");
    let ada = json!({"name": "Ada", "greeting": "Good day.", "picture": "/personas/pictures/amara.png"});
    assert_eq!((&personas[1], &personas[2]), (&ada, &json!({"name": "Bob", "greeting": ""})));

    // A page shows a picture by its address, without a key.
    for persona in &personas[..2] {
        let picture = house.server.get(persona["picture"].as_str().unwrap()).await;
        assert_eq!(
            (picture.status().as_u16(), &picture.headers()[header::CONTENT_TYPE]),
            (200, &"image/png".parse().unwrap())
        );
        assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG\r\n"));
    }
    for missing in ["nobody.png", "joe", "..%2Fjoe.png", "joe.png.png"] {
        assert_eq!(house.server.get(&format!("/personas/pictures/{missing}")).await.status(), 404, "{missing}");
    }
    house.server.shut_down().await;
}

#[tokio::test]
async fn whoever_is_named_comes_with_their_file_and_stays() {
    let house = house(&[]).await;
    let body = json!({"room_name": "lobby", "participant_name": "Abel", "avatar_name": " ada"});
    let answer: Value = house.server.post("/join-room", &body).await.json().await.unwrap();
    assert_eq!((&answer["avatar_name"], &answer["avatar_invited"]), (&json!("Ada"), &json!(true)));
    let record = house.worker.started(1).await.remove(0);
    let file = format!("--persona={}", house.folder.path().join("ada.toml").display());
    assert!(record.orders().name.as_deref() == Some("Ada") && record.arguments.contains(&file), "{record:?}");

    // Whoever is there stays, and the answers say who that is.
    let answer: Value = house
        .server
        .post("/invite-avatar", &json!({"room_name": "lobby", "avatar_name": "Bob"}))
        .await
        .json()
        .await
        .unwrap();
    let expected = json!({"room_name": "lobby", "avatar_name": "Ada", "avatar_invited": true, "state": "running"});
    assert_eq!(answer, expected);
    let answer: Value = house.server.join("lobby").await;
    assert_eq!(answer["avatar_name"], "Ada");

    let answer: Value = house
        .server
        .post("/invite-avatar", &json!({"room_name": "office", "avatar_name": "BOB"}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!((&answer["avatar_name"], &answer["state"]), (&json!("Bob"), &json!("starting")));
    let answer: Value = house.server.invite("garden").await;
    assert_eq!(answer["avatar_name"], "AI Assistant");
    assert_eq!(house.worker.started(3).await.len(), 3);
    house.server.shut_down().await;
}

#[tokio::test]
async fn an_unknown_avatar_is_not_found_and_starts_nothing() {
    let house = house(&[]).await;
    let join = json!({"room_name": "lobby", "participant_name": "Abel", "avatar_name": "Carol"});
    for (path, body) in
        [("/join-room", join), ("/invite-avatar", json!({"room_name": "lobby", "avatar_name": "Carol"}))]
    {
        let answer = house.server.post(path, &body).await;
        assert_eq!(answer.status(), 404, "{path}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], "unknown_avatar");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains("`Carol`") && message.contains("`AI Assistant`, `Ada`, `Bob`"), "{message}");
    }
    house.server.shut_down().await;
    assert!(house.worker.records().is_empty());
}
