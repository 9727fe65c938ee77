//! A contact sheet: pictures of a call side by side, each with a coloured border and its time.

use super::font::{GLYPH_HEIGHT, GLYPH_WIDTH, glyph};

const BORDER: usize = 4;
const LABEL_SCALE: usize = 2;
const LETTER_STEP: usize = GLYPH_WIDTH + 1;
const LABEL_HEIGHT: usize = GLYPH_HEIGHT * LABEL_SCALE + 6;
const BACKGROUND: [u8; 3] = [24, 24, 28];
const INK: [u8; 3] = [235, 235, 235];

/// A small RGB picture, 3 bytes a pixel, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// A picture of one colour.
    #[must_use]
    pub fn filled(width: usize, height: usize, colour: [u8; 3]) -> Self {
        Self { width, height, rgb: colour.repeat(width * height) }
    }

    /// The colour at a pixel; `None` outside.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        let start = (x < self.width && y < self.height).then(|| (y * self.width + x) * 3)?;
        self.rgb.get(start..start + 3)?.try_into().ok()
    }

    fn set(&mut self, x: usize, y: usize, colour: [u8; 3]) {
        if x < self.width && y < self.height {
            let start = (y * self.width + x) * 3;
            self.rgb[start..start + 3].copy_from_slice(&colour);
        }
    }

    /// Encodes it as PNG.
    ///
    /// # Errors
    /// When the encoder refuses (a picture without pixels).
    pub fn to_png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        writer.finish()?;
        Ok(bytes)
    }
}

/// One picture of a contact sheet.
#[derive(Debug, Clone)]
pub struct Tile {
    /// What was seen.
    pub picture: Picture,
    /// Written below it: digits, a full stop and the letters of the state names.
    pub label: String,
    /// The border's colour.
    pub colour: [u8; 3],
}

/// Scales a tightly packed I420 picture (BT.601, limited range) to fit `longest` pixels and converts it to RGB. `None`
/// when the data are too short for the size.
#[must_use]
pub fn picture_from_i420(data: &[u8], width: u32, height: u32, longest: usize) -> Option<Picture> {
    let (width, height) = (width as usize, height as usize);
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let luma = width * height;
    let chroma = half_width * half_height;
    if luma == 0 || longest == 0 || data.len() < luma + 2 * chroma {
        return None;
    }
    let scale = (longest as f64 / width.max(height) as f64).min(1.0);
    let out_width = ((width as f64 * scale) as usize).max(1);
    let out_height = ((height as f64 * scale) as usize).max(1);
    let mut rgb = Vec::with_capacity(out_width * out_height * 3);
    for row in 0..out_height {
        let (top, bottom) = (row * height / out_height, ((row + 1) * height).div_ceil(out_height));
        for column in 0..out_width {
            let (left, right) = (column * width / out_width, ((column + 1) * width).div_ceil(out_width));
            // Luma is averaged over the area that one pixel stands for; chroma is coarse anyway.
            let area = (bottom - top) * (right - left);
            let sum: usize =
                (top..bottom).flat_map(|y| &data[y * width + left..y * width + right]).map(|y| usize::from(*y)).sum();
            let place = luma + (top / 2) * half_width + left / 2;
            rgb.extend(rgb_of(sum as f64 / area as f64, data[place], data[place + chroma]));
        }
    }
    Some(Picture { width: out_width, height: out_height, rgb })
}

/// Lays tiles out in rows of `columns`, left to right. All cells have the size of the largest tile.
#[must_use]
pub fn contact_sheet(tiles: &[Tile], columns: usize) -> Picture {
    let columns = columns.clamp(1, tiles.len().max(1));
    let rows = tiles.len().div_ceil(columns).max(1);
    let largest = |size: fn(&Picture) -> usize| tiles.iter().map(|tile| size(&tile.picture)).max().unwrap_or(1);
    let cell_width = largest(|picture| picture.width) + 2 * BORDER;
    let cell_height = largest(|picture| picture.height) + 2 * BORDER + LABEL_HEIGHT;
    let mut sheet = Picture::filled(cell_width * columns, cell_height * rows, BACKGROUND);
    for (index, tile) in tiles.iter().enumerate() {
        let (left, top) = ((index % columns) * cell_width, (index / columns) * cell_height);
        let (width, height) = (tile.picture.width, tile.picture.height);
        for y in 0..height + 2 * BORDER {
            for x in 0..width + 2 * BORDER {
                let inside = tile.picture.pixel(x.wrapping_sub(BORDER), y.wrapping_sub(BORDER));
                sheet.set(left + x, top + y, inside.unwrap_or(tile.colour));
            }
        }
        // What does not fit below the picture is cut off.
        let fits = (cell_width - BORDER) / (LETTER_STEP * LABEL_SCALE);
        let label: String = tile.label.chars().take(fits).collect();
        write_label(&mut sheet, left + BORDER, top + height + 2 * BORDER + 3, &label);
    }
    sheet
}

