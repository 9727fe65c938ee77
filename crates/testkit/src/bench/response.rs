//! `response`: how long a caller waits for an answer, with the embedded engines on this machine.
//!
//! The gap runs from the caller's last voiced sample of the whole utterance (by level, on the clean source signal; see
//! `measure::speech_bounds`) to the first sound of the answer at the caller. The agent makes no sound that does not depend on what
//! was said: it has no filler. A turn in which it sounded before the caller had finished counts in `early_share` and in no gap.
//! The limits in the rows, 700 and 1100 ms, are what is required; the goal is 500 and 900 ms.

use std::path::Path;
use std::sync::Arc;

use assets::KokoroVoice;

use super::phrases::{self, PHRASES, Phrase};
use super::worker_turns::{WorkerTurn, worker_turns};
use super::{Report, Row, UsageSampler, percentile};
use crate::caller::{self, CallReport, CallerPlan, TurnReport, Utterance};
use crate::process::children_named;
use crate::speaker::Speaker;
use crate::stack::{Stack, StackOptions};

/// What one voice says in its call, in this order: short and long, questions and statements. A mark such as `[600]` is a pause
/// of that many milliseconds inside the utterance.
struct Part {
    voice: Speaker,
    /// A phrase of a person, said third.
    recorded: Option<Phrase>,
    texts: &'static [&'static str],
}

/// Where the recorded phrase stands among the texts.
const RECORDED_AT: usize = 2;
/// Utterances of one call.
const PER_CALL: usize = 5;

/// The last two speak with other synthesisers than turn-taking was tuned on.
const PARTS: [Part; 8] = [
    Part {
        voice: Speaker::Kokoro(KokoroVoice::AfHeart),
        recorded: Some(PHRASES[0]),
        texts: &[
            "What is the capital of France?",
            "I would like to, [600] book a table for two.",
            "My number is, [500] five five five, [400] one two three.",
            "Thank you, that was helpful.",
        ],
    },
    Part {
        voice: Speaker::Kokoro(KokoroVoice::AmAdam),
        recorded: Some(PHRASES[1]),
        texts: &[
            "My favorite food is pasta with tomato sauce.",
            "Tomorrow I want to go to, [900] the museum in the city.",
            "Could you tell me, [700] how far away the moon is?",
            "Please tell me a short joke.",
        ],
    },
    Part {
        voice: Speaker::Kokoro(KokoroVoice::BfEmma),
        recorded: Some(PHRASES[2]),
        texts: &[
            "How do you say good morning in Spanish?",
            "What should I pack, [800] for a trip to the beach?",
            "I have two cats, [450] and a very old dog.",
            "What is two plus two?",
        ],
    },
    Part {
        voice: Speaker::Kokoro(KokoroVoice::BmGeorge),
        recorded: Some(PHRASES[3]),
        texts: &[
            "I had a really long day at work, and my feet hurt.",
            "The name of my street is, [650] Park Avenue.",
            "Do you think that, [550] people will ever live on Mars?",
            "That is all for today. Goodbye.",
        ],
    },
    Part {
        voice: Speaker::Kokoro(KokoroVoice::AmMichael),
        recorded: None,
        texts: &[
            "Where does coffee come from?",
            "Remind me, [700] what we were talking about.",
            "I usually go running in the morning.",
            "Can you recommend, [500] a good book?",
            "What color is the sky?",
        ],
    },
    Part {
        voice: Speaker::Kokoro(KokoroVoice::BfIsabella),
        recorded: None,
        texts: &[
            "I am planning, [850] a party for my sister.",
            "How long does it take to boil an egg?",
            "We live in a small house near the sea.",
            "What is the opposite of hot?",
            "Thank you. [600] How many months are there in a year?",
        ],
    },
    Part {
        voice: Speaker::Piper,
        recorded: None,
        texts: &[
            "Who wrote Romeo and Juliet?",
            "I need a name for, [750] my new boat.",
            "Is a tomato a fruit?",
            "My order number is, [500] four two seven one.",
            "It was nice to talk to you.",
        ],
    },
    Part {
        voice: Speaker::Espeak,
        recorded: None,
        texts: &[
            "What is the largest ocean?",
            "Do you know, [650] any good jokes?",
            "How many hours are there in a day?",
            "I am a bit tired today.",
            "Please say something nice.",
        ],
    },
];

impl Part {
    /// The first `count` utterances.
    fn utterances(&self, count: usize) -> anyhow::Result<Vec<Utterance>> {
        let texts = self.texts.iter().map(|text| Utterance::Say((*text).to_owned()));
        let mut utterances: Vec<Utterance> = texts.collect();
        if let Some(phrase) = self.recorded {
            utterances.insert(RECORDED_AT, phrases::cut(phrase)?);
        }
        utterances.truncate(count);
        Ok(utterances)
    }
}

