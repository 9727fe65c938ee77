//! `interruption`: how fast the agent falls silent when it is spoken over, and whether it goes on when it is only listened to.

use std::time::Duration;

use assets::KokoroVoice;

use super::side::VOICES;
use super::story::storyteller;
use super::{Report, Row, percentile};
use crate::caller::{self, BackChannelReport, CallReport, CallerPlan, Fate, Utterance};
use crate::stack::{Stack, StackOptions};

/// How long a listened-to answer goes on before it is spoken over.
const LISTENED: Duration = Duration::from_millis(14_500);
/// When the first back-channel falls into such an answer, and how far the others follow.
const FIRST_SOUND: Duration = Duration::from_millis(1500);
const NEXT_SOUND: Duration = Duration::from_millis(3000);
/// How long an answer that is only spoken over has sounded by then; each call begins at another place in this list.
const SPOKEN_OVER_AFTER: [Duration; 4] =
    [Duration::from_millis(900), Duration::from_millis(1500), Duration::from_millis(2200), Duration::from_millis(3100)];
/// The longest single wait: an answer nobody stops sounds for half a minute.
const PATIENCE: Duration = Duration::from_secs(75);

/// What provokes the first answer; it is listened to.
const OPENING: &str = "Please recite the story.";
/// Spoken over the answer before; each provokes the next one. The answer to the fourth is listened to.
const SPOKEN_OVER: [&str; 6] = [
    "Stop, wait a moment please. Start the story again.",
    "No, hold on. Can you begin from the start?",
    "Sorry, can I interrupt? Tell me the story once more.",
    "Hang on, that was too fast for me. Please recite it again.",
    "One second please. I missed that, start again.",
    "Thank you, that is enough for today. Goodbye.",
];
/// The turns (from 1) whose answers are listened to before they are spoken over.
const LISTENED_TURNS: [usize; 2] = [1, 5];
/// Sounds in one listened-to answer.
const SOUNDS_AN_ANSWER: usize = 4;
/// What a listener utters; `None` is a cough. Each call takes them in this order, from another place.
const SOUNDS: [Option<&str>; 8] =
    [Some("Right."), Some("Uh-huh."), None, Some("Okay."), Some("Yeah."), Some("Um-hum."), None, Some("I see.")];

/// Makes one call per voice and reports: as many calls as `turns` interruptions need, six a call, at most four calls.
///
/// # Errors
/// When the stack can't be started, or a call can't be made at all.
pub async fn interruption(turns: usize, progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("storyteller.toml");
    std::fs::write(&file, storyteller())?;
    let mut reports = Vec::new();
    let calls = turns.div_ceil(SPOKEN_OVER.len()).clamp(1, VOICES.len());
    for (call, voice) in VOICES.into_iter().take(calls).enumerate() {
        let arguments = vec!["--persona".to_owned(), file.display().to_string()];
        let stack = Stack::start(StackOptions { arguments, ..StackOptions::default() }).await?;
        let report = caller::run(plan(&stack.url(), call, voice)).await?;
        progress(summary(voice, &report));
        reports.push(report);
    }
    Ok(Report::here("interruption", rows(&reports)))
}

fn plan(server: &str, call: usize, voice: KokoroVoice) -> CallerPlan {
    let mut plan = CallerPlan { voice: voice.into(), patience: PATIENCE, ..CallerPlan::new(server, "bench") };
    plan = plan.say(OPENING);
    for (index, text) in SPOKEN_OVER.into_iter().enumerate() {
        let turn = index + 1;
        let listened = LISTENED_TURNS.iter().position(|listened| *listened == turn);
        if let Some(answer) = listened {
            plan = (0..SOUNDS_AN_ANSWER).fold(plan, |plan, nth| {
                let place = answer * SOUNDS_AN_ANSWER + nth;
                let after = FIRST_SOUND + NEXT_SOUND * u32::try_from(nth).unwrap_or(u32::MAX);
                plan.back_channel(sound(call, place), after)
            });
        }
        let after = match listened {
            Some(_) => LISTENED,
            None => SPOKEN_OVER_AFTER[(call + index) % SPOKEN_OVER_AFTER.len()],
        };
        plan = plan.interrupted_after(after).say(text);
    }
    plan
}

fn sound(call: usize, place: usize) -> Utterance {
    match SOUNDS[(call * 3 + place) % SOUNDS.len()] {
        Some(text) => Utterance::Say(text.to_owned()),
        None => Utterance::Cough { seed: u32::try_from(call * SOUNDS.len() + place).unwrap_or(0) },
    }
}

fn summary(voice: KokoroVoice, report: &CallReport) -> String {
    let silences =
        report.interruptions.iter().map(|one| one.silence_ms.map_or("-".to_owned(), |ms| format!("{ms:.0}")));
    let fates = report.back_channels.iter().map(|one| match one.pause_ms {
        Some(pause) => format!("{} {:?} {pause:.0} ms", one.said, one.fate),
        None => format!("{} {:?}", one.said, one.fate),
    });
    let (silences, fates): (Vec<_>, Vec<_>) = (silences.collect(), fates.collect());
    format!("{}: silent after {} ms; {}", voice.name(), silences.join(" "), fates.join(", "))
}

