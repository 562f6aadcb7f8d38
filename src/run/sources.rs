//! The texts of the project file and of all specs, and why a project cannot be opened.

use crate::git::{GitError, Repo, Scan, annex};
use crate::ledger::LedgerError;
use crate::spec::{SourceFile, Sources};

/// Why a project cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// git said no.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A spec or the project file went to the annex, and its content is not here.
    #[error(
        "`{path}` is in the annex and its content is not here; `git annex get {path}` fetches it, and the line \
         `spec.yml annex.largefiles=nothing` in `.gitattributes` keeps such files in git"
    )]
    Absent {
        /// The file, from the root.
        path: String,
    },
    /// A sparse checkout leaves out what minipach itself reads.
    #[error("`{path}` is left out by a sparse checkout; `git sparse-checkout add {folder}` brings it here")]
    LeftOut {
        /// The file, from the root.
        path: String,
        /// What to bring.
        folder: String,
    },
    /// A spec or the project file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file, from the root.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Reads the project file and all specs. A spec that cannot be read is noted, as it breaks only its own pipeline.
///
/// # Errors
/// When there is a project file that cannot be read.
pub(super) fn read_sources(repo: &Repo, scan: &Scan) -> Result<Sources, OpenError> {
    let read = |path: String| match std::fs::read(repo.root().join(&path)) {
        Ok(text) if annex::key_of_pointer(&text).is_some() => Err(OpenError::Absent { path }),
        Ok(text) => Ok(SourceFile { path, text }),
        Err(_) if repo.root().join(&path).is_symlink() => Err(OpenError::Absent { path }),
        Err(source) => left_out(scan, &path).and(Err(OpenError::Read { path, source })),
    };
    left_out(scan, ".minipach")?;
    left_out(scan, "minipach.yml")?;
    left_out(scan, "code")?;
    // One at the root is no pipeline; it is read to be told about.
    let at_root = scan.contains("spec.yml").then(|| "spec.yml".to_owned());
    let config = repo.root().join("minipach.yml");
    let has_config = config.is_file() || config.is_symlink();
    let config = if has_config { Some(read("minipach.yml".into())?) } else { None };
    let mut sources = Sources { config, ..Sources::default() };
    for path in scan.specs().into_iter().chain(at_root) {
        match read(path.clone()) {
            Ok(spec) => sources.specs.push(spec),
            Err(error) => drop(sources.unread.insert(path, error.to_string())),
        }
    }
    Ok(sources)
}

/// Says so if a sparse checkout leaves out a file, or one below a folder.
fn left_out(scan: &Scan, path: &str) -> Result<(), OpenError> {
    let Some(path) = scan.left_out_below(path) else { return Ok(()) };
    let folder = path.split('/').next().unwrap_or(path).to_owned();
    Err(OpenError::LeftOut { path: path.to_owned(), folder })
}
