//! What is remembered of finished work: ledgers of all pipelines, the attempt log, the ledgers of history.
//!
//! Each source is read only when a question reaches it, so a project where all is done reads none of them.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crate::git::{Entered, GitError, LineMerges, Repo, annex, blob_id_of_file};
use crate::ledger::{AttemptLog, PipelineLedger, ResultRecord, TriedRecord};
use crate::model::{
    ContentId, DatumId, Kind, KnownResult, Oid, OutFile, PipelineName, Place, Tree, is_at_or_below,
};
use crate::plan::{Failure, Memory, Standing, standing_of};

use super::in_head::ledger_at;
use super::moved;
use super::past::{History, base_of, standing_files};
use super::project::Project;
use super::survey::Ledgers;
use super::withdrawn::Withdrawn;

/// So many ids are looked for without an index.
const FEW: usize = 64;

fn read_log(state: &Path) -> AttemptLog {
    let path = state.join("attempts.jsonl");
    AttemptLog::read(&path).unwrap_or_else(|_| AttemptLog::empty(&path))
}

/// Everything known about results, looked up by id.
pub struct Known<'a> {
    pub(super) repo: &'a Repo,
    pub(super) head: Option<Oid>,
    /// The same where the project has an annex; asked once, for that takes reading refs.
    annexed_head: Option<Oid>,
    pub(super) tree: &'a Tree,
    /// Subdatasets with results.
    inner: &'a [Entered],
    /// Their repositories, as far as they can be opened; opened at the first question.
    inner_repos: OnceCell<Vec<Option<Repo>>>,
    pub(super) staged: &'a BTreeSet<ContentId>,
    pub(super) ledgers: &'a Ledgers,
    /// Ledgers of folders that are no pipelines any more.
    former: &'a Ledgers,
    /// How many ids were looked for.
    asked: Cell<usize>,
    /// Every ledger line, by id.
    by_id: OnceCell<Vec<(DatumId, &'a PipelineName, u32)>>,
    log: OnceCell<AttemptLog>,
    /// The same, while another thread reads it.
    reading: Cell<Option<JoinHandle<AttemptLog>>>,
    history: OnceCell<History>,
    /// Names that pipelines had, each with the pipeline's name now.
    renamed: OnceCell<BTreeSet<(&'a PipelineName, &'a PipelineName)>>,
    withdrawn: OnceCell<Withdrawn>,
    keys: OnceCell<BTreeMap<ContentId, BTreeSet<Box<str>>>>,
    /// The same the other way round.
    by_key: OnceCell<BTreeMap<Box<str>, BTreeSet<ContentId>>>,
    by_content: OnceCell<BTreeSet<ContentId>>,
    /// HEAD's ledgers, each read at the first question.
    in_head: RefCell<BTreeMap<PipelineName, PipelineLedger>>,
    /// What merges made of lines.
    pub(super) merges: LineMerges,
    /// Files of keys with more than one result.
    pub(super) of_several: OnceCell<BTreeSet<&'a str>>,
}

impl<'a> Known<'a> {
    /// Looks at nothing yet.
    pub fn new(project: &'a Project) -> Self {
        Self {
            repo: &project.repo,
            head: project.head,
            annexed_head: project.head.filter(|_| project.repo.has_annex()),
            tree: &project.results,
            inner: project.scan.entered(),
            inner_repos: OnceCell::new(),
            staged: &project.staged,
            ledgers: &project.ledgers,
            former: &project.former,
            asked: Cell::new(0),
            by_id: OnceCell::new(),
            log: OnceCell::new(),
            reading: Cell::new(None),
            history: OnceCell::new(),
            renamed: OnceCell::new(),
            withdrawn: OnceCell::new(),
            keys: OnceCell::new(),
            by_key: OnceCell::new(),
            by_content: OnceCell::new(),
            in_head: RefCell::default(),
            merges: LineMerges::default(),
            of_several: OnceCell::new(),
        }
    }

