//! `Survey`: a work tree, looked at: its files and specs, before any ledger is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crate::git::{GitError, Repo, Scan, StatMemory, annex};
use crate::ledger::{self, LedgerError, PipelineLedger};
use crate::model::{Pipeline, PipelineName};
use crate::spec::{Loaded, SourceFile, Sources, load};

/// Why a project cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// git said no.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A project file went to the annex, and its content is not here.
    #[error(
        "`{path}` is in the annex and its content is not here; `git annex get {path}` fetches it, and the line \
         `spec.yml annex.largefiles=nothing` in `.gitattributes` keeps such files in git"
    )]
    Absent {
        /// The file, from the root.
        path: String,
    },
    /// A project file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file, from the root.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A work tree, looked at. Enough to tell whether anything changed.
pub struct Survey {
    /// The repository.
    pub repo: Repo,
    /// Its files; the contents of all that pipelines use are known.
    pub scan: Scan,
    /// Remembered hashes.
    pub memory: StatMemory,
    /// What the specs say.
    pub loaded: Loaded,
    /// Pipelines without errors, by name.
    pub pipelines: BTreeMap<PipelineName, Arc<Pipeline>>,
    /// Names the texts of all specs and the config.
    pub(super) sources: [u8; 32],
    /// The ledgers, if they are being read already.
    ledgers: Option<JoinHandle<Result<Ledgers, LedgerError>>>,
}

/// The ledger of each pipeline that has one.
pub(super) type Ledgers = BTreeMap<PipelineName, PipelineLedger>;

/// Untracked files above this size are hashed only where a pipeline reads them.
const SMALL: u64 = 1 << 20;

impl Survey {
    /// Looks at a repository. If `reads_ledgers`, they are read meanwhile, by another thread.
    ///
    /// # Errors
    /// When a file or spec cannot be read. Problems in specs are findings.
    pub fn new(repo: Repo, reads_ledgers: bool) -> Result<Self, OpenError> {
        // Ledgers tell by themselves whose they are, so reading them need not wait for the specs.
        let root = repo.root().to_owned();
        let ledgers = reads_ledgers.then(|| thread::spawn(move || read_ledgers(&root)));
        let (mut scan, mut memory) = Scan::open(&repo)?;
        let texts = read_sources(&repo, &scan)?;
        let (loaded, sources) = (load(&texts), digest(&texts));
        let named = loaded.pipelines.iter().map(|loaded| &loaded.pipeline);
        let pipelines = named.map(|found| (found.name.clone(), Arc::new(found.clone()))).collect();
        resolve_used(&repo, &pipelines, &mut scan, &mut memory)?;
        Ok(Self { repo, scan, memory, loaded, pipelines, sources, ledgers })
    }

    /// Saves what was hashed, so that it need not be read again. A cache: failing to is no error.
    pub fn remember(&mut self) {
        drop(self.memory.save());
    }

    /// The ledgers of all pipelines.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) fn ledgers(&mut self) -> Result<Ledgers, LedgerError> {
        let read = match self.ledgers.take() {
            Some(thread) => thread.join().expect("reading ledgers does not panic"),
            None => read_ledgers(self.repo.root()),
        };
        choose_ledgers(self.repo.root(), &self.pipelines, read)
    }
}

fn read_sources(repo: &Repo, scan: &Scan) -> Result<Sources, OpenError> {
    let read = |path: String| match std::fs::read(repo.root().join(&path)) {
        Ok(text) if annex::key_of_pointer(&text).is_some() => Err(OpenError::Absent { path }),
        Ok(text) => Ok(SourceFile { path, text }),
        Err(_) if repo.root().join(&path).is_symlink() => Err(OpenError::Absent { path }),
        Err(source) => Err(OpenError::Read { path, source }),
    };
    let specs: Result<Vec<SourceFile>, OpenError> = scan.specs().into_iter().map(read).collect();
    let config = repo.root().join("minipach.yml");
    let config = if config.is_file() { Some(read("minipach.yml".into())?) } else { None };
    Ok(Sources { config, specs: specs? })
}
fn digest(texts: &Sources) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for file in texts.config.iter().chain(&texts.specs) {
        let size = (file.path.len() as u64, file.text.len() as u64);
        hasher.update(&size.0.to_le_bytes()).update(&size.1.to_le_bytes());
        hasher.update(file.path.as_bytes()).update(&file.text);
    }
    *hasher.finalize().as_bytes()
}

/// Learns the contents of all that pipelines use.
pub(super) fn resolve_used(
    repo: &Repo,
    pipelines: &BTreeMap<PipelineName, Arc<Pipeline>>,
    scan: &mut Scan,
    memory: &mut StatMemory,
) -> Result<(), GitError> {
    scan.resolve_small(repo, memory, SMALL)?;
    let folders = used_folders(pipelines);
    scan.resolve(repo, memory, &folders.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Folders whose files must have their content known: raw inputs and pipelines.
fn used_folders(pipelines: &BTreeMap<PipelineName, Arc<Pipeline>>) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for pipeline in pipelines.values() {
        folders.insert(pipeline.name.to_string());
        folders.extend(pipeline.input.leaves().iter().map(|leaf| leaf.repo.to_string()));
    }
    folders
}

/// Every ledger that stands in the work tree.
fn read_ledgers(root: &Path) -> Result<Ledgers, LedgerError> {
    let names = ledger::names(root)?;
    let read = ledger::read_all(root, &names)?;
    Ok(names.into_iter().zip(read).collect())
}

/// The ledgers of `pipelines` among `all`. If not all could be read, the fault may lie with a ledger
/// that nobody needs any more: then only those of `pipelines` are read.
fn choose_ledgers(
    root: &Path,
    pipelines: &BTreeMap<PipelineName, Arc<Pipeline>>,
    all: Result<Ledgers, LedgerError>,
) -> Result<Ledgers, LedgerError> {
    let names: Vec<PipelineName> = pipelines.keys().cloned().collect();
    let Ok(mut all) = all else {
        let read = ledger::read_all(root, &names)?;
        return Ok(names.into_iter().zip(read).collect());
    };
    let take = |name: PipelineName| {
        let ledger = all.remove(&name).unwrap_or_default();
        (name, ledger)
    };
    Ok(names.into_iter().map(take).collect())
}
