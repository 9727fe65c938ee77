//! Telling a person how far the fetching is.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::Asset;

/// Receives the progress of a fetch, and can stop it. Called from several threads.
pub trait Progress: Sync {
    /// Another run holds the cache; this one waits for it. Called at most once.
    fn waiting(&self);
    /// These files, with their sizes in bytes, are about to be fetched. Called once, before the others.
    fn begin(&self, pending: &[(Asset, u64)]);
    /// About `bytes` of the file have arrived. Never more than its size.
    fn advance(&self, asset: Asset, bytes: u64);
    /// The file is verified and in its place.
    fn finish(&self, asset: Asset);
    /// Whether the fetch is to stop, its package clients included. Asked several times a second.
    fn stopped(&self) -> bool {
        false
    }
}

/// Bars when standard error is a terminal, else one line per finished file.
pub fn standard_progress() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(BarProgress::default()) } else { Box::new(LineProgress) }
}

/// One bar per file, on standard error.
#[derive(Debug, Default)]
pub struct BarProgress {
    screen: MultiProgress,
    bars: Mutex<BTreeMap<Asset, ProgressBar>>,
}

impl BarProgress {
    fn bar(&self, asset: Asset) -> Option<ProgressBar> {
        self.bars.lock().unwrap_or_else(PoisonError::into_inner).get(&asset).cloned()
    }
}

impl Progress for BarProgress {
    fn waiting(&self) {
        // A screen that cannot be written to is no reason to stop.
        let _ = self.screen.println("waiting for another run that is fetching");
    }

    fn begin(&self, pending: &[(Asset, u64)]) {
        let template = "  {prefix:24} {bar:30} {bytes:>10} / {total_bytes:10} {msg}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        for (asset, size) in pending {
            let bar = self.screen.add(ProgressBar::new(*size).with_style(style.clone()).with_prefix(asset.id()));
            bar.tick();
            bars.insert(*asset, bar);
        }
    }

    fn advance(&self, asset: Asset, bytes: u64) {
        if let Some(bar) = self.bar(asset) {
            bar.set_position(bytes);
        }
    }

    fn finish(&self, asset: Asset) {
        if let Some(bar) = self.bar(asset) {
            bar.set_position(bar.length().unwrap_or_default());
            bar.finish_with_message("verified");
        }
    }
}

/// One calm line per finished file, on standard error.
#[derive(Debug)]
pub struct LineProgress;

impl Progress for LineProgress {
    fn waiting(&self) {
        eprintln!("  waiting for another run that is fetching");
    }

    fn begin(&self, pending: &[(Asset, u64)]) {
        let bytes: u64 = pending.iter().map(|(_, size)| size).sum();
        eprintln!("  fetching {} files, {} MB", pending.len(), bytes / 1_000_000);
    }

    fn advance(&self, _asset: Asset, _bytes: u64) {}

    fn finish(&self, asset: Asset) {
        eprintln!("  {} verified", asset.id());
    }
}