    /// The ledgers that stand in the work tree, also of pipelines that were renamed or removed.
    fn all_ledgers(&self) -> impl Iterator<Item = (&'a PipelineName, &'a PipelineLedger)> {
        self.ledgers.iter().chain(self.former)
    }

    /// The attempt log, read at the first call.
    pub fn log(&self) -> &AttemptLog {
        self.log.get_or_init(|| match self.reading.take() {
            Some(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            None => read_log(&self.repo.state_dir()),
        })
    }

    /// Has another thread read the attempt log meanwhile: something will be looked for in it.
    #[must_use]
    pub fn with_log_ahead(self) -> Self {
        let state = self.repo.state_dir();
        self.reading.set(Some(thread::spawn(move || read_log(&state))));
        self
    }

    /// The ledger lines with an id. A few ids are looked for line by line; for more all lines are sorted first.
    fn lines_with(&self, id: DatumId) -> Vec<(&'a PipelineName, u32)> {
        self.asked.set(self.asked.get() + 1);
        if self.asked.get() <= FEW {
            return self
                .all_lines()
                .filter(|(other, ..)| *other == id)
                .map(|(_, name, at)| (name, at))
                .collect();
        }
        let all = self.by_id.get_or_init(|| {
            let mut found: Vec<_> = self.all_lines().collect();
            found.sort_unstable_by_key(|(id, _, at)| (*id, *at));
            found
        });
        let start = all.partition_point(|(other, ..)| *other < id);
        all[start..].iter().take_while(|(other, ..)| *other == id).map(|(_, name, at)| (*name, *at)).collect()
    }

    fn all_lines(&self) -> impl Iterator<Item = (DatumId, &'a PipelineName, u32)> {
        let lines = self.all_ledgers().map(|(name, ledger)| (name, ledger.lines()));
        lines.flat_map(|(name, lines)| lines.iter().zip(0_u32..).map(move |(line, at)| (line.id, name, at)))
    }

    /// Files of a result that stands in the work tree at another place (or pipeline).
    fn in_ledgers(&self, id: DatumId) -> Option<Made> {
        self.lines_with(id).into_iter().find_map(|(name, at)| {
            let (ledger, is_former) = match self.ledgers.get(name) {
                Some(ledger) => (ledger, false),
                None => (self.former.get(name)?, true),
            };
            let line = &ledger.lines()[at as usize];
            // Whoever renames a pipeline moves its results along.
            let moved = self.ledgers.keys().filter(|_| is_former);
            let files =
                std::iter::once(name).chain(moved).find_map(|folder| self.standing_in(folder, line))?;
            Some(Made { files, place: line.place })
        })
    }

    /// The files of a line, if they stand whole in a folder.
    fn standing_in(&self, folder: &PipelineName, line: &KnownResult) -> Option<Vec<OutFile>> {
        let files = self.tree.below(folder.as_str());
        let is_whole = standing_of(line, &files) == Standing::Whole;
        is_whole.then(|| standing_files(line, &files)).filter(|files| self.can_be_had(files))
    }

    fn in_log(&self, id: DatumId) -> Option<Made> {
        let is_good =
            |result: &ResultRecord| self.can_be_had(&result.files) && !self.is_withdrawn(id, result.place);
        let found = self.log().results(id).into_iter().find(is_good)?;
        Some(Made { files: found.files, place: found.place })
    }

    fn in_history(&self, id: DatumId) -> Option<Made> {
        let is_good =
            |made: &(Place, Vec<OutFile>)| self.can_be_had(&made.1) && !self.is_withdrawn(id, made.0);
        let (place, files) = self.history().whole(self.repo, id).find(is_good)?;
        Some(Made { files, place })
    }

    /// Whether a result was only accepted, and that was taken back.
    fn is_withdrawn(&self, id: DatumId, place: Place) -> bool {
        let withdrawn = || self.withdrawn.get_or_init(|| Withdrawn::read(self.repo));
        place == Place::Accepted
            && withdrawn().is_gone(self.repo, self.head, id, || self.history().accepted_in(id))
    }

    /// The result of some work, if it is known and can be had.
    pub fn made(&self, id: DatumId) -> Option<Made> {
        self.in_ledgers(id)
            .or_else(|| self.in_log(id))
            .or_else(|| self.in_history(id))
            .or_else(|| self.in_head(id).map(|committed| committed.made))
    }

    /// A result that a ledger and HEAD have at one place, though content of its annexed files is not here: what is to
    /// stand there is their links.
    pub(super) fn in_head(&self, id: DatumId) -> Option<Committed> {
        let head = self.annexed_head?;
        self.lines_with(id).into_iter().find_map(|(name, at)| {
            let line = &self.ledgers.get(name)?.lines()[at as usize];
            let files = self.history().tree(self.repo, head, name)?;
            if standing_of(line, &files) != Standing::Whole {
                return None;
            }
            let made = Made { files: standing_files(line, &files), place: line.place };
            let folder = match base_of(line) {
                "" => name.to_string(),
                base => format!("{name}/{base}"),
            };
            // What a subdataset's annex has, only that knows where it is.
            if self.inner.iter().any(|inner| is_at_or_below(&folder, &inner.path)) {
                return None;
            }
            let key = |file: &OutFile| match &files.get(&format!("{folder}/{}", file.path))?.content {
                ContentId::Annex(key) => Some((file.path.clone(), Arc::clone(key))),
                _ => None,
            };
            let annexed: BTreeMap<_, _> = made.files.iter().filter_map(key).collect();
            // Content may come from elsewhere, but not where a damaged object keeps its place.
            let can_stand = |file: &OutFile| match annexed.get(&file.path) {
                Some(key) => !annex::is_damaged(self.repo.annex_dir(), key),
                None => self.can_be_had(std::slice::from_ref(file)),
            };
            made.files.iter().all(can_stand).then_some(Committed { head, folder, annexed, made })
        })
    }

    /// The annex object with the bytes of some content that was published as an ordinary file, if it is here.
    pub fn annexed_object(&self, content: &ContentId) -> Option<PathBuf> {
        self.keys().get(content)?.iter().find_map(|key| self.object_of(key))
    }

    /// The object of a key, if it is in the annex here, or in that of a subdataset with results; one that is damaged, as
    /// far as its size tells, counts for nothing.
    pub fn object_of(&self, key: &str) -> Option<PathBuf> {
        let inner = self.inner.iter().map(|inner| inner.annex_dir.as_path());
        let here = std::iter::once(self.repo.annex_dir()).chain(inner);
        let mut objects = here.filter_map(|dir| annex::object(dir, key));
        objects.find(|object| annex::wrong_size(object, key).is_none())
    }

    /// The bytes of a blob that the project has, or a subdataset with results.
    pub fn blob(&self, oid: Oid) -> Option<Vec<u8>> {
        self.all_repos().find_map(|repo| repo.blob(oid).ok())
    }

    /// The object and kind at a path of the commit `head`, or of the last one of the subdataset if it lies in one with
    /// results.
    pub(super) fn committed(&self, head: Option<Oid>, path: &str) -> Result<Option<(Oid, Kind)>, GitError> {
        let around = self.inner.iter().zip(self.inner_repos());
        let inside =
            around.filter_map(|(inner, repo)| Some((repo.as_ref()?, inner.head, inner.inside(path)?)));
        let own = head.map(|head| (self.repo, head, path));
        let found = inside.chain(own).next();
        found.map_or(Ok(None), |(repo, commit, path)| repo.object_of(commit, path))
    }

    pub(super) fn all_repos(&self) -> impl Iterator<Item = &Repo> {
        std::iter::once(self.repo).chain(self.inner_repos().iter().flatten())
    }

    fn inner_repos(&self) -> &[Option<Repo>] {
        self.inner_repos
            .get_or_init(|| self.inner.iter().map(|inner| Repo::open(&inner.place.root).ok()).collect())
    }

    /// The annex keys that ledgers and history know for published contents.
    fn keys(&self) -> &BTreeMap<ContentId, BTreeSet<Box<str>>> {
        self.keys.get_or_init(|| {
            let mut found: BTreeMap<ContentId, BTreeSet<Box<str>>> = BTreeMap::new();
            if !self.repo.has_annex() && !self.inner.iter().any(|inner| inner.has_annex) {
                return found;
            }
            let now = self.all_ledgers().flat_map(|(_, ledger)| ledger.lines());
            let past = self.history().lines();
            for file in now.chain(past).flat_map(|line| &line.outputs).flat_map(|out| &out.annexed) {
                found.entry(file.content.clone()).or_default().insert(file.key.clone());
            }
            found
        })
    }

    /// What was published of a key, as far as ledgers and history tell.
    fn published_as(&self, key: &str) -> Option<&BTreeSet<ContentId>> {
        let by_key = self.by_key.get_or_init(|| {
            let mut found: BTreeMap<Box<str>, BTreeSet<ContentId>> = BTreeMap::new();
            for (content, key) in
                self.keys().iter().flat_map(|(content, keys)| keys.iter().map(move |key| (content, key)))
            {
                found.entry(key.clone()).or_default().insert(content.clone());
            }
            found
        });
        by_key.get(key)
    }

    fn history(&self) -> &History {
        self.history.get_or_init(|| History::read(self.repo))
    }

    pub(super) fn standing_contents(&self) -> &BTreeSet<ContentId> {
        self.by_content
            .get_or_init(|| self.tree.entries().iter().map(|entry| entry.content.clone()).collect())
    }

    /// The newest line that ledgers or history hold for a key of a pipeline, for `why`.
    pub fn work_fields(
        &self,
        work: crate::model::WorkId,
    ) -> Option<serde_json::Map<String, serde_json::Value>> {
        let in_ledgers = self.all_ledgers().find_map(|(_, ledger)| ledger.works().get(&work).cloned());
        in_ledgers.or_else(|| self.log().work(work))
    }
}

impl Known<'_> {
    /// What the last attempt at a place was made of, if it failed on other work than this, and how it ended.
    pub fn failed_before(
        &self,
        pipeline: &PipelineName,
        key: &str,
        id: DatumId,
    ) -> Option<(TriedRecord, Failure)> {
        let tried = self.log().last_tried(pipeline, key).filter(|tried| tried.id != id)?;
        let failure = self.failure(tried.id)?;
        Some((tried, failure))
    }
}

