//! `Project`: a work tree, opened: its files, specs and ledgers, read once and then only looked at.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::exec::SandboxView;
use crate::git::{Annexes, Dirty, GitError, Off, Repo, Scan, StatMemory};
use crate::ledger::PipelineLedger;
use crate::model::{
    Config, ContentId, Finding, Oid, OutFile, Pipeline, PipelineName, Tree, is_at_or_below, is_pack,
};
use crate::spec::{Checked, Graph, Loaded, Unsound};

use super::in_head::{InHead, hold};
use super::kept_links::as_it_stands;
use super::packs::{self, Packs};
use super::programs::Programs;
use super::retold::Retold;
use super::saving::Saving;
use super::sources::OpenError;
use super::survey::{Ledgers, Survey, resolve_used};

/// A work tree, opened.
pub struct Project {
    /// The repository.
    pub repo: Repo,
    /// The commit that `HEAD` was before its files were read.
    pub head: Option<Oid>,
    /// Its files.
    pub scan: Arc<Scan>,
    /// Remembered hashes, until [`Project::remember`].
    memory: Option<StatMemory>,
    /// Saves them.
    saving: Saving,
    /// All files with known content, tracked or not.
    pub tree: Tree,
    /// The same, but links in folders of pipelines are themselves: results hold links as links.
    pub results: Tree,
    /// What the specs say.
    pub loaded: Loaded,
    /// Sound pipelines, by name: they and all that they need are without errors.
    pub pipelines: BTreeMap<PipelineName, Arc<Pipeline>>,
    /// All others, by folder, and why.
    pub unsound: BTreeMap<String, Unsound>,
    /// Who reads whom among the sound ones.
    pub graph: Graph,
    /// All problems of specs and project, most severe first within a file.
    pub findings: Vec<Finding>,
    /// The ledger of each pipeline, sound or not.
    pub ledgers: Ledgers,
    /// Ledgers of folders that are no pipelines any more: memory, for pipelines that were renamed.
    pub former: Ledgers,
    /// Pipelines whose ledger says more here than on disk: results were recognised in the annex, or moved with them.
    recognised: BTreeSet<PipelineName>,
    /// Those among them whose ledger is lost or damaged on disk, with what only git's history has of it.
    pub(super) lost: Ledgers,
    /// Those of which plans found inputs or code in the annex.
    pub(super) retold: Retold,
    /// How many results a run was cut off from moving, half of which stands: hidden from who looks.
    pub halves: usize,
    /// Contents of results that a run will move into their places first, being cut off from that.
    pub(super) staged: BTreeSet<ContentId>,
    /// What HEAD has, as far as somebody asked.
    pub(super) in_head: InHead,
    /// The sandboxes that this machine can make, or why it cannot, as far as somebody asked.
    pub(super) sandbox: OnceCell<Result<Arc<SandboxView>, String>>,
    /// The programs here that run containers.
    pub(super) programs: Programs,
    /// What packed results hold.
    pub(super) packs: Arc<Packs>,
    /// What ledgers tell that packed results hold, as far as somebody asked.
    told_packs: OnceCell<BTreeMap<ContentId, Arc<[OutFile]>>>,
    /// Subdatasets that could not be installed.
    pub(super) unavailable: RefCell<BTreeSet<String>>,
    /// Subdatasets of whose files the ledgers of pipelines have all, as far as somebody asked.
    pub(super) told: RefCell<BTreeMap<PipelineName, BTreeSet<String>>>,
    /// The subdatasets that are not installed and that each pipeline asked for when it was planned last.
    pub(super) asked: RefCell<BTreeMap<PipelineName, BTreeSet<String>>>,
    /// Folders in subdatasets, or with some, as somebody first asked for them.
    pub(super) inside: RefCell<BTreeMap<String, Raw>>,
}

