//! The art of a character: an SVG file with one group per layer, rasterised once for the size of the pictures.

use std::sync::Arc;

use resvg::usvg::{self, roxmltree};
use tiny_skia::{Pixmap, Transform};

use super::layer::Layer;
use crate::CharacterError;

/// Layers that every character has.
const REQUIRED: [&str; 12] = [
    "room",
    "ear-left",
    "ear-right",
    "neck",
    "clothes",
    "skin",
    "nose",
    "eyeball-left",
    "eyeball-right",
    "iris-left",
    "iris-right",
    "hair-front",
];

/// Art units on a side of the art square.
const SIDE: f32 = 1000.0;

/// Parses an art file and checks its size and layers.
pub(super) fn parse(file: &str, text: &str) -> Result<usvg::Tree, CharacterError> {
    let document = roxmltree::Document::parse(text).map_err(|error| {
        let place = error.pos();
        CharacterError {
            file: file.to_owned(),
            line: place.row as usize,
            column: place.col as usize,
            key: "-".into(),
            message: error.to_string(),
        }
    })?;
    // Art stands on its own: what it refers to outside of itself is not read.
    let image_href_resolver = usvg::ImageHrefResolver {
        resolve_data: Box::new(|_: &str, _: Arc<Vec<u8>>, _: &usvg::Options| None),
        resolve_string: Box::new(|_: &str, _: &usvg::Options| None),
    };
    let options = usvg::Options { image_href_resolver, ..usvg::Options::default() };
    let tree = usvg::Tree::from_xmltree(&document, &options)
        .map_err(|error| CharacterError::about(file, "svg", error.to_string()))?;
    let size = tree.size();
    if size.width() != SIDE || size.height() != SIDE {
        let message = format!(
            "is {} by {} units, not {SIDE} by {SIDE}: set width, height and viewBox",
            size.width(),
            size.height()
        );
        return Err(CharacterError::about(file, "svg", message));
    }
    for id in REQUIRED {
        if tree.node_by_id(id).is_none() {
            return Err(CharacterError::about(file, id, "is missing: every character needs a group with this id"));
        }
    }
    Ok(tree)
}

/// Draws a layer of the art onto an empty sheet; whether there is such a layer.
pub(super) fn draw(tree: &usvg::Tree, id: &str, at: Transform, sheet: &mut Pixmap) -> bool {
    sheet.fill(tiny_skia::Color::TRANSPARENT);
    let Some(node) = tree.node_by_id(id) else { return false };
    let Some(bounds) = node.abs_layer_bounding_box() else { return false };
    resvg::render_node(node, at.pre_translate(bounds.x(), bounds.y()), &mut sheet.as_mut()).is_some()
}

/// The layer of that id, if the character has it.
pub(super) fn layer(tree: &usvg::Tree, id: &str, at: Transform, sheet: &mut Pixmap) -> Option<Layer> {
    draw(tree, id, at, sheet).then(|| Layer::from_sheet(sheet, at))
}