impl Memory for Known<'_> {
    fn was_tried(&self, pipeline: &PipelineName, key: &str, id: DatumId) -> bool {
        self.failed_before(pipeline, key, id).is_some()
    }

    fn is_line_merged(&self, lines: &[KnownResult], base: &str, files: &Tree) -> bool {
        self.has_merged_lines(lines, base, files)
    }

    fn had_moved(&self, pipeline: &PipelineName, key: &str) -> bool {
        let renamed = self.renamed.get_or_init(|| moved::renamed(self.ledgers, self.former));
        let names = renamed.iter().filter(|(_, name)| *name == pipeline);
        names.filter_map(|(old, _)| Some((*old, self.former.get(*old)?))).any(|(old, ledger)| {
            let left = self.tree.below(old.as_str());
            let lines = ledger.lines_for(key);
            !lines.is_empty() && !lines.iter().any(|line| moved::is_left(line, &left))
        })
    }

    fn is_as_committed(&self, pipeline: &PipelineName, key: &str, files: &Tree) -> bool {
        let mut ledgers = self.in_head.borrow_mut();
        let read = || ledger_at(self.repo, pipeline, self.head).unwrap_or_default();
        let ledger = ledgers.entry(pipeline.clone()).or_insert_with(read);
        ledger.lines_for(key).iter().any(|line| standing_of(line, files) == Standing::Whole)
    }

    fn files(&self, id: DatumId) -> Option<Vec<OutFile>> {
        self.made(id).map(|made| made.files)
    }

    /// Content is read only where no ledger ever told of the key.
    fn is_made(&self, path: &str, key: &str, made: &OutFile) -> bool {
        let full = self.repo.root().join(path);
        let is_exec = full.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o100 != 0);
        if made.kind != (if is_exec { Kind::Exec } else { Kind::File }) {
            return false;
        }
        match self.published_as(key) {
            Some(contents) => contents.contains(&made.content),
            None => blob_id_of_file(&full).is_ok_and(|oid| made.content == ContentId::Git(oid)),
        }
    }

    fn failure(&self, id: DatumId) -> Option<Failure> {
        let seen = self.log().last_failure(id)?;
        Some(Failure {
            recovered: seen.outcome == crate::ledger::Outcome::Recovered,
            message: seen.message.map(String::from).unwrap_or_default(),
            log: seen.log.map(String::from),
        })
    }
}

