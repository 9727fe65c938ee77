//! Where the users of a call are, as the agent sees them: side by side, in front of it.
//!
//! A call has no left and right, but who talks with several people looks from one to the other. Whoever sits keeps the
//! seat as others come and go; only one alone is straight ahead, and moves aside when the next one comes.

use face::GazeTarget;

/// How far to the side the seats are, in the order in which they are taken: two sit left and right, so far that a viewer
/// can tell at whom the agent looks, the third between them, the next ones farther out. The edges of the agent's picture
/// are -1 and 1.
const SEATS: [f32; 7] = [-0.48, 0.48, 0.0, -0.85, 0.85, -0.66, 0.66];

/// Who sits where.
#[derive(Debug, Clone, Default)]
pub struct Seats(Vec<Option<String>>);

impl Seats {
    /// Somebody takes the first seat that is free, unless they sit already.
    pub fn take(&mut self, identity: &str) {
        if self.seat(identity).is_some() {
            return;
        }
        match self.0.iter_mut().find(|seat| seat.is_none()) {
            Some(free) => *free = Some(identity.to_owned()),
            None => self.0.push(Some(identity.to_owned())),
        }
    }

    /// Somebody's seat is free again.
    pub fn leave(&mut self, identity: &str) {
        if let Some(seat) = self.seat(identity).and_then(|seat| self.0.get_mut(seat)) {
            *seat = None;
        }
        while self.0.pop_if(|last| last.is_none()).is_some() {}
    }

    /// Where somebody is seen; `None` for those who have no seat.
    #[must_use]
    pub fn of(&self, identity: &str) -> Option<GazeTarget> {
        self.seat(identity).map(|seat| self.place(seat))
    }

    /// Where the others are seen.
    pub fn others(&self, than: Option<&str>) -> impl Iterator<Item = GazeTarget> {
        let taken = self.0.iter().enumerate().filter_map(|(seat, taken)| Some((seat, taken.as_deref()?)));
        taken.filter(move |(_, identity)| than != Some(*identity)).map(|(seat, _)| self.place(seat))
    }

    fn seat(&self, identity: &str) -> Option<usize> {
        self.0.iter().position(|seat| seat.as_deref() == Some(identity))
    }

    fn place(&self, seat: usize) -> GazeTarget {
        let alone = self.0.iter().flatten().count() == 1;
        // In a crowd some are in one line behind each other.
        GazeTarget { x: if alone { 0.0 } else { SEATS[seat % SEATS.len()] }, y: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    fn seats(of: &[&str]) -> Seats {
        let mut seats = Seats::default();
        of.iter().for_each(|identity| seats.take(identity));
        seats
    }

    fn side(seats: &Seats, identity: &str) -> f32 {
        seats.of(identity).expect("sits").x
    }

    #[test]
    fn one_alone_is_straight_ahead_two_are_left_and_right() {
        let mut seats = seats(&["ada"]);
        assert_eq!(seats.of("ada"), Some(GazeTarget::default()));
        seats.take("bob");
        assert!(side(&seats, "ada") < -0.2 && side(&seats, "bob") > 0.2);
        seats.leave("ada");
        assert_eq!((seats.of("ada"), seats.of("bob")), (None, Some(GazeTarget::default())));
    }

    #[test]
    fn who_comes_back_finds_the_seat_that_was_left() {
        let mut seats = seats(&["ada", "bob", "eve"]);
        let before = side(&seats, "ada");
        seats.leave("ada");
        seats.take("ada");
        seats.take("ada");
        assert_eq!(side(&seats, "ada"), before);
        assert_eq!(seats.others(Some("ada")).count(), 2);
        assert_eq!(seats.others(None).count(), 3);
    }

    proptest! {
        #[test]
        fn nobody_moves_as_others_come_and_go_and_no_two_of_seven_sit_in_one_place(
            moves in proptest::collection::vec((any::<bool>(), 0_u8..7), 0..60)
        ) {
            let mut seats = seats(&["ada", "bob"]);
            let (ada, bob) = (seats.of("ada"), seats.of("bob"));
            for (comes, who) in moves {
                // Ada and Bob stay: at most five others are there at a time.
                let who = format!("guest-{}", who % 5);
                if comes { seats.take(&who) } else { seats.leave(&who) }
                prop_assert_eq!((seats.of("ada"), seats.of("bob")), (ada, bob));
                let mut places: Vec<_> = seats.others(None).map(|place| (place.x * 100.0) as i32).collect();
                places.sort_unstable();
                places.dedup();
                prop_assert_eq!(places.len(), seats.others(None).count());
            }
        }
    }
}
