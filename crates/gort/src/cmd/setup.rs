//! `gort setup`: have the standard library's source tree ready.

use crate::goroot::SourceTree;
use crate::report;
use std::process::ExitCode;

/// Arguments of `gort setup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Fetch the tree into the cache even if there is one on this machine
    #[arg(long)]
    fetch: bool,
}

impl Args {
    pub(super) fn execute(self) -> ExitCode {
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
