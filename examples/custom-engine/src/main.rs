//! A voice of your own: declared, registered, looked up by its name, and heard in a conversation.
//!
//! ```text
//!  BEEPS ─> EngineRegistry ─> prepare ─> ScriptedEngines ─> Call: "Hello there" ─> "Beep to you."
//! ```

use assets::Assets;
use engines::{Context, Engine, EngineRegistry, NoOptions, Prepared};
use engines::{TextToSpeech, TextToSpeechCapabilities, TextToSpeechEngine};
use session::in_memory::{Call, CallOptions, ScriptedEngines};
use speech::{CancelFlag, SpeechChunk, SpeechError, WordSpan};
use toml::Table;

/// Says a beep of 0.2 s for each word.
struct Beeps;

impl TextToSpeech for Beeps {
    fn sample_rate(&self) -> u32 {
        24_000
    }

    fn synthesize(&mut self, text: &str, _: &CancelFlag, sink: &mut dyn FnMut(SpeechChunk)) -> Result<(), SpeechError> {
        for word in text.split_whitespace() {
            let samples: Vec<f32> = (0..4_800_u16).map(|n| (f32::from(n) * 0.1).sin() * 0.3).collect();
            let words = vec![WordSpan { text: word.to_owned(), start: 0, end: 4_800 }];
            sink(SpeechChunk { samples, words, ..SpeechChunk::default() });
        }
        Ok(())
    }
}

const BEEPS: TextToSpeechEngine = Engine {
    name: "beeps",
    summary: "a beep for each word",
    licence: "Apache-2.0",
    assets: &[],
    variables: &[],
    capabilities: TextToSpeechCapabilities::embedded(24_000),
    options: || schemars::schema_for!(NoOptions),
    prepare: |_, _| Ok(Prepared::<dyn TextToSpeech>::new(|| Ok(Box::new(Beeps)))),
};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = EngineRegistry::default().with_text_to_speech([BEEPS]);
    let context = Context::new(Assets::open()?);
    let voice = (registry.text_to_speech(Some("beeps"))?.prepare)(&context, &Table::new())?;
    let engines = ScriptedEngines::new(|_| "Beep to you.".to_owned()).with_text_to_speech(voice);
    let mut call = Call::begin(&engines, CallOptions::default())?;
    call.caller.join("ada").await;
    call.caller.say("ada", "Hello there").await;
    assert!(call.hears("Beep to you.").await, "{:?}", call.caller.log().all());
    println!("the agent said: {:?}", call.caller.log().agent_said());
    Ok(())
}
