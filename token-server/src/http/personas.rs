//! Whom a client may invite, and what they look like.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use proto::http::ErrorCode;
use proto::personas::{PICTURES_PATH, PersonaSummary, PersonasResponse};

use super::App;
use super::extract::PathPart;
use super::problem::Problem;
use crate::persona::Persona;

/// Stills of the shipped characters: the first column of `docs/images/face-characters.png`, 224 pixels square.
const PICTURES: [(&str, &[u8]); 4] = [
    ("joe", include_bytes!("../../pictures/joe.png")),
    ("amara", include_bytes!("../../pictures/amara.png")),
    ("walter", include_bytes!("../../pictures/walter.png")),
    ("mei", include_bytes!("../../pictures/mei.png")),
];

/// `GET /personas`.
pub(super) async fn personas(State(app): State<App>) -> Json<PersonasResponse> {
    Json(PersonasResponse { personas: app.personas.iter().map(|persona| summary(persona)).collect() })
}

fn summary(persona: &Persona) -> PersonaSummary {
    // A character of one's own has a folder, and no still here.
    let character = persona.character.as_deref().filter(|character| picture_of(character).is_some());
    PersonaSummary {
        name: persona.name.clone(),
        greeting: persona.greeting.clone(),
        picture: character.map(|character| format!("{PICTURES_PATH}{character}.png")),
    }
}

/// `GET /personas/pictures/NAME.png`.
pub(super) async fn picture(PathPart(file): PathPart) -> Result<impl IntoResponse, Problem> {
    let picture = file.strip_suffix(".png").and_then(picture_of);
    let Some(picture) = picture else {
        return Err(Problem::new(ErrorCode::NotFound, format!("there is no picture {file}")));
    };
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "public, max-age=86400")], picture))
}

fn picture_of(character: &str) -> Option<&'static [u8]> {
    PICTURES.iter().find(|(name, _)| *name == character).map(|(_, picture)| *picture)
}