/// A known result.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its files, relative to `/pfs/out`.
    pub files: Vec<OutFile>,
    /// Where its command saw `/pfs`, or that a person accepted it.
    pub place: Place,
}

/// A known result as HEAD has it.
pub(super) struct Committed {
    /// The commit.
    pub(super) head: Oid,
    /// Its folder, from the root.
    pub(super) folder: String,
    /// The keys of its files that are in the annex there, by path.
    pub(super) annexed: BTreeMap<Box<str>, Arc<str>>,
    pub(super) made: Made,
}

/// What a run knows: all that was known before, and what the run itself made.
pub struct RunMemory<'a> {
    known: &'a Known<'a>,
    fresh: RefCell<BTreeMap<DatumId, Fresh>>,
}

/// A result of this run: its files and the folder, from the project's root, they stand in.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// Files relative to `folder`.
    pub files: Arc<[OutFile]>,
    /// Where they stand.
    pub folder: String,
    /// Where the command saw `/pfs`.
    pub place: Place,
}

impl<'a> RunMemory<'a> {
    /// Nothing made yet.
    pub const fn new(known: &'a Known<'a>) -> Self {
        Self { known, fresh: RefCell::new(BTreeMap::new()) }
    }

    /// Remembers a result of this run. The newest counts, so that datums with the same work that a pipeline computed anew
    /// have one result.
    pub fn remember(&self, id: DatumId, fresh: Fresh) {
        self.fresh.borrow_mut().insert(id, fresh);
    }

