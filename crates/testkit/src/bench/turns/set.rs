//! The set of turns: texts, voices, and pauses as long as people's.

use std::fmt;
use std::time::Duration;

use assets::KokoroVoice;
use serde::Deserialize;

use crate::caller::sounds::join_with_pauses;
use crate::odd_sounds::{samples_in, silence};
use crate::random::Noise;
use crate::speaker::Speaker;

const FILE: &str = include_str!("../../../data/turns.toml");
/// Before and after each turn.
const AROUND: [Duration; 2] = [Duration::from_millis(700), Duration::from_millis(3_200)];
/// Shares of pauses that are longer than so many milliseconds: of the pauses in turns of people, as silence alone cuts off so
/// many on eot-bench. Between them lengths are drawn evenly.
const LONGER_THAN: [(u32, u32); 6] = [(1_000, 110), (556, 300), (217, 600), (100, 1_000), (50, 1_600), (0, 2_400)];

/// Which half of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// Weights are fitted to it.
    Tuning,
    /// Only judged: other texts, other voices.
    Test,
}

impl fmt::Display for Half {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Tuning => "tuning",
            Self::Test => "test",
        })
    }
}

impl Half {
    const fn speakers(self) -> &'static [Speaker] {
        match self {
            Self::Tuning => &[
                Speaker::Kokoro(KokoroVoice::AfHeart),
                Speaker::Kokoro(KokoroVoice::AmAdam),
                Speaker::Kokoro(KokoroVoice::BfEmma),
                Speaker::Kokoro(KokoroVoice::BmGeorge),
                Speaker::Kokoro(KokoroVoice::AfBella),
                Speaker::Hibari,
            ],
            Self::Test => &[
                Speaker::Kokoro(KokoroVoice::AmMichael),
                Speaker::Kokoro(KokoroVoice::BfIsabella),
                Speaker::Kokoro(KokoroVoice::BmLewis),
                Speaker::Piper,
                Speaker::Espeak,
            ],
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tuning: Vec<Kind>,
    test: Vec<Kind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    kind: String,
    after: Option<String>,
    turns: Vec<String>,
}

/// A turn as it sounds.
pub(super) struct Turn {
    pub(super) half: Half,
    pub(super) kind: String,
    pub(super) speaker: Speaker,
    /// What the agent said before, if that matters.
    pub(super) after: Option<String>,
    /// The text, pauses marked.
    pub(super) text: String,
    /// 48 kHz mono, with silence around it.
    pub(super) samples: Vec<i16>,
}

/// Every turn of a half, by every voice of it: some minutes.
pub(super) fn speak(half: Half, each: &mut dyn FnMut(Turn) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let file: File = toml::from_str(FILE)?;
    let kinds = match half {
        Half::Tuning => file.tuning,
        Half::Test => file.test,
    };
    let mut noise = Noise::new(7);
    for speaker in half.speakers() {
        let mut mouth = speaker.open()?;
        for kind in &kinds {
            for text in &kind.turns {
                let parts = parts(text).map(|part| mouth.say(&part)).collect::<Result<Vec<_>, _>>()?;
                let pauses: Vec<usize> = parts.iter().skip(1).map(|_| samples_in(pause(noise.below(1_000)))).collect();
                let Some(said) = join_with_pauses(&parts, &pauses) else {
                    anyhow::bail!("{}: a part of \"{text}\" is silent", speaker.name())
                };
                each(Turn {
                    half,
                    kind: kind.kind.clone(),
                    speaker: *speaker,
                    after: kind.after.clone(),
                    text: text.clone(),
                    samples: [silence(AROUND[0]), said, silence(AROUND[1])].concat(),
                })?;
            }
        }
    }
    Ok(())
}

/// What is said between the pauses. A part that ends in mid-sentence gets a comma, so that it does not sound like an end.
fn parts(text: &str) -> impl Iterator<Item = String> {
    let count = text.split('|').count();
    text.split('|').enumerate().map(move |(index, part)| {
        let part = part.trim();
        let open = index + 1 < count && part.ends_with(char::is_alphanumeric);
        if open { format!("{part},") } else { part.to_owned() }
    })
}

/// The length of a pause that so many of a thousand are longer than.
fn pause(rank: u32) -> Duration {
    let pairs = LONGER_THAN.iter().zip(&LONGER_THAN[1..]);
    let within = pairs.into_iter().find(|((above, _), (below, _))| (*below..*above).contains(&rank));
    let ms = within.map_or(LONGER_THAN[0].1, |((above, shorter), (below, longer))| {
        shorter + (above - rank) * (longer - shorter) / (above - below)
    });
    Duration::from_millis(u64::from(ms))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pauses_are_as_long_as_peoples() {
        let longer = |than: u64| (0..1_000).filter(|rank| pause(*rank) > Duration::from_millis(than)).count();
        assert_eq!(longer(100), 1_000);
        assert!(longer(300).abs_diff(556) < 5 && longer(600).abs_diff(217) < 5 && longer(1_600).abs_diff(50) < 5);
        assert_eq!(longer(2_400), 0);
    }

    #[test]
    fn what_goes_on_sounds_as_if_it_did() {
        let spoken: Vec<String> = parts("Thank you. | I would like to | go.").collect();
        assert_eq!(spoken, ["Thank you.", "I would like to,", "go."]);
    }

    #[test]
    fn there_are_at_least_four_hundred_turns_in_two_halves_of_their_own() {
        let file: File = toml::from_str(FILE).unwrap();
        let texts = |kinds: &[Kind]| kinds.iter().flat_map(|kind| kind.turns.clone()).collect::<Vec<_>>();
        let (tuning, test) = (texts(&file.tuning), texts(&file.test));
        assert!(tuning.iter().all(|text| !test.contains(text)));
        let count = tuning.len() * Half::Tuning.speakers().len() + test.len() * Half::Test.speakers().len();
        assert!(count >= 400, "{count}");
    }
}
