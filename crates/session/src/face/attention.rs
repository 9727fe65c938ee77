//! Whom the agent looks at: whoever is heard while it listens, whomever it answers while it speaks.

use dialogue::AgentState;
use face::GazeTarget;

use super::seats::Seats;
use crate::ports::TransportEvent;

/// Where the agent looks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gaze {
    /// Whoever is attended to; `None` when nobody is there.
    pub target: Option<GazeTarget>,
    /// Others, for a glance now and then.
    pub others: [Option<GazeTarget>; face::MOST_OTHERS],
}

/// Follows who is there and who speaks. Pure.
#[derive(Debug, Default)]
pub struct Attention {
    seats: Seats,
    /// Who was heard last.
    heard: Option<String>,
    /// Whom the agent talks with.
    partner: Option<String>,
    /// Whether it answers, or works out an answer.
    answers: bool,
}

impl Attention {
    /// Takes what happens: a user joins, leaves or speaks.
    pub fn observe(&mut self, event: &TransportEvent) {
        match event {
            TransportEvent::UserJoined { identity } => self.seats.take(identity),
            TransportEvent::UserLeft { identity, .. } => {
                self.seats.leave(identity);
                self.heard.take_if(|heard| heard == identity);
            }
            TransportEvent::SpeakersChanged { identities } => {
                let mut people = identities.iter().filter(|identity| self.seats.of(identity).is_some()).peekable();
                // A word from somebody else turns no eyes away from whom it interrupts.
                if let Some(loudest) = people.peek().copied()
                    && !people.any(|identity| self.heard.as_ref() == Some(identity))
                {
                    self.heard = Some(loudest.clone());
                }
            }
            _ => {}
        }
    }

    /// The agent talks with this person from now on, or with nobody.
    pub fn talk_with(&mut self, partner: Option<String>) {
        self.partner = partner;
    }

    /// Whom it talks with says something: this is known before the transport tells who speaks.
    pub fn partner_speaks(&mut self) {
        self.heard.clone_from(&self.partner);
    }

    /// What the agent does from now on.
    pub fn enter(&mut self, state: AgentState) {
        self.answers = matches!(state, AgentState::Speaking | AgentState::Thinking);
    }

    /// Where it looks.
    #[must_use]
    pub fn gaze(&self) -> Gaze {
        let (first, second) = if self.answers { (&self.partner, &self.heard) } else { (&self.heard, &self.partner) };
        let seated = |identity: &&String| self.seats.of(identity).is_some();
        let attended = first.as_ref().filter(seated).or_else(|| second.as_ref().filter(seated)).map(String::as_str);
        let mut others = [None; face::MOST_OTHERS];
        for (place, other) in others.iter_mut().zip(self.seats.others(attended)) {
            *place = Some(other);
        }
        Gaze { target: attended.and_then(|identity| self.seats.of(identity)), others }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comes(attention: &mut Attention, identity: &str) {
        attention.observe(&TransportEvent::UserJoined { identity: identity.into() });
    }

    fn goes(attention: &mut Attention, identity: &str) {
        attention.observe(&TransportEvent::UserLeft { identity: identity.into(), on_purpose: true });
    }

    fn speak(attention: &mut Attention, identities: &[&str]) {
        let identities = identities.iter().map(|identity| (*identity).to_owned()).collect();
        attention.observe(&TransportEvent::SpeakersChanged { identities });
    }

    /// Ada, to the left, with whom it talks, and Bob, to the right.
    fn two() -> Attention {
        let mut attention = Attention::default();
        comes(&mut attention, "ada");
        attention.talk_with(Some("ada".into()));
        comes(&mut attention, "bob");
        attention.enter(AgentState::Listening);
        attention
    }

    /// -1 for Ada's side, 1 for Bob's, 0 for straight ahead.
    fn side(attention: &Attention) -> Option<f32> {
        attention.gaze().target.map(|target| if target.x == 0.0 { 0.0 } else { target.x.signum() })
    }

    #[test]
    fn whoever_is_heard_is_looked_at_and_goes_on_being_looked_at_in_silence() {
        let mut attention = two();
        assert_eq!(side(&attention), Some(-1.0));
        speak(&mut attention, &["bob"]);
        assert_eq!(side(&attention), Some(1.0));
        speak(&mut attention, &[]);
        assert_eq!(side(&attention), Some(1.0));
        attention.partner_speaks();
        assert_eq!(side(&attention), Some(-1.0));
    }

    #[test]
    fn somebody_who_talks_over_another_draws_the_eyes_when_the_other_stops() {
        let mut attention = two();
        speak(&mut attention, &["ada"]);
        speak(&mut attention, &["bob", "ada"]);
        assert_eq!(side(&attention), Some(-1.0));
        speak(&mut attention, &["bob"]);
        assert_eq!(side(&attention), Some(1.0));
    }

    #[test]
    fn while_it_speaks_it_looks_at_whom_it_answers_and_knows_where_the_others_are() {
        let mut attention = two();
        speak(&mut attention, &["bob"]);
        attention.enter(AgentState::Speaking);
        assert_eq!(side(&attention), Some(-1.0));
        let others: Vec<_> = attention.gaze().others.into_iter().flatten().map(|other| other.x.signum()).collect();
        assert_eq!(others, [1.0]);
        attention.enter(AgentState::Listening);
        assert_eq!(side(&attention), Some(1.0));
    }

    #[test]
    fn one_alone_is_straight_ahead_and_nobody_is_nowhere() {
        let mut attention = two();
        speak(&mut attention, &["bob"]);
        goes(&mut attention, "bob");
        assert_eq!(side(&attention), Some(0.0));
        assert_eq!(attention.gaze().others, [None; face::MOST_OTHERS]);
        goes(&mut attention, "ada");
        assert_eq!(attention.gaze(), Gaze::default());
    }

    #[test]
    fn agents_draw_no_eyes_however_loud() {
        let mut attention = two();
        speak(&mut attention, &["robot", "agent-1", "bob"]);
        assert_eq!(side(&attention), Some(1.0));
        speak(&mut attention, &["robot"]);
        assert_eq!(side(&attention), Some(1.0));
    }
}
