//! A call's id, and the numbers that are counted in it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The id of a call: given once, the same over all workers that serve it, never given again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u64);

impl CallId {
    /// The id that is made of a random number.
    #[must_use]
    pub const fn from_random(random: u64) -> Self {
        Self(random)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallId({self})")
    }
}

/// A text that is no call's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a call's id is 16 hexadecimal digits in lower case")]
pub struct NotACallId;

impl FromStr for CallId {
    type Err = NotACallId;

    fn from_str(text: &str) -> Result<Self, NotACallId> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 16 || !digits {
            return Err(NotACallId);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| NotACallId)
    }
}

/// How many workers a call was given, this one included: 1 for the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u32);

impl Generation {
    /// The first worker's.
    pub const FIRST: Self = Self(1);

    /// The `number`th worker's; `None` for 0.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// As a number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The next worker's.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that is no generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a generation is a number from 1 on")]
pub struct NotAGeneration;

impl FromStr for Generation {
    type Err = NotAGeneration;

    fn from_str(text: &str) -> Result<Self, NotAGeneration> {
        text.parse().ok().and_then(Self::new).ok_or(NotAGeneration)
    }
}

/// How often a call's workers have said that they live. Only whether it changed means anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Beat(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_as_it_was_written() {
        for random in [0, 1, 0xfeed_beef, u64::MAX] {
            let id = CallId::from_random(random);
            assert_eq!(id.to_string().len(), 16);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn other_texts_are_no_ids() {
        for text in
            ["", "0", "00000000000000000", "000000000000000G", "000000000000000A", "+00000000000000f", "äöäöäöäö"]
        {
            assert_eq!(text.parse::<CallId>(), Err(NotACallId), "{text}");
        }
    }

    #[test]
    fn generations_begin_with_one() {
        assert_eq!("1".parse(), Ok(Generation::FIRST));
        assert_eq!("7".parse::<Generation>().map(Generation::get), Ok(7));
        for text in ["", "0", "-1", "4294967296", "1.5", "x"] {
            assert_eq!(text.parse::<Generation>(), Err(NotAGeneration), "{text}");
        }
        assert_eq!(Generation::FIRST.next().get(), 2);
    }
}
