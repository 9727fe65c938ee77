//! The names of the files: one variant per pinned file.

/// One pinned file. Its facts (size, hash, licence, carriers) are in `assets.toml` under [`Asset::id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asset {
    /// `liblivekit_ffi.so` 0.13.2: the official LiveKit SDK behind four C functions.
    LivekitFfi,
    /// `libonnxruntime.so` 1.31.1, loaded at run time by the crate `ort`.
    OnnxRuntime,
    /// Silero voice activity detection, ONNX.
    SileroVad,
    /// Smart Turn v3.2 (8 s of audio in, the chance that the speaker has finished out), int8 ONNX.
    SmartTurn,
    /// Moonshine tiny (English) speech-to-text: encoder, ONNX Runtime format.
    MoonshineEncoder,
    /// Moonshine tiny (English) speech-to-text: merged decoder, ONNX Runtime format.
    MoonshineDecoder,
    /// Moonshine tiny (English) speech-to-text: tokenizer table.
    MoonshineTokenizer,
    /// Qwen2.5-Coder 0.5B instruct, GGUF Q4_K_M: the default chat model.
    QwenChat,
    /// The same model with the tokens of English alone: its answers in English, a quarter smaller.
    QwenChatEnglish,
    /// Qwen2.5-Coder 1.5B instruct, GGUF Q4_K_M.
    QwenLargeChat,
    /// The same model with the tokens of English alone.
    QwenLargeChatEnglish,
    /// Piper voice "joe" (American English, 22.05 kHz): the agent's default voice, ONNX.
    PiperJoeModel,
    /// The phoneme table and sample rate of [`Asset::PiperJoeModel`], JSON.
    PiperJoeConfig,
    /// Hibari text-to-speech (24 kHz), the voice "heart": a net that predicts a spectrum, ONNX.
    HibariModel,
    /// Hibari's phoneme table, JSON: `{"<phoneme>": <token>}`.
    HibariVocabulary,
    /// Kokoro 82M text-to-speech (24 kHz), int8 ONNX: the voice of scripted callers.
    KokoroModel,
    /// Kokoro's phoneme table, JSON: `{"vocab": {"<phoneme>": <token>}}`.
    KokoroVocabulary,
    /// A Kokoro voice: 510 style vectors of 256 little-endian f32, one per number of phonemes.
    KokoroVoice(KokoroVoice),
    /// English speech, about 10 s, WAV.
    SampleBeckett,
    /// English speech, the opening of "A Tale of Two Cities", WAV.
    SampleTwoCities,
    /// Tiny face detector of face-api: where faces are in a photo (manifest and quantised tensors in one file).
    FaceDetector,
    /// The 68-point landmark net of face-api (manifest and quantised tensors in one file).
    FaceLandmarks,
    /// A portrait photo in the public domain, PNG, 512x512.
    SamplePortrait,
}

/// The pinned English voices of Kokoro.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KokoroVoice {
    /// American English, female.
    AfHeart,
    /// American English, male.
    AmAdam,
    /// British English, female.
    BfEmma,
    /// British English, male.
    BmGeorge,
    /// American English, female.
    AfBella,
    /// American English, male.
    AmMichael,
    /// British English, female.
    BfIsabella,
    /// British English, male.
    BmLewis,
}

impl KokoroVoice {
    /// Every pinned voice.
    pub const ALL: [KokoroVoice; 8] = [
        KokoroVoice::AfHeart,
        KokoroVoice::AmAdam,
        KokoroVoice::BfEmma,
        KokoroVoice::BmGeorge,
        KokoroVoice::AfBella,
        KokoroVoice::AmMichael,
        KokoroVoice::BfIsabella,
        KokoroVoice::BmLewis,
    ];

    /// The voice's published name, such as `af_heart`.
    pub const fn name(self) -> &'static str {
        match self {
            KokoroVoice::AfHeart => "af_heart",
            KokoroVoice::AmAdam => "am_adam",
            KokoroVoice::BfEmma => "bf_emma",
            KokoroVoice::BmGeorge => "bm_george",
            KokoroVoice::AfBella => "af_bella",
            KokoroVoice::AmMichael => "am_michael",
            KokoroVoice::BfIsabella => "bf_isabella",
            KokoroVoice::BmLewis => "bm_lewis",
        }
    }
}

/// Who needs a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// `agent-worker` with its embedded engines.
    Worker,
    /// Scripted callers, tests and benchmarks.
    Test,
    /// Engines that a persona may choose instead of the default ones.
    Choice,
    /// What files of other groups are made of, and nothing else.
    Source,
}

impl Group {
    /// Every file of this group, in the order of [`Asset::all`].
    pub fn assets(self) -> Vec<Asset> {
        Asset::all().iter().copied().filter(|asset| asset.group() == self).collect()
    }
}

impl Asset {
    /// The file with this key in `assets.toml`.
    pub(crate) fn by_id(id: &str) -> Option<Asset> {
        Asset::all().iter().copied().find(|asset| asset.id() == id)
    }