    /// Forgets where this run put the result of some work, since it was taken away.
    pub fn forget(&self, id: DatumId) {
        self.fresh.borrow_mut().remove(&id);
    }

    /// Where this run put the result of some work.
    pub fn fresh(&self, id: DatumId) -> Option<Fresh> {
        self.fresh.borrow().get(&id).cloned()
    }

    /// The result of some work: of this run, or known before.
    pub fn made(&self, id: DatumId) -> Option<Made> {
        let fresh = self.fresh(id).map(|fresh| Made { files: fresh.files.to_vec(), place: fresh.place });
        fresh.or_else(|| self.known.made(id))
    }

    /// What was known before.
    pub const fn known(&self) -> &Known<'a> {
        self.known
    }
}

impl Memory for RunMemory<'_> {
    fn was_tried(&self, pipeline: &PipelineName, key: &str, id: DatumId) -> bool {
        self.known.was_tried(pipeline, key, id)
    }

    fn is_as_committed(&self, pipeline: &PipelineName, key: &str, files: &Tree) -> bool {
        self.known.is_as_committed(pipeline, key, files)
    }

    fn is_line_merged(&self, lines: &[KnownResult], base: &str, files: &Tree) -> bool {
        self.known.is_line_merged(lines, base, files)
    }

    fn had_moved(&self, pipeline: &PipelineName, key: &str) -> bool {
        self.known.had_moved(pipeline, key)
    }

    fn files(&self, id: DatumId) -> Option<Vec<OutFile>> {
        self.made(id).map(|made| made.files)
    }

    fn is_made(&self, path: &str, key: &str, made: &OutFile) -> bool {
        self.known.is_made(path, key, made)
    }

    fn failure(&self, id: DatumId) -> Option<Failure> {
        self.known.failure(id)
    }
}
