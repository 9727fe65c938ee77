//! Who is there, and whom the agent listens to.

/// The people in the call, in the order they came, and the one that is linked.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    people: Vec<String>,
    linked: Option<String>,
}

/// What a change of presence means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The linked person stays the same.
    Nothing,
    /// This person is linked now.
    Linked(String),
    /// Nobody is left.
    Alone,
}

impl Presence {
    pub(crate) fn is_linked(&self) -> bool {
        self.linked.is_some()
    }

    pub(crate) fn is_linked_to(&self, identity: &str) -> bool {
        self.linked.as_deref() == Some(identity)
    }

    pub(crate) fn arrived(&mut self, identity: String) -> Change {
        if !self.people.contains(&identity) {
            self.people.push(identity.clone());
        }
        if self.linked.is_some() {
            return Change::Nothing;
        }
        self.linked = Some(identity.clone());
        Change::Linked(identity)
    }

    pub(crate) fn left(&mut self, identity: &str) -> Change {
        self.people.retain(|person| person != identity);
        if self.linked.as_deref() != Some(identity) {
            return Change::Nothing;
        }
        self.linked = self.people.first().cloned();
        match &self.linked {
            Some(next) => Change::Linked(next.clone()),
            None => Change::Alone,
        }
    }
}
