//! Prints how long the embedded engines take on this machine: `cargo run -p speech --example latency`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Instant;

use assets::{Asset, Assets, KokoroVoice};
use engines::TextToSpeech;
use speech::espeak::Espeak;
use speech::resample::Resampler;
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, SpeechError, VAD_FRAME};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let assets = Assets::open()?;
    let speech = recording(&assets)?;

    let mut vad = load("vad", || engines_onnx::silero::open(&assets))?;
    let mut frames = speech.chunks_exact(VAD_FRAME).cycle();
    report("vad, 32 ms frame", 500, || vad.process(frames.next().unwrap()).map(drop))?;

    for threads in [1, 2] {
        let mut stt = load(&format!("stt, {threads} threads"), || engines_onnx::moonshine::open(&assets, threads))?;
        for seconds in [1, 3, 6] {
            let clip = &speech[..seconds * LISTEN_SAMPLE_RATE as usize];
            let name = format!("stt, {seconds} s, {threads} threads");
            report(&name, 9, || stt.transcribe(clip, &CancelFlag::default()).map(drop))?;
        }
    }

    let mut espeak = load("espeak", || Espeak::start("en-us"))?;
    report("espeak, 8 words, same process", 50, || {
        espeak.phonemes("the capital of France is the city Paris").map(drop)
    })?;
    report("espeak, 8 words, new process", 20, || {
        Espeak::start("en-us")?.phonemes("the capital of France is the city Paris").map(drop)
    })?;

    for threads in [1, 2] {
        let mut piper = load(&format!("piper, {threads} threads"), || engines_onnx::piper::open(&assets, threads))?;
        speak(&format!("piper, {threads} threads"), 7, piper.as_mut())?;
    }
    for threads in [1, 2] {
        let load_kokoro = || engines_onnx::kokoro::open(&assets, KokoroVoice::AfHeart, threads);
        let mut kokoro = load(&format!("kokoro, {threads} threads"), load_kokoro)?;
        speak(&format!("kokoro, {threads} threads"), 3, kokoro.as_mut())?;
    }
    Ok(())
}

fn speak(name: &str, times: usize, voice: &mut dyn TextToSpeech) -> Result<(), SpeechError> {
    let clauses = [
        "It is Paris.",
        "The capital of France is the city Paris.",
        "The capital of France is the city of Paris, and it has two million people.",
    ];
    for text in clauses {
        let mut seconds = 0.0;
        let words = text.split(' ').count();
        let rate = f64::from(voice.sample_rate());
        let middle = report(&format!("{name}, {words} words"), times, || {
            voice.synthesize(text, &CancelFlag::default(), &mut |chunk| seconds = chunk.samples.len() as f64 / rate)
        })?;
        println!("    {seconds:.2} s of audio, real-time factor {:.3}", middle / 1e3 / seconds);
    }
    Ok(())
}

fn load<T>(name: &str, make: impl FnOnce() -> Result<T, SpeechError>) -> Result<T, SpeechError> {
    let before = resident_mib();
    let start = Instant::now();
    let made = make()?;
    let took = start.elapsed().as_secs_f64() * 1e3;
    println!("{name}: loaded in {took:.0} ms, memory {before} -> {} MiB", resident_mib());
    Ok(made)
}

/// Runs it so often, prints and returns the median in milliseconds.
fn report(name: &str, times: usize, mut run: impl FnMut() -> Result<(), SpeechError>) -> Result<f64, SpeechError> {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        run()?;
        took.push(start.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    let (middle, slowest) = (took[took.len() / 2], took[took.len() - 1]);
    println!(
        "{name}: fastest {:.2} ms, median {middle:.2} ms, slowest {slowest:.2} ms; memory {} MiB",
        took[0],
        resident_mib()
    );
    Ok(middle)
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn recording(assets: &Assets) -> Result<Vec<f32>, Box<dyn std::error::Error>> {
    let mut reader = hound::WavReader::open(assets.path(Asset::SampleTwoCities)?)?;
    let spec = reader.spec();
    let full = (1i64 << (spec.bits_per_sample - 1)) as f32;
    let samples: Vec<i32> = reader.samples::<i32>().collect::<Result<_, _>>()?;
    let mono: Vec<f32> =
        samples.chunks_exact(usize::from(spec.channels)).map(|frame| frame[0] as f32 / full).take(1_000_000).collect();
    let mut heard = Vec::new();
    let mut resampler = Resampler::new(spec.sample_rate, LISTEN_SAMPLE_RATE)?;
    resampler.push(&mono, &mut heard)?;
    resampler.finish(&mut heard)?;
    Ok(heard)
}