/// A raw repo.
#[derive(Clone, Default)]
pub(super) struct Raw {
    /// Its files.
    pub(super) tree: Tree,
    /// Subdatasets that hold some of them and in which such are not as their commit has them.
    pub(super) dirty: Vec<String>,
    /// Those with changed files that git was told to overlook: each with the first, and the option that ends it.
    pub(super) hidden: Vec<(String, (String, &'static str))>,
    /// Those that have new files which no commit of theirs has, with these: they do not count.
    pub(super) loose: Vec<(String, Vec<String>)>,
    /// Links of subdatasets that stand for files, each with that.
    pub(super) links: BTreeMap<String, String>,
    /// The subdatasets that hold some of them.
    pub(super) subdatasets: Vec<String>,
    /// Those that are not installed: what they hold is missing.
    pub(super) absent: Vec<String>,
    /// Those that stand at another commit than the recorded one: what they hold is missing, too.
    pub(super) off: Vec<Off>,
}

impl Project {
    /// Opens the project that holds the folder `start`.
    ///
    /// # Errors
    /// When there is no usable repository, or a spec or ledger cannot be read. Problems in specs are findings.
    pub fn open(start: &Path) -> Result<Self, OpenError> {
        Survey::new(Repo::open(start)?, true)?.open(false)
    }

    /// As [`Project::open`], where something is about to run or to be committed: plans read all that may be known
    /// already under another name.
    ///
    /// # Errors
    /// As [`Project::open`].
    pub fn open_to_run(start: &Path) -> Result<Self, OpenError> {
        Survey::new(Repo::open(start)?, true)?.open(true)
    }

    /// Opens it afresh, to run.
    ///
    /// # Errors
    /// As [`Project::open`].
    pub fn again(&self) -> Result<Self, OpenError> {
        Survey::new(self.repo.again()?, true)?.open(true)
    }

    /// Puts together what was read.
    fn new(
        survey: Survey,
        names: &BTreeSet<PipelineName>,
        checked: Checked,
        (mut ledgers, former): (Ledgers, Ledgers),
        to_run: bool,
    ) -> Self {
        let Survey { repo, head, scan, memory, loaded, mut pipelines, .. } = survey;
        let findings = loaded.findings.iter().cloned().chain(checked.findings).collect();
        pipelines.retain(|name, _| !checked.unsound.contains_key(name.as_str()));
        let graph = Graph::new(pipelines.values().map(AsRef::as_ref));
        let tree = scan.tree("");
        let results = as_it_stands(&tree, &scan, &names.iter().map(PipelineName::as_str).collect());
        let lost = super::lost::find((&repo, head), &results, &mut ledgers);
        let mut recognised = super::moved::follow(&results, names, &mut ledgers, &former);
        recognised.extend(super::annexed::recognise(&Annexes::new(&repo, &scan), &results, &mut ledgers));
        let retold = Retold::new(pipelines.keys(), to_run);
        let mut project = Self {
            repo,
            head,
            scan: Arc::new(scan),
            memory: Some(memory),
            saving: Saving::default(),
            tree,
            results,
            loaded,
            pipelines,
            unsound: checked.unsound,
            graph,
            findings,
            ledgers,
            former,
            recognised: recognised.into_iter().chain(lost.keys().cloned()).collect(),
            lost,
            retold,
            halves: 0,
            staged: BTreeSet::new(),
            in_head: InHead::default(),
            sandbox: OnceCell::new(),
            programs: Programs::default(),
            packs: Arc::default(),
            told_packs: OnceCell::new(),
            unavailable: RefCell::default(),
            told: RefCell::default(),
            asked: RefCell::default(),
            inside: RefCell::default(),
        };
        project.forgive_known_images();
        project
    }

    /// Learns the contents of all that pipelines use, in another scan of this project.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn resolve_used(&self, scan: &mut Scan, memory: &mut StatMemory) -> Result<(), GitError> {
        resolve_used(&self.repo, &self.pipelines, scan, memory)
    }

    /// Saves what was hashed, if that is much, so that it need not be read again; by a thread, which ends before the
    /// project is dropped. A cache: failing to is no error.
    pub fn remember(&mut self) {
        let Some(mut memory) = self.memory.take() else { return };
        let scan = Arc::clone(&self.scan);
        self.saving = Saving::begin(move || drop(memory.save_if_worth(|path| scan.contains(path))));
    }

    /// Waits until that is saved.
    pub fn end_remembering(&mut self) {
        self.saving = Saving::default();
    }

    /// Settings of the project.
    pub fn config(&self) -> &Config {
        &self.loaded.config
    }

    /// A pipeline's ledger; an empty one if nothing was ever recorded.
    pub fn ledger(&self, name: &PipelineName) -> &PipelineLedger {
        static EMPTY: std::sync::LazyLock<PipelineLedger> = std::sync::LazyLock::new(PipelineLedger::default);
        self.retold.ledger(name).or_else(|| self.ledgers.get(name)).unwrap_or(&EMPTY)
    }

    /// Whether a pipeline's ledger says more here than on disk.
    pub fn is_recognised(&self, name: &PipelineName) -> bool {
        self.recognised.contains(name) || self.retold.ledger(name).is_some()
    }

    /// Whether results of a pipeline are known by git's ledger alone, as the one on disk is lost or damaged.
    pub fn has_lost_ledger(&self, name: &PipelineName) -> bool {
        self.lost.contains_key(name)
    }

    /// Whether a path is a result of some pipeline, as its ledger says.
    pub fn is_result(&self, path: &str) -> bool {
        hold(&self.ledgers, path)
    }

    /// Which paths differ from HEAD, as they did when somebody first asked.
    ///
    /// # Errors
    /// When HEAD or the index cannot be read.
    pub fn dirty(&self) -> Result<Arc<Dirty>, GitError> {
        self.in_head.dirty(&self.scan, &self.repo)
    }

    /// The folder that holds the `annex/objects` of whoever keeps the result at a path.
    pub fn annex_dir_of(&self, path: &str) -> &Path {
        self.scan.entered_around(path).map_or_else(|| self.repo.annex_dir(), |inner| &inner.annex_dir)
    }

    /// The text of the link at a path of the work tree.
    pub fn link_text(&self, path: &str) -> Option<String> {
        std::fs::read_link(self.repo.root().join(path)).ok()?.into_os_string().into_string().ok()
    }

    /// What the packed result at a path holds, if there is one whose content is here or of which a ledger tells.
    pub(super) fn members(&self, path: &str, content: &ContentId) -> Option<Arc<[OutFile]>> {
        self.packs.members(self.repo.root(), path, content).or_else(|| {
            let told = || self.told_packs.get_or_init(|| packs::told(self.ledgers.values()));
            is_pack(path).then(told)?.get(content).cloned()
        })
    }

    /// The id of the `DataLad` dataset, if the project is one.
    pub fn dataset_id(&self) -> Option<String> {
        dataset_id(self.repo.root())
    }

    /// Folders of all pipelines, sound or not.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pipelines.keys().map(PipelineName::as_str).chain(self.unsound.keys().map(String::as_str))
    }

