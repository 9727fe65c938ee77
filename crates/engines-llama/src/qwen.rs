//! Qwen2.5, half a billion parameters.

use std::num::{NonZero, NonZeroU8};

use assets::Asset;
use engines::{
    ChatCapabilities, ChatEngine, ChatModel, Context, Engine, EngineError, NoOptions, Place, Prepared, options,
};
use toml::Table;

use crate::llama::{LlamaChat, LlamaOptions};

/// The default chat model.
pub(crate) const ENGINE: ChatEngine = Engine {
    name: "qwen2.5-0.5b",
    summary: "Qwen2.5-Coder 0.5B instruct, Q4_K_M",
    licence: "Apache-2.0",
    assets: &[Asset::QwenChat],
    variables: &[],
    capabilities: ChatCapabilities { place: Place::Embedded, images: false, tools: false },
    options: || schemars::schema_for!(NoOptions),
    prepare,
};

/// Maximum of threads: a small model gains nothing from more.
const MAX_THREADS: usize = 4;

fn prepare(context: &Context, table: &Table) -> Result<Prepared<dyn ChatModel>, EngineError> {
    options::<NoOptions>(ENGINE.name, table)?;
    let weights = context.verified(ENGINE.assets)?.path(Asset::QwenChat)?;
    Ok(Prepared::<dyn ChatModel>::new(move || {
        // One thread a core pays only because the worker's OpenMP threads soon stop spinning (see `main`).
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
        let threads = u8::try_from(cores).ok().and_then(NonZeroU8::new).unwrap_or(NonZeroU8::MIN);
        Ok(Box::new(LlamaChat::load(&weights, LlamaOptions { threads, ..LlamaOptions::default() })?))
    }))
}
