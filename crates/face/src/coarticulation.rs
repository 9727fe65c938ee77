//! How strongly a viseme imposes itself on its neighbours, part by part, and how early and how long.
//!
//! Vowels and sounds of the lips impose themselves, sounds of the tongue adapt: the k of "cool" is round, the k of
//! "key" is not. Rounding begins early: lips move towards an /u/ while the consonants before it still sound (Perkell
//! and Matthies, "Temporal measures of anticipatory labial coarticulation for the vowel /u/", 1992).

use crate::{BlendShape, Viseme};

/// A part of the mouth that moves on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Jaw,
    Lips,
    Tongue,
}

impl Part {
    pub(crate) const ALL: [Self; 3] = [Self::Jaw, Self::Lips, Self::Tongue];

    /// The part to which a shape of the mouth belongs.
    pub(crate) const fn of(shape: BlendShape) -> Self {
        match shape {
            BlendShape::JawOpen | BlendShape::JawForward | BlendShape::JawLeft | BlendShape::JawRight => Self::Jaw,
            BlendShape::TongueOut => Self::Tongue,
            _ => Self::Lips,
        }
    }
}

/// The influence of one viseme on one part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coarticulation {
    /// Weight against the neighbours.
    pub(crate) dominance: f32,
    /// How long before its sound a shape begins to show, in seconds.
    pub(crate) anticipation_s: f32,
    /// How long after its sound a shape still shows, in seconds.
    pub(crate) release_s: f32,
}

pub(crate) const fn of(viseme: Viseme, part: Part) -> Coarticulation {
    // jaw, lips, tongue
    let [jaw, lips, tongue] = match viseme {
        Viseme::Sil => [0.7, 0.7, 0.7],
        // The lips shut by force and over any jaw (see `SpeechTrack`): the vowels around a p keep theirs.
        Viseme::PP => [0.4, 0.4, 0.2],
        Viseme::FF => [1.2, 1.0, 0.3],
        Viseme::TH => [0.8, 0.6, 1.5],
        Viseme::DD => [0.7, 0.35, 1.2],
        Viseme::Kk => [0.6, 0.2, 0.6],
        Viseme::CH => [1.0, 1.4, 1.0],
        // The teeth must meet, or it is no s.
        Viseme::SS => [1.4, 0.8, 1.0],
        Viseme::Nn => [0.6, 0.3, 1.2],
        Viseme::RR => [0.7, 1.0, 0.8],
        Viseme::Aa => [1.0, 0.7, 0.6],
        Viseme::E => [0.9, 0.8, 0.6],
        Viseme::Ih => [0.9, 0.9, 0.6],
        Viseme::Oh => [1.0, 1.2, 0.6],
        Viseme::Ou => [1.0, 1.5, 0.6],
    };
    let (anticipation_s, release_s) = match (part, viseme) {
        (Part::Lips, Viseme::Ou | Viseme::Oh | Viseme::CH) => (0.14, 0.11),
        (Part::Lips, Viseme::RR | Viseme::FF) => (0.09, 0.09),
        (Part::Jaw | Part::Lips | Part::Tongue, _) => (0.06, 0.08),
    };
    let dominance = match part {
        Part::Jaw => jaw,
        Part::Lips => lips,
        Part::Tongue => tongue,
    };
    Coarticulation { dominance, anticipation_s, release_s }
}
