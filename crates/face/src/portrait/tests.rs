//! The nets and the refusals, on a portrait in the public domain.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Cursor;

use assets::{Asset, Assets};
use image::{DynamicImage, ImageFormat, RgbImage, imageops};

use super::*;
use crate::expression::pairs;
use crate::{BlendShape, Character, DrawnFace, Expression, FaceRenderer, I420Frame};

fn file(asset: Asset) -> Vec<u8> {
    std::fs::read(Assets::open().unwrap().path(asset).expect("a portrait's files; `cargo xtask assets` fetches them"))
        .unwrap()
}

fn load(photo: &[u8]) -> Result<Portrait, PortraitError> {
    let (detector, landmarks) = (file(Asset::FaceDetector), file(Asset::FaceLandmarks));
    Portrait::load(photo, &PortraitModels { detector: &detector, landmarks: &landmarks })
}

/// The portrait of Eileen Collins.
pub(super) fn sample() -> Portrait {
    load(&file(Asset::SamplePortrait)).unwrap()
}

fn picture() -> RgbImage {
    image::load_from_memory(&file(Asset::SamplePortrait)).unwrap().into_rgb8()
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture.clone()).write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

fn refusal(picture: &RgbImage) -> String {
    load(&png(picture)).err().map_or_else(|| "taken".to_owned(), |error| error.to_string())
}

#[test]
fn the_points_of_the_sample_lie_where_a_person_puts_them() {
    let portrait = sample();
    // Set by hand on the enlarged photo.
    let placed = [
        ("chin", Landmarks::CHIN, (219.5, 176.5)),
        ("left corner of the lips", 48, (201.0, 139.5)),
        ("right corner of the lips", 54, (242.0, 140.5)),
        ("tip of the nose", Landmarks::NOSE_TIP, (222.5, 126.5)),
        ("inner corner of the left eye", 39, (211.0, 100.0)),
        ("inner corner of the right eye", 42, (234.5, 102.5)),
        ("middle of the lower lip's edge", 57, (220.0, 153.5)),
    ];
    for (name, index, (x, y)) in placed {
        let distance = portrait.landmarks.at(index).distance(landmarks::Point::new(x, y));
        assert!(distance < 4.0, "{name}: {:?} is {distance} pixels off", portrait.landmarks.at(index));
    }
}

#[test]
fn one_face_is_found_in_the_sample_and_its_box_holds_the_face() {
    let detector = Detector::parse(&file(Asset::FaceDetector)).unwrap();
    let found = detector.find(&Photo::decode(&file(Asset::SamplePortrait)).unwrap(), 0.5);
    assert_eq!(found.len(), 1, "{found:?}");
    let area = found[0].area;
    assert!((155.0..190.0).contains(&area.x) && (65.0..95.0).contains(&area.y), "{area:?}");
    assert!((85.0..125.0).contains(&area.width) && (85.0..125.0).contains(&area.height), "{area:?}");
}

#[test]
fn a_photo_without_exactly_one_usable_face_is_refused_with_the_reason() {
    let photo = picture();
    let mut two = RgbImage::new(1024, 512);
    imageops::replace(&mut two, &photo, 0, 0);
    imageops::replace(&mut two, &photo, 512, 0);
    assert!(refusal(&two).starts_with("2 faces were found"), "{}", refusal(&two));

    let nobody = imageops::crop_imm(&photo, 0, 250, 512, 262).to_image();
    assert!(refusal(&nobody).starts_with("no face was found"), "{}", refusal(&nobody));

    let small = imageops::resize(&photo, 300, 300, imageops::FilterType::Triangle);
    assert!(refusal(&small).contains("pixels high"), "{}", refusal(&small));

    let cut = imageops::crop_imm(&photo, 0, 84, 512, 428).to_image();
    assert!(refusal(&cut).contains("cuts the face"), "{}", refusal(&cut));
}

/// What is said of a photo of somebody drawn, or of the sample's own face, who does this.
fn of_a_photo(face: &mut dyn FaceRenderer, expression: &Expression) -> String {
    let (width, height) = face.size();
    let mut frame = I420Frame::new(width, height);
    face.draw(expression, &mut frame).unwrap();
    let png = crate::png::frame_to_png(&frame).unwrap();
    load(&png).err().map_or_else(|| "taken".to_owned(), |error| error.to_string())
}

