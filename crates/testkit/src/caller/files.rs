//! What a call leaves behind: `call.wav`, `call.png`, `call.json`.

use std::path::Path;
use std::time::Duration;

use proto::room::AgentState;

use super::eyes::Seen;
use super::notes::{Note, Observation};
use super::{CallReport, CallerError};
use crate::measure::{Picture, Tile, contact_sheet};
use crate::wav::write_stereo;

/// The sheet's columns and rows.
const COLUMNS: usize = 6;
const ROWS: usize = 4;

/// Writes all three files into `folder`, which is made when missing. No picture, no `call.png`.
pub(super) fn write(
    folder: &Path,
    report: &CallReport,
    caller: &[i16],
    agent: &[i16],
    sheet: Option<&Picture>,
) -> Result<(), CallerError> {
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    write_stereo(&folder.join("call.wav"), caller, agent)?;
    let picture = folder.join("call.png");
    match sheet {
        Some(sheet) => {
            let bytes = sheet.to_png().map_err(|error| failed(&picture, &error))?;
            std::fs::write(&picture, bytes).map_err(|error| failed(&picture, &error))?;
        }
        // A picture of an earlier call must not pass for one of this call.
        None => match std::fs::remove_file(&picture) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&picture, &error)),
            Ok(()) | Err(_) => {}
        },
    }
    let path = folder.join("call.json");
    let json = serde_json::to_vec_pretty(report).map_err(|error| failed(&path, &error))?;
    std::fs::write(&path, json).map_err(|error| failed(&path, &error))
}

/// Chooses pictures spread over the call, half of them from `speaking`, and lays them out; `None` without pictures.
pub(super) fn sheet(seen: &[Seen], notes: &[Note], speaking: &[(Duration, Duration)]) -> Option<Picture> {
    let pictures: Vec<&(Duration, Picture)> = seen.iter().flat_map(|seen| &seen.pictures).collect();
    let times: Vec<Duration> = pictures.iter().map(|(at, _)| *at).collect();
    let tiles: Vec<Tile> = choose(&times, speaking, COLUMNS * ROWS)
        .into_iter()
        .map(|index| {
            let (at, picture) = pictures[index];
            let state = state_at(notes, *at);
            let name = state.map_or("", AgentState::as_str);
            Tile { picture: picture.clone(), label: format!("{:.1} {name}", at.as_secs_f64()), colour: colour(state) }
        })
        .collect();
    (!tiles.is_empty()).then(|| contact_sheet(&tiles, COLUMNS))
}

/// Indices of at most `most` times in order: half inside `speaking` and half outside, each spread evenly, as far as there
/// are enough of a kind.
fn choose(times: &[Duration], speaking: &[(Duration, Duration)], most: usize) -> Vec<usize> {
    let speaks = |at: &Duration| speaking.iter().any(|(from, until)| (from..until).contains(&at));
    let (inside, outside): (Vec<usize>, Vec<usize>) = (0..times.len()).partition(|index| speaks(&times[*index]));
    let half = most / 2;
    let from_inside = half.max(most.saturating_sub(outside.len())).min(inside.len());
    let from_outside = (most - from_inside).min(outside.len());
    let mut chosen = spread(&inside, from_inside);
    chosen.extend(spread(&outside, from_outside));
    chosen.sort_unstable();
    chosen
}

fn spread(indices: &[usize], count: usize) -> Vec<usize> {
    (0..count).map(|n| indices[(2 * n + 1) * indices.len() / (2 * count)]).collect()
}

fn state_at(notes: &[Note], at: Duration) -> Option<AgentState> {
    let mut state = None;
    for note in notes.iter().filter(|note| note.at <= at) {
        if let Observation::State(now) = note.what {
            state = Some(now);
        }
    }
    state
}

fn colour(state: Option<AgentState>) -> [u8; 3] {
    match state {
        Some(AgentState::Speaking) => [46, 160, 67],
        Some(AgentState::Listening) => [56, 139, 253],
        Some(AgentState::Thinking) => [219, 155, 10],
        Some(AgentState::Initializing | AgentState::Idle) | None => [110, 118, 129],
    }
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> CallerError {
    CallerError::Output { path: path.to_owned(), message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(values: std::ops::Range<u64>) -> Vec<Duration> {
        values.map(Duration::from_secs).collect()
    }

    #[test]
    fn both_phases_are_on_the_sheet_even_when_one_is_rare() {
        let speaking = [(Duration::from_secs(10), Duration::from_secs(13))];
        let chosen = choose(&seconds(0..200), &speaking, 24);
        assert_eq!(chosen.len(), 24);
        assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(chosen.iter().filter(|index| (10..13).contains(*index)).count(), 3);
    }

    #[test]
    fn half_and_half_spread_over_the_call_when_there_is_enough() {
        let speaking = [(Duration::from_secs(0), Duration::from_secs(100))];
        let chosen = choose(&seconds(0..200), &speaking, 24);
        let inside: Vec<_> = chosen.iter().filter(|index| **index < 100).collect();
        assert_eq!(inside.len(), 12);
        assert!(*inside[0] < 10 && *inside[11] > 90);
    }

    #[test]
    fn takes_what_there_is() {
        assert_eq!(choose(&seconds(0..3), &[], 24), [0, 1, 2]);
        assert_eq!(choose(&[], &[], 24), Vec::<usize>::new());
        assert!(sheet(&[], &[], &[]).is_none());
    }
}
