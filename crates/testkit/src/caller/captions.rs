//! Who said what, as the captions have it: notes folded into segments.

use std::time::Duration;

use super::notes::{Note, Observation};

/// Whose words a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Caller,
    Agent,
}

/// One caption segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) side: Side,
    id: String,
    /// When its first words came.
    pub(super) first: Duration,
    /// When it became final, if it did (the caller's segments only).
    pub(super) finished: Option<Duration>,
    pub(super) text: String,
}

/// All caption segments of a call, in the order in which they began.
pub(super) fn segments(notes: &[Note]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for Note { at, what } in notes {
        match what {
            Observation::UserCaption { segment, text, is_final } => {
                let entry = entry(&mut segments, Side::Caller, segment, *at);
                // An update that comes after the final text is a stream that was overtaken.
                if entry.finished.is_none() || *is_final {
                    text.trim().clone_into(&mut entry.text);
                }
                if *is_final {
                    entry.finished = Some(*at);
                }
            }
            Observation::AgentCaptionBegan { segment } => {
                if let Some(known) = segments.iter_mut().find(|known| known.side == Side::Agent && known.id == *segment)
                {
                    known.text.clear();
                }
            }
            Observation::AgentCaptionDelta { segment, delta } => {
                entry(&mut segments, Side::Agent, segment, *at).text.push_str(delta);
            }
            Observation::AgentJoined { .. }
            | Observation::AgentLeft
            | Observation::State(_)
            | Observation::AgentSounds
            | Observation::AgentSilent
            | Observation::CallerSpeaks { .. }
            | Observation::CallerSilent { .. }
            | Observation::BackChannelBegins { .. }
            | Observation::BackChannelEnds { .. }
            | Observation::MicrophoneFailed { .. }
            | Observation::Disconnected { .. } => {}
        }
    }
    segments
}

fn entry<'a>(segments: &'a mut Vec<Segment>, side: Side, id: &str, at: Duration) -> &'a mut Segment {
    let known = segments.iter().position(|known| known.side == side && known.id == id);
    let index = known.unwrap_or_else(|| {
        segments.push(Segment { side, id: id.to_owned(), first: at, finished: None, text: String::new() });
        segments.len() - 1
    });
    &mut segments[index]
}

/// The words of one side whose segments began in `from..until`, joined.
pub(super) fn text_between(segments: &[Segment], side: Side, from: Duration, until: Duration) -> String {
    let texts = chosen(segments, side, from, until).map(|segment| segment.text.trim()).filter(|text| !text.is_empty());
    texts.collect::<Vec<_>>().join(" ")
}

/// The segments of one side that began in `from..until`.
pub(super) fn chosen(
    segments: &[Segment],
    side: Side,
    from: Duration,
    until: Duration,
) -> impl Iterator<Item = &Segment> {
    segments.iter().filter(move |segment| segment.side == side && (from..until).contains(&segment.first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    fn user(at: u64, segment: &str, text: &str, is_final: bool) -> Note {
        let what = Observation::UserCaption { segment: segment.into(), text: text.into(), is_final };
        Note { at: ms(at), what }
    }

    fn delta(at: u64, segment: &str, delta: &str) -> Note {
        Note { at: ms(at), what: Observation::AgentCaptionDelta { segment: segment.into(), delta: delta.into() } }
    }

    #[test]
    fn updates_replace_and_deltas_append() {
        let notes = [
            user(100, "u1", "what is", false),
            user(200, "u1", "what is the capital", true),
            user(210, "u1", "what is the", false),
            delta(300, "a1", "It is "),
            delta(400, "a1", "Paris."),
        ];
        let segments = segments(&notes);
        assert_eq!(segments.len(), 2);
        assert_eq!(segments[0].text, "what is the capital", "a late partial does not undo the final text");
        assert_eq!((segments[0].first, segments[0].finished), (ms(100), Some(ms(200))));
        assert_eq!(segments[1].text, "It is Paris.");
    }

    #[test]
    fn a_stream_opened_again_replaces_its_segment() {
        let began = Note { at: ms(500), what: Observation::AgentCaptionBegan { segment: "a1".into() } };
        let notes = [delta(300, "a1", "It is"), began, delta(501, "a1", "It is Paris.")];
        assert_eq!(segments(&notes)[0].text, "It is Paris.");
    }

    #[test]
    fn takes_the_segments_that_began_in_time() {
        let notes =
            [delta(100, "g", "Hello."), delta(1000, "a", "One."), delta(1500, "b", " Two. "), delta(3000, "c", "X")];
        let segments = segments(&notes);
        assert_eq!(text_between(&segments, Side::Agent, ms(900), ms(3000)), "One. Two.");
        assert_eq!(text_between(&segments, Side::Caller, ms(0), ms(9000)), "");
    }
}