#[test]
fn photos_of_shut_eyes_are_refused_and_those_of_half_shut_ones_are_taken() {
    // Real, dark and light skin, glasses, narrow eyes.
    let drawn = Character::names().map(|name| Character::load(name).unwrap());
    let faces = drawn.map(|drawn| Box::new(DrawnFace::new(&drawn, 400, 400).unwrap()) as Box<dyn FaceRenderer>);
    let sample: Box<dyn FaceRenderer> = Box::new(sample().face(400, 400).unwrap());
    for (index, mut face) in faces.chain([sample]).enumerate() {
        let mut lids = |shut: f32| of_a_photo(&mut *face, &Expression::REST.with_both(pairs::EYE_BLINK, shut));
        assert_eq!((lids(0.0), lids(0.5)), ("taken".to_owned(), "taken".to_owned()), "face {index}");
        assert!(lids(1.0).starts_with("the eyes look shut"), "face {index}: {}", lids(1.0));
    }
}

#[test]
fn a_photo_of_a_yawn_is_refused_and_one_of_a_smile_is_taken() {
    let mut face = sample().face(400, 400).unwrap();
    let yawn = Expression::REST.with(BlendShape::JawOpen, 1.0).with(BlendShape::MouthFunnel, 1.0);
    let refused = of_a_photo(&mut face, &yawn);
    assert!(refused.starts_with("the mouth is wide open"), "{refused}");
    assert_eq!(of_a_photo(&mut face, &Expression::REST.with_both(pairs::MOUTH_SMILE, 1.0)), "taken");
}

#[test]
fn a_face_on_its_side_is_refused() {
    let side = imageops::rotate90(&picture());
    let refused = refusal(&side);
    assert!(refused.starts_with("no face") || refused.contains("too far"), "{refused}");
}

#[test]
fn what_is_no_photo_is_refused_before_it_is_decoded() {
    assert!(matches!(load(b"GIF89a..."), Err(PortraitError::NotAnImage(_))));
    assert!(matches!(load(&[]), Err(PortraitError::NotAnImage(_))));
    let whole = file(Asset::SamplePortrait);
    assert!(matches!(load(&whole[..whole.len() / 2]), Err(PortraitError::NotAnImage(_))));
    assert!(matches!(load(&vec![0; 21 << 20]), Err(PortraitError::FileTooLarge { .. })));
    assert!(matches!(load(&png(&RgbImage::new(8000, 5001))), Err(PortraitError::TooManyPixels { width: 8000, .. })));
}

#[test]
fn weights_of_another_net_are_refused_by_name() {
    let landmarks = file(Asset::FaceLandmarks);
    let swapped = PortraitModels { detector: &landmarks, landmarks: &landmarks };
    let error = Portrait::load(&file(Asset::SamplePortrait), &swapped).err().unwrap();
    assert!(error.to_string().starts_with("the face detector cannot be loaded"), "{error}");
}

#[test]
fn a_photo_is_turned_as_its_exif_orientation_says() {
    let mut jpeg = Cursor::new(Vec::new());
    let lying = imageops::rotate270(&picture());
    DynamicImage::ImageRgb8(lying).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    // Orientation 6: to be turned clockwise by a quarter (EXIF 2.3, tag 0x0112), as the only entry of a TIFF header.
    let tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = (tiff.len() as u16 + 2).to_be_bytes();
    let turned = [&jpeg[..2], &[0xff, 0xe1], &length, tiff, &jpeg[2..]].concat();
    let (upright, turned) = (sample().landmarks, load(&turned).unwrap().landmarks);
    assert!(turned.at(Landmarks::CHIN).distance(upright.at(Landmarks::CHIN)) < 3.0);
}

#[test]
fn where_the_photo_ends_the_picture_goes_on() {
    let tight = imageops::crop_imm(&picture(), 130, 0, 190, 230).to_image();
    let portrait = load(&png(&tight)).unwrap();
    let still = compose::compose(&portrait.photo, &portrait.landmarks, 720, 720);
    let dark = still.planes.luma.samples[..720].iter().filter(|luma| **luma < 40).count();
    assert!(dark < 36, "{dark} black pixels in the first row");
    let edges = [0, 719].map(|column| still.planes.luma.samples[300 * 720 + column]);
    assert!(edges.iter().all(|luma| *luma > 60), "{edges:?}");
}

#[test]
fn faces_of_other_shapes_of_picture_are_placed_alike() {
    let portrait = sample();
    for (width, height) in [(256, 256), (720, 720), (640, 360), (360, 640)] {
        let still = compose::compose(&portrait.photo, &portrait.landmarks, width, height);
        let eyes = still.landmarks.eyes();
        assert!((still.landmarks.height() / height as f32 - 0.315).abs() < 0.01);
        assert!((eyes[0].x + eyes[1].x - width as f32).abs() < 0.12 * width as f32);
        assert!((0.35..0.5).contains(&(eyes[0].y / height as f32)));
    }
}
