//! `response`: how long a caller waits for an answer, with the embedded engines on this machine.

use std::sync::Arc;

use assets::KokoroVoice;

use super::{Report, Row, UsageSampler, percentile};
use crate::caller::{self, CallReport, CallerPlan};
use crate::process::children_named;
use crate::stack::{Stack, StackOptions};

/// What is asked: short and long, questions and statements, with and without pauses inside.
const UTTERANCES: [&str; 20] = [
    "What is the capital of France?",
    "Hello, my name is Daniel.",
    "How many legs does a spider have?",
    "I had a really long day at work, and my feet hurt.",
    "Can you recommend something to do in the evening?",
    "What color is the sky on a clear day?",
    "Tell me something about the moon.",
    "Is water heavier than oil?",
    "My favorite food is pasta with tomato sauce.",
    "Which animal is known as the king of the jungle?",
    "How do you say good morning in Spanish?",
    "What should I pack for a trip to the beach?",
    "Thank you, that was helpful.",
    "Who wrote Romeo and Juliet?",
    "I would like to learn how to play the guitar.",
    "What is two plus two?",
    "Do you think it will ever be possible to live on Mars?",
    "Please tell me a short joke.",
    "How many days are there in a week?",
    "That is all for today. Goodbye.",
];
/// Each voice makes one call with an equal share of the utterances.
const VOICES: [KokoroVoice; 4] = KokoroVoice::ALL;

/// Makes the calls and reports.
///
/// # Errors
/// When the stack can't be started, or a call can't be made at all. A turn that is not answered is counted.
pub async fn response(turns: usize, progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let mut reports = Vec::new();
    let mut usages = Vec::new();
    let per_call = turns.clamp(VOICES.len(), UTTERANCES.len()).div_ceil(VOICES.len());
    for (voice, said) in VOICES.into_iter().zip(UTTERANCES.chunks(UTTERANCES.len() / VOICES.len())) {
        // A stack of its own for each call: every greeting is that of a cold worker.
        let stack = Arc::new(Stack::start(StackOptions::default()).await?);
        let mut plan = CallerPlan { voice, ..CallerPlan::new(stack.url(), "bench") };
        plan = said.iter().take(per_call).fold(plan, |plan, text| plan.say(*text));
        if per_call > 1 {
            plan = plan.interrupting(per_call - 1);
        }
        let server = stack.server_pid();
        let sampler = UsageSampler::start(move || {
            server.and_then(|server| children_named(server, "agent-worker").ok()?.first().copied())
        });
        let report = caller::run(plan).await;
        usages.push(sampler.finish());
        let report = report?;
        progress(summary(voice, &report));
        reports.push(report);
    }
    let mut rows = rows(&reports);
    let peak = |pick: fn(&super::Usage) -> f64| usages.iter().map(pick).reduce(f64::max);
    rows.push(Row::new("worker_pss_peak_mib", peak(|usage| usage.peak_pss_mib), "MiB", None));
    rows.push(Row::new("worker_cpu_in_call_cores", peak(|usage| usage.cores), "cores", None));
    Ok(Report::here("response", rows))
}

fn summary(voice: KokoroVoice, report: &CallReport) -> String {
    let gaps: Vec<String> =
        report.turns.iter().map(|turn| turn.gap_ms.map_or("-".into(), |gap| format!("{gap:.0}"))).collect();
    format!("{}: greeting {:.0} ms, gaps {} ms", voice.name(), report.greeting_ms.unwrap_or(f64::NAN), gaps.join(" "))
}

fn rows(reports: &[CallReport]) -> Vec<Row> {
    let turns: Vec<_> = reports.iter().flat_map(|report| &report.turns).collect();
    let gather = |values: &mut dyn Iterator<Item = Option<f64>>| values.flatten().collect::<Vec<f64>>();
    let gaps = gather(&mut turns.iter().map(|turn| turn.gap_ms));
    let ms = |what: &str, values: &[f64], share: f64, limit: Option<f64>| {
        Row::new(what, percentile(values, share), "ms", limit)
    };
    let stage = |what: &str, pick: fn(&caller::Stages) -> Option<f64>| {
        let values: Vec<f64> = turns.iter().filter_map(|turn| pick(&turn.stages)).collect();
        Row::new(what, percentile(&values, 0.5), "ms", None)
    };
    let greetings = gather(&mut reports.iter().map(|report| report.greeting_ms));
    let silences = gather(&mut reports.iter().flat_map(|report| &report.interruptions).map(|one| one.silence_ms));
    let matches = gather(&mut turns.iter().map(|turn| turn.heard_back_match));
    let joins: Vec<f64> = reports.iter().map(|report| report.join_ms).collect();
    let faces: Vec<_> = reports.iter().filter_map(|report| report.face.as_ref()).collect();
    let lowest = |values: Vec<f64>| values.into_iter().reduce(f64::min);
    let mean = |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    vec![
        Row::new("turns_answered", Some(gaps.len() as f64), "turns", Some(turns.len() as f64)),
        ms("gap_p50_ms", &gaps, 0.5, Some(1000.0)),
        ms("gap_p95_ms", &gaps, 0.95, Some(1800.0)),
        stage("user_caption_p50_ms", |stages| stages.user_caption_ms),
        stage("thinking_p50_ms", |stages| stages.thinking_ms),
        stage("speaking_p50_ms", |stages| stages.speaking_ms),
        stage("first_caption_p50_ms", |stages| stages.first_caption_ms),
        ms("interruption_to_silence_p50_ms", &silences, 0.5, Some(350.0)),
        ms("interruption_to_silence_p95_ms", &silences, 0.95, Some(500.0)),
        ms("join_p50_ms", &joins, 0.5, None),
        ms("cold_greeting_embedded_p50_ms", &greetings, 0.5, Some(4000.0)),
        Row::new("heard_back_match_mean", mean(&matches), "share", Some(0.8)),
        Row::new("fps_p5", lowest(faces.iter().filter_map(|face| face.fps_p5).collect()), "frames/s", Some(25.0)),
        Row::new("fps_idle_p5", lowest(faces.iter().filter_map(|face| face.fps_idle_p5).collect()), "frames/s", None),
    ]
}
