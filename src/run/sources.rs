//! The texts of the project file and of all specs, and why a project cannot be opened.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;

use crate::git::{GitError, Repo, Scan, annex};
use crate::ledger::LedgerError;
use crate::model::literal;
use crate::spec::{SourceFile, Sources};

/// Bytes of a spec that are read at most: a longer one is refused for its length.
const MOST: u64 = 1 << 26;

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
        "`{path}` is in the annex and its content is not here; `git annex get {word}` fetches it, and the line \
         `{name} annex.largefiles=nothing` in `.gitattributes` keeps such files in git",
        word = literal(path),
        name = path.rsplit('/').next().unwrap_or_default()
    )]
    Absent {
        /// The file, from the root.
        path: String,
    },
    /// A spec or the project file is a link that leads nowhere, or to what is no file.
    #[error("`{path}` is a link to `{to}`, {fault}; put a file in its place, or remove it")]
    Link {
        /// The link, from the root.
        path: String,
        /// Its text.
        to: String,
        /// What is wrong with that.
        fault: &'static str,
    },
    /// A folder stands where a spec or the project file belongs.
    #[error("`{path}` is a folder; put a file in its place, or give the folder another name")]
    Folder {
        /// The folder, from the root.
        path: String,
    },
    /// A sparse checkout leaves out what minipach itself reads.
    #[error(
        "`{path}` is left out by a sparse checkout; `git sparse-checkout add {}` brings it here",
        literal(folder)
    )]
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
        source: io::Error,
    },
}

/// Reads the project file and all specs. A spec that cannot be read is noted, as it breaks only its own pipeline.
///
/// # Errors
/// When there is a project file that cannot be read.
pub(super) fn read_sources(repo: &Repo, scan: &Scan) -> Result<Sources, OpenError> {
    let read = |path: String| match read_whole(repo, &path) {
        Ok(text) if annex::key_of_pointer(&text).is_some() => Err(OpenError::Absent { path }),
        Ok(text) => Ok(SourceFile { path, text }),
        Err(source) => left_out(scan, &path).and(Err(unread(repo, path, source))),
    };
    left_out(scan, ".minipach")?;
    left_out(scan, "minipach.yml")?;
    left_out(scan, "code")?;
    // One at the root is no pipeline; it is read to be told about.
    let at_root = scan.contains("spec.yml").then(|| "spec.yml".to_owned());
    let has_config = repo.root().join("minipach.yml").symlink_metadata().is_ok();
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

/// The text of a file; of one that never ends, nothing.
fn read_whole(repo: &Repo, path: &str) -> io::Result<Vec<u8>> {
    let full = repo.root().join(path);
    if !fs::metadata(&full)?.is_file() {
        return Err(io::Error::other("it is no file; put one in its place, or remove it"));
    }
    let mut text = Vec::new();
    File::open(&full)?.take(MOST).read_to_end(&mut text)?;
    Ok(text)
}

/// Why a file cannot be read, by what stands there.
fn unread(repo: &Repo, path: String, source: io::Error) -> OpenError {
    let full = repo.root().join(&path);
    let Ok(to) = fs::read_link(&full) else {
        return if full.is_dir() { OpenError::Folder { path } } else { OpenError::Read { path, source } };
    };
    if annex::key_of_link(to.as_os_str().as_bytes()).is_some() {
        return OpenError::Absent { path };
    }
    let fault = match source.kind() {
        io::ErrorKind::NotFound => "where nothing stands",
        _ if full.exists() => "which is no file that can be read",
        _ => "which leads back to itself or cannot be followed",
    };
    OpenError::Link { path, to: to.display().to_string(), fault }
}

/// Says so if a sparse checkout leaves out a file, or one below a folder.
fn left_out(scan: &Scan, path: &str) -> Result<(), OpenError> {
    let Some(path) = scan.left_out_below(path) else { return Ok(()) };
    let folder = path.split('/').next().unwrap_or(path).to_owned();
    Err(OpenError::LeftOut { path: path.to_owned(), folder })
}