fn write_label(sheet: &mut Picture, left: usize, top: usize, text: &str) {
    for (position, letter) in text.chars().enumerate() {
        let x0 = left + position * LETTER_STEP * LABEL_SCALE;
        for (row, bits) in glyph(letter).iter().enumerate() {
            for column in (0..GLYPH_WIDTH).filter(|column| bits >> (GLYPH_WIDTH - 1 - column) & 1 == 1) {
                for dot in 0..LABEL_SCALE * LABEL_SCALE {
                    let (dx, dy) = (dot % LABEL_SCALE, dot / LABEL_SCALE);
                    sheet.set(x0 + column * LABEL_SCALE + dx, top + row * LABEL_SCALE + dy, INK);
                }
            }
        }
    }
}

/// ITU-R BT.601, limited range.
fn rgb_of(luma: f64, blue: u8, red: u8) -> [u8; 3] {
    let y = 1.164 * (luma - 16.0);
    let (u, v) = (f64::from(blue) - 128.0, f64::from(red) - 128.0);
    [y + 1.596 * v, y - 0.392 * u - 0.813 * v, y + 2.017 * u].map(|value| value.round().clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn i420(width: usize, height: usize, y: u8, u: u8, v: u8) -> Vec<u8> {
        let chroma = width.div_ceil(2) * height.div_ceil(2);
        [vec![y; width * height], vec![u; chroma], vec![v; chroma]].concat()
    }

    #[test]
    fn converts_known_colours() {
        let colour = |y, u, v| picture_from_i420(&i420(8, 8, y, u, v), 8, 8, 8).unwrap().pixel(3, 3).unwrap();
        assert_eq!(colour(16, 128, 128), [0, 0, 0]);
        assert_eq!(colour(235, 128, 128), [255, 255, 255]);
        let [red, green, blue] = colour(81, 90, 240);
        assert!(red > 250 && green < 5 && blue < 5, "{red} {green} {blue}");
    }

    #[test]
    fn scales_down_and_keeps_the_shape() {
        let picture = picture_from_i420(&i420(640, 360, 100, 128, 128), 640, 360, 160).unwrap();
        assert_eq!((picture.width, picture.height, picture.rgb.len()), (160, 90, 160 * 90 * 3));
        assert_eq!(picture_from_i420(&[0; 10], 640, 360, 160), None, "a truncated frame is refused");
    }

    #[test]
    fn every_tile_is_on_the_sheet_with_its_border_and_label() {
        let colours = [[200, 0, 0], [0, 200, 0], [0, 0, 200]];
        let tiles: Vec<Tile> = colours
            .iter()
            .map(|colour| Tile {
                picture: Picture::filled(60, 40, [colour[0] / 2, colour[1] / 2, colour[2] / 2]),
                label: "1.5".to_owned(),
                colour: *colour,
            })
            .collect();
        let sheet = contact_sheet(&tiles, 2);
        let cell = (60 + 2 * BORDER, 40 + 2 * BORDER + LABEL_HEIGHT);
        assert_eq!((sheet.width, sheet.height), (2 * cell.0, 2 * cell.1));
        for (index, colour) in colours.iter().enumerate() {
            let (left, top) = ((index % 2) * cell.0, (index / 2) * cell.1);
            assert_eq!(sheet.pixel(left, top), Some(*colour));
            assert_eq!(sheet.pixel(left + 20, top + 20), Some([colour[0] / 2, colour[1] / 2, colour[2] / 2]));
            let label = (0..40 * LABEL_HEIGHT)
                .filter(|n| sheet.pixel(left + n % 40, top + 40 + 2 * BORDER + n / 40) == Some(INK))
                .count();
            assert!(label > 40, "label of tile {index}: {label} dots");
        }
        assert_eq!(sheet.pixel(cell.0 + 5, cell.1 + 5), Some(BACKGROUND), "the last cell is empty");
    }

    #[test]
    fn a_label_that_is_too_long_stays_below_its_own_picture() {
        let tile = |label: &str| Tile {
            picture: Picture::filled(60, 40, [0; 3]),
            label: label.to_owned(),
            colour: [200, 0, 0],
        };
        let sheet = contact_sheet(&[tile("1.5 initializing"), tile("")], 2);
        let inked = |columns: std::ops::Range<usize>| {
            columns.filter(|x| (0..sheet.height).any(|y| sheet.pixel(*x, y) == Some(INK))).count()
        };
        assert!(inked(0..60 + 2 * BORDER) > 20 && inked(60 + 2 * BORDER..sheet.width) == 0);
    }

    #[test]
    fn writes_a_png_that_reads_back() {
        let sheet = contact_sheet(&[], 6);
        let bytes = sheet.to_png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, sheet.rgb);
    }
}
