//! `cargo xtask assets`: fetch and verify the pinned files.

use anyhow::Result;
use assets::fetch::Progress;
use assets::{Asset, Assets, Group};
use clap::{Args, ValueEnum};

use crate::{children, screen};

/// Flags of `cargo xtask assets`.
#[derive(Debug, Args)]
pub(crate) struct AssetsArgs {
    /// Which files
    #[arg(long, value_enum, default_value_t = Which::All)]
    group: Which,
    /// Print one JSON object per file, with its path, instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// What agent-worker, scripted callers and tests need
    All,
    /// What agent-worker needs
    Worker,
    /// What scripted callers and tests need besides
    Test,
    /// A larger language model that a persona may choose: 0.9 GB
    Choice,
}

pub(crate) fn run(args: &AssetsArgs) -> Result<()> {
    let wanted = match args.group {
        Which::All => [Group::Worker, Group::Test].map(Group::assets).concat(),
        Which::Worker => Group::Worker.assets(),
        Which::Test => Group::Test.assets(),
        Which::Choice => Group::Choice.assets(),
    };
    let assets = Assets::open()?;
    fetch(&assets, &wanted)?;
    for asset in wanted {
        let path = assets.path(asset)?;
        let facts = assets.facts(asset)?;
        if args.json {
            let row = serde_json::json!({
                "asset": asset.id(), "path": path, "bytes": facts.size, "sha256": facts.sha256, "licence": facts.licence,
            });
            println!("{row}");
        } else {
            println!("{}", path.display());
        }
    }
    Ok(())
}

/// Brings what is missing and says so; one line when nothing is.
pub(crate) fn fetch(assets: &Assets, wanted: &[Asset]) -> Result<()> {
    assets::fetch::fetch(assets, wanted, &Interruptible(assets::fetch::standard_progress()))?;
    screen::line(&format!("assets: {} files verified in {}", wanted.len(), assets.cache_dir().display()));
    Ok(())
}

/// Shows the progress, and stops the fetching when this program is to end.
struct Interruptible(Box<dyn Progress>);

impl Progress for Interruptible {
    fn waiting(&self) {
        self.0.waiting();
    }

    fn begin(&self, pending: &[(Asset, u64)]) {
        self.0.begin(pending);
    }

    fn advance(&self, asset: Asset, bytes: u64) {
        self.0.advance(asset, bytes);
    }

    fn finish(&self, asset: Asset) {
        self.0.finish(asset);
    }

    fn stopped(&self) -> bool {
        children::interrupted()
    }
}
