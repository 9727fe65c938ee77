//! Pictures are drawn in memory that is asked for once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use face::{BlendShape, Character, DrawnFace, Expression, FaceRenderer, HeadPose, I420Frame};

#[test]
fn after_the_first_picture_no_memory_is_asked_for() {
    for name in Character::names() {
        let mut face = DrawnFace::new(&Character::load(name).unwrap(), 256, 256).unwrap();
        let mut frame = I420Frame::new(256, 256);
        face.draw(&Expression::REST, &mut frame).unwrap();
        let used = allocation_counter::measure(|| {
            for step in 0..=60 {
                let share = step as f32 / 60.0;
                let mut expression = Expression::REST;
                for (index, shape) in BlendShape::ALL.into_iter().enumerate() {
                    expression[shape] = (share * (index + 1) as f32).fract();
                }
                expression.head = HeadPose { yaw: share, pitch: -share, roll: 0.2 * share };
                expression.breath = share;
                face.draw(&expression, &mut frame).unwrap();
            }
        });
        assert_eq!(used.count_total, 0, "{name}");
    }
}
