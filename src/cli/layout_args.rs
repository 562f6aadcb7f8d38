//! Arguments of the verbs that lay out projects and pipelines.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `new`.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The project's folder; made if absent. By default the one one stands in
    pub dir: Option<PathBuf>,
    /// The layout to start from: a built-in one (--list), a folder or a git URL
    #[arg(long, value_name = "SCAFFOLD")]
    pub scaffold: Option<String>,
    /// The branch, tag or commit of a scaffold from a git URL
    #[arg(long, value_name = "REF")]
    pub checkout: Option<String>,
    /// Answer a question of the scaffold; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The project's name: short for --set name=NAME
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Make it a `DataLad` dataset
    #[arg(long)]
    pub datalad: bool,
    /// Ask nothing: take the defaults for all that is not answered
    #[arg(long)]
    pub defaults: bool,
    /// Only show what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// List the built-in scaffolds
    #[arg(long)]
    pub list: bool,
}
