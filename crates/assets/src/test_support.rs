//! A tiny manifest and the carriers it pins, built in memory.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use crate::Assets;
use crate::fetch::ENGLISH;
use crate::gguf::test_model::model;
use crate::gguf::vocabulary;
use crate::manifest::Manifest;
use crate::stamp::hex;

/// The two parts of the made-up chat model.
pub(crate) const CHAT_BYTES: [&[u8]; 2] = [b"first half, ", b"second half"];
/// The made-up piper config.
pub(crate) const PIPER_BYTES: &[u8] = b"{\"piper\": 1}";
const VOICE_BYTES: &[u8] = b"a voice";

/// A zip file with these members, names taken as they are.
pub(crate) fn zip_file(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A gzipped tar file with these members, names taken as they are.
pub(crate) fn tar_gz(members: &[(&str, &[u8])]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        // The builder refuses harmful names, so they are written into the header itself.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// The archives that the made-up manifest pins, by package.
pub(crate) fn fake_carriers() -> BTreeMap<String, Vec<u8>> {
    BTreeMap::from([
        ("chat-1==1".to_owned(), zip_file(&[("other", b"x"), ("part", CHAT_BYTES[0])])),
        ("chat-2==1".to_owned(), zip_file(&[("part", CHAT_BYTES[1])])),
        ("whole==1".to_owned(), zip_file(&[("model", &model())])),
        ("piper@1".to_owned(), tar_gz(&[("package/piper.json", PIPER_BYTES), ("package/voice", VOICE_BYTES)])),
    ])
}

fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

/// An empty cache in a temporary folder, under the made-up manifest.
pub(crate) fn fake_assets() -> (tempfile::TempDir, Assets) {
    let mut text = "layout = 1\n".to_owned();
    for (package, archive) in fake_carriers() {
        let (id, client) = match package.as_str() {
            "chat-1==1" => ("chat-one", "pip"),
            "chat-2==1" => ("chat-two", "pip"),
            "whole==1" => ("whole", "pip"),
            _ => ("piper", "npm"),
        };
        let (size, hash) = (archive.len(), sha256(&archive));
        text += &format!(
            "[carrier.{id}]\nclient = \"{client}\"\npackage = \"{package}\"\nsize = {size}\nsha256 = \"{hash}\"\nlicence = \"MIT\"\n"
        );
    }
    let chat = CHAT_BYTES.concat();
    let asset = |id: &str, file: &str, bytes: &[u8], hash: &str, parts: &str| {
        format!(
            "[asset.{id}]\nfile = \"{file}\"\nsize = {}\nsha256 = \"{hash}\"\nlicence = \"MIT\"\nupstream = \"nowhere\"\nparts = [{parts}]\n",
            bytes.len()
        )
    };
    let chat_parts = "{ carrier = \"chat-one\", member = \"part\" }, { carrier = \"chat-two\", member = \"part\" }";
    let config_part = "{ carrier = \"piper\", member = \"package/piper.json\" }";
    let voice_part = "{ carrier = \"piper\", member = \"package/voice\" }";
    text += &asset("qwen-chat", "chat.gguf", &chat, &sha256(&chat), chat_parts);
    text += &asset("piper-joe-config", "piper.json", PIPER_BYTES, &sha256(PIPER_BYTES), config_part);
    text += &asset("piper-joe-model", "piper.onnx", VOICE_BYTES, &sha256(VOICE_BYTES), voice_part);
    // A model, and another one that is made of it.
    let (whole, mut cut) = (model(), Vec::new());
    vocabulary::cut(Cursor::new(&whole), ENGLISH, &mut cut).unwrap();
    text +=
        &asset("kokoro-model", "whole.gguf", &whole, &sha256(&whole), "{ carrier = \"whole\", member = \"model\" }");
    text += &asset("qwen-large-chat-english", "cut.gguf", &cut, &sha256(&cut), "");
    text += "made = { of = \"kokoro-model\", recipe = \"english-vocabulary\" }\n";
    // Pinned with a hash that its carrier's member does not have.
    text += &asset("silero-vad", "vad.onnx", VOICE_BYTES, &sha256(b"another"), voice_part);
    text += &asset("livekit-ffi", "ffi.so", VOICE_BYTES, &sha256(VOICE_BYTES), voice_part);
    text += "platform = \"linux-x86_64\"\n";
    let folder = tempfile::tempdir().unwrap();
    let assets = Assets::with_manifest(folder.path(), Manifest::parse(&text).unwrap()).on_platform("linux-x86_64");
    (folder, assets)
}