    /// Every pinned file.
    pub const fn all() -> &'static [Asset] {
        &[
            Asset::LivekitFfi,
            Asset::OnnxRuntime,
            Asset::SileroVad,
            Asset::SmartTurn,
            Asset::MoonshineEncoder,
            Asset::MoonshineDecoder,
            Asset::MoonshineTokenizer,
            Asset::QwenChat,
            Asset::QwenChatEnglish,
            Asset::QwenLargeChat,
            Asset::QwenLargeChatEnglish,
            Asset::PiperJoeModel,
            Asset::PiperJoeConfig,
            Asset::HibariModel,
            Asset::HibariVocabulary,
            Asset::KokoroModel,
            Asset::KokoroVocabulary,
            Asset::KokoroVoice(KokoroVoice::AfHeart),
            Asset::KokoroVoice(KokoroVoice::AmAdam),
            Asset::KokoroVoice(KokoroVoice::BfEmma),
            Asset::KokoroVoice(KokoroVoice::BmGeorge),
            Asset::KokoroVoice(KokoroVoice::AfBella),
            Asset::KokoroVoice(KokoroVoice::AmMichael),
            Asset::KokoroVoice(KokoroVoice::BfIsabella),
            Asset::KokoroVoice(KokoroVoice::BmLewis),
            Asset::SampleBeckett,
            Asset::SampleTwoCities,
            Asset::FaceDetector,
            Asset::FaceLandmarks,
            Asset::SamplePortrait,
        ]
    }

    /// The file's key in `assets.toml`, also its name in messages.
    pub const fn id(self) -> &'static str {
        match self {
            Asset::LivekitFfi => "livekit-ffi",
            Asset::OnnxRuntime => "onnx-runtime",
            Asset::SileroVad => "silero-vad",
            Asset::SmartTurn => "smart-turn",
            Asset::MoonshineEncoder => "moonshine-encoder",
            Asset::MoonshineDecoder => "moonshine-decoder",
            Asset::MoonshineTokenizer => "moonshine-tokenizer",
            Asset::QwenChat => "qwen-chat",
            Asset::QwenChatEnglish => "qwen-chat-english",
            Asset::QwenLargeChat => "qwen-large-chat",
            Asset::QwenLargeChatEnglish => "qwen-large-chat-english",
            Asset::PiperJoeModel => "piper-joe-model",
            Asset::PiperJoeConfig => "piper-joe-config",
            Asset::HibariModel => "hibari-model",
            Asset::HibariVocabulary => "hibari-vocabulary",
            Asset::KokoroModel => "kokoro-model",
            Asset::KokoroVocabulary => "kokoro-vocabulary",
            Asset::KokoroVoice(KokoroVoice::AfHeart) => "kokoro-voice-af-heart",
            Asset::KokoroVoice(KokoroVoice::AmAdam) => "kokoro-voice-am-adam",
            Asset::KokoroVoice(KokoroVoice::BfEmma) => "kokoro-voice-bf-emma",
            Asset::KokoroVoice(KokoroVoice::BmGeorge) => "kokoro-voice-bm-george",
            Asset::KokoroVoice(KokoroVoice::AfBella) => "kokoro-voice-af-bella",
            Asset::KokoroVoice(KokoroVoice::AmMichael) => "kokoro-voice-am-michael",
            Asset::KokoroVoice(KokoroVoice::BfIsabella) => "kokoro-voice-bf-isabella",
            Asset::KokoroVoice(KokoroVoice::BmLewis) => "kokoro-voice-bm-lewis",
            Asset::SampleBeckett => "sample-beckett",
            Asset::SampleTwoCities => "sample-two-cities",
            Asset::FaceDetector => "face-detector",
            Asset::FaceLandmarks => "face-landmarks",
            Asset::SamplePortrait => "sample-portrait",
        }
    }

    /// Who needs this file.
    pub const fn group(self) -> Group {
        match self {
            Asset::LivekitFfi
            | Asset::OnnxRuntime
            | Asset::SileroVad
            | Asset::SmartTurn
            | Asset::MoonshineEncoder
            | Asset::MoonshineDecoder
            | Asset::MoonshineTokenizer
            | Asset::QwenChat
            | Asset::QwenChatEnglish
            | Asset::PiperJoeModel
            | Asset::PiperJoeConfig
            | Asset::HibariModel
            | Asset::HibariVocabulary
            | Asset::FaceDetector
            | Asset::FaceLandmarks => Group::Worker,
            Asset::KokoroModel
            | Asset::KokoroVocabulary
            | Asset::KokoroVoice(_)
            | Asset::SampleBeckett
            | Asset::SampleTwoCities
            | Asset::SamplePortrait => Group::Test,
            Asset::QwenLargeChatEnglish => Group::Choice,
            Asset::QwenLargeChat => Group::Source,
        }
    }
}