/// Makes the calls and reports; with another persona than the default one, if there is one.
///
/// # Errors
/// When the stack can't be started, or a call can't be made at all. A turn that is not answered is counted.
pub async fn response(
    turns: usize,
    persona: Option<&Path>,
    progress: &mut (dyn FnMut(String) + Send),
) -> anyhow::Result<Report> {
    let mut reports = Vec::new();
    let mut usages = Vec::new();
    let mut worker = Vec::new();
    let per_call = turns.clamp(PARTS.len(), PARTS.len() * PER_CALL).div_ceil(PARTS.len());
    for part in PARTS {
        let voice = part.voice;
        // A stack of its own for each call: every greeting is that of a cold worker.
        let arguments = persona.map(|file| vec!["--persona".to_owned(), file.display().to_string()]);
        let options = StackOptions { arguments: arguments.unwrap_or_default(), ..StackOptions::default() };
        let stack = Arc::new(Stack::start(options).await?);
        let mut plan = CallerPlan { voice, ..CallerPlan::new(stack.url(), "bench") };
        plan.utterances = part.utterances(per_call)?;
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
        let said = worker_turns(&stack.whole_log());
        said.iter().for_each(|turn| progress(stages(turn)));
        worker.push(said);
        reports.push(report);
    }
    let mut rows = rows(&reports);
    rows.extend(worker_rows(&reports, &worker));
    let peak = |pick: fn(&super::Usage) -> f64| usages.iter().map(pick).reduce(f64::max);
    rows.push(Row::new("worker_pss_peak_mib", peak(|usage| usage.peak_pss_mib), "MiB", None));
    rows.push(Row::new("worker_cpu_in_call_cores", peak(|usage| usage.cores), "cores", None));
    Ok(Report::here("response", rows))
}

fn summary(voice: Speaker, report: &CallReport) -> String {
    let gap = |turn: &TurnReport| {
        let early = if turn.early == Some(true) { " (early)" } else { "" };
        turn.gap_ms.map_or("-".to_owned(), |gap| format!("{gap:.0}{early}"))
    };
    let gaps: Vec<String> = report.turns.iter().map(gap).collect();
    format!("{}: greeting {:.0} ms, gaps {} ms", voice.name(), report.greeting_ms.unwrap_or(f64::NAN), gaps.join(" "))
}

fn stages(turn: &WorkerTurn) -> String {
    let ms = |value: Option<f64>| value.map_or("-".to_owned(), |ms| format!("{ms:.0}"));
    let WorkerTurn { words, end_of_turn, first_clause, voice, playout, answered } = *turn;
    format!(
        "    {} ms by the worker: words {}, end of turn {}, first clause {}, voice {}, playout {}",
        ms(answered),
        ms(words),
        ms(end_of_turn),
        ms(first_clause),
        ms(voice),
        ms(playout)
    )
}

/// What the workers say of the same turns. Where they name as many as the caller heard, the rest of each gap is the way of
/// the sound there and back.
fn worker_rows(reports: &[CallReport], worker: &[Vec<WorkerTurn>]) -> Vec<Row> {
    let middle = |what: &str, pick: fn(&WorkerTurn) -> Option<f64>| {
        let values: Vec<f64> = worker.iter().flatten().filter_map(pick).collect();
        Row::new(what, percentile(&values, 0.5), "ms", None)
    };
    let mut transport = Vec::new();
    for (report, turns) in reports.iter().zip(worker) {
        let heard: Vec<&TurnReport> = report.turns.iter().filter(|turn| turn.gap_ms.is_some()).collect();
        let both = heard.iter().zip(turns).filter(|(turn, _)| heard.len() == turns.len() && turn.early != Some(true));
        transport.extend(both.filter_map(|(turn, said)| Some(turn.gap_ms? - said.answered?)));
    }
    vec![
        middle("worker_answered_p50_ms", |turn| turn.answered),
        middle("worker_words_p50_ms", |turn| turn.words),
        middle("worker_end_of_turn_p50_ms", |turn| turn.end_of_turn),
        middle("worker_first_clause_p50_ms", |turn| turn.first_clause),
        middle("worker_voice_p50_ms", |turn| turn.voice),
        middle("worker_playout_p50_ms", |turn| turn.playout),
        Row::new("gap_beyond_the_worker_p50_ms", percentile(&transport, 0.5), "ms", None),
    ]
}

fn rows(reports: &[CallReport]) -> Vec<Row> {
    let turns: Vec<_> = reports.iter().flat_map(|report| &report.turns).collect();
    let gather = |values: &mut dyn Iterator<Item = Option<f64>>| values.flatten().collect::<Vec<f64>>();
    // A turn that was answered early has no gap worth the name; it counts in `early_share`.
    let on_time = || turns.iter().filter(|turn| turn.early != Some(true));
    let answered = turns.iter().filter(|turn| turn.gap_ms.is_some()).count();
    let gaps = gather(&mut on_time().map(|turn| turn.gap_ms));
    let paused = gather(&mut on_time().filter(|turn| !turn.pauses_ms.is_empty()).map(|turn| turn.gap_ms));
    let early: Vec<bool> = turns.iter().filter_map(|turn| turn.early).collect();
    let early_turns = early.iter().filter(|early| **early).count();
    let early_share = (!early.is_empty()).then(|| early_turns as f64 / early.len() as f64);
    let ms = |what: &str, values: &[f64], share: f64, limit: Option<f64>| {
        Row::new(what, percentile(values, share), "ms", limit)
    };
    let stage = |what: &str, pick: fn(&caller::Stages) -> Option<f64>| {
        let values: Vec<f64> = on_time().filter_map(|turn| pick(&turn.stages)).collect();
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
        Row::new("turns_answered", Some(answered as f64), "turns", Some(turns.len() as f64)),
        ms("gap_p50_ms", &gaps, 0.5, Some(700.0)),
        ms("gap_p95_ms", &gaps, 0.95, Some(1100.0)),
        Row::new("early_share", early_share, "share", Some(0.05)),
        ms("gap_after_pauses_p50_ms", &paused, 0.5, None),
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
