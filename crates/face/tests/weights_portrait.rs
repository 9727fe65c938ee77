//! A portrait as a renderer: the same picture for the same expression, and only what moved is drawn.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use assets::{Asset, Assets};
use face::expression::pairs;
use face::{
    BlendShape, Expression, FaceError, FaceRenderer, HeadPose, I420Frame, Portrait, PortraitFace, PortraitModels,
};

fn portrait() -> Portrait {
    let assets = Assets::open().unwrap();
    let read = |asset| std::fs::read(assets.path(asset).expect("`cargo xtask assets` fetches it")).unwrap();
    let (photo, detector, landmarks) =
        (read(Asset::SamplePortrait), read(Asset::FaceDetector), read(Asset::FaceLandmarks));
    Portrait::load(&photo, &PortraitModels { detector: &detector, landmarks: &landmarks }).unwrap()
}

fn draw(face: &mut PortraitFace, expression: &Expression) -> I420Frame {
    let (width, height) = face.size();
    let mut frame = I420Frame::new(width, height);
    face.draw(expression, &mut frame).unwrap();
    frame
}

fn moments() -> Vec<Expression> {
    let mut turned = Expression::REST.with(BlendShape::JawOpen, 0.6).with_both(pairs::MOUTH_SMILE, 0.4);
    turned.head = HeadPose { yaw: 0.6, pitch: -0.4, roll: 0.1 };
    turned.breath = 0.7;
    vec![
        Expression::REST,
        Expression::REST.with_both(pairs::EYE_BLINK, 1.0),
        turned,
        Expression::REST.with(BlendShape::MouthPucker, 1.0).with_both(pairs::EYE_LOOK_PICTURE_LEFT, 0.8),
        turned.with_both(pairs::BROW_DOWN, 1.0),
    ]
}

#[test]
fn the_same_expression_gives_the_same_picture_whatever_was_drawn_before() {
    let portrait = portrait();
    let mut one = portrait.face(256, 256).unwrap();
    for expression in moments().iter().chain(moments().iter().rev()) {
        let mut fresh = portrait.face(256, 256).unwrap();
        let (after_others, alone) = (draw(&mut one, expression), draw(&mut fresh, expression));
        assert!(after_others.y == alone.y && after_others.u == alone.u && after_others.v == alone.v);
    }
}

#[test]
fn damage_holds_all_that_changed_and_nothing_is_damaged_when_nothing_moves() {
    let mut face = portrait().face(256, 256).unwrap();
    let mut frame = I420Frame::new(256, 256);
    let first = face.draw(&Expression::REST, &mut frame).unwrap();
    assert_eq!((first.width, first.height), (256, 256));
    assert!(face.draw(&Expression::REST, &mut frame).unwrap().is_empty());
    let mut before = frame.clone();
    for expression in moments() {
        let damage = face.draw(&expression, &mut frame).unwrap();
        for (index, (now, then)) in frame.y.iter().zip(&before.y).enumerate() {
            let (x, y) = (index as u32 % 256, index as u32 / 256);
            let inside =
                (damage.x..damage.x + damage.width).contains(&x) && (damage.y..damage.y + damage.height).contains(&y);
            assert!(now == then || inside, "{x},{y} changed outside of {damage:?}");
        }
        before = frame.clone();
    }
}

#[test]
fn a_blink_redraws_only_a_part_of_the_picture() {
    let mut face = portrait().face(512, 512).unwrap();
    let mut frame = I420Frame::new(512, 512);
    face.draw(&Expression::REST, &mut frame).unwrap();
    let damage = face.draw(&Expression::REST.with_both(pairs::EYE_BLINK, 0.5), &mut frame).unwrap();
    assert!(damage.width * damage.height < 512 * 512 / 4, "{damage:?}");
}

#[test]
fn shut_lids_cover_the_dark_of_the_eyes() {
    let mut face = portrait().face(512, 512).unwrap();
    let darkest = |frame: &I420Frame| {
        let rows = (170..230).map(|row| &frame.y[row * 512 + 170..row * 512 + 340]);
        rows.flatten().filter(|luma| **luma < 60).count()
    };
    let open = darkest(&draw(&mut face, &Expression::REST));
    let shut = darkest(&draw(&mut face, &Expression::REST.with_both(pairs::EYE_BLINK, 1.0)));
    assert!(3 * shut < 2 * open, "dark pixels: {open} open, {shut} shut");
}

#[test]
fn an_expression_out_of_range_is_drawn_as_its_nearest() {
    let mut face = portrait().face(256, 256).unwrap();
    let mut odd = Expression::REST.with(BlendShape::JawOpen, 9.0).with(BlendShape::MouthPucker, f32::NAN);
    odd.head.yaw = f32::INFINITY;
    let bounded = draw(&mut portrait().face(256, 256).unwrap(), &odd.bounded());
    assert!(draw(&mut face, &odd).y == bounded.y);
}

#[test]
fn pictures_of_any_legal_shape_are_drawn() {
    let portrait = portrait();
    for (width, height) in [(64, 64), (66, 94), (1024, 64), (64, 1024), (640, 360), (720, 720)] {
        let mut face = portrait.face(width, height).unwrap();
        for expression in moments() {
            let frame = draw(&mut face, &expression);
            let bright = frame.y.iter().filter(|luma| **luma > 60).count();
            assert!(2 * bright > frame.y.len(), "{width}x{height}: {bright} bright pixels");
        }
    }
}

#[test]
fn sizes_that_cannot_be_sent_and_frames_of_another_size_are_refused() {
    let portrait = portrait();
    assert!(matches!(portrait.face(255, 256), Err(FaceError::Size { .. })));
    assert!(matches!(portrait.face(2048, 256), Err(FaceError::Size { .. })));
    let mut face = portrait.face(256, 256).unwrap();
    let refused = face.draw(&Expression::REST, &mut I420Frame::new(128, 128));
    assert!(matches!(refused, Err(FaceError::FrameSize { got_width: 128, .. })));
}
