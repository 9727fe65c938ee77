//! `[face]` of a persona file.

use std::path::{Path, PathBuf};

use face::Character;
use proto::avatar::TAVUS_IDENTITY;
use proto::names::ParticipantName;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::appearance::{Appearance, Look, mood};
use crate::picture_size::PictureSize;

/// What the only character was called when there was one.
const OLD_NAME: &str = "drawn";

/// `[face]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Face {
    /// Whether it has one; without one it is a voice only.
    pub enabled: bool,
    /// A drawn person: the name of one that is shipped, or the folder of another (docs/face-drawn.md).
    pub character: Option<String>,
    /// A photo of one person instead (docs/face-portrait.md).
    pub portrait: Option<PathBuf>,
    /// A feeling that stays, such as `calm` or `joy 0.3`.
    pub mood: Option<String>,
    /// Width and height of the agent's own picture: 256, 512 or 720 pixels.
    pub size: PictureSize,
    /// Whether the language model is told that it may tag its answers with feelings.
    pub emotion_tags: bool,
    /// Who shows it, and speaks.
    pub provider: FaceProvider,
    /// The identity of the participant that does, when it is not the agent itself.
    pub identity: Option<String>,
}

impl Default for Face {
    fn default() -> Self {
        Self {
            enabled: true,
            character: None,
            portrait: None,
            mood: None,
            size: PictureSize::default(),
            emotion_tags: false,
            provider: FaceProvider::default(),
            identity: None,
        }
    }
}

/// Who shows the face and speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaceProvider {
    /// The agent itself.
    #[default]
    Local,
    /// Another participant, by the avatar protocol of docs/avatar.md.
    Avatar,
    /// Tavus, which sends such a participant.
    Tavus,
    /// The agent itself, with what a service films of its portrait: see docs/avatar.md.
    LipSync,
}

impl Face {
    /// The identity of the participant that is to be voice and face, if another one is.
    #[must_use]
    pub fn avatar(&self) -> Option<&str> {
        match self.provider {
            FaceProvider::Avatar if self.enabled => self.identity.as_deref(),
            FaceProvider::Tavus if self.enabled => Some(TAVUS_IDENTITY),
            FaceProvider::Avatar | FaceProvider::Tavus | FaceProvider::LipSync | FaceProvider::Local => None,
        }
    }

    /// Whether a service films the agent's own face.
    #[must_use]
    pub fn is_filmed(&self) -> bool {
        self.enabled && self.provider == FaceProvider::LipSync
    }

    /// What the agent's own face looks like.
    #[must_use]
    pub fn appearance(&self) -> Appearance {
        let look = match (&self.portrait, self.character.as_deref()) {
            (Some(photo), _) => Look::Portrait(photo.clone()),
            (None, Some(name)) if name != OLD_NAME => Look::Character(name.to_owned()),
            (None, _) => Look::default(),
        };
        Appearance { look, mood: self.mood.as_deref().and_then(|text| mood(text).ok()), size: self.size }
    }

    /// Paths are meant from the folder in which the persona file is.
    pub(super) fn begin_paths_at(&mut self, folder: &Path) {
        if let Some(portrait) = &mut self.portrait {
            *portrait = folder.join(&portrait);
        }
        let is_path = |name: &String| !Character::names().any(|known| known == name) && name != OLD_NAME;
        if let Some(character) = self.character.as_mut().filter(|name| is_path(name)) {
            *character = folder.join(&character).display().to_string();
        }
    }

