//! Arguments of `import`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Files to bring in; with `--from datalad` revisions of git, whose history holds run records
    #[arg(value_name = "SOURCE", required = true)]
    pub sources: Vec<PathBuf>,
    /// What they are; by default told by their names and texts
    #[arg(long, value_name = "KIND", value_parser = kind_words())]
    pub from: Option<String>,
    /// A folder or file that the source calls OLD stands at NEW; may be given again
    #[arg(long, value_name = "OLD=NEW")]
    pub map: Vec<String>,
    /// Put all new pipelines below this folder
    #[arg(long, value_name = "DIR")]
    pub into: Option<String>,
    /// Bring in a Dockerfile that looks like a service too
    #[arg(long)]
    pub force: bool,
    /// Write the pipelines; without it they are only shown
    #[arg(long)]
    pub write: bool,
}

fn kind_words() -> clap::builder::PossibleValuesParser {
    crate::import::Kind::ALL.map(crate::import::Kind::word).into()
}
