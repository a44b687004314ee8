//! `gort setup`: have the standard library's source tree ready.

use crate::cache::Cache;
use crate::goroot::SourceTree;
use crate::report;
use std::process::ExitCode;

/// Arguments of `gort setup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Fetch the tree into the cache even if there is one on this machine
    #[arg(long)]
    fetch: bool,
    /// Remove all programs from the cache of compiled programs, and do nothing else
    #[arg(long)]
    clean: bool,
}

impl Args {
    pub(super) fn execute(self) -> ExitCode {
        if self.clean {
            let cleaned = Cache::of_user(false).map_or(Ok(()), |cache| cache.clean());
            return match cleaned {
                Ok(()) => ExitCode::SUCCESS,
                Err(e) => report::error(e),
            };
        }
        let tree = if self.fetch { SourceTree::fetch() } else { SourceTree::find_or_fetch() };
        match tree {
            Ok(tree) => {
                println!("{}", tree.src().display());
                ExitCode::SUCCESS
            }
            Err(e) => report::error(e),
        }
    }
}