    /// The keys that are wrong, and why.
    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.portrait.is_some() && self.character.is_some() {
            problems.push(("portrait", "there is a character too; leave one of them out".into()));
        }
        if let Some(Err(message)) = self.mood.as_deref().map(mood) {
            problems.push(("mood", message));
        }
        if self.is_filmed() && self.portrait.is_none() {
            problems.push(("provider", "films a photo; set portrait = \"me.jpg\" too".into()));
        }
        let identity = match (self.provider, &self.identity) {
            (FaceProvider::Local | FaceProvider::Tavus | FaceProvider::LipSync, Some(_)) => {
                Some(("identity", "has an effect with provider = \"avatar\" only".into()))
            }
            (FaceProvider::Avatar, None) => {
                let message = "needs the avatar's identity in the call; set identity = \"agent-avatar-…\" too";
                Some(("provider", message.into()))
            }
            (FaceProvider::Avatar, Some(identity)) => {
                ParticipantName::parse(identity).err().map(|error| ("identity", error.to_string()))
            }
            (FaceProvider::Local | FaceProvider::Tavus | FaceProvider::LipSync, None) => None,
        };
        problems.extend(identity);
        problems
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::{Choices, PersonaSchema};

    fn parse(face: &str) -> Result<Face, String> {
        let text = format!("name = \"Ava\"\ninstructions = \"Be kind.\"\n[face]\n{face}");
        PersonaSchema::new(Choices::default())
            .parse("p.toml", &text)
            .map(|persona| persona.face)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_face_is_a_character_or_a_photo_with_or_without_a_mood() {
        assert_eq!(parse("").unwrap().appearance(), Appearance::default());
        let mei = parse("character = \"mei\"\nmood = \"joy 0.3\"\n").unwrap().appearance();
        assert_eq!(mei.look, Look::Character("mei".into()));
        assert_eq!(mei.mood.map(|mood| mood.emotion), Some(face::Emotion::Joy));
        let photo = parse("portrait = \"me.jpg\"\n").unwrap().appearance();
        assert_eq!(photo.look, Look::Portrait("me.jpg".into()));
        let both = parse("character = \"mei\"\nportrait = \"me.jpg\"\n").unwrap_err();
        assert!(both.starts_with("p.toml:5:1: face.portrait: there is a character too"), "{both}");
        assert!(parse("mood = \"hungry\"\n").unwrap_err().starts_with("p.toml:4:1: face.mood: `hungry` is no mood"));
    }

    #[test]
    fn the_picture_has_one_of_three_sizes_and_another_is_refused_with_them() {
        assert_eq!(parse("").unwrap().appearance().size.pixels(), 512);
        for pixels in [256, 512, 720] {
            assert_eq!(parse(&format!("size = {pixels}\n")).unwrap().appearance().size.pixels(), pixels);
        }
        for wrong in ["300", "-1", "512.0", "\"large\""] {
            let refused = parse(&format!("size = {wrong}\n")).unwrap_err();
            assert!(refused.starts_with("p.toml:4:8: face.size: expected one of 256, 512, 720, found "), "{refused}");
        }
    }

    #[test]
    fn a_service_films_a_photo_and_nothing_else() {
        let photo = "provider = \"lip_sync\"\nportrait = \"me.jpg\"\n";
        let filmed = parse(photo).unwrap();
        assert!(filmed.is_filmed() && filmed.avatar().is_none());
        assert!(!parse(&format!("{photo}enabled = false\n")).unwrap().is_filmed());
        let drawn = parse("provider = \"lip_sync\"\ncharacter = \"mei\"\n").unwrap_err();
        assert!(drawn.starts_with("p.toml:4:1: face.provider: films a photo"), "{drawn}");
        assert!(parse(&format!("{photo}identity = \"x\"\n")).unwrap_err().contains("face.identity"));
    }

    #[test]
    fn paths_begin_where_the_persona_file_is_and_names_stay_names() {
        let placed = |text: &str| {
            let mut face = parse(text).unwrap();
            face.begin_paths_at(Path::new("/etc/ava"));
            face.appearance().look
        };
        assert_eq!(placed("portrait = \"me.jpg\"\n"), Look::Portrait("/etc/ava/me.jpg".into()));
        assert_eq!(placed("portrait = \"/me.jpg\"\n"), Look::Portrait("/me.jpg".into()));
        assert_eq!(placed("character = \"walter\"\n"), Look::Character("walter".into()));
        assert_eq!(placed("character = \"zoe\"\n"), Look::Character("/etc/ava/zoe".into()));
        assert_eq!(placed("character = \"drawn\"\n"), Look::default());
    }
}