fn rows(reports: &[CallReport]) -> Vec<Row> {
    let interruptions: Vec<_> = reports.iter().flat_map(|report| &report.interruptions).collect();
    let silences: Vec<f64> = interruptions.iter().filter_map(|one| one.silence_ms).collect();
    let relapses: usize = interruptions.iter().map(|one| one.relapses).sum();
    let sounds: Vec<&BackChannelReport> = reports.iter().flat_map(|report| &report.back_channels).collect();
    let count = |wanted: Fate| sounds.iter().filter(|one| one.fate == wanted).count() as f64;
    let kept = count(Fate::Kept);
    let judged = kept + count(Fate::TakenForTurn) + count(Fate::NotResumed) + count(Fate::WordsMissing);
    let pauses: Vec<f64> = sounds.iter().filter_map(|one| one.pause_ms).collect();
    let matches: Vec<f64> =
        reports.iter().flat_map(|report| &report.turns).filter_map(|turn| turn.heard_back_match).collect();
    let mean = (!matches.is_empty()).then(|| matches.iter().sum::<f64>() / matches.len() as f64);
    vec![
        Row::new("interruptions", Some(silences.len() as f64), "turns", Some(20.0)),
        Row::new("silence_p50_ms", percentile(&silences, 0.5), "ms", Some(350.0)),
        Row::new("silence_p95_ms", percentile(&silences, 0.95), "ms", Some(500.0)),
        Row::new("relapses", Some(relapses as f64), "times", None),
        Row::new("backchannels", Some(judged), "sounds", Some(20.0)),
        Row::new("backchannel_kept_share", (judged > 0.0).then(|| kept / judged), "share", Some(0.95)),
        Row::new("backchannel_pause_p50_ms", percentile(&pauses, 0.5), "ms", None),
        Row::new("backchannel_pause_p95_ms", percentile(&pauses, 0.95), "ms", Some(700.0)),
        Row::new("backchannels_taken_for_a_turn", Some(count(Fate::TakenForTurn)), "sounds", None),
        Row::new("backchannels_never_resumed", Some(count(Fate::NotResumed)), "sounds", None),
        Row::new("backchannels_with_words_missing", Some(count(Fate::WordsMissing)), "sounds", None),
        Row::new("heard_back_match_mean", mean, "share", Some(0.8)),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn four_calls_hold_enough_of_both_kinds() {
        let plans: Vec<CallerPlan> =
            VOICES.into_iter().enumerate().map(|(call, voice)| plan("http://127.0.0.1:1", call, voice)).collect();
        assert!(plans.iter().all(|plan| plan.check().is_ok()));
        assert!(plans.iter().map(|plan| plan.interrupt.len()).sum::<usize>() >= 20);
        let sounds: Vec<_> = plans.iter().flat_map(|plan| &plan.back_channels).collect();
        assert!(sounds.len() >= 20);
        assert!(sounds.iter().any(|one| matches!(one.sound, Utterance::Cough { .. })));
        assert!(sounds.iter().all(|one| one.after + Duration::from_secs(2) < LISTENED));
    }

    fn back_channel(fate: Fate, pause_ms: Option<f64>) -> BackChannelReport {
        BackChannelReport {
            turn: 1,
            said: "Right.".into(),
            from_ms: None,
            until_ms: None,
            fate,
            pause_ms,
            heard_back: None,
            words_missing: None,
        }
    }

    #[test]
    fn only_what_can_be_told_counts() {
        let mut report: CallReport = serde_json::from_value(serde_json::json!({
            "outcome": "answered", "room": "r", "caller_identity": "c", "agent_identity": null, "join_ms": 1.0,
            "greeting_ms": null, "greeting": null, "turns": [], "interruptions": [], "back_channels": [], "face": null,
            "states": [], "microphone_late_ms": 0.0, "lost_audio_frames": 0, "lost_video_frames": 0, "length_ms": 1.0,
        }))
        .unwrap();
        report.back_channels = vec![
            back_channel(Fate::Kept, Some(0.0)),
            back_channel(Fate::Kept, Some(400.0)),
            back_channel(Fate::TakenForTurn, None),
            back_channel(Fate::NotMade, None),
            back_channel(Fate::AnswerOver, None),
            back_channel(Fate::WordsMissing, Some(900.0)),
        ];
        let rows = rows(&[report]);
        let figure = |what: &str| rows.iter().find(|row| row.what == what).unwrap().measured;
        assert_eq!(figure("backchannels"), Some(4.0));
        assert_eq!(figure("backchannel_kept_share"), Some(0.5));
        assert_eq!(figure("backchannel_pause_p95_ms"), Some(900.0));
        assert_eq!(figure("silence_p50_ms"), None);
    }
}
