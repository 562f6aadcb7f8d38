//! `Project`: a work tree, opened: its files, specs and ledgers, read once and then only looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use crate::git::{GitError, Repo, Scan, StatMemory, annex};
use crate::ledger::{self, LedgerError, PipelineLedger};
use crate::model::{
    Config, ContentId, Entry, Finding, Kind, Oid, Pipeline, PipelineName, Tree, is_at_or_below,
};
use crate::plan::is_claimed;
use crate::spec::{Graph, Loaded, SourceFile, Sources, check_project, load};

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

/// A work tree, opened.
pub struct Project {
    /// The repository.
    pub repo: Repo,
    /// Its files.
    pub scan: Arc<Scan>,
    /// Remembered hashes; saved by [`Project::remember`].
    pub memory: StatMemory,
    /// All files with known content, tracked or not.
    pub tree: Tree,
    /// The same, but links in folders of pipelines are themselves: results hold links as links.
    pub results: Tree,
    /// What the specs say.
    pub loaded: Loaded,
    /// Pipelines without errors, by name.
    pub pipelines: BTreeMap<PipelineName, Arc<Pipeline>>,
    /// Who reads whom.
    pub graph: Graph,
    /// All problems of specs and project, most severe first within a file.
    pub findings: Vec<Finding>,
    /// The ledger of each pipeline.
    pub ledgers: BTreeMap<PipelineName, PipelineLedger>,
    /// Pipelines whose ledger says more here than on disk: results were recognised in the annex.
    pub recognised: BTreeSet<PipelineName>,
}

/// Untracked files above this size are hashed only where a pipeline reads them.
const SMALL: u64 = 1 << 20;

impl Project {
    /// Opens the project that holds the folder `start`.
    ///
    /// # Errors
    /// When there is no usable repository, or a spec or ledger cannot be read. Problems in specs are findings.
    pub fn open(start: &Path) -> Result<Self, OpenError> {
        let repo = Repo::open(start)?;
        let root = repo.root().to_owned();
        thread::scope(|scope| {
            // Ledgers tell by themselves whose they are, so reading them need not wait for the specs.
            let ledgers = scope.spawn(|| read_ledgers(&root));
            let (scan, memory) = Scan::open(&repo)?;
            Self::read(repo, scan, memory, || joined(ledgers))
        })
    }

    fn read(
        repo: Repo,
        mut scan: Scan,
        mut memory: StatMemory,
        ledgers: impl FnOnce() -> Result<Ledgers, LedgerError>,
    ) -> Result<Self, OpenError> {
        let sources = read_sources(&repo, &scan)?;
        let loaded = load(&sources);
        let pipelines: BTreeMap<PipelineName, Arc<Pipeline>> = loaded
            .pipelines
            .iter()
            .map(|loaded| (loaded.pipeline.name.clone(), Arc::new(loaded.pipeline.clone())))
            .collect();
        resolve_used(&repo, &pipelines, &mut scan, &mut memory)?;
        let mut findings = loaded.findings.clone();
        findings.extend(check_project(&loaded, &folders_to_check(&scan, &pipelines)));
        let graph = Graph::new(pipelines.values().map(AsRef::as_ref));
        let mut ledgers = choose_ledgers(repo.root(), &pipelines, ledgers())?;
        let tree = scan.tree("");
        let results = with_links(&tree, &scan, &pipelines);
        let recognised = super::annexed::recognise(&repo, &results, &mut ledgers);
        let scan = Arc::new(scan);
        Ok(Self {
            repo,
            scan,
            memory,
            tree,
            results,
            loaded,
            pipelines,
            graph,
            findings,
            ledgers,
            recognised,
        })
    }

