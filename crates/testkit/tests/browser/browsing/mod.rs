//! What tests with a browser share.

// Each test program uses only some of it.
#![allow(dead_code)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::net::if_::InterfaceFlags;
use testkit::browser::{Media, Page, Script, write_script};
use testkit::rooms::{Present, Rooms};
use testkit::stack::Stack;

/// For what takes seconds, on a slow machine whose browser and engines share two cores.
pub const LONG: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// A microphone's recording.
pub struct Recording {
    pub path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Recording {
    pub fn make(script: Script) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("microphone.wav");
        write_script(&path, &script).expect("run `cargo xtask assets`");
        Self { path, _folder: folder }
    }
}

/// A question once the greeting had its time, and again for who could not hear it the first time.
pub fn question(after_seconds: u64) -> Script {
    let asked = "What is the capital of France?";
    Script::new().silence(after_seconds).say(asked).silence(25).say(asked).silence(120)
}

/// A network interface other than the loopback that works and has an IPv4 address.
pub fn interface() -> Option<String> {
    let found = nix::ifaddrs::getifaddrs().unwrap().find(|interface| {
        let address = interface.address.as_ref().and_then(|address| address.as_sockaddr_in().map(|inet| inet.ip()));
        let works = interface.flags.contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING);
        works && address.is_some_and(|address| !address.is_loopback() && !address.is_link_local())
    });
    found.map(|interface| interface.interface_name)
}

/// Polls until `good`; fails with what was seen last.
pub async fn until<T: std::fmt::Debug, F: Future<Output = T>>(
    mut look: impl FnMut() -> F,
    good: impl Fn(&T) -> bool,
) -> T {
    let deadline = Instant::now() + LONG;
    loop {
        let seen = look().await;
        if good(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "still {seen:?}");
        tokio::time::sleep(POLL).await;
    }
}

pub async fn until_media(page: &Page, good: impl Fn(&Media) -> bool) -> Media {
    until(async || page.media().await.unwrap(), good).await
}

pub async fn until_present(rooms: &Rooms, room: &str, good: impl Fn(&[Present]) -> bool) -> Vec<Present> {
    until(async || rooms.present(room).await.unwrap(), |present: &Vec<Present>| good(present)).await
}

/// Waits until no worker serves anybody any more.
pub async fn until_gone(stack: &Stack) {
    until(async || stack.serving().await.unwrap(), |workers| *workers == 0).await;
}
