//! `bench turns`: how well the end of a turn is told from a pause in it, without a call.
//!
//! ```text
//!  data/turns.toml × voices ──> audio with its pauses ──> Silero, gate ──> pauses that a call would see
//!                                                           │ Moonshine, Smart Turn, language model, words
//!                                                           └──> Seen (one a pause) ──> sweep ──> rows
//! ```
//!
//! The figures are those of eot-bench (github.com/livekit/eot-bench): of the pauses inside turns, the share that a policy
//! takes for the end when its mean delay at true ends is 300 ms, and so on; the policy is the best of a grid.

mod fit;
mod judge;
mod set;
mod sweep;

use std::time::Duration;

use dialogue::{Evidence, PolicyRegistry, SentenceEnd, Settings};

use super::{Report, Row, percentile};
use judge::{Judge, Seen};
use set::{Half, Turn};

/// Delays at true ends, in milliseconds, at which cut-offs are reported.
const DELAYS_MS: [u32; 2] = [300, 600];
/// Shares of cut-offs at which the delay is reported.
const CUT_OFFS: [f64; 2] = [0.05, 0.10];

/// A shorter turn's detector is believed only from this probability on (`dialogue::machine::user`).
const MIN_JUDGED: Duration = Duration::from_millis(800);
const FINISHED: f32 = 0.85;
/// Policies as a persona names them.
const POLICIES: [&str; 2] = ["detector", "combined"];

/// How much a pause looks like the end.
type Score = fn(&Seen) -> f64;

/// Ways to tell, by what they know of a pause: the higher the score, the more it is the end.
const SCORES: [(&str, Score); 4] = [
    ("silence", |_| 0.0),
    ("smart_turn", |seen| f64::from(seen.sound)),
    ("sentence_end", |seen| f64::from(seen.sentence_end.unwrap_or_default())),
    ("combined", |seen| combined(seen)),
];

/// What the default policy makes of a pause.
fn combined(seen: &Seen) -> f64 {
    f64::from(dialogue::end_of_turn_probability(&seen.evidence()).unwrap_or_default())
}

impl Seen {
    /// As in a call: of a short turn the detector's "unfinished" tells nothing.
    fn judged_sound(&self) -> Option<f32> {
        (self.voiced >= MIN_JUDGED || self.sound >= FINISHED).then_some(self.sound)
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            words: &self.words,
            probability: self.judged_sound().map(|sound| (sound * 1e3) as u16),
            sentence_end: self
                .sentence_end
                .map_or(SentenceEnd::Unknown, |end| SentenceEnd::Millionths((end * 1e6) as u32)),
            hint: self.hint,
            long_pause: None,
        }
    }
}

/// Judges every pause of every turn; each is a line for `progress`.
///
/// # Errors
/// When a model or a voice is missing.
pub fn turns(progress: &mut dyn FnMut(&str)) -> anyhow::Result<Report> {
    let mut judge = Judge::load()?;
    let mut seen = Vec::new();
    let mut rows = Vec::new();
    for half in [Half::Tuning, Half::Test] {
        let mut count = 0;
        set::speak(half, &mut |turn: Turn| {
            let pauses = judge.judge(&turn)?;
            pauses.iter().for_each(|pause| progress(&pause.to_string()));
            count += 1;
            seen.extend(pauses);
            Ok(())
        })?;
        rows.push(Row::new(&format!("turns_{half}"), Some(f64::from(count)), "turns", None));
    }
    for half in [Half::Tuning, Half::Test] {
        let of_half: Vec<&Seen> = seen.iter().filter(|pause| pause.half == half).collect();
        rows.extend(rows_of(half, &of_half));
    }
    for half in [Half::Tuning, Half::Test] {
        let of_half: Vec<&Seen> = seen.iter().filter(|pause| pause.half == half).collect();
        for policy in POLICIES {
            rows.extend(policy_rows(policy, half, &of_half)?);
        }
    }
    let tuning: Vec<&Seen> = seen.iter().filter(|pause| pause.half == Half::Tuning).collect();
    for (name, weights) in fit::fits(&tuning) {
        progress(&format!("weights fitted to the tuning half, {name}: {weights:.2?}"));
    }
    Ok(Report::here("turns", rows))
}

/// What a policy of `dialogue` does, with its default settings.
fn policy_rows(policy: &str, half: Half, seen: &[&Seen]) -> anyhow::Result<Vec<Row>> {
    let mut settings = Settings::default();
    policy.clone_into(&mut settings.end_of_turn.policy);
    let policies = PolicyRegistry::builtin().select(&settings)?;
    let (mut cut, mut pauses, mut delays) = (0_u32, 0_u32, Vec::new());
    for seen in seen {
        let needed = policies.silence_needed(&seen.evidence()).unwrap_or(Duration::MAX);
        match seen.pause {
            Some(pause) => {
                pauses += 1;
                cut += u32::from(pause > needed);
            }
            None => delays.push(needed.as_secs_f64() * 1e3),
        }
    }
    let mean = delays.iter().sum::<f64>() / delays.len().max(1) as f64;
    let share = f64::from(cut) / f64::from(pauses.max(1));
    Ok(vec![
        Row::new(&format!("policy_{policy}_cutoffs_share_{half}"), Some(share), "share", None),
        Row::new(&format!("policy_{policy}_delay_mean_{half}"), Some(mean), "ms", None),
        Row::new(&format!("policy_{policy}_delay_p50_{half}"), percentile(&delays, 0.5), "ms", None),
        Row::new(&format!("policy_{policy}_delay_p95_{half}"), percentile(&delays, 0.95), "ms", None),
    ])
}

fn rows_of(half: Half, seen: &[&Seen]) -> Vec<Row> {
    let ends = seen.iter().filter(|pause| pause.pause.is_none()).count();
    let mut rows = vec![
        Row::new(&format!("ends_{half}"), Some(ends as f64), "ends", None),
        Row::new(&format!("pauses_{half}"), Some((seen.len() - ends) as f64), "pauses", None),
    ];
    for (name, score) in SCORES {
        let scored: Vec<sweep::Scored> =
            seen.iter().map(|pause| sweep::Scored { score: score(pause), pause: pause.pause }).collect();
        let figures = sweep::sweep(&scored);
        for delay in DELAYS_MS {
            let limit = (half == Half::Test && name == "combined" && delay == 300).then_some(0.15);
            let share = figures.cut_offs_at(f64::from(delay));
            rows.push(Row::new(&format!("cutoffs_at_{delay}_ms_share_{name}_{half}"), share, "share", limit));
        }
        for cut_offs in CUT_OFFS {
            let delay = figures.delay_at(cut_offs);
            rows.push(Row::new(&format!("delay_at_{:.0}_percent_{name}_{half}", cut_offs * 100.0), delay, "ms", None));
        }
        if name != "silence" {
            rows.push(Row::new(&format!("auc_{name}_{half}"), sweep::area_under_curve(&scored), "share", None));
        }
    }
    rows
}