    /// Learns the contents of all that pipelines use, in another scan of this project.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn resolve_used(&self, scan: &mut Scan, memory: &mut StatMemory) -> Result<(), GitError> {
        resolve_used(&self.repo, &self.pipelines, scan, memory)
    }

    /// Saves what was hashed, so that it need not be read again. A cache: failing to is no error.
    pub fn remember(&mut self) {
        drop(self.memory.save());
    }

    /// Settings of the project.
    pub fn config(&self) -> &Config {
        &self.loaded.config
    }

    /// The files of a raw repo: a folder of the project, or of a subdataset at its recorded commit.
    ///
    /// # Errors
    /// When a subdataset it lies in is not installed or stands at another commit.
    pub fn raw_tree(&self, folder: &str) -> Result<Tree, GitError> {
        let below = self.tree.below(folder);
        let inside = self.subdatasets(folder);
        if inside.is_empty() {
            return Ok(below);
        }
        let mut entries: Vec<Entry> =
            below.entries().iter().filter(|entry| entry.kind != Kind::Gitlink).cloned().collect();
        for sub in inside {
            let files = self.scan.subdataset_tree(&self.repo, &sub)?;
            let prefix = format!("{folder}/");
            entries.extend(files.into_iter().filter(|entry| entry.path.starts_with(&prefix)));
        }
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(Tree::new(&format!("{folder}/"), Arc::from(entries)))
    }

    /// A subdataset at, below or above a folder whose work tree differs from its commit.
    pub fn dirty_subdataset(&self, folder: &str) -> Option<String> {
        use crate::git::process::{Access, git};
        self.subdatasets(folder).into_iter().find(|path| {
            let status = git(&self.repo.root().join(path), Access::Read).args(["status", "--porcelain"]);
            status.output().is_ok_and(|text| !text.is_empty())
        })
    }

    /// Subdatasets at, below or above a folder.
    fn subdatasets(&self, folder: &str) -> Vec<String> {
        let is_related = |path: &str| {
            let above = is_at_or_below(folder, path);
            let below = path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
            above || below
        };
        self.scan.subdatasets().filter(|path| is_related(path)).map(str::to_owned).collect()
    }

    /// A pipeline's ledger; an empty one if nothing was ever recorded.
    pub fn ledger(&self, name: &PipelineName) -> &PipelineLedger {
        static EMPTY: std::sync::LazyLock<PipelineLedger> = std::sync::LazyLock::new(PipelineLedger::default);
        self.ledgers.get(name).unwrap_or(&EMPTY)
    }

    /// Whether a path is a result of some pipeline, as its ledger says.
    pub fn is_result(&self, path: &str) -> bool {
        self.ledgers.iter().any(|(name, ledger)| {
            let relative = path.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('/'));
            relative.is_some_and(|relative| is_claimed(ledger.lines(), relative))
        })
    }

    /// The text of the link at a path of the work tree.
    pub fn link_text(&self, path: &str) -> Option<String> {
        std::fs::read_link(self.repo.root().join(path)).ok()?.into_os_string().into_string().ok()
    }

    /// The id of the `DataLad` dataset, if the project is one.
    pub fn dataset_id(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.repo.root().join(".datalad/config")).ok()?;
        let line = text.lines().map(str::trim).find_map(|line| line.strip_prefix("id"))?;
        Some(line.trim_start().strip_prefix('=')?.trim().to_owned())
    }

    /// Whether any finding stops planning and running.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }
}

/// The tree with the links in folders of pipelines as links.
fn with_links(tree: &Tree, scan: &Scan, pipelines: &BTreeMap<PipelineName, Arc<Pipeline>>) -> Tree {
    let is_inside = |path: &str| {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.into_iter().any(|folder| pipelines.keys().any(|name| name.as_str() == folder))
    };
    let links: BTreeMap<&str, Oid> = scan.kept_links().filter(|(path, _)| is_inside(path)).collect();
    if links.is_empty() {
        return tree.clone();
    }
    let entry = |entry: &Entry| match links.get(&*entry.path) {
        Some(oid) => Entry { path: entry.path.clone(), kind: Kind::Link, content: ContentId::Git(*oid) },
        None => entry.clone(),
    };
    Tree::new(tree.prefix(), tree.entries().iter().map(entry).collect())
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

fn resolve_used(
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

/// The folders that specs may name: all that are, unless all that are named exist.
fn folders_to_check(scan: &Scan, pipelines: &BTreeMap<PipelineName, Arc<Pipeline>>) -> BTreeSet<String> {
    let leaves = pipelines.values().flat_map(|pipeline| pipeline.input.leaves());
    let named: BTreeSet<String> =
        leaves.filter(|leaf| !leaf.is_cron).map(|leaf| leaf.repo.to_string()).collect();
    if named.iter().all(|folder| scan.has_folder(folder)) { named } else { scan.folders() }
}

type Ledgers = BTreeMap<PipelineName, PipelineLedger>;

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

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().expect("reading ledgers does not panic")
}
