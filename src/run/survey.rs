//! `Survey`: a work tree, looked at: its files and specs, before any ledger is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crate::git::{GitError, Repo, Scan, StatMemory};
use crate::ledger::{self, LedgerError, PipelineLedger};
use crate::model::{Oid, Pipeline, PipelineName};
use crate::spec::{Loaded, SourceFile, Sources, load};

use super::sources::{OpenError, read_sources};

/// A work tree, looked at. Enough to tell whether anything changed.
pub struct Survey {
    /// The repository.
    pub repo: Repo,
    /// The commit that `HEAD` was before its files were looked at.
    pub head: Option<Oid>,
    /// Its files; the contents of all that pipelines use are known.
    pub scan: Scan,
    /// Remembered hashes.
    pub memory: StatMemory,
    /// What the specs say.
    pub loaded: Loaded,
    /// Pipelines whose own spec is without errors, by name.
    pub pipelines: BTreeMap<PipelineName, Arc<Pipeline>>,
    /// Names the texts of all specs and the config.
    pub(super) sources: [u8; 32],
    /// The ledgers, if they are being read already.
    ledgers: Option<JoinHandle<Result<Ledgers, LedgerError>>>,
}

/// The ledger of each pipeline that has one.
pub(super) type Ledgers = BTreeMap<PipelineName, PipelineLedger>;

/// How often a work tree is looked at that changes meanwhile.
const LOOKS: usize = 5;

/// Untracked files above this size are hashed only where a pipeline reads them.
const SMALL: u64 = 1 << 20;

impl Survey {
    /// Looks at a repository. If `reads_ledgers`, they are read meanwhile, by another thread.
    ///
    /// # Errors
    /// When a file or spec cannot be read. Problems in specs are findings.
    pub fn new(repo: Repo, reads_ledgers: bool) -> Result<Self, OpenError> {
        Self::with_unsaved(repo, reads_ledgers, None)
    }

    /// As [`Survey::new`], with the text of one file as an editor has it and the disk has not yet.
    ///
    /// # Errors
    /// As [`Survey::new`].
    pub fn with_unsaved(
        repo: Repo,
        reads_ledgers: bool,
        unsaved: Option<&SourceFile>,
    ) -> Result<Self, OpenError> {
        // Ledgers tell by themselves whose they are, so reading them need not wait for the specs.
        let root = repo.root().to_owned();
        let ledgers = reads_ledgers.then(|| thread::spawn(move || read_ledgers(&root)));
        let head = repo.head()?.commit();
        let mut looks = 1;
        let Looked { scan, memory, loaded, pipelines, sources } = loop {
            match look(&repo, unsaved) {
                // A run puts results into place, or git-annex takes some over, under our eyes.
                Err(OpenError::Git(error)) if error.is_race() && looks < LOOKS => looks += 1,
                looked => break looked?,
            }
        };
        Ok(Self { repo, head, scan, memory, loaded, pipelines, sources, ledgers })
    }

    /// Saves what was hashed, if that is much, so that it need not be read again. A cache: failing to is no error.
    pub fn remember(&mut self) {
        drop(self.memory.save_if_worth(|path| self.scan.contains(path)));
    }

    /// The ledgers of `names`, and those of folders that are no pipelines any more.
    ///
    /// # Errors
    /// When one of `names` cannot be read.
    pub(super) fn ledgers(
        &mut self,
        names: &BTreeSet<PipelineName>,
    ) -> Result<(Ledgers, Ledgers), LedgerError> {
        let read = match self.ledgers.take() {
            Some(thread) => thread.join().expect("reading ledgers does not panic"),
            None => read_ledgers(self.repo.root()),
        };
        choose_ledgers(self.repo.root(), names, read)
    }
}

/// What one look at a work tree gives.
struct Looked {
    scan: Scan,
    memory: StatMemory,
    loaded: Loaded,
    pipelines: BTreeMap<PipelineName, Arc<Pipeline>>,
    sources: [u8; 32],
}

fn look(repo: &Repo, unsaved: Option<&SourceFile>) -> Result<Looked, OpenError> {
    let (mut scan, mut memory) = Scan::open(repo)?;
    let mut texts = read_sources(repo, &scan)?;
    if let Some(unsaved) = unsaved {
        texts.put(unsaved.clone());
    }
    let (loaded, sources) = (load(&texts), digest(&texts));
    let named = loaded.pipelines.iter().map(|loaded| &loaded.pipeline);
    let pipelines = named.map(|found| (found.name.clone(), Arc::new(found.clone()))).collect();
    enter_outputs(repo, &pipelines, &mut scan);
    resolve_used(repo, &pipelines, &mut scan, &mut memory)?;
    Ok(Looked { scan, memory, loaded, pipelines, sources })
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

/// Takes in the files of the subdatasets in which results of pipelines may stand.
pub(super) fn enter_outputs(repo: &Repo, pipelines: &BTreeMap<PipelineName, Arc<Pipeline>>, scan: &mut Scan) {
    scan.enter(repo, &pipelines.keys().map(PipelineName::as_str).collect::<Vec<_>>());
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
    scan.resolve(repo, memory, &folders.iter().map(String::as_str).collect::<Vec<_>>())?;
    super::own_rules::reveal(repo, pipelines, scan, memory)
}

/// Folders whose files must have their content known: raw inputs and pipelines.
fn used_folders(pipelines: &BTreeMap<PipelineName, Arc<Pipeline>>) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for pipeline in pipelines.values() {
        folders.insert(pipeline.name.to_string());
        folders.extend(pipeline.input.leaves().iter().map(|leaf| leaf.repo.to_string()));
        let image = pipeline.transform.as_ref().and_then(|transform| transform.image.clone());
        if let Some(image) = image.filter(|image| !image.starts_with('/')) {
            // A Dockerfile takes what stands beside it.
            let beside =
                image.rsplit_once('/').filter(|(_, name)| name.to_ascii_lowercase().contains("file"));
            folders.extend(beside.map(|(folder, _)| folder.to_owned()));
            folders.insert(image);
        }
    }
    folders
}

/// Every ledger that stands in the work tree.
fn read_ledgers(root: &Path) -> Result<Ledgers, LedgerError> {
    let names = ledger::names(root)?;
    let read = ledger::read_all(root, &names)?;
    Ok(names.into_iter().zip(read).collect())
}

/// The ledgers of `names` among `all`, and the others. If not all could be read, the fault may lie with a
/// ledger that nobody needs any more: then only those of `names` are read.
fn choose_ledgers(
    root: &Path,
    names: &BTreeSet<PipelineName>,
    all: Result<Ledgers, LedgerError>,
) -> Result<(Ledgers, Ledgers), LedgerError> {
    let names: Vec<PipelineName> = names.iter().cloned().collect();
    let Ok(mut all) = all else {
        let read = ledger::read_all(root, &names)?;
        return Ok((names.into_iter().zip(read).collect(), Ledgers::new()));
    };
    let take = |name: PipelineName| {
        let ledger = all.remove(&name).unwrap_or_default();
        (name, ledger)
    };
    Ok((names.into_iter().map(take).collect(), all))
}
