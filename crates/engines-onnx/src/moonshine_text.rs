//! What surrounds Moonshine's networks: its vocabulary, where to cut long audio, and when it has begun to stammer.

use speech::LISTEN_SAMPLE_RATE;

/// Words and word pieces by number.
pub(crate) struct Vocabulary(Vec<Vec<u8>>);

impl Vocabulary {
    /// Reads `tokenizer.bin`: each piece is a length (one byte below 128, else `low + (high - 1) * 128` over two
    /// bytes) and that many bytes. None when the file ends in the middle of a piece.
    pub(crate) fn parse(mut bytes: &[u8]) -> Option<Self> {
        let mut pieces = Vec::new();
        while let Some((&first, rest)) = bytes.split_first() {
            bytes = rest;
            let mut length = usize::from(first);
            if first >= 128 {
                let (&high, rest) = bytes.split_first()?;
                bytes = rest;
                length = usize::from(high) * 128 + length - 128;
            }
            let (piece, rest) = bytes.split_at_checked(length)?;
            pieces.push(piece.to_vec());
            bytes = rest;
        }
        Some(Self(pieces))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The text of these tokens. Control tokens (`<s>`, `<<ST_1>>`) and unknown numbers are left out.
    pub(crate) fn text(&self, tokens: &[i64]) -> String {
        let mut bytes = Vec::new();
        for token in tokens {
            let piece = usize::try_from(*token).ok().and_then(|index| self.0.get(index));
            bytes.extend(piece.into_iter().filter(|piece| !is_control(piece)).flatten());
        }
        String::from_utf8_lossy(&bytes).replace('\u{2581}', " ").trim().to_owned()
    }
}

fn is_control(piece: &[u8]) -> bool {
    matches!(piece, b"<unk>" | b"<s>" | b"</s>") || (piece.starts_with(b"<<ST_") && piece.ends_with(b">>"))
}

/// Tokens that a clip of this length can hold: people stay below 6.5 a second (the figure that the model's authors use),
/// plus a few for a short clip that begins and ends in mid-word.
pub(crate) fn token_limit(samples: usize) -> usize {
    (samples as f64 / f64::from(LISTEN_SAMPLE_RATE) * 6.5).ceil() as usize + 4
}

/// When the tokens end in a loop (the same up to eight tokens four times, a single one six times), the length to keep:
/// all up to the end of the loop's first round.
pub(crate) fn loop_start(tokens: &[i64]) -> Option<usize> {
    for period in 1..=8 {
        let rounds = if period == 1 { 6 } else { 4 };
        let Some(start) = tokens.len().checked_sub(period * rounds) else { break };
        let tail = &tokens[start..];
        if tail[period..].iter().zip(tail).all(|(later, earlier)| later == earlier) {
            return Some(start + period);
        }
    }
    None
}

/// Cuts audio into windows of at most `longest` samples, each cut at the quietest 20 ms of a window's last fifth.
pub(crate) fn windows(audio: &[f32], longest: usize) -> Vec<&[f32]> {
    let mut cuts = Vec::new();
    let mut rest = audio;
    while rest.len() > longest {
        let (window, later) = rest.split_at(quietest(rest, longest));
        cuts.push(window);
        rest = later;
    }
    cuts.push(rest);
    cuts
}

fn quietest(audio: &[f32], longest: usize) -> usize {
    let step = LISTEN_SAMPLE_RATE as usize / 50;
    let from = longest - longest / 5;
    let energy = |at: &usize| audio[*at - step / 2..*at + step / 2].iter().map(|sample| sample * sample).sum::<f32>();
    let place = (from.max(step)..longest - step / 2).step_by(step).min_by(|a, b| energy(a).total_cmp(&energy(b)));
    place.unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_pieces_short_and_long() {
        let mut file = vec![5];
        file.extend(b"<unk>");
        file.extend([0, 5]);
        file.extend("\u{2581}hi".as_bytes());
        file.extend([128 + 2, 1]);
        file.extend([b'x'; 130]);
        let vocabulary = Vocabulary::parse(&file).unwrap();
        assert_eq!(vocabulary.len(), 4);
        assert_eq!(vocabulary.text(&[0, 2, 1, 2, 99, -1]), "hi hi");
        assert_eq!(vocabulary.text(&[3]).len(), 130);
        assert!(Vocabulary::parse(&file[..file.len() - 1]).is_none());
    }

    #[test]
    fn a_loop_is_cut_to_one_round() {
        assert_eq!(loop_start(&[9, 8, 1, 2, 1, 2, 1, 2, 1, 2]), Some(4));
        assert_eq!(loop_start(&[9, 7, 7, 7, 7, 7, 7]), Some(2));
        assert_eq!(loop_start(&[9, 7, 7, 7, 7, 7]), None);
        assert_eq!(loop_start(&[1, 2, 3, 1, 2, 3, 1, 2, 3]), None);
        assert_eq!(loop_start(&[]), None);
    }

    #[test]
    fn the_cut_is_made_in_the_pause() {
        let mut audio = vec![0.3; 40_000];
        audio[28_000..29_000].fill(0.0);
        let cut = windows(&audio, 32_000);
        assert_eq!(cut.len(), 2);
        assert!((28_000..29_000).contains(&cut[0].len()), "{}", cut[0].len());
    }

    proptest! {
        #[test]
        fn windows_hold_everything_once_and_none_is_too_long(count in 0usize..9_000, longest in 2_000usize..4_000) {
            let audio: Vec<f32> = (0..count).map(|n| n as f32).collect();
            let cut = windows(&audio, longest);
            prop_assert!(cut.iter().all(|window| window.len() <= longest));
            prop_assert_eq!(cut.concat(), audio);
        }

        #[test]
        fn any_file_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Vocabulary::parse(&bytes);
        }
    }
}