    /// Whether a path lies in the folder of a pipeline, sound or not, whose results are its own affair.
    pub fn is_output(&self, path: &str) -> bool {
        self.names().any(|name| is_at_or_below(path, name))
    }

    /// Whether any finding is an error, so that not all can be planned and run.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }
}

impl Survey {
    /// Checks the pipelines against each other, reads the ledgers and puts all together. `to_run`: something is
    /// about to run or to be committed.
    ///
    /// # Errors
    /// When a ledger of a pipeline cannot be read.
    pub fn open(mut self, to_run: bool) -> Result<Project, OpenError> {
        let mut checked = super::ground::check(&self.repo, &self.scan, &self.loaded);
        super::relocated::tell(&self.repo, &self.scan, &mut self.loaded, &mut checked);
        let unsound = checked.unsound.keys().filter_map(|folder| PipelineName::parse(folder).ok());
        let names: BTreeSet<PipelineName> = self.pipelines.keys().cloned().chain(unsound).collect();
        let ledgers = self.ledgers(&names)?;
        Ok(Project::new(self, &names, checked, ledgers, to_run))
    }
}

/// The id of the `DataLad` dataset with this root, if it is one.
pub fn dataset_id(root: &Path) -> Option<String> {
    let text = std::fs::read_to_string(root.join(".datalad/config")).ok()?;
    let line = text.lines().map(str::trim).find_map(|line| line.strip_prefix("id"))?;
    Some(line.trim_start().strip_prefix('=')?.trim().to_owned())
}
