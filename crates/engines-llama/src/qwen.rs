//! Qwen2.5-Coder: the instruct models of Qwen2.5 whose weights package registries carry.

use std::num::{NonZero, NonZeroU8};

use assets::Asset;
use engines::{
    ChatCapabilities, ChatEngine, ChatModel, Context, Engine, EngineError, NoOptions, Place, Prepared, options,
};
use toml::Table;

use crate::llama::{LlamaChat, LlamaOptions};

/// The default chat model.
pub(crate) const HALF_BILLION: ChatEngine =
    model("qwen2.5-coder-0.5b", "Qwen2.5-Coder 0.5B instruct, Q4_K_M", &[Asset::QwenChat], prepare_half_billion);

/// The same with the tokens of English alone.
pub(crate) const HALF_BILLION_ENGLISH: ChatEngine = model(
    "qwen2.5-coder-0.5b-english",
    "Qwen2.5-Coder 0.5B instruct, Q4_K_M, vocabulary cut to English",
    &[Asset::QwenChatEnglish],
    prepare_half_billion_english,
);

/// Three times as large, and clearly better; with the tokens of English alone.
pub(crate) const ONE_AND_A_HALF_BILLION_ENGLISH: ChatEngine = model(
    "qwen2.5-coder-1.5b-english",
    "Qwen2.5-Coder 1.5B instruct, Q4_K_M, vocabulary cut to English",
    &[Asset::QwenLargeChatEnglish],
    prepare_one_and_a_half_billion_english,
);

type Prepare = fn(&Context, &Table) -> Result<Prepared<dyn ChatModel>, EngineError>;

const fn model(name: &'static str, summary: &'static str, assets: &'static [Asset], prepare: Prepare) -> ChatEngine {
    Engine {
        name,
        summary,
        licence: "Apache-2.0",
        assets,
        variables: &[],
        capabilities: ChatCapabilities { place: Place::Embedded, images: false, tools: false },
        options: || schemars::schema_for!(NoOptions),
        prepare,
    }
}

fn prepare_half_billion(context: &Context, table: &Table) -> Result<Prepared<dyn ChatModel>, EngineError> {
    prepare(HALF_BILLION.name, Asset::QwenChat, context, table)
}

fn prepare_half_billion_english(context: &Context, table: &Table) -> Result<Prepared<dyn ChatModel>, EngineError> {
    prepare(HALF_BILLION_ENGLISH.name, Asset::QwenChatEnglish, context, table)
}

fn prepare_one_and_a_half_billion_english(
    context: &Context,
    table: &Table,
) -> Result<Prepared<dyn ChatModel>, EngineError> {
    prepare(ONE_AND_A_HALF_BILLION_ENGLISH.name, Asset::QwenLargeChatEnglish, context, table)
}

/// Maximum of threads: a small model gains nothing from more.
const MAX_THREADS: usize = 4;

fn prepare(
    name: &'static str,
    weights: Asset,
    context: &Context,
    table: &Table,
) -> Result<Prepared<dyn ChatModel>, EngineError> {
    options::<NoOptions>(name, table)?;
    let weights = context.verified(&[weights])?.path(weights)?;
    Ok(Prepared::<dyn ChatModel>::new(move || {
        // One thread a core pays only because the worker's OpenMP threads soon stop spinning (see `main`).
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
        let threads = u8::try_from(cores).ok().and_then(NonZeroU8::new).unwrap_or(NonZeroU8::MIN);
        Ok(Box::new(LlamaChat::load(&weights, LlamaOptions { threads, ..LlamaOptions::default() })?))
    }))
}
