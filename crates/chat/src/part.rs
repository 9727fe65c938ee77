//! What a message is made of.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base64;

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// A picture.
    Image(Image),
    /// The agent calls a tool.
    ToolCall(ToolCall),
    /// What a called tool returned.
    ToolResult(ToolResult),
}

impl Part {
    /// A part of text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// A picture. Clones share its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its media type, such as `image/jpeg`.
    pub media_type: String,
    /// The picture itself.
    #[serde(flatten)]
    pub source: ImageSource,
}

/// A picture's bytes, or the address they can be had from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageSource {
    /// The encoded picture; base64 in the serialised form.
    #[serde(with = "base64")]
    Data(Arc<[u8]>),
    /// An address.
    Url(String),
}

impl Image {
    /// A picture by its encoded bytes.
    #[must_use]
    pub fn from_bytes(media_type: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { media_type: media_type.into(), source: ImageSource::Data(bytes.into()) }
    }

    /// A picture by its address.
    #[must_use]
    pub fn from_url(media_type: impl Into<String>, url: impl Into<String>) -> Self {
        Self { media_type: media_type.into(), source: ImageSource::Url(url.into()) }
    }

    /// Its address; a `data:` URL when the picture itself is held.
    #[must_use]
    pub fn url(&self) -> Cow<'_, str> {
        match &self.source {
            ImageSource::Url(url) => Cow::Borrowed(url),
            ImageSource::Data(bytes) => {
                Cow::Owned(format!("data:{};base64,{}", self.media_type, base64::encode(bytes)))
            }
        }
    }
}

/// Bytes of a picture are of no use in a log.
impl std::fmt::Debug for ImageSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Data(bytes) => write!(f, "Data({} bytes)", bytes.len()),
            Self::Url(url) => f.debug_tuple("Url").field(url).finish(),
        }
    }
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique in the conversation; the result names it.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// Its arguments as JSON text, as the model wrote it: it may be wrong.
    pub arguments: String,
}

/// What a call of a tool returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The [`ToolCall::id`] that it belongs to.
    pub call_id: String,
    /// The text that the model reads.
    pub content: String,
    /// The tool failed; `content` says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
}

#[cfg(test)]
mod tests {
    use super::{Image, Part};

    #[test]
    fn the_bytes_of_a_picture_are_a_data_url_and_stay_out_of_logs() {
        let image = Image::from_bytes("image/png", *b"picture");
        assert_eq!(image.url(), "data:image/png;base64,cGljdHVyZQ==");
        assert_eq!(Image::from_url("image/png", "https://a.test/b.png").url(), "https://a.test/b.png");
        let shown = format!("{:?}", Part::Image(image));
        assert_eq!(shown, r#"Image(Image { media_type: "image/png", source: Data(7 bytes) })"#);
    }
}
